"""Losses against published numbers, numpy oracles and the output errors that the insights claim."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax

from nnviz import LOSSES, OUTPUTS, loss_curve, loss_samples, loss_value
from nnviz.losses import EXAMPLES, NETWORK_LOSSES, TASKS, check_loss

EPSILON = 1e-7  # Keras' own
LN_2 = 2e-8  # the error of Keras' float32 ln 2 in log_cosh
NO_DENSE_OUTPUT = {  # of keras.losses: why nnviz leaves them out
    "ctc": "sequences of unknown alignment",
    "dice": "overlap of a whole picture, no loss per sample",
    "tversky": "overlap of a whole picture, no loss per sample",
    "circle": "distances between embeddings",
}
HELPERS = {"get", "serialize", "deserialize"}


def _huber(e, delta=1.0):
    return np.where(np.abs(e) <= delta, e**2 / 2, delta * np.abs(e) - delta**2 / 2)


def _clip(a):
    return np.clip(a, EPSILON, 1 - EPSILON)


def _smooth(y, share, classes):
    return y * (1 - share) + share / classes


def _cross_entropy(y, a, label_smoothing=0.0):
    return -(_smooth(y, label_smoothing, y.shape[1]) * np.log(_clip(a / a.sum(axis=1, keepdims=True)))).sum(axis=1)


def _binary(y, a, label_smoothing=0.0):
    y, a = _smooth(y, label_smoothing, 2), _clip(a)
    return -(y * np.log(a) + (1 - y) * np.log1p(-a)).mean(axis=1)


def _binary_focal(y, a, apply_class_balancing=False, alpha=0.25, gamma=2.0, label_smoothing=0.0):
    y = _smooth(y, label_smoothing, 2)
    weight = y * alpha + (1 - y) * (1 - alpha) if apply_class_balancing else 1.0
    entropy = -(y * np.log(_clip(a)) + (1 - y) * np.log1p(-_clip(a)))
    return (weight * (1 - (y * a + (1 - y) * (1 - a))) ** gamma * entropy).mean(axis=1)


def _focal(y, a, alpha=0.25, gamma=2.0, label_smoothing=0.0):
    y, a = _smooth(y, label_smoothing, y.shape[1]), _clip(a / a.sum(axis=1, keepdims=True))
    return -(alpha * (1 - a) ** gamma * y * np.log(a)).sum(axis=1)


def _signed(y):
    return 2 * y - 1 if np.isin(y, [0, 1]).all() else y


def _picked(y, a):
    return a[np.arange(len(a)), y.astype(int)]


def _cosine(y, a):
    return -(y * a).sum(axis=1) / np.linalg.norm(y, axis=1) / np.linalg.norm(a, axis=1)


ORACLES = {  # of targets y (one-hot, or class numbers) and outputs a, one value per sample
    "categorical_crossentropy": _cross_entropy,
    "binary_crossentropy": _binary,
    "mean_squared_error": lambda y, a: ((y - a) ** 2).mean(axis=1),
    "mean_absolute_error": lambda y, a: np.abs(y - a).mean(axis=1),
    "huber": lambda y, a, delta=1.0: _huber(y - a, delta).mean(axis=1),
    "log_cosh": lambda y, a: np.log(np.cosh(y - a)).mean(axis=1),
    "mean_absolute_percentage_error": lambda y, a: 100 * np.abs((y - a) / np.maximum(np.abs(y), EPSILON)).mean(axis=1),
    "mean_squared_logarithmic_error": lambda y, a: (
        (np.log1p(np.maximum(y, EPSILON)) - np.log1p(np.maximum(a, EPSILON))) ** 2
    ).mean(axis=1),
    "poisson": lambda y, a: (a - y * np.log(a + EPSILON)).mean(axis=1),
    "binary_focal_crossentropy": _binary_focal,
    "hinge": lambda y, a: np.maximum(0, 1 - _signed(y) * a).mean(axis=1),
    "squared_hinge": lambda y, a: (np.maximum(0, 1 - _signed(y) * a) ** 2).mean(axis=1),
    "sparse_categorical_crossentropy": lambda y, a: -np.log(_picked(y, a)),
    "kl_divergence": lambda y, a: (
        np.clip(y, EPSILON, 1) * np.log(np.clip(y, EPSILON, 1) / np.clip(a, EPSILON, 1))
    ).sum(axis=1),
    "categorical_focal_crossentropy": _focal,
    "categorical_generalized_cross_entropy": lambda y, a, q=0.5: (1 - _picked(y, a) ** q) / q,
    "categorical_hinge": lambda y, a: np.maximum(0, 1 + ((1 - y) * a).max(axis=1) - (y * a).sum(axis=1)),
    "cosine_similarity": _cosine,
}
SETTINGS = [
    *[(name, {}) for name in LOSSES],
    ("huber", {"delta": 0.3}),
    ("categorical_crossentropy", {"label_smoothing": 0.2}),
    ("binary_crossentropy", {"label_smoothing": 0.2}),
    ("binary_focal_crossentropy", {"gamma": 0.5, "alpha": 0.9, "apply_class_balancing": True, "label_smoothing": 0.1}),
    ("categorical_focal_crossentropy", {"gamma": 3.0, "alpha": 0.6, "label_smoothing": 0.1}),
    ("categorical_generalized_cross_entropy", {"q": 0.9}),
]
UNITS = {"softmax": lambda z: softmax(z, axis=1), "sigmoid": expit, "linear": lambda z: z}
PAIRS = [(name, output) for name, entry in LOSSES.items() for output in entry.outputs]
LOGIT_UNITS = {  # what each loss that accepts logits does to them first
    "categorical_crossentropy": "softmax",
    "sparse_categorical_crossentropy": "softmax",
    "categorical_focal_crossentropy": "softmax",
    "binary_crossentropy": "sigmoid",
    "binary_focal_crossentropy": "sigmoid",
}
PUBLISHED = {
    "categorical_crossentropy": ([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]], 1.1769393),
    "binary_crossentropy": ([[0], [1]], [[0.4], [0.6]], 0.5108256),
    "mean_absolute_error": ([[0], [0]], [[1], [1]], 1),
    "mean_squared_error": ([[0], [1]], [[1], [1]], 0.5),
    "huber": ([[0], [1]], [[0.6], [0.4]], 0.18),
}
TARGETS = np.eye(4)[[0, 2, 3, 1, 2]]
LOGITS = np.random.default_rng(0).normal(0, 2, TARGETS.shape)


def _targets(name):
    return TARGETS.argmax(axis=1) if LOSSES[name].labels else TARGETS


def _error(name, output, logits, targets=TARGETS):
    """∂C/∂z of the sum over the samples, by automatic differentiation."""
    z = tf.constant(np.asarray(logits, np.float64))
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = LOSSES[name].per_sample(tf.constant(targets), z, output)
    return loss.numpy(), tape.gradient(loss, z).numpy()


# ---- the registry ------------------------------------------------------------------------------------------------


def test_every_loss_has_an_oracle_and_every_output_a_unit():
    assert set(ORACLES) == set(LOSSES)
    assert set(UNITS) == set(OUTPUTS)
    assert all(set(entry.outputs) <= set(OUTPUTS) for entry in LOSSES.values())
    assert all(entry.tasks and set(entry.tasks) <= set(TASKS) for entry in LOSSES.values())
    assert all(sentence.endswith(".") for sentence in TASKS.values())


def test_every_loss_of_keras_that_fits_a_dense_output_is_here():
    functions = {name for name, value in vars(keras.losses).items() if inspect.isfunction(value)}
    assert set(LOSSES) == functions - HELPERS - set(NO_DENSE_OUTPUT)


@pytest.mark.parametrize("name", LOSSES)
def test_parameters_are_those_of_keras(name):
    entry = LOSSES[name]
    arguments = dict(list(inspect.signature(entry.function).parameters.items())[2:])
    assert {knob.name for knob in entry.parameters} == set(arguments) - {"from_logits", "axis", "ignore_class"}
    assert entry.from_logits == (name in LOGIT_UNITS)
    for knob in entry.parameters:
        if arguments[knob.name].default is not inspect.Parameter.empty:
            assert knob.default == arguments[knob.name].default


# ---- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_values(name):
    targets, outputs, expected = PUBLISHED[name]
    assert loss_value(name, targets, outputs) == pytest.approx(expected, rel=1e-6)


def test_the_examples_are_the_published_ones_and_the_sparse_twin_agrees():
    for name, (targets, outputs, _) in PUBLISHED.items():
        example = next(example for example in EXAMPLES.values() if example.loss == name)
        np.testing.assert_array_equal(example.y_true, targets)
        np.testing.assert_array_equal(example.y_pred, outputs)
    twin = EXAMPLES["The same, sparse"]
    assert loss_value(twin.loss, twin.y_true, twin.y_pred) == pytest.approx(1.1769393, rel=1e-6)


@pytest.mark.parametrize(("name", "parameters"), SETTINGS)
def test_a_table_costs_what_the_formula_says(name, parameters):
    outputs = softmax(LOGITS, axis=1)
    found = loss_samples(name, _targets(name), outputs, **parameters)
    expected = ORACLES[name](_targets(name), outputs, **parameters)
    np.testing.assert_allclose(found.losses, expected, rtol=1e-6)  # Keras: ε and ln 2 in float32
    assert found.mean == pytest.approx(expected.mean(), rel=1e-6)
    assert loss_value(name, _targets(name), outputs, **parameters) == found.mean


@pytest.mark.parametrize(("name", "unit"), LOGIT_UNITS.items())
def test_from_logits_is_the_loss_behind_its_own_unit(name, unit):
    found = loss_samples(name, _targets(name), LOGITS, from_logits=True)
    np.testing.assert_allclose(found.losses, ORACLES[name](_targets(name), UNITS[unit](LOGITS)), rtol=1e-6)


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_values_are_those_of_the_formula(name, output):
    loss, _ = _error(name, output, LOGITS)
    np.testing.assert_allclose(loss, ORACLES[name](TARGETS, UNITS[output](LOGITS)), rtol=1e-6)  # Keras: ln 2 in float32


def test_one_list_of_numbers_is_one_sample_and_a_class_number_may_stand_alone():
    assert loss_value("mean_squared_error", [0, 1], [1, 1]) == 0.5
    assert loss_value("categorical_crossentropy", [0, 1], [0.5, 0.5]) == pytest.approx(np.log(2))
    assert loss_value("sparse_categorical_crossentropy", 1, [0.5, 0.5]) == pytest.approx(np.log(2))
    assert loss_value("sparse_categorical_crossentropy", [[1]], [[0.5, 0.5]]) == pytest.approx(np.log(2))


def test_outside_its_domain_a_loss_is_what_keras_gives():
    assert np.isnan(loss_value("poisson", [1], [-1]))
    assert loss_value("mean_absolute_percentage_error", [0], [1]) == pytest.approx(100 / EPSILON)
    assert loss_value("categorical_crossentropy", [1, 0], [0, 1]) == pytest.approx(-np.log(EPSILON))


def test_results_are_read_only():
    found = loss_samples("huber", [[1.0]], [[2.0]])
    curve = loss_curve("huber", 0, -1, 1)
    for array in (found.y_true, found.y_pred, found.losses, curve.prediction, curve.loss, curve.slope):
        assert not array.flags.writeable
        assert array.dtype == np.float64


# ---- curves ------------------------------------------------------------------------------------------------------


def _path(name, x, classes, from_logits=False):
    """What varies along the curve, written down a second time."""
    if not LOSSES[name].vector:
        return x[:, None]
    others = np.zeros_like(x) if from_logits else (1 - x) / (classes - 1)
    return np.stack([x] + [others] * (classes - 1), axis=1)


@pytest.mark.parametrize(("name", "parameters"), SETTINGS)
@pytest.mark.parametrize("classes", [2, 4])
def test_a_curve_is_the_formula_along_its_path(name, parameters, classes):
    curve = loss_curve(name, 1, 0.05, 0.95, 19, classes=classes, **parameters)
    np.testing.assert_allclose(curve.prediction, np.linspace(0.05, 0.95, 19))
    outputs = _path(name, curve.prediction, classes)
    targets = np.zeros(19) if LOSSES[name].labels else _path(name, np.ones(19), classes)
    np.testing.assert_allclose(curve.loss, ORACLES[name](targets, outputs, **parameters), rtol=1e-6, atol=LN_2)


SLOPES = [
    (name, parameters, logits, target)
    for name, parameters in SETTINGS
    for logits in ([False, True] if name in LOGIT_UNITS else [False])
    for target in ([1.0] if LOSSES[name].labels else [1.0, 0.6])  # a class number cannot be shared
]


@pytest.mark.parametrize(("name", "parameters", "logits", "target"), SLOPES)
def test_a_slope_is_a_central_difference(name, parameters, logits, target):
    # 0.011 … 0.977: on no kink (0.6, 1, the tie of a categorical hinge at 1/K)
    low, high = (-4.019, 4.013) if logits else (0.011, 0.977)
    curve = loss_curve(name, target, low, high, 41, from_logits=logits, **parameters)
    step = 1e-6
    below, above = (
        loss_curve(name, target, low + h, high + h, 41, from_logits=logits, **parameters).loss for h in (-step, step)
    )
    np.testing.assert_allclose(curve.slope, (above - below) / (2 * step), rtol=1e-6, atol=2e-8)


@pytest.mark.parametrize("name", [n for n, entry in LOSSES.items() if "a number" in entry.tasks])
def test_regression_losses_over_a_wide_range(name):
    curve = loss_curve(name, 2.0, 0.013, 9.0, 50)
    np.testing.assert_allclose(
        curve.loss, ORACLES[name](np.full((50, 1), 2.0), curve.prediction[:, None]), rtol=1e-6, atol=LN_2
    )
    assert abs(curve.prediction[curve.loss.argmin()] - 2) < 0.2


def test_closed_forms_of_the_cross_entropies():
    p = np.linspace(0.1, 0.9, 9)
    for name in ("categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"):
        curve = loss_curve(name, 1, 0.1, 0.9, 9)
        np.testing.assert_allclose(curve.loss, -np.log(p), rtol=1e-6)
        np.testing.assert_allclose(curve.slope, -1 / p, rtol=1e-6)
    z = np.linspace(-30, 30, 9)
    curve = loss_curve("binary_crossentropy", 1, -30, 30, 9, from_logits=True)
    np.testing.assert_allclose(curve.slope, -expit(-z), rtol=1e-9)
    curve = loss_curve("categorical_crossentropy", 1, -30, 30, 9, from_logits=True, classes=5)
    np.testing.assert_allclose(curve.slope, -expit(np.log(4) - z), rtol=1e-9, atol=1e-15)


def test_whoever_forgets_from_logits_gets_no_gradient_outside_0_to_1():
    curve = loss_curve("binary_crossentropy", 1, -6, -1, 9)
    assert (curve.slope == 0).all()
    assert (loss_curve("binary_crossentropy", 1, -6, -1, 9, from_logits=True).slope < -0.7).all()


def test_a_single_point_and_its_tangent():
    point = loss_curve("mean_squared_error", 1, 3, 3, 1)
    assert (point.prediction[0], point.loss[0], point.slope[0]) == (3, 4, 4)
    np.testing.assert_allclose(point.tangents(0.5), [[2.5, 2, 3.5, 6]])


# ---- at the end of a network -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_output_errors_are_central_differences(name, output):
    _, error = _error(name, output, LOGITS)
    step = 1e-5
    for sample, unit in np.ndindex(*LOGITS.shape):
        moved = np.stack([LOGITS, LOGITS])
        moved[:, sample, unit] += [-step, step]
        low, high = (ORACLES[name](TARGETS, UNITS[output](z))[sample] for z in moved)
        assert error[sample, unit] == pytest.approx((high - low) / (2 * step), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("size", [1, 30, 1000])
def test_cross_entropy_makes_the_output_error_a_minus_y_however_wrong_it_is(size):
    targets, logits = TARGETS, size * LOGITS
    loss, error = _error("categorical_crossentropy", "softmax", logits)
    np.testing.assert_allclose(error, UNITS["softmax"](logits) - targets, rtol=1e-9, atol=1e-12)
    assert np.isfinite(loss).all()
    loss, error = _error("binary_crossentropy", "sigmoid", logits)
    np.testing.assert_allclose(error, (expit(logits) - targets) / targets.shape[1], rtol=1e-9, atol=1e-12)
    assert np.isfinite(loss).all()


def test_a_confidently_wrong_unit_hardly_learns_under_the_quadratic_cost():
    wrong = np.array([[20.0, -20.0, -20.0, -20.0]])
    targets = np.array([[0.0, 1, 0, 0]])
    assert np.abs(_error("mean_squared_error", "sigmoid", wrong, targets)[1]).max() < 1e-8
    assert np.abs(_error("binary_crossentropy", "sigmoid", wrong, targets)[1]).max() > 0.24


@pytest.mark.parametrize("classes", [2, 10])
def test_cross_entropy_at_chance_is_the_logarithm_of_the_number_of_classes(classes):
    loss, _ = _error("categorical_crossentropy", "softmax", np.zeros((classes, classes)), np.eye(classes))
    np.testing.assert_allclose(loss, np.log(classes), rtol=1e-12)


@pytest.mark.parametrize("name", NETWORK_LOSSES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_loss_is_refused_behind_an_output_it_does_not_fit(name, output):
    if output in LOSSES[name].outputs:
        assert check_loss(name, output) is LOSSES[name]
    else:
        with pytest.raises(ValueError, match=f"^output must be .* for loss {name}, not '{output}'$"):
            check_loss(name, output)


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in NETWORK_LOSSES])
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_loss_that_fits_no_network_is_refused_behind_every_output(name, output):
    with pytest.raises(ValueError, match=f"^loss must be one of .*, not '{name}'$"):
        check_loss(name, output)


# ---- bad input ---------------------------------------------------------------------------------------------------

REFUSED = [
    (("nonsense", [0], [1]), {}, "name must be one of"),
    (("huber", [0], [1]), {"delta": 0.0}, "huber's delta must be"),
    (("huber", [0], [1]), {"gamma": 1.0}, "huber's parameter must be one of delta"),
    (("huber", [0], [1]), {"from_logits": True}, "from_logits must be false for huber"),
    (("binary_crossentropy", [0], [1]), {"from_logits": 2}, "from_logits must be true or false, not 2"),
    (
        ("binary_crossentropy", [0], [1]),
        {"label_smoothing": 1.5},
        "label_smoothing must be a finite number from 0 to 1",
    ),
    (("huber", [0, 1], [1]), {}, r"y_true must have the shape of y_pred, \(1, 1\), not \(1, 2\)"),
    (("huber", [[0], [1, 2]], [1]), {}, "y_true must be rows of equally many numbers"),
    (("huber", [], []), {}, "y_pred must be a list or rows of 1 to 100,000 numbers"),
    (("huber", [0], [np.nan]), {}, "y_pred must hold numbers between .* only, not nan"),
    (("huber", [0], [1e7]), {}, "y_pred must hold numbers between"),
    (("huber", ["a"], [0]), {}, "y_true must be rows of equally many numbers"),
    (("kl_divergence", [1], [1]), {}, "y_pred must have at least 2 classes per row"),
    (
        ("sparse_categorical_crossentropy", [3], [0.2, 0.3, 0.5]),
        {},
        "y_true's class must be a whole number from 0 to 2",
    ),
    (("sparse_categorical_crossentropy", [1, 2], [0.2, 0.3, 0.5]), {}, "one class number per row of y_pred, 1, not 2"),
]


@pytest.mark.parametrize(("arguments", "more", "message"), REFUSED)
def test_bad_tables_are_refused_in_one_line(arguments, more, message):
    with pytest.raises(ValueError, match=message) as caught:
        loss_value(*arguments, **more)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        (("nonsense", 0, 0, 1), {}, "name must be one of"),
        (("huber", np.nan, 0, 1), {}, "target must be a finite number"),
        (("huber", 0, 1, 0), {}, "lo must be below hi = 0, not 1"),
        (("huber", 0, 1, 1), {}, "lo must be below hi = 1, not 1"),
        (("huber", 0, 0, 1, 0), {}, "points must be a whole number"),
        (("huber", 0, 0, 1, 10**6), {}, "points must be a whole number"),
        (("kl_divergence", 2, 0, 1), {}, "target must be a share from 0 to 1 for kl_divergence, not 2"),
        (("kl_divergence", 1, 0, 1), {"classes": 1}, "classes must be a whole number"),
        (("sparse_categorical_crossentropy", 0.5, 0, 1), {}, "target must be 1 for sparse_categorical_crossentropy"),
        (("kl_divergence", 1, 0, 1), {"from_logits": True}, "from_logits must be false for kl_divergence"),
    ],
)
def test_bad_curves_are_refused_in_one_line(arguments, more, message):
    with pytest.raises(ValueError, match=message) as caught:
        loss_curve(*arguments, **more)
    assert "\n" not in str(caught.value)


JUNK = [None, True, "x", b"1", 1j, np.complex64(1j), ..., object(), {"a": 1}, {1}, [[]], [[1], [1, 2]], 10**400]
JUNK += [
    np.nan,
    -np.inf,
    "x" * 10**5,
    np.array(["a"]),
    np.zeros((2, 2, 2)),
    np.array([None]),
    [True, "1"],
    range(10**7),
]


@pytest.mark.parametrize("junk", JUNK, ids=lambda value: str(type(value).__name__))
@pytest.mark.parametrize("place", ["name", "y_true", "y_pred", "from_logits", "label_smoothing"])
@pytest.mark.parametrize("name", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_junk_is_refused_in_one_short_line_or_works(name, place, junk):
    good = {"name": name, "y_true": [1] if LOSSES[name].labels else [0, 1], "y_pred": [0.5, 0.5]}
    said = ""
    try:
        loss_value(**{**good, place: junk})
    except ValueError as refusal:
        said = str(refusal)
    assert "\n" not in said
    assert len(said) < 700
