"""Two Gaussian classes above, the probability of class 1 below."""

from typing import Any

import plotly.graph_objects as go

from nnviz.bayes import GaussianPosterior
from nnviz.figures import _style


def draw_posterior(result: GaussianPosterior) -> go.Figure:
    """Prior × density of both classes, and Bayes' rule under the sigmoid of the log-odds.

    What one may conclude: the two lower curves are one curve; with equal variances the sigmoid's argument is w·x + b,
    which is what a neuron computes. Vertical lines: where both classes are equally likely.
    """
    shared: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": result.x}
    traces = []
    for name, values, colour, dash in (
        ("class 0", result.joint_0, _style.PALETTE[0], "solid"),
        ("class 1", result.joint_1, _style.PALETTE[1], "dash"),
    ):
        traces.append(
            {
                **shared,
                "y": values,
                "name": f"{name}: prior × density",
                "line": {"color": colour, "width": 2.5, "dash": dash},
                "hovertemplate": f"x = %{{x:.4g}}<br>%{{y:.4g}}<extra>{name}</extra>",
            }
        )
    below = {**shared, "yaxis": "y2", "hovertemplate": "x = %{x:.4g}<br>P = %{y:.6g}<extra></extra>"}
    traces += [
        {
            **below,
            "y": result.posterior,
            "name": "Bayes: P(1 | x)",
            "line": {"color": _style.PALETTE[2], "width": 6},
            "opacity": 0.55,
        },
        {
            **below,
            "y": result.sigmoid,
            "name": "σ(log-odds)",
            "line": {"color": _style.PALETTE[3], "width": 2, "dash": "dot"},
        },
    ]
    line = {"color": _style.FAINT, "width": 1.5, "dash": "dot"}
    low, high = float(result.x[0]), float(result.x[-1])
    shapes = [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": line}
        for at in map(float, result.boundaries)
        if low <= at <= high
    ]
    return _style.figure(
        traces,
        560,
        margin={"l": 64, "r": 8, "t": 64, "b": 48},
        shapes=shapes,
        xaxis=_style.axis("x", anchor="y2", range=[low, high]),
        yaxis=_style.axis("prior × density", domain=[0.5, 1], rangemode="tozero"),
        yaxis2=_style.axis("P(class 1 | x)", domain=[0, 0.42], range=[-0.04, 1.04]),
    )
