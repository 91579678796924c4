"""Every page, run as a visitor's script: whole registries, hostile addresses, bad input."""

import json
from functools import cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import nnviz

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
HOSTILE = [
    "nan",
    "inf",
    "-1e308",
    "1e9",
    "abc",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "0x10",
    "x" * 5000,
]


def visit(page: str, **query: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "nnviz" / "web" / "dashboard.py", default_timeout=120)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def widgets(app: AppTest) -> list:
    kinds = "slider", "selectbox", "multiselect", "toggle", "number_input", "text_area", "button_group"
    return [widget for kind in kinds for widget in app.get(kind)]


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def state(app: AppTest) -> dict:
    return {widget.key: widget.value for widget in widgets(app)}


@cache
def default(page: str) -> tuple[dict, list[dict]]:
    """What a page shows when the address asks for nothing."""
    app = visit(page)
    return state(app), charts(app)


def assert_calm(app: AppTest) -> None:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    assert charts(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_and_every_chart_says_what_it_shows(page):
    app = visit(page)
    assert_calm(app)
    assert not app.warning
    assert all(len(chart.proto.alt) > 20 for chart in app.get("plotly_chart"))
    assert all(chart["data"] for chart in charts(app))


@pytest.mark.parametrize("page", PAGES)
def test_every_control_is_bound_to_a_query_parameter_of_its_own_name(page):
    controls = widgets(visit(page))
    assert controls
    for control in controls:
        assert control.proto.query_param_key == control.key, control


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_in_any_parameter_leaves_the_default_picture_and_a_notice(page, value):
    usual, pictures = default(page)
    keys = [key for key in usual if key != "scores"]  # free text: its own test
    app = visit(page, **dict.fromkeys(keys, value))
    assert_calm(app)
    assert state(app) == usual
    assert charts(app) == pictures
    notice = app.warning[0].value
    assert all(key in notice for key in keys)
    assert "<script" not in notice.replace("\\<", "")
    assert len(notice) < 200 * len(keys) + 100


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_value_may_deselect_but_never_breaks_a_page(page, value):
    app = visit(page, **dict.fromkeys(default(page)[0], value))
    assert not app.exception
    assert len(app.error) <= 1


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_parameter_is_named_in_a_notice(page):
    app = visit(page, nonsense="1")
    assert_calm(app)
    assert "nonsense" in app.warning[0].value


@pytest.mark.parametrize("name", nnviz.ELEMENTWISE)
def test_every_activation_is_drawn_with_its_parameters(name):
    app = visit("activations", show=name)
    assert_calm(app)
    figure = charts(app)[0]
    assert {trace["name"] for trace in figure["data"] if "name" in trace} == {name}
    shown = {key.removeprefix(f"{name}.") for key in state(app) if key.startswith(f"{name}.")}
    assert shown == {knob.name for knob in nnviz.ACTIVATIONS[name].parameters}


@pytest.mark.parametrize("name", nnviz.VECTOR)
def test_every_function_of_a_vector_is_shown_as_bars_and_a_jacobian(name):
    app = visit("activations", of="a vector", function=name)
    assert_calm(app)
    assert [figure["data"][0]["type"] for figure in charts(app)] == ["bar", "heatmap"]


@pytest.mark.parametrize("name", nnviz.INITIALIZERS)
def test_every_initializer_is_drawn(name):
    assert_calm(visit("initializers", initializer=name, fan_in="30", fan_out="20", depth="3", width="10"))


@pytest.mark.parametrize("name", nnviz.ELEMENTWISE)
def test_every_activation_flows(name):
    assert_calm(visit("gradient_flow", activation=name, depth="3", width="5", batch="8"))


@pytest.mark.parametrize("name", nnviz.INITIALIZERS)
def test_every_initializer_flows(name):
    assert_calm(visit("gradient_flow", initializer=name, depth="3", width="5", batch="8"))


@pytest.mark.parametrize(
    ("loss", "output"), [(loss, output) for loss, entry in nnviz.LOSSES.items() for output in entry.outputs]
)
def test_every_loss_and_output_unit_flow(loss, output):
    assert_calm(visit("gradient_flow", loss=loss, output=output, depth="2", width="5", batch="8"))


@pytest.mark.parametrize("data", nnviz.DATASETS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_every_data_set_flows_in_every_precision(data, dtype):
    assert_calm(visit("gradient_flow", data=data, dtype=dtype, depth="2", width="5", batch="8"))


@pytest.mark.parametrize("quantity", ["weights", "biases", "mean size"])
def test_each_quantity_is_drawn_with_its_number_on_every_bar(quantity):
    app = visit("gradient_flow", quantity=quantity, depth="100", width="4", batch="4")
    assert_calm(app)
    bars = charts(app)[0]["data"][0]
    assert len(bars["text"]) == 101
    assert all(bars["text"])


def test_a_frozen_axis_does_not_move_with_the_depth():
    ranges = [
        charts(visit("gradient_flow", freeze="true", axis=["-30", "5"], depth=depth))[0]["layout"]["yaxis"]["range"]
        for depth in ("2", "40")
    ]
    assert ranges == [[-30, 5], [-30, 5]]


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ("saturated and dead", "scatter"),
        ("pre-activations z", "heatmap"),
        ("activations a", "heatmap"),
        ("single gradients", "heatmap"),
    ],
)
def test_each_look_inside_the_layers_is_in_the_address(detail, kind):
    app = visit("gradient_flow", detail=detail)
    assert_calm(app)
    assert charts(app)[1]["data"][0]["type"] == kind


def test_a_combination_the_core_refuses_is_one_sentence_and_the_other_pictures_stay():
    app = visit("gradient_flow", loss="categorical_crossentropy", output="sigmoid")
    assert not app.exception
    assert [error.value for error in app.error] == [
        "output must be softmax for loss categorical_crossentropy, not 'sigmoid'"
    ]
    assert len(charts(app)) == 2  # the chain and its factor


def test_too_large_a_network_is_told_the_nearest_batch():
    app = visit("gradient_flow", depth="100", width="512", batch="1024")
    assert "batch must be at most 163" in app.error[0].value


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ("1, two, 3", "entry 2 must be a number, not 'two'"),
        ("1", "2 to 50 numbers"),
        ("1, nan", "finite numbers only"),
        ("1e400, 2", "finite numbers only"),
        ("1e9, 2", "must lie between"),
        (", ".join(["1"] * 51), "2 to 50 numbers"),
        ("__import__('os')", "must be a number"),
    ],
)
def test_bad_scores_get_one_clear_sentence(scores, sentence):
    app = visit("softmax", scores=scores)
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in app.error[0].value
    assert "\n" not in app.error[0].value


def test_pasted_scores_may_be_separated_by_anything_usual():
    figures = [charts(visit("softmax", scores=text))[0]["data"] for text in ("1, 2, 3", "1 2 3", "1;2;3", "1\n2\n3")]
    assert figures.count(figures[0]) == 4


def test_a_preset_sets_the_scores_and_the_address():
    app = visit("softmax")
    next(button for button in app.button if button.label == "Nine scores").click().run()
    assert state(app)["scores"].startswith("0.2, 0.02")
    assert "3.75" in "".join(app.query_params["scores"])


@pytest.mark.parametrize(("shift", "broken"), [("0", False), ("800", True)])
def test_the_shift_breaks_the_naive_formula_only(shift, broken):
    app = visit("softmax", shift=shift)
    assert_calm(app)
    assert bool(app.warning) is broken


def test_no_function_chosen_is_an_invitation_not_an_error():
    app = visit("activations")
    app.multiselect(key="show").set_value([]).run()
    assert not app.exception
    assert "Choose at least one function" in app.info[0].value


def test_the_seed_decides_the_picture():
    first, again, other = (charts(visit("gradient_flow", seed=seed))[:6] for seed in ("3", "3", "4"))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "text", ["[x](http://evil.example)", "<b>x</b>", "http://evil.example", "www.evil.example", "![x](y)"]
)
def test_a_refused_text_never_becomes_a_live_link(text):
    message = visit("softmax", scores=text).error[0].value
    unescaped = message.replace("\\[", "").replace("\\<", "").replace("\\:", "").replace("\\.", "")
    assert not any(mark in unescaped for mark in ("[", "<", "://", "www."))
