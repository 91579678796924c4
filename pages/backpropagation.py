"""Backpropagation: one small network, every number of its forward and backward pass, and gradient descent by steps."""

import streamlit as st

from nnviz import INITIALIZERS, LOSSES, SmallNetwork, chain_rule
from nnviz.backpropagation import DEEPEST, MOST_STEPS, STEP, WIDEST
from nnviz.figures.backpropagation import PASSES, draw_losses, draw_network
from nnviz.web import chart, controls, own, shared
from nnviz.web.errors import explained

ENDS = {f"{output} · {loss}": (output, loss) for loss, entry in LOSSES.items() for output in entry.outputs}
LAYER_UNITS = (3, 2, 2, 2)  # with 3 inputs and 3 layers: the 3 → 3 → 2 → 2 of the lecture notes
SAMPLE = (1.0, 0.5, -1.0, 0.3, -0.4)
MOST_PATHS = 4  # shown; the strongest
DIGITS = st.column_config.NumberColumn(format="%.5g")  # significant digits: a small gradient is not rounded to 0


def step_to(number: int) -> None:
    controls.set_to("step", max(0, min(MOST_STEPS, number)))


st.title("Backpropagation")
st.markdown(
    "**Try first:** switch to the backward pass and follow the orange weight to the loss: its gradient is the product "
    "written out below. Then press *One step* and watch the loss fall and every number change."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    direction = controls.pick("Show the pass", "pass", tuple(PASSES))
    step = controls.slider("Steps of gradient descent", "step", 0, MOST_STEPS, 0, 1)
    with st.container(horizontal=True):
        st.button("One step", on_click=step_to, args=(step + 1,))
        st.button("Back to the start", on_click=step_to, args=(0,), type="tertiary")
    rate = controls.rate("Learning rate η", "rate", 0.5)
    with st.expander("Network"):
        layers = controls.slider("Layers of weights", "layers", 1, DEEPEST, 3, 1)
        inputs = controls.slider("Inputs", "inputs", 1, WIDEST, 3, 1)
        units = tuple(
            controls.slider(f"Units of layer {i + 1}", f"units{i + 1}", 1, WIDEST, LAYER_UNITS[i], 1)
            for i in range(layers)
        )
        activation, knobs = own.choose("Activation", "activation", "tanh")
        output, loss = ENDS[controls.choose("Output and loss", "end", list(ENDS), "softmax · categorical_crossentropy")]
        initializer = controls.choose("Initializer", "initializer", list(INITIALIZERS), "glorot_uniform")
        seed = controls.seed()
    with st.expander("Sample and target"):
        x = tuple(controls.slider(f"x{i + 1}", f"x{i + 1}", -3.0, 3.0, SAMPLE[i], 0.1) for i in range(inputs))
        if output == "softmax":
            right_class = controls.pick("Right class", "class", tuple(str(i + 1) for i in range(units[-1])))
            y = tuple(float(str(i + 1) == right_class) for i in range(units[-1]))
        else:
            y = tuple(controls.slider(f"y{i + 1}", f"y{i + 1}", 0.0, 1.0, float(i == 0), 0.1) for i in range(units[-1]))
    st.markdown("**The weight to follow**")
    sizes = (inputs, *units)
    layer = int(controls.pick("Layer", "layer", tuple(str(i + 1) for i in range(layers)))) - 1
    source = controls.pick("From unit", "from", (*(str(i + 1) for i in range(sizes[layer])), "bias"))
    target = int(controls.pick("To unit", "to", tuple(str(i + 1) for i in range(sizes[layer + 1])))) - 1

with right, explained():
    network = SmallNetwork(sizes, x, y, activation, output, loss, initializer, seed, rate, knobs)
    result = shared.backpropagate(network, step)
    chain = chain_rule(result, layer, -1 if source == "bias" else int(source) - 1, target)
    after = f"After {step} step{'s' * (step != 1)}"
    finding = f"{after} the loss is {result.loss:.6g}; the chosen weight's gradient is {chain.gradient:.4g}."
    chart.show(draw_network(result, chain, direction), key="network", alt=f"{direction} pass. {finding}")
    st.caption(f"{finding} In the picture: {PASSES[direction]}; blue is positive, red negative.")
    st.markdown("**The chain rule for the orange weight**")
    for formula in chain.written_out():
        st.markdown(f"${formula}$")
    rows = ["| path | a · φ′(z) · w · … · δ | product |", "|:--|:--|--:|"]
    rows += [
        f"| ${way}$ | {f'${factors}$' if factors else ''} | ${product}$ |"
        for way, factors, product in chain.ledger(MOST_PATHS)
    ]
    st.markdown("\n".join(rows))
    st.caption("Multiplied out, the gradient is a sum over every path from the weight to the loss, strongest first.")
    if step:
        fell = f"The loss goes from {result.losses[0]:.4g} to {result.loss:.4g} in {step} step{'s' * (step != 1)}."
        chart.show(draw_losses(result), key="losses", alt=fell)
        st.caption(fell)
    st.subheader("Every weight, its gradient, and the check")
    table = result.table()
    st.dataframe(table, hide_index=True, height=330, column_config=dict.fromkeys(list(table)[3:], DIGITS))
    st.caption(
        f"The check moves one number by h = {STEP:g} both ways: (C(w + h) − C(w − h)) / 2h. The largest distance to "
        f"backpropagation is {result.largest_error:.2g}: rounding, or a kink of the activation within h. "
        "The last column is the weight after one more step, w − η ∂C/∂w."
    )
