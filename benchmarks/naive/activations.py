"""The Activations page as a newcomer writes it: one script, the same controls and the same figure, nothing tuned."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st
import tensorflow as tf
from plotly.subplots import make_subplots

FUNCTIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "softsign", "mish"]
COLORS = ["#2f7de1", "#e06c1f", "#17976f", "#c648a3", "#8a63d2", "#a87f00", "#d8434e", "#5f8796"]


def value_and_slope(name, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.keras.activations.get(name)(x)
    return y.numpy(), tape.gradient(y, x).numpy()


st.set_page_config(page_title="Activations", layout="wide")
st.title("Activations")
st.markdown("Drag the operating point *z* and read the slope. Then add `relu` or `gelu` and compare.")
left, right = st.columns([1, 2.5])

with left:
    st.segmented_control("Functions of", ["one number", "a vector"], default="one number")
    names = st.multiselect("Functions", FUNCTIONS, ["sigmoid", "tanh"], max_selections=8)
    z = st.slider("Operating point z", -6.0, 6.0, 1.0, 0.05)
    threshold = st.slider("Saturated where |f′(z)| <", 0.0, 0.5, 0.05, 0.01)
    with st.expander("Range and distribution of z"):
        low, high = st.slider("Range of z", -50, 50, (-6, 6))
        mean = st.slider("Mean μ of z", -3.0, 3.0, 0.0, 0.1)
        std = st.slider("Standard deviation σ of z", 0.1, 5.0, 1.0, 0.1)

with right:
    x = np.linspace(low, high, 301)
    samples = np.random.default_rng(0).normal(mean, std, 20_000)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    table = "| | f(z) | f′(z) | mean of f | variance of f |\n|:--|--:|--:|--:|--:|\n"
    for i, name in enumerate(names):
        color = COLORS[i]
        y, slope = value_and_slope(name, x)
        figure.add_trace(go.Scatter(x=x, y=y, name=name, line={"color": color, "width": 2.5}), row=1, col=1)
        figure.add_trace(go.Scatter(x=x, y=slope, showlegend=False, line={"color": color, "width": 2.5}), row=2, col=1)
        if i == 0:
            edges = np.flatnonzero(np.diff(np.concatenate([[False], np.abs(slope) < threshold, [False]])))
            for start, end in zip(edges[::2], edges[1::2], strict=True):
                figure.add_vrect(x[start], x[end - 1], fillcolor="grey", opacity=0.16, line_width=0, layer="below")
        (fz,), (dz,) = value_and_slope(name, np.array([z]))
        tangent = go.Scatter(
            x=[z - 1.5, z + 1.5],
            y=[fz - 1.5 * dz, fz + 1.5 * dz],
            mode="lines",
            showlegend=False,
            line={"color": color, "width": 1.5},
        )
        figure.add_trace(tangent, row=1, col=1)
        dot = {"color": color, "size": 10}
        figure.add_trace(go.Scatter(x=[z], y=[fz], mode="markers", showlegend=False, marker=dot), row=1, col=1)
        figure.add_trace(go.Scatter(x=[z], y=[dz], mode="markers", showlegend=False, marker=dot), row=2, col=1)
        outputs, _ = value_and_slope(name, samples)
        table += f"| **{name}** | {fz:.5g} | {dz:.5g} | {outputs.mean():.5g} | {outputs.var():.5g} |\n"
    figure.add_vline(x=z, line={"color": "grey", "width": 1, "dash": "dot"})
    figure.update_layout(height=540, hovermode="x unified", legend_orientation="h", legend_y=1, legend_yanchor="bottom")
    figure.update_xaxes(title_text="pre-activation z", row=2, col=1)
    figure.update_yaxes(title_text="f(z)", row=1, col=1)
    figure.update_yaxes(title_text="slope f′(z)", row=2, col=1)
    st.plotly_chart(figure)
    st.caption(f"Shaded: where |f′(z)| < {threshold:g}. Dots: the operating point, with its tangent.")
    st.markdown(table)
    st.caption(f"Readings at z = {z:g}; mean and variance of f(z) for z ~ N(μ = {mean:g}, σ = {std:g}).")

st.subheader("What they are")
for name in names:
    st.markdown(f"**{name}** · [{name} in Keras](https://keras.io/api/layers/activations/#{name}-function)")
