"""The dying ReLU: one neuron, real data, one step that was too large, and who comes back from it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz import _rules
from nnviz._rules import Array
from nnviz.activations import elementwise, value_and_slope
from nnviz.datasets import load_dataset
from nnviz.initializers import LARGEST_SEED
from nnviz.parameters import Value, resolve

MOST_STEPS = 1_000
LARGEST_RATE = 1e3
_LEARNS = "prelu"  # the one entry whose parameter is a weight: Keras' PReLU layer trains it
_LOOPS = 64  # traced training loops kept


@dataclass(frozen=True)
class NeuronLife:
    """One neuron a = f(w·x + b) under gradient descent; arrays hold what was measured before step 0 … n, (n + 1,).

    `loss` mean (a − y)² over all samples, `baseline` what the best constant output reaches (the variance of y);
    `gradient` ‖∂C/∂(w, b)‖; `active` share of samples with z > 0; `z_high` the largest z of any sample; `slope`
    mean |f′(z)|; `alpha` PReLU's learned slope (0 for all others); `large_step` the step with the large rate.
    """

    name: str
    large_step: int
    baseline: float
    loss: Array
    gradient: Array
    active: Array
    z_high: Array
    slope: Array
    alpha: Array

    @property
    def fate(self) -> str:
        """What became of the neuron.

        dead: the last gradient is exactly 0, so it never moves again; diverged: no finite loss is left; learning: its
        loss is below what a constant reaches; stuck: none of these, it has a gradient but has not recovered.
        """
        if not math.isfinite(self.loss[-1]):
            return "diverged"
        if self.gradient[-1] == 0:
            return "dead"
        return "learning" if self.loss[-1] < self.baseline else "stuck"

    @property
    def dead_from(self) -> int | None:
        """The step from which on the gradient is exactly 0; None if the last one is not."""
        moving = np.flatnonzero(self.gradient != 0)
        first = int(moving[-1]) + 1 if moving.size else 0
        return first if first < len(self.gradient) else None


def neuron_life(
    activation: str = "relu",
    large_rate: float = 0.3,
    large_step: int = 2,
    rate: float = 0.02,
    steps: int = 200,
    seed: int = 0,
    bias: float = 2.0,
    **parameters: Value,
) -> NeuronLife:
    """Trains one neuron to tell a handwritten 1 (y = 1) from a 0 (y = 0), with one step that is too large.

    Full-batch gradient descent on the mean squared error over all 360 such images (64 pixels from 0 to 1) in
    float64, differentiated by TensorFlow, from He normal weights and `bias`. The learning rate is `rate`, and
    `large_rate` in step `large_step`. Pixels are never negative: while the output is too high, every weight falls;
    a step too far, and z < 0 for every image. A ReLU's slope is then 0 for every image, so its gradient is exactly 0
    and no later step can move it. `parameters`: the activation's own; PReLU learns its alpha. Raises ValueError for
    rates outside 0 … 1,000, more than 1,000 steps or a large step behind the last. Source: Maas, Hannun & Ng 2013.
    """
    entry = elementwise(activation, "activation")
    values = resolve(entry.name, entry.parameters, parameters)
    steps = _rules.integer("steps", steps, 1, MOST_STEPS)
    rates = np.full(steps, _rules.number("rate", rate, 0, LARGEST_RATE))
    large_step = _rules.integer("large_step", large_step, 0, steps - 1)
    rates[large_step] = _rules.number("large_rate", large_rate, 0, LARGEST_RATE)
    bias = _rules.number("bias", bias, -LARGEST_RATE, LARGEST_RATE)
    x, y = _images()
    draw = keras.initializers.HeNormal(_rules.integer("seed", seed, 0, LARGEST_SEED))
    alpha = values.pop("alpha") if entry.name == _LEARNS else 0.0
    w = tf.reshape(draw((x.shape[1], 1), dtype="float64"), (-1,))
    start = (tf.constant(value, tf.float64) for value in (bias, alpha))
    found = _training(entry.name, tuple(values.items()))(x, y, tf.constant(rates), w, *start)
    measured = (_rules.read_only(tensor.numpy()) for tensor in found)
    return NeuronLife(entry.name, large_step, float(np.var(y.numpy())), *measured)


@lru_cache(maxsize=1)
def _images() -> tuple[Any, Any]:
    data = load_dataset("digits")
    chosen = data.labels <= 1
    return tf.constant(data.inputs[chosen]), tf.constant(data.labels[chosen].astype(np.float64))


@lru_cache(maxsize=_LOOPS)
def _training(name: str, values: tuple[tuple[str, Value], ...]) -> Callable[..., Any]:
    """The whole training in one TensorFlow graph, for every number of steps; returns the record of steps 0 … n."""
    entry = elementwise(name)
    vector, matrix, scalar = (tf.TensorSpec((None,) * rank, tf.float64) for rank in (1, 2, 0))

    def measure(x: Any, y: Any, w: Any, b: Any, alpha: Any) -> tuple[Any, Any]:
        """What is recorded before a step, and the gradient of w, b and alpha."""

        def phi(z: Any) -> Any:
            return entry.function(z, alpha) if name == _LEARNS else entry.function(z, **dict(values))

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([w, b, alpha])
            z = tf.linalg.matvec(x, w) + b
            loss = tf.reduce_mean((phi(z) - y) ** 2)
        pulled = tape.gradient(loss, [w, b, alpha], unconnected_gradients="zero")
        size = tf.norm(tf.concat([pulled[0], pulled[1][None]], axis=0))
        active = tf.reduce_mean(tf.cast(z > 0, tf.float64))
        slope = tf.reduce_mean(tf.abs(value_and_slope(phi, z)[1]))
        return (loss, size, active, tf.reduce_max(z), slope, alpha), pulled

    def train(x: Any, y: Any, rates: Any, w: Any, b: Any, alpha: Any) -> Any:
        steps = tf.shape(rates)[0]
        records = tuple(tf.TensorArray(tf.float64, steps + 1) for _ in range(6))

        def step(i: Any, w: Any, b: Any, alpha: Any, records: Any) -> Any:
            row, pulled = measure(x, y, w, b, alpha)
            moved = (value - rates[i] * change for value, change in zip((w, b, alpha), pulled, strict=True))
            return i + 1, *moved, tuple(kept.write(i, value) for kept, value in zip(records, row, strict=True))

        _, w, b, alpha, records = tf.while_loop(lambda i, *_: i < steps, step, (0, w, b, alpha, records))
        row, _ = measure(x, y, w, b, alpha)
        return [kept.write(steps, value).stack() for kept, value in zip(records, row, strict=True)]

    signature = [matrix, vector, vector, vector, scalar, scalar]
    traced: Callable[..., Any] = tf.function(train, input_signature=signature, autograph=False).get_concrete_function()
    return traced
