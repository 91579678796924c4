"""Architectures: a stack of layers described in a few words, checked, counted and made by Keras.

    input 28x28; flatten; dense 256 relu he_normal; dropout 0.2; dense 10 softmax

One layer per statement, statements separated by `;` or line breaks. A description contains nothing but names of the
registries and numbers, so whatever is made from it (a model, a program text) is made from these alone.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import Any

import keras

from nnviz import _rules
from nnviz.activations import ACTIVATIONS
from nnviz.initializers import INITIALIZERS

LONGEST = 1_000  # characters of a description
MOST_LAYERS = 20
MOST_UNITS = 1_024
HIGHEST_RATE = 0.99  # of dropout
MOST_VALUES = 16_384  # numbers that leave one layer for one sample
MOST_PARAMETERS = 2_000_000
DEFAULT_INITIALIZER = "glorot_uniform"  # Keras' own for Dense
Shape = tuple[int, ...]


def _fits_dense(name: str) -> bool:
    """Whether Dense accepts the bare name: the function needs nothing but z, and returns as many numbers as it gets."""
    entry = ACTIVATIONS[name]
    needs = [p for p in inspect.signature(entry.function).parameters.values() if p.default is p.empty]
    own = vars(keras.activations).get(name) is not entry.function  # Keras knows it by another name, or differently
    return not own and len(needs) == 1 and name != "glu"


DENSE_ACTIVATIONS = tuple(name for name in ACTIVATIONS if _fits_dense(name))


@dataclass(frozen=True)
class Layer:
    """One layer, checked when made: `kind` names its entry in `LAYERS`; the other fields belong to dense.

    `units` from 1 to 1,024; `activation` from `DENSE_ACTIVATIONS`; `initializer` from `INITIALIZERS`; `rate`, of
    dropout alone, from 0 to 0.99.
    """

    kind: str
    units: int = 1
    activation: str = "linear"
    initializer: str = DEFAULT_INITIALIZER
    use_bias: bool = True
    rate: float = 0.5

    def __post_init__(self) -> None:
        _rules.choice("kind", self.kind, LAYERS)
        _rules.choice("activation", self.activation, DENSE_ACTIVATIONS)
        _rules.choice("initializer", self.initializer, INITIALIZERS)
        if not isinstance(self.use_bias, bool):
            raise ValueError(f"use_bias must be true or false, not {self.use_bias!r}")
        object.__setattr__(self, "units", _rules.integer("units", self.units, 1, MOST_UNITS))
        object.__setattr__(self, "rate", _rules.number("rate", self.rate, 0, HIGHEST_RATE))

    @property
    def text(self) -> str:
        """The layer in the words of a description, defaults left out."""
        if self.kind == "dropout":
            return f"dropout {self.rate:g}"
        if self.kind != "dense":
            return self.kind
        words = ["dense", str(self.units)]
        words += [self.activation] * (self.activation != "linear")
        words += [self.initializer] * (self.initializer != DEFAULT_INITIALIZER)
        return " ".join([*words, *["nobias"] * (not self.use_bias)])

    def arguments(self, seed: int) -> dict[str, Any]:
        """What Keras' constructor receives; the kernel is drawn with `seed`."""
        if self.kind == "dropout":
            return {"rate": self.rate}
        if self.kind != "dense":
            return {}
        entry = INITIALIZERS[self.initializer]
        given: dict[str, Any] = {"units": self.units}
        given |= {"activation": self.activation} if self.activation != "linear" else {}
        given |= {} if self.use_bias else {"use_bias": False}
        drawn = entry.make(seed=seed, **{knob.name: knob.default for knob in entry.parameters})
        return given | {"kernel_initializer": drawn}

    def make(self, seed: int) -> Any:
        """The Keras layer."""
        return getattr(keras.layers, LAYERS[self.kind].label)(**self.arguments(seed))


@dataclass(frozen=True)
class LayerKind:
    """One kind of layer: its word, Keras' class, formula and insight, and what it does to shapes and parameters.

    `weights(layer, n)` gives the terms whose sum is the number of parameters, for n numbers on the last axis.
    `frozen` of them are not trained by gradient descent, as a share.
    """

    name: str
    label: str
    formula: str
    insight: str
    source: str
    url: str
    weights: Callable[[Layer, int], tuple[Shape, ...]] = lambda layer, n: ()
    frozen: float = 0.0


def _dense_weights(layer: Layer, n: int) -> tuple[Shape, ...]:
    return ((n, layer.units), (layer.units,)) if layer.use_bias else ((n, layer.units),)


_KERAS = "https://keras.io/api/layers/"
_ENTRIES = (
    LayerKind(
        "dense",
        "Dense",
        r"a = \varphi(xW + b)",
        "Every unit sees every input: n_in · n_out weights and n_out biases.",
        "Keras documentation",
        _KERAS + "core_layers/dense/",
        _dense_weights,
    ),
    LayerKind(
        "flatten",
        "Flatten",
        r"(h, w) \to h \cdot w",
        "Lays the rows of an image end to end: the numbers stay, the neighbourhood is lost.",
        "Keras documentation",
        _KERAS + "reshaping_layers/flatten/",
    ),
    LayerKind(
        "dropout",
        "Dropout",
        r"a = m \odot x / (1 - p),\; m \sim \mathrm{Bernoulli}(1 - p)",
        "Silences a random share p of its inputs in every training step, and does nothing when the network predicts.",
        "Srivastava et al. 2014",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    LayerKind(
        "batchnorm",
        "BatchNormalization",
        r"a = \gamma\,\frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}} + \beta",
        "Normalises each unit over the batch; it remembers a mean and a variance per unit that no gradient trains.",
        "Ioffe & Szegedy 2015",
        "https://arxiv.org/abs/1502.03167",
        lambda layer, n: ((4, n),),
        frozen=0.5,
    ),
    LayerKind(
        "layernorm",
        "LayerNormalization",
        r"a = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta",
        "Normalises each sample over its units: the same in training and in use, whatever the batch.",
        "Ba, Kiros & Hinton 2016",
        "https://arxiv.org/abs/1607.06450",
        lambda layer, n: ((2, n),),
    ),
    LayerKind(
        "softmax",
        "Softmax",
        r"p_i = e^{z_i} / \sum_j e^{z_j}",
        "Turns scores into probabilities that sum to 1; it has nothing to learn.",
        "Bridle 1990",
        "https://doi.org/10.1007/978-3-642-76153-9_28",
    ),
)
LAYERS: Mapping[str, LayerKind] = MappingProxyType({entry.name: entry for entry in _ENTRIES})

# The networks of the lecture notes, and two that use every kind of layer.
ARCHITECTURES: Mapping[str, str] = MappingProxyType(
    {
        "3 → 3 → 2 → 2": "input 3\ndense 3 relu\ndense 2 relu\ndense 2 softmax",
        "28×28 → 256 → 128 → 64 → 10": (
            "input 28x28\nflatten\ndense 256 relu\ndense 128 relu\ndense 64 relu\ndense 10 softmax"
        ),
        "Regularised": (
            "input 8x8\nflatten\ndense 64 relu he_normal nobias\nbatchnorm\ndropout 0.3\n"
            "dense 32 gelu\nlayernorm\ndense 10\nsoftmax"
        ),
        "Regression": "input 5\ndense 8 tanh\ndense 1",
    }
)


@dataclass(frozen=True)
class LayerRow:
    """What one layer does to shapes (without the batch axis) and how many parameters it has.

    `weights`: the shapes whose products add up to `parameters`; `trainable` of these are trained by gradient descent.
    """

    layer: Layer
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Shape, ...]

    @property
    def parameters(self) -> int:
        return sum(map(prod, self.weights))

    @property
    def trainable(self) -> int:
        return round(self.parameters * (1 - LAYERS[self.layer.kind].frozen))

    @property
    def arithmetic(self) -> str:
        """The number of parameters written out: 784 · 256 + 256 = 200,960."""
        if not self.weights:
            return "0"
        terms = (" · ".join(f"{size:,}" for size in shape) for shape in self.weights)
        return f"{' + '.join(terms)} = {self.parameters:,}"


@dataclass(frozen=True)
class Architecture:
    """A stack of layers on inputs of `input_shape` (without the batch axis), checked when made. Frozen, hashable."""

    input_shape: Shape
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.input_shape) <= 3:
            raise ValueError(f"input must have one to three sizes, not {len(self.input_shape)}")
        shape = tuple(_rules.integer("input's size", size, 1, MOST_VALUES) for size in self.input_shape)
        if prod(shape) > MOST_VALUES:
            raise ValueError(f"input must have at most {MOST_VALUES:,} numbers, not {prod(shape):,}")
        object.__setattr__(self, "input_shape", shape)
        if not 1 <= len(self.layers) <= MOST_LAYERS:
            raise ValueError(f"layers must be 1 to {MOST_LAYERS} after the input, not {len(self.layers)}")
        for row in self.rows:
            if prod(row.output_shape) > MOST_VALUES:
                raise ValueError(
                    f"layers must hand on at most {MOST_VALUES:,} numbers, not the {prod(row.output_shape):,} "
                    f"of {row.layer.text!r}"
                )
        if self.parameters > MOST_PARAMETERS:
            raise ValueError(f"layers must have at most {MOST_PARAMETERS:,} parameters, not {self.parameters:,}")

    @cached_property
    def rows(self) -> tuple[LayerRow, ...]:
        """One row per layer, in order."""
        found, shape = [], self.input_shape
        for layer in self.layers:
            weights = LAYERS[layer.kind].weights(layer, shape[-1])
            after = {"dense": (*shape[:-1], layer.units), "flatten": (prod(shape),)}.get(layer.kind, shape)
            found.append(LayerRow(layer, shape, after, weights))
            shape = after
        return tuple(found)

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        return sum(row.trainable for row in self.rows)

    @property
    def text(self) -> str:
        """The description, one layer per line; parsing it gives this architecture back."""
        return "\n".join([f"input {'x'.join(map(str, self.input_shape))}", *(layer.text for layer in self.layers)])

    def make_layers(self, seed: int) -> list[Any]:
        """Keras' layers, not yet built; the kernel of dense layer i (from 0) is drawn with `seed` + i."""
        dense = 0
        made = []
        for layer in self.layers:
            made.append(layer.make(seed + dense))
            dense += layer.kind == "dense"
        return made


def parse_architecture(text: str) -> Architecture:
    """The architecture that `text` describes.

    Statements, separated by `;` or line breaks, in this order: `input 28x28` (1 to 3 sizes, at most 16,384 numbers),
    then 1 to 20 of `dense UNITS [activation] [initializer] [nobias]` (1 to 1,024 units), `flatten`, `dropout RATE`
    (0 ≤ rate < 1), `batchnorm`, `layernorm`, `softmax`. Raises ValueError naming the layer and the word at fault.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        size = f"{len(text):,} characters" if isinstance(text, str) else repr(type(text).__name__)
        raise ValueError(f"layers must be one text of at most {LONGEST:,} characters, not {size}")
    statements = [part.lower().split() for part in re.split(r"[;\n]", text) if part.strip()]
    if not statements or statements[0][0] != "input":
        raise ValueError("layers must begin with the input, for example: input 28x28")
    shape = _input_shape(statements[0][1:])
    if len(statements) - 1 > MOST_LAYERS:  # before any of them is read
        raise ValueError(f"layers must be 1 to {MOST_LAYERS} after the input, not {len(statements) - 1}")
    return Architecture(shape, tuple(_layer(f"layer {i}", *words) for i, words in enumerate(statements[1:], 1)))


def _input_shape(words: list[str]) -> Shape:
    sizes = re.split("[x×]", words[0]) if len(words) == 1 else []
    if not 1 <= len(sizes) <= 3:
        raise ValueError(f"input must have one to three sizes, such as 784 or 28x28, not {' '.join(words)[:40]!r}")
    return tuple(_whole("input's size", size, MOST_VALUES) for size in sizes)


def _whole(name: str, word: str, most: int) -> int:
    """A whole number in plain digits: `1e3`, `1_0` and other scripts' digits are refused as the text they are."""
    digits = re.fullmatch(r"[0-9]{1,9}", word)
    return _rules.integer(name, int(word) if digits else word, 1, most)


def _layer(place: str, kind: str, *words: str) -> Layer:
    _rules.choice(place, kind, LAYERS)
    if kind == "dense":
        return _dense(place, *words)
    expected = 1 if kind == "dropout" else 0
    if len(words) != expected:
        takes = "one number, its rate" if expected else "no further words"
        raise ValueError(f"{place}: {kind} takes {takes}, not {' '.join(words)[:40]!r}")
    if kind == "dropout":
        return Layer(kind, rate=_rate(place, words[0]))
    return Layer(kind)


def _rate(place: str, word: str) -> float:
    plain = re.fullmatch(r"[0-9]{0,3}\.?[0-9]{1,6}", word)
    return _rules.number(f"{place}: dropout's rate", float(word) if plain else word, 0, HIGHEST_RATE)


def _dense(place: str, units: str = "", *words: str) -> Layer:
    given: dict[str, Any] = {"units": _whole(f"{place}: dense's units", units, MOST_UNITS)}
    for word in words:
        value: str | bool = word
        if word in DENSE_ACTIVATIONS:
            field = "activation"
        elif word in INITIALIZERS:
            field = "initializer"
        elif word == "nobias":
            field, value = "use_bias", False
        else:
            raise ValueError(
                f"{place}: {word[:40]!r} must be an activation of Dense (such as relu), "
                "an initializer (such as he_normal) or nobias"
            )
        if field in given:
            raise ValueError(f"{place}: dense takes one {field.replace('use_bias', 'nobias')}, not also {word!r}")
        given[field] = value
    return Layer("dense", **given)
