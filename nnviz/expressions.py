"""Expressions: a typed formula in x, read by a small grammar and compiled to Keras operations.

    text    := sum (";" letter "=" number ("," letter "=" number)*)?
    sum     := product (("+" | "-") product)*
    product := signed (("*" | "/") signed)*
    signed  := ("-" | "+") signed | power
    power   := atom ("^" signed)?
    atom    := number | "x" | "pi" | "e" | parameter | function "(" sum ("," sum)* ")" | "(" sum ")"

A parameter is any other single letter; behind the semicolon it may be given a number, otherwise it is 1. There is no
other syntax: no attribute, no index, no comparison, no name outside `FUNCTIONS`, and nothing is ever handed to Python's
own parser.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import keras

LONGEST = 200  # characters, spaces not counted
LONGEST_TYPED = 1_000  # characters with spaces, which are cheap to skip but not free
DEEPEST = 20  # levels of nesting
MOST_NODES = 100  # numbers, letters and operations
MOST_PARAMETERS = 4
LARGEST_GIVEN = 1_000.0  # of a parameter
LARGEST = 10_000.0  # of a typed number: float16 ends at 65,504
_AROUND = 24  # characters quoted on either side of a mistake

Given = Mapping[str, float]
Run = Callable[[Any, Given], Any]
_ops = keras.ops


class Function(NamedTuple):
    """One function of the allow-list: Keras' operation, how many arguments it takes, and its name in LaTeX."""

    operation: Callable[..., Any]
    arguments: int
    latex: str


def _function(name: str, arguments: int = 1, latex: str = "") -> Function:
    return Function(getattr(_ops, name), arguments, latex or rf"\operatorname{{{name}}}")


_PLAIN = ("erf", "relu", "relu6", "softplus", "softsign", "silu", "elu", "selu", "hard_sigmoid")
_LATIN = ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan")  # LaTeX has a command of the same name
FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        **{name: _function(name, latex=rf"\{name}") for name in _LATIN},
        "log": _function("log", latex=r"\ln"),
        "ln": _function("log", latex=r"\ln"),
        "sqrt": _function("sqrt", latex=r"\sqrt"),
        "abs": _function("abs", latex="|"),
        "sign": _function("sign"),
        "sigmoid": _function("sigmoid", latex=r"\sigma"),
        **{name: _function(name, latex=rf"\operatorname{{{name.replace('_', ' ')}}}") for name in _PLAIN},
        "gelu": Function(partial(_ops.gelu, approximate=False), 1, r"\operatorname{gelu}"),  # as in `ACTIVATIONS`
        "max": _function("maximum", 2, r"\max"),
        "min": _function("minimum", 2, r"\min"),
    }
)
CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e})


@dataclass(frozen=True)
class Expression:
    """A function of x compiled from `text`: call it with a tensor x and a number for each of its `parameters`.

    `text` is the formula in its normal spelling, which is read back as the same function; `latex` shows it as a
    formula; `defaults` are the numbers of the parameters in the text. The result has the shape and the dtype of x
    (float64, float32 or float16), eagerly or while tracing.
    """

    text: str
    latex: str
    defaults: Mapping[str, float]
    run: Run

    def __call__(self, x: Any, **given: float) -> Any:
        return self.run(_ops.convert_to_tensor(x), {**self.defaults, **given})

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(self.defaults)


class _Token(NamedTuple):
    """One word of an expression: "number", "name", "sign" or "end", its normal spelling, its place from 0."""

    kind: str
    text: str
    place: int
    typed: str


class _Term(NamedTuple):
    """A part of an expression that has been read: what it computes, its LaTeX, and how tightly it binds."""

    run: Run
    latex: str
    binds: int


_SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(5)
_WORD = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>\*\*|[-+*/^(),−×·÷]))"  # the typographic signs of a pasted formula
)
_GIVEN = re.compile(r"\s*([A-Za-z])\s*=\s*([+-−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(?:,|$)")
_SPELLED = {"**": "^", "−": "-", "×": "*", "·": "*", "÷": "/"}
_INFIX: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _ops.add,
    "-": _ops.subtract,
    "*": _ops.multiply,
    "/": _ops.divide,
}


def parse_expression(text: str) -> Expression:
    """The function of x that `text` spells.

    `text`: at most 200 characters (spaces not counted), nested at most 20 deep, at most 100 operands and operations
    and 4 parameters; case does not matter, `**` is `^`, and a minus binds less than a power: −x^2 is −(x²). Numbers
    of parameters follow behind a semicolon: a * x; a = 0.5.
    Raises ValueError with the character at which the reading failed, counted from 1 and marked ▸so◂.
    """
    if not isinstance(text, str):
        raise ValueError(f"expression must be a text such as x * tanh(x), not {type(text).__name__}")
    formula = text.partition(";")[0]
    if len(text) > LONGEST_TYPED or sum(not letter.isspace() for letter in formula) > LONGEST:
        raise ValueError(f"expression must be at most {LONGEST} characters long, not {len(text):,}")
    return _Reader(text).read()


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._formula, self._semicolon, _ = text.partition(";")
        self._tokens = self._split()
        self._next = 0
        self._depth = 0
        self._nodes = 0
        self._letters: set[str] = set()
        self._has_x = False

    def read(self) -> Expression:
        if len(self._tokens) == 1:
            raise ValueError("expression must be a formula in x such as x * tanh(x), not an empty text")
        whole = self._sum()
        if self._token.kind != "end":
            raise self._refuse("have an operator such as * or + here, or end")
        if not self._has_x:
            raise ValueError(f"expression must contain x, because it is to be a function of x, not `{self._spell()}`")
        defaults = dict.fromkeys(sorted(self._letters), 1.0) | self._numbers()
        numbers = ", ".join(f"{letter} = {value:.12g}" for letter, value in defaults.items())
        text = f"{self._spell()}; {numbers}" if self._semicolon and defaults else self._spell()
        return Expression(text, whole.latex, MappingProxyType(defaults), whole.run)

    def _numbers(self) -> dict[str, float]:
        """What stands behind the semicolon."""
        found: dict[str, float] = {}
        place, end = len(self._formula) + 1, len(self._text.rstrip())
        while place < end:
            given = _GIVEN.match(self._text, place, end)
            letter = given[1].lower() if given else ""
            value = float(given[2].replace("−", "-")) if given else math.inf
            if not given or letter not in self._letters or abs(value) > LARGEST_GIVEN:
                rule = (
                    f"give its parameters numbers up to {LARGEST_GIVEN:,.0f} behind the semicolon, as in a = 0.5, b = 2"
                )
                raise self._refuse(rule, _Token("bad", "", place, self._text[place : place + 1]))
            found[letter] = value
            place = given.end()
        return found

    def _split(self) -> list[_Token]:
        tokens, place = [], 0
        end = len(self._formula.rstrip())
        while place < end:
            found = _WORD.match(self._formula, place)
            if not found:
                place += len(self._text[place:]) - len(self._text[place:].lstrip())
                raise self._refuse(
                    "consist of numbers, names and the signs + - * / ^ ( ) ,",
                    _Token("bad", self._text[place], place, self._text[place]),
                )
            kind = str(found.lastgroup)
            typed = found[kind]
            spelled = _SPELLED.get(typed, typed.lower())
            tokens.append(_Token(kind, spelled, found.start(kind), typed))
            place = found.end()
        return [*tokens, _Token("end", "", end, "")]

    def _spell(self) -> str:
        """The tokens with a space around every infix operator and behind every comma."""
        words: list[str] = []
        before = _Token("end", "", 0, "")
        for token in self._tokens[:-1]:
            infix = token.text in {*_INFIX, "^"} and (before.kind in {"number", "name"} or before.text == ")")
            space = infix and token.text != "^"
            words.append(f" {token.text} " if space else ", " if token.text == "," else token.text)
            before = token
        return "".join(words)

    def _refuse(self, rule: str, at: _Token | None = None) -> ValueError:
        """One line that names the rule and points at the character."""
        token = at or self._token
        end = token.place + len(token.typed)
        before, after = self._text[: token.place], self._text[end:]
        before = "…" + before[-_AROUND:] if len(before) > _AROUND else before
        after = after[:_AROUND] + "…" if len(after) > _AROUND else after
        if token.kind == "bad":  # what follows a stray character may be anything, so it is not repeated
            after = ""
        shown = token.typed if token.typed.isprintable() and token.typed != "`" else "�"
        found = f"'{shown}'" if shown else "the end"
        quote = " ".join(f"{before}▸{shown}◂{after}".split())
        return ValueError(f"expression must {rule} (character {token.place + 1}), not {found}: `{quote}`")

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *signs: str) -> str:
        """The next token's text if it is one of `signs`, which is then read; else nothing."""
        if self._token.kind == "sign" and self._token.text in signs:
            self._next += 1
            return self._tokens[self._next - 1].text
        return ""

    def _demand(self, sign: str, rule: str) -> None:
        if not self._take(sign):
            raise self._refuse(rule)

    def _term(self, run: Run, latex: str, binds: int) -> _Term:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise ValueError(f"expression must hold at most {MOST_NODES} operands and operations, not more")
        return _Term(run, latex, binds)

    def _sum(self) -> _Term:
        left = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            tail = _wrap(right, _PRODUCT) if right.binds != _SIGNED else rf"\left({right.latex}\right)"
            left = self._term(_join(_INFIX[sign], left, right), f"{left.latex} {sign} {tail}", _SUM)
        return left

    def _product(self) -> _Term:
        left = self._signed()
        while sign := self._take("*", "/"):
            right = self._signed()
            latex = (
                rf"\frac{{{left.latex}}}{{{right.latex}}}"
                if sign == "/"
                else rf"{_wrap(left, _PRODUCT)} \cdot {_wrap(right, _POWER)}"
            )
            left = self._term(_join(_INFIX[sign], left, right), latex, _PRODUCT)
        return left

    def _signed(self) -> _Term:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refuse(f"be nested at most {DEEPEST} levels deep")
        if self._take("-"):
            inner = self._signed()
            term = self._term(lambda x, given: -inner.run(x, given), f"-{_wrap(inner, _POWER)}", _SIGNED)
        elif self._take("+"):
            term = self._signed()
        else:
            term = self._power()
        self._depth -= 1
        return term

    def _power(self) -> _Term:
        base = self._atom()
        if not self._take("^"):
            return base
        power = self._signed()
        latex = rf"{{{_wrap(base, _ATOM)}}}^{{{power.latex}}}"
        return self._term(_join(_ops.power, base, power), latex, _POWER)

    def _atom(self) -> _Term:
        token = self._token
        if self._take("("):
            inner = self._sum()
            self._demand(")", "have ) or an operator here")
            return inner
        if token.kind == "number":
            return self._number(token)
        if token.kind != "name":
            raise self._refuse("have a number, x, a function or ( here")
        if token.text in FUNCTIONS:
            return self._call(token)
        if token.text in CONSTANTS:
            self._next += 1
            return self._term(_constant(CONSTANTS[token.text]), rf"\{token.text}" if token.text == "pi" else "e", _ATOM)
        if len(token.text) > 1:
            near = get_close_matches(token.text, FUNCTIONS, 3, 0.5) or FUNCTIONS
            raise self._refuse(f"use x, a one-letter parameter or a known function such as {', '.join(near)}")
        self._next += 1
        if token.text == "x":
            self._has_x = True
            return self._term(lambda x, given: x, "x", _ATOM)
        self._letters.add(token.text)
        if len(self._letters) > MOST_PARAMETERS:
            raise self._refuse(f"have at most {MOST_PARAMETERS} different parameters", token)
        letter = token.text
        return self._term(lambda x, given: _ops.convert_to_tensor(given[letter], x.dtype), letter, _ATOM)

    def _number(self, token: _Token) -> _Term:
        value = float(token.text)
        if value > LARGEST:
            raise self._refuse(f"hold numbers up to {LARGEST:,.0f}")
        self._next += 1
        mantissa, _, exponent = token.text.partition("e")
        latex = rf"{mantissa} \cdot 10^{{{exponent.lstrip('+')}}}" if exponent else mantissa
        return self._term(_constant(value), latex, _PRODUCT if exponent else _ATOM)

    def _call(self, token: _Token) -> _Term:
        function = FUNCTIONS[token.text]
        self._next += 1
        self._demand("(", f"have ( behind {token.text}")
        terms = [self._sum()]
        while len(terms) < function.arguments:
            self._demand(",", f"have {function.arguments} arguments for {token.text}, separated by a comma")
            terms.append(self._sum())
        many = "1 argument" if function.arguments == 1 else f"{function.arguments} arguments"
        self._demand(")", f"have ) or an operator here, as {token.text} takes {many}")
        inner = ", ".join(term.latex for term in terms)
        latex = {
            "|": rf"\left|{inner}\right|",
            r"\sqrt": rf"\sqrt{{{inner}}}",
        }.get(function.latex, rf"{function.latex}\left({inner}\right)")
        runs = [term.run for term in terms]
        operation = function.operation
        return self._term(lambda x, given: operation(*(run(x, given) for run in runs)), latex, _POWER)


def _constant(value: float) -> Run:
    return lambda x, given: _ops.convert_to_tensor(value, x.dtype)


def _join(operation: Callable[[Any, Any], Any], left: _Term, right: _Term) -> Run:
    return lambda x, given: operation(left.run(x, given), right.run(x, given))


def _wrap(term: _Term, binds: int) -> str:
    """The term's LaTeX, in parentheses if it binds less tightly than `binds`."""
    return term.latex if term.binds >= binds else rf"\left({term.latex}\right)"
