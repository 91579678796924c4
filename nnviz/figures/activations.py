"""Activation curves above their slopes, and functions of a whole vector."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnviz.activations import ActivationCurve, VectorActivation
from nnviz.figures import _style


def draw_curves(
    curves: Mapping[str, ActivationCurve],
    points: Mapping[str, ActivationCurve],
    saturated: np.ndarray | None = None,
) -> go.Figure:
    """f(z) above, f′(z) below, on one z axis.

    `curves` by label; `points` the same functions at one operating point, drawn with their tangents; `saturated`
    intervals of z (k, 2) to shade. What one may conclude: where the lower line is near 0, a gradient that passes
    through this unit is nearly lost.
    """
    traces = []
    for i, (label, curve) in enumerate(curves.items()):
        line = {"color": _style.PALETTE[i % 8], "dash": _style.DASHES[i % 8], "width": 2.5, "simplify": False}
        for panel, values, mark in (("y", curve.y, "f"), ("y2", curve.slope, "f′")):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": curve.x,
                    "y": values,
                    "yaxis": panel,
                    "name": label,
                    "legendgroup": label,
                    "showlegend": panel == "y",
                    "line": line,
                    "hovertemplate": f"{mark}(z) = %{{y:.5g}}<extra>{label}</extra>",
                }
            )
    for i, point in enumerate(points.values()):
        colour = _style.PALETTE[i % 8]
        x1, y1, x2, y2 = point.tangents(1.5)[0]
        shared = {"type": "scatter", "showlegend": False, "hoverinfo": "skip"}
        traces.append(
            {
                **shared,
                "mode": "lines",
                "x": [x1, x2],
                "y": [y1, y2],
                "line": {"color": colour, "width": 1.5},
                "opacity": 0.6,
            }
        )
        for panel, value in (("y", point.y), ("y2", point.slope)):
            dot = {"color": colour, "size": 10, "line": {"width": 2, "color": "white"}}
            traces.append({**shared, "mode": "markers", "x": point.x, "y": value, "yaxis": panel, "marker": dot})
    shapes = [_style.band(low, high) for low, high in (saturated if saturated is not None else ())]
    for point in list(points.values())[:1]:
        cursor = {"color": _style.FAINT, "width": 1, "dash": "dot"}
        shapes.append(
            {
                "type": "line",
                "x0": point.x[0],
                "x1": point.x[0],
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": cursor,
            }
        )
    low, high = _window([curve.y for curve in curves.values()])
    return _style.figure(
        traces,
        540,
        shapes=shapes,
        hovermode="x unified",
        xaxis=_style.axis("pre-activation z", anchor="y2", range=[_first(curves), _last(curves)]),
        yaxis=_style.axis("f(z)", domain=[0.42, 1], range=[low, high]),
        yaxis2=_style.axis("slope f′(z)", domain=[0, 0.36]),
    )


def _first(curves: Mapping[str, ActivationCurve]) -> float:
    return float(next(iter(curves.values())).x[0])


def _last(curves: Mapping[str, ActivationCurve]) -> float:
    return float(next(iter(curves.values())).x[-1])


def _window(values: list[np.ndarray]) -> tuple[float, float]:
    """The range of the finite values with a margin, so that tangents do not stretch the axis."""
    drawn = np.concatenate([v[np.isfinite(v)] for v in values] or [np.zeros(0)])
    low, high = (float(drawn.min()), float(drawn.max())) if drawn.size else (0.0, 1.0)
    margin = 0.05 * ((high - low) or 1.0)
    return low - margin, high + margin


def draw_vector(result: VectorActivation, name: str) -> go.Figure:
    """Scores beside outputs, and the Jacobian: each output depends on every score."""
    inputs = [f"z<sub>{i + 1}</sub>" for i in range(len(result.scores))]
    outputs = [f"f<sub>{i + 1}</sub>" for i in range(len(result.outputs))]
    bars: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": inputs,
            "y": result.scores,
            "name": "scores z",
            "marker": {"color": _style.PALETTE[7]},
        },
        {
            "type": "bar",
            "x": outputs,
            "y": result.outputs,
            "name": f"{name}(z)",
            "xaxis": "x2",
            "yaxis": "y2",
            "marker": {"color": _style.PALETTE[0]},
            "text": [_style.short(value) for value in result.outputs],
            "cliponaxis": False,
        },
    ]
    return _style.figure(
        bars,
        340,
        xaxis=_style.axis("score", domain=[0, 0.46]),
        yaxis=_style.axis("z"),
        xaxis2=_style.axis("output", domain=[0.56, 1], anchor="y2"),
        yaxis2=_style.axis("", anchor="x2"),
    )


def draw_jacobian(jacobian: np.ndarray, output: str = "f", score: str = "z") -> go.Figure:
    """∂output/∂score as a heat map, red for negative, blue for positive, white for none."""
    reach = float(np.abs(jacobian).max()) or 1.0
    rows, columns = jacobian.shape
    show_numbers = max(rows, columns) <= 10
    heat = {
        "type": "heatmap",
        "z": jacobian,
        "x": [f"{score}<sub>{j + 1}</sub>" for j in range(columns)],
        "y": [f"{output}<sub>{i + 1}</sub>" for i in range(rows)],
        "zmin": -reach,
        "zmax": reach,
        "colorscale": _style.DIVERGING,
        "xgap": 1,
        "ygap": 1,
        "colorbar": {"thickness": 10, "title": {"text": f"∂{output}/∂{score}"}},
        "hovertemplate": "∂%{y}/∂%{x} = %{z:.5g}<extra></extra>",
    }
    if show_numbers:
        heat |= {
            "text": [[_style.short(value) for value in row] for row in jacobian],
            "texttemplate": "%{text}",
        }
    return _style.figure(
        [heat],
        380,
        xaxis=_style.axis("score"),
        yaxis=_style.axis("output", autorange="reversed"),
    )
