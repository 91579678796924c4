"""The life of single neurons: who is still active, and what gradient is left."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnviz.dying import NeuronLife
from nnviz.figures import _style

_PANELS = (  # field, title, y axis, its place on the paper
    ("active", "share of the images with z > 0", "y", [0.74, 1.0]),
    ("gradient", "size of the gradient, ‖∂C/∂(w, b)‖", "y2", [0.37, 0.65]),
    ("loss", "loss", "y3", [0.0, 0.28]),
)


def draw_lives(lives: Mapping[str, NeuronLife]) -> go.Figure:
    """Share of images with z > 0, gradient and loss against the step, one line per activation (by label).

    A gradient of exactly 0 has no place on a logarithmic axis: its line ends with a cross at the last step that moved
    the neuron. What one may conclude: a line of gradients that ends is a dead neuron; its loss stays where it is.
    """
    traces: list[dict[str, Any]] = []
    for i, (label, life) in enumerate(lives.items()):
        line = {"color": _style.PALETTE[i % 8], "dash": _style.DASHES[i % 8], "width": 2.5}
        steps = np.arange(len(life.loss), dtype=float)
        for field, title, axis, _ in _PANELS:
            values = getattr(life, field)
            usable = np.isfinite(values) & ((values > 0) | (field == "active"))
            drawn = np.where(usable, values, np.nan)
            shared = {
                "type": "scatter",
                "x": steps,
                "y": drawn,
                "yaxis": axis,
                "legendgroup": label,
                "name": label,
                "hovertemplate": f"step %{{x}}<br>{title} = %{{y:.4g}}<extra>{label}</extra>",
            }
            traces.append({**shared, "mode": "lines", "showlegend": field == "active", "line": line})
            if field == "gradient" and life.dead_from:
                last = slice(life.dead_from - 1, life.dead_from)
                cross = {"symbol": "x", "size": 11, "color": line["color"]}
                end = {"mode": "markers", "x": steps[last], "y": drawn[last], "showlegend": False, "marker": cross}
                traces.append({**shared, **end})
    large = next(iter(lives.values())).large_step
    line = {"color": _style.FAINT, "width": 1.5, "dash": "dot"}
    cursor = {"type": "line", "x0": large, "x1": large, "y0": 0, "y1": 1, "yref": "paper", "line": line}
    heads = [_heading(title, domain[1]) for _, title, _, domain in _PANELS]
    first, second, third = (domain for *_, domain in _PANELS)
    return _style.figure(
        traces,
        660,
        margin={"l": 48, "r": 8, "t": 64, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 1.05, "yanchor": "bottom"},
        shapes=[cursor],
        annotations=heads,
        xaxis=_style.axis("step (before it)", anchor="y3"),
        yaxis=_style.axis("", domain=first, range=[-0.05, 1.05], tickformat=".0%", nticks=4),
        yaxis2=_style.log_axis("", domain=second, nticks=4),
        yaxis3=_style.log_axis("", domain=third, nticks=4),
    )


def _heading(title: str, top: float) -> dict[str, Any]:
    """A panel's title above its right end, where it costs no width on a phone."""
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": top, "yref": "paper", "yanchor": "bottom"}
    return {**place, "text": title, "showarrow": False}
