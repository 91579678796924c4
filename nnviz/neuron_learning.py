"""One sigmoid neuron learns one sample: how fast depends on what the loss does behind the sigmoid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz import _rules
from nnviz._rules import Array
from nnviz.losses import LOSSES

MOST_STEPS = 2_000
_LARGEST = 100.0  # size of a weight, bias or input


def _quadratic(target: Any, z: Any) -> Any:
    """(a − y)²/2: half of Keras' squared error, so that ∂C/∂a is a − y."""
    return LOSSES["mean_squared_error"].per_sample(target, z, "sigmoid") / 2


def _cross_entropy(target: Any, z: Any) -> Any:
    return LOSSES["binary_crossentropy"].per_sample(target, z, "sigmoid")


_COSTS: Mapping[str, Callable[[Any, Any], Any]] = {
    "mean_squared_error": _quadratic,
    "binary_crossentropy": _cross_entropy,
}
NEURON_LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "mean_squared_error": "quadratic cost ½(a − y)²: δ = (a − y)·σ′(z)",
        "binary_crossentropy": "cross-entropy: δ = a − y",
    }
)


@dataclass(frozen=True)
class NeuronLearning:
    """The course of one sigmoid neuron under gradient descent; every array has shape (steps + 1,), the start first.

    `weight`, `bias`; `z` = w·x + b; `a` = σ(z), the output; `slope` σ′(z); `cost`; `error` δ = ∂C/∂z, the factor that
    both gradients share: ∂C/∂w = δ·x and ∂C/∂b = δ.
    """

    loss: str
    weight: Array
    bias: Array
    z: Array
    a: Array
    slope: Array
    cost: Array
    error: Array


@lru_cache(maxsize=len(NEURON_LOSSES))
def _loop(loss: str) -> Any:
    """The whole descent as one function, compiled once: always `MOST_STEPS`, since the length is part of the code."""
    cost_of = _COSTS[loss]
    number = tf.TensorSpec((), tf.float64)

    @tf.function(input_signature=[number] * 5, autograph=False, jit_compile=True)
    def learn(w: Any, b: Any, x: Any, target: Any, rate: Any) -> Any:
        rows = tf.TensorArray(tf.float64, size=MOST_STEPS + 1, element_shape=(7,))
        wanted = tf.reshape(target, (1, 1))

        def step(i: Any, w: Any, b: Any, rows: Any) -> tuple[Any, ...]:
            with tf.GradientTape(persistent=True) as tape:
                tape.watch([w, b])
                z = tf.reshape(w * x + b, (1, 1))
                a = keras.activations.sigmoid(z)
                cost = cost_of(wanted, z)
            w_slope, b_slope, error = tape.gradient(cost, [w, b, z])
            values = w, b, z, a, tape.gradient(a, z), cost, error
            rows = rows.write(i, tf.stack([tf.reshape(value, ()) for value in values]))
            return i + 1, w - rate * w_slope, b - rate * b_slope, rows

        *_, rows = tf.while_loop(lambda i, *_: i <= MOST_STEPS, step, (0, w, b, rows))
        return rows.stack()

    return learn


def neuron_learning(
    w: float,
    b: float,
    x: float = 1.0,
    target: float = 0.0,
    loss: str = "mean_squared_error",
    learning_rate: float = 0.15,
    steps: int = 300,
) -> NeuronLearning:
    """One sigmoid neuron a = σ(w·x + b) learns to answer `target` for the input `x` by gradient descent.

    `loss`: "mean_squared_error", here as the quadratic cost (a − y)²/2, whose output error is δ = (a − y)·σ′(z), or
    "binary_crossentropy" with δ = a − y. A neuron that starts confidently wrong has σ′ ≈ 0 and hardly learns under
    the first (w = b = 2, target 0, rate 0.15: from 0.9820 to 0.2028 in 300 steps), yet learns fastest under the second.
    Losses are Keras', gradients TensorFlow's automatic differentiation, in float64. w, b, x within ±100,
    target from 0 to 1, learning_rate from 0 to 100, steps from 1 to 2,000; ValueError for anything else. Source:
    Nielsen, Neural Networks and Deep Learning, chapter 3.
    """
    _rules.choice("loss", loss, NEURON_LOSSES)
    w, b, x = (_rules.number(name, value, -_LARGEST, _LARGEST) for name, value in (("w", w), ("b", b), ("x", x)))
    target = _rules.number("target", target, 0, 1)
    rate = _rules.number("learning_rate", learning_rate, 0, 100)
    count = _rules.integer("steps", steps, 1, MOST_STEPS)
    numbers = (tf.constant(value, tf.float64) for value in (w, b, x, target, rate))
    rows: Array = np.asarray(_loop(loss)(*numbers))[: count + 1]
    return NeuronLearning(loss, *(_rules.read_only(column) for column in rows.T))
