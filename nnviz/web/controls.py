"""Controls: Streamlit's widgets, each bound to a query parameter, so that the address is the whole state.

A value in the address that breaks a control's rule is refused with a notice on the page, and the default stays.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from nnviz.parameters import Parameter, Value

_LONGEST_QUOTE = 40  # characters of an address repeated in a notice
_BOUND: Any = {"bind": "query-params"}
_notices: ContextVar[list[str]] = ContextVar("notices")


def _quote(text: str) -> str:
    """`text` from an address, harmless in Markdown: its special characters escaped, its length bounded."""
    short = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
    plain = "".join(letter if letter.isprintable() else "�" for letter in short)
    return "“" + "".join("\\" + letter if letter in r"\`*_{}[]()<>#+-.!|$~:^&" else letter for letter in plain) + "”"


@contextmanager
def reading_the_address() -> Iterator[None]:
    """Around a page: collects what its controls refuse and shows it above the page in one notice."""
    place = st.empty()
    refused: list[str] = []
    token = _notices.set(refused)
    try:
        yield
    finally:
        _notices.reset(token)
        for name in [name for name in st.query_params if name not in st.session_state]:
            refused.append(f"This page has no control {_quote(name)}.")
            del st.query_params[name]
        if refused:
            place.warning("  \n".join(["**The link was not quite right.**", *refused]), icon=":material/link_off:")


def _check(key: str, rule: str, valid: Callable[[list[str]], bool]) -> None:
    sent = st.query_params.get_all(key)
    if sent and not valid(sent):
        _notices.get([]).append(f"{key} must be {rule}, not {_quote(', '.join(sent))}; the default is shown instead.")


def _is_number(text: str, low: float, high: float, whole: bool) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and low <= value <= high and (not whole or value.is_integer())


def slider(label: str, key: str, low: Any, high: Any, default: Any, step: Any, help: str | None = None) -> Any:
    """A number from `low` to `high`; whole if `step` is an int."""
    whole = isinstance(step, int)
    rule = f"one {'whole number' if whole else 'number'} from {low} to {high}"
    _check(key, rule, lambda sent: len(sent) == 1 and _is_number(sent[0], low, high, whole))
    form = "%d" if whole else f"%0.{max(0, -math.floor(math.log10(step) + 1e-9))}f"
    return st.slider(label, low, high, default, step, key=key, help=help, format=form, **_BOUND)


def span(label: str, key: str, low: int, high: int, default: tuple[int, int], help: str | None = None) -> Any:
    """Two whole numbers from `low` to `high`."""
    _check(
        key,
        f"two whole numbers from {low} to {high}",
        lambda sent: len(sent) == 2 and all(_is_number(text, low, high, True) for text in sent),
    )
    return st.slider(label, low, high, default, 1, key=key, help=help, **_BOUND)


def seed(key: str = "seed") -> int:
    """The seed of everything random on the page: typed, or dealt anew."""
    return integer("Seed", key, 0, 999_999, 0, "The same seed draws the same numbers, on every machine.")


def integer(label: str, key: str, low: int, high: int, default: int, help: str | None = None) -> int:
    """A typed whole number from `low` to `high`."""
    _check(
        key,
        f"one whole number from {low} to {high}",
        lambda sent: len(sent) == 1 and _is_number(sent[0], low, high, True),
    )
    return int(st.number_input(label, low, high, default, 1, key=key, help=help, **_BOUND))


def choose(label: str, key: str, options: Sequence[str], default: str | None = None, help: str | None = None) -> str:
    """One of many names, in a menu."""
    _check(key, "a name from its menu", lambda sent: len(sent) == 1 and sent[0] in options)
    index = list(options).index(default) if default else 0
    return str(st.selectbox(label, options, index, key=key, help=help, **_BOUND))


def pick(label: str, key: str, options: Sequence[str], help: str | None = None) -> str:
    """One of a few names, side by side; the first is the default."""
    _check(key, f"one of {', '.join(options)}", lambda sent: len(sent) == 1 and sent[0] in options)
    chosen = st.segmented_control(label, options, default=options[0], key=key, help=help, **_BOUND)
    return str(chosen)


def several(label: str, key: str, options: Sequence[str], default: list[str], most: int) -> list[str]:
    """Several names from a menu, `most` at a time."""
    _check(
        key,
        f"up to {most} names from its menu",
        lambda sent: len(sent) <= most and all(name in options for name in sent),
    )
    return st.multiselect(label, options, default, max_selections=most, key=key, **_BOUND)


def switch(label: str, key: str, default: bool = False, help: str | None = None) -> bool:
    """On or off."""
    _check(key, "true or false", lambda sent: len(sent) == 1 and sent[0].lower() in {"true", "false"})
    return bool(st.toggle(label, default, key=key, help=help, **_BOUND))


def numbers(label: str, key: str, default: str, longest: int, help: str | None = None) -> list[float]:
    """A typed or pasted list of numbers; ValueError with the entry that is none."""
    text = st.text_area(label, default, max_chars=longest, height=90, key=key, help=help, **_BOUND) or ""
    entries = text.replace(",", " ").replace(";", " ").split()
    found = []
    for place, entry in enumerate(entries, 1):
        try:
            found.append(float(entry))
        except ValueError:
            shown = entry if len(entry) <= _LONGEST_QUOTE else entry[:_LONGEST_QUOTE] + "…"
            raise ValueError(f"{label}: entry {place} must be a number, not {shown!r}") from None
    return found


def set_to(key: str, value: Any) -> None:
    """What a preset's button does: the control takes `value`, and the address follows."""
    st.session_state[key] = value


def parameters(owner: str, knobs: Sequence[Parameter], prefix: str) -> Mapping[str, Value]:
    """One control per parameter of a registry entry, named `prefix.parameter` in the address."""
    return {knob.name: _parameter(owner, knob, f"{prefix}.{knob.name}") for knob in knobs}


def _parameter(owner: str, knob: Parameter, key: str) -> Value:
    label = f"{owner}: {knob.name.replace('_', ' ')}"
    if knob.choices:
        return choose(label, key, knob.choices, str(knob.default), knob.meaning)
    if isinstance(knob.default, bool):
        return switch(label, key, knob.default, knob.meaning)
    if knob.optional:
        sent = f"a number from {knob.low} to {knob.high}"
        _check(key, sent, lambda values: len(values) == 1 and _is_number(values[0], knob.low, knob.high, False))
        more: Any = {"key": key, "help": knob.meaning, "placeholder": "none", **_BOUND}
        typed: float | None = st.number_input(label, knob.low, knob.high, None, knob.step, **more)
        return typed
    return float(slider(label, key, knob.low, knob.high, knob.default, knob.step, knob.meaning))
