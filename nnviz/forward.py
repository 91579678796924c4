"""The forward pass: one sample on its way through an architecture, layer by layer, as Keras computes it."""

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt, prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _latex, _rules
from nnviz._rules import Array
from nnviz.architectures import Architecture, LayerRow, Shape
from nnviz.datasets import load_dataset
from nnviz.initializers import LARGEST_SEED

SMALL = 6  # inputs and units of a layer whose arithmetic is written out
LARGEST_INPUT = 1e6
_SMALLEST_IMAGE = 16  # numbers: a digit on 4 × 4 pixels can still be guessed


@dataclass(frozen=True)
class LayerPass:
    """One layer's share of a forward pass, float32 as in a Keras program; shapes are without the batch axis.

    `inputs` x and `outputs` a; for a dense layer also `kernel` W (n_in, n_out), `bias` b (n_out,) and the
    pre-activation `z` = xW + b; None for other layers.
    """

    row: LayerRow
    inputs: Array
    outputs: Array
    kernel: Array | None = None
    bias: Array | None = None
    z: Array | None = None

    @property
    def changes(self) -> bool:
        """Whether the layer changes the numbers at all; Flatten and, in prediction, Dropout hand them through."""
        return self.inputs.size != self.outputs.size or not np.array_equal(self.inputs.ravel(), self.outputs.ravel())

    def written_out(self) -> list[str]:
        """One LaTeX line per unit of a dense layer with at most 6 inputs and 6 units: z = w·x + … + b; else none."""
        if self.z is None or self.kernel is None or self.bias is None or max(self.kernel.shape) > SMALL:
            return []
        if self.inputs.ndim > 1:
            return []
        activation = self.row.layer.activation
        phi = rf" \to \mathrm{{{activation}}}(z) = ".replace("_", r"\_")
        found = []
        for unit in range(len(self.bias)):
            weights = zip(self.kernel[:, unit], self.inputs, strict=True)
            terms = [rf"{_latex.number(w)} \cdot {_latex.number(x)}" for w, x in weights]
            if self.row.layer.use_bias:
                terms.append(_latex.number(self.bias[unit]))
            line = rf"z_{{{unit + 1}}} = {' + '.join(terms)} = {_latex.number(self.z[unit], False)}"
            a = _latex.number(self.outputs[unit], False)
            found.append(line if activation == "linear" else f"{line}{phi}{a}")
        return found


@dataclass(frozen=True)
class ForwardPass:
    """`sample`, shape of the input, and one `LayerPass` per layer, in order."""

    architecture: Architecture
    sample: Array
    layers: tuple[LayerPass, ...]

    @property
    def outputs(self) -> Array:
        return self.layers[-1].outputs

    @property
    def ends_in_probabilities(self) -> bool:
        """Whether the last layer is a softmax, so that the outputs on its last axis sum to 1."""
        last = self.architecture.layers[-1]
        return last.kind == "softmax" or (last.kind == "dense" and last.activation == "softmax")


@lru_cache(maxsize=8)  # the latest networks of a class; at most 8 MB each
def _built(architecture: Architecture, seed: int) -> tuple[Any, ...]:
    layers = architecture.make_layers(seed)
    for layer, row in zip(layers, architecture.rows, strict=True):
        layer.build((None, *row.input_shape))
    return tuple(layers)


def forward_pass(architecture: Architecture, sample: ArrayLike, seed: int = 0) -> ForwardPass:
    """`sample` fed forward through `architecture` at its start: z = xW + b, then a = φ(z), layer by layer.

    `sample`: the input's numbers, in any shape with the right size; the kernel of dense layer i (from 0) is drawn
    with `seed` + i, biases are 0. The pass is one of prediction: Dropout hands its input through and
    BatchNormalization uses its moving mean 0 and variance 1. Computed by Keras' own layers in float32. Raises
    ValueError for a sample of another size, a number that is not finite or beyond ±10⁶, and for a bad seed.
    """
    count = prod(architecture.input_shape)
    values = _rules.vector("sample", np.ravel(np.asarray(sample, np.float64)), count, count)
    _rules.number("sample's largest size", float(np.abs(values).max()), 0, LARGEST_INPUT)
    layers = _built(architecture, _rules.integer("seed", seed, 0, LARGEST_SEED - 100))
    first = values.reshape(architecture.input_shape).astype(np.float32)
    x, found = tf.constant(first[None]), []
    for layer, row in zip(layers, architecture.rows, strict=True):
        before, more = x, {}
        if row.layer.kind == "dense":
            bias = layer.bias.value if row.layer.use_bias else tf.zeros(row.layer.units)
            z = keras.ops.matmul(x, layer.kernel.value) + bias
            x = layer.activation(z)
            more = {"kernel": layer.kernel.numpy(), "bias": bias.numpy(), "z": z.numpy()[0]}
        else:
            x = layer(x, training=False) if row.layer.kind in ("dropout", "batchnorm") else layer(x)
        arrays = {"inputs": before.numpy()[0], "outputs": x.numpy()[0], **more}
        found.append(LayerPass(row, **{name: _rules.read_only(array) for name, array in arrays.items()}))
    return ForwardPass(architecture, _rules.read_only(first), tuple(found))


def image_shape(shape: Shape) -> tuple[int, int] | None:
    """Height and width of the grey image that fills an input of `shape`, or None if none does: a square of at least
    4 × 4, laid flat or not, or a rectangle."""
    if len(shape) == 1:
        side = isqrt(shape[0])
        return (side, side) if side * side == shape[0] >= _SMALLEST_IMAGE else None
    if len(shape) == 3 and shape[2] != 1:
        return None
    return (shape[0], shape[1]) if min(shape[:2]) ** 2 >= _SMALLEST_IMAGE else None


def digit_sample(index: int, shape: Shape) -> tuple[Array, int]:
    """Handwritten digit `index` (0 to 1,796), resized from 8 × 8 to fill an input of `shape`, and its label.

    Pixels between 0 and 1, bilinear in between. Raises ValueError for an input that no image fills.
    """
    size = image_shape(shape)
    if size is None:
        raise ValueError(f"input must be an image of at least 4x4, such as 28x28 or 784, not {shape}")
    data = load_dataset("digits")
    index = _rules.integer("digit", index, 0, len(data.labels) - 1)
    image = tf.image.resize(data.inputs[index].reshape(8, 8, 1), size).numpy()
    return _rules.read_only(image.reshape(shape).astype(np.float32)), int(data.labels[index])


def fill_sample(numbers: ArrayLike, shape: Shape) -> Array:
    """Typed numbers as an input of `shape`: a short list is repeated until every input has its number.

    Raises ValueError for an empty list or one that is longer than the input.
    """
    values = _rules.vector("sample", numbers, 1, prod(shape))
    return _rules.read_only(np.resize(values, shape))
