"""The core's calls behind one bounded cache: a class that opens one link pays for one computation.

Results are frozen values of read-only arrays, so every visitor may hold the same object.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

import nnviz

P = ParamSpec("P")
R = TypeVar("R")


def _once(function: Callable[P, R], entries: int = 256) -> Callable[P, R]:
    return st.cache_resource(max_entries=entries, show_spinner=False)(function)


activation_curve = _once(nnviz.activation_curve)
activation_moments = _once(nnviz.activation_moments)
activation_vector = _once(nnviz.activation_vector)
softmax_outputs = _once(nnviz.softmax_outputs)
weight_histogram = _once(nnviz.weight_histogram)
layer_gradients = _once(nnviz.layer_gradients, entries=128)
neuron_chain = _once(nnviz.neuron_chain)
neuron_factor = _once(nnviz.neuron_factor)
