"""Loss surfaces of one or two weights: what there is to descend, its minima and its curvature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._rules import Array

FARTHEST = 1e6  # a coordinate beyond is no place to start
GRID = 121  # points per axis of a drawn surface
CURVE = 601  # points of a drawn curve
WIDEST = 5.0  # regions side by side that a picture may show

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Surface:
    """One function J of `dimension` weights.

    `function` maps points of shape (…, dimension) to J of shape (…), with TensorFlow operations only. `minima`: every
    minimum within `region` (low and high per coordinate), the lowest first. `start`, and the learning rates to start
    with: `rate` for gradient descent and momentum, `adaptive_rate` for optimizers that divide by the gradient's size.
    `logarithmic`: its values span so many powers of ten that only their logarithm can be drawn.
    """

    name: str
    label: str
    function: Function
    formula: str
    minima: tuple[tuple[float, ...], ...]
    region: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    rate: float
    adaptive_rate: float
    insight: str
    source: str
    url: str
    logarithmic: bool = False

    @property
    def dimension(self) -> int:
        return len(self.region)

    @property
    def lowest(self) -> float:
        """J at the lowest minimum."""
        return float(self.function(tf.constant([self.minima[0]], tf.float64))[0])


@dataclass(frozen=True)
class SurfaceGrid:
    """A surface over its region: `axes`, one array per coordinate, `values` (n,) or (n_y, n_x), and `lowest`, the
    value at its lowest minimum, from which heights are measured."""

    axes: tuple[Array, ...]
    values: Array
    lowest: float


@dataclass(frozen=True)
class Curvature:
    """At `point` (d,): `gradient` (d,), `hessian` (d, d) and its `eigenvalues` (d,) in rising order."""

    point: Array
    gradient: Array
    hessian: Array
    eigenvalues: Array

    @property
    def limit(self) -> float:
        """2/λ_max, the largest learning rate with which gradient descent can settle here; inf if nothing curves up."""
        steepest = float(self.eigenvalues[-1])
        return 2 / steepest if steepest > 0 else float("inf")


def _quadratic(p: Any) -> Any:
    return p[..., 0] ** 2


def _double_well(p: Any) -> Any:
    x = p[..., 0]
    return (x**2 - 1) ** 2 + 0.3 * x


def _ripples(p: Any) -> Any:
    x = p[..., 0]
    return x**2 / 20 + tf.sin(3 * x) / 2


def _plateau(p: Any) -> Any:
    return 1 - tf.exp(-(p[..., 0] ** 2) / 2)


def _bowl(p: Any) -> Any:
    return (p[..., 0] ** 2 + p[..., 1] ** 2) / 2


def _narrow_valley(p: Any) -> Any:
    return (p[..., 0] ** 2 + 100 * p[..., 1] ** 2) / 2


def _rosenbrock(p: Any) -> Any:
    return (1 - p[..., 0]) ** 2 + 100 * (p[..., 1] - p[..., 0] ** 2) ** 2


def _himmelblau(p: Any) -> Any:
    return (p[..., 0] ** 2 + p[..., 1] - 11) ** 2 + (p[..., 0] + p[..., 1] ** 2 - 7) ** 2


def _saddle(p: Any) -> Any:
    return p[..., 0] ** 2 / 2 - p[..., 1] ** 2 / 2 + p[..., 1] ** 4 / 4


_BOOK = "Goodfellow, Bengio & Courville 2016, chapter 4", "https://www.deeplearningbook.org/contents/numerical.html"
_DEEP = "Goodfellow, Bengio & Courville 2016, chapter 8", "https://www.deeplearningbook.org/contents/optimization.html"
_ENTRIES = (
    Surface(
        "quadratic",
        "x²",
        _quadratic,
        r"J(x) = x^2",
        ((0.0,),),
        ((-6.0, 6.0),),
        (5.0,),
        0.1,
        0.5,
        "Every step multiplies x by 1 − 2η: up to η = ½ it slides, above it hops across, beyond η = 1 it flies off.",
        *_BOOK,
    ),
    Surface(
        "double_well",
        "Two valleys",
        _double_well,
        r"J(x) = (x^2 - 1)^2 + 0.3\,x",
        ((-1.0355787140888537,), (0.9601495555191055,)),
        ((-1.8, 1.8),),
        (1.6,),
        0.03,
        0.1,
        "The start decides which valley it ends in, unless momentum carries it over the ridge.",
        *_BOOK,
    ),
    Surface(
        "ripples",
        "Ripples",
        _ripples,
        r"J(x) = \tfrac{x^2}{20} + \tfrac12 \sin 3x",
        (
            (-0.5122140283561128,),
            (1.53658988014775,),
            (-2.5608069380735436,),
            (3.5847518173037196,),
            (-4.608298882423005,),
            (5.631303162965095,),
        ),
        ((-6.0, 6.0),),
        (5.0,),
        0.05,
        0.2,
        "Six local minima in a row: a small learning rate stops in the first, a larger one jumps over some.",
        *_BOOK,
    ),
    Surface(
        "plateau",
        "A hole in a plateau",
        _plateau,
        r"J(x) = 1 - e^{-x^2/2}",
        ((0.0,),),
        ((-5.0, 5.0),),
        (3.2,),
        0.5,
        0.2,
        "Far from the hole the slope is almost 0 and so is every step: dividing by the gradient's size is what helps.",
        *_DEEP,
    ),
    Surface(
        "bowl",
        "Bowl",
        _bowl,
        r"J(x, y) = \tfrac12 (x^2 + y^2)",
        ((0.0, 0.0),),
        ((-4.0, 4.0), (-4.0, 4.0)),
        (-3.0, 2.5),
        0.1,
        0.3,
        "Equally curved in every direction, so the gradient points straight at the minimum.",
        *_BOOK,
    ),
    Surface(
        "narrow_valley",
        "Narrow valley",
        _narrow_valley,
        r"J(x, y) = \tfrac12 (x^2 + 100\,y^2)",
        ((0.0, 0.0),),
        ((-4.0, 4.0), (-1.5, 1.5)),
        (-3.5, 0.8),
        0.018,
        0.3,
        "The steep walls set the largest stable rate, and along the flat floor that rate is slow: the path zigzags.",
        "Goh 2017, Why Momentum Really Works",
        "https://distill.pub/2017/momentum/",
    ),
    Surface(
        "rosenbrock",
        "Rosenbrock's banana",
        _rosenbrock,
        r"J(x, y) = (1 - x)^2 + 100\,(y - x^2)^2",
        ((1.0, 1.0),),
        ((-2.0, 2.0), (-1.0, 3.0)),
        (-1.2, 1.0),
        0.001,
        0.1,
        "Down into the curved valley takes a few steps, along its floor to (1, 1) takes thousands.",
        "Rosenbrock 1960",
        "https://doi.org/10.1093/comjnl/3.3.175",
        logarithmic=True,
    ),
    Surface(
        "himmelblau",
        "Himmelblau",
        _himmelblau,
        r"J(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        (
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        ),
        ((-5.5, 5.5), (-5.5, 5.5)),
        (-0.5, -1.0),
        0.01,
        0.3,
        "Four minima, all of them equally deep: starts close to each other can end far apart.",
        "Himmelblau 1972, Applied Nonlinear Programming",
        "https://en.wikipedia.org/wiki/Himmelblau%27s_function",
        logarithmic=True,
    ),
    Surface(
        "saddle",
        "Saddle",
        _saddle,
        r"J(x, y) = \tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4",
        ((0.0, 1.0), (0.0, -1.0)),
        ((-2.0, 2.0), (-1.8, 1.8)),
        (1.8, 0.01),
        0.15,
        0.1,
        "At (0, 0) the slope is 0 but it is no minimum: descent lingers there, and from y = 0 exactly it never leaves.",
        "Dauphin et al. 2014",
        "https://arxiv.org/abs/1406.2572",
    ),
)
SURFACES: Mapping[str, Surface] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def surface_grid(surface: str, zoom: float = 1.0) -> SurfaceGrid:
    """The surface over its region, or `zoom` (1 to 5) times as far around: 601 points of a curve, or 121 × 121 points.

    Raises ValueError for an unknown name.
    """
    entry = SURFACES[_rules.choice("surface", surface, SURFACES)]
    count = CURVE if entry.dimension == 1 else GRID
    widen = (_rules.number("zoom", zoom, 1, WIDEST) - 1) / 2
    ends = [(low - widen * (high - low), high + widen * (high - low)) for low, high in entry.region]
    axes = [np.linspace(low, high, count) for low, high in ends]
    points = np.stack(np.meshgrid(*axes), axis=-1)
    values = entry.function(tf.constant(points)).numpy()
    return SurfaceGrid(tuple(map(_rules.read_only, axes)), _rules.read_only(values), entry.lowest)


def curvature(surface: str | Function, point: ArrayLike) -> Curvature:
    """Gradient and Hessian at one point by automatic differentiation in float64, and the Hessian's eigenvalues.

    `surface`: a name of `SURFACES`, or any function of points (…, d) made of TensorFlow operations; `point`: shape
    (d,). Near a minimum gradient descent multiplies the error along each eigenvector by 1 − ηλ, so it comes closer
    only if η < 2/λ_max. Raises ValueError for an unknown name or a point that is not finite.
    """
    function = surface if callable(surface) else SURFACES[_rules.choice("surface", surface, SURFACES)].function
    place = _rules.vector("point", np.atleast_1d(np.asarray(point, np.float64)), 1, 100)
    if not callable(surface) and place.size != SURFACES[surface].dimension:
        raise ValueError(f"point must have {SURFACES[surface].dimension} coordinates for {surface}, not {place.size}")
    w = tf.constant(place)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(w)
        with tf.GradientTape() as inner:
            inner.watch(w)
            value = function(w)
        gradient = inner.gradient(value, w, unconnected_gradients="zero")
    hessian = outer.jacobian(gradient, w, unconnected_gradients="zero", experimental_use_pfor=False).numpy()
    return Curvature(*map(_rules.read_only, (place, gradient.numpy(), hessian, np.linalg.eigvalsh(hessian))))
