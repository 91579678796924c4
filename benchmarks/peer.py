"""The peer of `layer_gradients`: the same job, written by hand in numpy for one kind of network.

Dense layers of equal width, Glorot uniform weights, biases of 0, softmax output with cross-entropy.
"""

from itertools import pairwise

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


# The activation a = f(z), and its slope f′(z) from z and a.
ACTIVATIONS = {
    "sigmoid": (_sigmoid, lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a * a),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z, a: np.where(z > 0, 1, a + 1)),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z, a: 1 / (1 + np.abs(z)) ** 2),
    "softplus": (lambda z: np.log1p(np.exp(z)), lambda z, a: _sigmoid(z)),
}


def draw(sizes, seed, dtype):
    """Kernels of shape (fan-in, fan-out) between layers of these sizes."""
    generator = np.random.default_rng(seed)
    limits = [np.sqrt(6 / (n + m)) for n, m in pairwise(sizes)]
    return [
        (2 * generator.random(shape, dtype) - 1) * dtype(limit)
        for shape, limit in zip(pairwise(sizes), limits, strict=True)
    ]


def gradients(kernels, x, targets, activation):
    """‖∂C/∂W‖, ‖∂C/∂b‖ and the mean of |∂C/∂w| of each layer, output last: shape (layers, 3)."""
    phi, slope = ACTIVATIONS[activation]
    biases = [np.zeros(kernel.shape[1], kernel.dtype) for kernel in kernels]
    inputs, slopes = [x], []
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        z = inputs[-1] @ kernel + bias
        a = phi(z)
        inputs.append(a)
        slopes.append(slope(z, a))
    logits = inputs[-1] @ kernels[-1] + biases[-1]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = (exponentials / exponentials.sum(axis=1, keepdims=True) - targets) / len(x)
    rows = []
    for layer in reversed(range(len(kernels))):
        kernel_gradient, bias_gradient = inputs[layer].T @ error, error.sum(axis=0)
        rows.append((np.linalg.norm(kernel_gradient), np.linalg.norm(bias_gradient), np.abs(kernel_gradient).mean()))
        if layer:
            error = error @ kernels[layer].T * slopes[layer - 1]
    return np.array(rows[::-1])
