"""Both sides of an identity, and what is left between them."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import _style
from nnviz.identities import IdentityCheck


def draw_identity(check: IdentityCheck, left: str, right: str) -> go.Figure:
    """Both sides on one another above, |left − right| on a logarithmic axis below; an error of exactly 0 is a gap.

    What one may conclude: an error the size of the rounding (1e-16 in float64) is no error of the identity.
    """
    shared: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": check.x}
    traces = [
        {**shared, "y": check.left, "name": left, "line": {"color": _style.PALETTE[0], "width": 6}, "opacity": 0.55},
        {
            **shared,
            "y": check.right,
            "name": right,
            "line": {"color": _style.PALETTE[1], "width": 2, "dash": "dash"},
        },
        {
            **shared,
            "mode": "markers",
            "y": np.where(check.error > 0, check.error, np.nan),
            "yaxis": "y2",
            "showlegend": False,
            "marker": {"color": _style.PALETTE[3], "size": 4},
            "hovertemplate": "a = %{x:.4g}<br>|left − right| = %{y:.3e}<extra></extra>",
        },
    ]
    note: dict[str, Any] = {
        "x": 0.5,
        "xref": "paper",
        "y": 0.16,
        "yref": "paper",
        "text": "the two sides are equal to the last bit",
        "showarrow": False,
    }
    heading = {**note, "x": 0, "xanchor": "left", "y": 0.32, "yanchor": "bottom", "text": "|left side − right side|"}
    exact = check.largest == 0
    return _style.figure(
        traces,
        520,
        annotations=[heading, note] if exact else [heading],
        xaxis=_style.axis("a", anchor="y2"),
        yaxis=_style.axis("value", domain=[0.42, 1]),
        yaxis2=_style.axis("", domain=[0, 0.32], showticklabels=False, range=[0, 1])
        if exact
        else _style.log_axis("", domain=[0, 0.32], nticks=4),
    )
