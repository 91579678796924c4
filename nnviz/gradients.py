"""Gradient flow: how much of ∂C/∂W reaches each layer of a deep network, and the same on a chain of neurons."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._rules import Array
from nnviz.activations import activation_curve, curve_at, elementwise, intervals, value_and_slope
from nnviz.losses import LOSSES
from nnviz.networks import DEEPEST, NetworkSpec, draw_weights, load_batch
from nnviz.parameters import Value, resolve

_SQUARABLE = 1e12  # beyond this, values are scaled before they are squared: float32 ends at 1e38
BINS = 60  # of the histograms of z and a
DECADES = np.linspace(-120.0, 20.0, 281)  # edges of log₁₀ |∂C/∂w|: half a decade each, the same for every network
_ENGINES = 64  # compiled engines kept: one per activation, parameters and dtype


@dataclass(frozen=True)
class LayerGradients:
    """What one backward pass does to each dense layer; every array has one entry per layer, output last.

    `weight_norm` ‖∂C/∂W‖ (Frobenius) and `bias_norm` ‖∂C/∂b‖ of the gradient of the mean loss over the batch;
    `mean_abs` the mean of |∂C/∂w| over the layer's weights; `z_mean`, `z_std` of the pre-activations and `a_mean`,
    `a_std` of the activations; `slope_rms` the root mean square of φ′(z), the factor by which the activation alone
    scales a gradient that crosses the layer; `saturated` the share of pre-activations with |φ′(z)| below the spec's
    threshold;
    `dead` the share of units with φ′(z) = 0 for every sample of the batch; `finite` the share of pre-activations
    that are neither inf nor nan; `underflow` the share of weight gradients that are exactly 0.

    Histograms, one row per layer, are shares of that layer's values: `gradient_share` over `DECADES` of |∂C/∂w|
    (values of exactly 0 are in `underflow` instead), `z_share` over `z_edges`, `a_share` over `a_edges` (inf and
    nan are in no bin). `loss` is the mean loss of the batch.
    """

    spec: NetworkSpec
    loss: float
    weight_norm: Array
    bias_norm: Array
    mean_abs: Array
    z_mean: Array
    z_std: Array
    a_mean: Array
    a_std: Array
    slope_rms: Array
    saturated: Array
    dead: Array
    finite: Array
    underflow: Array
    gradient_share: Array
    z_edges: Array
    z_share: Array
    a_edges: Array
    a_share: Array

    @property
    def decades(self) -> float:
        """log₁₀ of ‖∂C/∂b‖ of the last hidden layer over the first: how many powers of ten were lost on the way.

        The biases' norms are compared because all hidden layers have equally many biases; the first kernel has
        another shape than the others. Infinite when nothing arrives, nan when either norm is not finite.
        """
        first, last = float(self.bias_norm[0]), float(self.bias_norm[self.spec.depth - 1])
        if not (math.isfinite(first) and math.isfinite(last)) or last == 0:
            return math.nan
        return math.log10(last) - math.log10(first) if first else math.inf

    @property
    def kept_per_layer(self) -> float:
        """Geometric mean of the share of ‖∂C/∂b‖ that each hidden layer passes on towards the input."""
        with np.errstate(over="ignore"):
            return float(np.float64(10.0) ** (-self.decades / max(1, self.spec.depth - 1)))


@dataclass(frozen=True)
class NeuronChain:
    """A chain of single neurons, z_l = w_l·a_(l−1) + b_l and a_l = φ(z_l): every array has shape (layers,).

    `slopes` φ′(z_l); `factors` w_l·φ′(z_l), by which a gradient shrinks or grows when it crosses layer l; `products`
    the product of factors l … L, which is ∂a_L/∂a_(l−1); `product` that of all, ∂a_L/∂x.
    """

    weights: Array
    z: Array
    a: Array
    slopes: Array
    factors: Array
    products: Array

    @property
    def product(self) -> float:
        return float(self.products[0])


class _Compiled:
    """A TensorFlow function for every shape that is computed without a graph the first time it is asked.

    Tracing takes longer than one picture: who looks once should not wait for it, who moves a slider should not
    pay the dispatch of each operation again and again.
    """

    def __init__(self, function: Callable[..., Any], signature: list[Any]) -> None:
        self._eager = function
        self._graph = tf.function(function, input_signature=signature, autograph=False)
        self._used = False

    def __call__(self, *arguments: Any) -> Any:
        run, self._used = (self._graph if self._used else self._eager), True
        return run(*arguments)


class _Engine:
    """Forward and backward pass through the hidden layers for one activation and dtype, for every shape.

    Depth is the length of a loop inside the graph and all shapes are dynamic: moving a slider never traces again.
    """

    def __init__(self, activation: str, parameters: tuple[tuple[str, Value], ...], dtype: str) -> None:
        self._phi = elementwise(activation).bind(dict(parameters))
        self._dtype = dtype
        matrix, vector, stack = (tf.TensorSpec((None,) * rank, dtype) for rank in (2, 1, 3))
        self.forward = _Compiled(self._forward, [matrix, matrix, vector, stack, matrix])
        self.backward = _Compiled(self._backward, [matrix, matrix, stack, stack, stack, matrix])

    def _forward(self, x: Any, first: Any, first_bias: Any, hidden: Any, hidden_bias: Any) -> tuple[Any, Any, Any]:
        """z, a and φ′(z), each of shape (layers, batch, width)."""
        count = tf.shape(hidden)[0]
        kernels, biases = (tf.TensorArray(self._dtype, count).unstack(values) for values in (hidden, hidden_bias))
        z = tf.matmul(x, first) + first_bias
        zs = tf.TensorArray(self._dtype, count + 1, clear_after_read=False).write(0, z)

        def step(i: Any, a: Any, zs: Any) -> tuple[Any, Any]:
            z = tf.matmul(a, kernels.read(i)) + biases.read(i)
            return self._phi(z), zs.write(i + 1, z)

        _, zs = _loop(count, step, [self._phi(z), zs], [tf.TensorShape((None, None)), tf.TensorShape(None)])
        z = zs.stack()
        return z, *value_and_slope(self._phi, z)

    def _backward(self, x: Any, first: Any, hidden: Any, a: Any, slope: Any, error: Any) -> tuple[Any, Any, Any]:
        """∂C/∂W of the first and of the other hidden layers, ∂C/∂b of all; `error` is ∂C/∂a of the last."""
        count = tf.shape(hidden)[0]
        kernels, inputs, slopes = (
            tf.TensorArray(self._dtype, size).unstack(values)
            for values, size in ((hidden, count), (a, count + 1), (slope, count + 1))
        )
        # the blank in place 0 gives the stack a shape when there is no other hidden layer
        blank = tf.zeros(tf.repeat(tf.shape(first)[1], 2), self._dtype)
        found = tf.TensorArray(self._dtype, count + 1).write(0, blank), tf.TensorArray(self._dtype, count + 1)

        def step(i: Any, error: Any, kernel_gradients: Any, bias_gradients: Any) -> tuple[Any, Any, Any]:
            at = count - 1 - i
            error, kernel, bias = _pull(inputs.read(at), kernels.read(at), error * slopes.read(at + 1))
            return error, kernel_gradients.write(at + 1, kernel), bias_gradients.write(at + 1, bias)

        loose = tf.TensorShape(None)
        error, kernel_gradients, bias_gradients = _loop(
            count, step, [error, *found], [tf.TensorShape((None, None)), loose, loose]
        )
        _, kernel, bias = _pull(x, first, error * slopes.read(0))
        return kernel, kernel_gradients.stack()[1:], bias_gradients.write(0, bias).stack()


_engine = lru_cache(maxsize=_ENGINES)(_Engine)


def _loop(count: Any, body: Callable[..., Any], state: list[Any], shapes: list[Any]) -> list[Any]:
    counted = tf.while_loop(
        lambda step, *_: step < count,
        lambda step, *held: (step + 1, *body(step, *held)),
        (tf.constant(0), *state),
        shape_invariants=(tf.TensorShape([]), *shapes),
        parallel_iterations=32,
    )
    return list(counted[1:])


def _pull(a: Any, kernel: Any, error: Any) -> tuple[Any, Any, Any]:
    """∂C/∂a, ∂C/∂W and ∂C/∂b of z = aW + b, given `error` = ∂C/∂z, by automatic differentiation."""
    bias = tf.zeros_like(kernel[0])
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([a, kernel, bias])
        z = tf.matmul(a, kernel) + bias
    pulled: tuple[Any, Any, Any] = tape.gradient(z, (a, kernel, bias), error)
    return pulled


@lru_cache(maxsize=_ENGINES)
def _output_layer(loss: str, output: str, dtype: str) -> _Compiled:
    """Function of a, kernel, bias and targets: ∂C/∂a, ∂C/∂W, ∂C/∂b, the layer's z, a and ∂aₖ/∂zₖ, and C."""
    entry, unit = LOSSES[loss], keras.activations.get(output)
    matrix, vector = (tf.TensorSpec((None,) * rank, dtype) for rank in (2, 1))

    def compute(a: Any, kernel: Any, bias: Any, targets: Any) -> tuple[Any, ...]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([a, kernel, bias])
            logits = tf.matmul(a, kernel) + bias
            cost = tf.reduce_mean(entry.per_sample(targets, logits, output))
        values, slope = value_and_slope(unit, logits)
        if output == "softmax":  # its slope is the diagonal of a Jacobian
            slope = values * (1 - values)
        return *tape.gradient(cost, [a, kernel, bias]), logits, values, slope, cost

    return _Compiled(compute, [matrix, matrix, vector, matrix])


def _view(tensor: Any) -> Array:
    """The tensor's own memory as numpy, without a copy; float16, which numpy computes slowly, as float32."""
    array: Array = np.asarray(memoryview(tensor))
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _moments(values: Array) -> tuple[float, float]:
    """Mean and standard deviation, nan if any value is not finite; an exploding float32 layer keeps its numbers."""
    flat = values.reshape(-1)
    largest = float(np.abs(flat).max())
    if not math.isfinite(largest):
        return math.nan, math.nan
    unit = largest if largest > _SQUARABLE else 1.0
    if unit > 1:
        flat = flat / np.float64(unit)
    mean = flat.mean(dtype=np.float64)
    centred = flat - mean.astype(flat.dtype)
    return unit * float(mean), unit * math.sqrt(float(np.vdot(centred, centred)) / flat.size)


def _root_mean_square(values: Array) -> float:
    largest = float(np.abs(values).max())
    return _norm(values, largest) / math.sqrt(values.size)


def _describe(spec: NetworkSpec, layers: list[tuple[Array, Array, Array]]) -> dict[str, Any]:
    """Statistics of each layer's z, a and φ′(z), arrays of shape (batch, units)."""
    rows = [
        (
            *_moments(z),
            *_moments(a),
            _root_mean_square(slope),
            np.count_nonzero(np.abs(slope) < spec.saturation) / slope.size,
            1 - np.count_nonzero((slope != 0).any(axis=0)) / slope.shape[1],
            np.count_nonzero(np.isfinite(z)) / z.size,
        )
        for z, a, slope in layers
    ]
    names = ("z_mean", "z_std", "a_mean", "a_std", "slope_rms", "saturated", "dead", "finite")
    return dict(zip(names, np.array(rows, np.float64).T, strict=True))


def _norm(values: Array, largest: float) -> float:
    """Euclidean norm, scaled by the largest size first so that squares of tiny gradients do not underflow."""
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(values.reshape(-1) / largest))


def _describe_gradients(kernels: list[Array], biases: list[Array]) -> dict[str, Any]:
    """Norms, mean size, share of exact zeros and histogram of decades of each layer's gradient."""
    per_decade = (len(DECADES) - 1) / (DECADES[-1] - DECADES[0])
    rows, shares = [], []
    for kernel, bias in zip(kernels, biases, strict=True):
        size = np.abs(kernel).reshape(-1)
        largest, zeros = float(size.max()), size.size - np.count_nonzero(size)
        usable = size if math.isfinite(largest) and not zeros else size[(size > 0) & (size < np.inf)]
        place = np.clip((np.log10(usable) - DECADES[0]) * per_decade, 0, len(DECADES) - 2)
        shares.append(np.bincount(place.astype(np.intp), minlength=len(DECADES) - 1) / size.size)
        mean_abs = size.mean(dtype=np.float64)
        rows.append((_norm(size, largest), _norm(bias, float(np.abs(bias).max())), mean_abs, zeros / size.size))
    names = ("weight_norm", "bias_norm", "mean_abs", "underflow")
    return dict(zip(names, np.array(rows, np.float64).T, strict=True)) | {"gradient_share": np.stack(shares)}


def _shares(layers: list[Array]) -> tuple[Array, Array]:
    """Common edges (BINS + 1,) and the share of each layer's values per bin, (layers, BINS), inf and nan in none."""
    sizes = np.array([values.size for values in layers])
    ranges = [(float(values.min()), float(values.max())) for values in layers]
    if not np.isfinite(ranges).all():
        layers = [values[np.isfinite(values)] for values in layers]
        ranges = [(float(values.min()), float(values.max())) for values in layers if values.size] or [(0.0, 0.0)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if not high - low > 1e-6 * max(1.0, abs(low)):
        low, high = low - 0.5, high + 0.5
    unit = max(abs(low), abs(high))
    unit = unit if unit > _SQUARABLE else 1.0  # scaled first: the difference of two huge numbers may overflow
    if unit > 1:
        layers = [values / np.float64(unit) for values in layers]
    low, width = low / unit, (high / unit - low / unit) / BINS
    counts = np.stack(
        [np.bincount(((values.reshape(-1) - low) / width).astype(np.intp), minlength=BINS + 1) for values in layers]
    )
    counts[:, BINS - 1] += counts[:, BINS]  # the largest value sits on the last edge
    return (low + width * np.arange(BINS + 1)) * unit, counts[:, :BINS] / sizes[:, None]


def layer_gradients(spec: NetworkSpec) -> LayerGradients:
    """Forward and backward pass of `spec` on its batch at the start, and what happened in each layer.

    The loss is the mean over the batch; gradients are TensorFlow's automatic differentiation, in the precision
    `spec.dtype` (float32 underflows below about 1e-38: that is a lesson, not an error). What one may conclude: if
    ‖∂C/∂b‖ falls by a constant factor per layer, the first layers learn that much more slowly than the last
    (Nielsen, Neural Networks and Deep Learning, chapter 5).
    """
    if not isinstance(spec, NetworkSpec):
        raise ValueError(f"spec must be a NetworkSpec, not {_rules.quote(spec)}")
    x, targets = load_batch(spec)
    weights = draw_weights(spec)
    engine = _engine(spec.activation, spec.activation_parameters, spec.dtype)
    last_layer = _output_layer(spec.loss, spec.output, spec.dtype)
    z, a, slope = engine.forward(x, *weights.hidden_layers)
    error, last, last_bias, *ends, cost = last_layer(a[-1], weights.last, weights.last_bias, targets)
    first, others, biases = engine.backward(x, weights.first, weights.hidden, a, slope, error)
    layers = [*zip(*map(_view, (z, a, slope)), strict=True), tuple(map(_view, ends))]
    kernels = [_view(first), *_view(others), _view(last)]
    described: dict[str, Any] = _describe(spec, layers)
    described |= _describe_gradients(kernels, [*_view(biases), _view(last_bias)])
    for name, index in (("z", 0), ("a", 1)):
        described[f"{name}_edges"], described[f"{name}_share"] = _shares([layer[index] for layer in layers])
    arrays = {name: _rules.read_only(values) for name, values in described.items()}
    return LayerGradients(spec=spec, loss=float(cost), **arrays)


def neuron_chain(
    weights: ArrayLike, biases: ArrayLike, activation: str = "sigmoid", x: float = 0.5, **parameters: Value
) -> NeuronChain:
    """A chain of single neurons: the factors w·φ′(z) layer by layer and their product.

    ∂a_L/∂x = Π w_l·φ′(z_l), the chain rule with one term per layer (Nielsen, chapter 5). For the sigmoid φ′ ≤ 1/4,
    so |w·σ′(z)| ≥ 1 needs |w| ≥ 4. `weights` and `biases`: shape (layers,), 1 to 101 layers of one neuron;
    `x`: the input. Computed in float64. Raises ValueError for anything else.
    """
    w, b = (_rules.vector(n, v, 1, DEEPEST + 1) for n, v in (("weights", weights), ("biases", biases)))
    if w.size != b.size:
        raise ValueError(f"biases must have one entry per weight, {w.size}, not {b.size}")
    x = _rules.number("x", x, -1e6, 1e6)
    entry = elementwise(activation, "activation")
    engine = _engine(entry.name, tuple(resolve(entry.name, entry.parameters, parameters).items()), "float64")
    line = tf.constant(w[:, None, None]), tf.constant(b[:, None])  # one unit per layer
    found = engine.forward(tf.constant([[x]], tf.float64), line[0][0], line[1][0], line[0][1:], line[1][1:])
    z, a, _ = (tensor.numpy().reshape(-1) for tensor in found)
    slopes = curve_at(entry.bind(parameters), z)[1]
    with np.errstate(over="ignore", invalid="ignore"):  # an exploding chain ends in inf, which is its finding
        factors = w * slopes
        products = np.cumprod(factors[::-1])[::-1]
    return NeuronChain(*(_rules.read_only(values) for values in (w, z, a, slopes, factors, products)))


@dataclass(frozen=True)
class NeuronFactor:
    """`factor` = w·φ′(w·a + b) for every input `a`, shape (n,), and `amplifying`, shape (k, 2): where |factor| ≥ 1."""

    a: Array
    factor: Array
    amplifying: Array


def neuron_factor(
    weight: float, bias: float, activation: str = "sigmoid", a: ArrayLike | None = None, **parameters: Value
) -> NeuronFactor:
    """The factor by which one neuron scales the gradient, for every input a (by default 1,201 from −3 to 3).

    For the sigmoid |w·σ′| ≥ 1 needs |w| ≥ 4, and even then only a narrow interval of inputs does it: at most 0.4477
    wide, at |w| ≈ 6.9 (Nielsen, chapter 5). Raises ValueError for a weight or bias beyond ±1,000.
    """
    weight, bias = (_rules.number(n, v, -1e3, 1e3) for n, v in (("weight", weight), ("bias", bias)))
    inputs = np.linspace(-3, 3, 1_201) if a is None else _rules.vector("a", a, 1, 100_000)
    elementwise(activation, "activation")
    factor = weight * activation_curve(activation, weight * inputs + bias, **parameters).slope
    return NeuronFactor(*map(_rules.read_only, (inputs, factor, intervals(inputs, np.abs(factor) >= 1))))
