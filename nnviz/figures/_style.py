"""One look for all figures: colours, margins, numbers. The theme gives background, fonts and grid."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

# The same eight colours as `chartCategoricalColors` in .streamlit/config.toml: stated here because two panels must
# agree on them. Each has a contrast of at least 3:1 on the light and on the dark background.
PALETTE = ("#2f7de1", "#e06c1f", "#17976f", "#c648a3", "#8a63d2", "#a87f00", "#d8434e", "#5f8796")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,2px")
SHADE = "rgba(128, 128, 128, 0.16)"  # grey at this strength is visible on white and on near-black
FAINT = "rgba(128, 128, 128, 0.75)"
SEQUENTIAL = "Viridis"
DIVERGING = "RdBu"


def figure(traces: Sequence[Mapping[str, Any]], height: int, **layout: Any) -> go.Figure:
    """A figure from plain traces and layout (one nested dict: building it piecewise costs ten times as much)."""
    common = {
        "height": height,
        "margin": {"l": 64, "r": 8, "t": 36, "b": 48},
        "hoverlabel": {"namelength": -1},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        "uirevision": "kept",
    }
    return go.Figure({"data": list(traces), "layout": {**common, **layout}})


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title; ticks and title never cut off."""
    return {"title": {"text": title, "standoff": 8}, "automargin": True, "zeroline": False, **more}


def log_axis(title: str, decades: tuple[float, float] | None = None, **more: Any) -> dict[str, Any]:
    """A logarithmic axis, frozen at powers of ten if `decades` are given."""
    frozen = {"range": list(decades), "autorange": False} if decades else {}
    return axis(title, type="log", exponentformat="power", dtick=None, **frozen, **more)


def short(value: float) -> str:
    """A number for a bar: three digits, and never rounded to 0."""
    if value == 0 or not math.isfinite(value) or 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}".replace("-", "−")
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}e{int(exponent)}".replace("-", "−")


def band(low: float, high: float, **more: Any) -> dict[str, Any]:
    """A shaded stretch of the x axis, over the whole height of the figure."""
    shape = {"type": "rect", "x0": low, "x1": high, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    return {**shape, "fillcolor": SHADE, "line": {"width": 0}, **more}
