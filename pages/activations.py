"""Activations: curve, slope, operating point, saturation, and what a normal pre-activation turns into."""

import numpy as np
import streamlit as st

from nnviz import VECTOR
from nnviz.activations import ACTIVATIONS, Activation, elementwise
from nnviz.figures.activations import draw_curves, draw_jacobian, draw_vector
from nnviz.web import chart, controls, own, shared
from nnviz.web.errors import explained

st.title("Activations")
st.markdown(
    "**Try first:** drag the operating point *z* to 4 and read the slope: that is the share of the gradient this "
    "unit passes on. Then add `relu` or `gelu` and compare, or type a function of your own."
)
left, right = st.columns([1, 2.5], gap="large")


def numbers_to_numbers() -> None:
    with left:
        names = own.several("Functions", "show", ["sigmoid", "tanh"], most=8)
        z = controls.slider("Operating point z", "z", -6.0, 6.0, 1.0, 0.05)
        threshold = controls.slider("Saturated where |f′(z)| <", "tau", 0.0, 0.5, 0.05, 0.01)
        given = {label: own.parameters(name) for label, name in names.items()}
        with st.expander("Range and distribution of z"):
            low, high = controls.span("Range of z", "range", -50, 50, (-6, 6))
            mean = controls.slider("Mean μ of z", "mu", -3.0, 3.0, 0.0, 0.1)
            std = controls.slider("Standard deviation σ of z", "sigma", 0.1, 5.0, 1.0, 0.1)
    if not names:
        right.info("Choose at least one function.", icon=":material/ssid_chart:")
        return
    with right, explained():
        if low == high:
            raise ValueError(f"range must have two different ends, not {low} and {high}")
        x = np.linspace(low, high, 301)
        curves = {label: shared.activation_curve(name, x, **given[label]) for label, name in names.items()}
        points = {label: shared.activation_curve(name, [z], **given[label]) for label, name in names.items()}
        first = next(iter(names))
        shaded = curves[first].saturated(threshold)
        reading = f"f({z:g}) = {points[first].y[0]:.5g}, f′({z:g}) = {points[first].slope[0]:.5g}"
        chart.show(
            draw_curves(curves, points, shaded),
            key="curves",
            alt=f"Curves of {', '.join(names)}; {first}: {reading}",
        )
        st.caption(
            f"Shaded: where {first} is saturated, |f′(z)| < {threshold:g}. Dots: the operating point, with its tangent."
        )
        rows = ["| | f(z) | f′(z) | mean | variance | zero-centred |", "|:--|--:|--:|--:|--:|:--|"]
        for label, name in names.items():
            point, moments = points[label], shared.activation_moments(name, mean, std, **given[label])
            centred = "yes" if abs(moments.mean) < 0.01 else "no"
            cells = f"{point.y[0]:.4g} | {point.slope[0]:.4g} | {moments.mean:.4f} | {moments.variance:.4f}"
            rows.append(f"| **{label}** | {cells} | {centred} |")
        st.markdown("\n".join(rows))
        st.caption(f"Readings at z = {z:g}; mean and variance are those of f(z) for z ~ N({mean:g}, {std:g}²).")
    st.subheader("What they are")
    for label, name in names.items():
        describe(label, elementwise(name))


def scores_to_scores() -> None:
    with left, explained():
        name = controls.choose("Function", "function", VECTOR)
        place = st.container()  # scores that cannot be read stop the block: the slider is built before them
        step = controls.slider("Added to the first score", "add", -5.0, 5.0, 0.0, 0.1)
        with place:
            scores = controls.numbers("Scores", "scores", "2, 1, 0.1, -1", 600)
        scores[:1] = [score + step for score in scores[:1]]
        result = shared.activation_vector(name, scores)
        with right:
            chart.show(
                draw_vector(result, name),
                key="vector",
                alt=f"{name} of {len(scores)} scores: {result.outputs.round(4).tolist()}",
            )
            chart.show(
                draw_jacobian(result.jacobian),
                key="jacobian",
                alt=f"Jacobian of {name}: each output depends on several scores",
            )
            st.caption(
                "No curve can show this function: every output depends on several scores, as the Jacobian shows."
            )
        with st.container():
            describe(name, ACTIVATIONS[name])


def describe(label: str, entry: Activation) -> None:
    st.markdown(f"**{label}** · ${entry.formula}$ · {entry.insight} [{entry.source}]({entry.url})")


with left:
    kind = controls.pick("Functions of", "of", ("one number", "a vector"))
numbers_to_numbers() if kind == "one number" else scores_to_scores()
