"""Losses: curves and slopes, worked examples, cross-entropy by hand, and what a loss does behind a sigmoid."""

import numpy as np
import streamlit as st

from nnviz import LOSSES
from nnviz.cross_entropy import BASES
from nnviz.figures.losses import draw_contributions, draw_curves, draw_learning
from nnviz.losses import EXAMPLES, TASKS, Example
from nnviz.neuron_learning import NEURON_LOSSES
from nnviz.web import chart, controls, shared
from nnviz.web.errors import explained

NUMBER, BINARY, CLASSES = TASKS
MENUS = {  # key of the menu in the address, what it shows first
    NUMBER: ("numbers", ["mean_squared_error", "mean_absolute_error", "huber"]),
    BINARY: ("binary", ["binary_crossentropy", "mean_squared_error"]),
    CLASSES: ("classes", ["categorical_crossentropy", "categorical_hinge"]),
}
DISTRIBUTIONS = {
    "Sample 1": ("0, 1, 0", "0.05, 0.95, 0"),
    "Sample 2": ("0, 0, 1", "0.1, 0.8, 0.1"),
    "A fair coin": ("1, 0", "0.5, 0.5"),
    "Soft truth": ("0.7, 0.2, 0.1", "0.2, 0.3, 0.5"),
    "Impossible": ("1, 0", "0, 1"),
}
STARTS = {"Confidently wrong": (2.0, 2.0), "Less wrong": (0.6, 0.9)}

st.title("Losses")
st.markdown(
    "**Try first:** drag the prediction away from the target: the squared error pulls harder and harder, the "
    "absolute error always alike. Then choose *yes or no* and drag the probability towards 0: cross-entropy pulls "
    "without bound, the squared error never by more than 2."
)


def several(**values: object) -> None:
    for key, value in values.items():
        controls.set_to(key, value)


def row(cells: tuple) -> str:
    return "| " + " | ".join(cell if isinstance(cell, str) else f"{float(cell):.8g}" for cell in cells) + " |"


def plain(name: str) -> str:
    return name.replace("_", " ")  # may wrap on a phone


def join(numbers: np.ndarray | tuple) -> str:
    return ", ".join(f"{number:g}" for number in np.atleast_1d(numbers))


def curves() -> None:
    left, right = st.columns([1, 2.5], gap="large")
    with left:
        task = controls.pick("Predicting", "task", tuple(TASKS))
        key, first = MENUS[task]
        names = controls.several("Losses", key, [n for n in LOSSES if task in LOSSES[n].tasks], first, most=6)
        logits, classes, title = False, 3, "prediction a"
        if task == NUMBER:
            target = controls.slider("Target y", "y", -5.0, 5.0, 1.0, 0.1)
            at = controls.slider("Prediction a", "a", -5.0, 5.0, 3.0, 0.1)
            low, high = controls.span("Range of the prediction", "range", -20, 20, (-5, 5))
        else:
            logits = controls.switch("from_logits", "from_logits", help="The output is a score of any size, no share.")
            target = controls.slider("Target t", "t", 0.0, 1.0, 1.0, 0.05)
            title = "probability of “yes”, a" if task == BINARY else "probability of the first class, a"
            beyond = logits or controls.switch(
                "Outputs beyond 0 and 1", "beyond", help="As if a sigmoid was forgotten."
            )
            if logits:
                title = "logit a"
            if beyond:
                at = controls.slider("Output a", "logit", -6.0, 6.0, -2.0, 0.1)
            else:
                at = controls.slider("Output a", "share", 0.0, 1.0, 0.2, 0.01)
            low, high = (-6, 6) if beyond else (0, 1)
            if task == CLASSES:
                classes = controls.slider("Classes", "k", 2, 10, 3, 1)
        given = {name: controls.parameters(name, LOSSES[name].parameters, name) for name in names}
    with right:
        lines, points = {}, {}
        for name in names:
            takes_logits = logits and LOSSES[name].from_logits
            if logits and LOSSES[name].vector and not takes_logits:
                st.caption(f"{name} is left out: it has no form for logits.")
                continue
            with explained():
                more = {"from_logits": takes_logits, "classes": classes, **given[name]}
                lines[name] = shared.loss_curve(name, target, low, high, **more)
                points[name] = shared.loss_curve(name, target, at, at, 1, **more)
        if not lines:
            st.info("Choose at least one loss.", icon=":material/ssid_chart:")
            return
        said = "; ".join(f"{n}: C = {p.loss[0]:.4g}, slope {p.slope[0]:.4g}" for n, p in points.items())
        right_answer = target if task == NUMBER else None
        alt = f"Losses for the target {target:g}, read at a = {at:g}. {said}"
        chart.show(draw_curves(lines, points, title, right_answer), key="losses", alt=alt)
        rows = [f"| at a = {at:g} | loss C | slope dC/da |", "|:--|--:|--:|"]
        rows += [f"| **{plain(n)}** | {p.loss[0]:.5g} | {p.slope[0]:.5g} |" for n, p in points.items()]
        st.markdown("\n".join(rows))
        clipped = (
            "" if task == NUMBER else "Keras clips probabilities to 10⁻⁷ … 1 − 10⁻⁷, and beyond that the slope is 0."
        )
        st.caption(
            f"{TASKS[task]} Dots: the readings above. Gradient descent moves the output against the slope: up where it "
            f"is negative. Where a curve shoots up within a twentieth of the axis, its tip is cut off. {clipped}"
        )
    for name in lines:
        entry = LOSSES[name]
        st.markdown(f"**{name}** · ${entry.formula}$ · {entry.insight} [{entry.source}]({entry.url})")


def examples() -> None:
    st.subheader("Worked examples, and your own numbers")
    left, right = st.columns([1, 2.5], gap="large")
    with left:
        with st.container(horizontal=True):
            for label, example in EXAMPLES.items():
                st.button(label, on_click=load, args=(example,), type="tertiary")
        start = next(iter(EXAMPLES.values()))
        name = controls.choose("Loss", "loss", list(LOSSES), start.loss)
        logits = LOSSES[name].from_logits and controls.switch("Predictions are logits", "logits")
    with left, explained():
        hint = "One row per sample; a semicolon between rows."
        y_true = controls.table("Targets", "targets", written(start.y_true), 1_000, hint)
        y_pred = controls.table("Predictions", "predictions", written(start.y_pred), 1_000, hint)
        given = controls.parameters(name, LOSSES[name].parameters, "example")
        result = shared.loss_samples(name, y_true, y_pred, logits, **given)
        with right:
            st.metric(f"{name}, computed by Keras", f"{result.mean:.8g}")
            rows = ["| sample | target | prediction | loss |", "|--:|:--|:--|--:|"]
            samples = zip(result.y_true, result.y_pred, result.losses, strict=True)
            for i, (truth, guess, loss) in enumerate(samples, 1):
                rows.append(row((str(i), join(truth), join(guess), loss)))
            st.markdown("\n".join([*rows, row(("", "", "**mean**", result.mean))]))
            st.caption("Keras gives one loss per sample; the loss of the batch is their mean.")
    with right:
        rows = ["| example | loss | Keras gives |", "|:--|:--|--:|"]
        for label, example in EXAMPLES.items():
            value = shared.loss_samples(example.loss, example.y_true, example.y_pred).mean
            rows.append(row((label, plain(example.loss), value)))
        with st.expander("All worked examples"):
            st.markdown("\n".join(rows))


def written(rows: tuple[tuple[float, ...], ...]) -> str:
    return "; ".join(join(numbers) for numbers in rows)


def load(example: Example) -> None:
    several(loss=example.loss, targets=written(example.y_true), predictions=written(example.y_pred))


def by_hand() -> None:
    st.subheader("Cross-entropy by hand")
    st.markdown(
        r"$H(p, q) = -\sum_k p_k \log q_k$: clip the prediction, take its logarithm, multiply by the truth, sum. "
        "Switch the clipping off for *Impossible*, change the base for *A fair coin*, swap *Soft truth*."
    )
    left, right = st.columns([1, 2.5], gap="large")
    with left, explained():
        with st.container(horizontal=True):
            for label, (p, q) in DISTRIBUTIONS.items():
                st.button(label, on_click=several, kwargs={"p": p, "q": q}, type="tertiary")
        p = controls.line("Truth p", "p", DISTRIBUTIONS["Sample 1"][0], 500)
        q = controls.line("Prediction q", "q", DISTRIBUTIONS["Sample 1"][1], 500)
        base = controls.pick("Base of the logarithm", "base", tuple(BASES))
        clip = controls.switch("Clip q to 10⁻⁷ … 1 − 10⁻⁷", "clip", True)
        swap = controls.switch("Swap: H(q, p)", "swap")
        both = shared.cross_entropy_steps(p, q, base, clip), shared.cross_entropy_steps(q, p, base, clip)
        steps, (x, y) = both[swap], ("qp" if swap else "pq")
        log = {"e": "ln", "2": "log₂", "10": "log₁₀"}[base]
        with right:
            lines = {x: steps.p, y: steps.q, f"**1** clip {y}": steps.clipped}
            lines |= {f"**2** {log} {y}": steps.log, f"**3** −{x} · {log} {y}": steps.product}
            rows = [f"| class | {' | '.join(map(str, range(1, len(p) + 1)))} |", "|:--|" + "--:|" * len(p)]
            rows += [
                row((label, *(f"{value:.7g}" if 0.5 < value < 1 else f"{value:.5g}" for value in values)))
                for label, values in lines.items()
            ]
            st.markdown("\n".join(rows))
            st.markdown(f"**4** sum: H({x}, {y}) = **{steps.total:.7g}**")
            said = f"H(p, q) = {both[0].total:.6g} and H(q, p) = {both[1].total:.6g}, {log}"
            if np.isinf(steps.total):
                st.warning(f"{log} 0 = −∞: {x} holds possible what {y} rules out, so the loss is infinite.")
            if np.isnan(steps.naive):
                st.warning(f"A computer that just multiplies gets 0 × −∞ = nan; here 0 × {log} 0 counts as 0.")
            chart.show(draw_contributions(*both), key="by-hand", alt=f"Each class's part of the sums. {said}.")
            keras_value = shared.loss_samples("categorical_crossentropy", [steps.p.tolist()], [steps.q.tolist()]).mean
            least = f"no prediction gets below H({x}, {x}) = {steps.entropy:.6g}"
            st.caption(f"{said}: {least}. Keras clips, takes ln, and gives {keras_value:.6g} for H({x}, {y}).")


def output_unit() -> None:
    st.subheader("The loss behind a sigmoid")
    st.markdown(
        r"One neuron, $a = \sigma(wx + b)$, one sample. With the quadratic cost its error is "
        r"$\delta = (a - y)\,\sigma'(z)$, with cross-entropy $\delta = a - y$: the factor that vanishes for a "
        "saturated neuron cancels."
    )
    left, right = st.columns([1, 2.5], gap="large")
    with left:
        with st.container(horizontal=True):
            for label, (w, b) in STARTS.items():
                st.button(label, on_click=several, kwargs={"w": w, "b": b}, type="tertiary")
        w = controls.slider("Weight w at the start", "w", -5.0, 5.0, 2.0, 0.1)
        b = controls.slider("Bias b at the start", "b", -5.0, 5.0, 2.0, 0.1)
        x = controls.slider("Input x", "x", -3.0, 3.0, 1.0, 0.1)
        goal = controls.slider("Target y", "goal", 0.0, 1.0, 0.0, 0.05)
        rate = controls.slider("Learning rate η", "eta", 0.01, 5.0, 0.15, 0.01)
        steps = controls.slider("Steps", "steps", 10, 2000, 300, 10)
    with right, explained():
        runs = {loss: shared.neuron_learning(w, b, x, goal, loss, rate, steps) for loss in NEURON_LOSSES}
        labelled = {NEURON_LOSSES[loss]: run for loss, run in runs.items()}
        found = [f"{plain(loss)} {run.a[0]:.4g} → {run.a[-1]:.4g}" for loss, run in runs.items()]
        said = f"Output after {steps} steps at η = {rate:g}, target {goal:g}: {', '.join(found)}."
        chart.show(draw_learning(labelled, goal), key="neuron", alt=said)
        quadratic, entropic = runs.values()
        st.markdown(said)
        st.caption(
            f"At the start σ′(z) = {quadratic.slope[0]:.4g}: it leaves the quadratic cost an error δ of "
            f"{quadratic.error[0]:.4g}, where cross-entropy has {entropic.error[0]:.4g}."
        )


curves()
examples()
by_hand()
output_unit()
