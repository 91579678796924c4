"""Cross-entropy by hand: clip, logarithm, product, sum, with the number of every step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import keras
import numpy as np
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._rules import Array

FEWEST, MOST = 2, 50  # classes
EPSILON = float(keras.config.epsilon())  # what Keras clips with: 1e-7
BASES: Mapping[str, float] = MappingProxyType({"e": math.e, "2": 2.0, "10": 10.0})
_LARGEST_CLIP = 0.1
_SLACK = 1e-6  # how far the shares of a typed distribution may miss the sum of 1


@dataclass(frozen=True)
class CrossEntropySteps:
    """The steps of H(p, q) = −Σ pₖ log qₖ; every array has one entry per class, shape (n,).

    `p` the truth and `q` the prediction; `clipped` q within [clip, 1 − clip]; `log` its logarithm to `base`, which is
    −inf for an unclipped 0; `product` −pₖ log qₖ, 0 where pₖ is 0 (the limit of x log x); `total` their sum, inf
    if the truth gives weight to what the prediction holds impossible. `naive` is the sum a computer gets that just
    multiplies: 0 × −inf is nan. `entropy` is H(p, p) without clipping, the least that any q can reach.
    """

    p: Array
    q: Array
    base: float
    clip: float
    clipped: Array
    log: Array
    product: Array
    total: float
    naive: float
    entropy: float


def _distribution(name: str, values: ArrayLike) -> Array:
    shares = _rules.vector(name, values, FEWEST, MOST)
    if shares.min() < 0:
        raise ValueError(f"{name} must hold no share below 0, not {shares.min():g}")
    if abs(shares.sum() - 1) > _SLACK:
        raise ValueError(f"{name} must sum to 1, not {shares.sum():.7g}")
    return shares


def _logarithm(values: Array, base: float) -> Array:
    """log to `base`; exact functions where numpy has one, so that log₁₀ 0.1 is −1."""
    exact = {2.0: np.log2, 10.0: np.log10}.get(base)
    with np.errstate(divide="ignore"):
        result: Array = exact(values) if exact else np.log(values) / math.log(base)
    return result


def cross_entropy_steps(
    p: ArrayLike, q: ArrayLike, base: float | str = "e", clip: float | bool = True
) -> CrossEntropySteps:
    """H(p, q) = −Σ pₖ log qₖ step by step, in float64.

    `p`, `q`: two distributions over the same 2 to 50 classes, each with a sum of 1. `base`: "e" (natural, as in
    TensorFlow), "2" (bits), "10", or any number above 1. `clip`: the distance that q must keep from 0 and 1, at
    most 0.1; true is Keras' 10⁻⁷, false or 0 none. H(p, q) is not H(q, p): swap the two to see it. Raises
    ValueError for anything else. Source: Shannon 1948; Cover & Thomas, Elements of Information Theory, chapter 2.
    """
    truth, prediction = _distribution("p", p), _distribution("q", q)
    if truth.size != prediction.size:
        raise ValueError(f"q must have one share per class of p, {truth.size}, not {prediction.size}")
    if isinstance(base, str):
        base = BASES[_rules.choice("base", base, BASES)]
    base = _rules.number("base", base, 1, 1e6)
    if base == 1:
        raise ValueError("base must be above 1, not 1")
    distance = (EPSILON if clip else 0.0) if isinstance(clip, bool) else _rules.number("clip", clip, 0, _LARGEST_CLIP)
    clipped = np.clip(prediction, distance, 1 - distance)
    log = _logarithm(clipped, base)
    with np.errstate(invalid="ignore"):
        naive = -truth * log
    product = np.where(truth > 0, naive, 0.0)
    present = truth[truth > 0]
    return CrossEntropySteps(
        _rules.read_only(truth),
        _rules.read_only(prediction),
        base,
        distance,
        _rules.read_only(clipped),
        _rules.read_only(log),
        _rules.read_only(product + 0.0),  # −0 becomes 0
        float(product.sum()) + 0.0,
        float(naive.sum()),
        float(-(present * _logarithm(present, base)).sum()) + 0.0,
    )
