"""Optimizers: Keras' own, and a compiled loop that lets any of them descend."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz import _rules
from nnviz._rules import Array
from nnviz.parameters import Parameter, Value


@dataclass(frozen=True)
class Optimizer:
    """One optimizer: `make` builds Keras' object from a learning rate (or schedule) and checked parameters.

    `adaptive`: it divides by the size of the gradient, so its learning rate is about a length, not a share of the
    slope. `stability`: with its parameters, the number c for which it can settle where the curvature is λ_max only
    if η < c/λ_max; None where no such law holds.
    """

    name: str
    label: str
    make: Callable[..., keras.optimizers.Optimizer]
    parameters: tuple[Parameter, ...]
    formula: str
    insight: str
    source: str
    url: str
    adaptive: bool = False
    stability: Callable[..., float] | None = None


def _inertia(default: float, meaning: str, name: str = "momentum") -> Parameter:
    return Parameter(name, default, meaning, low=0.0, high=0.99, step=0.01, minimum=0.0, maximum=0.9999)


_MOMENTUM = _inertia(0.9, "share of the last step that is kept")
_GOH = "Goh 2017, Why Momentum Really Works", "https://distill.pub/2017/momentum/"
_ENTRIES = (
    Optimizer(
        "sgd",
        "Gradient descent",
        keras.optimizers.SGD,
        (),
        r"w \leftarrow w - \eta\,g",
        "The step is the slope times the learning rate: too small creeps, beyond 2/λ_max it flies off.",
        "Cauchy 1847; Robbins & Monro 1951",
        "https://doi.org/10.1214/aoms/1177729586",
        stability=lambda: 2.0,
    ),
    Optimizer(
        "momentum",
        "Momentum",
        lambda rate, momentum: keras.optimizers.SGD(rate, momentum=momentum),
        (_MOMENTUM,),
        r"m \leftarrow \beta m - \eta\,g \qquad w \leftarrow w + m",
        "A heavy ball: zigzags cancel, steady directions add up to 1/(1 − β) times the step.",
        "Polyak 1964",
        "https://doi.org/10.1016/0041-5553(64)90137-5",
        stability=lambda momentum: 2 * (1 + momentum),
    ),
    Optimizer(
        "nesterov",
        "Nesterov",
        lambda rate, momentum: keras.optimizers.SGD(rate, momentum=momentum, nesterov=True),
        (_MOMENTUM,),
        r"m \leftarrow \beta m - \eta\,g \qquad w \leftarrow w + \beta m - \eta\,g",
        "Looks where the ball is going to be and brakes earlier than plain momentum.",
        "Nesterov 1983; Sutskever et al. 2013",
        "https://proceedings.mlr.press/v28/sutskever13.html",
        stability=lambda momentum: 2 * (1 + momentum) / (1 + 2 * momentum),
    ),
    Optimizer(
        "adagrad",
        "AdaGrad",
        lambda rate, initial_accumulator_value: keras.optimizers.Adagrad(rate, initial_accumulator_value),
        (
            Parameter(
                "initial_accumulator_value",
                0.1,
                "what the sum of squares starts from",
                low=0.0,
                high=1.0,
                step=0.05,
                minimum=0.0,
                maximum=1e6,
            ),
        ),
        r"v \leftarrow v + g^2 \qquad w \leftarrow w - \eta\,g / \sqrt{v + \epsilon}",
        "Each weight has its own rate, which only ever falls: steep directions are tamed, long runs get slow.",
        "Duchi et al. 2011",
        "https://jmlr.org/papers/v12/duchi11a.html",
        adaptive=True,
    ),
    Optimizer(
        "rmsprop",
        "RMSprop",
        lambda rate, rho: keras.optimizers.RMSprop(rate, rho=rho),
        (_inertia(0.9, "memory of the average of squares", "rho"),),
        r"v \leftarrow \rho v + (1 - \rho) g^2 \qquad w \leftarrow w - \eta\,g / \sqrt{v + \epsilon}",
        "AdaGrad that forgets: steps of about the learning rate for ever, so it ends by hovering around a minimum.",
        "Hinton 2012, lecture 6e",
        "https://www.cs.toronto.edu/~hinton/coursera/lecture6/lec6.pdf",
        adaptive=True,
    ),
    Optimizer(
        "adam",
        "Adam",
        lambda rate, beta_1, beta_2: keras.optimizers.Adam(rate, beta_1, beta_2),
        (
            _inertia(0.9, "memory of the average gradient", "beta_1"),
            Parameter(
                "beta_2",
                0.999,
                "memory of the average of squares",
                low=0.9,
                high=0.999,
                step=0.001,
                minimum=0.0,
                maximum=0.999999,
            ),
        ),
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 "
        r"\quad w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)",
        "Momentum over RMSprop, both corrected for their start: its first step is η long in every weight.",
        "Kingma & Ba 2015",
        "https://arxiv.org/abs/1412.6980",
        adaptive=True,
    ),
)
OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


class _Table(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of each step, looked up in a variable: Keras would round a plain number to float32."""

    def __init__(self) -> None:
        self.rates = tf.Variable(tf.zeros((1, 1, 1), tf.float64), shape=(None, None, 1), trainable=False)

    def __call__(self, step: Any) -> Any:
        return tf.gather(self.rates, step.value)


class Engine:
    """All steps of one of Keras' optimizers on one objective, in one call of one compiled function.

    `objective` maps points (slots, dimension), the number of the step and the run's data to one value per slot. The
    slots descend side by side, each with its own start and, if wanted, its own learning rate: every optimizer of
    the registry treats each coordinate on its own. Built once, an engine is reset before each run and shared by all
    threads, one run at a time (200 steps take about 5 ms). What it computes equals stepping Keras' optimizer by
    hand; the tests hold it to that.
    """

    def __init__(
        self,
        objective: Callable[..., Any],
        optimizer: str,
        given: tuple[tuple[str, Value], ...],
        slots: int,
        dimension: int,
        data: tuple[tf.TensorSpec, ...] = (),
    ) -> None:
        self._objective = objective
        self._table = _Table()
        self._points = keras.Variable(np.zeros((slots, dimension)), dtype="float64")
        self._optimizer = OPTIMIZERS[optimizer].make(self._table, **dict(given))
        self._optimizer.build([self._points])
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._lock = threading.Lock()
        starts, rates = tf.TensorSpec((slots, dimension), tf.float64), tf.TensorSpec((None, None, 1), tf.float64)
        function = tf.function(self._descend, input_signature=[starts, rates, *data], autograph=False)
        self._run = function.get_concrete_function()

    def _descend(self, starts: Any, rates: Any, *data: Any) -> Any:
        self._table.rates.assign(rates)
        self._points.assign(starts)
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        count = tf.shape(rates)[0]

        def step(i: Any, path: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                total = tf.reduce_sum(self._objective(self._points.value, i, *data))
            self._optimizer.apply([tape.gradient(total, self._points.value, unconnected_gradients="zero")])
            return i + 1, path.write(i + 1, self._points.value)

        path = tf.TensorArray(tf.float64, count + 1).write(0, starts)
        return tf.while_loop(lambda i, _: i < count, step, (0, path))[1].stack()

    def run(self, starts: Array, rates: Array, *data: Any) -> Array:
        """Points (steps + 1, slots, dimension) from `starts` with `rates` (steps, slots or 1, 1)."""
        with self._lock:
            return np.asarray(self._run(tf.constant(starts), tf.constant(rates), *data).numpy())


def check_optimizer(name: str) -> Optimizer:
    """The registry's entry; ValueError for an unknown name."""
    return OPTIMIZERS[_rules.choice("optimizer", name, OPTIMIZERS)]
