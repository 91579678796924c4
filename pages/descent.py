"""Gradient descent: paths on a surface, learning rates and schedules, mini-batches, and the zigzag."""

from typing import Any

import streamlit as st

from nnviz import (
    OPTIMIZERS,
    SCHEDULES,
    SURFACES,
    DescentPath,
    explain_descent,
    explain_starts,
    load_diabetes,
    spread_starts,
    starting_rate,
)
from nnviz.figures import descent as figures
from nnviz.figures._style import short
from nnviz.least_squares import FEATURES
from nnviz.web import chart, controls, shared
from nnviz.web.errors import explained


def sections() -> Any:
    return st.columns([1, 2.5], gap="large")


def tuned(schedule: str, prefix: str = "") -> dict[str, Any]:
    return dict(controls.parameters(schedule, SCHEDULES[schedule].parameters, f"{prefix}{schedule}"))


def table(head: str, rows: list[str]) -> None:
    st.markdown("\n".join([head, "|:--" + "|--:" * (head.count("|") - 2) + "|", *rows]))


st.title("Gradient descent")
st.markdown(
    "**Try first:** drag the learning rate of `sgd` from 0.1 to 0.9, then to 1 and to 1.2: it slides, hops, swings for "
    "ever, flies off. Press ▶ under the picture to watch; then choose the narrow valley and add `momentum`."
)
left, right = sections()
with left:
    name = controls.choose("Surface", "surface", list(SURFACES), help="One weight: a curve. Two weights: a landscape.")
    surface = SURFACES[name]
    st.caption(f"${surface.formula}$ · {surface.insight} [{surface.source}]({surface.url})")
    chosen = controls.several("Optimizers", "optimizer", list(OPTIMIZERS), ["sgd"], most=4) or ["sgd"]
    knobs: dict[str, dict[str, Any]] = {}
    rates: dict[str, float] = {}
    for optimizer in chosen:
        entry = OPTIMIZERS[optimizer]
        rates[optimizer] = controls.rate(
            f"Learning rate of {optimizer}", f"{name}.{optimizer}", starting_rate(name, optimizer), entry.insight
        )
    steps = controls.slider("Steps", "steps", 1, 300, 50, 1)
    start = [
        controls.slider(f"Start {axis}", f"{name}.{axis}", low, high, begin, 0.01)
        for axis, (low, high), begin in zip("xy", surface.region, surface.start, strict=False)
    ]
    count = controls.slider("Starts", "starts", 1, 8, 1, 1, help="The first is yours; chance draws the others.")
    seed = controls.seed()
    view = controls.pick("View", "view", ("contour", "3-D"), help="Of surfaces of two weights.")
    with st.expander("Schedule and optimizer settings"):
        schedule = controls.choose("Schedule", "schedule", list(SCHEDULES))
        settings = tuned(schedule)
        for optimizer in chosen:
            knobs[optimizer] = dict(controls.parameters(optimizer, OPTIMIZERS[optimizer].parameters, optimizer))
grid = shared.surface_grid(name)
plan = {"steps": steps, "schedule": schedule, "schedule_parameters": settings}
with right, explained():
    starts = spread_starts(name, start, count, seed)
    paths: dict[str, DescentPath] = {}
    told = []
    for optimizer in chosen:
        path = shared.descend(name, starts, optimizer, rates[optimizer], **plan, **knobs[optimizer])
        label = f"{optimizer}, η = {short(rates[optimizer])}"
        paths[label] = path
        first = explain_descent(name, path.of_start(0), optimizer, **knobs[optimizer])
        told.append(first if len(chosen) == 1 else f"{optimizer}, {first[0].lower()}{first[1:]}")
        if count > 1:
            told.append(
                f"{optimizer}, {explain_starts(name, path).lower()}" if len(chosen) > 1 else explain_starts(name, path)
            )
    wide = shared.surface_grid(name, max(path.zoom(surface.region) for path in paths.values()))
    for sentence in told:
        chart.say(sentence)
    picture = figures.draw_descent(surface, wide, paths, view == "3-D")
    chart.show(picture, key="descent", alt=f"Descent on {surface.label}. {' '.join(told)}")
    st.caption(
        "Above: the paths on the surface (crosses: its minima). Below: how far J still is above its lowest minimum; "
        "a straight line is a constant factor per step. A path is cut where it leaves the picture for good."
    )

st.subheader("How large may the learning rate be?")
st.markdown(
    r"Near a minimum with curvature $\lambda$ one step of gradient descent multiplies the error by $1 - \eta\lambda$. "
    r"It shrinks only if $\eta < 2/\lambda_\mathrm{max}$, where $\lambda_\mathrm{max}$ is the largest eigenvalue of "
    r"the Hessian, measured here by automatic differentiation."
)
left, right = sections()
with left:
    swept = controls.choose("Optimizer", "sweep", list(OPTIMIZERS), help="With the surface, start and steps above.")
    entry = OPTIMIZERS[swept]
    st.caption(f"${entry.formula}$ · {entry.insight} [{entry.source}]({entry.url})")
with right, explained():
    given = knobs.get(swept, {})
    sweep = shared.sweep_rates(name, start, swept, **plan, **given)
    begin_gap = float(shared.descend(name, [start], swept, 0.0, 1).values[0, 0]) - grid.lowest
    law, finding = sweep.describe(entry)
    chart.say(finding)
    figure = figures.draw_sweep(sweep, rates.get(swept, 0.0), begin_gap, law)
    chart.show(figure, key="rates", alt=f"Where {steps} steps end for 64 learning rates. {finding}")
    st.caption("64 descents, one per learning rate, side by side. Shaded: rates beyond what a minimum can hold.")

st.subheader("Schedules: a learning rate that changes")
left, right = sections()
with left:
    names = controls.several(
        "Schedules", "compare", list(SCHEDULES), ["constant", "exponential_decay", "cosine"], 8
    ) or ["constant"]
    driver = controls.choose(
        "Optimizer that follows them", "driver", list(OPTIMIZERS), help="On the surface and from the start above."
    )
    height = controls.rate("Learning rate at its height", f"{name}.height", starting_rate(name, driver))
    with st.expander("Settings of the schedules"):
        shapes = {key: tuned(key, "compare.") for key in names}
with right, explained():
    found = {
        SCHEDULES[key].label: shared.descend(name, [start], driver, height, steps, key, shapes[key]).of_start(0)
        for key in names
    }
    ends = {label: path.values[-1] - grid.lowest for label, path in found.items()}
    best = min(ends, key=lambda label: ends[label] if ends[label] == ends[label] else float("inf"))
    finding = f"After {steps} steps of {driver}, {best} is closest: {short(ends[best])} above the lowest minimum."
    st.markdown(finding)
    chart.show(figures.draw_schedules(surface, grid.lowest, found), key="schedules", alt=finding)
    rows = [
        f"| {label} | {short(path.learning_rates[-1])} | {short(float(ends[label]))} |" for label, path in found.items()
    ]
    table("| schedule | last learning rate | J − lowest J at the end |", rows)
    for key in names:
        entry = SCHEDULES[key]
        st.caption(f"**{entry.label}** · ${entry.formula}$ · {entry.insight} [{entry.source}]({entry.url})")

st.subheader("All samples, some, or one at a time")
left, right = sections()
with left:
    first = controls.choose("First measurement", "first", FEATURES, "bmi")
    second = controls.choose("Second measurement", "second", FEATURES, "s5")
    batch = controls.slider("Mini-batch", "batch", 2, 221, 32, 1)
    rate = controls.rate("Learning rate", "batch_rate", 0.05)
    rounds = controls.slider("Steps", "rounds", 10, 442, 150, 1)
    slowing = controls.choose("Schedule", "slowing", list(SCHEDULES))
    slower = tuned(slowing, "slowing.")
    by_samples = controls.switch("Count samples instead of steps", "by_samples")
    shuffle = controls.integer("Seed", "shuffle", 0, 999_999, 0, "The order in which the samples come.")
with right, explained():
    problem = load_diabetes(first, second)
    size = len(problem.targets)
    kinds = {f"all {size} samples": size, f"mini-batches of {batch}": batch, "one sample": 1}
    runs = {
        label: shared.descend_samples(problem, much, rate, rounds, shuffle, (-0.6, 0.9), "sgd", slowing, slower)
        for label, much in kinds.items()
    }
    hover = {label: run.floor() - problem.lowest for label, run in runs.items()}
    said = "; ".join(f"{label}: {short(value)}" for label, value in hover.items())
    finding = f"Mean distance from the best loss over the last quarter of the steps — {said}."
    st.markdown(
        "Disease progression of 442 patients (scikit-learn's diabetes data) fitted as $w_1 x_1 + w_2 x_2$, everything "
        f"standardised. {finding}"
    )
    region = ((-1.2, 1.2), (-1.2, 1.2))
    figure = figures.draw_samples(problem, problem.grid(region), runs, (first, second), by_samples)
    chart.show(figure, key="samples", alt=finding)
    st.caption(
        f"The largest stable rate is 2/λ_max = {problem.limit:.3g} for all samples and {problem.sample_limit:.3g} for "
        "the single sample that reacts most strongly: a smaller batch tolerates a smaller rate. At a constant rate "
        "small batches hover around the minimum; choose inverse time to see them settle."
    )

st.subheader("The zigzag: why inputs should be centred on zero")
st.markdown(
    r"The gradient of one sample is $2(w \cdot x - y)\,x$. If every input is positive, as after a sigmoid, both "
    r"weights get a gradient of the *same sign*: they can only rise together or fall together (shaded). A minimum in "
    r"another direction is reached in a zigzag."
)
left, right = sections()
with left:
    angle = controls.slider("Direction of the minimum (degrees)", "angle", -180, 180, -45, 5)
    share = controls.slider("Learning rate, share of the largest stable one", "share", 0.05, 1.0, 0.5, 0.05)
    same = controls.switch("The same rate for both", "same", help="The smaller of the two.")
    goal = controls.rate("Count steps until the loss is", "goal", 0.001)
    draw = controls.integer("Seed", "zigzag_seed", 0, 999_999, 0, "Inputs and their order.")
with right, explained():
    result = shared.zigzag(float(angle), share, 1000, draw, same)
    finding = result.describe(goal)
    st.markdown(finding)
    chart.show(figures.draw_zigzag(result, goal), key="zigzag", alt=finding)
    st.caption(
        "Left: 200 pairs of sigmoid outputs as inputs. Right: the same minus their mean, towards the same "
        "weights. One sample per step; the largest stable rate is 1/max‖x‖², and an offset makes every x long. Switch "
        "to the same rate: at −45° both then need about as many steps. What hurts is that positive inputs forbid the "
        "larger rate; towards +45°, inside the shaded quadrant, they are even the faster ones at the same rate."
    )
