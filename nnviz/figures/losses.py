"""Loss curves above their slopes, cross-entropy class by class, and a neuron's learning curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnviz.cross_entropy import CrossEntropySteps
from nnviz.figures import _style
from nnviz.losses import LossCurve
from nnviz.neuron_learning import NeuronLearning

_PEAKED = 4.0  # a curve is peaked if it spans more than this many times the range of its inner nine tenths


def draw_curves(
    curves: Mapping[str, LossCurve], points: Mapping[str, LossCurve], title: str, target: float | None = None
) -> go.Figure:
    """C(a) above, dC/da below, on one axis of predictions.

    `curves` by label; `points` the same losses at one prediction, drawn with their tangents; `target` marks where
    the prediction would be right. What one may conclude: the lower line is what starts the backward pass; where
    it is 0, the loss asks for no change, right or wrong.
    """
    traces: list[dict[str, Any]] = []
    lowest = min(float(curve.prediction[0]) for curve in curves.values())
    highest = max(float(curve.prediction[-1]) for curve in curves.values())
    for i, (label, curve) in enumerate(curves.items()):
        for panel, values, mark in (("y", curve.loss, "C"), ("y2", curve.slope, "dC/da")):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": curve.prediction,
                    "y": _drawable(values),
                    "yaxis": panel,
                    "name": label,
                    "legendgroup": label,
                    "showlegend": panel == "y",
                    "line": _line(i),
                    "hovertemplate": f"{mark} = %{{y:.5g}}<extra>{label}</extra>",
                }
            )
        if label in points:
            traces += _operating_point(points[label], 0.12 * (highest - lowest), _style.PALETTE[i % 8])
    shapes = [_upright(float(point.prediction[0]), "dot") for point in list(points.values())[:1]]
    notes = []
    if target is not None and lowest <= target <= highest:
        shapes.append(_upright(target, "solid"))
        notes.append(_note(target, "target", "right" if target > (lowest + highest) / 2 else "left"))
    losses = _window([curve.loss for curve in curves.values()], [point.loss for point in points.values()])
    slopes = _window([curve.slope for curve in curves.values()], [point.slope for point in points.values()])
    margin = 0.02 * (highest - lowest)  # room for a dot on the edge
    return _style.figure(
        traces,
        540,
        shapes=shapes,
        annotations=notes,
        hovermode="x unified",
        xaxis=_style.axis(title, anchor="y2", range=[lowest - margin, highest + margin]),
        yaxis=_style.axis("loss C", domain=[0.42, 1], range=losses),
        yaxis2=_style.axis("slope dC/da", domain=[0, 0.36], range=slopes),
    )


def _line(i: int) -> dict[str, Any]:
    return {"color": _style.PALETTE[i % 8], "dash": _style.DASHES[i % 8], "width": 2.5, "simplify": False}


def _drawable(values: np.ndarray) -> np.ndarray:
    """What an axis can show: an infinite loss or slope leaves a gap."""
    return np.where(np.isfinite(values), values, np.nan)


def _operating_point(point: LossCurve, reach: float, colour: str) -> list[dict[str, Any]]:
    x1, y1, x2, y2 = point.tangents(reach)[0]
    shared = {"type": "scatter", "showlegend": False, "hoverinfo": "skip"}
    dot = {"color": colour, "size": 10, "line": {"width": 2, "color": "white"}}
    tangent = {"mode": "lines", "x": [x1, x2], "y": [y1, y2], "line": {"color": colour, "width": 1.5}, "opacity": 0.6}
    return [
        {**shared, **tangent},
        {**shared, "mode": "markers", "x": point.prediction, "y": _drawable(point.loss), "marker": dot},
        {**shared, "mode": "markers", "x": point.prediction, "y": _drawable(point.slope), "yaxis": "y2", "marker": dot},
    ]


def _upright(x: float, dash: str) -> dict[str, Any]:
    line = {"color": _style.FAINT, "width": 1, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line, "layer": "below"}


def _note(x: float, text: str, side: str) -> dict[str, Any]:
    return {"x": x, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": side, "text": text, "showarrow": False}


def _window(arrays: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> list[float]:
    """A range for the curves `arrays` that shows the points `kept`; tangents do not stretch it.

    Where a logarithm runs into its clipping at 0, single slopes are millions. Of such a curve only the inner nine
    tenths count, so that the rest of the picture stays readable.
    """
    ends = [values[np.isfinite(values)] for values in kept]
    for values in arrays:
        finite = values[np.isfinite(values)]
        if finite.size:
            inner = np.quantile(finite, [0.05, 0.95])
            peaked = np.ptp(finite) > _PEAKED * np.ptp(inner) > 0
            ends.append(inner if peaked else np.array([finite.min(), finite.max()]))
    shown = np.concatenate([*ends, np.zeros(0)])
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 0.0)
    margin = 0.06 * ((high - low) or 1.0)
    return [low - margin, high + margin]


def draw_contributions(forward: CrossEntropySteps, swapped: CrossEntropySteps) -> go.Figure:
    """What each class adds to H(p, q), beside what it adds to H(q, p).

    What one may conclude: a class costs much where the first distribution gives it weight and the second almost
    none, so exchanging the two exchanges which mistake is expensive.
    """
    places = list(range(1, len(forward.p) + 1))
    few = len(places) <= 6
    bars, notes = [], []
    for i, (steps, name) in enumerate(((forward, "H(p, q)"), (swapped, "H(q, p)"))):
        bars.append(
            {
                "type": "bar",
                "x": places,
                "y": _drawable(steps.product),
                "name": f"{name} = {'∞' if np.isinf(steps.total) else _style.short(steps.total)}",
                "marker": {"color": _style.PALETTE[i]},
                "text": [_style.short(float(value)) for value in steps.product] if few else None,
                "textposition": "outside",
                "textangle": 0,
                "constraintext": "none",
                "cliponaxis": False,
                "hovertemplate": f"class %{{x}} adds %{{y:.6g}} to {name}<extra></extra>",
            }
        )
        for place in np.flatnonzero(np.isinf(steps.product)) + 1:
            note = _note(float(place) + (-0.2, 0.2)[i], "∞", "center")
            notes.append({**note, "font": {"size": 24, "color": _style.PALETTE[i]}})
    finite = np.concatenate([_drawable(forward.product), _drawable(swapped.product), [0.0]])
    top = float(np.nanmax(finite)) or 1.0
    return _style.figure(
        bars,
        320,
        barmode="group",
        annotations=notes,
        xaxis=_style.axis("class", tickvals=places if len(places) <= 25 else None),
        yaxis=_style.axis("part of the sum", range=[0, 1.18 * top]),
    )


def draw_learning(runs: Mapping[str, NeuronLearning], target: float) -> go.Figure:
    """The output of one neuron over the steps of gradient descent, and its error δ = ∂C/∂z below.

    `runs` by label. What one may conclude: a flat start above, with a δ near 0 below, is a neuron whose wrong answer
    is saturated; how far it is from the target does not help it.
    """
    traces = []
    for i, (label, run) in enumerate(runs.items()):
        for panel, values, mark in (("y", run.a, "a"), ("y2", run.error, "δ")):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": np.arange(len(values)),
                    "y": _drawable(values),
                    "yaxis": panel,
                    "name": label,
                    "legendgroup": label,
                    "showlegend": panel == "y",
                    "line": _line(i),
                    "hovertemplate": f"{mark} = %{{y:.5g}}<extra>{label}</extra>",
                }
            )
    goal = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": target, "y1": target}
    line = {"color": _style.FAINT, "width": 1, "dash": "dot"}
    return _style.figure(
        traces,
        460,
        shapes=[{**goal, "line": line, "layer": "below"}],
        hovermode="x unified",
        xaxis=_style.axis("step", anchor="y2"),
        yaxis=_style.axis("output a", domain=[0.42, 1], range=[-0.04, 1.04]),
        yaxis2=_style.axis("δ = ∂C/∂z", domain=[0, 0.34]),
    )
