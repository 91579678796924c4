"""Linearity: a stack of linear layers multiplied out to one matrix, and the one activation that breaks the equality."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz import _rules
from nnviz._rules import Array
from nnviz.activations import elementwise
from nnviz.initializers import LARGEST_SEED, check_initializer

DEEPEST, WIDEST = 50, 128
SAMPLES = 200  # random inputs on which the stack and the matrix are compared
BIAS_STD = 0.5


@dataclass(frozen=True)
class LinearStack:
    """A stack of dense layers beside the one layer that it would be without activations, float64.

    `matrix` W = W₁W₂…W_L (inputs, outputs) and `bias` c (outputs,); `inputs` (samples, inputs) standard normal;
    `stacked` (samples, outputs) what the layers give one after the other, `single` xW + c, `fitted` the best any
    affine map of x can do for `stacked` (least squares); `singular_values` of W, largest first; `rank` of W;
    `narrowest` the smallest number of units on the way, which the rank cannot exceed.
    """

    matrix: Array
    bias: Array
    inputs: Array
    stacked: Array
    single: Array
    fitted: Array
    singular_values: Array
    rank: int
    narrowest: int

    @property
    def largest_difference(self) -> float:
        """max |stacked − single|."""
        return float(np.abs(self.stacked - self.single).max())

    @property
    def relative_difference(self) -> float:
        """The largest difference over the largest output, so that a stack that amplifies is not blamed for it."""
        return self.largest_difference / (float(np.abs(self.single).max()) or 1.0)

    @property
    def unexplained(self) -> float:
        """Share of the variance of the stack's outputs that no affine map of its inputs can explain (1 − R²)."""
        spread = float(((self.stacked - self.stacked.mean(axis=0)) ** 2).sum())
        return float(((self.stacked - self.fitted) ** 2).sum()) / spread if spread else 0.0


def linear_stack(
    depth: int,
    width: int,
    inputs: int = 8,
    outputs: int = 8,
    initializer: str = "glorot_uniform",
    seed: int = 0,
    curved: int = 0,
    activation: str = "tanh",
) -> LinearStack:
    """`depth` dense layers (1 to 50) of `width` units (1 to 128, the last has `outputs`), and their product.

    Without activations (xW₁ + b₁)W₂ + b₂ … = xW + c with W = W₁W₂…W_L and c the biases carried through. `curved`:
    the layer (from 1; 0 for none) that gets `activation`; then no W and c give the same for every x. Layer l (from
    0) draws its kernel with Keras' initializer and seed + l, biases are normal with standard deviation 0.5. Raises
    ValueError for anything else. Source: Goodfellow, Bengio & Courville 2016, section 6.1.
    """
    depth = _rules.integer("depth", depth, 1, DEEPEST)
    sizes = [_rules.integer(n, v, 1, WIDEST) for n, v in (("inputs", inputs), ("width", width), ("outputs", outputs))]
    curved = _rules.integer("curved", curved, 0, depth)
    seed = _rules.integer("seed", seed, 0, LARGEST_SEED - DEEPEST)
    entry, values = check_initializer(initializer, {})
    bend = elementwise(activation, "activation").bind({})
    fans = list(pairwise([sizes[0], *[sizes[1]] * (depth - 1), sizes[2]]))
    random = np.random.default_rng(seed)
    x = random.standard_normal((SAMPLES, sizes[0]))
    a, matrix, bias = x, np.eye(sizes[0]), np.zeros(sizes[0])
    for layer, (fan_in, fan_out) in enumerate(fans):
        kernel = np.asarray(entry.sample(fan_in, fan_out, seed + layer, values, "float64"))
        shift = BIAS_STD * random.standard_normal(fan_out)
        a, matrix, bias = a @ kernel + shift, matrix @ kernel, bias @ kernel + shift
        if layer + 1 == curved:
            a = bend(tf.constant(a)).numpy()
    extended = np.column_stack([x, np.ones(SAMPLES)])
    fitted = extended @ np.linalg.lstsq(extended, a, rcond=None)[0]
    arrays = {
        "matrix": matrix,
        "bias": bias,
        "inputs": x,
        "stacked": a,
        "single": x @ matrix + bias,
        "fitted": fitted,
        "singular_values": np.linalg.svd(matrix, compute_uv=False),
    }
    found: dict[str, Any] = {name: _rules.read_only(array) for name, array in arrays.items()}
    found["rank"] = int(np.linalg.matrix_rank(matrix))
    return LinearStack(**found, narrowest=min(size for pair in fans for size in pair))
