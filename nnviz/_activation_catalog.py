"""What Keras does not say of its activation functions: formula, source, one sentence of insight, useful ranges.

Names, defaults and the functions themselves come from Keras (see `activations.py`); nothing here is computed.
"""

from dataclasses import dataclass, field
from typing import Any

_ARXIV = "https://arxiv.org/abs/"


@dataclass(frozen=True)
class Card:
    """Formula (LaTeX), insight (one sentence), source and its address, ranges per parameter."""

    formula: str
    insight: str
    source: str
    url: str
    ranges: dict[str, dict[str, Any]] = field(default_factory=dict)
    vector: bool = False


_SLOPE = {"low": 0.0, "high": 2.0, "step": 0.05, "minimum": 0.0}
_ALPHA = {"low": 0.1, "high": 4.0, "step": 0.1, "minimum": 1e-6}

CARDS: dict[str, Card] = {
    "sigmoid": Card(
        r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        "Its slope never exceeds ¼, so a chain of sigmoids multiplies the gradient by at most ¼ per layer.",
        "Rumelhart, Hinton & Williams 1986",
        "https://doi.org/10.1038/323533a0",
    ),
    "tanh": Card(
        r"\tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
        "A sigmoid stretched to (−1, 1): zero-centred, slope 1 at the origin, and still saturating on both sides.",
        "LeCun et al. 1998, Efficient BackProp",
        "https://doi.org/10.1007/3-540-49430-8_2",
    ),
    "relu": Card(
        r"\mathrm{relu}(z) = \max(0, z)",
        "Slope exactly 1 for z > 0, so the gradient passes unshrunk; slope exactly 0 below, where a unit can die.",
        "Nair & Hinton 2010",
        "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf",
        {
            "negative_slope": {**_SLOPE, "meaning": "slope below the threshold"},
            "max_value": {
                "low": 0.0,
                "high": 6.0,
                "step": 0.5,
                "minimum": 0.0,
                "optional": True,
                "meaning": "ceiling of the output; none: unbounded",
            },
            "threshold": {"low": -3.0, "high": 3.0, "step": 0.1, "meaning": "where the active part begins"},
        },
    ),
    "leaky_relu": Card(
        r"f(z) = \max(z, \alpha z)",
        "A small slope on the left keeps a trickle of gradient, so no unit can die for good.",
        "Maas, Hannun & Ng 2013",
        "https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf",
        {"negative_slope": {**_SLOPE, "high": 1.0, "meaning": "slope α for z < 0"}},
    ),
    "prelu": Card(
        r"f(z) = \max(0, z) + \alpha \min(0, z)",
        "A leaky ReLU whose slope α is a weight: the network learns how much to leak.",
        "He et al. 2015",
        _ARXIV + "1502.01852",
        {"alpha": {"low": -1.0, "high": 1.0, "step": 0.05, "meaning": "learned slope α for z < 0"}},
    ),
    "elu": Card(
        r"f(z) = \begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}",
        "Negative outputs pull the mean towards zero, and the left side fades out smoothly to −α.",
        "Clevert, Unterthiner & Hochreiter 2016",
        _ARXIV + "1511.07289",
        {"alpha": {**_ALPHA, "low": 0.0, "minimum": 0.0, "meaning": "depth α of the left plateau"}},
    ),
    "selu": Card(
        r"f(z) = 1.0507 \begin{cases} z & z > 0 \\ 1.6733\,(e^{z} - 1) & z \le 0 \end{cases}",
        "Scaled so that z ~ N(0, 1) leaves with mean 0 and variance 1: with LeCun normal weights it normalises itself.",
        "Klambauer et al. 2017",
        _ARXIV + "1706.02515",
    ),
    "celu": Card(
        r"f(z) = \max(0, z) + \min(0, \alpha (e^{z/\alpha} - 1))",
        "An ELU whose slope stays continuous at 0 for every α.",
        "Barron 2017",
        _ARXIV + "1704.07483",
        {"alpha": {**_ALPHA, "meaning": "depth and width α of the left plateau"}},
    ),
    "gelu": Card(
        r"f(z) = z\,\Phi(z) = \frac{z}{2}\left(1 + \mathrm{erf}\frac{z}{\sqrt 2}\right)",
        "Weighs each input by how likely a normal variable lies below it; smooth, dips below zero, slope up to 1.13.",
        "Hendrycks & Gimpel 2016",
        _ARXIV + "1606.08415",
        {"approximate": {"meaning": "use the tanh approximation instead of the exact erf"}},
    ),
    "silu": Card(
        r"f(z) = z\,\sigma(z)",
        "Also called swish: a smooth ReLU that dips to −0.28 and comes back, so it is not monotonic.",
        "Ramachandran, Zoph & Le 2017",
        _ARXIV + "1710.05941",
    ),
    "mish": Card(
        r"f(z) = z \tanh(\ln(1 + e^{z}))",
        "Close to swish, a little smoother: the gate is tanh of softplus.",
        "Misra 2019",
        _ARXIV + "1908.08681",
    ),
    "softplus": Card(
        r"f(z) = \ln(1 + e^{z})",
        "The integral of the sigmoid: a ReLU with a rounded corner, ln 2 at the origin and never zero.",
        "Dugas et al. 2001",
        "https://papers.nips.cc/paper/2000/hash/44968aece94f667e4095002d140b5896-Abstract.html",
    ),
    "softsign": Card(
        r"f(z) = \frac{z}{1 + |z|}",
        "Like tanh, but it saturates by a power law instead of exponentially, so its tails keep more gradient.",
        "Glorot & Bengio 2010",
        "https://proceedings.mlr.press/v9/glorot10a.html",
    ),
    "linear": Card(
        r"f(z) = z",
        "No activation at all: a stack of linear layers is one linear layer, however deep.",
        "Goodfellow, Bengio & Courville 2016, section 6.1",
        "https://www.deeplearningbook.org/contents/mlp.html",
    ),
    "exponential": Card(
        r"f(z) = e^{z}",
        "Value and slope are equal and unbounded: useful for a positive output, dangerous inside a deep network.",
        "Keras documentation",
        "https://keras.io/api/layers/activations/",
    ),
    "hard_sigmoid": Card(
        r"f(z) = \frac{\min(\max(0, z + 3), 6)}{6}",
        "A sigmoid in three straight pieces: cheap, and the gradient outside [−3, 3] is exactly zero.",
        "Courbariaux, Bengio & David 2015",
        _ARXIV + "1511.00363",
    ),
    "hard_silu": Card(
        r"f(z) = z \cdot \frac{\min(\max(0, z + 3), 6)}{6}",
        "Also called hard swish: swish with the hard sigmoid as its gate, nearly the same curve, no exponential.",
        "Howard et al. 2019, MobileNetV3",
        _ARXIV + "1905.02244",
    ),
    "hard_tanh": Card(
        r"f(z) = \min(\max(-1, z), 1)",
        "The straight version of tanh: slope 1 inside [−1, 1], exactly 0 outside.",
        "Collobert 2004",
        "https://ronan.collobert.com/pub/matos/2004_phdthesis_lip6.pdf",
    ),
    "hard_shrink": Card(
        r"f(z) = \begin{cases} z & |z| > \lambda \\ 0 & \text{otherwise} \end{cases}",
        "Removes small values and leaves large ones untouched: it jumps at ±λ, where it has no derivative.",
        "Donoho & Johnstone 1994",
        "https://doi.org/10.1093/biomet/81.3.425",
        {
            "threshold": {
                "low": 0.0,
                "high": 3.0,
                "step": 0.1,
                "minimum": 0.0,
                "meaning": "values within ±λ become 0",
            }
        },
    ),
    "soft_shrink": Card(
        r"f(z) = \mathrm{sign}(z)\,\max(|z| - \lambda, 0)",
        "Removes small values and moves the rest towards zero: the step behind the lasso.",
        "Donoho 1995",
        "https://doi.org/10.1109/18.382009",
        {
            "threshold": {
                "low": 0.0,
                "high": 3.0,
                "step": 0.1,
                "minimum": 0.0,
                "meaning": "how far values move towards 0",
            }
        },
    ),
    "tanh_shrink": Card(
        r"f(z) = z - \tanh(z)",
        "What tanh leaves over: flat at the origin, where its slope is 0, and straight far away.",
        "Keras documentation",
        "https://keras.io/api/layers/activations/",
    ),
    "log_sigmoid": Card(
        r"f(z) = \ln \sigma(z) = -\ln(1 + e^{-z})",
        "The logarithm of a probability, computed without overflow: what binary cross-entropy adds up.",
        "Goodfellow, Bengio & Courville 2016, section 6.2.2.2",
        "https://www.deeplearningbook.org/contents/mlp.html",
    ),
    "relu6": Card(
        r"f(z) = \min(\max(0, z), 6)",
        "A ReLU with a ceiling of 6, so that low-precision arithmetic on phones keeps its resolution.",
        "Krizhevsky & Hinton 2010",
        "https://www.cs.utoronto.ca/~kriz/conv-cifar10-aug2010.pdf",
    ),
    "squareplus": Card(
        r"f(z) = \frac{z + \sqrt{z^2 + b}}{2}",
        "A smooth ReLU from one square root: no exponential, and b sets how round the corner is.",
        "Barron 2021",
        _ARXIV + "2112.11687",
        {
            "b": {
                "low": 0.0,
                "high": 16.0,
                "step": 0.5,
                "minimum": 0.0,
                "meaning": "roundness of the corner; 0 is the ReLU",
            }
        },
    ),
    "sparse_plus": Card(
        r"f(z) = \begin{cases} 0 & z \le -1 \\ \tfrac14 (z + 1)^2 & -1 < z < 1 \\ z & z \ge 1 \end{cases}",
        "Softplus with a true zero on the left: the integral of the sparse sigmoid.",
        "Keras documentation",
        "https://keras.io/api/layers/activations/",
    ),
    "sparse_sigmoid": Card(
        r"f(z) = \min(\max(0, \tfrac12 (z + 1)), 1)",
        "The two-class sparsemax: probabilities of exactly 0 and exactly 1 are possible.",
        "Martins & Astudillo 2016",
        _ARXIV + "1602.02068",
    ),
    "threshold": Card(
        r"f(z) = \begin{cases} z & z > \theta \\ v & \text{otherwise} \end{cases}",
        "Passes what lies above θ and replaces the rest by a constant, through which no gradient flows.",
        "Keras documentation",
        "https://keras.io/api/layers/activations/",
        {
            "threshold": {
                "default": 1.0,
                "low": -3.0,
                "high": 3.0,
                "step": 0.1,
                "meaning": "θ, above which z passes",
            },
            "default_value": {
                "default": 0.0,
                "low": -3.0,
                "high": 3.0,
                "step": 0.1,
                "meaning": "output v below θ",
            },
        },
    ),
    "softmax": Card(
        r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
        "Turns scores into probabilities that sum to 1; adding a constant to every score changes nothing.",
        "Bridle 1990",
        "https://doi.org/10.1007/978-3-642-76153-9_28",
        vector=True,
    ),
    "log_softmax": Card(
        r"\ln p_i = z_i - \ln \sum_j e^{z_j}",
        "The logarithm of softmax, computed without overflow: what cross-entropy reads off for the right class.",
        "Goodfellow, Bengio & Courville 2016, section 6.2.2.3",
        "https://www.deeplearningbook.org/contents/mlp.html",
        vector=True,
    ),
    "sparsemax": Card(
        r"p = \arg\min_{q \in \Delta} \lVert q - z \rVert^2",
        "The nearest point of the probability simplex: weak scores get exactly 0. Keras 3.15.1 itself sums up wrongly.",
        "Martins & Astudillo 2016",
        _ARXIV + "1602.02068",
        vector=True,
    ),
    "glu": Card(
        r"\mathrm{glu}([a, b]) = a \odot \sigma(b)",
        "Splits its input in two halves: the second, through a sigmoid, decides how much of the first passes.",
        "Dauphin et al. 2017",
        _ARXIV + "1612.08083",
        vector=True,
    ),
}
