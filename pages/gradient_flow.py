"""Gradient flow: what reaches each layer of a deep network, and the chain of neurons that explains it."""

import numpy as np
import streamlit as st

from nnviz import (
    DATASETS,
    INITIALIZERS,
    NetworkSpec,
    explain_chain,
    explain_flow,
)
from nnviz.figures import gradients as figures
from nnviz.losses import NETWORK_LOSSES
from nnviz.networks import DTYPES
from nnviz.web import chart, controls, own, shared
from nnviz.web.errors import explained

st.title("Gradient flow")
st.markdown(
    "**Try first:** drag the hidden layers from 2 to 40 and watch the first bars sink. Then cure it: choose "
    "`relu` with `he_normal`, or `tanh` with `glorot_uniform`, and compare."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    depth = controls.slider("Hidden layers", "depth", 1, 100, 10, 1)
    width = controls.slider("Units per layer", "width", 1, 512, 30, 1)
    activation, knobs = own.choose("Activation", "activation", "sigmoid")
    initializer = controls.choose("Initializer", "initializer", list(INITIALIZERS), "glorot_uniform")
    scales = controls.parameters(initializer, INITIALIZERS[initializer].parameters, initializer)
    seed = controls.seed()
    with st.expander("Loss, data and precision"):
        loss = controls.choose("Loss", "loss", list(NETWORK_LOSSES))
        output = controls.choose("Output unit", "output", ("softmax", "sigmoid", "linear"))
        data = controls.choose("Data", "data", list(DATASETS), help="What the network sees.")
        st.caption(DATASETS[data].insight)
        batch = controls.slider("Batch", "batch", 1, 1024, 256, 1)
        bias_std = controls.slider("Spread of the biases", "bias_std", 0.0, 2.0, 0.0, 0.1)
        dtype = controls.pick("Precision", "dtype", DTYPES)
    quantity = controls.pick("Show", "quantity", tuple(figures.QUANTITIES))
    frozen = controls.switch("Freeze the axis", "freeze", help="An axis that rescales itself hides the vanishing.")
    ends = controls.span("Powers of ten on the axis", "axis", -80, 40, (-12, 2)) if frozen else None
    tau = controls.slider("Saturated where |φ′(z)| <", "tau", 0.0, 0.5, 0.05, 0.01)

with right, explained():
    if ends and ends[0] == ends[1]:
        raise ValueError(f"axis must have two different ends, not {ends[0]} and {ends[1]}")
    spec = NetworkSpec(
        depth,
        width,
        activation,
        initializer,
        loss,
        output,
        data,
        batch,
        dtype,
        seed,
        bias_std,
        tau,
        knobs,
        scales,
    )
    with st.spinner("Computing the backward pass …", show_time=True):
        flow = shared.layer_gradients(spec)
    sentence = explain_flow(flow)
    chart.say(sentence)
    chart.show(figures.draw_gradients(flow, quantity, ends), key="flow", alt=f"Gradient per layer. {sentence}")
    columns = st.columns(3)
    columns[0].metric("Lost, last to first", "all of it" if np.isinf(flow.decades) else f"{flow.decades:.2f} decades")
    columns[1].metric("Kept per layer", f"{flow.kept_per_layer:.3g}")
    columns[2].metric(
        "Loss at the start",
        f"{flow.loss:.4g}",
        help="Cross-entropy at chance is ln of the number of classes.",
    )
    details = ("saturated and dead", "pre-activations z", "activations a", "single gradients")
    detail = controls.pick("Inside the layers", "detail", details)
    if detail == details[0]:
        picture = figures.draw_shares(flow)
        said = f"Saturated: {flow.saturated[0]:.0%} of layer 1, {flow.saturated[-2]:.0%} of the last hidden layer."
    elif detail == details[1]:
        picture = figures.draw_distribution(flow.z_edges, flow.z_share, "pre-activation z", depth)
        said = f"The spread of z is {flow.z_std[0]:.3g} in layer 1 and {flow.z_std[-2]:.3g} in the last hidden layer."
    elif detail == details[2]:
        picture = figures.draw_distribution(flow.a_edges, flow.a_share, "activation a", depth)
        said = f"The spread of a is {flow.a_std[0]:.3g} in layer 1 and {flow.a_std[-2]:.3g} in the last hidden layer."
    else:
        picture = figures.draw_decades(flow)
        said = f"{flow.underflow[0]:.1%} of the first layer's gradients are exactly 0 in {dtype}."
    chart.show(picture, key="detail", alt=said)
    st.caption(said)

st.subheader("Why: a chain of single neurons")
st.markdown(
    r"One neuron per layer, $z_l = w\,a_{l-1} + b$. The chain rule multiplies one factor $w\,\varphi'(z_l)$ per "
    r"neuron: $\partial a_L / \partial x = \prod_l w\,\varphi'(z_l)$. For the sigmoid $\varphi' \le \tfrac14$, so a "
    r"factor of 1 needs $|w| \ge 4$."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    neurons = controls.slider("Neurons in the chain", "neurons", 1, 40, 10, 1)
    weight = controls.slider("Weight w of each", "w", -10.0, 10.0, 1.0, 0.1)
    bias = controls.slider("Bias b of each", "b", -10.0, 10.0, 0.0, 0.1)
    x = controls.slider("Input x", "x", -3.0, 3.0, 0.5, 0.1)
with right, explained():
    chain = shared.neuron_chain(np.full(neurons, weight), np.full(neurons, bias), activation, x, **knobs)
    sentence = explain_chain(chain)
    st.markdown(sentence)
    chart.show(figures.draw_chain(chain), key="chain", alt=sentence)
    factor = shared.neuron_factor(weight, bias, activation, **knobs)
    reach = sum(high - low for low, high in factor.amplifying)
    finding = (
        f"|w·φ′(w·a + b)| reaches 1 on {reach:.3g} of the input axis"
        if reach
        else "|w·φ′(w·a + b)| stays below 1 for every input"
    )
    chart.show(figures.draw_factor(factor), key="factor", alt=finding)
    st.caption(f"{finding} (w = {weight:g}, b = {bias:g}, {own.label(activation)}).")
