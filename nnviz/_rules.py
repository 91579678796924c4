"""Rules for what callers send: each breach is one ValueError that names the parameter, the rule and the value."""

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating[Any]]
_LONGEST_QUOTE = 60  # characters of a refused value repeated in the message; the rest may be hostile or huge


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _plain(bound: float) -> str:
    return f"{bound:,.0f}" if float(bound).is_integer() else f"{bound:g}"


def _range(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f" from {_plain(low)} to {_plain(high)}"
    return f" of at least {_plain(low)}" if math.isfinite(low) else ""


def number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """`value` as a finite float within [low, high]."""
    try:
        result = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if not (math.isfinite(result) and low <= result <= high):
        raise ValueError(f"{name} must be a finite number{_range(low, high)}, not {_quote(value)}")
    return result


def integer(name: str, value: Any, low: int, high: int) -> int:
    """`value` as a whole number within [low, high]."""
    try:
        result = None if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        result = None
    if result is None or not result.is_integer() or not low <= result <= high:
        raise ValueError(f"{name} must be a whole number{_range(low, high)}, not {_quote(value)}")
    return int(result)


def choice(name: str, value: Any, options: Collection[str]) -> str:
    """`value`, which must be one of `options`."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, not {_quote(value)}")
    return value


def vector(name: str, values: ArrayLike, shortest: int, longest: int) -> Array:
    """`values` as a float64 array of shape (n,) with shortest ≤ n ≤ longest, every entry finite."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a list of numbers, not {_quote(values)}") from None
    if array.ndim != 1 or not shortest <= array.size <= longest:
        raise ValueError(
            f"{name} must be a list of {shortest:,} to {longest:,} numbers, not an array of shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers only, not {_quote(array[~np.isfinite(array)][0])}")
    return array


def read_only(array: ArrayLike) -> Array:
    """`array` as numpy, locked: results are shared between visitors."""
    locked: Array = np.array(array)  # a copy: the caller's own array stays writable
    locked.setflags(write=False)
    return locked
