"""Identities of sigmoid and tanh, checked on the numbers that Keras computes: both sides and what is left between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._rules import Array
from nnviz.activations import value_and_slope

DTYPES = ("float64", "float32", "float16")
MOST_POINTS = 20_001
_GAUSS = np.polynomial.legendre.leggauss(5)  # nodes per cell: exact up to degree 9, far below rounding on a fine grid

Side = Callable[[Any], Any]
_sigmoid, _tanh, _softplus = keras.ops.sigmoid, keras.ops.tanh, keras.ops.softplus


@dataclass(frozen=True)
class Identity:
    """left(a) = right(a) for every a; both are functions of a tensor of shape (n,)."""

    name: str
    formula: str
    left: Side
    right: Side
    insight: str
    plain: str  # the formula without LaTeX, for a legend


@dataclass(frozen=True)
class IdentityCheck:
    """Both sides of an identity at the points `x`, and `error` = |left − right|; shape (n,) each, float64.

    `largest` is the largest error and `where` the point at which it occurs.
    """

    x: Array
    left: Array
    right: Array
    error: Array
    largest: float
    where: float


def _slope(function: Side) -> Side:
    return lambda a: value_and_slope(function, a)[1]


def _integral(a: Any) -> Any:
    """∫ σ(t) dt from the first point to each point, Gauss-Legendre cell by cell, in the precision of a."""
    nodes, weights = (tf.constant(values, a.dtype) for values in _GAUSS)
    half = (a[1:] - a[:-1]) / 2
    inside = (a[1:] + a[:-1])[:, None] / 2 + half[:, None] * nodes
    cells = half * tf.linalg.matvec(_sigmoid(inside), weights)
    return tf.concat([tf.zeros(1, a.dtype), tf.cumsum(cells)], axis=0)


_ENTRIES = (
    Identity(
        "symmetry of σ",
        r"\sigma(-a) = 1 - \sigma(a)",
        lambda a: _sigmoid(-a),
        lambda a: 1 - _sigmoid(a),
        "The two classes of a sigmoid unit share one probability: turning the sign around swaps them.",
        "σ(−a) = 1 − σ(a)",
    ),
    Identity(
        "slope of σ",
        r"\sigma'(a) = \sigma(a)\,(1 - \sigma(a))",
        _slope(_sigmoid),
        lambda a: _sigmoid(a) * (1 - _sigmoid(a)),
        "The backward pass needs only the output of the forward pass, and TensorFlow computes it by this very formula.",
        "σ′ = σ(1 − σ)",
    ),
    Identity(
        "tanh from σ",
        r"\tanh(a) = 2\,\sigma(2a) - 1",
        _tanh,
        lambda a: 2 * _sigmoid(2 * a) - 1,
        "tanh is a sigmoid, twice as steep and stretched to (−1, 1): a network with one can imitate the other.",
        "tanh a = 2σ(2a) − 1",
    ),
    Identity(
        "slope of tanh",
        r"\tanh'(a) = 1 - \tanh^2(a)",
        _slope(_tanh),
        lambda a: 1 - _tanh(a) ** 2,
        "Again the output is enough for the slope, and at the origin it is 1 instead of ¼.",
        "tanh′ = 1 − tanh²",
    ),
    Identity(
        "integral of σ",
        r"\int_{a_0}^{a} \sigma(t)\,dt = \mathrm{softplus}(a) - \mathrm{softplus}(a_0)",
        _integral,
        lambda a: _softplus(a) - _softplus(a[0]),
        "Softplus, the smooth ReLU, is the area under the sigmoid; ReLU is the area under the step.",
        "∫σ = softplus",
    ),
)
IDENTITIES: Mapping[str, Identity] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def check_identity(name: str, x: ArrayLike | None = None, dtype: str = "float64") -> IdentityCheck:
    """Both sides of an identity, computed by Keras in the precision `dtype`, slopes by automatic differentiation.

    `name`: an entry of `IDENTITIES`; `x`: 2 to 20,001 rising points, by default 801 from −10 to 10. The error is
    taken in float64: what is left is the rounding of `dtype`, about 1e-16, 1e-7 or 1e-3. Raises ValueError for an
    unknown name or dtype and for points that do not rise.
    """
    entry = IDENTITIES[_rules.choice("identity", name, IDENTITIES)]
    kind = _rules.choice("dtype", dtype, DTYPES)
    points = np.linspace(-10, 10, 801) if x is None else _rules.vector("x", x, 2, MOST_POINTS)
    if not (np.diff(points) > 0).all():
        raise ValueError("x must rise from point to point, because one identity integrates along it, not fall or stay")
    a = tf.constant(points, kind)
    left, right = (side(a).numpy().astype(np.float64) for side in (entry.left, entry.right))
    error = np.abs(left - right)
    worst = int(error.argmax())
    return IdentityCheck(
        x=_rules.read_only(points),
        left=_rules.read_only(left),
        right=_rules.read_only(right),
        error=_rules.read_only(error),
        largest=float(error[worst]),
        where=float(points[worst]),
    )
