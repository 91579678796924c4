"""Controls: Streamlit's widgets, each bound to a query parameter, so that the address is the whole state.

A value in the address that breaks a control's rule is refused with a notice on the page, and the default stays.
"""

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import streamlit as st

from nnviz.parameters import Parameter, Value
from nnviz.web.plain import harmless

T = TypeVar("T")
_LONGEST_QUOTE = 40  # characters of an address repeated in a notice
_RATE_DIGITS = (1, 1.2, 1.5, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
_BOUND: Any = {"bind": "query-params"}
_notices: ContextVar[list[str]] = ContextVar("notices")


def _quote(text: str) -> str:
    """`text` from an address, harmless and bounded."""
    return "“" + harmless(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…") + "”"


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


class _Sent:
    """What the address says about one control, compared with the rule that the control follows."""

    def __init__(self, key: str, rule: str) -> None:
        self._key, self._rule = key, rule
        self.values = st.query_params.get_all(key)  # read before the widget, which removes what it refuses

    def judge(self, valid: bool, shown: Any) -> None:
        if self.values and not valid:
            instead = (
                "none" if shown is None else _quote(shown) if isinstance(shown, str) else harmless(json.dumps(shown))
            )
            sent = _quote(", ".join(self.values))
            _notices.get([]).append(f"{self._key} must be {self._rule}, not {sent}; it shows {instead}.")

    def is_number(self, low: float, high: float, whole: bool, count: int = 1) -> bool:
        return len(self.values) == count and all(_is_number(text, low, high, whole) for text in self.values)

    def is_one_of(self, options: Collection[str], most: int = 1) -> bool:
        return len(self.values) <= most and all(text in options for text in self.values)


def _is_number(text: str, low: float, high: float, whole: bool) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and low <= value <= high and (not whole or value.is_integer())


def _a_number(low: float, high: float, whole: bool) -> str:
    return f"one {'whole number' if whole else 'number'} from {low:g} to {high:g}"


def slider(label: str, key: str, low: Any, high: Any, default: Any, step: Any, help: str | None = None) -> Any:
    """A number from `low` to `high`; whole if `step` is an int."""
    whole = isinstance(step, int)
    sent = _Sent(key, _a_number(low, high, whole))
    form = "%d" if whole else f"%0.{max(0, -math.floor(math.log10(step) + 1e-9))}f"
    value = st.slider(label, low, high, default, step, key=key, help=help, format=form, **_BOUND)
    sent.judge(sent.is_number(low, high, whole), value)
    return value


def rate(label: str, key: str, default: float, help: str | None = None) -> float:
    """A learning rate from 0.0001 to 10, on a logarithmic slider of thirteen values per power of ten.

    It starts at the largest of them that does not exceed `default`: rates have upper bounds.
    """
    options = [f"{digit * 10.0**power:.6g}" for power in range(-4, 1) for digit in _RATE_DIGITS] + ["10"]
    first = [option for option in options if float(option) <= default * (1 + 1e-9)][-1]
    sent = _Sent(key, "a learning rate from its slider, 0.0001 to 10")
    value = st.select_slider(label, options, first, key=key, help=help, **_BOUND)
    sent.judge(sent.is_one_of(options), value)
    return float(value)


def span(label: str, key: str, low: int, high: int, default: tuple[int, int], help: str | None = None) -> Any:
    """Two whole numbers from `low` to `high`."""
    sent = _Sent(key, f"two whole numbers from {low} to {high}")
    value = st.slider(label, low, high, default, 1, key=key, help=help, **_BOUND)
    sent.judge(sent.is_number(low, high, True, count=2), value)
    return value


def seed(key: str = "seed") -> int:
    """The seed of everything random on the page."""
    return integer("Seed", key, 0, 999_999, 0, "The same seed draws the same numbers, on every machine.")


def integer(label: str, key: str, low: int, high: int, default: int, help: str | None = None) -> int:
    """A typed whole number from `low` to `high`."""
    sent = _Sent(key, _a_number(low, high, True))
    limits = float(low), float(high), float(default), 1.0  # a whole-number input fails on an infinity in the address
    value = int(st.number_input(label, *limits, format="%.0f", key=key, help=help, **_BOUND))
    sent.judge(sent.is_number(low, high, True), value)
    return value


def choose(label: str, key: str, options: Sequence[str], default: str | None = None, help: str | None = None) -> str:
    """One of many names, in a menu."""
    sent = _Sent(key, "a name from its menu")
    index = list(options).index(default) if default else 0
    value = str(st.selectbox(label, options, index, key=key, help=help, **_BOUND))
    sent.judge(sent.is_one_of(options), value)
    return value


def pick(label: str, key: str, options: Sequence[str], help: str | None = None) -> str:
    """One of a few names, side by side; the first is the default."""
    sent = _Sent(key, f"one of {', '.join(options)}")
    chosen = st.segmented_control(label, options, default=options[0], required=True, key=key, help=help, **_BOUND)
    value = options[0] if chosen is None else str(chosen)  # an empty value in the address chooses none
    sent.judge(sent.is_one_of(options), value)
    return value


def several(label: str, key: str, options: Sequence[str], default: list[str], most: int) -> list[str]:
    """Several names from a menu, `most` at a time."""
    sent = _Sent(key, f"up to {most} names from its menu")
    blank = key not in st.session_state and sent.values == [""]
    bound = {} if blank else _BOUND  # a widget that is bound would begin with nothing chosen
    value = st.multiselect(label, options, default, max_selections=most, key=key, **bound)
    sent.judge(sent.is_one_of(options, most), value)
    if blank:
        del st.query_params[key]
    return value


def switch(label: str, key: str, default: bool = False, help: str | None = None) -> bool:
    """On or off."""
    sent = _Sent(key, "true or false")
    value = bool(st.toggle(label, default, key=key, help=help, **_BOUND))
    sent.judge(len(sent.values) == 1 and sent.values[0].lower() in {"true", "false"}, value)
    return value


def numbers(label: str, key: str, default: str, longest: int, help: str | None = None) -> list[float]:
    """A typed or pasted list of numbers; ValueError with the entry that is none."""
    sent = _Sent(key, f"one text of at most {longest:,} characters")
    text = st.text_area(label, default, max_chars=longest, height=90, key=key, help=help, **_BOUND) or ""
    sent.judge(len(sent.values) == 1 and len(sent.values[0]) <= longest, text)
    return _parse(label, text)


def text(label: str, key: str, default: str, longest: int, read: Callable[[str], T], help: str | None = None) -> T:
    """A typed text as `read` understands it; its ValueError is for the page to show.

    A text in the address that `read` refuses gives way to the default, like that of every other control.
    """
    sent = _Sent(key, "a text that this page can read")
    _write_into_address(key, default)
    broken = key not in st.session_state and len(sent.values) > 0 and not _reads(read, sent.values)
    bound = {} if broken else _BOUND  # a widget that is bound would show the broken text
    typed = st.text_area(label, default, max_chars=longest, height="content", key=key, help=help, **bound) or ""
    sent.judge(not broken, default.partition("\n")[0] + " …")
    if broken:
        del st.query_params[key]
    return read(typed)


def formula(
    label: str, key: str, default: str, longest: int, read: Callable[[str], Any], then: Callable[[], None], help: str
) -> str:
    """One typed line that `read` understands, or not: its ValueError is for the page to show. `then` after a change.

    A line in the address that `read` refuses gives way to the default.
    """
    sent = _Sent(key, "a formula that this page can read")
    _write_into_address(key, default)
    broken = key not in st.session_state and len(sent.values) > 0 and not _reads(read, sent.values)
    bound = {} if broken else _BOUND  # a widget that is bound would show the broken line
    typed = st.text_input(label, default, max_chars=longest, key=key, help=help, on_change=then, **bound) or ""
    sent.judge(not broken, default)
    if broken:
        del st.query_params[key]
    return typed


def _write_into_address(key: str, default: str) -> None:
    """After a broken link the widget in the browser is not bound yet: what is first typed into it is written here."""
    if key not in st.query_params and st.session_state.get(key, default) != default:
        st.session_state[key] = st.session_state[key]  # what code assigns, Streamlit writes into the address


def _reads(read: Callable[[str], Any], values: list[str]) -> bool:
    try:
        read(values[0])
    except ValueError:
        return False
    return len(values) == 1


def line(label: str, key: str, default: str, longest: int, help: str | None = None) -> list[float]:
    """A list of numbers typed on one line; ValueError with the entry that is none."""
    return _parse(label, _typed(label, key, default, longest, help))


def table(label: str, key: str, default: str, longest: int, help: str | None = None) -> list[list[float]]:
    """Rows of numbers typed on one line, a semicolon after each row; ValueError with the entry that is none."""
    rows = _typed(label, key, default, longest, help).rstrip("; ").split(";")
    return [_parse(f"{label}, row {place}" if len(rows) > 1 else label, row) for place, row in enumerate(rows, 1)]


def _typed(label: str, key: str, default: str, longest: int, help: str | None) -> str:
    sent = _Sent(key, f"one text of at most {longest:,} characters")
    text = st.text_input(label, default, max_chars=longest, key=key, help=help, **_BOUND) or ""
    sent.judge(len(sent.values) == 1 and len(sent.values[0]) <= longest, text)
    return text


def _parse(label: str, text: str) -> list[float]:
    found = []
    for place, entry in enumerate(text.replace(",", " ").replace(";", " ").split(), 1):
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
        sent = _Sent(key, _a_number(knob.low, knob.high, False))
        more: Any = {"key": key, "help": knob.meaning, "placeholder": "none", **_BOUND}
        typed: float | None = st.number_input(label, knob.low, knob.high, None, knob.step, **more)
        sent.judge(sent.is_number(knob.low, knob.high, False), typed)
        return typed
    return float(slider(label, key, knob.low, knob.high, knob.default, knob.step, knob.meaning))
