"""Bayes: why the output unit of a yes-or-no question is a sigmoid."""

import math
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from nnviz import _rules
from nnviz._rules import Array

MEANS = (-1e3, 1e3)
STDS = (1e-3, 1e3)
PRIORS = (1e-6, 1 - 1e-6)
_REACH = 4.0  # standard deviations shown around the means
_ERROR_REACH = 9.0  # standard deviations integrated over; beyond lies less than 1e-18
_POINTS = 8_001


@dataclass(frozen=True)
class GaussianPosterior:
    """Two classes of normally distributed x, and the probability of class 1 given x.

    `joint_0`, `joint_1` are prior × density, shape (n,) like `x`; `posterior` is Bayes' rule joint_1 / (joint_0 +
    joint_1); `sigmoid` is Keras' σ of the log-odds q·x² + w·x + b, with `quadratic` q, `weight` w and `bias` b from
    the closed form; `difference` is the largest distance between the two. `boundaries` (0 to 2) are the x at which
    both classes are equally likely, `error` is the share of mistakes of the best possible decision.
    """

    x: Array
    joint_0: Array
    joint_1: Array
    posterior: Array
    sigmoid: Array
    quadratic: float
    weight: float
    bias: float
    difference: float
    boundaries: Array
    error: float


def _log_joint(x: Array, mean: float, std: float, prior: float) -> Array:
    log: Array = math.log(prior) - ((x - mean) / std) ** 2 / 2 - math.log(std * math.sqrt(2 * math.pi))
    return log


def gaussian_posterior(
    mean_0: float = -1.0,
    mean_1: float = 1.0,
    std_0: float = 1.0,
    std_1: float = 1.0,
    prior_1: float = 0.5,
    x: ArrayLike | None = None,
) -> GaussianPosterior:
    """P(class 1 | x) for x ~ N(mean_k, std_k²) in class k, by Bayes' rule and as a sigmoid.

    The log-odds ln(P(1|x)/P(0|x)) are q·x² + w·x + b with q = (1/s₀² − 1/s₁²)/2, w = m₁/s₁² − m₀/s₀² and
    b = (m₀²/s₀² − m₁²/s₁²)/2 + ln(s₀/s₁) + ln(p/(1 − p)); the posterior is σ of that. With equal variances q = 0:
    one neuron with weight w and bias b computes it exactly. `x`: points, shape (n,), by default 601 across both
    classes. Raises ValueError for a std outside 0.001 … 1,000, a prior outside 1e-6 … 1 − 1e-6, a mean beyond ±1,000.
    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.2.1.
    """
    mean_0, mean_1 = (_rules.number(n, v, *MEANS) for n, v in (("mean_0", mean_0), ("mean_1", mean_1)))
    std_0, std_1 = (_rules.number(n, v, *STDS) for n, v in (("std_0", std_0), ("std_1", std_1)))
    prior = _rules.number("prior_1", prior_1, *PRIORS)
    ends = [mean + side * std for mean, std in ((mean_0, std_0), (mean_1, std_1)) for side in (-1, 1)]
    middle, reach = (min(ends) + max(ends)) / 2, (max(ends) - min(ends)) / 2
    shown = middle + np.linspace(-1, 1, 601) * (reach + (_REACH - 1) * max(std_0, std_1))
    points = shown if x is None else _rules.vector("x", x, 1, 100_000)
    zero, one = _log_joint(points, mean_0, std_0, 1 - prior), _log_joint(points, mean_1, std_1, prior)
    posterior = np.exp(one - np.logaddexp(zero, one))
    quadratic = (1 / std_0**2 - 1 / std_1**2) / 2
    weight = mean_1 / std_1**2 - mean_0 / std_0**2
    bias = ((mean_0 / std_0) ** 2 - (mean_1 / std_1) ** 2) / 2 + math.log(std_0 / std_1) + math.log(prior / (1 - prior))
    odds = tf.constant(quadratic * points**2 + weight * points + bias, tf.float64)
    sigmoid = keras.activations.sigmoid(odds).numpy()
    classes = (mean_0, std_0), (mean_1, std_1)
    fine = np.unique([mean + np.linspace(-1, 1, _POINTS) * _ERROR_REACH * std for mean, std in classes])
    least = np.exp(np.minimum(_log_joint(fine, mean_0, std_0, 1 - prior), _log_joint(fine, mean_1, std_1, prior)))
    return GaussianPosterior(
        x=_rules.read_only(points),
        joint_0=_rules.read_only(np.exp(zero)),
        joint_1=_rules.read_only(np.exp(one)),
        posterior=_rules.read_only(posterior),
        sigmoid=_rules.read_only(sigmoid),
        quadratic=quadratic,
        weight=weight,
        bias=bias,
        difference=float(np.abs(posterior - sigmoid).max()),
        boundaries=_rules.read_only(_roots(quadratic, weight, bias)),
        error=float(np.trapezoid(least, fine)),
    )


def _roots(quadratic: float, weight: float, bias: float) -> Array:
    """Real roots of q·x² + w·x + b, in order and without cancellation."""
    if quadratic == 0:
        return np.array([-bias / weight] if weight else [])
    square = weight**2 - 4 * quadratic * bias
    if square < 0:
        return np.array([])
    far = -(weight + math.copysign(math.sqrt(square), weight)) / 2
    return np.unique([far / quadratic, bias / far] if far else [0.0])
