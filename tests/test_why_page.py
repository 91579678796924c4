"""The pages on the why of activations, and your own function on every page that has a menu of activations."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import nnviz

ROOT = Path(__file__).parents[1]
MINE = "x * sin(a * x)"


def visit(page: str, **query: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "nnviz" / "web" / "dashboard.py", default_timeout=120)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def assert_calm(app: AppTest) -> None:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    assert not app.warning, [warning.value for warning in app.warning]


@pytest.mark.parametrize("lesson", ["criteria", "identities", "sigmoid from Bayes"])
def test_every_lesson_has_a_picture_that_says_what_it_shows(lesson):
    app = visit("why_activations", lesson=lesson)
    assert_calm(app)
    (chart,) = app.get("plotly_chart")
    assert len(chart.proto.alt) > 40


@pytest.mark.parametrize("name", nnviz.IDENTITIES)
def test_every_identity_is_shown_with_its_largest_error(name):
    app = visit("why_activations", lesson="identities", identity=name, dtype="float16")
    assert_calm(app)
    assert any("Largest error" in text.value for text in app.markdown)


def test_bayes_says_when_one_neuron_is_not_enough():
    one, more = (
        visit("why_activations", lesson="sigmoid from Bayes", std_1=std).get("plotly_chart")[0].proto.alt
        for std in ("1.0", "2.0")
    )
    assert "computes the posterior exactly" in one
    assert "not enough" in more


@pytest.mark.parametrize("place", nnviz.ADVICE)
def test_an_advice_is_shown_with_its_program(place):
    situation, advice = list(nnviz.ADVICE[place].items())[-1]
    app = visit("why_activations", lesson="chooser", place=place, **{place.split()[0]: situation})
    assert_calm(app)
    assert app.code[0].value.strip() == advice.code.strip()


def test_the_criteria_of_your_own_function_stand_beside_the_others():
    app = visit("why_activations", function="your function", own="3 * x")
    assert_calm(app)
    texts = [text.value for text in app.markdown]
    assert any(text.startswith("✗ **non-linear") for text in texts)
    assert any(text.startswith("✓ **identity") or text.startswith("✗ **identity") for text in texts)
    assert "your function" in charts(app)[0]["data"][0]["y"]


def test_the_dead_relu_is_named_and_nobody_dies_of_a_small_step():
    app = visit("dying_relu")
    assert_calm(app)
    assert "Dead, with a gradient of exactly 0: relu." in app.get("plotly_chart")[0].proto.alt
    assert "No neuron died" in visit("dying_relu", large="0.0").get("plotly_chart")[0].proto.alt


def test_no_activation_chosen_is_an_invitation():
    app = visit("dying_relu")
    app.multiselect(key="show").set_value([]).run()
    assert not app.exception
    assert "Choose at least one" in app.info[0].value


MENUS = [
    ("activations", "show"),
    ("gradient_flow", "activation"),
    ("initializers", "activation"),
    ("why_activations", "function"),
    ("dying_relu", "show"),
]


@pytest.mark.parametrize(("page", "menu"), MENUS)
def test_your_own_function_comes_with_the_address_and_its_letters_are_sliders(page, menu):
    app = visit(page, **{menu: "your function", "own": MINE, "own.a": "0.5"})
    assert_calm(app)
    assert charts(app)
    assert app.slider(key="own.a").value == 0.5
    assert charts(app) != charts(visit(page, **{menu: "your function", "own": MINE, "own.a": "2.0"}))


@pytest.mark.parametrize(("page", "menu"), MENUS)
def test_what_is_typed_is_used_at_once(page, menu):
    app = visit(page)
    app.text_input(key="own").set_value(MINE).run()
    assert_calm(app)
    assert app.session_state[menu] == "your function" or "your function" in app.session_state[menu]


@pytest.mark.parametrize(("page", "menu"), MENUS)
def test_a_wrong_formula_is_shown_its_character_and_the_page_stays(page, menu):
    app = visit(page)
    app.text_input(key="own").set_value("x * tan2(x)").run()
    assert not app.exception
    assert app.error
    assert all("(character 5)" in error.value and "▸tan2◂" in error.value for error in app.error)
    if page in ("activations", "initializers", "dying_relu"):
        assert charts(app)  # what does not need the formula stays


WRONG = [
    ("gradient_flow", "activation", "[click](https://example.org)"),
    ("initializers", "activation", "<script>alert(1)</script>"),
    ("why_activations", "function", "x" * 5000),
    ("dying_relu", "show", ""),
]


@pytest.mark.parametrize(("page", "menu", "text"), [("activations", "show", "x[0]"), *WRONG])
def test_a_wrong_formula_in_the_address_gives_way_to_the_default(page, menu, text):
    app = visit(page, **{menu: "your function", "own": text})
    assert not app.exception
    assert not app.error
    assert app.text_input(key="own").value.startswith("x * tanh")
    assert "own must be a formula" in app.warning[0].value
    assert charts(app)


def test_eight_functions_and_one_typed_stay_eight():
    names = ["relu", "elu", "tanh", "gelu", "silu", "mish", "selu", "celu"]
    app = visit("activations", show=names)
    app.text_input(key="own").set_value("x^3").run()
    assert_calm(app)
    assert app.multiselect(key="show").value == [*names[:7], "your function"]
