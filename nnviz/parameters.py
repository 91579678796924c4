"""A parameter of a registry entry: its default, its rule, and the range worth exploring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnviz import _rules

Value = float | str | bool | None
LARGEST = 1e30  # of any parameter: well inside float32, in which Keras computes some of them


@dataclass(frozen=True)
class Parameter:
    """One knob of an activation or an initializer.

    `low`, `high` and `step` span what is worth exploring (a widget's range); `minimum` and `maximum` are what the
    mathematics allows (the core's rule). A parameter with `choices` takes one of these words; one whose default is
    a bool takes a bool; an `optional` one may be None, which switches it off.
    """

    name: str
    default: Value
    meaning: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    minimum: float = -LARGEST
    maximum: float = LARGEST
    choices: tuple[str, ...] = ()
    optional: bool = False

    def check(self, owner: str, value: Any) -> Value:
        """`value` if the rule allows it; ValueError otherwise."""
        name = f"{owner}'s {self.name}"
        if value is None and self.optional:
            return None
        if self.choices:
            return _rules.choice(name, value, self.choices)
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise ValueError(f"{name} must be true or false, not {_rules.quote(value)}")
            return value
        return _rules.number(name, value, self.minimum, self.maximum)


def resolve(owner: str, parameters: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter of `owner` with its given or default value; ValueError for an unknown name or a bad value."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            has = f"one of {', '.join(known)}" if known else "none, it has no parameters"
            raise ValueError(f"{owner}'s parameter must be {has}, not {_rules.quote(name)}")
    return {name: knob.check(owner, given.get(name, knob.default)) for name, knob in known.items()}
