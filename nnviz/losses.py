"""Losses that end a network, with the output units each of them fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras

from nnviz import _rules

OUTPUTS: Mapping[str, str] = MappingProxyType(
    {
        "softmax": "Probabilities that sum to 1: exactly one class is right.",
        "sigmoid": "An independent probability per class.",
        "linear": "Any number: no activation on the output.",
    }
)


@dataclass(frozen=True)
class Loss:
    """One loss: Keras' function of (targets, predictions) with one value per sample.

    `outputs` names the output units it fits. `from_logits`: it is computed from the logits directly, which keeps
    the output error at exactly a − y where the probability itself has long been rounded to 0 or 1.
    """

    name: str
    function: Callable[..., Any]
    outputs: tuple[str, ...]
    formula: str
    insight: str
    from_logits: bool = False

    def per_sample(self, targets: Any, logits: Any, output: str) -> Any:
        """Loss of each sample, shape (batch,), from the pre-activation of the output layer."""
        if self.from_logits:
            return self.function(targets, logits, from_logits=True)
        return self.function(targets, keras.activations.get(output)(logits))


_ANY = tuple(OUTPUTS)
_ENTRIES = (
    Loss(
        "categorical_crossentropy",
        keras.losses.categorical_crossentropy,
        ("softmax",),
        r"C = -\sum_k y_k \ln a_k",
        "With softmax the output error is exactly a − y: it never saturates.",
        from_logits=True,
    ),
    Loss(
        "binary_crossentropy",
        keras.losses.binary_crossentropy,
        ("sigmoid",),
        r"C = -\tfrac1K \sum_k y_k \ln a_k + (1 - y_k) \ln(1 - a_k)",
        "With sigmoid units the output error is (a − y)/K: the factor σ′ cancels.",
        from_logits=True,
    ),
    Loss(
        "mean_squared_error",
        keras.losses.mean_squared_error,
        _ANY,
        r"C = \tfrac1K \sum_k (y_k - a_k)^2",
        "Behind a sigmoid the output error carries σ′(z), so a confidently wrong unit hardly learns.",
    ),
    Loss(
        "mean_absolute_error",
        keras.losses.mean_absolute_error,
        _ANY,
        r"C = \tfrac1K \sum_k |y_k - a_k|",
        "Every error pulls equally hard, however large it is.",
    ),
    Loss(
        "huber",
        keras.losses.huber,
        _ANY,
        r"C = \tfrac1K \sum_k \tfrac12 e_k^2 \text{ if } |e_k| \le 1 \text{, else } |e_k| - \tfrac12",
        "Squared near zero, absolute far away: outliers do not dominate.",
    ),
    Loss(
        "log_cosh",
        keras.losses.log_cosh,
        _ANY,
        r"C = \tfrac1K \sum_k \ln\cosh(y_k - a_k)",
        "A smooth relative of Huber.",
    ),
)
LOSSES: Mapping[str, Loss] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def check_loss(loss: str, output: str) -> Loss:
    """The registry's entry for `loss`, if it fits the output unit; ValueError otherwise."""
    entry = LOSSES[_rules.choice("loss", loss, LOSSES)]
    _rules.choice("output", output, OUTPUTS)
    if output not in entry.outputs:
        raise ValueError(f"output must be {' or '.join(entry.outputs)} for loss {loss}, not {output!r}")
    return entry
