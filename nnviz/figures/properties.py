"""Which criteria each activation meets, as a grid of marks."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from nnviz.figures import _style
from nnviz.properties import CRITERIA, ActivationProperties


def draw_criteria(measured: Mapping[str, ActivationProperties], order: Sequence[str]) -> go.Figure:
    """One row per function (in `order`, from above), one column per criterion, a tick where it is met.

    What one may conclude: no row is full. Bounded and non-saturating exclude each other for every monotonic curve,
    so an activation is a choice of what to give up.
    """
    names = list(CRITERIA)
    marks = [[CRITERIA[name].met(measured[row]) for name in names] for row in order]
    numbers = [[_style.short(CRITERIA[name].number(measured[row])) for name in names] for row in order]
    heat = {
        "type": "heatmap",
        "x": names,
        "y": list(order),
        "z": [[int(met) for met in row] for row in marks],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, _style.SHADE], [1, _style.PALETTE[2]]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "text": [["✓" if met else "–" for met in row] for row in marks],
        "texttemplate": "%{text}",
        "customdata": numbers,
        "hovertemplate": "%{y}<br>%{x}: %{customdata}<extra></extra>",
    }
    return _style.figure(
        [heat],
        130 + 22 * len(order),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis=_style.axis("", side="top", tickangle=-45, showgrid=False, fixedrange=True),
        yaxis=_style.axis("", autorange="reversed", dtick=1, showgrid=False, fixedrange=True),
    )
