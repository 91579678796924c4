"""Gradient flow against a numpy backpropagation, finite differences, plain Keras code and published numbers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_softmax, softmax

from nnviz import (
    ELEMENTWISE,
    LOSSES,
    NetworkSpec,
    activation_curve,
    gradients,
    layer_gradients,
    neuron_chain,
    neuron_factor,
)
from nnviz.gradients import DECADES
from nnviz.networks import draw_weights, load_batch

NIELSEN = {
    "activation": "sigmoid",
    "initializer": "variance_scaling",
    "initializer_parameters": {"scale": 1, "mode": "fan_in", "distribution": "untruncated_normal"},
    "bias_std": 1,
    "width": 30,
}

# ---- a second backpropagation, in numpy --------------------------------------------------------------------------

PHI = {  # φ and φ′
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(0, z), lambda z: (z > 0) * 1.0),
}
PULL = {  # ∂C/∂a of one sample with K outputs, times K
    "mean_squared_error": lambda e: 2 * e,
    "mean_absolute_error": np.sign,
    "huber": lambda e: np.clip(e, -1, 1),
    "log_cosh": np.tanh,
}


def _output(name, z):
    """Value and diagonal slope of the output unit."""
    if name == "softmax":
        a = softmax(z, axis=1)
        return a, a * (1 - a)
    return PHI["sigmoid"][0](z), PHI["sigmoid"][1](z)


def _output_error(spec, y, a):
    """∂C/∂z of the output layer for the mean over the batch."""
    e = a - y
    if spec.loss == "categorical_crossentropy":
        return e / len(y)
    if spec.loss == "binary_crossentropy":
        return e / y.size
    pull = PULL[spec.loss](e) / y.size
    if spec.output == "softmax":
        return a * (pull - (pull * a).sum(axis=1, keepdims=True))
    return pull if spec.output == "linear" else pull * a * (1 - a)


def _parameters(spec):
    weights = draw_weights(spec)
    kernels = [weights.first, *weights.hidden, weights.last]
    biases = [weights.first_bias, *weights.hidden_bias, weights.last_bias]
    return [np.asarray(kernel) for kernel in kernels], [np.asarray(bias) for bias in biases]


def _backpropagate(spec):
    """z, a, φ′(z), ∂C/∂W and ∂C/∂b of every layer."""
    kernels, biases = _parameters(spec)
    x, y = (np.asarray(tensor) for tensor in load_batch(spec))
    phi, slope_of = PHI[spec.activation]
    inputs, z, slopes = [x], [], []
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        z.append(inputs[-1] @ kernel + bias)
        if layer < spec.depth:
            a, slope = phi(z[-1]), slope_of(z[-1])
        else:
            a, slope = (z[-1], np.ones_like(z[-1])) if spec.output == "linear" else _output(spec.output, z[-1])
        inputs.append(a)
        slopes.append(slope)
    error = _output_error(spec, y, inputs[-1])
    kernel_gradients, bias_gradients = [], []
    for layer in reversed(range(spec.depth + 1)):
        kernel_gradients.insert(0, inputs[layer].T @ error)
        bias_gradients.insert(0, error.sum(axis=0))
        if layer:
            error = error @ kernels[layer].T * slopes[layer - 1]
    return z, inputs[1:], slopes, kernel_gradients, bias_gradients


def _per_layer(function, arrays):
    return np.array([function(array) for array in arrays])


PAIRS = [(loss, output) for loss, entry in LOSSES.items() for output in entry.outputs]


@pytest.mark.parametrize("activation", PHI)
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_gradients_are_those_of_a_numpy_backpropagation(activation, loss, output):
    spec = NetworkSpec(4, 6, activation, "he_normal", loss, output, batch=16, bias_std=0.3, seed=2)
    found = layer_gradients(spec)
    _, _, _, kernels, biases = _backpropagate(spec)
    np.testing.assert_allclose(found.weight_norm, _per_layer(np.linalg.norm, kernels), rtol=1e-9)
    np.testing.assert_allclose(found.bias_norm, _per_layer(np.linalg.norm, biases), rtol=1e-9)
    np.testing.assert_allclose(found.mean_abs, _per_layer(lambda g: np.abs(g).mean(), kernels), rtol=1e-9)


@given(
    depth=st.integers(1, 12),
    width=st.integers(1, 20),
    batch=st.integers(1, 40),
    seed=st.integers(0, 10**6),
    activation=st.sampled_from(list(PHI)),
    data=st.sampled_from(["digits", "moons", "noise"]),
)
def test_gradients_are_those_of_a_numpy_backpropagation_for_every_shape(depth, width, batch, seed, activation, data):
    spec = NetworkSpec(depth, width, activation, "lecun_normal", batch=batch, seed=seed, data=data, bias_std=0.1)
    found = layer_gradients(spec)
    *_, kernels, biases = _backpropagate(spec)
    np.testing.assert_allclose(found.weight_norm, _per_layer(np.linalg.norm, kernels), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(found.bias_norm, _per_layer(np.linalg.norm, biases), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("activation", PHI)
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear"])
def test_statistics_are_those_of_a_naive_second_computation(activation, output):
    spec = NetworkSpec(
        5, 9, activation, "random_normal", "mean_squared_error", output, batch=40, bias_std=0.5, saturation=0.15,
        initializer_parameters={"stddev": 0.4},
    )  # fmt: skip
    found = layer_gradients(spec)
    z, a, slopes, kernels, _ = _backpropagate(spec)
    np.testing.assert_allclose(found.z_mean, _per_layer(np.mean, z), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.z_std, _per_layer(np.std, z), rtol=1e-9)
    np.testing.assert_allclose(found.a_mean, _per_layer(np.mean, a), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.a_std, _per_layer(np.std, a), rtol=1e-9)
    np.testing.assert_allclose(found.slope_rms, _per_layer(lambda s: np.sqrt((s**2).mean()), slopes), rtol=1e-9)
    np.testing.assert_array_equal(found.saturated, _per_layer(lambda s: (np.abs(s) < 0.15).mean(), slopes))
    np.testing.assert_allclose(found.dead, _per_layer(lambda s: (s == 0).all(axis=0).mean(), slopes), atol=1e-15)
    np.testing.assert_array_equal(found.finite, np.ones(6))
    np.testing.assert_array_equal(found.underflow, _per_layer(lambda g: (g == 0).mean(), kernels))
    for share, edges, layers in [(found.z_share, found.z_edges, z), (found.a_share, found.a_edges, a)]:
        for row, values in zip(share, layers, strict=True):
            naive = np.histogram(values, edges)[0] / values.size
            assert np.abs(row - naive).sum() <= 2.001 / values.size  # one value on an edge may fall either side
    for row, values in zip(found.gradient_share, kernels, strict=True):
        naive = np.histogram(np.log10(np.abs(values[values != 0])), DECADES)[0] / values.size
        assert np.abs(row - naive).sum() <= 2.001 / values.size


@pytest.mark.parametrize("loss", dict(PAIRS))
def test_the_loss_is_the_mean_over_the_batch(loss):
    spec = NetworkSpec(2, 8, "tanh", loss=loss, output=LOSSES[loss].outputs[0], batch=50)
    logits, (_, y) = _backpropagate(spec)[0][-1], load_batch(spec)
    a, y = _output(spec.output, logits)[0], np.asarray(y)
    naive = {
        "categorical_crossentropy": -(y * np.log(a)).sum(axis=1),
        "binary_crossentropy": -(y * np.log(a) + (1 - y) * np.log(1 - a)),
        "mean_squared_error": (a - y) ** 2,
        "mean_absolute_error": np.abs(a - y),
        "huber": (a - y) ** 2 / 2,
        "log_cosh": np.log(np.cosh(a - y)),
    }
    assert layer_gradients(spec).loss == pytest.approx(naive[loss].mean(), rel=1e-6)


# ---- finite differences, every activation ------------------------------------------------------------------------


def _losses(spec, kernels, biases):
    """Mean cross-entropy of many networks at once: every kernel has shape (networks, in, out)."""
    x, y = (np.asarray(tensor) for tensor in load_batch(spec))
    a = np.broadcast_to(x, (len(kernels[0]), *x.shape))
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        z = a @ kernel + bias[:, None]
        if layer < spec.depth:
            a = activation_curve(spec.activation, z.ravel(), **dict(spec.activation_parameters)).y.reshape(z.shape)
    return -(y * log_softmax(z, axis=2)).sum(axis=2).mean(axis=1)


def _difference(spec, arrays, index, step=1e-5):
    """∂C/∂ of every entry of arrays[index], by central differences; `arrays` are the kernels, then the biases."""
    size = arrays[index].size
    moves = step * np.concatenate([np.eye(size), -np.eye(size)]).reshape(-1, *arrays[index].shape)
    many = [np.repeat(array[None], 2 * size, axis=0) for array in arrays]
    many[index] = many[index] + moves
    loss = _losses(spec, many[: len(many) // 2], many[len(many) // 2 :])
    return (loss[:size] - loss[size:]) / (2 * step)


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_gradients_are_finite_differences_of_the_loss(activation):
    spec = NetworkSpec(
        2, 3, activation, "random_normal", data="moons", batch=7, bias_std=1.0,
        initializer_parameters={"stddev": 1.5},
    )  # fmt: skip
    kernels, biases = _parameters(spec)
    norms = [np.linalg.norm(_difference(spec, [*kernels, *biases], index)) for index in range(6)]
    found = layer_gradients(spec)
    np.testing.assert_allclose([*found.weight_norm, *found.bias_norm], norms, rtol=1e-6)
    assert min(norms) > 1e-3  # no activation is dead here: the comparison means something


# ---- what a student would write ----------------------------------------------------------------------------------

STUDENT = {  # initializer in Keras' words
    "glorot_uniform": keras.initializers.GlorotUniform,
    "he_normal": keras.initializers.HeNormal,
    "lecun_normal": keras.initializers.LecunNormal,
    "orthogonal": keras.initializers.Orthogonal,
    "random_normal": keras.initializers.RandomNormal,
}


def _student(spec):
    """‖∂C/∂W‖ and ‖∂C/∂b‖ of a plain Keras model."""

    def dense(units, activation, layer):
        kernel = STUDENT[spec.initializer](seed=spec.seed + layer)
        return keras.layers.Dense(units, activation, kernel_initializer=kernel, dtype=spec.dtype)

    x, y = load_batch(spec)
    hidden = [dense(spec.width, spec.activation, layer) for layer in range(spec.depth)]
    inputs = keras.Input(x.shape[1:], dtype=spec.dtype)
    model = keras.Sequential([inputs, *hidden, dense(y.shape[1], spec.output, spec.depth)])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.get(spec.loss)(y, model(x)))
    norms = [np.linalg.norm(np.asarray(g, np.float64)) for g in tape.gradient(loss, model.trainable_variables)]
    return float(loss), norms[::2], norms[1::2]


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec(),
        NetworkSpec(1, 16, "tanh", "lecun_normal", seed=7),
        NetworkSpec(1, 1, "sigmoid", "random_normal", data="xor"),
        NetworkSpec(100, 16, "relu", "he_normal", batch=64, seed=3),
        NetworkSpec(100, 1, "tanh", "orthogonal", data="moons", batch=32),
        NetworkSpec(6, 20, "gelu", "he_normal", "binary_crossentropy", "sigmoid", seed=100),
        NetworkSpec(6, 20, "selu", "lecun_normal", "mean_squared_error", "linear", data="noise"),
        NetworkSpec(12, 24, "silu", "orthogonal", "huber", "softmax", dtype="float32"),
        NetworkSpec(4, 12, "tanh", "glorot_uniform", dtype="float32", data="spirals"),
    ],
    ids=lambda spec: f"{spec.activation}-{spec.depth}x{spec.width}-{spec.loss}-{spec.dtype}",
)
def test_plain_keras_code_gives_the_same_norms(spec):
    loss, weight_norm, bias_norm = _student(spec)
    found = layer_gradients(spec)
    tolerance = 1e-7 if spec.dtype == "float64" else 1e-4
    assert found.loss == pytest.approx(loss, rel=tolerance)
    np.testing.assert_allclose(found.weight_norm, weight_norm, rtol=tolerance)
    np.testing.assert_allclose(found.bias_norm, bias_norm, rtol=tolerance)


# ---- the same picture every time ---------------------------------------------------------------------------------


def _same(left, right, tolerance=0.0):
    for field in fields(left):
        if field.name != "spec":
            ours, theirs = getattr(left, field.name), getattr(right, field.name)
            np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=0, err_msg=field.name)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("depth", [1, 2, 25])
def test_the_first_call_and_the_compiled_ones_give_the_same(dtype, depth):
    gradients._engine.cache_clear()
    gradients._output_layer.cache_clear()
    spec = NetworkSpec(depth, 7, "tanh", batch=9, dtype=dtype, bias_std=0.2)
    eager, compiled, again = (layer_gradients(spec) for _ in range(3))
    _same(eager, compiled, {"float64": 1e-10, "float32": 1e-3, "float16": 0.2}[dtype])
    _same(compiled, again)


def test_one_compiled_engine_serves_every_shape():
    gradients._engine.cache_clear()
    gradients._output_layer.cache_clear()
    shapes = [(3, 4, 5, "moons"), (3, 4, 5, "moons"), (1, 9, 2, "noise"), (7, 1, 30, "digits"), (2, 2, 1, "xor")]
    for depth, width, batch, data in shapes:
        spec = NetworkSpec(depth, width, "sigmoid", batch=batch, data=data)
        expected = _per_layer(np.linalg.norm, _backpropagate(spec)[3])
        np.testing.assert_allclose(layer_gradients(spec).weight_norm, expected, rtol=1e-9)


def test_the_seed_decides_the_picture():
    first, again, other = (layer_gradients(NetworkSpec(6, 10, seed=seed, batch=30)) for seed in (1, 1, 99))
    _same(first, again)
    assert not np.isclose(first.weight_norm, other.weight_norm, rtol=1e-3).any()


def test_visitors_at_the_same_time_get_their_own_pictures():
    gradients._engine.cache_clear()
    specs = [NetworkSpec(depth, 6, name, batch=12) for depth in (1, 4, 9) for name in ("tanh", "selu", "gelu")] * 3
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(layer_gradients, specs))
    for spec, found in zip(specs, together, strict=True):
        assert found.spec == spec
        _same(found, layer_gradients(spec), 1e-9)


def test_results_are_read_only_with_one_entry_per_layer():
    found = layer_gradients(NetworkSpec(3, 5, batch=8))
    for field in fields(found):
        array = getattr(found, field.name)
        if isinstance(array, np.ndarray):
            assert not array.flags.writeable, field.name
            assert array.dtype == np.float64, field.name
            assert field.name.endswith("_edges") or len(array) == 4, field.name


# ---- precision ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "depth"), [("float16", 12), ("float32", 60)])
def test_a_deep_sigmoid_network_underflows_where_float64_still_has_a_gradient(dtype, depth):
    spec = NetworkSpec(depth, 8, "sigmoid", "random_normal", data="noise", batch=64, dtype=dtype)
    low, full = layer_gradients(spec), layer_gradients(replace(spec, dtype="float64"))
    assert low.underflow[0] == 1
    assert low.weight_norm[0] == low.bias_norm[0] == 0
    assert low.weight_norm[-1] > 0
    assert low.decades == np.inf
    assert low.kept_per_layer == 0
    assert (full.weight_norm > 0).all()
    assert (full.underflow == 0).all()
    assert 1 < full.decades < np.inf


def test_a_hundred_sigmoid_layers_lose_sixty_powers_of_ten_and_none_is_rounded_to_zero():
    found = layer_gradients(NetworkSpec(100, 30, "sigmoid", data="noise", batch=64))
    assert (found.weight_norm > 0).all()
    assert found.decades > 40
    assert found.gradient_share.sum(axis=1) == pytest.approx(np.ones(101))


@pytest.mark.parametrize(("dtype", "depth", "size"), [("float64", 100, 1e-180), ("float32", 14, 1e-24)])
def test_norms_of_gradients_too_small_to_be_squared_are_right(dtype, depth, size):
    spec = NetworkSpec(depth, 8, "sigmoid", "random_normal", data="noise", batch=16, dtype=dtype,
                       initializer_parameters={"stddev": 0.01})  # fmt: skip
    found = layer_gradients(spec)
    *_, kernels, biases = _backpropagate(spec)
    tolerance = {"float64": 1e-9, "float32": 1e-4}[dtype]
    for norms, gradients_of in [(found.weight_norm, kernels), (found.bias_norm, biases)]:
        sizes = _per_layer(lambda g: np.abs(g).max(), gradients_of)
        expected = sizes * [np.linalg.norm(g / size) for g, size in zip(gradients_of, sizes, strict=True)]
        assert 0 < expected[0] < size
        np.testing.assert_allclose(norms, expected, rtol=tolerance)


HUGE = {
    "exponential-float32": NetworkSpec(20, 30, "exponential", "random_normal", dtype="float32", batch=16,
                                       initializer_parameters={"stddev": 1000}),
    "exponential-float64": NetworkSpec(20, 30, "exponential", "random_normal", batch=16,
                                       initializer_parameters={"stddev": 1000}),
    "relu-float16": NetworkSpec(12, 30, "relu", "random_normal", dtype="float16", batch=16,
                                initializer_parameters={"stddev": 10}),
    "linear-float32": NetworkSpec(30, 30, "linear", "random_normal", dtype="float32", batch=16,
                                  initializer_parameters={"stddev": 1000}),
    "linear-float64": NetworkSpec(100, 30, "linear", "random_normal", batch=16,
                                  initializer_parameters={"stddev": 1000}),
    "ones-float16": NetworkSpec(5, 400, "softplus", "ones", dtype="float16", batch=16),
}  # fmt: skip


@pytest.mark.parametrize("spec", HUGE.values(), ids=HUGE)
def test_a_network_that_overflows_says_so_and_never_raises(spec):
    found = layer_gradients(spec)
    assert 0 <= found.finite.min() < 1
    assert found.finite[0] == 1
    np.testing.assert_allclose(found.z_share.sum(axis=1), found.finite, atol=1e-12)
    for edges in (found.z_edges, found.a_edges):
        assert np.isfinite(edges).all()
        assert (np.diff(edges) > 0).all()
    assert ((found.gradient_share >= 0) & (found.gradient_share <= 1)).all()
    assert np.isnan(found.decades) or np.isinf(found.decades)


@pytest.mark.parametrize(("dtype", "depth"), [("float32", 11), ("float64", 85)])
@pytest.mark.parametrize("stddev", [300.0, 550.0, 650.0, 710.0, 790.0])
def test_values_near_the_largest_float_still_make_histograms(dtype, depth, stddev):
    spec = NetworkSpec(depth, 30, "linear", "random_normal", dtype=dtype, batch=64,
                       initializer_parameters={"stddev": stddev})  # fmt: skip
    found = layer_gradients(spec)
    np.testing.assert_allclose(found.z_share.sum(axis=1), found.finite, atol=1e-12)
    np.testing.assert_allclose(found.a_share.sum(axis=1)[:-1], found.finite[:-1], atol=1e-12)
    assert np.isfinite([found.z_edges, found.a_edges]).all()


@pytest.mark.parametrize("factor", [1 + 1e-6 * step for step in (1.5, 2, 3.2, 4.6, 10, 100)])
def test_values_that_nearly_agree_still_make_histograms(factor):
    spec = NetworkSpec(1, 1, "linear", "constant", "mean_squared_error", "linear", batch=1, dtype="float32",
                       initializer_parameters={"value": factor})  # fmt: skip
    found = layer_gradients(spec)
    np.testing.assert_allclose(found.z_share.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(found.a_share.sum(axis=1), 1, atol=1e-12)


def test_statistics_of_huge_but_finite_values_are_finite():
    spec = NetworkSpec(50, 30, "linear", "random_normal", batch=16, initializer_parameters={"stddev": 1000})
    kernels, biases = _parameters(spec)
    z, found = np.asarray(load_batch(spec)[0]), layer_gradients(spec)
    for layer in range(50):
        z = z @ kernels[layer] + biases[layer]
        size = np.abs(z).max()
        assert found.z_std[layer] == pytest.approx(size * (z / size).std(), rel=1e-6)


# ---- decades -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 8])
def test_decades_compare_the_biases_of_the_last_and_the_first_hidden_layer(depth):
    found = layer_gradients(NetworkSpec(depth, 12, "tanh", batch=32))
    expected = np.log10(found.bias_norm[depth - 1] / found.bias_norm[0])
    assert found.decades == pytest.approx(expected, abs=1e-12)
    kept = found.bias_norm[1:depth] / found.bias_norm[: depth - 1]
    assert found.kept_per_layer == pytest.approx(np.prod(1 / kept) ** (1 / max(1, depth - 1)), rel=1e-9)


@pytest.mark.parametrize(
    ("first", "last", "decades"),
    [
        (1e200, 1e-200, -400),
        (1e-200, 1e200, 400),
        (1e-300, 1.0, 300),
        (0.0, 1.0, np.inf),
        (0.0, 0.0, np.nan),
        (np.nan, 1.0, np.nan),
        (1.0, np.inf, np.nan),
    ],
)
def test_decades_are_right_for_every_pair_of_norms(first, last, decades):
    found = replace(layer_gradients(NetworkSpec(2, 3, batch=4)), bias_norm=np.array([first, last, 1.0]))
    assert found.decades == pytest.approx(decades, abs=1e-9, nan_ok=True)
    assert np.isnan(decades) == np.isnan(found.kept_per_layer)


# ---- published gradients -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("depth", "low", "high"), [(2, 4.0, 6.3), (3, 17, 35)])
def test_nielsen_s_first_layers_learn_more_slowly_in_every_seed(depth, low, high):
    ratios = []
    for seed in range(0, 20_000, 1_000):
        norms = layer_gradients(NetworkSpec(depth, batch=1024, seed=seed, **NIELSEN)).bias_norm[:depth]
        assert (np.diff(norms) > 0).all()
        ratios.append(norms[-1] / norms[0])
    assert low < np.median(ratios) < high


def _growth(initializer, width, seeds):
    """z's mean square in the tenth layer after the first, over that in the first, for each seed."""
    found = [
        layer_gradients(NetworkSpec(11, width, "relu", initializer, data="noise", batch=64, seed=100 * seed))
        for seed in range(seeds)
    ]
    return np.array([(f.z_std[10] ** 2 + f.z_mean[10] ** 2) / (f.z_std[0] ** 2 + f.z_mean[0] ** 2) for f in found])


def test_relu_with_variance_1_over_n_halves_the_signal_s_power_per_layer_and_he_keeps_it():
    assert np.sqrt(_growth("lecun_normal", 256, 10)).mean() == pytest.approx(0.03125, rel=0.15)
    assert np.sqrt(_growth("he_normal", 256, 10)).mean() == pytest.approx(1, rel=0.15)


def test_he_in_a_narrow_network_has_a_heavy_tail():
    growth = _growth("he_normal", 30, 80)
    assert np.median(growth) < 0.85 * growth.mean()


# ---- a chain of neurons ------------------------------------------------------------------------------------------


def _walk(weights, biases, activation, x):
    """z, a and φ′(z), one neuron after the other."""
    a, rows = x, []
    for w, b in zip(weights, biases, strict=True):
        z = w * a + b
        curve = activation_curve(activation, [z])
        a = curve.y[0]
        rows.append((z, a, curve.slope[0]))
    return np.array(rows).T


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_a_chain_is_what_a_loop_over_its_neurons_computes(activation):
    random = np.random.default_rng(1)
    w, b, x = random.normal(0, 1.2, 6), random.normal(0, 0.7, 6), 0.37
    chain = neuron_chain(w, b, activation, x)
    z, a, slopes = _walk(w, b, activation, x)
    np.testing.assert_allclose([chain.z, chain.a, chain.slopes], [z, a, slopes], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(chain.factors, w * slopes, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(chain.products, [np.prod((w * slopes)[layer:]) for layer in range(6)], rtol=1e-9)
    assert chain.product == chain.products[0]
    np.testing.assert_array_equal(chain.weights, w)


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_the_product_is_how_the_last_activation_answers_to_the_input(activation):
    w, b, x, step = [1.3, -0.9, 1.7], [0.4, 1.2, 2.1], 0.8, 1e-5
    ends = [neuron_chain(w, b, activation, x + side * step).a[-1] for side in (-2, -1, 1, 2)]
    expected = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * step)
    assert neuron_chain(w, b, activation, x).product == pytest.approx(expected, rel=1e-7, abs=1e-10)


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_at_the_origin_a_chain_s_slope_is_that_of_the_curve(activation):
    chain = neuron_chain([1.0], [0.0], activation, 0.0)
    assert chain.slopes[0] == pytest.approx(activation_curve(activation, [0.0]).slope[0], abs=1e-6)


@given(layers=st.lists(st.tuples(st.floats(-0.999, 0.999), st.floats(-20, 20)), min_size=1, max_size=20))
def test_a_sigmoid_neuron_with_a_small_weight_keeps_less_than_a_quarter(layers):
    weights, biases = zip(*layers, strict=True)
    assert (np.abs(neuron_chain(weights, biases).factors) < 0.25).all()


def test_the_deepest_chain_of_sigmoids_is_tiny_and_not_zero():
    chain = neuron_chain(np.full(101, 0.5), np.zeros(101))
    assert 0 < chain.product < 0.125**101


def test_the_parameters_of_the_activation_reach_the_chain():
    chain = neuron_chain([-1.0, -1.0], [0.0, 0.0], "leaky_relu", 1.0, negative_slope=0.5)
    assert chain.slopes.tolist() == [0.5, 1.0]
    assert chain.product == 0.5


@pytest.mark.parametrize("weights", [[1e100] * 5, [1e-100] * 5, [1e100, -1e100, 1e-300, 1e100, 1e100, 1e100]])
@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_a_chain_of_extreme_weights_never_raises(weights, activation):
    assert neuron_chain(weights, [0.0] * len(weights), activation, 1.0).factors.shape == (len(weights),)


def test_chains_are_read_only():
    chain = neuron_chain([1.0, 2.0], [0.0, 0.0])
    assert not any(getattr(chain, field.name).flags.writeable for field in fields(chain))


# ---- one neuron --------------------------------------------------------------------------------------------------


def _width(weight):
    """How wide the interval of inputs is in which |w σ′(wa)| ≥ 1."""
    x = np.linspace(0, 1, 20_001)
    amplifying = x[weight * activation_curve("sigmoid", weight * x).slope >= 1]
    return 2 * amplifying.max() if amplifying.size else 0.0


def test_the_interval_of_inputs_that_amplify_is_widest_at_a_weight_of_6894():
    weights = np.linspace(4, 12, 401)
    widths = np.array([_width(weight) for weight in weights])
    closed_form = 4 * np.arccosh(np.sqrt(weights) / 2) / weights  # σ′(z) = 1 / (4 cosh²(z/2))
    np.testing.assert_allclose(widths, closed_form, atol=2e-4)
    fine = np.linspace(6, 8, 20_001)
    assert fine[(np.arccosh(np.sqrt(fine) / 2) / fine).argmax()] == pytest.approx(6.894, abs=1e-3)
    assert _width(6.894) == pytest.approx(0.4477, abs=1e-4)
    assert widths.max() <= 0.4478


@pytest.mark.parametrize(("weight", "bias"), [(6.894, 0.0), (-10.0, 2.0), (5.0, -3.0)])
def test_a_factor_is_the_weight_times_the_slope_and_amplifies_where_nielsen_says(weight, bias):
    inputs = np.linspace(-1, 1, 20_001)
    found = neuron_factor(weight, bias, a=inputs)
    s = expit(weight * inputs + bias)
    np.testing.assert_allclose(found.factor, weight * s * (1 - s), rtol=1e-9)
    middle, half = -bias / weight, 2 * np.arccosh(np.sqrt(abs(weight)) / 2) / abs(weight)
    np.testing.assert_allclose(found.amplifying, [[middle - half, middle + half]], atol=2e-4)


def test_a_sigmoid_neuron_with_a_weight_below_four_amplifies_nowhere():
    assert neuron_factor(3.99, 0.0).amplifying.shape == (0, 2)
    found = neuron_factor(-1.0, 0.0, "linear")
    assert found.a.shape == found.factor.shape == (1201,)
    assert found.amplifying.tolist() == [[-3, 3]]
    assert not any(getattr(found, field.name).flags.writeable for field in fields(found))
