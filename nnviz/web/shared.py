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
loss_curve = _once(nnviz.loss_curve)
loss_samples = _once(nnviz.loss_samples)
cross_entropy_steps = _once(nnviz.cross_entropy_steps)
neuron_learning = _once(nnviz.neuron_learning)
compare_styles = _once(nnviz.compare_styles, entries=64)
forward_pass = _once(nnviz.forward_pass, entries=64)
backpropagate = _once(nnviz.backpropagate)
linear_stack = _once(nnviz.linear_stack, entries=64)
descend = _once(nnviz.descend)
sweep_rates = _once(nnviz.sweep_rates)
surface_grid = _once(nnviz.surface_grid, entries=16)
descend_samples = _once(nnviz.descend_samples)
zigzag = _once(nnviz.zigzag)
activation_properties = _once(nnviz.activation_properties)
check_identity = _once(nnviz.check_identity)
gaussian_posterior = _once(nnviz.gaussian_posterior)
neuron_life = _once(nnviz.neuron_life)
