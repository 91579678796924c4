"""The page of the losses and its figures: whole registries, presets, refused input."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import nnviz
from nnviz.figures.losses import draw_contributions, draw_curves, draw_learning
from nnviz.losses import EXAMPLES, TASKS

ROOT = Path(__file__).parents[1]
MENUS = dict(zip(TASKS, ("numbers", "binary", "classes"), strict=True))


def visit(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "pages" / "losses.py", default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("task", "name", "logits"),
    [
        (task, name, logits)
        for name, entry in nnviz.LOSSES.items()
        for task in entry.tasks
        for logits in (["false"] if task == "a number" else ["false", "true"])
    ],
)
def test_every_loss_is_drawn_with_its_parameters_and_its_formula(task, name, logits):
    app = visit(task=task, **{MENUS[task]: name, "from_logits": logits})
    assert not app.error
    if logits == "true" and nnviz.LOSSES[name].vector and not nnviz.LOSSES[name].from_logits:
        assert f"{name} is left out" in text(app)
        return
    assert {trace["name"] for trace in charts(app)[0]["data"] if "name" in trace} == {name}
    assert nnviz.LOSSES[name].formula in text(app)
    for knob in nnviz.LOSSES[name].parameters:
        assert f"{name}.{knob.name}" in app.session_state


def test_several_losses_share_one_picture_and_the_readings_are_those_of_the_core():
    names = ["mean_squared_error", "log_cosh", "poisson"]
    app = visit(numbers=names, y="2", a="4")
    assert not app.error
    assert len({trace["name"] for trace in charts(app)[0]["data"] if "name" in trace}) == 3
    for name in names:
        point = nnviz.loss_curve(name, 2, 4, 4, 1)
        assert f"| {point.loss[0]:.5g} | {point.slope[0]:.5g} |" in text(app)


def test_a_loss_that_refuses_the_target_says_so_and_the_others_stay():
    app = visit(task="one of several", classes=["sparse_categorical_crossentropy", "kl_divergence"], t="0.5")
    assert "target must be 1 for sparse_categorical_crossentropy" in app.error[0].value
    assert {trace["name"] for trace in charts(app)[0]["data"] if "name" in trace} == {"kl_divergence"}


def test_no_loss_chosen_is_an_invitation_and_the_lessons_below_stay():
    app = visit()
    app.multiselect(key="numbers").set_value([]).run()
    assert not app.exception
    assert "Choose at least one loss" in app.info[0].value
    assert len(charts(app)) == 2


@pytest.mark.parametrize("label", EXAMPLES)
def test_each_worked_example_is_loaded_with_the_value_of_keras(label):
    example = EXAMPLES[label]
    app = press(visit(), label)
    assert app.selectbox(key="loss").value == example.loss
    value = nnviz.loss_value(example.loss, example.y_true, example.y_pred)
    assert app.metric[0].value == f"{value:.8g}"
    assert not app.error


@pytest.mark.parametrize("name", nnviz.LOSSES)
def test_every_loss_can_be_fed_by_hand(name):
    target = "1" if nnviz.LOSSES[name].labels else "0, 1, 0"
    app = visit(loss=name, targets=target, predictions="0.2, 0.7, 0.1")
    assert not app.error
    assert float(app.metric[0].value) == pytest.approx(
        nnviz.loss_value(name, [float(part) for part in target.split(",")], [0.2, 0.7, 0.1]), rel=1e-7
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"predictions": "0.1, two"}, "Predictions: entry 2 must be a number, not 'two'"),
        ({"targets": "0 1 0; 0 x 1"}, "Targets, row 2: entry 2 must be a number"),
        ({"targets": "0, 1"}, "y_true must have the shape of y_pred"),
        ({"predictions": "1, 2; 3"}, "y_pred must be rows of equally many numbers"),
        ({"p": "0.5, 0.6, 0"}, "p must sum to 1, not 1.1"),
        ({"q": "a"}, "Prediction q: entry 1 must be a number"),
        ({"q": "nan, 1, 0"}, "q must hold finite numbers only"),
    ],
)
def test_bad_numbers_get_one_clear_sentence_and_the_other_pictures_stay(query, sentence):
    app = visit(**query)
    assert len(app.error) == 1
    assert sentence in app.error[0].value
    assert "\n" not in app.error[0].value
    assert len(charts(app)) >= 2


@pytest.mark.parametrize(("base", "expected"), [("e", "0.6931472"), ("10", "0.30103"), ("2", "1")])
def test_the_base_of_the_logarithm_is_shown(base, expected):
    app = visit(p="1, 0", q="0.5, 0.5", base=base, clip="false")
    assert f"**{expected}**" in text(app)


def test_an_unclipped_0_is_infinite_and_swapping_exchanges_the_roles():
    app = press(visit(clip="false"), "Impossible")
    assert "H(p, q) = **inf**" in text(app)
    assert "ln 0 = −∞" in app.warning[0].value
    app.toggle(key="swap").set_value(True).run()
    assert "H(q, p) = **inf**" in text(app)


def test_the_neuron_ends_where_nielsen_says():
    app = visit()
    assert "0.982 → 0.2028" in text(app)
    assert "0.8176 → 0.09396" in text(press(app, "Less wrong"))


# ---- figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", nnviz.LOSSES)
def test_a_figure_holds_the_curve_its_slope_and_the_reading(name):
    curve, point = nnviz.loss_curve(name, 1, 0.01, 0.99), nnviz.loss_curve(name, 1, 0.5, 0.5, 1)
    figure = draw_curves({name: curve}, {name: point}, "prediction a", 1)
    above, below, tangent, *dots = figure.data
    np.testing.assert_array_equal(above.y, curve.loss)
    np.testing.assert_array_equal(below.y, curve.slope)
    assert [float(dot.y[0]) for dot in dots] == [float(point.loss[0]), float(point.slope[0])]
    rise = (tangent.y[1] - tangent.y[0]) / (tangent.x[1] - tangent.x[0])
    assert rise == pytest.approx(float(point.slope[0]))
    for axis, value in ((figure.layout.yaxis, point.loss[0]), (figure.layout.yaxis2, point.slope[0])):
        assert axis.range[0] < value < axis.range[1]


def test_a_curve_without_a_finite_number_is_drawn_empty():
    curve = nnviz.loss_curve("poisson", 1, -2, -1)
    assert np.isnan(draw_curves({"poisson": curve}, {}, "prediction a").data[0].y).all()


def test_a_peak_at_the_edge_does_not_squeeze_the_rest_unless_one_looks_at_it():
    curve = nnviz.loss_curve("binary_crossentropy", 1, 0, 1)
    assert draw_curves({"": curve}, {}, "a").layout.yaxis.range[1] < 5
    edge = nnviz.loss_curve("binary_crossentropy", 1, 0, 0, 1)
    assert draw_curves({"": curve}, {"": edge}, "a").layout.yaxis.range[1] > 16


def test_contributions_are_bars_and_infinity_is_written():
    p, q = [0.7, 0.3, 0.0], [0.0, 0.5, 0.5]
    forward, swapped = (nnviz.cross_entropy_steps(*pair, clip=False) for pair in ((p, q), (q, p)))
    figure = draw_contributions(forward, swapped)
    assert np.isnan(figure.data[0].y[0])
    np.testing.assert_array_equal(figure.data[0].y[1:], forward.product[1:])
    np.testing.assert_array_equal(figure.data[1].y[:2], swapped.product[:2])
    assert [note.text for note in figure.layout.annotations] == ["∞", "∞"]
    assert "∞" in figure.data[0].name


def test_learning_curves_hold_output_and_error():
    run = nnviz.neuron_learning(2, 2, steps=20)
    output, error = draw_learning({"quadratic": run}, 0.0).data
    np.testing.assert_array_equal(output.y, run.a)
    np.testing.assert_array_equal(error.y, run.error)
    assert (output.yaxis, error.yaxis) == ("y", "y2")
