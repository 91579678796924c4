"""Learning-rate schedules: how large the step of each iteration is, as Keras' schedule classes compute it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from nnviz import _rules
from nnviz._rules import Array
from nnviz.parameters import Parameter, Value, resolve

MOST_STEPS = 2_000
FASTEST = 1e6  # the largest learning rate anybody may ask for
_keras = keras.optimizers.schedules


@dataclass(frozen=True)
class Schedule:
    """One schedule: `make` builds Keras' object for an initial rate and checked parameters.

    All of them are proportional to the rate they are given: η_t = η · shape(t). `vector`: Keras' object takes many
    steps in one call; the others branch on a single step.
    """

    name: str
    label: str
    make: Callable[..., LearningRateSchedule]
    parameters: tuple[Parameter, ...]
    formula: str
    insight: str
    source: str
    url: str
    vector: bool = True


class _Constant(LearningRateSchedule):
    """Keras has no schedule for no schedule."""

    def __init__(self, rate: Any) -> None:
        self._rate = rate

    def __call__(self, step: Any) -> Any:
        return tf.fill(tf.shape(step), self._rate)


def _steps(default: float, meaning: str, name: str = "decay_steps") -> Parameter:
    return Parameter(name, default, meaning, low=5.0, high=300.0, step=5.0, minimum=1.0, maximum=1e6)


def _share(name: str, default: float, meaning: str) -> Parameter:
    return Parameter(name, default, meaning, low=0.0, high=1.0, step=0.05, minimum=0.0, maximum=1.0)


def _drops(rate: Any, every: float, factor: float) -> LearningRateSchedule:
    """Keras keeps the old value up to and including a boundary; step 0 is the first, so it lies one before."""
    boundaries = [round(every) * drop - 1 for drop in range(1, MOST_STEPS // round(every) + 1)]
    boundaries = boundaries or [MOST_STEPS]
    return _keras.PiecewiseConstantDecay(boundaries, [rate * factor**drop for drop in range(len(boundaries) + 1)])


_FACTOR = Parameter("decay_rate", 0.5, "factor per decay_steps", low=0.05, high=1.0, step=0.05, minimum=1e-6, maximum=1)
_STAIRS = Parameter("staircase", False, "fall in steps instead of gliding")
_SGDR = "Loshchilov & Hutter 2017, SGDR", "https://arxiv.org/abs/1608.03983"
_API = "https://keras.io/api/optimizers/learning_rate_schedules/"

_ENTRIES = (
    Schedule(
        "constant",
        "Constant",
        lambda rate: _Constant(rate),
        (),
        r"\eta_t = \eta",
        "The same rate for ever: on noisy gradients it never settles, it keeps dancing around the minimum.",
        "Robbins & Monro 1951",
        "https://doi.org/10.1214/aoms/1177729586",
    ),
    Schedule(
        "exponential_decay",
        "Exponential decay",
        lambda rate, decay_steps, decay_rate, staircase: _keras.ExponentialDecay(
            rate, decay_steps, decay_rate, staircase
        ),
        (_steps(20.0, "steps per factor"), _FACTOR, _STAIRS),
        r"\eta_t = \eta \cdot \mathrm{decay\_rate}^{\,t/\mathrm{decay\_steps}}",
        "Every so many steps the rate falls by the same factor; too fast a decay stops the descent half-way.",
        "Keras, ExponentialDecay",
        f"{_API}exponential_decay/",
    ),
    Schedule(
        "step",
        "Step",
        _drops,
        (
            _steps(30.0, "steps between two drops", "every"),
            Parameter("factor", 0.5, "factor of each drop", low=0.05, high=1.0, step=0.05, minimum=1e-6, maximum=1),
        ),
        r"\eta_t = \eta \cdot \mathrm{factor}^{\lfloor t/\mathrm{every} \rfloor}",
        "Constant for a while, then a sudden drop: the loss falls in stairs too.",
        "Keras, PiecewiseConstantDecay",
        f"{_API}piecewise_constant_decay/",
    ),
    Schedule(
        "inverse_time",
        "Inverse time",
        lambda rate, decay_steps, decay_rate, staircase: _keras.InverseTimeDecay(
            rate, decay_steps, decay_rate, staircase
        ),
        (
            _steps(20.0, "steps per unit of decay"),
            Parameter("decay_rate", 1.0, "how fast", low=0.0, high=5.0, step=0.1, minimum=0.0, maximum=1e6),
            _STAIRS,
        ),
        r"\eta_t = \frac{\eta}{1 + \mathrm{decay\_rate} \cdot t/\mathrm{decay\_steps}}",
        "Falls like 1/t: slow enough to travel any distance, fast enough for stochastic descent to settle.",
        "Robbins & Monro 1951",
        "https://doi.org/10.1214/aoms/1177729586",
    ),
    Schedule(
        "polynomial",
        "Polynomial",
        lambda rate, decay_steps, end, power: _keras.PolynomialDecay(rate, decay_steps, rate * end, power),
        (
            _steps(100.0, "steps until the end"),
            _share("end", 0.0, "last rate, as a share of the first"),
            Parameter("power", 1.0, "1: a straight line", low=0.25, high=4.0, step=0.25, minimum=0.01, maximum=100),
        ),
        r"\eta_t = \eta\,\big[\mathrm{end} + (1 - \mathrm{end})(1 - t/\mathrm{decay\_steps})^{\mathrm{power}}\big]",
        "A fixed budget of steps, and a rate that is used up when it ends.",
        "Keras, PolynomialDecay",
        f"{_API}polynomial_decay/",
    ),
    Schedule(
        "cosine",
        "Cosine",
        lambda rate, decay_steps, alpha: _keras.CosineDecay(rate, decay_steps, alpha),
        (_steps(100.0, "steps until the end"), _share("alpha", 0.0, "last rate, as a share of the first")),
        r"\eta_t = \eta\,\tfrac12 \big(1 + \cos(\pi t/\mathrm{decay\_steps})\big)",
        "Large for long, then gently to 0.",
        *_SGDR,
    ),
    Schedule(
        "cosine_restarts",
        "Cosine restarts",
        lambda rate, first_decay_steps, t_mul, m_mul, alpha: _keras.CosineDecayRestarts(
            rate, first_decay_steps, t_mul, m_mul, alpha
        ),
        (
            _steps(25.0, "steps of the first round", "first_decay_steps"),
            Parameter("t_mul", 2.0, "length of each round over the last", 1.0, 3.0, 0.25, minimum=1.0, maximum=10.0),
            Parameter("m_mul", 1.0, "height of each round over the last", 0.1, 1.0, 0.1, minimum=1e-3, maximum=1.0),
            _share("alpha", 0.0, "lowest rate, as a share of the first"),
        ),
        r"\eta_t = \eta\,\tfrac12 \big(1 + \cos(\pi\,t_\mathrm{round}/T_\mathrm{round})\big)",
        "Each restart is a kick that can throw the descent out of a local minimum.",
        *_SGDR,
    ),
    Schedule(
        "warm_up",
        "Warm-up, then cosine",
        lambda rate, warmup_steps, decay_steps: _keras.CosineDecay(
            rate * 0, decay_steps, warmup_target=rate, warmup_steps=warmup_steps
        ),
        (_steps(20.0, "steps from 0 up to the full rate", "warmup_steps"), _steps(100.0, "steps down again")),
        r"\eta_t = \eta\,t/\mathrm{warmup\_steps} \text{, then cosine}",
        "Small steps first, where the surface is steep and unknown; the full rate only after that.",
        "Goyal et al. 2017",
        "https://arxiv.org/abs/1706.02677",
        vector=False,
    ),
)
SCHEDULES: Mapping[str, Schedule] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def evaluate(schedule: LearningRateSchedule, steps: int) -> Array:
    """Any of Keras' schedules at steps 0 … steps − 1, one at a time: shape (steps,), float64."""

    @tf.function
    def each() -> Any:
        one = tf.TensorSpec((), tf.float64)
        return tf.map_fn(lambda step: tf.cast(schedule(step), tf.float64), tf.range(steps), fn_output_signature=one)

    return np.asarray(each())


@lru_cache(maxsize=256)
def _shape(name: str, given: tuple[tuple[str, Value], ...]) -> Array:
    """The schedule of an initial rate of 1 for as many steps as anybody may ask: a moved slider only cuts it."""
    entry = SCHEDULES[name]
    schedule = entry.make(tf.constant(1.0, tf.float64), **dict(given))
    return _rules.read_only(schedule(tf.range(MOST_STEPS)) if entry.vector else evaluate(schedule, MOST_STEPS))


def learning_rates(schedule: str, learning_rate: float, steps: int, **parameters: Value) -> Array:
    """The learning rate of each step, shape (steps,), float64.

    `schedule`: a name of `SCHEDULES`; `learning_rate` η: its rate at the height of the schedule; `steps`: 1 to 2,000;
    `parameters`: the entry's own, such as `decay_steps`. Raises ValueError for anything else.
    """
    entry = SCHEDULES[_rules.choice("schedule", schedule, SCHEDULES)]
    given = resolve(entry.name, entry.parameters, parameters)
    rate = _rules.number("learning_rate", learning_rate, 0, FASTEST)
    count = _rules.integer("steps", steps, 1, MOST_STEPS)
    return _rules.read_only(rate * _shape(entry.name, tuple(given.items()))[:count])
