"""Least squares with two weights: descent on all samples, on mini-batches or on one at a time, and the zigzag."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from sklearn import datasets as sklearn_datasets

from nnviz import _rules
from nnviz._rules import Array
from nnviz.optimizers import Engine, check_optimizer
from nnviz.parameters import Value, resolve
from nnviz.schedules import learning_rates
from nnviz.surfaces import SurfaceGrid

FEATURES = ("bmi", "s5", "bp", "s4", "s3", "s6", "s1", "age", "s2", "sex")  # of the diabetes data, telling ones first
_ENGINES = 16
_GRID = 61  # points per axis of a drawn loss: a paraboloid needs few
_ZIGZAG_SAMPLES = 200
_ZIGZAG_DISTANCE = 2.0  # from the start to the solution


@dataclass(frozen=True)
class LeastSquares:
    """Fit y ≈ w·x by the mean of (w·x − y)² over all samples: `inputs` (n, 2), `targets` (n,).

    `solution` (2,) is the best w and `lowest` the loss there; `eigenvalues` (2,) those of the Hessian 2XᵀX/n.
    """

    inputs: Array
    targets: Array
    solution: Array
    eigenvalues: Array
    lowest: float

    @property
    def limit(self) -> float:
        """2/λ_max of the whole loss: the largest stable learning rate of full-batch gradient descent."""
        return 2 / float(self.eigenvalues[-1])

    @property
    def sample_limit(self) -> float:
        """The same for one sample at a time: its Hessian 2xxᵀ has λ_max = 2‖x‖², the longest x sets the limit."""
        return 1 / float((self.inputs**2).sum(axis=1).max())

    def losses(self, weights: ArrayLike) -> Array:
        """The loss of all samples at weights (…, 2), shape (…), exact around the solution."""
        away = np.asarray(weights) - self.solution
        half_hessian = self.inputs.T @ self.inputs / len(self.targets)
        result: Array = self.lowest + np.einsum("...i,ij,...j->...", away, half_hessian, away)
        return result

    def grid(self, region: tuple[tuple[float, float], ...]) -> SurfaceGrid:
        """The loss over `region` (low and high per weight) at 61 × 61 points."""
        axes = [np.linspace(low, high, _GRID) for low, high in region]
        values = self.losses(np.stack(np.meshgrid(*axes), axis=-1))
        return SurfaceGrid(tuple(map(_rules.read_only, axes)), _rules.read_only(values), self.lowest)


@dataclass(frozen=True)
class SampleDescent:
    """A descent that looks at `batch` samples per step: `points` (steps + 1, 2), `losses` (steps + 1,) of *all*
    samples at each of them, `learning_rates` (steps,), `seen` (steps + 1,) how many samples had been looked at."""

    batch: int
    points: Array
    losses: Array
    learning_rates: Array
    seen: Array

    @property
    def same_sign(self) -> float:
        """Share of steps that move both weights up or both down."""
        moves = np.diff(self.points, axis=0)
        moved = (moves != 0).any(axis=1)
        return float((moves.prod(axis=1)[moved] >= 0).mean()) if moved.any() else 1.0

    def reached(self, loss: float) -> int | None:
        """The first step after which the loss of all samples is at most `loss`; None if it never is."""
        found = np.flatnonzero(self.losses <= loss)
        return int(found[0]) if found.size else None

    def cut(self, steps: int) -> "SampleDescent":
        """The first `steps` steps of it."""
        more = steps + 1
        return SampleDescent(
            self.batch, self.points[:more], self.losses[:more], self.learning_rates[:steps], self.seen[:more]
        )

    def floor(self) -> float:
        """Mean loss over the last quarter of the steps: where noisy descent hovers."""
        return float(self.losses[-max(1, len(self.losses) // 4) :].mean())


@dataclass(frozen=True)
class Zigzag:
    """The same problem with positive inputs and with the same inputs minus their mean, and a descent on each."""

    positive: LeastSquares
    centred: LeastSquares
    positive_descent: SampleDescent
    centred_descent: SampleDescent

    def describe(self, loss: float) -> str:
        """One sentence: steps, rates and shares of steps that move both weights the same way."""
        parts = []
        for name, run in (("Positive", self.positive_descent), ("centred", self.centred_descent)):
            reached = run.reached(loss)
            steps = f"{reached} steps" if reached is not None else f"more than {len(run.learning_rates)} steps"
            used = run if reached is None else run.cut(reached)
            parts.append(
                f"{name} inputs need {steps} to a loss of {loss:g} at a learning rate of {run.learning_rates[0]:.3g}, "
                f"and {used.same_sign:.0%} of these steps move both weights the same way"
            )
        return "; ".join(parts) + "."


def least_squares(inputs: ArrayLike, targets: ArrayLike) -> LeastSquares:
    """The problem of `inputs` (n, 2) and `targets` (n,), with its solution. ValueError if no single one exists."""
    x, y = np.array(inputs, np.float64), _rules.vector("targets", targets, 2, 100_000)
    if x.shape != (y.size, 2) or not np.isfinite(x).all():
        raise ValueError(f"inputs must be two finite numbers for each of the {y.size} targets, not shape {x.shape}")
    eigenvalues = np.linalg.eigvalsh(2 * x.T @ x / y.size)
    if eigenvalues[0] <= 1e-12 * eigenvalues[1]:
        raise ValueError("inputs must be two features that are not proportional to each other")
    solution = np.linalg.lstsq(x, y, rcond=None)[0]
    lowest = float(np.mean((x @ solution - y) ** 2))
    locked = [_rules.read_only(values) for values in (x, y, solution, eigenvalues)]
    return LeastSquares(locked[0], locked[1], locked[2], locked[3], lowest)


@lru_cache(maxsize=32)
def load_diabetes(first: str = "bmi", second: str = "s5") -> LeastSquares:
    """Disease progression of 442 patients from two measurements (Efron et al. 2004, shipped with scikit-learn).

    Measurements and target are standardised to mean 0 and variance 1, so no bias is needed and the curvature shows
    nothing but the correlation ρ of the two: the Hessian's eigenvalues are 2(1 ± ρ).
    """
    names = [_rules.choice(name, value, FEATURES) for name, value in (("first", first), ("second", second))]
    if first == second:
        raise ValueError(f"second must be another feature than the first, {first!r}")
    data = sklearn_datasets.load_diabetes()
    columns = data.data[:, [data.feature_names.index(name) for name in names]]
    x, y = ((values - values.mean(axis=0)) / values.std(axis=0) for values in (columns, data.target))
    return least_squares(x, y)


def _objective(points: Any, step: Any, inputs: Any, targets: Any, order: Any) -> Any:
    """Keras' mean squared error of the samples whose turn it is, one per slot."""
    turn = order[step]
    outputs = tf.matmul(points, tf.gather(inputs, turn), transpose_b=True)
    return keras.losses.mean_squared_error(tf.gather(targets, turn)[None], outputs)


@lru_cache(maxsize=_ENGINES)
def _engine(optimizer: str, given: tuple[tuple[str, Value], ...]) -> Engine:
    shapes = ((None, 2), tf.float64), ((None,), tf.float64), ((None, None), tf.int64)
    return Engine(_objective, optimizer, given, 1, 2, tuple(tf.TensorSpec(*shape) for shape in shapes))


def _order(samples: int, batch: int, steps: int, seed: int) -> Array:
    """Which samples each step looks at, (steps, batch): one shuffled epoch after the other, as in Keras' fit."""
    if batch == samples:
        return np.tile(np.arange(samples), (steps, 1))
    random = np.random.default_rng(seed)
    epochs = -(-steps * batch // samples)
    stream = np.concatenate([random.permutation(samples) for _ in range(epochs)])
    return stream[: steps * batch].reshape(steps, batch)


def descend_samples(
    problem: LeastSquares,
    batch: int,
    learning_rate: float = 0.1,
    steps: int = 100,
    seed: int = 0,
    start: ArrayLike = (0.0, 0.0),
    optimizer: str = "sgd",
    schedule: str | None = None,
    schedule_parameters: dict[str, Value] | None = None,
    **parameters: Value,
) -> SampleDescent:
    """Descend with the gradient of the mean loss over `batch` samples per step, drawn in shuffled epochs.

    `batch`: 1 (stochastic) to all samples (full batch); the rest as for `descend`. Every gradient is an unbiased
    guess of the full one with a spread that falls like 1/√batch, so at a constant rate small batches never settle.
    """
    size = len(problem.targets)
    batch = _rules.integer("batch", batch, 1, size)
    seed = _rules.integer("seed", seed, 0, 2**32 - 1)
    begin = _rules.vector("start", start, 2, 2)
    entry = check_optimizer(optimizer)
    given = tuple(resolve(entry.name, entry.parameters, parameters).items())
    rates = learning_rates(schedule or "constant", learning_rate, steps, **(schedule_parameters or {}))
    data = problem.inputs, problem.targets, _order(size, batch, len(rates), seed)
    points = _engine(optimizer, given).run(begin[None], rates[:, None, None], *map(tf.constant, data))[:, 0]
    with np.errstate(over="ignore", invalid="ignore"):
        losses = problem.losses(points)
    seen = batch * np.arange(len(rates) + 1)
    return SampleDescent(batch, *map(_rules.read_only, (points, losses, rates, seen)))


def zigzag(
    angle: float = -45.0, share: float = 0.5, steps: int = 300, seed: int = 0, same_rate: bool = False
) -> Zigzag:
    """Two weights behind all-positive inputs, and the same with the inputs' mean removed.

    The inputs are sigmoid outputs of 200 standard normal pairs; targets are w*·x without noise, w* lying 2 away from
    the start in the direction `angle` (degrees). One sample per step: its gradient 2(w·x − y)·x has the sign of
    (w·x − y) in *both* weights if x > 0, so only two quadrants of directions exist (LeCun et al. 1998, Efficient
    BackProp, section 4.3). The learning rate is `share` (0.01 to 1) of the largest that is stable for every sample,
    1/max‖x‖²: each problem its own, or, with `same_rate`, the smaller one for both. Raises ValueError.
    """
    angle, share = _rules.number("angle", angle, -180, 180), _rules.number("share", share, 0.01, 1)
    random = np.random.default_rng(_rules.integer("seed", seed, 0, 2**32 - 1))
    outputs = keras.activations.sigmoid(tf.constant(random.normal(size=(_ZIGZAG_SAMPLES, 2)))).numpy()
    goal = _ZIGZAG_DISTANCE * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    problems = [least_squares(x, x @ goal) for x in (outputs, outputs - outputs.mean(axis=0))]
    limits = [problem.sample_limit for problem in problems]
    rates = [share * (min(limits) if same_rate else limit) for limit in limits]
    found = [descend_samples(p, 1, rate, steps, seed) for p, rate in zip(problems, rates, strict=True)]
    return Zigzag(problems[0], problems[1], found[0], found[1])
