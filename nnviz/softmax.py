"""Softmax: scores to probabilities, beside plain proportions and the formula that overflows."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._rules import Array
from nnviz.activations import jacobian

FEWEST, MOST = 2, 50  # scores
LARGEST = 1e6  # size of a score; beyond it a float64 has no room for the difference between two scores
TEMPERATURES = (1e-3, 1e3)
DTYPES = ("float64", "float32", "float16")
OVERFLOW = {name: float(np.log(np.finfo(name).max)) for name in DTYPES}  # the largest x whose e^x is still finite


@dataclass(frozen=True)
class SoftmaxOutputs:
    """Softmax of `logits` / temperature, shape (n,).

    `probabilities` (n,); `jacobian` ∂pᵢ/∂logitⱼ (n, n), rows sum to 0; `entropy` in nats; `naive` (n,) what the
    formula gives without subtracting the largest score first, inf/nan included; `proportional` (n,) logits divided
    by their sum, which is no distribution (or not defined) as soon as a score is negative; `powers` (n,)
    exp(logits / temperature), which may be inf.
    """

    logits: Array
    probabilities: Array
    jacobian: Array
    entropy: float
    naive: Array
    proportional: Array
    powers: Array


def softmax_outputs(logits: ArrayLike, temperature: float = 1.0, dtype: str = "float64") -> SoftmaxOutputs:
    """Softmax of a list of scores by Keras, with its Jacobian, entropy and the naive formula's outcome.

    pᵢ = exp(zᵢ/T) / Σⱼ exp(zⱼ/T). `logits`: 2 to 50 finite scores; `temperature` T from 0.001 to 1,000; `dtype`:
    the precision the probabilities are computed in (the naive exponential overflows beyond 709 in float64, 88 in
    float32, 11 in float16). Raises ValueError for anything else. Source: Bridle 1990.
    """
    scores = _rules.vector("logits", logits, FEWEST, MOST)
    if np.abs(scores).max() > LARGEST:
        raise ValueError(f"logits must lie between −{LARGEST:,.0f} and {LARGEST:,.0f}, not {np.abs(scores).max():g}")
    temperature = _rules.number("temperature", temperature, *TEMPERATURES)
    kind = _rules.choice("dtype", dtype, DTYPES)

    def cold(z: Any) -> Any:
        return keras.activations.softmax(tf.cast((z - tf.reduce_max(z, axis=-1, keepdims=True)) / temperature, kind))

    probabilities, derivative = jacobian(cold, scores)
    powers = tf.exp(tf.cast(scores / temperature, kind))
    total = scores.sum()
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        proportional = scores / total
    exact = probabilities.astype(np.float64)
    positive = exact[exact > 0]  # p ln p → 0 as p → 0
    return SoftmaxOutputs(
        _rules.read_only(scores),
        _rules.read_only(probabilities),
        _rules.read_only(derivative),
        float(abs((positive * np.log(positive)).sum())),
        _rules.read_only((powers / tf.reduce_sum(powers)).numpy()),
        _rules.read_only(proportional),
        _rules.read_only(powers),
    )
