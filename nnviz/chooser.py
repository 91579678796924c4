"""Chooser: which activation for which layer, why, and the Keras program that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_HIDDEN = 'layers.Dense(64, activation="relu", kernel_initializer="he_normal")'


@dataclass(frozen=True)
class Advice:
    """What to use in one situation, why, and where that is from.

    `activation` is its name in Keras; `hidden` and `output` are the two layers of the example as Keras code, `loss`
    and `metric` what it is compiled with.
    """

    situation: str
    activation: str
    reason: str
    source: str
    url: str
    hidden: str = _HIDDEN
    output: str = "layers.Dense(1)"
    loss: str = "mean_squared_error"
    metric: str = "mean_absolute_error"

    @property
    def code(self) -> str:
        """A complete Keras 3 program: a model with 20 inputs and two layers, compiled and ready for `fit`."""
        return f"""import keras
from keras import layers

model = keras.Sequential([
    keras.Input((20,)),
    {self.hidden},
    {self.output},
])
model.compile(optimizer="adam", loss="{self.loss}", metrics=["{self.metric}"])
model.summary()
"""


_HE = ("He et al. 2015", "https://arxiv.org/abs/1502.01852")
_BOOK = ("Goodfellow, Bengio & Courville 2016, section 6.2.2", "https://www.deeplearningbook.org/contents/mlp.html")
_HIDDEN_LAYERS = (
    Advice(
        "nothing special: dense or convolutional",
        "relu",
        "Slope 1 where it is active, so depth does not shrink the gradient, and nothing is cheaper. He's "
        "initializer makes up for the half of the signal that it cuts off.",
        *_HE,
    ),
    Advice(
        "units die (their gradient is exactly 0)",
        "leaky_relu",
        "A small slope on the left keeps a gradient for every z, so a unit that was pushed too far comes back.",
        "Maas, Hannun & Ng 2013",
        "https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf",
        'layers.Dense(64, activation="leaky_relu", kernel_initializer="he_normal")',
    ),
    Advice(
        "deep and dense, without batch normalization",
        "selu",
        "It brings mean 0 and variance 1 back by itself from layer to layer, but only with LeCun normal weights.",
        "Klambauer et al. 2017",
        "https://arxiv.org/abs/1706.02515",
        'layers.Dense(64, activation="selu", kernel_initializer="lecun_normal")',
    ),
    Advice(
        "a transformer, or smoothness matters",
        "gelu",
        "Smooth everywhere, with no kink at 0 and no dead side close to it; what it costs is an erf per unit.",
        "Hendrycks & Gimpel 2016",
        "https://arxiv.org/abs/1606.08415",
        'layers.Dense(64, activation="gelu", kernel_initializer="he_normal")',
    ),
    Advice(
        "recurrent: the same layer again and again",
        "tanh",
        "Bounded and zero-centred: a state that goes through the same layer many times cannot blow up. The gates of "
        "an LSTM are sigmoids, because they have to lie between 0 and 1.",
        "Hochreiter & Schmidhuber 1997",
        "https://doi.org/10.1162/neco.1997.9.8.1735",
        'layers.Reshape((20, 1)),\n    layers.LSTM(64, activation="tanh", recurrent_activation="sigmoid")',
    ),
)
_OUTPUT_LAYERS = (
    Advice(
        "binary: yes or no",
        "sigmoid",
        "One number between 0 and 1, the probability of yes. With binary cross-entropy the output error is a − y: "
        "the slope σ′ cancels and a confidently wrong unit still learns.",
        *_BOOK,
        output='layers.Dense(1, activation="sigmoid")',
        loss="binary_crossentropy",
        metric="accuracy",
    ),
    Advice(
        "many classes: exactly one is right",
        "softmax",
        "Probabilities that compete and sum to 1. With categorical cross-entropy the output error is a − y.",
        *_BOOK,
        output='layers.Dense(10, activation="softmax")',
        loss="categorical_crossentropy",
        metric="accuracy",
    ),
    Advice(
        "many labels: any number of them is right",
        "sigmoid",
        "Independent yes-or-no questions: one sigmoid each, so that two labels can both be certain. Softmax would "
        "make them compete.",
        *_BOOK,
        output='layers.Dense(10, activation="sigmoid")',
        loss="binary_crossentropy",
        metric="binary_accuracy",
    ),
    Advice(
        "regression: any number",
        "linear",
        "The identity: an activation would forbid values outside its range. With the squared error the output error "
        "is proportional to a − y.",
        *_BOOK,
        output='layers.Dense(1, activation="linear")',
    ),
    Advice(
        "regression: a positive number or a count",
        "softplus",
        "Always positive, and its slope never becomes 0 on the way there as a ReLU's would. For counts the Poisson "
        "loss fits.",
        *_BOOK,
        output='layers.Dense(1, activation="softplus")',
        loss="poisson",
    ),
)
ADVICE: Mapping[str, Mapping[str, Advice]] = MappingProxyType(
    {
        place: MappingProxyType({entry.situation: entry for entry in entries})
        for place, entries in (("hidden layer", _HIDDEN_LAYERS), ("output layer", _OUTPUT_LAYERS))
    }
)
