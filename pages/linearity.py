"""Linearity: why a network without activations is one layer, however deep."""

import streamlit as st

from nnviz import INITIALIZERS
from nnviz.figures.linearity import draw_equality, draw_singular_values
from nnviz.linearity import SAMPLES
from nnviz.web import chart, controls, shared
from nnviz.web.errors import explained

st.title("Linearity")
st.markdown(
    "**Try first:** drag the number of layers: all points stay on the diagonal, because the stack is one matrix. Then "
    "give layer 1 an activation and watch them leave it."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    depth = controls.slider("Linear layers", "depth", 1, 50, 5, 1)
    width = controls.slider("Units between them", "width", 1, 64, 8, 1)
    inputs = controls.slider("Inputs and outputs", "inputs", 1, 32, 8, 1)
    curved = controls.slider("Layer with an activation", "curved", 0, 50, 0, 1, "0: none of them")
    activation = controls.pick("Its activation", "activation", ("tanh", "relu", "sigmoid", "gelu"))
    initializer = controls.choose("Initializer", "initializer", list(INITIALIZERS), "glorot_uniform")
    seed = controls.seed()
with right, explained():
    st.markdown(
        r"Without activations $((xW_1 + b_1)W_2 + b_2)\cdots = xW + c$ with $W = W_1 W_2 \cdots W_L$: "
        "one dense layer does the same."
    )
    stack = shared.linear_stack(depth, width, inputs, inputs, initializer, seed, curved, activation)
    difference = (
        f"on {SAMPLES} random inputs the stack and the one matrix differ by at most {stack.largest_difference:.2g}"
    )
    finding = (
        f"Broken by one {activation}: {difference}, and the best matrix there is leaves {stack.unexplained:.2%} of the "
        "stack's variance unexplained."
        if curved
        else f"One layer: {difference}, the rounding error of float64."
    )
    chart.say(finding)
    chart.show(draw_equality(stack), key="equality", alt=finding)
    said = (
        f"The product W has rank {stack.rank}; the narrowest layer has {stack.narrowest} units, no product can have "
        "a higher rank."
    )
    chart.show(draw_singular_values(stack), key="singular", alt=said)
    st.caption(
        f"{said} A singular value is the factor by which W stretches one direction; what is more than sixteen digits "
        "smaller than the largest is lost in rounding and does not count."
    )
