"""Numbers inside formulas."""


def number(value: float, bracket: bool = True, digits: int = 4) -> str:
    """`digits` significant digits in LaTeX, never rounded to 0; a negative number in brackets, to follow · or +."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
    return f"({text})" if bracket and value < 0 else text
