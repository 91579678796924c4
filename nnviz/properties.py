"""Properties: what makes a good activation, each criterion measured on the function itself, none looked up."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz import _rules
from nnviz._rules import Array
from nnviz.activations import elementwise, value_and_slope
from nnviz.parameters import Value, resolve

_ENTRIES = 512  # measured functions kept
_NEAR = np.linspace(-6.0137, 6.0091, 1_203)  # where to look for kinks: no round number, so that none lies on a point
_BISECTIONS = 26  # shrink a cell of 0.01 to 1.5e-10
_SUSPECTS = 64  # cells that are bisected: those that change most compared with their neighbours
_STEP = 1e-4  # a change of value or slope within such a cell that no smooth curve makes
_SIDE = 1e-6  # step of the difference quotients to the left and to the right
_AGREE = 1e-3  # how well they and the automatic slope have to agree
_WIDE = np.linspace(-20.0, 20.0, 4_001)
_FAR = 100.0  # where a tail has settled; e^100 is still finite
_TAILS = (1e3, 1e6)  # a range that still grows between the two has no bound
_ZERO = np.linspace(-0.1, 0.1, 201)  # "near 0"
_GRID = np.linspace(-8.0, 8.0, 401)  # quadrature over a standard normal
_DEEP = 40  # layers after which an attracting fixed point is reached (selu's distance shrinks by 0.78 per layer)
_STARTS = np.array([[0.25], [1.0], [4.0]])  # variances of the pre-activations that enter the first layer
_TIMED = 2**17  # numbers per timed call
_ROUNDS = 30  # of which the fastest counts

NOTHING = 1e-9  # rounding of float64, with room
FLAT = 0.05  # |f′| below which a tail counts as saturated
CHEAP = 3.0  # times the cost of relu
FEW = 3  # parameters: what Keras' relu has
CLOSE = 0.1  # largest relative distance to the identity, and to unit variance


@dataclass(frozen=True)
class ActivationProperties:
    """The nine criteria of a good activation, as numbers.

    `curvature` largest distance of f from its best straight line on [−6, 6], over the larger of 1 and f's spread;
    `differentiable_share` share of [−6, 6] where the difference quotients to the left and to the right agree with
    the automatic slope, and the places of `kinks` (k,), where the slope jumps, and `jumps` (k,), where f does;
    `cost` time over relu's in the same run; `left_slope`, `right_slope` |f′(∓100)|; `fall` how far f falls back
    against its own direction on [−20, 20]; `low`, `high` the range of f, infinite where it grows without bound;
    `identity_error` largest |f(z) − z| for |z| ≤ 0.1, over 0.1; `parameters` how many knobs move the function;
    `mean` and `std_low`, `std_high` what z of variance ¼, 1 and 4 becomes behind 40 wide layers with LeCun's
    weights: the mean farthest from 0 and the range of the standard deviation, infinite if it blows up.
    """

    name: str
    curvature: float
    differentiable_share: float
    kinks: Array
    jumps: Array
    cost: float
    left_slope: float
    right_slope: float
    fall: float
    low: float
    high: float
    identity_error: float
    parameters: int
    mean: float
    std_low: float
    std_high: float

    @property
    def flat_tails(self) -> int:
        """How many of the two tails are saturated."""
        return sum(not slope >= FLAT for slope in (self.left_slope, self.right_slope))


@dataclass(frozen=True)
class Criterion:
    """One criterion: what it asks, why, the number that answers it, and the rule that turns it into yes or no."""

    name: str
    why: str
    measures: str
    number: Callable[[ActivationProperties], float]
    met: Callable[[ActivationProperties], bool]


_CRITERIA = (
    Criterion(
        "non-linear",
        "A stack of linear layers is one linear layer.",
        "largest distance from the best straight line on [−6, 6]",
        lambda p: p.curvature,
        lambda p: p.curvature > NOTHING,
    ),
    Criterion(
        "differentiable",
        "Gradient descent needs a slope; single kinks do not hurt, because z hardly ever hits them.",
        "share of 1,203 points of [−6, 6] where the difference quotients on both sides agree with the automatic slope",
        lambda p: p.differentiable_share,
        lambda p: p.differentiable_share > 1 - _STEP,
    ),
    Criterion(
        "cheap",
        "It is computed for every unit, every sample and every step.",
        f"time of a forward pass over relu's in the same run; cheap up to {CHEAP:g}",
        lambda p: p.cost,
        lambda p: p.cost <= CHEAP,
    ),
    Criterion(
        "non-saturating",
        "Where f′ fades out, the gradient that crosses the unit fades out with it.",
        f"saturated tails: slopes smaller than {FLAT:g} at z = ±{_FAR:g}; met if at least one keeps its slope",
        lambda p: p.flat_tails,
        lambda p: p.flat_tails < 2,
    ),
    Criterion(
        "monotonic",
        "A larger z always means a larger output, so the sign of a weight keeps its meaning.",
        "how far f falls back against its own direction on [−20, 20]",
        lambda p: p.fall,
        lambda p: p.fall <= NOTHING,
    ),
    Criterion(
        "bounded",
        "A bounded output cannot explode, whatever the weights do; the price is saturation.",
        f"length of the range of f for z within ±{_TAILS[1]:,.0f}",
        lambda p: p.high - p.low,
        lambda p: math.isfinite(p.high - p.low),
    ),
    Criterion(
        "identity at 0",
        "With f(z) ≈ z a network with small weights starts as a linear one: the unit hands gradients on unchanged.",
        f"largest distance of f(z) from z within ±0.1, over 0.1; met up to {CLOSE:g}",
        lambda p: p.identity_error,
        lambda p: p.identity_error <= CLOSE,
    ),
    Criterion(
        "few parameters",
        "What one has to set or to learn for the activation comes on top of the weights.",
        f"how many parameters change the function when they move; few are up to {FEW}",
        lambda p: p.parameters,
        lambda p: p.parameters <= FEW,
    ),
    Criterion(
        "normalising",
        "Mean 0 and variance 1 restore themselves from layer to layer, without batch normalization.",
        f"distance of the std from 1 after {_DEEP} wide layers that start with variance ¼, 1 or 4; "
        f"met up to {CLOSE:g} with a mean as close to 0",
        lambda p: max(abs(p.std_low - 1), abs(p.std_high - 1)),
        lambda p: max(abs(p.std_low - 1), abs(p.std_high - 1), abs(p.mean)) <= CLOSE,
    ),
)
CRITERIA: Mapping[str, Criterion] = MappingProxyType({criterion.name: criterion for criterion in _CRITERIA})

Slopes = Callable[[Array], tuple[Array, Array]]


def activation_properties(name: str, **parameters: Value) -> ActivationProperties:
    """The nine criteria of an activation function, measured.

    `name`: an entry of `ACTIVATIONS` that acts on each number alone, or a function of your own ("= x * tanh(x)");
    `parameters`: the entry's own. Everything is computed from the function's values and its automatic slope in
    float64, except `cost`, which is timed once per process. The criteria are those of the literature, and they
    contradict each other (bounded against non-saturating): no function meets all nine. Raises ValueError for an
    unknown name or parameter. Sources: LeCun et al. 1998, Efficient BackProp; Klambauer et al. 2017.
    """
    entry = elementwise(name)
    values = tuple(resolve(entry.name, entry.parameters, parameters).items())
    return ActivationProperties(entry.name, **_measure(entry.name, values), cost=relative_cost(entry.name, values))


@lru_cache(maxsize=_ENTRIES)
def _measure(name: str, values: tuple[tuple[str, Value], ...]) -> Mapping[str, Any]:
    """Everything that follows from the function alone: the same numbers in every run."""
    phi = elementwise(name).bind(dict(values))

    def both(z: Array) -> tuple[Array, Array]:
        y, slope = value_and_slope(phi, tf.constant(z))
        return y.numpy(), slope.numpy()

    with np.errstate(all="ignore"):  # a typed function may be inf or nan anywhere
        curvature, share, (kinks, jumps) = _curvature(both), _share(both), _breaks(both)
        wide, zero, far = both(_WIDE)[0], both(_ZERO)[0], np.abs(both(np.array([-_FAR, _FAR]))[1])
        low, high = _range(both)
        mean, std_low, std_high = _settle(both)
    return {
        "curvature": curvature,
        "differentiable_share": share,
        "kinks": _rules.read_only(kinks),
        "jumps": _rules.read_only(jumps),
        "left_slope": float(far[0]),
        "right_slope": float(far[1]),
        "fall": _fall(wide[np.isfinite(wide)]),
        "low": low,
        "high": high,
        "identity_error": float(np.abs(zero - _ZERO).max() / _ZERO[-1]),
        "parameters": _moving(name, dict(values)),
        "mean": mean,
        "std_low": std_low,
        "std_high": std_high,
    }


def _curvature(both: Slopes) -> float:
    y = both(_NEAR)[0]
    usable = np.isfinite(y)
    if usable.sum() < 3:
        return math.nan
    z, y = _NEAR[usable], y[usable]
    line = np.polynomial.Polynomial.fit(z, y, 1)
    return float(np.abs(y - line(z)).max() / max(1.0, np.ptp(y)))


def _share(both: Slopes) -> float:
    """Share of the grid's points at which f has one slope, the one that automatic differentiation gives."""
    y, slope = both(_NEAR)
    sides = [(both(_NEAR + step)[0] - y) / step for step in (-_SIDE, _SIDE)]
    slack = _AGREE * np.maximum(1.0, np.abs(slope))
    return float(np.mean([np.isfinite(y) & (np.abs(side - slope) <= slack) for side in sides]))


def _breaks(both: Slopes) -> tuple[Array, Array]:
    """Places of kinks and places of jumps.

    A suspect cell of the grid is halved again and again, towards the half in which value or slope changes most. In
    a cell of width 1.5e-10 a smooth curve has stopped changing; a kink or a jump has not.
    """
    points = np.stack([_NEAR, *both(_NEAR)])  # z, f and f′
    change = np.pad(_change(points[:, :-1], points[:, 1:]), 1)
    excess = change[1:-1] - np.maximum(change[:-2], change[2:])
    cells = np.sort(np.argsort(np.where(np.isfinite(excess), excess, -np.inf))[-_SUSPECTS:])
    left, right = points[:, cells], points[:, cells + 1]
    for _ in range(_BISECTIONS):
        z = (left[0] + right[0]) / 2
        middle = np.stack([z, *both(z)])
        first = _change(left, middle) >= _change(middle, right)
        left, right = np.where(first, left, middle), np.where(first, middle, right)
    step = np.abs(right - left)
    jumps = step[1] > _STEP * np.maximum(1.0, np.abs(left[1]))
    kinks = ~jumps & (step[2] > _STEP * np.maximum(1.0, np.abs(left[2])))
    return left[0][kinks], left[0][jumps]


def _change(left: Array, right: Array) -> Array:
    """How much value and slope change between two points (rows z, f, f′); nan counts as no change."""
    change: Array = np.nan_to_num(np.abs(right[1:] - left[1:]).sum(axis=0), posinf=np.inf)
    return change


def _fall(y: Array) -> float:
    """The largest step back of the sequence y against its own direction, up or down, whichever fits better."""
    if not y.size:
        return math.nan
    steps_back = [float((np.maximum.accumulate(path) - path).max()) for path in (y, -y)]
    return min(steps_back)


def _range(both: Slopes) -> tuple[float, float]:
    """Infimum and supremum of f, infinite where it still grows far out."""
    ends = []
    for tail in _TAILS:
        y = both(np.concatenate([_WIDE, np.geomspace(20, tail, 200), -np.geomspace(20, tail, 200)]))[0]
        y = y[~np.isnan(y)]
        ends.append((y.min(), y.max()) if y.size else (math.nan, math.nan))
    (low, high), (lower, higher) = ends
    slack = 0.01 * max(1e-3, min(higher - lower, high - low))
    return float(lower if low - lower <= slack else -math.inf), float(higher if higher - high <= slack else math.inf)


def _settle(both: Slopes) -> tuple[float, float, float]:
    """Mean farthest from 0 and range of the standard deviation after `_DEEP` wide layers of variance 1/n weights.

    In a wide layer z is normal with mean 0 and variance E f(z)² of the layer before.
    """
    weight = np.exp(-(_GRID**2) / 2)
    weight /= weight.sum()
    variance = _STARTS
    mean = np.zeros_like(variance)
    for _ in range(_DEEP):
        y = both(np.sqrt(variance) * _GRID)[0]
        mean, variance = (y @ weight)[:, None], (y**2 @ weight)[:, None]
        if not np.isfinite(variance).all():
            variance = np.where(np.isfinite(variance), variance, math.inf)
            break
    std = np.sqrt(np.maximum(0, variance - np.where(np.isinf(variance), 0, mean) ** 2))
    return float(mean.flat[np.abs(mean).argmax()]), float(std.min()), float(std.max())


def _moving(name: str, values: dict[str, Value]) -> int:
    """How many parameters change f on the grid when they go through what they may be."""
    entry = elementwise(name)
    start = entry.bind(values)(tf.constant(_NEAR)).numpy()
    count = 0
    for knob in entry.parameters:
        tries: tuple[Value, ...] = (
            knob.choices or (True, False) if isinstance(knob.default, bool) else (knob.low, knob.high)
        )
        moved = [entry.bind({**values, knob.name: value})(tf.constant(_NEAR)).numpy() for value in tries]
        count += any(not np.array_equal(start, y, equal_nan=True) for y in moved)
    return count


@lru_cache(maxsize=_ENTRIES)
def relative_cost(name: str, values: tuple[tuple[str, Value], ...] = ()) -> float:
    """Time of one forward pass over 131,072 float32 numbers, over relu's in the same run; kept for the process.

    The two take turns, so that a busy machine slows both, and the fastest of 30 rounds counts.
    """
    z = tf.random.stateless_normal((_TIMED,), (0, 0))
    contestants = elementwise(name).bind(dict(values)), elementwise("relu").bind({})
    times = np.array([[_seconds(function, z) for function in contestants] for _ in range(_ROUNDS + 1)])
    mine, relus = times[1:].min(axis=0)  # the first round warms up
    return float(mine / relus)


def _seconds(function: Callable[[Any], Any], z: Any) -> float:
    begun = time.perf_counter()
    function(z).numpy()
    return time.perf_counter() - begun
