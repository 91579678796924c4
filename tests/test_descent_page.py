"""The page on gradient descent, run as a visitor's script."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnviz import OPTIMIZERS, SCHEDULES, SURFACES

ROOT = Path(__file__).parents[1]


def visit(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "nnviz" / "web" / "dashboard.py", default_timeout=120)
    app.switch_page(str(ROOT / "pages" / "descent.py"))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def alts(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def assert_calm(app: AppTest) -> None:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    assert not app.warning, [warning.value for warning in app.warning]
    assert len(charts(app)) == 5


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_is_drawn_and_can_be_played(name):
    app = visit(surface=name, steps="20")
    assert_calm(app)
    figure = charts(app)[0]
    assert len(figure["frames"]) == 21
    assert len(figure["layout"]["sliders"][0]["steps"]) == 21
    assert SURFACES[name].label in alts(app)[0]


@pytest.mark.parametrize("name", ["himmelblau", "saddle"])
def test_the_view_in_3_d(name):
    app = visit(surface=name, view="3-D", starts="3", steps="15")
    assert_calm(app)
    assert charts(app)[0]["data"][0]["type"] == "surface"
    assert "Of 3 starts" in alts(app)[0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_descends_with_its_own_rate_and_settings(name):
    app = visit(surface="bowl", optimizer=name, sweep=name, driver=name, steps="15")
    assert_calm(app)
    assert app.select_slider(key=f"bowl.{name}").value
    for knob in OPTIMIZERS[name].parameters:
        assert app.slider(key=f"{name}.{knob.name}").value == pytest.approx(knob.default)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_drives_the_path_the_comparison_and_the_samples(name):
    app = visit(schedule=name, compare=name, slowing=name, steps="15", rounds="20")
    assert_calm(app)
    assert {trace["name"] for trace in charts(app)[2]["data"]} == {SCHEDULES[name].label}


def test_several_optimizers_are_told_apart():
    app = visit(surface="narrow_valley", optimizer=["sgd", "momentum", "adam"], starts="2")
    assert_calm(app)
    for name in ("sgd", "momentum", "adam"):
        assert f"{name}, " in alts(app)[0]


def test_the_worked_example_of_the_notes_is_on_the_slider():
    app = visit(steps="5", **{"quadratic.sgd": "0.3"})
    assert_calm(app)
    assert charts(app)[0]["layout"]["sliders"][0]["steps"][-1]["label"] == "5: J = 0.00262"
    assert "0.0512" in alts(app)[0]


@pytest.mark.parametrize(("rate", "words"), [("1", "Oscillates"), ("1.2", "exceeds 2/λ_max = 1"), ("9", "Diverges")])
def test_a_rate_that_is_too_large_says_why(rate, words):
    app = visit(**{"quadratic.sgd": rate})
    assert_calm(app)
    assert words in alts(app)[0]


def test_a_rate_beside_the_slider_is_refused_with_a_notice():
    app = visit(**{"quadratic.sgd": "0.31415"})
    assert not app.exception
    assert "quadratic.sgd must be a learning rate from its slider" in app.warning[0].value.replace("\\", "")


@pytest.mark.parametrize("key", ["optimizer", "compare"])
def test_nothing_chosen_shows_the_plainest_entry(key):
    app = visit()
    app.multiselect(key=key).set_value([]).run()
    assert_calm(app)
    assert charts(app) == charts(visit(compare="constant") if key == "compare" else visit())


def test_the_same_measurement_twice_is_refused():
    app = visit(first="bmi", second="bmi")
    assert not app.exception
    assert "second must be another feature" in app.error[0].value
    assert len(charts(app)) == 4


def test_the_zigzag_tells_both_numbers_of_steps():
    said = alts(visit())[4]
    assert "Positive inputs need 98 steps" in said
    assert "centred inputs need 16 steps" in said
    assert "100% of these steps" in said


def test_a_link_reproduces_the_picture():
    query = {"surface": "himmelblau", "starts": "4", "seed": "7", "steps": "30"}
    assert charts(visit(**query)) == charts(visit(**query))
    assert charts(visit(**query))[0] != charts(visit(**query | {"seed": "8"}))[0]
