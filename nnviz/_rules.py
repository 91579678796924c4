"""Rules for what callers send: each breach is one ValueError that names the parameter, the rule and the value."""

import math
import numbers
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating[Any]]
_LARGEST = 1e100  # of a number in a list: a product of three still fits float64
_LONGEST_QUOTE = 60  # characters of a refused value repeated in the message; the rest may be hostile or huge


def quote(value: object) -> str:
    """`value` as it may stand in a message: on one line, bounded, whatever it is."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a repr is the value's own code and may fail in any way
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _plain(bound: float) -> str:
    return f"{bound:,.0f}" if float(bound).is_integer() and abs(bound) < 1e15 else f"{bound:g}"


def _range(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f" from {_plain(low)} to {_plain(high)}"
    return f" of at least {_plain(low)}" if math.isfinite(low) else ""


def _real(value: object) -> float:
    """`value` as a float; nan for everything that is no real number (text, truth values, arrays, complex numbers)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """`value` as a finite float within [low, high]."""
    result = _real(value)
    if not (math.isfinite(result) and low <= result <= high):
        raise ValueError(f"{name} must be a finite number{_range(low, high)}, not {quote(value)}")
    return result


def integer(name: str, value: Any, low: int, high: int) -> int:
    """`value` as a whole number within [low, high]."""
    result = _real(value)
    if not (result.is_integer() and low <= result <= high):
        raise ValueError(f"{name} must be a whole number{_range(low, high)}, not {quote(value)}")
    return int(result)


def choice(name: str, value: Any, options: Collection[str]) -> str:
    """`value`, which must be one of `options`."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, not {quote(value)}")
    return value


def vector(name: str, values: ArrayLike, shortest: int, longest: int) -> Array:
    """`values` as a float64 array of shape (n,) with shortest ≤ n ≤ longest, every entry finite."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, OverflowError):  # ragged, or nothing numpy can hold
        array = np.asarray("")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be a list of numbers, not {quote(values)}")
    if array.ndim != 1 or not shortest <= array.size <= longest:
        raise ValueError(
            f"{name} must be a list of {shortest:,} to {longest:,} numbers, not an array of shape {array.shape}"
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers only, not {quote(array[~np.isfinite(array)][0])}")
    if np.abs(array).max() > _LARGEST:
        raise ValueError(f"{name} must hold numbers up to {_LARGEST:g} in size, not {np.abs(array).max():g}")
    return array


def mapping(name: str, value: Any) -> dict[str, Any]:
    """`value`, a mapping or pairs, as a dict from names to values."""
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    rows: Any = pairs if isinstance(pairs, list | tuple) else [None]
    if not all(isinstance(row, list | tuple) and len(row) == 2 and isinstance(row[0], str) for row in rows):
        raise ValueError(f"{name} must be a mapping of names to values, not {quote(value)}")
    return {row[0]: row[1] for row in rows}


def read_only(array: ArrayLike) -> Array:
    """`array` as numpy, locked: results are shared between visitors."""
    locked: Array = np.array(array)  # a copy: the caller's own array stays writable
    locked.setflags(write=False)
    return locked
