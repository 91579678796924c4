"""Initializers: real samples against theory, and a signal's way through a deep network."""

import streamlit as st

from nnviz import INITIALIZERS, NetworkSpec
from nnviz.figures.gradients import draw_distribution, draw_signal
from nnviz.figures.initializers import draw_histogram
from nnviz.web import chart, controls, own, shared
from nnviz.web.errors import explained

st.title("Initializers")
st.markdown(
    "**Try first:** drag fan-in and watch the weights narrow. Then scroll down: with `relu`, compare "
    "`he_normal` with `lecun_normal` and see which one keeps the signal alive through the layers."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    name = controls.choose("Initializer", "initializer", list(INITIALIZERS), "glorot_uniform")
    entry = INITIALIZERS[name]
    given = controls.parameters(name, entry.parameters, name)
    fan_in = controls.slider("Fan-in (inputs of the layer)", "fan_in", 1, 1024, 256, 1)
    fan_out = controls.slider("Fan-out (units of the layer)", "fan_out", 1, 1024, 128, 1)
    bins = controls.slider("Bins", "bins", 10, 120, 60, 5)
    seed = controls.seed()
with right, explained():
    weights = shared.weight_histogram(name, fan_in, fan_out, seed, bins, **given)
    st.markdown(f"**{entry.label}** · ${entry.formula}$ · {entry.insight} [{entry.source}]({entry.url})")
    columns = st.columns(3)
    columns[0].metric("Sampled std", f"{weights.std:.5g}")
    columns[1].metric("Theoretical std", f"{weights.theory_std:.5g}")
    columns[2].metric("Sampled mean", f"{weights.mean:.2g}")
    alt = f"{name}: {fan_in * fan_out:,} weights, std {weights.std:.4g}, theory {weights.theory_std:.4g}"
    chart.show(draw_histogram(weights), key="weights", alt=alt)
    st.caption(f"One kernel of {fan_in} × {fan_out} = {fan_in * fan_out:,} weights drawn by Keras with seed {seed}.")

st.subheader("What it does to a signal")
left, right = st.columns([1, 2.5], gap="large")
with left:
    activation, knobs = own.choose("Activation", "activation", "tanh")
    depth = controls.slider("Hidden layers", "depth", 1, 100, 20, 1)
    width = controls.slider("Units per layer", "width", 1, 512, 128, 1)
with right, explained():
    spec = NetworkSpec(
        depth, width, activation, name, data="noise", batch=128, seed=seed,
        activation_parameters=knobs, initializer_parameters=given,
    )  # fmt: skip
    signal = shared.layer_gradients(spec)
    first, last = signal.a_std[0], signal.a_std[depth - 1]
    finding = f"The spread of the activations goes from {first:.3g} in layer 1 to {last:.3g} in layer {depth}."
    st.markdown(finding)
    chart.show(draw_signal(signal), key="signal", alt=finding)
    hidden = signal.a_share[:depth]
    chart.show(
        draw_distribution(signal.a_edges, hidden, "activation a", depth),
        key="spread",
        alt=f"Activations per layer. {finding}",
    )
    st.caption(
        "128 samples of standard normal noise go in; each column is the distribution of one layer's activations."
    )
