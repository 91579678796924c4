"""Your own function: an entry in every menu of activations, the line it is typed on, and its parameters' sliders."""

from collections.abc import Callable, Mapping

import streamlit as st

from nnviz.activations import ELEMENTWISE, elementwise
from nnviz.expressions import FUNCTIONS, LONGEST_TYPED, parse_expression
from nnviz.parameters import Value
from nnviz.web import controls

OWN = "your function"
MENU = (*ELEMENTWISE, OWN)
_DEFAULT = "x * tanh(log(1 + exp(x)))"
_HELP = (
    "A formula in x with + − * / ^ and parentheses, numbers, pi, e and one-letter parameters (a * x), which become "
    f"sliders. Functions: {', '.join(FUNCTIONS)}. Press Enter to use it."
)


def choose(label: str, key: str, default: str) -> tuple[str, Mapping[str, Value]]:
    """One activation from a menu or typed: its name for the core and its parameters."""
    chosen = controls.choose(label, key, MENU, default)
    typed = _line(lambda: controls.set_to(key, OWN))
    name = typed if chosen == OWN else chosen
    values = parameters(name)
    if chosen != OWN or not values:
        return name, values
    # the numbers go into the name: a letter may also be the name of another argument of the core
    numbers = ", ".join(f"{letter} = {value:.6g}" for letter, value in values.items())
    return f"{typed.partition(';')[0]}; {numbers}", {}


def several(label: str, key: str, default: list[str], most: int) -> Mapping[str, str]:
    """Several activations from a menu, one of them possibly typed: the core's name by label.

    A formula that cannot be read is refused below its line, and the others stay.
    """
    chosen = controls.several(label, key, MENU, default, most)

    def add() -> None:
        others = [name for name in st.session_state[key] if name != OWN]
        controls.set_to(key, [*others[: most - 1], OWN])

    typed = _line(add)
    names = {name: typed if name == OWN else name for name in chosen}
    try:
        for name in names.values():
            elementwise(name)
    except ValueError as refusal:
        st.error(str(refusal), icon=":material/error:")
        del names[OWN]
    return names


def label(name: str) -> str:
    """What a page calls the activation `name` of the core."""
    return OWN if name.startswith("=") else name


def parameters(name: str) -> Mapping[str, Value]:
    """One control per parameter of the activation; none for a formula that the core will refuse."""
    try:
        knobs = elementwise(name).parameters
    except ValueError:
        return {}
    return controls.parameters(label(name), knobs, "own" if name.startswith("=") else name)


def _line(use_it: Callable[[], None]) -> str:
    """The line the formula is typed on; what is typed is chosen in the menu at once."""
    return "=" + controls.formula("Your own function", "own", _DEFAULT, LONGEST_TYPED, parse_expression, use_it, _HELP)
