"""Softmax: scores, temperature, Jacobian, and the formula that overflows."""

import numpy as np
import streamlit as st

from nnviz.figures.activations import draw_jacobian
from nnviz.figures.softmax import draw_probabilities
from nnviz.softmax import DTYPES, OVERFLOW
from nnviz.web import chart, controls, shared
from nnviz.web.errors import explained

PRESETS = {
    "Three scores": "1.5, 4.4, 2.0",
    "Nine scores": "0.2, 0.02, 0.15, 1.3, 0.5, 0.06, 1.1, 0.05, 3.75",
    "One, two, three": "1, 2, 3",
    "A negative score": "-1, 0, 3",
}

st.title("Softmax")
st.markdown(
    "**Try first:** lower the temperature until one score takes everything. Then drag the shift to 800: softmax "
    "does not move, because only differences of scores count, but the naive formula breaks."
)
left, right = st.columns([1, 2.5], gap="large")
with left, explained():
    place = st.container()  # scores that cannot be read stop the block: everything else is built before them
    with st.container(horizontal=True):
        for name, text in PRESETS.items():
            st.button(name, on_click=controls.set_to, args=("scores", text), type="tertiary")
    temperature = controls.slider("Temperature T", "temperature", 0.05, 10.0, 1.0, 0.05)
    shift = controls.slider("Shift: added to every score", "shift", 0.0, 1000.0, 0.0, 1.0)
    dtype = controls.pick("Precision", "dtype", DTYPES)
    with place:
        scores = controls.numbers("Scores (2 to 50 numbers)", "scores", PRESETS["Three scores"], 1_000)
    result = shared.softmax_outputs([score + shift for score in scores], temperature, dtype)
    top = int(np.argmax(result.probabilities))
    finding = f"score {top + 1} gets {result.probabilities[top]:.2%}"
    with right:
        first, second = st.columns(2)
        first.metric("Entropy", f"{result.entropy:.4f} nats", help="0: certain. ln n: all scores alike.")
        second.metric(f"Largest possible, ln {len(scores)}", f"{np.log(len(scores)):.4f} nats")
        chart.show(draw_probabilities(result), key="probabilities", alt=f"Softmax of {len(scores)} scores: {finding}")
        if (result.logits < 0).any() or result.logits.sum() == 0:
            st.caption("A score below 0 gives a share below 0 or above 1: dividing by the sum is no probability.")
    with right:
        st.subheader("How each probability answers to each score")
        alt = "Jacobian of softmax: raising a score raises its own probability and lowers all others"
        chart.show(draw_jacobian(result.jacobian, "p"), key="jacobian", alt=alt)
        sums = abs(result.jacobian.sum(axis=1)).max()
        st.caption(f"∂pᵢ/∂zⱼ = pᵢ(δᵢⱼ − pⱼ)/T. Every row sums to 0 (largest sum here: {sums:.1e}).")
        st.subheader("Stable against naive")
        broken = int((~np.isfinite(result.naive)).sum())
        if broken:
            st.warning(
                f"The naive formula fails: {broken} of its {len(scores)} shares are not numbers, "
                f"because e^x overflows {dtype} beyond x = {OVERFLOW[dtype]:.1f}."
            )
        else:
            st.markdown("Both formulas agree here. Raise the shift, lower the temperature or lower the precision.")
        rows = ["| i | score z | z/T | e^(z/T) | naive | stable |", "|--:|--:|--:|--:|--:|--:|"]
        for i, z in enumerate(result.logits):
            cells = (z, z / temperature, result.powers[i], result.naive[i], result.probabilities[i])
            rows.append(f"| {i + 1} | " + " | ".join(f"{float(cell):.6g}" for cell in cells) + " |")
        st.markdown("\n".join(rows))
        st.markdown(
            r"Naive: $p_i = e^{z_i/T} / \sum_j e^{z_j/T}$. "
            r"Stable: the same with $z_i - \max_j z_j$, so that no power exceeds 1."
        )
