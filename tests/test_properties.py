"""Properties: every measured criterion against what is known of the function, and the timing apart from the rest."""

import math

import numpy as np
import pytest

from nnviz import CRITERIA, ELEMENTWISE, activation_properties
from nnviz.figures.properties import draw_criteria
from nnviz.properties import relative_cost


@pytest.fixture(scope="module")
def measured():
    return {name: activation_properties(name) for name in ELEMENTWISE}


def whoever(measured, criterion):
    return {name for name, found in measured.items() if CRITERIA[criterion].met(found)}


ALL = set(ELEMENTWISE)
SQUASHED = {"sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh", "relu6", "sparse_sigmoid"}


@pytest.mark.parametrize(
    ("criterion", "names"),
    [
        ("non-linear", ALL - {"linear"}),
        ("differentiable", ALL),
        ("non-saturating", ALL - SQUASHED),
        ("monotonic", ALL - {"gelu", "silu", "mish", "hard_silu"}),
        ("bounded", SQUASHED),
        ("identity at 0", {"tanh", "elu", "celu", "softsign", "linear", "hard_tanh"}),
        ("few parameters", ALL),
        ("normalising", {"selu"}),
    ],
)
def test_a_criterion_is_met_by_those_known_to_meet_it(measured, criterion, names):
    assert whoever(measured, criterion) == names


KINKS = {
    "relu": [0],
    "leaky_relu": [0],
    "prelu": [0],
    "selu": [0],
    "hard_sigmoid": [-3, 3],
    "hard_silu": [-3, 3],
    "hard_tanh": [-1, 1],
    "soft_shrink": [-0.5, 0.5],
    "relu6": [0, 6],
    "sparse_sigmoid": [-1, 1],
}
JUMPS = {"hard_shrink": [-0.5, 0.5], "threshold": [1]}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_kinks_and_jumps_are_found_where_they_are(measured, name):
    np.testing.assert_allclose(measured[name].kinks, KINKS.get(name, []), atol=1e-8)
    np.testing.assert_allclose(measured[name].jumps, JUMPS.get(name, []), atol=1e-8)


RANGES = {
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, math.inf),
    "elu": (-1, math.inf),
    "selu": (-1.0507009873554805 * 1.6732632423543772, math.inf),
    "gelu": (-0.16997121, math.inf),
    "silu": (-0.27846454, math.inf),
    "mish": (-0.30884, math.inf),
    "hard_silu": (-0.375, math.inf),
    "softsign": (-1, 1),
    "relu6": (0, 6),
    "log_sigmoid": (-math.inf, 0),
    "linear": (-math.inf, math.inf),
    "exponential": (0, math.inf),
}


@pytest.mark.parametrize("name", RANGES)
def test_the_range_is_the_known_one(measured, name):
    assert (measured[name].low, measured[name].high) == pytest.approx(RANGES[name], abs=2e-5)


def test_a_dip_is_as_deep_as_published(measured):
    assert measured["gelu"].fall == pytest.approx(0.16997121, abs=1e-5)
    assert measured["silu"].fall == pytest.approx(0.27846454, abs=1e-5)


def test_distance_to_the_identity_is_the_closed_form(measured):
    assert measured["tanh"].identity_error == pytest.approx(1 - math.tanh(0.1) / 0.1)
    assert measured["softsign"].identity_error == pytest.approx(0.1 / 1.1)
    assert measured["relu"].identity_error == pytest.approx(1)
    assert measured["sigmoid"].identity_error == pytest.approx((1 / (1 + math.exp(0.1)) + 0.1) / 0.1)


def test_tails(measured):
    assert (measured["relu"].left_slope, measured["relu"].right_slope) == (0, 1)
    assert measured["leaky_relu"].left_slope == pytest.approx(0.2)
    assert [measured[name].flat_tails for name in ("linear", "relu", "tanh")] == [0, 1, 2]


def test_selu_settles_at_mean_0_and_variance_1_and_linear_keeps_what_it_gets(measured):
    selu, linear = measured["selu"], measured["linear"]
    assert (selu.mean, selu.std_low, selu.std_high) == pytest.approx((0, 1, 1), abs=2e-3)
    assert (linear.std_low, linear.std_high) == pytest.approx((0.5, 2))
    assert measured["exponential"].std_high == math.inf


def test_relus_signal_shrinks_as_he_says(measured):
    start, layers = 2.0, 40
    power = start**2 / 2**layers  # each layer keeps half of the second moment
    assert measured["relu"].std_high == pytest.approx(math.sqrt(power * (1 - 1 / math.pi)), rel=1e-3)


def test_parameters_count_when_they_move_the_function(measured):
    assert measured["relu"].parameters == 3
    assert measured["gelu"].parameters == 1  # exact or approximate
    assert measured["threshold"].parameters == 2
    assert measured["tanh"].parameters == 0
    assert activation_properties("= a*x + 0*b").parameters == 1


@pytest.mark.parametrize(
    ("name", "criterion", "met"),
    [
        ("= 3*x + 1", "non-linear", False),
        ("= x + 0.001*x^2", "non-linear", True),
        ("= sin(x)", "monotonic", False),
        ("= -x", "monotonic", True),
        ("= sin(x)", "bounded", True),
        ("= log(1 + x^2)", "bounded", False),
        ("= log(1 + x^2)", "non-saturating", False),
        ("= log(x)", "differentiable", False),
        ("= exp(x)/(1 + exp(x))", "bounded", True),
        ("= sin(x)", "identity at 0", True),
        ("= a*b*c*d*x", "few parameters", False),
        ("= sqrt(2)*relu(x)", "normalising", False),
    ],
)
def test_your_own_function_is_measured_like_the_others(name, criterion, met):
    assert CRITERIA[criterion].met(activation_properties(name)) is met


def test_parameters_change_the_verdict():
    leaky = activation_properties("leaky_relu", negative_slope=1.0)
    assert not CRITERIA["non-linear"].met(leaky)
    np.testing.assert_allclose(activation_properties("threshold", threshold=-2.0).jumps, [-2], atol=1e-8)


@pytest.mark.parametrize("name", ["= log(x)", "= exp(exp(exp(x)))", "= 1/x", "= sqrt(x)", "= x^x"])
def test_a_function_without_values_gets_numbers_without_warnings(name):
    found = activation_properties(name)
    assert all(rule.met(found) in (True, False) for rule in CRITERIA.values())


def test_a_timing_is_kept_for_the_process_and_a_relu_costs_a_relu(measured):
    assert relative_cost("mish") == relative_cost("mish")
    assert activation_properties("mish").cost == measured["mish"].cost
    assert 0.3 < measured["relu"].cost < 3
    assert all(found.cost > 0 for found in measured.values())
    assert measured["mish"].cost > measured["linear"].cost


def test_no_function_meets_every_criterion(measured):
    assert all(sum(rule.met(found) for rule in CRITERIA.values()) < len(CRITERIA) for found in measured.values())
    assert len(CRITERIA) == 9


def test_every_criterion_says_what_it_measures_and_why():
    for name, rule in CRITERIA.items():
        assert rule.name == name
        assert rule.why.endswith(".")
        assert "|" not in rule.measures


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="name must be one of"):
        activation_properties("relo")
    with pytest.raises(ValueError, match="elu's alpha must be a finite number"):
        activation_properties("elu", alpha=-1.0)


def test_the_picture_ticks_what_is_met(measured):
    order = ["selu", "relu", "linear"]
    (heat,) = draw_criteria(measured, order).data
    for row, name in enumerate(order):
        assert [bool(mark) for mark in heat.z[row]] == [rule.met(measured[name]) for rule in CRITERIA.values()]
    assert list(heat.y) == order
