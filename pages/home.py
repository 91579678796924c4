"""Home: the question of the whole dashboard, answered with one real backward pass."""

from pathlib import Path

import streamlit as st

from nnviz import NetworkSpec, explain_flow
from nnviz.figures.gradients import draw_gradients
from nnviz.web import chart, controls, shared
from nnviz.web.errors import explained

st.title("See the gradient flow")
st.markdown(
    "A deep network of sigmoids does not learn. **Drag the depth** and watch what reaches the first layer; "
    "then **switch the cure on**. Every number is computed by TensorFlow and Keras while you move."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    depth = controls.slider("Hidden layers", "depth", 1, 40, 12, 1)
    cured = controls.switch("The cure: ReLU with He initialization", "cure")
    st.caption("30 units per layer, real handwritten digits, the gradient of the cross-entropy over 256 of them.")
with right, explained():
    activation, initializer = ("relu", "he_normal") if cured else ("sigmoid", "glorot_uniform")
    result = shared.layer_gradients(NetworkSpec(depth, 30, activation, initializer))
    sentence = explain_flow(result)
    chart.say(sentence)
    chart.show(draw_gradients(result, "biases", (-20.0, 1.0)), key="home", alt=f"Gradient per layer. {sentence}")

st.subheader("What you can take apart")
ABOUT = {
    "gradient_flow": "The gradient of every layer, and the chain of single neurons that explains it.",
    "activations": "Curve and slope of every activation function in Keras, with its parameters, or of your own.",
    "why_activations": "What makes an activation good, measured; the sigmoid from Bayes; which one to choose.",
    "dying_relu": "One step that is too large, and a unit that never fires again.",
    "softmax": "Scores to probabilities: temperature, Jacobian, and where the naive formula breaks.",
    "initializers": "Real samples against theory, and what they do to a signal on its way through a network.",
    "networks": "Build a network: its diagram, its parameters, its forward pass, its program in three styles.",
    "backpropagation": "Every δ and every ∂C/∂w of a small network as numbers, and one step downhill.",
    "linearity": "A stack of linear layers is one matrix; one bend breaks it.",
    "losses": "Every loss with its slope, cross-entropy by hand, and why the output unit matters.",
    "descent": "Learning rates, optimisers and schedules on curves and surfaces; the zigzag.",
}
LABELS = {"dying_relu": "Dying ReLU", "descent": "Gradient descent"}
topics = list(ABOUT.items())
for start in range(0, len(topics), 4):
    for column, (topic, sentence) in zip(st.columns(4), topics[start : start + 4], strict=False):
        with column:
            label = LABELS.get(topic, topic.replace("_", " ").capitalize())
            st.page_link(Path(__file__).with_name(f"{topic}.py"), label=f"**{label}**")
            st.caption(sentence)
