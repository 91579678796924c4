"""Warm-up: everything slow happens once, before the port opens and the first visitor is served."""

import gc
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import keras
import tensorflow as tf
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import nnviz
import nnviz.figures.activations  # brings plotly in before the first visitor does
from nnviz.neuron_learning import NEURON_LOSSES

_log = logging.getLogger("nnviz")
_state = {"warm": False}
_DEEP = ("sigmoid", "tanh", "relu")


def _rehearse() -> None:
    """Run every computation a page starts with, twice: the first call of an engine runs eagerly, the second traces."""
    for name in nnviz.ELEMENTWISE:
        nnviz.activation_curve(name)
        nnviz.activation_properties(name)
    nnviz.activation_moments("sigmoid")
    nnviz.activation_vector("softmax", [1.0, 2.0])
    nnviz.softmax_outputs([1.0, 2.0])
    for name in nnviz.INITIALIZERS:
        nnviz.weight_histogram(name, 8, 8)
    for data in nnviz.DATASETS:
        nnviz.load_dataset(data)
    for activation in _DEEP:
        for _ in range(2):
            nnviz.layer_gradients(nnviz.NetworkSpec(activation=activation))
    nnviz.neuron_chain([1.0, 1.0], [0.0, 0.0])
    nnviz.descend("quadratic", 5.0)
    nnviz.sweep_rates("quadratic", 5.0)
    nnviz.zigzag()
    for _ in range(2):
        nnviz.backpropagate(nnviz.SmallNetwork())
    for loss in NEURON_LOSSES:
        nnviz.neuron_learning(2.0, 2.0, 1.0, 0.0, loss, 0.15, 2)


def _keep_keras_session(*_: Any, **__: Any) -> None:
    """Stands in for `keras.backend.clear_session`, which Streamlit calls after every run of every visitor.

    Clearing empties TensorFlow's kernel cache (a curve then costs 18 ms instead of 1) and swaps Keras' global
    state under the threads of all other visitors. nnviz leaves no models behind, so there is nothing to clear.
    """


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Import and trace what the pages need, then freeze it out of the garbage collector's sight.

    TensorFlow's modules are millions of objects that live for ever; frozen, a collection costs a tenth. Whatever
    cannot be imported or computed fails here, loudly, and the server does not start.
    """
    begun = time.perf_counter()
    keras.backend.clear_session = _keep_keras_session
    tf.get_logger().setLevel("ERROR")  # one traced function per activation is meant; TensorFlow warns of "retracing"
    _rehearse()
    gc.collect()
    gc.freeze()
    _state["warm"] = True
    _log.warning("nnviz is warm after %.1f s", time.perf_counter() - begun)
    yield {}
    _state["warm"] = False


async def _healthz(_: Request) -> PlainTextResponse:
    """200 only between warm-up and shutdown; Streamlit's own health route answers ok even to a broken app."""
    return PlainTextResponse("warm") if _state["warm"] else PlainTextResponse("not warm", status_code=503)


routes = [Route("/healthz", _healthz)]
