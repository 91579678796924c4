"""Activations against numpy oracles, central differences, closed forms and published numbers."""

import inspect

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_expit, log_softmax, ndtr, softmax

from nnviz import ACTIVATIONS, ELEMENTWISE, VECTOR, activation_curve, activation_moments, activation_vector

# ---- oracles: one per entry of the registry, written from the papers' formulas ----------------------------------


def _ref_sigmoid(z):
    return expit(z)


def _ref_tanh(z):
    return np.tanh(z)


def _ref_relu(z, negative_slope=0.0, max_value=None, threshold=0.0):
    above = z if max_value is None else np.minimum(z, max_value)
    return np.where(z > threshold, above, negative_slope * (z - threshold))


def _ref_leaky_relu(z, negative_slope=0.2):
    return np.where(z > 0, z, negative_slope * z)


def _ref_prelu(z, alpha=0.25):
    return np.where(z > 0, z, alpha * z)


def _ref_elu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def _ref_selu(z):
    return 1.0507009873554805 * _ref_elu(z, 1.6732632423543772)


def _ref_celu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0) / alpha))


def _ref_gelu(z, approximate=False):
    if approximate:
        return z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    return z * ndtr(z)


def _ref_silu(z):
    return z * expit(z)


def _ref_mish(z):
    return z * np.tanh(np.logaddexp(0, z))


def _ref_softplus(z):
    return np.logaddexp(0, z)


def _ref_softsign(z):
    return z / (1 + np.abs(z))


def _ref_linear(z):
    return z


def _ref_exponential(z):
    return np.exp(z)


def _ref_hard_sigmoid(z):
    return np.clip(z / 6 + 0.5, 0, 1)


def _ref_hard_silu(z):
    return z * _ref_hard_sigmoid(z)


def _ref_hard_tanh(z):
    return np.clip(z, -1, 1)


def _ref_hard_shrink(z, threshold=0.5):
    return z * (np.abs(z) > threshold)


def _ref_soft_shrink(z, threshold=0.5):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


def _ref_tanh_shrink(z):
    return z - np.tanh(z)


def _ref_log_sigmoid(z):
    return log_expit(z)


def _ref_relu6(z):
    return np.clip(z, 0, 6)


def _ref_squareplus(z, b=4.0):
    return (z + np.hypot(z, np.sqrt(b))) / 2


def _ref_sparse_plus(z):
    return np.select([z <= -1, z < 1], [0 * z, (z + 1) ** 2 / 4], z)


def _ref_sparse_sigmoid(z):
    return np.clip((z + 1) / 2, 0, 1)


def _ref_threshold(z, threshold=1.0, default_value=0.0):
    return np.where(z > threshold, z, default_value)


def _ref_softmax(scores):
    return softmax(scores)


def _ref_log_softmax(scores):
    return log_softmax(scores)


def _ref_sparsemax(scores):
    """The projection onto the simplex, its threshold found by bisection instead of by sorting."""
    low, high = scores.max() - 1, scores.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(scores - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(scores - low, 0)


def _ref_glu(scores):
    value, gate = np.split(scores, 2)
    return value * expit(gate)


ORACLES = {name.removeprefix("_ref_"): oracle for name, oracle in globals().items() if name.startswith("_ref_")}

OTHERS = {  # parameters away from their defaults
    "relu": [
        {"negative_slope": 2.0},
        {"max_value": 2.0},
        {"threshold": 1.0},
        {"negative_slope": 0.3, "max_value": 4.0, "threshold": 0.7},
    ],
    "leaky_relu": [{"negative_slope": 0.01}, {"negative_slope": 0.0}],
    "prelu": [{"alpha": -1.0}, {"alpha": 0.9}],
    "elu": [{"alpha": 2.5}, {"alpha": 0.0}],
    "celu": [{"alpha": 0.1}, {"alpha": 3.0}],
    "gelu": [{"approximate": True}],
    "hard_shrink": [{"threshold": 1.3}, {"threshold": 0.0}],
    "soft_shrink": [{"threshold": 1.3}, {"threshold": 0.0}],
    "squareplus": [{"b": 0.0}, {"b": 9.0}],
    "threshold": [{"threshold": -0.4}, {"default_value": 2.0}],
}
CASES = [(name, given) for name in ELEMENTWISE for given in [{}, *OTHERS.get(name, [])]]

KINKS = {  # where f or f′ jumps, from the parameters
    "relu": lambda p: [p.get("threshold", 0.0), *([p["max_value"]] if "max_value" in p else [])],
    "leaky_relu": lambda p: [0.0],
    "prelu": lambda p: [0.0],
    "elu": lambda p: [0.0],
    "selu": lambda p: [0.0],
    "hard_sigmoid": lambda p: [-3.0, 3.0],
    "hard_silu": lambda p: [-3.0, 3.0],
    "hard_tanh": lambda p: [-1.0, 1.0],
    "hard_shrink": lambda p: [-p.get("threshold", 0.5), p.get("threshold", 0.5)],
    "soft_shrink": lambda p: [-p.get("threshold", 0.5), p.get("threshold", 0.5)],
    "relu6": lambda p: [0.0, 6.0],
    "squareplus": lambda p: [0.0] if p.get("b") == 0 else [],
    "sparse_sigmoid": lambda p: [-1.0, 1.0],
    "threshold": lambda p: [p.get("threshold", 1.0)],
}
BENDS = {"celu": [0.0], "softsign": [0.0], "sparse_plus": [-1.0, 1.0]}  # where only f″ jumps
JUMPS = {"hard_shrink", "threshold"}
SINGLE = {"leaky_relu", "gelu"}  # TensorFlow rounds α, √2 and 0.044715 to float32 in every precision


def _kinks(name, parameters):
    return KINKS.get(name, lambda _: [])(parameters)


def _away_from_kinks(x, name, parameters, distance):
    kinks = np.array([np.inf, *_kinks(name, parameters), *BENDS.get(name, [])])
    return x[np.abs(x[:, None] - kinks).min(axis=1) > distance]


def _difference(function, x, step=1e-5):
    """Central difference of fourth order."""
    near, far = function(x + step) - function(x - step), function(x + 2 * step) - function(x - 2 * step)
    return (8 * near - far) / (12 * step)


def _name(case):
    return "-".join([case[0], *(f"{key}={value}" for key, value in case[1].items())])


every_case = pytest.mark.parametrize("case", CASES, ids=_name)


# ---- the registry ------------------------------------------------------------------------------------------------


def test_registry_covers_every_public_function_of_keras_activations():
    public = {
        name
        for name, function in vars(keras.activations).items()
        if inspect.isfunction(function) and name not in {"get", "serialize", "deserialize"}
    }
    shown = {entry.function for entry in ACTIVATIONS.values()}
    missing = {name for name in public if getattr(keras.activations, name) not in shown}
    assert missing <= {"sparsemax"} & set(ACTIVATIONS)  # shown under Keras' name, mended
    assert set(ACTIVATIONS) - public == {"prelu"}


def test_every_entry_has_an_oracle_and_every_parameter_a_case():
    assert set(ORACLES) == set(ACTIVATIONS) == {*ELEMENTWISE, *VECTOR}
    tried = {name: set().union(*cases) for name, cases in OTHERS.items()}
    assert tried == {name: {p.name for p in e.parameters} for name, e in ACTIVATIONS.items() if e.parameters}


def test_defaults_of_parameters_are_those_of_keras():
    for entry in ACTIVATIONS.values():
        defaults = {name: p.default for name, p in inspect.signature(entry.function).parameters.items()}
        for parameter in entry.parameters:
            if defaults[parameter.name] is not inspect.Parameter.empty:
                assert parameter.default == defaults[parameter.name]
                assert parameter.check(entry.name, parameter.default) == parameter.default


@pytest.mark.parametrize(("alias", "name"), [("swish", "silu"), ("hard_swish", "hard_silu")])
def test_an_alias_draws_the_curve_of_its_namesake(alias, name):
    assert np.array_equal(activation_curve(alias).y, activation_curve(name).y)
    assert np.array_equal(activation_curve(alias).slope, activation_curve(name).slope)


# ---- values ------------------------------------------------------------------------------------------------------


@every_case
def test_values_are_those_of_the_formula(case):
    name, parameters = case
    x = np.linspace(-8, 8, 1601)
    curve = activation_curve(name, x, **parameters)
    tolerance = 1e-6 if name in SINGLE else 1e-12
    np.testing.assert_allclose(curve.y, ORACLES[name](x, **parameters), rtol=tolerance, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name != "exponential"])
def test_far_from_the_origin_values_and_slopes_stay_right(name):
    x = np.array([-1e6, -1000.0, -100.0, -40.0, 40.0, 100.0, 1000.0, 1e6])
    curve = activation_curve(name, x)
    np.testing.assert_allclose(curve.y, ORACLES[name](x), rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(curve.slope, _difference(ORACLES[name], x, 1e-2), rtol=1e-6, atol=1e-8)


def test_exponential_overflows_to_infinity_and_says_nothing():
    curve = activation_curve("exponential", [709.0, 711.0, 1e6])
    assert np.isfinite(curve.y).tolist() == np.isfinite(curve.slope).tolist() == [True, False, False]
    assert (curve.y[1:] == np.inf).all()
    assert (curve.slope[1:] == np.inf).all()


def test_huge_inputs_are_inputs_like_any_other():
    curve = activation_curve("relu", [-1e100, 1e100])
    assert curve.y.tolist() == [0, 1e100]
    assert curve.slope.tolist() == [0, 1]


GOLDEN = {
    "sigmoid-6": ("sigmoid", {}, 5, [0.00669285, 0.04742587, 0.26894143, 0.7310586, 0.95257413, 0.9933072]),
    "sigmoid-10": (
        "sigmoid",
        {},
        6,
        [
            *(0.00247262, 0.00931596, 0.0344452, 0.11920292, 0.33924368),
            *(0.6607564, 0.880797, 0.96555483, 0.99068403, 0.9975274),
        ],
    ),
    "relu": ("relu", {}, 5, [0, 0, 0, 1, 3, 5]),
    "relu-slope": ("relu", {"negative_slope": 2.0}, 5, [-10, -6, -2, 1, 3, 5]),
    "relu-max": ("relu", {"max_value": 2.0}, 5, [0, 0, 0, 1, 2, 2]),
    "tanh": ("tanh", {}, 5, [-0.99990916, -0.9950547, -0.7615942, 0.7615942, 0.9950547, 0.99990916]),
}


@pytest.mark.parametrize(("name", "parameters", "reach", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_published_values(name, parameters, reach, expected):
    x = np.linspace(-reach, reach, len(expected))
    np.testing.assert_allclose(activation_curve(name, x, **parameters).y, expected, rtol=1e-6, atol=5e-9)


def test_published_extrema():
    x = np.linspace(-5, 5, 100_000)
    gelu, silu = activation_curve("gelu", x), activation_curve("silu", x)
    assert gelu.y.min() == pytest.approx(-0.16997121, abs=1e-8)
    assert x[gelu.y.argmin()] == pytest.approx(-0.75180, abs=1e-4)
    assert gelu.slope.max() == pytest.approx(1.12890415, abs=1e-8)
    assert x[gelu.slope.argmax()] == pytest.approx(np.sqrt(2), abs=1e-4)
    assert silu.slope.max() == pytest.approx(1.09983932, abs=1e-8)
    assert x[silu.slope.argmax()] == pytest.approx(2.39936, abs=1e-4)
    assert silu.y.min() == pytest.approx(-0.2785, abs=1e-4)
    assert activation_curve("gelu", [1.0]).y[0] == pytest.approx(0.8413447461, rel=1e-7)
    assert activation_curve("softplus", [0.0]).y[0] == pytest.approx(np.log(2), rel=1e-14)


# ---- identities --------------------------------------------------------------------------------------------------

reals = st.floats(-30, 30)


@given(a=reals)
def test_sigmoid_and_tanh_are_one_function(a):
    sigmoid, tanh = activation_curve("sigmoid", [a, -a, 2 * a]), activation_curve("tanh", [a])
    assert sigmoid.y[1] == pytest.approx(1 - sigmoid.y[0], abs=1e-15)
    assert tanh.y[0] == pytest.approx(2 * sigmoid.y[2] - 1, abs=1e-14)
    np.testing.assert_allclose(sigmoid.slope, sigmoid.y * (1 - sigmoid.y), rtol=1e-12, atol=1e-300)
    assert tanh.slope[0] == pytest.approx(1 - tanh.y[0] ** 2, abs=1e-15)


@given(a=reals)
def test_the_slope_of_softplus_is_the_sigmoid_and_that_of_sparse_plus_the_sparse_sigmoid(a):
    for integral, derivative in [("softplus", "sigmoid"), ("sparse_plus", "sparse_sigmoid")]:
        slope, value = activation_curve(integral, [a]).slope[0], activation_curve(derivative, [a]).y[0]
        assert slope == pytest.approx(value, rel=1e-12, abs=1e-300)


@given(a=st.floats(-700, 700))
def test_exponential_is_its_own_slope(a):
    curve = activation_curve("exponential", [a])
    assert curve.slope[0] == curve.y[0]


@given(a=reals)
def test_relu6_and_squareplus_are_relus(a):
    assert activation_curve("relu6", [a]).y[0] == activation_curve("relu", [a], max_value=6.0).y[0]
    squareplus, relu = activation_curve("squareplus", [a], b=0.0), activation_curve("relu", [a])
    assert squareplus.y[0] == pytest.approx(relu.y[0], rel=1e-15, abs=1e-150)


@pytest.mark.parametrize("alpha", [0.0, 0.25, -0.5])
def test_prelu_is_the_keras_layer(alpha):
    layer = keras.layers.PReLU(keras.initializers.Constant(alpha), dtype="float64")
    x = np.linspace(-3, 3, 40)
    np.testing.assert_array_equal(activation_curve("prelu", x, alpha=alpha).y, np.asarray(layer(x[None]))[0])


# ---- slopes ------------------------------------------------------------------------------------------------------


@every_case
def test_slopes_are_central_differences(case):
    name, parameters = case
    x = _away_from_kinks(np.linspace(-6, 6, 1203), name, parameters, 1e-3)
    slope = activation_curve(name, x, **parameters).slope
    expected = _difference(lambda z: activation_curve(name, z, **parameters).y, x, 1e-4)
    np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=2e-11)


@given(name=st.sampled_from(ELEMENTWISE), z=reals)
def test_slopes_are_central_differences_everywhere(name, z):
    x = _away_from_kinks(np.array([z]), name, {}, 1e-2)
    if x.size:
        expected = _difference(lambda z: activation_curve(name, z).y, x, 1e-3)
        np.testing.assert_allclose(activation_curve(name, x).slope, expected, rtol=1e-7, atol=1e-10)


@every_case
def test_at_a_kink_the_slope_lies_between_those_of_both_sides(case):
    name, parameters = case
    kinks = np.array([0.0, *_kinks(name, parameters)])
    beside = [_difference(lambda z: ORACLES[name](z, **parameters), kinks + side, 2e-7) for side in (-1e-6, 1e-6)]
    slope = activation_curve(name, kinks, **parameters).slope
    assert (slope >= np.minimum(*beside) - 1e-5).all()
    assert (slope <= np.maximum(*beside) + 1e-5).all()


def test_a_tie_inside_the_formula_leaves_no_spike_in_the_slope():
    np.testing.assert_allclose(activation_curve("celu", [-1e-3, 0.0, 1e-3]).slope, 1, atol=2e-3)


# ---- curve and result --------------------------------------------------------------------------------------------


@every_case
def test_the_default_curve_is_finite_and_covers_six_each_way(case):
    curve = activation_curve(case[0], **case[1])
    assert curve.x.shape == curve.y.shape == curve.slope.shape == (301,)
    assert (curve.x[0], curve.x[-1]) == (-6, 6)
    assert np.isfinite([curve.y, curve.slope]).all()


def test_results_are_read_only_and_the_caller_keeps_his_array():
    mine = np.linspace(-1, 1, 5)
    curve = activation_curve("tanh", mine)
    for array in (curve.x, curve.y, curve.slope, curve.saturated(0.5)):
        assert array.dtype == np.float64
        assert not array.flags.writeable
    mine[0] = 7  # still his own
    assert curve.x[0] == -1


@pytest.mark.parametrize("threshold", [0.2, 0.05, 0.01])
def test_saturated_intervals_of_the_sigmoid_are_those_of_the_closed_form(threshold):
    edge = 2 * np.arccosh(1 / (2 * np.sqrt(threshold)))  # σ′(z) = 1 / (4 cosh²(z/2))
    x = np.linspace(-6, 6, 12_001)
    intervals = activation_curve("sigmoid", x).saturated(threshold)
    np.testing.assert_allclose(intervals, [[-6, -edge], [edge, 6]], atol=1.1e-3)


def test_a_curve_saturates_nowhere_or_everywhere_or_at_one_point():
    assert activation_curve("linear").saturated(0.5).shape == (0, 2)
    assert activation_curve("linear").saturated(1.5).tolist() == [[-6, 6]]
    assert activation_curve("tanh", [-5.0, 0.0, 1.0]).saturated(0.1).tolist() == [[-5, -5]]


# ---- moments -----------------------------------------------------------------------------------------------------


def _close(moments, mean, variance, slope_square, tolerance=1e-6):
    found = (moments.mean, moments.variance, moments.slope_square)
    np.testing.assert_allclose(found, (mean, variance, slope_square), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("mean", "std"), [(0, 1), (0.7, 1.4), (-2, 0.3)])
def test_moments_of_linear_and_exponential_are_the_closed_forms(mean, std):
    _close(activation_moments("linear", mean, std), mean, std**2, 1)
    power = np.exp(mean + std**2 / 2)
    square = np.exp(2 * mean + 2 * std**2)
    _close(activation_moments("exponential", mean, std), power, square - power**2, square)


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("std", [0.5, 1.0, 3.0])
def test_moments_of_the_leaky_relu_are_the_closed_forms(slope, std):
    mean = (1 - slope) * std / np.sqrt(2 * np.pi)
    square = std**2 * (1 + slope**2) / 2
    moments = activation_moments("leaky_relu", 0.0, std, negative_slope=slope)
    _close(moments, mean, square - mean**2, (1 + slope**2) / 2)


def test_relu_keeps_half_of_the_signal_and_half_of_the_gradient():
    moments = activation_moments("relu")
    _close(moments, 1 / np.sqrt(2 * np.pi), 0.5 - 1 / (2 * np.pi), 0.5)


def test_selu_keeps_mean_0_and_variance_1():
    moments = activation_moments("selu")
    assert moments.mean == pytest.approx(0, abs=1e-6)
    assert moments.variance == pytest.approx(1, abs=1e-6)


def test_celu_and_elu_with_alpha_1_are_one_function_also_in_their_moments():
    celu, elu = activation_moments("celu"), activation_moments("elu")
    _close(celu, elu.mean, elu.variance, elu.slope_square)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.6, 0.8)])
def test_moments_are_those_of_a_million_samples(name, mean, std):
    size = 1_000_000
    z = mean + std * np.random.default_rng(5).standard_normal(size)
    y = ORACLES[name](z)
    smooth = _away_from_kinks(z, name, {}, 1e-5)
    squares = _difference(ORACLES[name], smooth, 1e-6) ** 2
    moments = activation_moments(name, mean, std)
    spread = (y - y.mean()) ** 2
    quadrature = 1e-3 if name in JUMPS else 1e-6
    for found, samples in [(moments.mean, y), (moments.variance, spread), (moments.slope_square, squares)]:
        assert found == pytest.approx(samples.mean(), abs=5 * samples.std() / np.sqrt(size) + quadrature)


def test_moments_of_a_constant_are_the_value_and_the_slope():
    moments, curve = activation_moments("sigmoid", 1.2, 0.0), activation_curve("sigmoid", [1.2])
    _close(moments, curve.y[0], 0, curve.slope[0] ** 2, 1e-12)


def test_moments_beyond_the_largest_float_are_infinite_and_never_raise():
    assert activation_moments("exponential", 1000.0, 10.0).mean == np.inf


# ---- functions of a whole vector ---------------------------------------------------------------------------------

scores = st.integers(2, 12).flatmap(lambda n: st.lists(st.floats(-20, 20), min_size=n, max_size=n))
VECTORS = [np.array(v) for v in ([1.5, 4.4, 2.0, -1.0], [0.3, 0.1, -0.2, 0.25, 0.0, 0.31], [-3.0, 7.0])]


@pytest.mark.parametrize("name", VECTOR)
@given(values=scores)
def test_vector_functions_are_their_formulas(name, values):
    values = values[: len(values) // 2 * 2]  # glu takes even lengths only
    found = activation_vector(name, values)
    np.testing.assert_allclose(found.outputs, ORACLES[name](np.array(values)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", VECTOR)
@pytest.mark.parametrize("z", VECTORS, ids=len)
def test_jacobians_are_central_differences(name, z):
    found = activation_vector(name, z)
    columns = [_difference(lambda t, e=e: ORACLES[name](z + t * e), 0.0, 1e-4) for e in np.eye(z.size)]
    np.testing.assert_allclose(found.jacobian, np.stack(columns, axis=1), rtol=1e-7, atol=1e-10)
    assert found.jacobian.shape == (found.outputs.size, z.size)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
@given(values=scores, shift=st.floats(-50, 50))
def test_shifting_all_scores_changes_nothing(name, values, shift):
    before, after = activation_vector(name, values), activation_vector(name, np.add(values, shift))
    np.testing.assert_allclose(after.outputs, before.outputs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "sparsemax"])
@given(values=scores)
def test_probabilities_sum_to_one(name, values):
    outputs = activation_vector(name, values).outputs
    assert outputs.sum() == pytest.approx(1, abs=1e-12)
    assert (outputs >= 0).all()


def test_sparsemax_gives_probabilities_of_exactly_zero():
    np.testing.assert_allclose(activation_vector("sparsemax", [0.0, 0.5, 1.0]).outputs, [0, 0.25, 0.75], atol=1e-15)


def test_vector_results_are_read_only():
    found = activation_vector("softmax", [1.0, 2.0])
    assert not any(array.flags.writeable for array in (found.scores, found.outputs, found.jacobian))


def test_keras_own_sparsemax_is_still_wrong_so_that_ours_is_still_needed():
    theirs = np.asarray(keras.activations.sparsemax(np.array([[1.0, 1.0]])))
    assert theirs.sum() == 0
    assert activation_vector("sparsemax", [1.0, 1.0]).outputs.tolist() == [0.5, 0.5]
