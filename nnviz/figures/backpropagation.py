"""Backpropagation: a small network with the numbers of its forward and of its backward pass."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from nnviz.backpropagation import Backpropagation, ChainRule
from nnviz.figures import _style

PASSES: Mapping[str, str] = {
    "forward": "z and a below each unit; a line is as thick as its weight w",
    "backward": "δ = ∂C/∂z below each unit; a line is as thick as its gradient ∂C/∂w",
}
_POSITIVE, _NEGATIVE, _CHOSEN, _UNIT = (_style.PALETTE[i] for i in (0, 6, 1, 4))
_THICKEST = 7.0  # pixels


def _height(unit: int, count: int) -> float:
    return (count - 1) / 2 - unit


def draw_network(result: Backpropagation, chosen: ChainRule, direction: str) -> go.Figure:
    """The network from left to right, its numbers on the units, the chosen weight and what it reaches in orange.

    `direction`: a key of `PASSES`. Blue lines are positive, red ones negative. What one may conclude: going back, the
    δ of a unit is collected over every line that leaves it, so the chosen weight is judged by all it reaches.
    """
    units = result.network.units
    backward = direction == "backward"
    on_lines = result.weight_gradients if backward else result.weights
    largest = max(float(np.abs(values).max()) for values in on_lines) or 1.0
    lines = []
    for layer, values in enumerate(on_lines):
        for source in range(units[layer]):
            for target in range(units[layer + 1]):
                lines.append(_line(result, chosen, layer, source, target, float(values[source, target]) / largest))
    for unit in range(units[-1]):
        lines.append(_to_the_loss(len(units), _height(unit, units[-1])))
    nodes = [_units(result, chosen, level) for level in range(len(units))]
    top = (max(units) - 1) / 2
    hidden = "yours" if result.network.activation.startswith("=") else result.network.activation
    titles = ["input", *[hidden] * (len(units) - 2), result.network.output, "loss"]
    labels = [
        {"x": level, "y": top + 0.6, "text": f"<b>{title}</b>", "showarrow": False, "font": {"size": 12}}
        for level, title in enumerate(titles)
    ]
    for level, count in enumerate(units):
        for unit in range(count):
            text = _numbers(result, level, unit, backward)
            labels.append(_chip(level, _height(unit, count) - 0.17, text, _UNIT))
    labels.append(_chip(len(units), -0.17, f"C {_style.short(result.loss)}", _UNIT))
    shown = chosen.gradient if backward else chosen.weight
    start = _height(chosen.source, units[chosen.layer])
    end = _height(chosen.target, units[chosen.layer + 1])
    if chosen.source >= 0:
        mark = _chip(chosen.layer + 0.5, (start + end) / 2, f"<b>{_style.short(shown)}</b>", _CHOSEN)
    else:
        mark = _chip(chosen.layer + 1, end + 0.17, f"<b>b {_style.short(shown)}</b>", _CHOSEN)
    mark["yanchor"] = "middle" if chosen.source >= 0 else "bottom"
    return _style.figure(
        [*lines, *nodes],
        110 + 92 * max(units),
        margin={"l": 4, "r": 4, "t": 8, "b": 8},
        annotations=[*labels, mark],
        showlegend=False,
        hovermode="closest",
        xaxis={"visible": False, "range": [-0.5, len(units) + 0.5], "fixedrange": True},
        yaxis={"visible": False, "range": [-top - 0.7, top + 0.8], "fixedrange": True},
    )


def _to_the_loss(level: int, height: float) -> dict[str, object]:
    line = {"width": 1.5, "color": _style.FAINT, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [level - 1, level],
        "y": [height, 0],
        "line": line,
        "hoverinfo": "skip",
    }


def _line(
    result: Backpropagation, chosen: ChainRule, layer: int, source: int, target: int, share: float
) -> dict[str, object]:
    """One connection; its middle carries the hover text, because a line answers at its points only."""
    units = result.network.units
    start, end = _height(source, units[layer]), _height(target, units[layer + 1])
    picked = (layer, source, target) == (chosen.layer, chosen.source, chosen.target)
    reached = layer > chosen.layer + 1 or (layer == chosen.layer + 1 and source == chosen.target)
    numbers = result.weights[layer][source, target], result.weight_gradients[layer][source, target]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [layer, layer + 0.5, layer + 1],
        "y": [start, (start + end) / 2, end],
        "line": {
            "width": 1 + (_THICKEST - 1) * abs(share),
            "color": _CHOSEN if picked else _POSITIVE if share >= 0 else _NEGATIVE,
        },
        "opacity": 1 if picked else 0.65 if reached else 0.25,
        "hovertemplate": (
            f"layer {layer + 1}, from {source + 1} to {target + 1}<br>"
            f"w = {numbers[0]:.6g}<br>∂C/∂w = {numbers[1]:.6g}<extra></extra>"
        ),
    }


def _units(result: Backpropagation, chosen: ChainRule, level: int) -> dict[str, object]:
    count = result.network.units[level]
    ends = {(chosen.layer, chosen.source), (chosen.layer + 1, chosen.target)}
    hover = []
    for unit in range(count):
        text = f"a = {result.a[level][unit]:.6g}"
        if level:
            text = (
                f"z = {result.z[level - 1][unit]:.6g}<br>{text}<br>φ′(z) = {result.slopes[level - 1][unit]:.6g}<br>"
                f"δ = {result.delta[level - 1][unit]:.6g}<br>b = {result.biases[level - 1][unit]:.6g}"
            )
        hover.append(text)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [level] * count,
        "y": [_height(unit, count) for unit in range(count)],
        "marker": {
            "size": 16,
            "color": [_CHOSEN if (level, unit) in ends else _UNIT for unit in range(count)],
        },
        "customdata": hover,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _numbers(result: Backpropagation, level: int, unit: int, backward: bool) -> str:
    """The lines of numbers under a unit."""
    if level == 0:
        return f"x {_style.short(float(result.a[0][unit]))}"
    if backward:
        return f"δ {_style.short(float(result.delta[level - 1][unit]))}"
    z, a = result.z[level - 1][unit], result.a[level][unit]
    return f"z {_style.short(float(z))}<br>a {_style.short(float(a))}"


def _chip(x: float, y: float, text: str, colour: str) -> dict[str, object]:
    """White on colour, so that no line runs through a number."""
    font = {"size": 11, "color": "white"}
    chip = {"x": x, "y": y, "text": text, "showarrow": False, "yanchor": "top", "font": font, "bgcolor": colour}
    return {**chip, "borderpad": 2}


def draw_losses(result: Backpropagation) -> go.Figure:
    """The loss before each step of gradient descent, on a logarithmic axis; the last dot is the picture above."""
    steps = list(range(result.step + 1))
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": steps,
        "y": np.where(result.losses > 0, result.losses, np.nan),
        "line": {"color": _style.PALETTE[0], "width": 2.5},
        "marker": {"size": [6] * result.step + [12], "color": [_style.PALETTE[0]] * result.step + [_CHOSEN]},
        "hovertemplate": "step %{x}: C = %{y:.6g}<extra></extra>",
    }
    return _style.figure(
        [line],
        260,
        showlegend=False,
        xaxis=_style.axis("step of gradient descent", range=[-0.5, max(5, result.step) + 0.5]),
        yaxis=_style.log_axis("loss C"),
    )
