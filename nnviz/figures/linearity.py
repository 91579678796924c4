"""Linearity: a stack of layers against the one matrix it may be."""

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import _style
from nnviz.linearity import LinearStack


def draw_equality(result: LinearStack) -> go.Figure:
    """Every output of the stack over the same output of the one matrix.

    What one may conclude: points on the diagonal mean that the layers are one layer; off it, no longer.
    """
    low = float(min(result.single.min(), result.stacked.min()))
    high = float(max(result.single.max(), result.stacked.max()))
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "x": [low, high],
        "y": [low, high],
        "line": {"color": _style.FAINT, "dash": "dot", "width": 1.5},
        "name": "equal",
        "hoverinfo": "skip",
    }
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": result.single.ravel(),
        "y": result.stacked.ravel(),
        "marker": {"color": _style.PALETTE[0], "size": 5, "opacity": 0.6},
        "name": "one output for one random input",
        "hovertemplate": "one matrix: %{x:.5g}<br>the stack: %{y:.5g}<extra></extra>",
    }
    return _style.figure(
        [diagonal, points], 400, xaxis=_style.axis("one matrix: xW + c"), yaxis=_style.axis("the stack of layers")
    )


def draw_singular_values(result: LinearStack) -> go.Figure:
    """The singular values of W on a logarithmic axis; those beyond the rank are rounding errors.

    What one may conclude: each is the factor by which W stretches one direction; a direction lost in a narrow layer
    never comes back.
    """
    values = result.singular_values
    places = np.arange(1, len(values) + 1)
    colours = [_style.PALETTE[0 if place <= result.rank else 7] for place in places]
    bars = {
        "type": "bar",
        "x": places,
        "y": np.where(values > 0, values, np.nan),
        "marker": {"color": colours},
        "text": [_style.short(float(value)) for value in values] if len(values) <= 32 else None,
        "textposition": "outside",
        "textangle": 0 if len(values) <= 6 else -90,
        "constraintext": "none",
        "cliponaxis": False,
        "hovertemplate": "singular value %{x}: %{y:.5g}<extra></extra>",
    }
    positive = values[values > 0]
    low, high = (np.log10(positive.min()), np.log10(positive.max())) if positive.size else (-1.0, 0.0)
    return _style.figure(
        [bars],
        340,
        bargap=0.2,
        xaxis=_style.axis("singular value, largest first", dtick=1 if len(values) <= 16 else None),
        yaxis=_style.log_axis("size", (float(low) - 0.8, float(high) + 0.3 * max(1.0, float(high - low)))),
    )
