"""Initializers: real Keras samples beside the distribution that theory promises."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nnviz import _rules
from nnviz._rules import Array
from nnviz.parameters import Parameter, Value, resolve

LARGEST_FAN = 2_048
LARGEST_SEED = 2**31 - 1
MOST_BINS = 500
TRUNCATED_STD = 0.87962566103423978  # std of a standard normal cut off at ±2, by which Keras divides
_POINTS = 241  # of a theoretical density


@dataclass(frozen=True)
class Law:
    """The distribution of one weight: its kind, its mean and its standard deviation.

    `kind`: normal, truncated_normal (cut off at two standard deviations of the parent normal), uniform,
    orthogonal (an entry of a random orthonormal matrix, `dimension` = its longer side) or atoms, point masses at
    `values`.
    """

    kind: str
    mean: float = 0.0
    std: float = 0.0
    dimension: int = 0
    values: tuple[float, ...] = ()

    @property
    def is_atomic(self) -> bool:
        """Whether all mass sits at single points, as it does for any law without spread."""
        return self.kind == "atoms" or self.std == 0

    @property
    def atoms(self) -> tuple[float, ...]:
        return self.values or (self.mean,)

    def density(self, x: Array) -> Array:
        """Probability density at x; infinite at an atom."""
        if self.is_atomic:
            return np.where(np.isin(x, self.atoms), np.inf, 0.0)
        z = (x - self.mean) / self.std
        if self.kind == "normal":
            bell: Array = np.exp(-(z**2) / 2) / (self.std * math.sqrt(2 * math.pi))
            return bell
        if self.kind == "truncated_normal":
            z = z * TRUNCATED_STD
            inside = math.erf(2 / math.sqrt(2))
            cut = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * TRUNCATED_STD / (self.std * inside)
            return np.where(np.abs(z) <= 2 * (1 + 1e-12), cut, 0.0)
        if self.kind == "uniform":
            return np.where(np.abs(z) <= math.sqrt(3) * (1 + 1e-12), 1 / (2 * math.sqrt(3) * self.std), 0.0)
        # orthogonal: one coordinate u of a random unit vector in n dimensions, density ∝ (1 − u²)^((n − 3)/2)
        n, gain = self.dimension, self.std * math.sqrt(self.dimension)
        scale = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / (math.sqrt(math.pi) * gain)
        arc: Array = scale * np.maximum(1e-12, 1 - (x / gain) ** 2) ** ((n - 3) / 2)
        return arc

    def support(self) -> Array:
        """Points at which to draw the density: its whole range, or four standard deviations of a normal."""
        if self.is_atomic:
            return np.array(self.atoms)
        if self.kind == "orthogonal":
            edge = min(5 * self.std, self.std * math.sqrt(self.dimension) * (1 - 1e-9))
            return np.linspace(-edge, edge, _POINTS)
        reach = {"normal": 4.0, "truncated_normal": 2 / TRUNCATED_STD, "uniform": math.sqrt(3)}[self.kind]
        return self.mean + np.linspace(-reach, reach, _POINTS) * self.std


@dataclass(frozen=True)
class Initializer:
    """One initializer: the Keras class, its parameters, and the law of its weights given fan-in and fan-out."""

    name: str
    label: str
    make: Callable[..., Any]
    law: Callable[..., Law]
    formula: str
    insight: str
    source: str
    url: str
    parameters: tuple[Parameter, ...] = ()

    def sample(self, fan_in: int, fan_out: int, seed: int, values: Mapping[str, Value], dtype: str = "float32") -> Any:
        """A kernel of shape (fan_in, fan_out), drawn by Keras with this seed."""
        return self.make(seed=seed, **values)((fan_in, fan_out), dtype=dtype)


@dataclass(frozen=True)
class WeightHistogram:
    """A histogram of sampled weights and the theory over it.

    `edges` (bins + 1,) and `density` (bins,), which integrates to 1; `theory_x` and `theory_density` the
    theoretical density (infinite at the atoms of zeros, ones, constant and identity); `mean` and `std` of the
    sample, `theory_std` of the distribution.
    """

    edges: Array
    density: Array
    theory_x: Array
    theory_density: Array
    mean: float
    std: float
    theory_std: float


def _seedless(make: Callable[..., Any]) -> Callable[..., Any]:
    return lambda seed, **values: make(**values)


def _scaled(scale: float, mode: str, distribution: str, fan_in: int, fan_out: int) -> Law:
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    kind = {"untruncated_normal": "normal"}.get(distribution, distribution)
    return Law(kind, std=math.sqrt(scale / fan))


def _standard_uniform(seed: int) -> Any:
    return keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform", seed=seed)


def _fan_law(scale: float, mode: str, distribution: str) -> Callable[..., Law]:
    return lambda fan_in, fan_out: _scaled(scale, mode, distribution, fan_in, fan_out)


def _orthogonal_law(fan_in: int, fan_out: int, gain: float) -> Law:
    longer = max(fan_in, fan_out)
    if longer == 1:
        return Law("atoms", std=gain, values=(-gain, gain))
    return Law("orthogonal", std=gain / math.sqrt(longer), dimension=longer)


def _identity_law(fan_in: int, fan_out: int, gain: float) -> Law:
    ones = 1 / max(fan_in, fan_out)
    return Law("atoms", gain * ones, abs(gain) * math.sqrt(ones * (1 - ones)), values=(0.0, gain))


_STD: Any = {"low": 0.0, "high": 2.0, "step": 0.01, "minimum": 0.0, "maximum": 1e3}
_GAIN: Any = {"low": 0.0, "high": 2.0, "step": 0.05, "minimum": 0.0, "maximum": 1e3}
_GLOROT = ("Glorot & Bengio 2010", "https://proceedings.mlr.press/v9/glorot10a.html")
_HE = ("He et al. 2015", "https://arxiv.org/abs/1502.01852")
_LECUN = ("LeCun et al. 1998, Efficient BackProp", "https://doi.org/10.1007/3-540-49430-8_2")
_KERAS = ("Keras documentation", "https://keras.io/api/layers/initializers/")
_STANDARD = ("Glorot & Bengio 2010, equation 1", _GLOROT[1])
_in = keras.initializers

_ENTRIES = (
    Initializer(
        "random_normal",
        "Small random normal",
        _in.RandomNormal,
        lambda fan_in, fan_out, stddev: Law("normal", std=stddev),
        r"w \sim \mathcal N(0, s^2)",
        "One spread for every layer, whatever its width: too small and signals die out, too large and units saturate.",
        *_KERAS,
        (Parameter("stddev", 0.05, "standard deviation s of the weights", **_STD),),
    ),
    Initializer(
        "random_uniform",
        "Small random uniform",
        lambda seed, limit: _in.RandomUniform(-limit, limit, seed=seed),
        lambda fan_in, fan_out, limit: Law("uniform", std=limit / math.sqrt(3)),
        r"w \sim \mathcal U(-r, r)",
        "As the small normal, with a hard limit r on the size of a weight.",
        *_KERAS,
        (Parameter("limit", 0.05, "largest size r of a weight", **_STD),),
    ),
    Initializer(
        "truncated_normal",
        "Truncated normal",
        _in.TruncatedNormal,
        lambda fan_in, fan_out, stddev: Law("truncated_normal", std=stddev * TRUNCATED_STD),
        r"w \sim \mathcal N(0, s^2) \text{ cut off at } \pm 2s",
        "A normal without outliers; the cut shrinks the spread to 0.88 s.",
        *_KERAS,
        (Parameter("stddev", 0.05, "standard deviation s before the cut", **_STD),),
    ),
    Initializer(
        "standard_uniform",
        "“Standard” uniform, U(±1/√n_in)",
        _standard_uniform,
        _fan_law(1 / 3, "fan_in", "uniform"),
        r"w \sim \mathcal U\left(-\tfrac{1}{\sqrt{n_{in}}}, \tfrac{1}{\sqrt{n_{in}}}\right)",
        "The old rule of thumb: its variance 1/(3 n_in) is three times too small, so signals shrink layer by layer.",
        *_STANDARD,
    ),
    Initializer(
        "glorot_normal",
        "Glorot (Xavier) normal, 2/(n_in + n_out)",
        _in.GlorotNormal,
        _fan_law(1.0, "fan_avg", "truncated_normal"),
        r"\mathrm{Var}(w) = \frac{2}{n_{in} + n_{out}}",
        "A compromise that keeps both activations and gradients at their size, for tanh-like units.",
        *_GLOROT,
    ),
    Initializer(
        "glorot_uniform",
        "Glorot (Xavier) uniform, 2/(n_in + n_out)",
        _in.GlorotUniform,
        _fan_law(1.0, "fan_avg", "uniform"),
        r"w \sim \mathcal U(-r, r),\; r = \sqrt{\frac{6}{n_{in} + n_{out}}}",
        "Keras' default for Dense layers; the same variance as Glorot normal.",
        *_GLOROT,
    ),
    Initializer(
        "he_normal",
        "He (Kaiming) normal, 2/n_in",
        _in.HeNormal,
        _fan_law(2.0, "fan_in", "truncated_normal"),
        r"\mathrm{Var}(w) = \frac{2}{n_{in}}",
        "Twice LeCun's variance, because a ReLU lets only half of the signal's power through.",
        *_HE,
    ),
    Initializer(
        "he_uniform",
        "He (Kaiming) uniform, 2/n_in",
        _in.HeUniform,
        _fan_law(2.0, "fan_in", "uniform"),
        r"w \sim \mathcal U(-r, r),\; r = \sqrt{\frac{6}{n_{in}}}",
        "The same variance as He normal, with bounded weights.",
        *_HE,
    ),
    Initializer(
        "lecun_normal",
        "LeCun normal, 1/n_in",
        _in.LecunNormal,
        _fan_law(1.0, "fan_in", "truncated_normal"),
        r"\mathrm{Var}(w) = \frac{1}{n_{in}}",
        "Keeps the variance of a linear layer's output equal to its input's; the partner of SELU.",
        *_LECUN,
    ),
    Initializer(
        "lecun_uniform",
        "LeCun uniform, 1/n_in",
        _in.LecunUniform,
        _fan_law(1.0, "fan_in", "uniform"),
        r"w \sim \mathcal U(-r, r),\; r = \sqrt{\frac{3}{n_{in}}}",
        "The same variance as LeCun normal, with bounded weights.",
        *_LECUN,
    ),
    Initializer(
        "orthogonal",
        "Orthogonal",
        _in.Orthogonal,
        _orthogonal_law,
        r"W^\top W = g^2 I",
        "A random rotation: it keeps the length of every vector, not only on average.",
        "Saxe, McClelland & Ganguli 2014",
        "https://arxiv.org/abs/1312.6120",
        (Parameter("gain", 1.0, "factor g on the rotation", **{**_GAIN, "low": 0.05, "minimum": 1e-6}),),
    ),
    Initializer(
        "variance_scaling",
        "Variance scaling",
        _in.VarianceScaling,
        lambda fan_in, fan_out, scale, mode, distribution: _scaled(scale, mode, distribution, fan_in, fan_out),
        r"\mathrm{Var}(w) = \frac{s}{n}",
        "The family behind Glorot, He and LeCun: choose the scale s, the fan n and the shape yourself.",
        *_HE,
        (
            Parameter("scale", 1.0, "numerator s of the variance", 0.1, 4.0, 0.1, 1e-6, 1e6),
            Parameter("mode", "fan_in", "which fan n divides", choices=("fan_in", "fan_out", "fan_avg")),
            Parameter(
                "distribution",
                "truncated_normal",
                "shape of the distribution",
                choices=("truncated_normal", "untruncated_normal", "uniform"),
            ),
        ),
    ),
    Initializer(
        "zeros",
        "Zeros",
        _seedless(_in.Zeros),
        lambda fan_in, fan_out: Law("atoms", values=(0.0,)),
        r"w = 0",
        "Every unit computes the same and learns the same: the symmetry is never broken.",
        *_KERAS,
    ),
    Initializer(
        "ones",
        "Ones",
        _seedless(_in.Ones),
        lambda fan_in, fan_out: Law("atoms", 1.0, values=(1.0,)),
        r"w = 1",
        "As symmetric as zeros, and every pre-activation grows to the sum of all inputs.",
        *_KERAS,
    ),
    Initializer(
        "constant",
        "Constant",
        _seedless(_in.Constant),
        lambda fan_in, fan_out, value: Law("atoms", value, values=(value,)),
        r"w = c",
        "Any constant keeps all units of a layer identical for ever.",
        *_KERAS,
        (Parameter("value", 0.1, "the constant c", -1.0, 1.0, 0.05, -1e3, 1e3),),
    ),
    Initializer(
        "identity",
        "Identity",
        _seedless(_in.Identity),
        _identity_law,
        r"W = g\,I",
        "Hands the input through unchanged: very deep linear and ReLU stacks start as no network at all.",
        "Le, Jaitly & Hinton 2015",
        "https://arxiv.org/abs/1504.00941",
        (Parameter("gain", 1.0, "factor g on the diagonal", **_GAIN),),
    ),
)
INITIALIZERS: Mapping[str, Initializer] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def check_initializer(name: str, parameters: Mapping[str, Any]) -> tuple[Initializer, dict[str, Value]]:
    """The registry's entry and its checked parameters; ValueError otherwise."""
    entry = INITIALIZERS[_rules.choice("initializer", name, INITIALIZERS)]
    return entry, resolve(name, entry.parameters, parameters)


def weight_histogram(
    name: str, fan_in: int, fan_out: int, seed: int = 0, bins: int = 60, **parameters: Value
) -> WeightHistogram:
    """A histogram of one fan_in × fan_out kernel drawn by Keras, with the theoretical density.

    `name`: an entry of `INITIALIZERS`; `fan_in` and `fan_out` from 1 to 2,048; the same `seed` draws the same
    kernel; `parameters`: the entry's own, such as `stddev`. Raises ValueError for anything else.
    """
    entry, values = check_initializer(name, parameters)
    fan_in, fan_out = (_rules.integer(n, f, 1, LARGEST_FAN) for n, f in (("fan_in", fan_in), ("fan_out", fan_out)))
    seed = _rules.integer("seed", seed, 0, LARGEST_SEED)
    bins = _rules.integer("bins", bins, 1, MOST_BINS)
    sample: NDArray[np.float32] = np.asarray(entry.sample(fan_in, fan_out, seed, values))
    law = entry.law(fan_in, fan_out, **values)
    low, high = float(sample.min()), float(sample.max())
    if high - low < 1e-12:  # all weights are equal: one bin in the middle of a readable width
        low, high = low - 0.5, high + 0.5
    density, edges = np.histogram(sample.astype(np.float64), bins=bins, range=(low, high), density=True)
    x = law.support()
    return WeightHistogram(
        _rules.read_only(edges),
        _rules.read_only(density),
        _rules.read_only(x),
        _rules.read_only(law.density(x)),
        float(sample.mean(dtype=np.float64)),
        float(sample.std(dtype=np.float64)),
        law.std,
    )
