"""What Keras does not say of its losses: formula, source, one sentence of insight, what they expect, useful ranges.

Names, defaults and the functions themselves come from Keras (see `losses.py`); nothing here is computed.
"""

from dataclasses import dataclass, field
from typing import Any

_ARXIV = "https://arxiv.org/abs/"
_BOOK = "Goodfellow, Bengio & Courville 2016, Deep Learning"
_BOOK_URL = "https://www.deeplearningbook.org/contents/"
NUMBER, BINARY, CLASSES = "a number", "yes or no", "one of several"


@dataclass(frozen=True)
class Card:
    """Formula (LaTeX), insight (one sentence), source and its address, and what the loss expects.

    `tasks`: what it is used to predict; `outputs`: the output units behind which a classifying network ends in it;
    `labels`: its target is the number of the class instead of one entry per class; `ranges` per parameter.
    """

    formula: str
    insight: str
    source: str
    url: str
    tasks: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    labels: bool = False
    ranges: dict[str, dict[str, Any]] = field(default_factory=dict)


_ANY = ("softmax", "sigmoid", "linear")
_SMOOTHING = {"minimum": 0.0, "maximum": 1.0, "meaning": "share of the target that is spread evenly over all classes"}
_FOCUS = {
    "low": 0.0,
    "high": 5.0,
    "step": 0.25,
    "minimum": 0.0,
    "maximum": 100.0,
    "meaning": "how strongly easy samples are faded out; 0: not at all",
}

CARDS: dict[str, Card] = {
    "categorical_crossentropy": Card(
        r"C = -\sum_k y_k \ln a_k",
        "With softmax the output error is exactly a − y: it never saturates.",
        f"{_BOOK}, section 6.2.2.3",
        f"{_BOOK_URL}mlp.html",
        (CLASSES,),
        ("softmax",),
        ranges={"label_smoothing": _SMOOTHING},
    ),
    "binary_crossentropy": Card(
        r"C = -\tfrac1K \sum_k y_k \ln a_k + (1 - y_k) \ln(1 - a_k)",
        "With sigmoid units the output error is (a − y)/K: the factor σ′ cancels.",
        f"{_BOOK}, section 6.2.2.2",
        f"{_BOOK_URL}mlp.html",
        (BINARY,),
        ("sigmoid",),
        ranges={"label_smoothing": _SMOOTHING | {"meaning": "squeezes the target towards ½ by this share"}},
    ),
    "mean_squared_error": Card(
        r"C = \tfrac1K \sum_k (y_k - a_k)^2",
        "Behind a sigmoid the output error carries σ′(z), so a confidently wrong unit hardly learns.",
        f"{_BOOK}, section 5.1.4",
        f"{_BOOK_URL}ml.html",
        (NUMBER, BINARY),
        _ANY,
    ),
    "mean_absolute_error": Card(
        r"C = \tfrac1K \sum_k |y_k - a_k|",
        "Every error pulls equally hard, however large it is.",
        "Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, section 10.6",
        "https://hastie.su.domains/ElemStatLearn/",
        (NUMBER, BINARY),
        _ANY,
    ),
    "huber": Card(
        r"C = \tfrac1K \sum_k \tfrac12 e_k^2 \text{ if } |e_k| \le \delta"
        r" \text{, else } \delta |e_k| - \tfrac12 \delta^2",
        "Squared near zero, absolute far away: outliers do not dominate.",
        "Huber 1964 (with δ = 1 also called smooth L1)",
        "https://doi.org/10.1214/aoms/1177703732",
        (NUMBER,),
        _ANY,
        ranges={
            "delta": {
                "low": 0.1,
                "high": 5.0,
                "step": 0.1,
                "minimum": 1e-6,
                "maximum": 1e6,
                "meaning": "size of the error where the square turns into a straight line",
            }
        },
    ),
    "log_cosh": Card(
        r"C = \tfrac1K \sum_k \ln\cosh(y_k - a_k)",
        "A smooth relative of Huber.",
        "Saleh & Saleh 2022",
        f"{_ARXIV}2208.04564",
        (NUMBER,),
        _ANY,
    ),
    "mean_absolute_percentage_error": Card(
        r"C = \tfrac{100}{K} \sum_k \left|\frac{y_k - a_k}{y_k}\right|",
        "Relative error in per cent: an error counts the more the smaller the target, and explodes at a target of 0.",
        "Hyndman & Koehler 2006",
        "https://doi.org/10.1016/j.ijforecast.2006.03.001",
        (NUMBER,),
    ),
    "mean_squared_logarithmic_error": Card(
        r"C = \tfrac1K \sum_k \left(\ln(1 + y_k) - \ln(1 + a_k)\right)^2",
        "Compares orders of magnitude, punishes too small harder than too large, and is blind below 0.",
        "Keras, regression losses",
        "https://keras.io/api/losses/regression_losses/",
        (NUMBER,),
    ),
    "poisson": Card(
        r"C = \tfrac1K \sum_k a_k - y_k \ln a_k",
        "For counts: smallest where the prediction equals the target, and not a number for a negative prediction.",
        "Nelder & Wedderburn 1972, Generalized Linear Models",
        "https://doi.org/10.2307/2344614",
        (NUMBER,),
    ),
    "binary_focal_crossentropy": Card(
        r"C = -\tfrac1K \sum_k (1 - p_k)^\gamma \ln p_k,\quad p_k = a_k \text{ if } y_k = 1 \text{, else } 1 - a_k",
        "Cross-entropy that fades out what is already right, so that rare hard samples are heard.",
        "Lin et al. 2017",
        f"{_ARXIV}1708.02002",
        (BINARY,),
        ranges={
            "apply_class_balancing": {"meaning": "weigh the two classes by alpha and 1 − alpha"},
            "alpha": {"minimum": 0.0, "maximum": 1.0, "step": 0.05, "meaning": "weight of class 1, if balanced"},
            "gamma": _FOCUS,
            "label_smoothing": _SMOOTHING | {"meaning": "squeezes the target towards ½ by this share"},
        },
    ),
    "hinge": Card(
        r"C = \tfrac1K \sum_k \max(0,\, 1 - y_k a_k),\quad y_k = \pm 1",
        "Nothing more to learn once the score is on the right side by a margin of 1; Keras reads a target of 0 as −1.",
        "Cortes & Vapnik 1995",
        "https://doi.org/10.1007/BF00994018",
        (BINARY,),
    ),
    "squared_hinge": Card(
        r"C = \tfrac1K \sum_k \max(0,\, 1 - y_k a_k)^2,\quad y_k = \pm 1",
        "The hinge without its corner: the pull fades on the way to the margin.",
        "Tang 2013",
        f"{_ARXIV}1306.0239",
        (BINARY,),
    ),
    "sparse_categorical_crossentropy": Card(
        r"C = -\ln a_y",
        "The same number as categorical cross-entropy, told the class's number instead of a one-hot row.",
        "Keras, probabilistic losses",
        "https://keras.io/api/losses/probabilistic_losses/",
        (CLASSES,),
        labels=True,
    ),
    "kl_divergence": Card(
        r"C = \sum_k y_k \ln\frac{y_k}{a_k}",
        "Cross-entropy minus the entropy of the target, so a perfect prediction costs 0 even for a soft target.",
        "Kullback & Leibler 1951",
        "https://doi.org/10.1214/aoms/1177729694",
        (CLASSES,),
    ),
    "categorical_focal_crossentropy": Card(
        r"C = -\alpha \sum_k y_k (1 - a_k)^\gamma \ln a_k",
        "Focal loss for several classes: the surer the right answer, the less the sample counts.",
        "Lin et al. 2017",
        f"{_ARXIV}1708.02002",
        (CLASSES,),
        ranges={
            "alpha": {"minimum": 0.0, "maximum": 1.0, "step": 0.05, "meaning": "weight of every class"},
            "gamma": _FOCUS,
            "label_smoothing": _SMOOTHING,
        },
    ),
    "categorical_generalized_cross_entropy": Card(
        r"C = \frac{1 - a_y^{\,q}}{q}",
        "Between cross-entropy (q → 0) and absolute error (q = 1): a wrong label cannot pull without bound.",
        "Zhang & Sabuncu 2018",
        f"{_ARXIV}1805.07836",
        (CLASSES,),
        labels=True,
        ranges={
            "q": {
                "default": 0.5,  # that of keras.losses.CategoricalGeneralizedCrossEntropy; the function has none
                "low": 0.05,
                "high": 1.0,
                "step": 0.05,
                "minimum": 1e-3,
                "maximum": 1.0,
                "meaning": "robustness against wrong labels",
            }
        },
    ),
    "categorical_hinge": Card(
        r"C = \max\left(0,\, 1 + \max_{k \ne y} a_k - a_y\right)",
        "Only the strongest wrong class counts, and only until the right one leads by a margin of 1.",
        "Crammer & Singer 2001",
        "https://www.jmlr.org/papers/v2/crammer01a.html",
        (CLASSES,),
    ),
    "cosine_similarity": Card(
        r"C = -\frac{y \cdot a}{\lVert y \rVert \, \lVert a \rVert}",
        "Minus the cosine of the angle: −1 is best, and the length of the prediction does not matter.",
        "Keras, regression losses",
        "https://keras.io/api/losses/regression_losses/",
        (CLASSES,),
    ),
}
