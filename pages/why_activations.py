"""Why activations: the criteria measured, the identities checked, sigmoid from Bayes, and a chooser."""

import streamlit as st

from nnviz import ADVICE, CRITERIA, ELEMENTWISE, IDENTITIES
from nnviz.figures._style import short
from nnviz.figures.bayes import draw_posterior
from nnviz.figures.identities import draw_identity
from nnviz.figures.properties import draw_criteria
from nnviz.identities import DTYPES
from nnviz.web import chart, controls, own, shared
from nnviz.web.errors import explained

st.title("Why activations")
st.markdown(
    "**Try first:** choose `relu`, then `selu`, and see which criteria each of them gives up: no row of ticks is full. "
    "Then open *sigmoid from Bayes* and drag a mean: the posterior of two Gaussian classes stays a sigmoid."
)


def criteria() -> None:
    with left:
        name, given = own.choose("Function", "function", "relu")
    with right, explained(), st.spinner("Measuring every function …"):
        label = own.label(name)
        mine = shared.activation_properties(name, **given)
        every = {label: mine} | {row: shared.activation_properties(row) for row in ELEMENTWISE if row != label}
        met = {row: sum(rule.met(found) for rule in CRITERIA.values()) for row, found in every.items()}
        finding = f"{label} meets {met[label]} of {len(CRITERIA)} criteria; the most that any function meets is "
        finding += f"{max(met.values())}."
        st.markdown(f"**{finding}** Every number is measured on the function itself, none is looked up.")
        for rule in CRITERIA.values():
            number = short(rule.number(mine)).replace("inf", "∞")
            st.markdown(f"{'✓' if rule.met(mine) else '✗'} **{rule.name}: {number}** · {rule.measures}")
        with st.expander("Why each of them matters"):
            st.markdown("\n".join(f"- **{rule.name}**: {rule.why}" for rule in CRITERIA.values()))
        st.subheader("All functions")
        order = sorted(every, key=lambda row: -met[row])
        chart.show(draw_criteria(every, order), key="criteria", alt=f"Criteria met by every function. {finding}")
        columns = {rule.name: [rule.number(every[row]) for row in order] for rule in CRITERIA.values()}
        table = {"function": order, "met": [met[row] for row in order], **columns}
        heads = {
            rule.name: st.column_config.NumberColumn(help=rule.measures, format="%.3g") for rule in CRITERIA.values()
        }
        alt = f"The numbers behind the ticks. {finding}"
        st.dataframe(table, hide_index=True, column_config=heads, key="table", alt=alt)
        st.caption("Click a column's head to sort by it; the numbers are those of the list above, for every function.")


def identities() -> None:
    with left:
        name = controls.choose("Identity", "identity", list(IDENTITIES))
        dtype = controls.pick("Precision", "dtype", DTYPES, "What is left between the two sides is rounding.")
    with right, explained():
        checks = {row: shared.check_identity(row, dtype=dtype) for row in IDENTITIES}
        entry, check = IDENTITIES[name], checks[name]
        st.markdown(f"${entry.formula}$ · {entry.insight}")
        finding = f"Largest error on [−10, 10] in {dtype}: {short(check.largest)}"
        finding += f", at a = {check.where:.4g}." if check.largest else ", on the whole interval."
        chart.show(draw_identity(check, "left side", "right side"), key="identity", alt=f"{entry.plain}. {finding}")
        st.markdown(f"**{finding}**")
        rows = ["| identity | largest error |", "|:--|--:|"]
        rows += [f"| ${IDENTITIES[row].formula}$ | {short(found.largest)} |" for row, found in checks.items()]
        st.markdown("\n".join(rows))
        st.caption(f"Both sides are computed by Keras in {dtype} at 801 points, slopes by automatic differentiation.")


def bayes() -> None:
    with left:
        ends = -5.0, 5.0
        means = [controls.slider(f"Mean of class {k}", f"mean_{k}", *ends, (-1.0, 1.0)[k], 0.1) for k in (0, 1)]
        stds = [controls.slider(f"Standard deviation of class {k}", f"std_{k}", 0.2, 4.0, 1.0, 0.1) for k in (0, 1)]
        prior = controls.slider("Prior of class 1", "prior", 0.01, 0.99, 0.5, 0.01)
    with right, explained():
        found = shared.gaussian_posterior(*means, *stds, prior)
        st.markdown(
            r"$P(1 \mid x) = \dfrac{p_1(x)}{p_0(x) + p_1(x)} = \sigma\left(\ln\dfrac{p_1(x)}{p_0(x)}\right)$, where "
            r"$p_k$ is prior × density: the sigmoid is Bayes' rule, written with the log-odds."
        )
        square = f"{short(found.quadratic)}·x² + " if found.quadratic else ""
        odds = f"{square}{short(found.weight)}·x + {short(found.bias)}".replace("+ −", "− ")
        finding = f"Log-odds = {odds}: " + (
            "the variances differ, so one neuron, which computes w·x + b, is not enough; it needs x² as an input."
            if square
            else "one neuron with this weight and this bias computes the posterior exactly."
        )
        chart.say(finding)
        chart.show(draw_posterior(found), key="posterior", alt=f"The posterior is a sigmoid of the log-odds. {finding}")
        st.caption(
            f"Bayes' rule and the sigmoid differ by at most {short(found.difference)}. Dotted: where both classes are "
            f"equally likely. Whoever decides there errs in {found.error:.2%} of all cases; nobody errs less."
        )


def chooser() -> None:
    with left:
        place = controls.pick("The activation is for", "place", tuple(ADVICE))
        options = ADVICE[place]
        advice = options[controls.choose("Situation", place.split()[0], list(options))]
    with right:
        st.subheader(f"`{advice.activation}`")
        st.markdown(f"{advice.reason} [{advice.source}]({advice.url})")
        st.code(advice.code)
        st.caption("A complete program for Keras 3: replace the 20 inputs by yours and call model.fit.")


LESSONS = {"criteria": criteria, "identities": identities, "sigmoid from Bayes": bayes, "chooser": chooser}
lesson = controls.pick("Lesson", "lesson", tuple(LESSONS))
left, right = st.columns([1, 2.5], gap="large")
LESSONS[lesson]()
