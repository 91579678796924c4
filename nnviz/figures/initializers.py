"""Sampled weights with the theory over them."""

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import _style
from nnviz.initializers import WeightHistogram


def draw_histogram(result: WeightHistogram) -> go.Figure:
    """Histogram of the drawn weights as a density, theory as a line; an atom of theory as a vertical line."""
    centers = (result.edges[:-1] + result.edges[1:]) / 2
    bars = {
        "type": "bar",
        "x": centers,
        "y": result.density,
        "width": np.diff(result.edges),
        "name": "drawn by Keras",
        "marker": {"color": _style.PALETTE[0], "opacity": 0.55, "line": {"width": 0}},
        "hovertemplate": "w ≈ %{x:.4g}<br>density %{y:.4g}<extra>drawn</extra>",
    }
    traces, shapes = [bars], []
    colour = {"color": _style.PALETTE[1], "width": 2.5}
    if np.isfinite(result.theory_density).all():
        edge = np.concatenate([[0.0], result.theory_density, [0.0]])
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": np.concatenate([result.theory_x[:1], result.theory_x, result.theory_x[-1:]]),
                "y": edge,
                "name": "theory",
                "line": colour,
                "hovertemplate": "w = %{x:.4g}<br>density %{y:.4g}<extra>theory</extra>",
            }
        )
    else:
        for place in result.theory_x:
            shapes.append({"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper", "line": colour})
    return _style.figure(
        traces,
        380,
        shapes=shapes,
        bargap=0,
        xaxis=_style.axis("weight w"),
        yaxis=_style.axis("density", rangemode="tozero"),
    )
