"""Code: an architecture as a Keras 3 program in the three styles that Keras offers, and what the three have in common.

The text is made of checked registry names and numbers only; nothing that somebody typed is copied into it.
"""

import inspect
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from nnviz import _rules
from nnviz._rules import Array
from nnviz.architectures import LAYERS, Architecture, Layer
from nnviz.initializers import LARGEST_SEED

STYLES = MappingProxyType(
    {
        "Sequential": "A list of layers: the shortest, for a plain stack.",
        "functional": "Each layer is called on the output of another: branches and several inputs become possible.",
        "subclassed": "A class with a forward pass in Python: anything goes, and Keras learns the shapes when it runs.",
    }
)
_WIDEST = 92  # characters of a line before a call is spread over several
_AWARE = {"dropout", "batchnorm"}  # layers that behave differently in training


@dataclass(frozen=True)
class BuiltStyle:
    """What Keras says of a model built in one style.

    `layers`: class of each layer; `parameters` of each layer; `total` and `trainable` parameters of the model;
    `outputs` for one sample of ones, float32, shape of the output without the batch axis.
    """

    layers: tuple[str, ...]
    parameters: tuple[int, ...]
    total: int
    trainable: int
    outputs: Array


def keras_program(architecture: Architecture, style: str, seed: int = 0) -> str:
    """A runnable Keras 3 program that builds `architecture` and prints its summary; `model` is the model.

    `style`: an entry of `STYLES`. The kernel of dense layer i (from 0) is drawn with `seed` + i, as everywhere in
    nnviz, so that all three programs hold the same weights. Raises ValueError for an unknown style or a bad seed.
    """
    write = {"Sequential": _sequential, "functional": _functional, "subclassed": _subclassed}
    _rules.choice("style", style, STYLES)
    calls = _calls(architecture, _checked(seed))
    body = write[style](architecture, calls)
    given = [layer.arguments(0) for layer in architecture.layers]
    drawn = sorted({type(one["kernel_initializer"]).__name__ for one in given if "kernel_initializer" in one})
    uses = ["import keras", "from keras import layers"]
    uses += [_import(drawn)] if drawn else []
    return "\n".join([*uses, "", *body.splitlines(), "model.summary()", ""])


def _import(names: list[str]) -> str:
    line = f"from keras.initializers import {', '.join(names)}"
    inside = "".join(f"    {name},\n" for name in names)
    return line if len(line) <= _WIDEST else f"from keras.initializers import (\n{inside})"


def compare_styles(architecture: Architecture, seed: int = 0) -> dict[str, BuiltStyle]:
    """The model built in each style by Keras, by style: the same layers, parameters and outputs, or Keras is broken.

    The models are made from the same layers as the programs of `keras_program`; no text is executed.
    """
    return {style: _describe(_build(style, architecture, _checked(seed)), architecture) for style in STYLES}


def _checked(seed: int) -> int:
    return _rules.integer("seed", seed, 0, LARGEST_SEED - 100)


@dataclass(frozen=True)
class _Call:
    """A constructor call as text: the callee and its arguments."""

    callee: str
    arguments: tuple[str, ...]

    def write(self, before: str, after: str = "") -> str:
        """`before` + the call + `after`, on one line if that is short enough, else one line per argument."""
        line = f"{before}{self.callee}({', '.join(self.arguments)}){after}"
        if len(line) <= _WIDEST or len(self.arguments) < 2:
            return line
        indent = " " * (len(before) - len(before.lstrip()))
        inside = "".join(f"{indent}    {argument},\n" for argument in self.arguments)
        return f"{before}{self.callee}(\n{inside}{indent}){after}"


def _calls(architecture: Architecture, seed: int) -> list[_Call]:
    """The constructor call of each layer."""
    found, dense = [], 0
    for layer in architecture.layers:
        found.append(_constructor(layer, seed + dense))
        dense += layer.kind == "dense"
    return found


def _constructor(layer: Layer, seed: int) -> _Call:
    given = layer.arguments(seed)
    first = [_literal(given.pop(name)) for name in ("units", "rate") if name in given]  # as everybody writes them
    return _Call(f"layers.{LAYERS[layer.kind].label}", (*first, *_keywords(given)))


def _keywords(given: dict[str, Any]) -> list[str]:
    return [f"{name}={_literal(value)}" for name, value in given.items()]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool | int | float):
        return repr(value)
    signature = inspect.signature(type(value)).parameters  # an initializer, as its class and what is not default
    given = {
        name: setting
        for name, setting in value.get_config().items()
        if name in signature and setting != signature[name].default
    }
    return f"{type(value).__name__}({', '.join(_keywords(given))})"


def _sequential(architecture: Architecture, calls: list[_Call]) -> str:
    lines = [f"        keras.Input(shape={architecture.input_shape}),", *(call.write(" " * 8, ",") for call in calls)]
    return "\n".join(["model = keras.Sequential(", "    [", *lines, "    ]", ")"])


def _functional(architecture: Architecture, calls: list[_Call]) -> str:
    names = ["x"] * (len(calls) - 1) + ["outputs"]
    sources = ["inputs", *["x"] * (len(calls) - 1)]
    lines = [call.write(f"{name} = ", f"({source})") for name, call, source in zip(names, calls, sources, strict=True)]
    first = f"inputs = keras.Input(shape={architecture.input_shape})"
    return "\n".join([first, *lines, "model = keras.Model(inputs, outputs)"])


def _subclassed(architecture: Architecture, calls: list[_Call]) -> str:
    kinds = [layer.kind for layer in architecture.layers]
    names = [f"{kind}_{kinds[: i + 1].count(kind)}" if kinds.count(kind) > 1 else kind for i, kind in enumerate(kinds)]
    aware = [", training=training" * (kind in _AWARE) for kind in kinds]
    passed = [f"self.{name}(x{more})" for name, more in zip(names, aware, strict=True)]
    return "\n".join(
        [
            "",
            "class Network(keras.Model):",
            "    def __init__(self):",
            "        super().__init__()",
            *(call.write(f"        self.{name} = ") for name, call in zip(names, calls, strict=True)),
            "",
            f"    def call(self, x{', training=None' * any(aware)}):",
            *(f"        x = {call}" for call in passed[:-1]),
            f"        return {passed[-1]}",
            "",
            "",
            "model = Network()",
            f"model(keras.Input(shape={architecture.input_shape}))  # the first call creates the weights",
        ]
    )


class _Subclassed(keras.Model):
    """What the subclassed program is, for any stack."""

    def __init__(self, stack: list[Any]) -> None:
        super().__init__()
        self.stack = stack

    def call(self, x: Any, training: bool | None = None) -> Any:
        for layer in self.stack:
            x = layer(x, training=training) if isinstance(layer, _TRAINED) else layer(x)
        return x


_TRAINED = tuple(getattr(keras.layers, LAYERS[kind].label) for kind in sorted(_AWARE))


def _build(style: str, architecture: Architecture, seed: int) -> Any:
    stack, inputs = architecture.make_layers(seed), keras.Input(shape=architecture.input_shape)
    if style == "Sequential":
        return keras.Sequential([inputs, *stack])
    if style == "subclassed":
        model = _Subclassed(stack)
        model(inputs)
        return model
    x = inputs
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


def _describe(model: Any, architecture: Architecture) -> BuiltStyle:
    stack = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    outputs = model(np.ones((1, *architecture.input_shape), np.float32), training=False)
    return BuiltStyle(
        tuple(type(layer).__name__ for layer in stack),
        tuple(layer.count_params() for layer in stack),
        model.count_params(),
        sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        _rules.read_only(outputs[0]),
    )
