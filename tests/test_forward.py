"""The forward pass against plain numpy, and the samples it is fed."""

import numpy as np
import pytest
from scipy.special import erf, softmax
from sklearn.datasets import load_digits

import nnviz
from nnviz import ARCHITECTURES, digit_sample, fill_sample, forward_pass, parse_architecture
from nnviz.forward import image_shape

PHI = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "linear": lambda z: z,
    "softmax": lambda z: softmax(z, axis=-1),
    "gelu": lambda z: z * (1 + erf(z / np.sqrt(2))) / 2,
}
EPSILON = 1e-3  # Keras' default of both normalisations


def _apply(passed, x):
    """One layer in numpy, float64."""
    layer = passed.row.layer
    if layer.kind == "dense":
        return PHI[layer.activation](x @ passed.kernel + passed.bias)
    if layer.kind == "batchnorm":  # moving mean 0 and variance 1
        return x / np.sqrt(1 + EPSILON)
    if layer.kind == "layernorm":
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + EPSILON)
    if layer.kind == "softmax":
        return softmax(x, axis=-1)
    return x.reshape(passed.row.output_shape)


@pytest.mark.parametrize(
    "text", [*ARCHITECTURES.values(), "input 5x4; dense 3 tanh; batchnorm; flatten; dense 2 softmax"]
)
def test_every_layer_is_what_numpy_says(text):
    architecture = parse_architecture(text)
    x = np.random.default_rng(1).standard_normal(architecture.input_shape)
    result = forward_pass(architecture, x, seed=4)
    np.testing.assert_allclose(result.sample, x, rtol=1e-6)
    for passed in result.layers:
        np.testing.assert_allclose(passed.inputs, x, rtol=1e-3, atol=1e-5)
        if passed.z is not None:
            np.testing.assert_allclose(passed.z, x @ passed.kernel + passed.bias, rtol=1e-3, atol=1e-5)
        x = _apply(passed, x)
        np.testing.assert_allclose(passed.outputs, x, rtol=1e-3, atol=1e-5)
    assert result.outputs is result.layers[-1].outputs


def test_softmax_ends_in_probabilities_whether_it_is_a_layer_or_an_activation():
    for text, ends in (("dense 4 softmax", True), ("dense 4; softmax", True), ("dense 4 relu", False)):
        result = forward_pass(parse_architecture(f"input 3; {text}"), [1, 2, 3])
        assert result.ends_in_probabilities is ends
        if ends:
            assert result.outputs.sum() == pytest.approx(1, abs=1e-6)


def test_the_arithmetic_written_out_holds_the_numbers_and_is_left_out_for_large_layers():
    result = forward_pass(parse_architecture(ARCHITECTURES["3 → 3 → 2 → 2"]), [1, 0.5, -1])
    first = result.layers[0]
    lines = first.written_out()
    assert len(lines) == 3
    for unit, line in enumerate(lines):
        assert line.startswith(f"z_{{{unit + 1}}} = ")
        assert f"{first.outputs[unit]:.4g}" in line
    assert forward_pass(parse_architecture("input 7; dense 2"), np.ones(7)).layers[0].written_out() == []
    assert forward_pass(parse_architecture("input 2x2; dense 2"), np.ones(4)).layers[0].written_out() == []
    assert forward_pass(parse_architecture("input 2; layernorm"), np.ones(2)).layers[0].written_out() == []
    assert " + " not in forward_pass(parse_architecture("input 1; dense 1 nobias"), [2]).layers[0].written_out()[0]


def test_a_digit_fills_an_image_of_any_size():
    pixels, label = digit_sample(5, (8, 8))
    data = nnviz.load_dataset("digits")
    np.testing.assert_allclose(pixels, data.inputs[5].reshape(8, 8), atol=1e-6)
    assert label == data.labels[5]
    # the picture really is that digit in scikit-learn's own set
    original = load_digits()
    place = np.flatnonzero((original.data / 16 == data.inputs[5]).all(axis=1))
    assert original.target[place[0]] == label
    for shape in ((28, 28), (784,), (16,), (12, 20), (28, 28, 1)):
        pixels, _ = digit_sample(5, shape)
        assert pixels.shape == shape
        assert 0 <= pixels.min() < pixels.max() <= 1


@pytest.mark.parametrize("shape", [(3,), (9,), (17,), (3, 5), (8, 8, 3)])
def test_what_is_no_image_gets_no_digit(shape):
    assert image_shape(shape) is None
    with pytest.raises(ValueError, match="input must be an image of at least 4x4"):
        digit_sample(0, shape)


def test_a_short_list_is_repeated():
    assert fill_sample([1, 2], (5,)).tolist() == [1, 2, 1, 2, 1]
    assert fill_sample([3], (2, 2)).tolist() == [[3, 3], [3, 3]]
    for numbers in ([], [1, 2, 3], [np.nan], ["a"]):
        with pytest.raises(ValueError, match="sample must"):
            fill_sample(numbers, (2,))


@pytest.mark.parametrize("sample", [[1, 2], [1, 2, 3, 4], [1, np.inf, 2], [1e7, 0, 0]])
def test_a_sample_that_does_not_fit_is_refused(sample):
    with pytest.raises(ValueError, match="sample"):
        forward_pass(parse_architecture("input 3; dense 2"), sample)


def test_the_seed_draws_the_weights_and_results_are_read_only():
    architecture = parse_architecture("input 3; dense 4 tanh; dense 2")
    first, again, other = (forward_pass(architecture, [1, 2, 3], seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.outputs, again.outputs)
    assert not np.array_equal(first.outputs, other.outputs)
    # layer l draws with seed + l: the second kernel of seed 1 is drawn like the first of seed 2
    square = parse_architecture("input 3; dense 3; dense 3")
    np.testing.assert_array_equal(
        forward_pass(square, [1, 2, 3], 1).layers[1].kernel, forward_pass(square, [1, 2, 3], 2).layers[0].kernel
    )
    arrays = [first.sample, *(a for p in first.layers for a in (p.inputs, p.outputs, p.kernel, p.bias, p.z))]
    assert not any(array.flags.writeable for array in arrays)
