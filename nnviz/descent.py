"""Gradient descent on a surface of one or two weights: its path, its verdict, and every learning rate at once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule
from numpy.typing import ArrayLike, NDArray

from nnviz import _rules
from nnviz._rules import Array
from nnviz.optimizers import Engine, Optimizer, check_optimizer
from nnviz.parameters import Value, resolve
from nnviz.schedules import MOST_STEPS, evaluate, learning_rates
from nnviz.surfaces import FARTHEST, SURFACES, WIDEST, Curvature, Function, Surface, curvature

SLOTS = 64  # starts, or learning rates, that one run takes side by side
_ENGINES = 64  # compiled engines kept: one per surface, optimizer and its parameters
_SWEEP = (-2.4, 0.6)  # powers of ten around the limit at which learning rates are tried
_NEAR = 1e-3  # share of the starting height above a minimum that counts as arrived
_SAME = 1e-9  # relative difference below which two points are one


@dataclass(frozen=True)
class DescentPath:
    """Where a descent went: `points` (steps + 1, *shape of the start), the start first; `values` J there, one per
    point; `learning_rates` (steps,). After a divergence both hold inf and nan, nothing is cut.

    A start of shape (d,) is one point, (k, d) are k points that descend side by side, a plain number is a point of
    a function of one weight.
    """

    points: Array
    values: Array
    learning_rates: Array

    def of_start(self, index: int) -> "DescentPath":
        """The path of one of the k starts."""
        return DescentPath(self.points[:, index], self.values[:, index], self.learning_rates)

    def inside(self, region: tuple[tuple[float, float], ...]) -> NDArray[np.int64]:
        """How many points of each start are finite and lie within two widths of `region`, counted until the first
        that does not."""
        count = len(self.learning_rates) + 1
        places = self.points.reshape(count, -1, len(region))
        low, high = np.array(region).T
        reach = (WIDEST - 1) / 2 * (high - low)
        with np.errstate(invalid="ignore"):
            near = ((places >= low - reach) & (places <= high + reach)).all(axis=-1)
        near &= np.isfinite(self.values.reshape(count, -1))
        return np.where(near.all(axis=0), count, near.argmin(axis=0)).astype(np.int64)

    def zoom(self, region: tuple[tuple[float, float], ...]) -> float:
        """How many regions wide, 1 to 5, a picture must be to show the points that `inside` counts, in halves."""
        low, high = np.array(region).T
        places = self.points.reshape(len(self.points), -1, len(region))
        drawn = [places[:count, i] for i, count in enumerate(self.inside(region))]
        away = np.abs(np.concatenate(drawn) - (low + high) / 2) / ((high - low) / 2)
        return float(np.ceil(2 * max(1.0, away.max(initial=1.0) - _SAME)) / 2)


@dataclass(frozen=True)
class RateSweep:
    """J after the same number of steps for many learning rates: `learning_rates` and `values`, both (n,).

    `gaps`: how far J still is above the lowest minimum (inf or nan after a divergence). `limit`: the largest learning
    rate with which this optimizer can settle in any minimum of the surface, inf if no law is known.
    """

    learning_rates: Array
    values: Array
    gaps: Array
    limit: float

    def describe(self, entry: Optimizer) -> tuple[str, str]:
        """The name of the law, such as 2/λ_max, and one sentence on what the law and the descents say."""
        usable = np.where(np.isfinite(self.gaps), self.gaps, np.inf)
        best = _words(float(self.learning_rates[usable.argmin()]))
        tried = f"of the rates tried, {best} came lowest: {_words(float(usable.min()))} above the lowest minimum"
        if not np.isfinite(self.limit):
            return "", f"No law: {entry.name} divides by the gradient's size, so no bound like 2/λ_max exists; {tried}."
        law = {"sgd": "2/λ_max", "momentum": "2(1 + β)/λ_max", "nesterov": "2(1 + β)/((1 + 2β)λ_max)"}[entry.name]
        return law, f"Beyond {law} = {_words(self.limit)}: no minimum here can hold {entry.name}; {tried}."


@lru_cache(maxsize=_ENGINES)
def _engine(function: Function, optimizer: str, given: tuple[tuple[str, Value], ...], dimension: int) -> Engine:
    return Engine(lambda points, _: function(points), optimizer, given, SLOTS, dimension)


def _surface(surface: str | Function, start: ArrayLike) -> tuple[Function, int, Array]:
    """The function, its number of weights, and the checked starts as they came."""
    try:
        begin = np.asarray(start)
    except ValueError:  # rows of different length
        begin = np.asarray("")
    if begin.dtype.kind not in "iuf":
        raise ValueError(f"start must be a number, a point or a list of points, not {_rules.quote(start)}")
    begin = begin.astype(np.float64)
    if callable(surface):
        function, dimension = surface, begin.shape[-1] if begin.ndim else 1
    else:
        entry = SURFACES[_rules.choice("surface", surface, SURFACES)]
        function, dimension = entry.function, entry.dimension
    fits = dimension == 1 if begin.ndim == 0 else begin.ndim <= 2 and begin.shape[-1] == dimension
    if not fits or not 1 <= begin.size <= SLOTS * dimension:
        raise ValueError(
            f"start must be one point of {dimension} coordinates or up to {SLOTS} of them, not shape {begin.shape}"
        )
    if not (np.abs(begin) <= FARTHEST).all():
        raise ValueError(f"start must hold numbers from −{FARTHEST:,.0f} to {FARTHEST:,.0f} only")
    return function, dimension, begin


def _rates(
    learning_rate: float,
    steps: int,
    schedule: str | LearningRateSchedule | None,
    given: dict[str, Value] | None,
) -> Array:
    if isinstance(schedule, LearningRateSchedule):
        return evaluate(schedule, _rules.integer("steps", steps, 1, MOST_STEPS))
    return learning_rates(schedule or "constant", learning_rate, steps, **(given or {}))


def _fill(starts: Array) -> Array:
    """`starts` (k, d) in SLOTS rows; the spare ones repeat the first."""
    return np.concatenate([starts, np.repeat(starts[:1], SLOTS - len(starts), axis=0)])


def _bound(optimizer: str, parameters: dict[str, Value]) -> tuple[Optimizer, tuple[tuple[str, Value], ...]]:
    entry = check_optimizer(optimizer)
    return entry, tuple(resolve(entry.name, entry.parameters, parameters).items())


def descend(
    surface: str | Function,
    start: ArrayLike,
    optimizer: str = "sgd",
    learning_rate: float = 0.1,
    steps: int = 50,
    schedule: str | LearningRateSchedule | None = None,
    schedule_parameters: dict[str, Value] | None = None,
    **parameters: Value,
) -> DescentPath:
    """The path of one of Keras' optimizers on a surface, in float64.

    `surface`: a name of `SURFACES`, or any function of points (…, d) made of TensorFlow operations; `start`: a
    number (one weight), a point (d,) or up to 64 points (k, d); `optimizer`: a name of `OPTIMIZERS`, with its
    `parameters` such as momentum; `learning_rate` 0 to 1e6; `steps` 1 to 2,000; `schedule`: a name of `SCHEDULES`
    with its `schedule_parameters`, or a Keras schedule, which then gives the rate itself. Raises ValueError for
    anything else; a divergence is no error but a lesson.

    >>> descend("quadratic", 5.0, "sgd", 0.3, 5).points[-1]  # 5 · 0.4⁵
    0.0512
    """
    function, dimension, begin = _surface(surface, start)
    _, given = _bound(optimizer, parameters)
    rates = _rates(learning_rate, steps, schedule, schedule_parameters)
    starts = begin.reshape(-1, dimension)
    points = _engine(function, optimizer, given, dimension).run(_fill(starts), rates[:, None, None])[:, : len(starts)]
    values = np.asarray(function(tf.constant(points)))
    shape = (len(points), *begin.shape)
    heights = values.reshape(shape if begin.ndim == 0 else shape[:-1])
    return DescentPath(*map(_rules.read_only, (points.reshape(shape), heights, rates)))


@lru_cache(maxsize=len(SURFACES))
def _largest_limit(surface: str) -> float:
    """2/λ_max at the flattest minimum."""
    return max(curvature(surface, minimum).limit for minimum in SURFACES[surface].minima)


def sweep_rates(
    surface: str,
    start: ArrayLike,
    optimizer: str = "sgd",
    steps: int = 50,
    schedule: str | None = None,
    schedule_parameters: dict[str, Value] | None = None,
    **parameters: Value,
) -> RateSweep:
    """J after `steps` steps from one start for 64 learning rates, three powers of ten around 2/λ_max.

    λ_max is the largest eigenvalue of the Hessian at the flattest minimum of the surface: the one that tolerates the
    largest learning rate. On a quadratic, gradient descent diverges exactly beyond 2/λ_max.
    """
    function, dimension, begin = _surface(surface, start)
    entry, given = _bound(optimizer, parameters)
    limit = _largest_limit(surface) * entry.stability(**dict(given)) / 2 if entry.stability else np.inf
    centre = np.log10(limit if np.isfinite(limit) else 1.0)
    rates = np.logspace(centre + _SWEEP[0], centre + _SWEEP[1], SLOTS)
    shape = _rates(1.0, steps, schedule, schedule_parameters)
    starts = np.repeat(begin.reshape(-1, dimension)[:1], SLOTS, axis=0)
    points = _engine(function, optimizer, given, dimension).run(starts, shape[:, None, None] * rates[:, None])
    values = np.asarray(function(tf.constant(points[-1])))
    gaps = np.maximum(values - SURFACES[surface].lowest, 0)  # max keeps nan
    rates, values, gaps = map(_rules.read_only, (rates, values, gaps))
    return RateSweep(rates, values, gaps, float(limit))


def starting_rate(surface: str, optimizer: str, **parameters: Value) -> float:
    """A learning rate to begin with: what suits the surface, and never beyond what the optimizer tolerates."""
    entry, given = _bound(optimizer, parameters)
    place = SURFACES[_rules.choice("surface", surface, SURFACES)]
    if entry.adaptive:
        return place.adaptive_rate
    return place.rate * min(1.0, entry.stability(**dict(given)) / 2 if entry.stability else 1.0)


def spread_starts(surface: str, start: ArrayLike, count: int, seed: int = 0) -> Array:
    """`count` starts (count, d): the given one, and others drawn uniformly over the surface's region."""
    _, dimension, begin = _surface(surface, start)
    count = _rules.integer("count", count, 1, SLOTS)
    low, high = np.array(SURFACES[surface].region).T
    random = np.random.default_rng(_rules.integer("seed", seed, 0, 2**32 - 1))
    others = random.uniform(low, high, (count - 1, dimension))
    return _rules.read_only(np.concatenate([begin.reshape(-1, dimension)[:1], others]))


def _words(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _place(point: Array) -> str:
    return f"({', '.join(_words(float(x)) for x in point)})" if len(point) > 1 else _words(float(point[0]))


def _why(entry: Optimizer, given: dict[str, Value], rate: float, here: Curvature) -> str:
    """What the law of stability says of this rate, with the curvature it was measured from."""
    steepest = float(here.eigenvalues[-1])
    if entry.stability is None:
        return f"{entry.label} follows no such law as 2/λ_max; its steps are about {_words(rate)} long in every weight"
    number = entry.stability(**given)
    bound = number / steepest if steepest > 0 else np.inf
    relation = "exceeds" if rate > bound else "is below"
    return (
        f"the learning rate {_words(rate)} {relation} {_words(number)}/λ_max = {_words(bound)}, with the largest "
        f"curvature λ_max = {_words(steepest)} at the start"
    )


def explain_descent(surface: str, path: DescentPath, optimizer: str = "sgd", **parameters: Value) -> str:
    """One sentence on the path of one start: where it ended, after how many steps, and why.

    Arrived means that J stays within a thousandth of the starting height above the minimum it is nearest to.
    """
    entry, settings = _bound(optimizer, parameters)
    place: Surface = SURFACES[_rules.choice("surface", surface, SURFACES)]
    count = len(path.learning_rates)
    points, values = path.points.reshape(count + 1, -1), path.values.reshape(count + 1)
    if points.shape[1] != place.dimension:
        raise ValueError(f"path must be that of one start on {surface}, not of shape {path.points.shape}")
    if not np.isfinite(values[-1]) or values[-1] > values[0] * (1 + _SAME) + _SAME:
        return _explain_divergence(place, entry, dict(settings), path, points, values)
    minima = np.array(place.minima)
    nearest = int(np.linalg.norm(minima - points[-1], axis=1).argmin())
    depths = place.function(tf.constant(minima)).numpy()
    gaps = values - depths[nearest]
    close = np.abs(gaps) <= _NEAR * abs(gaps[0])
    if close[-1]:
        step = 0 if close.all() else int(np.flatnonzero(~close)[-1]) + 1
        rank = f", but the lowest is at {_place(minima[0])}" if depths[nearest] > depths[0] + 1e-6 else ""
        kind = "a local minimum" if rank else "the minimum" if len(minima) == 1 else "a minimum"
        return (
            f"Arrived: from step {step} on it is within a thousandth of the starting height above {kind} at "
            f"{_place(minima[nearest])}{rank}; it ends at {_place(points[-1])} with J = {_words(values[-1])}."
        )
    width = max(high - low for low, high in place.region)
    last = float(np.linalg.norm(points[-1] - points[-2]))
    if count >= 2 and last > _SAME * width and np.linalg.norm(points[-1] - points[-3]) <= _SAME * width:
        return (
            f"Oscillates: it jumps between {_place(points[-2])} and {_place(points[-1])} for ever, "
            f"because {_why(entry, dict(settings), float(path.learning_rates[-1]), curvature(surface, points[0]))}."
        ).replace("is below", "equals")
    here = curvature(surface, points[-1])
    slope = float(np.linalg.norm(here.gradient))
    return (
        f"On its way: {count} steps brought J from {_words(values[0])} to {_words(values[-1])}, at "
        f"{_place(points[-1])}; the slope there is {_words(slope)} and the last step was {_words(last)} long."
    )


def _explain_divergence(
    place: Surface, entry: Optimizer, given: dict[str, Value], path: DescentPath, points: Array, values: Array
) -> str:
    lost = np.flatnonzero(~np.isfinite(values))
    shown = int(path.inside(place.region)[0])
    end = (
        f"at step {lost[0]} J is no finite number any more"
        if lost.size
        else f"J grew from {_words(values[0])} to {_words(values[-1])} in {len(values) - 1} steps"
    )
    cut = f" (the path leaves the picture at step {shown})" if shown < len(values) else ""
    why = _why(entry, given, float(path.learning_rates.max()), curvature(place.name, points[0]))
    return f"Diverges: {end}{cut}; {why}."


def explain_starts(surface: str, path: DescentPath) -> str:
    """One sentence on where k starts ended: how many nearest to which minimum, and how many left the picture."""
    place = SURFACES[_rules.choice("surface", surface, SURFACES)]
    ends = path.points[-1].reshape(-1, place.dimension)
    lost = path.inside(place.region) < len(path.points)
    minima = np.array(place.minima)
    nearest = np.linalg.norm(minima - ends[~lost, None], axis=-1).argmin(axis=1)
    parts = [
        f"{found} to {_place(minima[i])}"
        for i, found in enumerate(np.bincount(nearest, minlength=len(minima)))
        if found
    ]
    if lost.any():
        parts.append(f"{lost.sum()} out of the picture")
    return f"Of {len(ends)} starts: {', '.join(parts)}."
