"""Losses: every loss of Keras that fits a dense output, its value, its curve, and the output units it can follow."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._loss_catalog import BINARY, CARDS, CLASSES, NUMBER, Card
from nnviz._rules import Array
from nnviz.activations import value_and_slope
from nnviz.parameters import Parameter, Value, resolve

LARGEST = 1e6  # size of a target or a prediction
LONGEST_CURVE = 10_000  # points
MOST_VALUES = 100_000  # entries of a table of predictions
MOST_CLASSES = 100
_NOT_KNOBS = {"from_logits", "axis", "ignore_class"}  # its own argument here; which axis; a mask for pictures

_FROM_LOGITS = Parameter("from_logits", False, "the predictions are logits")

OUTPUTS: Mapping[str, str] = MappingProxyType(
    {
        "softmax": "Probabilities that sum to 1: exactly one class is right.",
        "sigmoid": "An independent probability per class.",
        "linear": "Any number: no activation on the output.",
    }
)
TASKS: Mapping[str, str] = MappingProxyType(
    {
        NUMBER: "The prediction itself varies; the target stays.",
        BINARY: "The output of one unit varies: a probability, or with from_logits a score of any size.",
        CLASSES: (
            "The probability of the first class varies and the other classes share the rest equally; with "
            "from_logits the score of the first class varies and the scores of the others stay 0."
        ),
    }
)


@dataclass(frozen=True)
class Loss:
    """One loss: Keras' function of (targets, predictions) with one value per sample.

    `tasks` names what it is used to predict (keys of `TASKS`); `outputs` the output units behind which a network
    that classifies may end in it (none: nnviz ends no network in it); `labels`: its target is the number of the
    class, not one entry per class.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    formula: str
    insight: str
    source: str
    url: str
    tasks: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    labels: bool = False

    @property
    def vector(self) -> bool:
        """Whether it compares whole distributions over classes; all others average over the single outputs."""
        return self.tasks == (CLASSES,)

    @property
    def from_logits(self) -> bool:
        """Whether Keras can compute it from the logits directly.

        That keeps the output error at exactly a − y where the probability itself has long been rounded to 0 or 1.
        """
        return "from_logits" in inspect.signature(self.function).parameters

    def per_sample(self, targets: Any, logits: Any, output: str) -> Any:
        """Loss of each sample, shape (batch,), from the pre-activation of the output layer."""
        if self.from_logits:
            return self.function(targets, logits, from_logits=True)
        return self.function(targets, keras.activations.get(output)(logits))

    def bind(self, from_logits: bool, given: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
        """The function of (targets, predictions) alone, with checked parameters."""
        values: dict[str, Any] = resolve(self.name, self.parameters, given)
        if _FROM_LOGITS.check(self.name, from_logits):
            if not self.from_logits:
                raise ValueError(f"from_logits must be false for {self.name}, which has no form for logits, not True")
            values["from_logits"] = True
        return lambda targets, predictions: self.function(targets, predictions, **values)


def _parameters(function: Callable[..., Any], card: Card) -> tuple[Parameter, ...]:
    knobs = []
    for argument in list(inspect.signature(function).parameters.values())[2:]:
        if argument.name not in _NOT_KNOBS:
            ranges = dict(card.ranges[argument.name])
            knobs.append(Parameter(argument.name, ranges.pop("default", argument.default), **ranges))
    return tuple(knobs)


def _entry(name: str, card: Card) -> Loss:
    function = getattr(keras.losses, name)
    about = (card.formula, card.insight, card.source, card.url, card.tasks, card.outputs, card.labels)
    return Loss(name, function, _parameters(function, card), *about)


LOSSES: Mapping[str, Loss] = MappingProxyType({name: _entry(name, card) for name, card in CARDS.items()})
NETWORK_LOSSES = tuple(name for name, entry in LOSSES.items() if entry.outputs)


def check_loss(loss: str, output: str) -> Loss:
    """The registry's entry for `loss`, if a network can end in it behind the output unit; ValueError otherwise."""
    entry = LOSSES[_rules.choice("loss", loss, NETWORK_LOSSES)]
    _rules.choice("output", output, OUTPUTS)
    if output not in entry.outputs:
        raise ValueError(f"output must be {' or '.join(entry.outputs)} for loss {loss}, not {output!r}")
    return entry


# ---- the value ---------------------------------------------------------------------------------------------------


def _table(name: str, values: ArrayLike) -> Array:
    """`values` as float64 rows of outputs, shape (samples, outputs); one list is one sample."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, OverflowError):  # ragged, or nothing numpy can hold
        array = np.asarray("")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be rows of equally many numbers, not {_rules.quote(values)}")
    if array.ndim not in (1, 2) or not 1 <= array.size <= MOST_VALUES:
        raise ValueError(
            f"{name} must be a list or rows of 1 to {MOST_VALUES:,} numbers, not an array of shape {array.shape}"
        )
    array = array.astype(np.float64)
    bad = array[~(np.abs(array) <= LARGEST)]
    if bad.size:
        raise ValueError(f"{name} must hold numbers between −{LARGEST:,.0f} and {LARGEST:,.0f} only, not {bad[0]:g}")
    return array.reshape(-1, array.shape[-1])


def _labels(values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """`values` as one class number per sample, shape (samples,)."""
    samples, classes = shape
    labels: Array = _table("y_true", np.ravel(np.asarray(values, dtype=object)).tolist())[0]
    if labels.size != samples:
        raise ValueError(f"y_true must hold one class number per row of y_pred, {samples}, not {labels.size}")
    for label in labels:
        _rules.integer("y_true's class", label, 0, classes - 1)
    return labels


@dataclass(frozen=True)
class LossSamples:
    """A table of samples and what each of them costs.

    `y_true` and `y_pred` of shape (samples, outputs), or `y_true` (samples,) where the loss takes class numbers;
    `losses` (samples,), Keras' value of each sample; `mean` over the samples, which is what a network minimises.
    """

    y_true: Array
    y_pred: Array
    losses: Array
    mean: float


def loss_samples(
    name: str, y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, **parameters: Value
) -> LossSamples:
    """What each sample of a table costs, computed by Keras in float64.

    `name`: an entry of `LOSSES`. `y_true`, `y_pred`: rows of outputs, shape (samples, outputs); one list of numbers
    is one sample. Sparse losses take one class number per sample as `y_true`. `from_logits`: `y_pred` holds
    logits, for the cross-entropies only. `parameters`: the entry's own, such as `delta`, `gamma`,
    `label_smoothing`. Losses outside their domain (poisson of a negative number) are nan, as in Keras. Raises
    ValueError for unequal shapes, numbers that are not finite or beyond ±10⁶, and unknown names.
    """
    entry = LOSSES[_rules.choice("name", name, LOSSES)]
    function = entry.bind(from_logits, parameters)
    predictions = _table("y_pred", y_pred)
    if entry.vector and predictions.shape[1] < 2:
        raise ValueError(f"y_pred must have at least 2 classes per row for {name}, not {predictions.shape[1]}")
    targets = _labels(y_true, predictions.shape) if entry.labels else _table("y_true", y_true)
    if not entry.labels and targets.shape != predictions.shape:
        raise ValueError(f"y_true must have the shape of y_pred, {predictions.shape}, not {targets.shape}")
    losses = np.asarray(function(tf.constant(targets), tf.constant(predictions)), dtype=np.float64)
    locked = [_rules.read_only(array) for array in (targets, predictions, losses)]
    return LossSamples(*locked, float(losses.mean()))  # type: ignore[call-arg,arg-type]


def loss_value(
    name: str, y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, **parameters: Value
) -> float:
    """The loss of a table of predictions: the mean of `loss_samples(…).losses` over the samples.

    >>> loss_value("mean_squared_error", [[0], [1]], [[1], [1]])
    0.5
    """
    return loss_samples(name, y_true, y_pred, from_logits, **parameters).mean


# ---- the curve ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LossCurve:
    """`loss` C(a) and `slope` dC/da for every `prediction` a, arrays of shape (n,), float64."""

    prediction: Array
    loss: Array
    slope: Array

    def tangents(self, reach: float) -> Array:
        """The tangent at each point from a − reach to a + reach: (a₁, C₁, a₂, C₂) per row, shape (n, 4)."""
        rise = self.slope * reach
        ends = (self.prediction - reach, self.loss - rise, self.prediction + reach, self.loss + rise)
        return np.stack(ends, axis=1)


def _first_class(varying: Any, classes: int, from_logits: bool) -> Any:
    """Rows (n, classes) whose first entry varies: the others share the rest equally; as logits they stay 0."""
    others = tf.zeros_like(varying) if from_logits else (1 - varying) / (classes - 1)
    return tf.stack([varying, *[others] * (classes - 1)], axis=1)


def loss_curve(
    name: str,
    target: float,
    lo: float,
    hi: float,
    points: int = 301,
    from_logits: bool = False,
    classes: int = 3,
    **parameters: Value,
) -> LossCurve:
    """The loss of one sample against its prediction, and its slope by automatic differentiation, in float64.

    `points` predictions run from `lo` to `hi`; a single one sits at `lo`. Most losses compare numbers: the
    prediction itself varies. A loss of whole distributions (`LOSSES[name].vector`) needs a path through them: the
    prediction is (p, (1 − p)/(K − 1), …) with K = `classes`, or with `from_logits` the scores (z, 0, …); the target is
    (t, (1 − t)/(K − 1), …) with t = `target`, which must be 1 (the first class is right) where the loss takes a class
    number. Raises ValueError for lo > hi, numbers beyond ±10⁶ and unknown names.
    """
    entry = LOSSES[_rules.choice("name", name, LOSSES)]
    function = entry.bind(from_logits, parameters)
    count = _rules.integer("points", points, 1, LONGEST_CURVE)
    classes = _rules.integer("classes", classes, 2, MOST_CLASSES)
    target, lo, hi = (
        _rules.number(key, value, -LARGEST, LARGEST) for key, value in (("target", target), ("lo", lo), ("hi", hi))
    )
    if not (lo < hi or (count == 1 and lo == hi)):
        raise ValueError(f"lo must be below hi = {hi:g}, not {lo:g}")
    if entry.vector and not 0 <= target <= 1:
        raise ValueError(f"target must be a share from 0 to 1 for {name}, not {target:g}")
    if entry.labels and target != 1:
        raise ValueError(f"target must be 1 for {name}, whose target is a class and cannot be shared, not {target:g}")
    axis = np.linspace(lo, hi, count)
    fixed = tf.fill([count], tf.constant(target, tf.float64))
    if entry.labels:
        targets = tf.zeros_like(fixed)
    else:
        targets = _first_class(fixed, classes, False) if entry.vector else fixed[:, None]

    def cost(varying: Any) -> Any:
        rows = _first_class(varying, classes, from_logits) if entry.vector else varying[:, None]
        return function(targets, rows)

    loss, slope = (tensor.numpy() for tensor in value_and_slope(cost, tf.constant(axis)))
    return LossCurve(*(_rules.read_only(array) for array in (axis, loss, slope)))


# ---- worked examples ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """A worked example: a loss with its targets and predictions, one row per sample."""

    loss: str
    y_true: tuple[tuple[float, ...], ...]
    y_pred: tuple[tuple[float, ...], ...]


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        "Three classes": Example(
            "categorical_crossentropy", ((0, 1, 0), (0, 0, 1)), ((0.05, 0.95, 0), (0.1, 0.8, 0.1))
        ),
        "The same, sparse": Example(
            "sparse_categorical_crossentropy", ((1,), (2,)), ((0.05, 0.95, 0), (0.1, 0.8, 0.1))
        ),
        "Yes or no": Example("binary_crossentropy", ((0,), (1,)), ((0.4,), (0.6,))),
        "Absolute": Example("mean_absolute_error", ((0,), (0,)), ((1,), (1,))),
        "Squared": Example("mean_squared_error", ((0,), (1,)), ((1,), (1,))),
        "Huber": Example("huber", ((0,), (1,)), ((0.6,), (0.4,))),
    }
)
