"""Networks: the description of a dense network, checked, and its weights as Keras draws them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz import _rules
from nnviz.activations import elementwise
from nnviz.datasets import DATASETS, load_dataset
from nnviz.initializers import LARGEST_SEED, TRUNCATED_STD, check_initializer
from nnviz.losses import check_loss
from nnviz.parameters import Value, resolve

DEEPEST, WIDEST, LARGEST_BATCH = 100, 512, 1_024
MOST_ACTIVATIONS = 2**23  # depth × width × batch: 64 MiB per recorded quantity in float64
DTYPES = ("float64", "float32", "float16")
Parameters = Mapping[str, Value] | tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class NetworkSpec:
    """A fully connected network and the batch it sees. Frozen, hashable, checked when made.

    `depth` counts hidden layers (1 to 100), all `width` units wide (1 to 512); the output layer has one unit per
    class of `data`. `activation` and `initializer` are names of the registries, their parameters a mapping or
    pairs; `loss` must fit the `output` unit; `batch` is the number of samples (1 to 1,024, and at most what `data`
    holds); `dtype` the precision of everything; layer l draws its kernel with seed `seed` + l, its biases (normal
    with standard deviation `bias_std`; 0: zeros) likewise. A unit counts as saturated where |φ′(z)| < `saturation`.
    """

    depth: int = 10
    width: int = 30
    activation: str = "sigmoid"
    initializer: str = "glorot_uniform"
    loss: str = "categorical_crossentropy"
    output: str = "softmax"
    data: str = "digits"
    batch: int = 256
    dtype: str = "float64"
    seed: int = 0
    bias_std: float = 0.0
    saturation: float = 0.05
    activation_parameters: Parameters = ()
    initializer_parameters: Parameters = ()

    def __post_init__(self) -> None:
        activation = elementwise(self.activation, "activation")
        given = [_rules.mapping(n, getattr(self, n)) for n in ("activation_parameters", "initializer_parameters")]
        _, drawn = check_initializer(self.initializer, given[1])
        check_loss(self.loss, self.output)
        _rules.choice("data", self.data, DATASETS)
        _rules.choice("dtype", self.dtype, DTYPES)
        checked: dict[str, Any] = {
            "activation": activation.name,
            "activation_parameters": tuple(resolve(activation.name, activation.parameters, given[0]).items()),
            "initializer_parameters": tuple(drawn.items()),
            "depth": _rules.integer("depth", self.depth, 1, DEEPEST),
            "width": _rules.integer("width", self.width, 1, WIDEST),
            "batch": _rules.integer("batch", self.batch, 1, LARGEST_BATCH),
            "seed": _rules.integer("seed", self.seed, 0, LARGEST_SEED - 2 * DEEPEST),
            "bias_std": _rules.number("bias_std", self.bias_std, 0, 1e3),
            "saturation": _rules.number("saturation", self.saturation, 0, 1),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.depth * self.width * self.batch > MOST_ACTIVATIONS:
            raise ValueError(
                f"batch must be at most {MOST_ACTIVATIONS // (self.depth * self.width):,} for depth {self.depth} and "
                f"width {self.width} (depth × width × batch ≤ {MOST_ACTIVATIONS:,}), not {self.batch:,}"
            )

    @property
    def fans(self) -> list[tuple[int, int]]:
        """(fan-in, fan-out) of every dense layer, output last."""
        data = load_dataset(self.data)
        sizes = [data.inputs.shape[1], *[self.width] * self.depth, data.classes]
        return list(pairwise(sizes))


@dataclass(frozen=True)
class Weights:
    """Tensors of a network: first layer, the stack of equal hidden layers behind it, output layer.

    `first` (features, width), `hidden` (depth − 1, width, width), `last` (width, classes), and the biases of each.
    """

    first: Any
    first_bias: Any
    hidden: Any
    hidden_bias: Any
    last: Any
    last_bias: Any

    @property
    def hidden_layers(self) -> tuple[Any, Any, Any, Any]:
        return self.first, self.first_bias, self.hidden, self.hidden_bias


@tf.function(autograph=False, reduce_retracing=True)
def _draw_stack(kind: str, dtype: str, shape: Any, seeds: Any, scale: Any) -> Any:
    """One random matrix per seed: what Keras' initializers draw, without a Python call per layer."""
    draw: Callable[[Any], Any] = {
        "normal": lambda seed: tf.random.stateless_normal(shape, seed, 0.0, scale, dtype),
        "truncated_normal": lambda seed: tf.random.stateless_truncated_normal(shape, seed, 0.0, scale, dtype),
        "uniform": lambda seed: tf.random.stateless_uniform(shape, seed, -scale, scale, dtype),
    }[kind]
    return tf.map_fn(
        lambda seed: draw(tf.stack((seed, 0))),
        seeds,
        parallel_iterations=8,
        fn_output_signature=tf.TensorSpec((None, None), dtype),
    )


def _kernel(spec: NetworkSpec, layer: int) -> Any:
    """The kernel of one layer, drawn by Keras' initializer with seed + layer."""
    entry, values = check_initializer(spec.initializer, dict(spec.initializer_parameters))
    return entry.sample(*spec.fans[layer], spec.seed + layer, values, spec.dtype)


def _hidden_kernels(spec: NetworkSpec) -> Any:
    """The kernels of layers 1 … depth − 1 in one tensor, each as `_kernel` draws it."""
    entry, values = check_initializer(spec.initializer, dict(spec.initializer_parameters))
    law = entry.law(spec.width, spec.width, **values)
    scale = {
        "normal": law.std,
        "truncated_normal": values.get("stddev", law.std / TRUNCATED_STD),
        "uniform": float(np.float32(law.std * np.sqrt(3.0))),  # Keras rounds the limits to float32 in every dtype
    }.get(law.kind)
    shape = (spec.width, spec.width)
    if spec.depth == 1:
        return tf.zeros((0, *shape), spec.dtype)
    if scale is None:
        return tf.stack([_kernel(spec, layer) for layer in range(1, spec.depth)])
    seeds = tf.range(spec.seed + 1, spec.seed + spec.depth, dtype=tf.int32)
    return _draw_stack(law.kind, spec.dtype, tf.constant(shape), seeds, tf.constant(scale, spec.dtype))


def _biases(spec: NetworkSpec, shape: tuple[int, ...], layer: int) -> Any:
    if not spec.bias_std:
        return tf.zeros(shape, spec.dtype)
    return spec.bias_std * tf.random.stateless_normal(shape, (spec.seed + layer, 1), dtype=spec.dtype)


def _hidden_biases(spec: NetworkSpec) -> Any:
    if spec.depth == 1 or not spec.bias_std:
        return tf.zeros((spec.depth - 1, spec.width), spec.dtype)
    return tf.stack([_biases(spec, (spec.width,), layer) for layer in range(1, spec.depth)])


def draw_weights(spec: NetworkSpec) -> Weights:
    """The weights of `spec` at the start: layer l (from 0) has the kernel of Keras' initializer with seed + l."""
    return Weights(
        _kernel(spec, 0),
        _biases(spec, (spec.width,), 0),
        _hidden_kernels(spec),
        _hidden_biases(spec),
        _kernel(spec, spec.depth),
        _biases(spec, (spec.fans[-1][1],), spec.depth),
    )


def load_batch(spec: NetworkSpec) -> tuple[Any, Any]:
    """The batch of `spec`: inputs (batch, features) and one-hot targets (batch, classes)."""
    data = load_dataset(spec.data)
    if spec.batch > len(data.labels):
        raise ValueError(f"batch must be at most {len(data.labels):,} for {spec.data}, not {spec.batch:,}")
    targets = np.eye(data.classes)[data.labels[: spec.batch]]
    return tf.constant(data.inputs[: spec.batch], spec.dtype), tf.constant(targets, spec.dtype)
