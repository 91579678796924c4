"""Networks: the diagram of a stack of layers, and the numbers of one sample on its way through it."""

from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnviz.architectures import LAYERS, Architecture, Layer
from nnviz.figures import _style
from nnviz.forward import SMALL, ForwardPass

_MOST_NODES = 13  # drawn per layer; of more, the first and the last few with dots between them
_ROW, _STRIP, _IMAGE = 74, 46, 150  # pixels: a row of the diagram, a strip of numbers, an image
_MIXING = ("dense", "softmax", "layernorm")  # every output depends on every input
_HIDDEN = ("flatten", "dropout")  # hand the same numbers on: no strip of their own


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def _name(layer: Layer) -> str:
    """A layer in a word or two: Dense · relu."""
    more = {"dense": layer.activation if layer.activation != "linear" else "", "dropout": f"{layer.rate:g}"}
    label = LAYERS[layer.kind].label.replace("Normalization", "Norm")
    return " · ".join(filter(None, [label, more.get(layer.kind, "")]))


def _places(count: int) -> np.ndarray:
    """Horizontal places of the nodes drawn, centred, as wide as their number; nan where the dots stand."""
    shown = min(count, _MOST_NODES)
    places = (np.arange(shown) - (shown - 1) / 2) * min(1.0, (_MOST_NODES - 1) / max(1, shown - 1))
    if count > _MOST_NODES:
        places[shown // 2] = np.nan
    return places


def draw_architecture(architecture: Architecture) -> go.Figure:
    """The stack from top to bottom, as in the program: a row of units per layer, a line per connection.

    Layers of more than 13 units show the first and the last of them. What one may conclude: in a dense layer
    every unit sees every unit above it, which is where the parameters come from.
    """
    shapes = [architecture.input_shape, *(row.output_shape for row in architecture.rows)]
    rows = [_places(shape[-1]) for shape in shapes]
    lines, nodes, dots = [], [], []
    for level, (above, below) in enumerate(pairwise(rows)):
        row = architecture.rows[level]
        full = row.layer.kind in _MIXING
        x: list[float | None] = []
        for i, start in enumerate(above):
            for j, end in enumerate(below):
                if not np.isnan(start + end) and (full or i == j):
                    x += [float(start), float(end), None]
        y = [level, level + 1, None] * (len(x) // 3)
        strength = 0.9 if len(x) < 60 else 0.3
        lines.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "line": {"color": _style.FAINT, "width": 1.4 if row.parameters else 0.8},
                "opacity": strength if row.parameters else strength * 0.6,
                "hoverinfo": "skip",
            }
        )
    for level, (places, shape) in enumerate(zip(rows, shapes, strict=True)):
        seen = places[~np.isnan(places)]
        kind = "input" if level == 0 else architecture.layers[level - 1].kind
        colour = _style.PALETTE[7 if level == 0 else 0 if kind == "dense" else 4]
        last = level == len(architecture.layers)
        nodes.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": seen,
                "y": np.full(len(seen), level),
                "marker": {
                    "size": 16 if len(places) < 9 else 12,
                    "color": _style.PALETTE[1] if last else colour,
                    "symbol": "circle" if kind in ("input", "dense") else "square",
                },
                "hovertemplate": f"{_sizes(shape)} units<extra></extra>",
            }
        )
        if len(seen) < len(places):
            dots.append({"x": 0, "y": level, "text": "···", "showarrow": False, "font": {"size": 20}})
    names = [f"<b>Input</b><br>{_sizes(architecture.input_shape)}"]
    names += [f"<b>{_name(row.layer)}</b><br>{_sizes(row.output_shape)}" for row in architecture.rows]
    reach = max(2.0, *(float(np.nanmax(np.abs(places))) for places in rows)) + 0.5
    return _style.figure(
        [*lines, *nodes],
        _ROW * len(rows) + 20,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        annotations=dots,
        showlegend=False,
        hovermode="closest",
        xaxis={"visible": False, "range": [-reach, reach], "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": names,
            "range": [len(rows) - 0.5, -0.5],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    )


def _strips(result: ForwardPass) -> list[tuple[str, np.ndarray]]:
    """What to draw, from the input to the output: a name and an array of shape (rows, columns)."""
    found: list[tuple[str, np.ndarray]] = [("<b>input</b>", _flat(result.sample))]
    dense = 0
    for passed in result.layers:
        layer = passed.row.layer
        if layer.kind in _HIDDEN:
            continue
        if passed.z is None:
            found.append((f"<b>{_name(layer)}</b>", _flat(passed.outputs)))
            continue
        dense += 1
        found.append((f"<b>z<sup>({dense})</sup></b> = xW + b", _flat(passed.z)))
        if layer.activation != "linear":
            found.append((f"<b>a<sup>({dense})</sup></b> = {layer.activation}(z)", _flat(passed.outputs)))
    return found


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(values.shape[0] if values.ndim > 1 else 1, -1)


def draw_forward(result: ForwardPass) -> go.Figure:
    """One strip per stage from the input down to the output: a cell per number, red below 0 and blue above.

    Each strip has its own scale, written at its right; up to six numbers are written into their cells. Flatten and
    Dropout hand on the same numbers and have no strip. What one may conclude: z is any number, relu blanks the
    negative half of it, softmax turns the last z into shares of 1.
    """
    strips = _strips(result)
    heights = [_IMAGE if len(values) > 1 else _STRIP for _, values in strips]
    gap = 16
    total = sum(heights) + gap * (len(strips) - 1)
    traces, layout, notes = [], {}, []
    top = 0
    for i, ((name, values), height) in enumerate(zip(strips, heights, strict=True), 1):
        place = "" if i == 1 else str(i)
        reach = float(np.abs(values).max())
        heat: dict[str, Any] = {
            "type": "heatmap",
            "z": values,
            "zmin": -(reach or 1.0),
            "zmax": reach or 1.0,
            "colorscale": _style.DIVERGING,
            "showscale": False,
            "xaxis": f"x{place}",
            "yaxis": f"y{place}",
            "hovertemplate": f"{name}, unit %{{x}}: %{{z:.6g}}<extra></extra>",
            "x0": 1,
        }
        if len(values) == 1 and values.shape[1] <= SMALL:
            heat |= {
                "text": [[_style.short(float(value)) for value in row] for row in values],
                "texttemplate": "%{text}",
                "xgap": 2,
            }
        traces.append(heat)
        domain = [1 - (top + height) / total, 1 - top / total]
        layout[f"xaxis{place}"] = {"visible": False, "anchor": f"y{place}", "fixedrange": True, "constrain": "domain"}
        layout[f"yaxis{place}"] = {
            "domain": [max(0.0, domain[0]), domain[1]],
            "anchor": f"x{place}",
            "tickvals": [(len(values) - 1) / 2],
            "ticktext": [f"{name}<br>{_sizes(values.shape if len(values) > 1 else values.shape[1:])}"],
            "autorange": "reversed",
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        }
        if len(values) > 1:  # pixels are square
            layout[f"yaxis{place}"] |= {"scaleanchor": f"x{place}", "constrain": "domain"}
        notes.append(
            {
                "x": 1.01,
                "xref": "paper",
                "xanchor": "left",
                "yanchor": "middle",
                "y": sum(domain) / 2,
                "yref": "paper",
                "text": f"±{_style.short(reach)}",
                "showarrow": False,
                "font": {"size": 11},
            }
        )
        top += height + gap
    return _style.figure(traces, total + 16, margin={"l": 8, "r": 64, "t": 8, "b": 8}, annotations=notes, **layout)


def draw_outputs(result: ForwardPass) -> go.Figure:
    """The last layer's numbers as bars, the largest in the colour of the output."""
    values = result.outputs.ravel()
    shown = len(values) <= 20
    colours = [_style.PALETTE[1 if i == int(values.argmax()) else 0] for i in range(len(values))]
    bars = {
        "type": "bar",
        "x": list(range(len(values))),
        "y": values,
        "marker": {"color": colours},
        "text": [_style.short(float(value)) for value in values] if shown else None,
        "textposition": "outside",
        "textangle": 0 if len(values) <= 5 else -90,
        "constraintext": "none",
        "cliponaxis": False,
        "hovertemplate": "output %{x}: %{y:.6g}<extra></extra>",
    }
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = 0.25 * ((high - low) or 1.0)
    title = "probability" if result.ends_in_probabilities else "output"
    return _style.figure(
        [bars],
        300,
        bargap=0.25,
        xaxis=_style.axis(
            "output unit (the digits 0 to 9)" if len(values) == 10 else "output unit", dtick=1 if shown else None
        ),
        yaxis=_style.axis(title, range=[low - room * (low < 0), high + room * (high > 0)]),
    )
