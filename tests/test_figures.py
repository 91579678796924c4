"""Figures: what is drawn equals what was computed."""

import numpy as np
import plotly.graph_objects as go
import pytest

import nnviz
from nnviz.figures import _style
from nnviz.figures import activations as draw
from nnviz.figures import gradients as flow
from nnviz.figures.initializers import draw_histogram
from nnviz.figures.softmax import draw_probabilities

SPEC = nnviz.NetworkSpec(depth=6, width=8, batch=16)


@pytest.fixture(scope="module")
def result() -> nnviz.LayerGradients:
    return nnviz.layer_gradients(SPEC)


@pytest.mark.parametrize("name", nnviz.ELEMENTWISE)
def test_a_curve_holds_the_values_and_the_slopes(name):
    curve = nnviz.activation_curve(name)
    figure = draw.draw_curves({name: curve}, {})
    above, below = figure.data
    np.testing.assert_array_equal(above.x, curve.x)
    np.testing.assert_array_equal(above.y, curve.y)
    np.testing.assert_array_equal(below.y, curve.slope)
    assert (above.yaxis, below.yaxis) == ("y", "y2")


def test_an_operating_point_is_a_dot_in_both_panels_with_its_tangent():
    curve, point = nnviz.activation_curve("tanh"), nnviz.activation_curve("tanh", [0.5])
    figure = draw.draw_curves({"tanh": curve}, {"tanh": point}, curve.saturated(0.1))
    tangent, *dots = figure.data[2:]
    assert [float(dot.y[0]) for dot in dots] == [float(point.y[0]), float(point.slope[0])]
    rise = (tangent.y[1] - tangent.y[0]) / (tangent.x[1] - tangent.x[0])
    assert rise == pytest.approx(float(point.slope[0]))
    shaded = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    np.testing.assert_allclose(shaded, curve.saturated(0.1))


def test_two_functions_differ_in_colour_and_dash_and_agree_between_the_panels():
    curves = {name: nnviz.activation_curve(name) for name in ("relu", "elu")}
    lines = draw.draw_curves(curves, {}).data
    assert lines[0].line == lines[1].line
    assert lines[0].line.color != lines[2].line.color
    assert lines[0].line.dash != lines[2].line.dash


def test_the_jacobian_is_drawn_as_it_is_with_white_at_zero():
    result = nnviz.softmax_outputs([1.0, 2.0, 4.0])
    (heat,) = draw.draw_jacobian(result.jacobian, "p").data
    np.testing.assert_array_equal(heat.z, result.jacobian)
    assert heat.zmin == -heat.zmax


def test_a_vector_function_shows_scores_and_outputs():
    result = nnviz.activation_vector("glu", [1.0, 2.0, 3.0, 4.0])
    scores, outputs = draw.draw_vector(result, "glu").data
    np.testing.assert_array_equal(scores.y, result.scores)
    np.testing.assert_array_equal(outputs.y, result.outputs)


def test_probabilities_stand_beside_proportions():
    result = nnviz.softmax_outputs([1.5, 4.4, 2.0])
    softmax, plain = draw_probabilities(result).data
    np.testing.assert_array_equal(softmax.y, result.probabilities)
    np.testing.assert_array_equal(plain.y, result.proportional)


@pytest.mark.parametrize("name", nnviz.INITIALIZERS)
def test_a_histogram_holds_the_density_and_the_theory_or_its_atoms(name):
    result = nnviz.weight_histogram(name, 40, 30)
    figure = draw_histogram(result)
    np.testing.assert_array_equal(figure.data[0].y, result.density)
    atoms = [shape.x0 for shape in figure.layout.shapes]
    if np.isinf(result.theory_density).any():
        np.testing.assert_array_equal(atoms, result.theory_x)
    else:
        np.testing.assert_array_equal(figure.data[1].y[1:-1], result.theory_density)
        assert not atoms


@pytest.mark.parametrize("quantity", flow.QUANTITIES)
def test_bars_hold_the_gradients_with_their_numbers(result, quantity):
    (bars,) = flow.draw_gradients(result, quantity).data
    values = getattr(result, flow.QUANTITIES[quantity][0])
    np.testing.assert_array_equal(bars.y, values)
    assert len(set(bars.text)) > 1
    for text, value in zip(bars.text, values, strict=True):
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.06)


def test_a_gradient_of_exactly_zero_is_written_as_zero_and_never_drawn_as_a_bar():
    deep = nnviz.layer_gradients(nnviz.NetworkSpec(depth=60, width=4, batch=8, dtype="float16"))
    assert deep.weight_norm[0] == 0
    figure = flow.draw_gradients(deep, "weights")
    assert np.isnan(figure.data[0].y[0])
    assert {note.x for note in figure.layout.annotations if note.text == "0"} == set(
        1 + np.flatnonzero(deep.weight_norm == 0)
    )


def test_the_axis_is_logarithmic_and_freezes_where_told(result):
    assert flow.draw_gradients(result, "biases").layout.yaxis.type == "log"
    assert flow.draw_gradients(result, "biases", (-9.0, 3.0)).layout.yaxis.range == (-9.0, 3.0)


def test_heat_maps_hold_the_shares(result):
    (heat,) = flow.draw_distribution(result.z_edges, result.z_share, "z", SPEC.depth).data
    np.testing.assert_allclose(np.nan_to_num(heat.z), result.z_share.T)
    (decades,) = flow.draw_decades(result).data
    np.testing.assert_allclose(np.nansum(decades.z, axis=0), result.gradient_share.sum(axis=1))


def test_saturated_and_dead_shares_are_drawn_per_layer(result):
    saturated, dead = flow.draw_shares(result).data
    np.testing.assert_array_equal(saturated.y, result.saturated)
    np.testing.assert_array_equal(dead.y, result.dead)


def test_the_signal_is_that_of_the_hidden_layers(result):
    std, mean = flow.draw_signal(result).data
    np.testing.assert_array_equal(std.y, result.a_std[: SPEC.depth])
    np.testing.assert_array_equal(mean.y, result.a_mean[: SPEC.depth])


def test_the_chain_draws_sizes_of_factors_and_products():
    chain = nnviz.neuron_chain([-2.0, 3.0, 5.0], [0.1, 0.2, 0.3])
    bars, line = flow.draw_chain(chain).data
    np.testing.assert_array_equal(bars.y, np.abs(chain.factors))
    np.testing.assert_array_equal(line.y, np.abs(chain.products))


def test_the_factor_is_shaded_where_it_amplifies():
    factor = nnviz.neuron_factor(6.9, 0.0)
    figure = flow.draw_factor(factor)
    np.testing.assert_array_equal(figure.data[0].y, np.abs(factor.factor))
    shaded = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    np.testing.assert_allclose(shaded, factor.amplifying)


@pytest.mark.parametrize("value", [0.0, 1e-300, -2.5e-7, 0.001, 1.0, -3.14159, 9999.0, 1e4, 1e300])
def test_a_number_on_a_bar_is_never_rounded_to_zero(value):
    text = _style.short(value)
    assert len(text) <= 9
    assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.06)


def test_every_figure_leaves_its_background_and_fonts_to_the_theme(result):
    figure: go.Figure = flow.draw_gradients(result, "weights")
    assert figure.layout.paper_bgcolor is None
    assert figure.layout.font.family is None
