"""Gradient flow: what reaches each layer, and what its units do."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import _style
from nnviz.gradients import DECADES, LayerGradients, NeuronChain, NeuronFactor

QUANTITIES: Mapping[str, tuple[str, str]] = {
    "weights": ("weight_norm", "‖∂C/∂W‖"),
    "biases": ("bias_norm", "‖∂C/∂b‖"),
    "mean size": ("mean_abs", "mean |∂C/∂w|"),
}
_LOWEST = -330.0  # decades; float64 has nothing below


def _layers(result: LayerGradients) -> list[int]:
    return list(range(1, len(result.weight_norm) + 1))


def _layer_axis(depth: int, count: int) -> dict[str, object]:
    """Hidden layers count from the input; the output layer, if drawn, comes last."""
    stride = 1 if depth <= 20 else 5 if depth <= 50 else 10
    ticks = [layer for layer in range(1, depth + 1) if layer == 1 or layer % stride == 0]
    if count > depth and stride > 1:
        ticks = [layer for layer in ticks if count - layer > stride / 2]  # room for the word at the end
    names = [str(layer) for layer in ticks]
    if count > depth:
        ticks, names = [*ticks, count], [*names, "out"]
    return _style.axis("layer", range=[0.4, count + 0.6], tickvals=ticks, ticktext=names, tickangle=0)


def _drawable(values: np.ndarray) -> np.ndarray:
    """What a logarithmic axis can show: finite and above 0; nan leaves a gap."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)


def draw_gradients(result: LayerGradients, quantity: str, decades: tuple[float, float] | None = None) -> go.Figure:
    """One bar per layer on a logarithmic axis, its number on it; a gradient of exactly 0 is written as 0.

    `quantity`: a key of `QUANTITIES`; `decades` freezes the axis at these powers of ten. What one may conclude: bars
    that fall towards the input by a constant factor are a vanishing gradient; the first layers learn that much
    more slowly.
    """
    field, title = QUANTITIES[quantity]
    values = getattr(result, field)
    count = len(values)
    layers = _layers(result)
    drawn = _drawable(values)
    seen = np.isfinite(drawn)
    positive = drawn[seen]
    low = np.floor(np.log10(positive.min())) - 1 if positive.size else -1.0
    high = np.ceil(np.log10(positive.max())) + 0.6 if positive.size else 1.0
    low, high = decades or (max(low, _LOWEST), high)
    colours = [_style.PALETTE[0]] * (count - 1) + [_style.PALETTE[1]]
    upright = count <= 8  # more would overlap on a phone
    bars = {
        "type": "bar",
        "x": layers,
        "y": drawn,
        "marker": {"color": colours},
        "text": [_style.short(float(value)) if there else "" for value, there in zip(values, seen, strict=True)],
        "textposition": "outside",
        "textangle": 0 if upright else -90,
        "textfont": {"size": 12 if count <= 40 else 9 if count <= 70 else 7},
        "constraintext": "none",
        "cliponaxis": False,
        "showlegend": False,
        "hovertemplate": f"layer %{{x}}<br>{title} = %{{y:.4e}}<extra></extra>",
    }
    lost = [layer for layer, there in zip(layers, seen, strict=True) if not there]
    notes = [
        {
            "x": layer,
            "y": 0,
            "yref": "paper",
            "yanchor": "bottom",
            "text": "0" if values[layer - 1] == 0 else str(values[layer - 1]),
            "showarrow": False,
            "font": {"color": _style.PALETTE[6], "size": 12 if upright else 9},
        }
        for layer in lost
    ]
    room = 0.05 if upright else 0.16
    return _style.figure(
        [bars],
        440,
        annotations=notes,
        bargap=0.2,
        xaxis=_layer_axis(result.spec.depth, count),
        yaxis=_style.log_axis(title, (low, high + room * (high - low) if not decades else high)),
    )


def draw_decades(result: LayerGradients) -> go.Figure:
    """How the sizes of a layer's single weight gradients are spread, as a heat map of log₁₀ |∂C/∂w| per layer."""
    used = np.flatnonzero(result.gradient_share.sum(axis=0))
    first, last = (int(used[0]), int(used[-1])) if used.size else (0, len(DECADES) - 2)
    first, last = max(0, first - 2), min(len(DECADES) - 2, last + 2)
    centers = (DECADES[first : last + 1] + DECADES[first + 1 : last + 2]) / 2
    return _heat(result.gradient_share[:, first : last + 1].T, centers, "log₁₀ |∂C/∂w|", result.spec.depth)


def draw_distribution(edges: np.ndarray, share: np.ndarray, title: str, depth: int) -> go.Figure:
    """The distribution of z or a in each of `depth` hidden layers (and the output) as a heat map of shares."""
    return _heat(share.T, (edges[:-1] + edges[1:]) / 2, title, depth)


def _heat(share: np.ndarray, centers: np.ndarray, title: str, depth: int) -> go.Figure:
    layers = list(range(1, share.shape[1] + 1))
    heat = {
        "type": "heatmap",
        "x": layers,
        "y": centers,
        "z": np.where(share > 0, share, np.nan),
        "zmin": 0,
        "colorscale": _style.SEQUENTIAL,
        "colorbar": {"thickness": 10, "title": {"text": "share"}, "tickformat": ".0%"},
        "hovertemplate": f"layer %{{x}}<br>{title} ≈ %{{y:.4g}}<br>%{{z:.2%}} of the layer<extra></extra>",
    }
    return _style.figure([heat], 360, xaxis=_layer_axis(depth, len(layers)), yaxis=_style.axis(title))


def draw_shares(result: LayerGradients) -> go.Figure:
    """Share of saturated pre-activations and of dead units per layer."""
    layers = _layers(result)
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": layers,
            "y": values,
            "name": name,
            "line": {"color": _style.PALETTE[i], "dash": _style.DASHES[i], "width": 2.5},
            "marker": {"symbol": symbol, "size": 7},
            "hovertemplate": f"layer %{{x}}: %{{y:.1%}} {name}<extra></extra>",
        }
        for i, (name, values, symbol) in enumerate(
            (
                (f"saturated, |φ′(z)| < {result.spec.saturation:g}", result.saturated, "circle"),
                ("dead, φ′(z) = 0 on the whole batch", result.dead, "x"),
            )
        )
    ]
    return _style.figure(
        lines,
        340,
        xaxis=_layer_axis(result.spec.depth, len(layers)),
        yaxis=_style.axis("share of the layer", range=[-0.03, 1.05], tickformat=".0%"),
    )


def draw_signal(result: LayerGradients) -> go.Figure:
    """Standard deviation of the activations per hidden layer on a logarithmic axis, and their mean below."""
    depth = result.spec.depth
    layers = list(range(1, depth + 1))
    std, mean = result.a_std[:depth], result.a_mean[:depth]
    reach = 1.1 * max(0.1, float(np.nanmax(np.abs(mean), initial=0)))  # an axis of noise alone would look like a trend
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": layers,
            "y": values,
            "yaxis": panel,
            "name": name,
            "line": {"color": _style.PALETTE[i], "dash": _style.DASHES[i], "width": 2.5},
            "hovertemplate": f"layer %{{x}}: {name} = %{{y:.4g}}<extra></extra>",
        }
        for i, (panel, name, values) in enumerate((("y", "std of a", _drawable(std)), ("y2", "mean of a", mean)))
    ]
    return _style.figure(
        lines,
        420,
        xaxis={**_layer_axis(depth, depth), "anchor": "y2"},
        yaxis=_style.log_axis("standard deviation", domain=[0.44, 1]),
        yaxis2=_style.axis("mean", domain=[0, 0.36], range=[-reach, reach]),
    )


def draw_chain(chain: NeuronChain) -> go.Figure:
    """The factor w·φ′(z) of each neuron in the chain, and the product from the output back to it."""
    layers = list(range(1, len(chain.factors) + 1))
    sizes = tuple(_drawable(np.abs(values)) for values in (chain.factors, chain.products))
    bars = {
        "type": "bar",
        "x": layers,
        "y": sizes[0],
        "name": "|w·φ′(z)| of this neuron",
        "marker": {"color": _style.PALETTE[0], "opacity": 0.7},
        "text": [_style.short(float(value)) for value in np.abs(chain.factors)],
        "textposition": "outside",
        "constraintext": "none",
        "textangle": 0 if len(layers) <= 8 else -90,
        "cliponaxis": False,
        "hovertemplate": "neuron %{x}: |w·φ′(z)| = %{y:.4g}<extra></extra>",
    }
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": layers,
        "y": sizes[1],
        "name": "product from the output back to here, |∂a_L/∂a|",
        "line": {"color": _style.PALETTE[1], "width": 2.5, "dash": "dash"},
        "hovertemplate": "back to neuron %{x}: %{y:.4g}<extra></extra>",
    }
    one = {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": 1,
        "y1": 1,
        "line": {"color": _style.FAINT, "dash": "dot"},
    }
    drawn = np.concatenate(sizes)
    drawn = drawn[np.isfinite(drawn)] if np.isfinite(drawn).any() else np.ones(1)
    ends = np.floor(np.log10(drawn.min())) - 0.2, max(0.0, np.ceil(np.log10(drawn.max()) * 4) / 4)
    return _style.figure(
        [bars, line],
        400,
        shapes=[one],
        xaxis=_style.axis("neuron (input on the left)", nticks=20),
        yaxis=_style.log_axis("size", (float(ends[0]), float(ends[1] + 0.18 * (ends[1] - ends[0])))),
    )


def draw_factor(result: NeuronFactor) -> go.Figure:
    """|w·φ′(w·a + b)| against the neuron's input, with the line it has to reach."""
    curve = {
        "type": "scatter",
        "mode": "lines",
        "x": result.a,
        "y": np.abs(result.factor),
        "showlegend": False,
        "line": {"color": _style.PALETTE[0], "width": 2.5},
        "hovertemplate": "a = %{x:.3f}<br>|w·φ′| = %{y:.4f}<extra></extra>",
    }
    line = {"color": _style.PALETTE[1], "width": 1.5, "dash": "dash"}
    shapes = [{"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 1, "y1": 1, "line": line}]
    shapes += [_style.band(low, high) for low, high in result.amplifying]
    note = {
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "y": 1,
        "yanchor": "bottom",
        "text": "1: neither shrinks nor grows",
        "showarrow": False,
    }
    top = max(1.15, 1.1 * float(np.nanmax(_drawable(np.abs(result.factor)), initial=0)))
    return _style.figure(
        [curve],
        400,
        shapes=shapes,
        annotations=[note],
        xaxis=_style.axis("input a of the neuron"),
        yaxis=_style.axis("|w·φ′(w·a + b)|", range=[0, top]),
    )
