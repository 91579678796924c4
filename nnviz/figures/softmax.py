"""Softmax probabilities beside plain proportions."""

import plotly.graph_objects as go

from nnviz.figures import _style
from nnviz.softmax import SoftmaxOutputs


def draw_probabilities(result: SoftmaxOutputs) -> go.Figure:
    """Softmax and plain proportional normalisation of the same scores.

    What one may conclude: softmax is always a distribution; the proportions are none as soon as a score is negative.
    """
    count = len(result.logits)
    places = list(range(1, count + 1))
    bars = []
    for name, values, colour in (
        ("softmax", result.probabilities, _style.PALETTE[0]),
        ("score ÷ sum of scores", result.proportional, _style.PALETTE[7]),
    ):
        bars.append(
            {
                "type": "bar",
                "x": places,
                "y": values,
                "name": name,
                "marker": {"color": colour},
                "text": [_style.short(float(value)) for value in values] if count <= 12 else None,
                "textposition": "outside",
                "cliponaxis": False,
                "customdata": result.logits,
                "hovertemplate": f"score %{{customdata:.5g}}<br>{name} = %{{y:.6g}}<extra></extra>",
            }
        )
    ticks = [f"z<sub>{i}</sub>={z:.6g}" if count <= 10 else str(i) for i, z in zip(places, result.logits, strict=True)]
    return _style.figure(
        bars,
        400,
        barmode="group",
        bargap=0.25,
        xaxis=_style.axis("score", tickvals=places if count <= 25 else None, ticktext=ticks if count <= 25 else None),
        yaxis=_style.axis("share"),
    )
