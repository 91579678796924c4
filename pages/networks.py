"""Networks: build a stack of layers, count its parameters, read its program and feed it a sample."""

from pathlib import Path

import streamlit as st

from nnviz import (
    ARCHITECTURES,
    INITIALIZERS,
    LAYERS,
    STYLES,
    Layer,
    digit_sample,
    fill_sample,
    keras_program,
    parse_architecture,
)
from nnviz.architectures import DENSE_ACTIVATIONS, MOST_UNITS
from nnviz.figures.networks import draw_architecture, draw_forward, draw_outputs
from nnviz.forward import image_shape
from nnviz.web import chart, controls, shared
from nnviz.web.errors import explained

FIRST = "28×28 → 256 → 128 → 64 → 10"
HINT = (
    f"One layer per line, after the input: {', '.join(LAYERS)}. "
    "For example: dense 64 relu he_normal nobias; dropout 0.2."
)


def change(layer: Layer | None) -> None:
    """Put a layer at the end of the description, or take the last one away."""
    lines = st.session_state["layers"].replace(";", "\n").strip().splitlines()
    controls.set_to("layers", "\n".join([*lines, layer.text] if layer else lines[:-1]))


def choose_layer() -> Layer:
    kind = controls.choose("Kind", "add", list(LAYERS))
    if kind == "dropout":
        return Layer(kind, rate=controls.slider("Rate", "rate", 0.0, 0.9, 0.2, 0.05))
    if kind != "dense":
        return Layer(kind)
    units = controls.integer("Units", "units", 1, MOST_UNITS, 32)
    activation = controls.choose("Activation", "activation", DENSE_ACTIVATIONS, "relu")
    initializer = controls.choose("Initializer", "initializer", list(INITIALIZERS), "glorot_uniform")
    return Layer(kind, units, activation, initializer, controls.switch("Use a bias", "bias", True))


st.title("Networks")
st.markdown(
    "**Try first:** press a preset or add a layer, and read in the table where the parameters come from. Then scroll "
    "to the forward pass, drag the digit, and watch its numbers turn into probabilities."
)
left, right = st.columns([1, 2.5], gap="large")
network = None
with left, explained():
    with st.container(horizontal=True):
        for name, text in ARCHITECTURES.items():
            st.button(name, on_click=controls.set_to, args=("layers", text), type="tertiary")
    with st.expander("Add a layer"):
        chosen = choose_layer()
        with st.container(horizontal=True):
            st.button("Add it", on_click=change, args=(chosen,))
            st.button("Remove the last", on_click=change, args=(None,))
    seed = controls.seed()
    network = controls.text("Layers", "layers", ARCHITECTURES[FIRST], 1_000, parse_architecture, HINT)
with right:
    if network is None:  # the reason stands beside the text
        network = parse_architecture(ARCHITECTURES[FIRST])
        st.info(f"Until the layers can be read, the pictures show {FIRST}.", icon=":material/schema:")
    total, trained = network.parameters, network.trainable
    counted = f"{len(network.layers)} layers with {total:,} parameters"
    chart.show(draw_architecture(network), key="diagram", alt=f"Diagram of the network: {counted}.")
    rows = ["| layer | output shape | parameters |", "|:--|:--|--:|"]
    for row in network.rows:
        rows.append(f"| `{row.layer.text}` | {' × '.join(map(str, row.output_shape))} | {row.arithmetic} |")
    st.markdown("\n".join([*rows, f"| **in all** | | **{total:,}** |"]))
    kept = f"; {total - trained:,} are running means and variances." if total > trained else "."
    st.caption(f"Gradient descent trains {trained:,} of the {total:,} parameters{kept}")
    for kind in dict.fromkeys(layer.kind for layer in network.layers):
        entry = LAYERS[kind]
        st.markdown(f"**{entry.label}** · ${entry.formula}$ · {entry.insight} [{entry.source}]({entry.url})")

st.subheader("Forward pass")
left, right = st.columns([1, 2.5], gap="large")
with left, explained():
    image = image_shape(network.input_shape)
    if image and controls.pick("Feed it", "feed", ("a digit", "my numbers")) == "a digit":
        index = controls.slider("Digit", "digit", 0, 1796, 0, 1, "Which of 1,797 handwritten digits.")
        sample, label = digit_sample(index, network.input_shape)
        st.caption(f"Somebody wrote a {label}, on 8 × 8 pixels, resized to {image[0]} × {image[1]}.")
    else:
        typed = controls.line("Input numbers", "x", "1, 0.5, -1", 1_000, "A short list is repeated.")
        sample = fill_sample(typed, network.input_shape)
    passed = shared.forward_pass(network, sample, seed)
    values = passed.outputs.ravel()
    finding = f"Output {values.argmax()} is the largest of {len(values)}: {values.max():.4g}."
    with right:
        chart.show(draw_forward(passed), key="forward", alt=f"The sample on its way through the network. {finding}")
        st.caption("Each strip has its own scale, at its right: red is negative, blue positive. Biases start at 0.")
        for place, step in enumerate([one for one in passed.layers if one.z is not None], 1):
            for formula in step.written_out():
                st.markdown(f"Dense {place}: ${formula}$")
        chart.show(draw_outputs(passed), key="outputs", alt=finding)
        share = f" All outputs sum to {values.sum():.6g}." if passed.ends_in_probabilities else ""
        st.caption(f"{finding}{share} The weights are random: this network has learned nothing yet.")

st.subheader("The program")
style = controls.pick("Style", "style", tuple(STYLES))
st.caption(STYLES[style])
with explained():
    st.code(keras_program(network, style, seed), language="python")
    built = shared.compare_styles(network)
    totals = " or ".join(f"{number:,}" for number in {one.total for one in built.values()})
    apart = max(float(abs(one.outputs - built[style].outputs).max()) for one in built.values())
    st.caption(
        f"Keras has built all three styles: each has {totals} parameters, the same layers in the same order, and for "
        f"an input of ones their outputs differ by {apart:g}. The seeds draw the weights of the forward pass above."
    )
st.page_link(Path(__file__).with_name("backpropagation.py"), label="Next: how it learns, by numbers")
st.page_link(Path(__file__).with_name("linearity.py"), label="Why every layer needs an activation that bends")
