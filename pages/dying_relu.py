"""The dying ReLU: one neuron, real images, one step that was too large, and who comes back."""

import streamlit as st

from nnviz.figures._style import short
from nnviz.figures.dying import draw_lives
from nnviz.web import chart, controls, own, shared
from nnviz.web.errors import explained

FATES = {
    "dead": "the gradient is exactly 0, so it can never move again",
    "learning": "it is better than the best constant output",
    "stuck": "it has a gradient, but it has not come back",
    "diverged": "its numbers overflowed",
}

st.title("The dying ReLU")
st.markdown(
    "**Try first:** look at the second panel: after one step that was too large, the gradient of `relu` is exactly 0 "
    "and its line ends. Then drag that learning rate to 0.2, where it survives, and to 0.8, where `elu` is lost too."
)
left, right = st.columns([1, 2.5], gap="large")
with left:
    names = own.several("Activations", "show", ["relu", "leaky_relu", "prelu", "elu"], most=6)
    large = controls.slider("Learning rate of the one large step", "large", 0.0, 2.0, 0.3, 0.05)
    when = controls.slider("Which step is large", "when", 0, 20, 2, 1)
    rate = controls.slider("Learning rate of all other steps", "rate", 0.001, 0.1, 0.02, 0.001)
    steps = controls.slider("Steps", "steps", 50, 600, 200, 50)
    seed = controls.seed()
    with st.expander("Parameters of the activations"):
        given = {label: own.parameters(name) for label, name in names.items()}
if not names:
    right.info("Choose at least one activation.", icon=":material/ssid_chart:")
    st.stop()
with right, explained():
    lives = {
        label: shared.neuron_life(name, large, when, rate, steps, seed, **given[label]) for label, name in names.items()
    }
    dead = [label for label, life in lives.items() if life.fate == "dead"]
    finding = f"Dead, with a gradient of exactly 0: {', '.join(dead)}." if dead else "No neuron died."
    chart.say(finding)
    said = [f"{label} is {life.fate}" for label, life in lives.items()]
    chart.show(draw_lives(lives), key="lives", alt=f"{finding} At the end {', '.join(said)}.")
    rows = [
        "| | fate | z > 0 after the large step | largest z | last gradient | last loss |",
        "|:--|:--|--:|--:|--:|--:|",
    ]
    for label, life in lives.items():
        numbers = life.z_high[when + 1], life.gradient[-1], life.loss[-1]
        cells = " | ".join(short(float(number)) for number in numbers)
        rows.append(f"| **{label}** | {life.fate} | {life.active[when + 1]:.1%} | {cells} |")
    st.markdown("\n".join(rows))
    fates = "; ".join(f"*{fate}*: {FATES[fate]}" for fate in dict.fromkeys(life.fate for life in lives.values()))
    baseline = next(iter(lives.values())).baseline
    st.caption(f"What the fates mean: {fates}. The best constant output has a loss of {baseline:.4g}.")
    if "prelu" in lives:
        st.caption(
            f"PReLU learns its slope on the left; here α ends at {short(float(lives['prelu'].alpha[-1]))}. Below 0 it "
            "works from its other side: the more negative z, the larger its output."
        )
st.markdown(
    "**What happens.** One neuron learns to tell a handwritten 1 from a 0: 360 real images, gradient descent on the "
    "squared error. Pixels are never negative, so while its output is too high every weight falls; a step too far, and "
    "z < 0 for every image. There a ReLU is flat: slope 0, gradient 0, no step after that changes anything. A leak "
    "keeps a slope, and ELU keeps one as long as z is not far below 0: it fades like eᶻ."
)
