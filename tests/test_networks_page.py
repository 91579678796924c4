"""The pages networks, backpropagation and linearity, run as a visitor's script, and the figures they draw."""

import numpy as np
import pytest

import nnviz
from nnviz.figures.backpropagation import PASSES, draw_losses, draw_network
from nnviz.figures.linearity import draw_equality, draw_singular_values
from nnviz.figures.networks import draw_architecture, draw_forward, draw_outputs
from tests.test_pages import assert_calm, charts, state, visit


def button(app, label):
    return next(button for button in app.button if button.label == label)


def texts(app):
    return "\n".join(block.value for block in [*app.markdown, *app.caption])


# ---- networks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count"), list(zip(nnviz.ARCHITECTURES, ("26", "242,762", "6,826", "57"), strict=True))
)
def test_every_preset_is_drawn_counted_and_written(name, count):
    app = visit("networks")
    button(app, name).click().run()
    assert_calm(app)
    assert f"**{count}**" in texts(app)
    assert f"each has {count} parameters" in texts(app)
    assert "their outputs differ by 0." in texts(app)
    assert state(app)["layers"] == nnviz.ARCHITECTURES[name]


@pytest.mark.parametrize("style", nnviz.STYLES)
def test_every_style_shows_its_program(style):
    app = visit("networks", style=style, seed="3", layers="input 4; dense 2 relu")
    assert_calm(app)
    architecture = nnviz.parse_architecture("input 4; dense 2 relu")
    assert app.code[0].value == nnviz.keras_program(architecture, style, 3).rstrip()


def test_a_layer_is_added_and_removed_by_buttons_and_the_address_follows():
    app = visit(
        "networks", layers="input 4; dense 2", units="7", activation="tanh", initializer="he_normal", bias="false"
    )
    button(app, "Add it").click().run()
    assert_calm(app)
    assert state(app)["layers"].splitlines() == ["input 4", " dense 2", "dense 7 tanh he_normal nobias"]
    assert "he_normal" in "".join(app.query_params["layers"])
    button(app, "Remove the last").click().run()
    assert state(app)["layers"].splitlines() == ["input 4", " dense 2"]
    button(app, "Remove the last").click().run()  # an input alone is no network
    assert not app.exception
    assert "after the input, not 0" in app.error[0].value
    assert charts(app)


@pytest.mark.parametrize("kind", nnviz.LAYERS)
def test_every_kind_of_layer_can_be_added(kind):
    app = visit("networks", layers="input 4; dense 3", add=kind)
    button(app, "Add it").click().run()
    assert_calm(app)
    assert nnviz.LAYERS[kind].insight in texts(app)


def test_a_typed_mistake_stays_in_its_box_with_one_sentence_and_the_pictures_stay():
    app = visit("networks")
    before = charts(app)
    app.text_area(key="layers").set_value("input 3; dense many").run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "layer 1: dense's units must be a whole number from 1 to 1,024, not 'many'"
    ]
    assert state(app)["layers"] == "input 3; dense many"
    assert charts(app) == before
    app.text_area(key="layers").set_value("input 3; dense 4").run()
    assert_calm(app)


def test_a_broken_link_shows_the_default_and_the_next_change_is_bound_again():
    app = visit("networks", layers="import os")
    assert_calm(app)
    assert "layers must be a text" in app.warning[0].value
    app.text_area(key="layers").set_value("input 3; dense 4").run()
    assert_calm(app)
    assert not app.warning
    assert "**16**" in texts(app)
    assert app.text_area(key="layers").proto.query_param_key == "layers"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"layers": "input 3; dense 2", "x": "1, two"}, "entry 2 must be a number, not 'two'"),
        ({"layers": "input 3; dense 2", "x": "1 2 3 4"}, "sample must be a list of 1 to 3 numbers"),
        (
            {"layers": "input 3; dense 2", "x": "1e9"},
            "sample's largest size must be a finite number from 0 to 1,000,000",
        ),
        ({"layers": "input 8x8; dense 2", "feed": "my numbers", "x": "nan"}, "sample must hold finite numbers only"),
    ],
)
def test_bad_numbers_get_one_sentence_and_the_other_pictures_stay(query, sentence):
    app = visit("networks", **query)
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in app.error[0].value
    assert len(charts(app)) == 1
    assert app.code


def test_a_digit_changes_the_outputs():
    first, other = (charts(visit("networks", digit=digit))[-1] for digit in ("0", "7"))
    assert first != other


@pytest.mark.parametrize(
    "text", [*nnviz.ARCHITECTURES.values(), "input 4x5x3; dense 2; flatten; dense 300", "input 1; dense 1"]
)
def test_the_diagram_has_a_row_per_layer_and_the_strips_hold_the_numbers(text):
    architecture = nnviz.parse_architecture(text)
    diagram = draw_architecture(architecture)
    assert len(diagram.layout.yaxis.ticktext) == len(architecture.layers) + 1
    markers = [trace for trace in diagram.data if trace.mode == "markers"]
    assert [len(trace.x) for trace in markers] == [
        min(shape[-1], 12 if shape[-1] > 13 else 13)
        for shape in (architecture.input_shape, *(row.output_shape for row in architecture.rows))
    ]
    result = nnviz.forward_pass(architecture, np.linspace(-1, 1, int(np.prod(architecture.input_shape))))
    strips = draw_forward(result).data
    np.testing.assert_array_equal(strips[0].z.ravel(), result.sample.ravel())
    np.testing.assert_array_equal(strips[-1].z.ravel(), result.outputs.ravel())
    assert all(strip.zmin == -strip.zmax for strip in strips)
    assert all(strip.text is None or strip.z.size <= 6 for strip in strips)
    (bars,) = draw_outputs(result).data
    np.testing.assert_array_equal(bars.y, result.outputs.ravel())


def test_every_connection_of_a_small_dense_layer_is_drawn():
    lines = draw_architecture(nnviz.parse_architecture("input 3; dense 4; dropout 0.5")).data
    assert len(lines[0].x) == 3 * 3 * 4  # start, end and a gap for each of 12 connections
    assert len(lines[1].x) == 3 * 4  # dropout connects one to one


# ---- backpropagation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "source"), [("1", "2"), ("2", "bias"), ("3", "1")])
@pytest.mark.parametrize("direction", PASSES)
def test_any_weight_can_be_followed(layer, source, direction):
    app = visit("backpropagation", layer=layer, to="2", **{"from": source, "pass": direction})
    assert_calm(app)
    symbol = f"b^{{({layer})}}_{{2}}" if source == "bias" else f"w^{{({layer})}}_{{{source}2}}"
    assert symbol in texts(app)


def test_one_step_changes_every_number_and_the_loss_falls():
    app = visit("backpropagation")
    before = charts(app)[0]
    button(app, "One step").click().run()
    assert_calm(app)
    assert state(app)["step"] == 1
    assert "".join(app.query_params["step"]) == "1"
    assert charts(app)[0] != before
    losses = charts(visit("backpropagation", step="5"))[1]["data"][0]["y"]
    assert losses
    button(app, "Back to the start").click().run()
    assert charts(app)[0] == before


@pytest.mark.parametrize("end", ["linear · huber", "sigmoid · binary_crossentropy", "softmax · mean_squared_error"])
def test_every_output_unit_is_shown_with_a_loss(end):
    app = visit("backpropagation", end=end, step="2", rate="0.1")
    assert_calm(app)


def test_a_network_that_shrinks_forgets_a_weight_it_no_longer_has():
    app = visit("backpropagation", layer="3", to="2", layers="3")
    app.slider(key="layers").set_value(1).run()
    assert not app.exception
    assert not app.error
    assert charts(app)
    app.slider(key="units1").set_value(1).run()
    assert not app.exception
    assert not app.error


def test_your_own_function_is_backpropagated_too():
    app = visit("backpropagation", activation="your function", own="x * tanh(x)")
    assert_calm(app)
    assert charts(app) != charts(visit("backpropagation"))


def test_a_step_too_large_is_one_sentence():
    end = "linear · mean_squared_error"
    app = visit("backpropagation", end=end, activation="linear", rate="10", step="100")
    assert not app.exception
    assert len(app.error) == 1
    assert "learning_rate must be smaller than 10 here" in app.error[0].value


def test_the_diagram_writes_the_numbers_of_both_passes():
    found = nnviz.backpropagate(nnviz.SmallNetwork(), 3)
    for source in (-1, 2):
        chain = nnviz.chain_rule(found, 0, source, 1)
        for direction in PASSES:
            figure = draw_network(found, chain, direction)
            written = [note.text for note in figure.layout.annotations]
            assert sum(text.startswith(("z ", "δ ")) for text in written) == 7
            assert sum(text.startswith("x ") for text in written) == 3
            assert any(text.startswith("C ") for text in written)
            lines = [trace for trace in figure.data if trace.mode == "lines" and len(trace.x) == 3]
            assert len(lines) == 9 + 6 + 4
            assert sum(trace.line.color == "#e06c1f" for trace in lines) == (source >= 0)
    np.testing.assert_array_equal(draw_losses(found).data[0].y, found.losses)


# ---- linearity -----------------------------------------------------------------------------------------------------


def test_the_finding_turns_when_a_layer_bends():
    straight, bent = visit("linearity"), visit("linearity", curved="2")
    assert_calm(straight)
    assert_calm(bent)
    assert "the rounding error of float64" in texts(straight)
    assert "Broken by one tanh" in texts(bent)


def test_a_layer_that_is_not_there_cannot_bend():
    app = visit("linearity", depth="3", curved="9")
    assert not app.exception
    assert [error.value for error in app.error] == ["curved must be a whole number from 0 to 3, not 9"]


@pytest.mark.parametrize("name", ["zeros", "ones", "orthogonal", "identity"])
def test_a_degenerate_product_is_drawn_too(name):
    assert_calm(visit("linearity", initializer=name, depth="3"))


def test_the_points_and_the_bars_are_the_numbers():
    stack = nnviz.linear_stack(4, 3, curved=1)
    _, points = draw_equality(stack).data
    np.testing.assert_array_equal(points.x, stack.single.ravel())
    np.testing.assert_array_equal(points.y, stack.stacked.ravel())
    (bars,) = draw_singular_values(stack).data
    np.testing.assert_array_equal(bars.y[:3], stack.singular_values[:3])
    assert bars.marker.color[2] != bars.marker.color[3]  # beyond the rank
