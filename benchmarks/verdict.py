"""A verdict: a figure beside its bar. A missed bar is said plainly, and is no failure of the run."""


def judge(value: float, unit: str, *, at_most: float | None = None, at_least: float | None = None) -> str:
    """Such as "2.31 × numpy (bar: at most 2, missed)"."""
    if at_most is not None:
        rule, met = f"at most {at_most:g}", value <= at_most
    else:
        assert at_least is not None
        rule, met = f"at least {at_least:g}", value >= at_least
    return f"{number(value)} {unit} (bar: {rule}, {'ok' if met else 'missed'})"


def number(value: float) -> str:
    """Three digits, and never fewer than the whole number has."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
