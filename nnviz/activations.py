"""Activation functions: their curve, their slope, and what they do to a normal pre-activation."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._activation_catalog import CARDS, Card
from nnviz._rules import Array
from nnviz.expressions import LARGEST_GIVEN, parse_expression
from nnviz.parameters import Parameter, Value, resolve

LONGEST_CURVE = 100_000  # points
_NOT_ACTIVATIONS = {"get", "serialize", "deserialize"}  # Keras' own helpers in the same module
_REACH = 8.0  # standard deviations of z covered by the quadrature; the rest weighs less than 1e-14
_NODES = 20_000  # even, so that no node sits on a kink at the mean
_SIDE = 1e-7  # how far "just left and right" of a point is, relative to its size
_BESIDE = 1e-9
_OWN = 64  # typed functions kept
_TIE = 1e-5  # how far a slope may lie outside its neighbours' before it is an artefact of a tie


@dataclass(frozen=True)
class Activation:
    """One activation function: Keras' function with what there is to say about it.

    `vector` marks a function of the whole vector of scores (softmax); all others act on each number alone.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    formula: str
    insight: str
    source: str
    url: str
    vector: bool = False

    def bind(self, given: Mapping[str, Any]) -> Callable[[Any], Any]:
        """The function of z alone, with checked parameters."""
        values = resolve(self.name, self.parameters, given)
        return lambda z: self.function(z, **values)


@dataclass(frozen=True)
class ActivationCurve:
    """`y` = f(x) and `slope` = f′(x), arrays of the shape of `x` (n,), float64."""

    x: Array
    y: Array
    slope: Array

    def saturated(self, threshold: float) -> Array:
        """Intervals of x, shape (k, 2), in which |f′(x)| < threshold."""
        return intervals(self.x, np.abs(self.slope) < threshold)

    def tangents(self, reach: float) -> Array:
        """The tangent at each point, drawn from x − reach to x + reach: (x₁, y₁, x₂, y₂) per row, shape (n, 4)."""
        rise = self.slope * reach
        return np.stack([self.x - reach, self.y - rise, self.x + reach, self.y + rise], axis=1)


@dataclass(frozen=True)
class ActivationMoments:
    """Mean and variance of f(z), and the mean of f′(z)², for z ~ N(μ, σ²)."""

    mean: float
    variance: float
    slope_square: float


@dataclass(frozen=True)
class VectorActivation:
    """`outputs` = f(scores), shape (m,), and `jacobian` ∂outputs/∂scores, shape (m, n), for scores of shape (n,)."""

    scores: Array
    outputs: Array
    jacobian: Array


def intervals(x: Array, mask: Any) -> Array:
    """First and last x of each run of true in `mask`, shape (k, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]])))
    return _rules.read_only(np.stack([x[edges[::2]], x[edges[1::2] - 1]], axis=1))


def prelu(x: Any, alpha: float = 0.25) -> Any:
    """What `keras.layers.PReLU` computes with its weight at `alpha` (0.25 is the paper's start; Keras starts at 0)."""
    return keras.activations.relu(x) - alpha * keras.activations.relu(-x)


def sparsemax(x: Any) -> Any:
    """The nearest point of the probability simplex to each row of scores x, by Keras operations.

    p = max(x − τ, 0) with τ = (Σ x over the support − 1) / size of the support. `keras.activations.sparsemax` of
    Keras 3.15.1 adds up cumulative sums instead, so its τ is too large as soon as two scores share the probability:
    it turns (1, 1) into (0, 0). Source: Martins & Astudillo 2016, algorithm 1.
    """
    falling = -keras.ops.sort(-x, axis=-1)
    places = keras.ops.cumsum(keras.ops.ones_like(falling), axis=-1)
    support = keras.ops.cast(1 + places * falling > keras.ops.cumsum(falling, axis=-1), x.dtype)
    threshold = keras.ops.sum(falling * support, axis=-1, keepdims=True) - 1
    return keras.ops.relu(x - threshold / keras.ops.sum(support, axis=-1, keepdims=True))


def _parameters(function: Callable[..., Any], card: Card) -> tuple[Parameter, ...]:
    signature = list(inspect.signature(function).parameters.values())[1:]
    knobs = []
    for argument in signature:
        if argument.name == "axis":  # which axis holds the scores; nothing to explore
            continue
        ranges = dict(card.ranges[argument.name])
        default = ranges.pop("default", argument.default)
        knobs.append(Parameter(argument.name, float(default) if type(default) is int else default, **ranges))
    return tuple(knobs)


def _registry() -> tuple[dict[str, Activation], dict[str, str]]:
    """Every public function of keras.activations, and PReLU; a second name of the same function is an alias."""
    functions: dict[str, Callable[..., Any]] = {
        name: function
        for name, function in vars(keras.activations).items()
        if inspect.isfunction(function) and name not in _NOT_ACTIVATIONS
    }
    functions |= {"prelu": prelu, "sparsemax": sparsemax}
    entries: dict[str, Activation] = {}
    aliases: dict[str, str] = {}
    for name in [*CARDS, *sorted(set(functions) - set(CARDS))]:
        function = functions[name]
        twin = next((entry.name for entry in entries.values() if entry.function is function), None)
        if twin:
            aliases[name] = twin
            continue
        card = CARDS[name]
        knobs = _parameters(function, card)
        entries[name] = Activation(
            name, function, knobs, card.formula, card.insight, card.source, card.url, card.vector
        )
    return entries, aliases


_entries, _aliases = _registry()
ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(_entries)
ALIASES: Mapping[str, str] = MappingProxyType(_aliases)
ELEMENTWISE = tuple(name for name, entry in ACTIVATIONS.items() if not entry.vector)
VECTOR = tuple(name for name, entry in ACTIVATIONS.items() if entry.vector)


@lru_cache(maxsize=_OWN)
def _own(text: str) -> Activation:
    """A typed expression as an activation: its one-letter parameters become knobs, its name is its spelling."""
    expression = parse_expression(text)
    knobs = tuple(
        Parameter(
            name=letter,
            default=value,
            meaning=f"parameter {letter} of your function",
            low=min(-5.0, value),
            high=max(5.0, value),
            step=0.05,
            minimum=-LARGEST_GIVEN,
            maximum=LARGEST_GIVEN,
        )
        for letter, value in expression.defaults.items()
    )
    return Activation(
        f"= {expression.text}",
        expression,
        knobs,
        f"f(x) = {expression.latex}",
        "Your own function: read from what you typed, computed by Keras and differentiated automatically.",
        "Keras operations",
        "https://keras.io/api/ops/",
    )


def elementwise(name: str, parameter: str = "name") -> Activation:
    """The registry's entry for `name` (or an alias such as swish), if it acts on each number alone.

    A name that begins with = is a function of your own, such as "= x * tanh(a * x)" (see `expressions.py`).
    """
    if isinstance(name, str) and name.startswith("="):
        return _own(name[1:])
    known = ALIASES.get(name, name) if isinstance(name, str) else ""
    if known in VECTOR:
        raise ValueError(
            f"{parameter} must be a function of one number; {name!r} is a function of a whole vector of scores"
        )
    return ACTIVATIONS[_rules.choice(parameter, known if known in ACTIVATIONS else name, ELEMENTWISE)]


def value_and_slope(function: Callable[[Any], Any], z: Any) -> tuple[Any, Any]:
    """f(z) and f′(z) for a tensor z, by automatic differentiation; a constant stretch has slope 0."""
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = function(z)
    return value, tape.gradient(value, z, unconnected_gradients="zero")


def activation_curve(name: str, x: ArrayLike | None = None, **parameters: Value) -> ActivationCurve:
    """The curve of an activation function and its slope.

    `name`: an entry of `ACTIVATIONS` that acts on each number alone, or a function of your own that begins with =,
    such as "= x * tanh(a * x)". `x`: pre-activations, shape (n,), by default 301 points from −6 to 6. `parameters`:
    the entry's own, such as `negative_slope`. Everything is computed in float64 by Keras, the slope by automatic
    differentiation. Raises ValueError for an unknown name or parameter,
    and for an x that is empty, not finite or longer than 100,000.
    """
    function = elementwise(name).bind(parameters)
    points = np.linspace(-6, 6, 301) if x is None else _rules.vector("x", x, 1, LONGEST_CURVE)
    return ActivationCurve(*map(_rules.read_only, (points, *curve_at(function, points))))


def curve_at(function: Callable[[Any], Any], points: Array) -> tuple[Array, Array]:
    """f and f′ at float64 `points`, shape (n,); at a kink f′ lies between the slopes of the two sides."""
    with np.errstate(invalid="ignore", over="ignore"):  # an overflowing chain asks for f(inf)
        sides = points + _SIDE * np.maximum(1.0, np.abs(points)) * np.array([[0.0], [-1.0], [1.0]])
    values, slopes = (tensor.numpy() for tensor in value_and_slope(function, tf.constant(sides)))
    return values[0], _mend(slopes)


def _mend(slopes: Array) -> Array:
    """The slope at x from its values at x and just left and right of it, shape (3, n).

    Where a formula ties (max(0, z) and min(0, z) in celu, both at z = 0), automatic differentiation can return a
    number that is the slope on neither side: 2 for celu at 0, where both sides have slope 1. The mean of the two
    sides replaces it; a proper value at a kink, such as relu's 0, lies between the sides and stays.
    """
    here, left, right = slopes
    with np.errstate(invalid="ignore", over="ignore"):  # a typed function may overflow: inf and nan stay what they are
        slack = _TIE * (1 + np.abs(left) + np.abs(right))
        proper = (here >= np.minimum(left, right) - slack) & (here <= np.maximum(left, right) + slack)
        mended: Array = np.where(proper, here, (left + right) / 2)
    return mended


@lru_cache(maxsize=1)
def _standard_nodes() -> tuple[Array, Array]:
    z = np.linspace(-_REACH, _REACH, _NODES)
    weight = np.exp(-(z**2) / 2)
    return z, weight / weight.sum()


def activation_moments(name: str, mean: float = 0.0, std: float = 1.0, **parameters: Value) -> ActivationMoments:
    """Mean and variance of f(z) and mean of f′(z)² for z ~ N(mean, std²), by quadrature in float64.

    A mean of 0 is what "zero-centred" means. The quadrature reaches 8σ and is exact to about 1e-6 for continuous
    functions that grow no faster than z, and to 1e-3 where f jumps (hard_shrink, threshold), as a slope does at a
    kink. Raises ValueError for a std that is negative or not finite.
    """
    function = elementwise(name).bind(parameters)
    mean, std = _rules.number("mean", mean, -1e3, 1e3), _rules.number("std", std, 0, 1e3)
    nodes, weight = _standard_nodes()
    y, slope = (values.numpy() for values in value_and_slope(function, tf.constant(mean + std * nodes)))
    with np.errstate(invalid="ignore", over="ignore"):  # moments that do not exist are inf or nan
        average = float(weight @ y)
        return ActivationMoments(average, float(weight @ (y - average) ** 2), float(weight @ slope**2))


def activation_vector(name: str, scores: ArrayLike, **parameters: Value) -> VectorActivation:
    """A function of a whole vector (softmax, log_softmax, sparsemax, glu) and its Jacobian, in float64.

    `scores`: shape (n,), 2 ≤ n ≤ 50; glu needs an even n, because it splits its input in two halves.
    """
    entry = ACTIVATIONS[_rules.choice("name", name, VECTOR)]
    function = entry.bind(parameters)
    z = _rules.vector("scores", scores, 2, 50)
    if name == "glu" and z.size % 2:
        raise ValueError(f"scores must have an even length for glu, which splits them in two halves, not {z.size}")
    outputs, _ = jacobian(function, z)
    # on a kink, where sparsemax sits for many whole numbers, automatic differentiation returns the slope of neither
    # side; a billionth beside it there is one
    _, derivative = jacobian(function, z + _BESIDE * np.arange(z.size))
    return VectorActivation(*(_rules.read_only(values) for values in (z, outputs, derivative)))


def jacobian(function: Callable[[Any], Any], z: Array) -> tuple[Array, Array]:
    """f(z), shape (m,), and ∂f/∂z, shape (m, n): one reverse pass over m copies of z, one per output."""
    outputs = function(tf.constant(z[None]))[0]
    copies = tf.constant(np.repeat(z[None], outputs.shape[0], axis=0))
    with tf.GradientTape() as tape:
        tape.watch(copies)
        rows = function(copies)
    derivative = tape.gradient(rows, copies, output_gradients=tf.eye(rows.shape[0], dtype=rows.dtype))
    return outputs.numpy(), derivative.numpy()
