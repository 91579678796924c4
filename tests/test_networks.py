"""Networks: what a spec accepts and means, and that its weights are Keras' own, bit for bit."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from nnviz import DATASETS, INITIALIZERS, NetworkSpec, load_dataset
from nnviz.networks import draw_weights, load_batch

make = keras.initializers
KERAS = {  # how a student would write each initializer
    "random_normal": lambda seed, stddev=0.05: make.RandomNormal(0.0, stddev, seed),
    "random_uniform": lambda seed, limit=0.05: make.RandomUniform(-limit, limit, seed),
    "truncated_normal": lambda seed, stddev=0.05: make.TruncatedNormal(0.0, stddev, seed),
    "standard_uniform": lambda seed: make.VarianceScaling(1 / 3, "fan_in", "uniform", seed),
    "glorot_normal": make.GlorotNormal,
    "glorot_uniform": make.GlorotUniform,
    "he_normal": make.HeNormal,
    "he_uniform": make.HeUniform,
    "lecun_normal": make.LecunNormal,
    "lecun_uniform": make.LecunUniform,
    "orthogonal": lambda seed, gain=1.0: make.Orthogonal(gain, seed),
    "variance_scaling": lambda seed, **parameters: make.VarianceScaling(seed=seed, **parameters),
    "zeros": lambda seed: make.Zeros(),
    "ones": lambda seed: make.Ones(),
    "constant": lambda seed, value=0.1: make.Constant(value),
    "identity": lambda seed, gain=1.0: make.Identity(gain),
}
OTHERS = [
    ("random_normal", {"stddev": 0.45}),
    ("random_uniform", {"limit": 0.45}),
    ("truncated_normal", {"stddev": 0.45}),
    ("truncated_normal", {"stddev": 0.9}),
    ("orthogonal", {"gain": 0.7}),
    ("variance_scaling", {"scale": 0.7, "mode": "fan_avg", "distribution": "untruncated_normal"}),
    ("variance_scaling", {"scale": 1.7, "mode": "fan_out", "distribution": "truncated_normal"}),
    ("constant", {"value": -0.3}),
    ("identity", {"gain": 0.3}),
]


def _kernels(spec):
    weights = draw_weights(spec)
    return [np.asarray(kernel) for kernel in (weights.first, *weights.hidden, weights.last)]


def _biases(spec):
    weights = draw_weights(spec)
    return [np.asarray(bias) for bias in (weights.first_bias, *weights.hidden_bias, weights.last_bias)]


# ---- the spec ----------------------------------------------------------------------------------------------------


def test_every_field_has_a_default_and_the_spec_is_frozen_and_hashable():
    spec = NetworkSpec()
    assert {spec: 1}[NetworkSpec()] == 1
    with pytest.raises(AttributeError):
        spec.depth = 3


@pytest.mark.parametrize(
    ("field", "value", "written_out"),
    [
        ("activation_parameters", {"max_value": 6}, [("negative_slope", 0.0), ("max_value", 6.0), ("threshold", 0.0)]),
        ("initializer_parameters", {"scale": 2}, [("distribution", "truncated_normal"), ("scale", 2.0)]),
    ],
)
def test_specs_are_equal_however_their_parameters_are_written(field, value, written_out):
    fields = {"activation": "relu", "initializer": "variance_scaling"}
    specs = [NetworkSpec(**fields, **{field: form}) for form in (value, tuple(value.items()), tuple(written_out))]
    assert len(set(specs)) == 1
    assert specs[0] == specs[1] == specs[2]
    assert specs[0] != NetworkSpec(**fields)


def test_whole_numbers_and_aliases_mean_one_spec():
    assert NetworkSpec(depth=3.0, seed=np.int64(7)) == NetworkSpec(depth=3, seed=7)
    assert NetworkSpec(activation="swish") == NetworkSpec(activation="silu")
    assert isinstance(NetworkSpec(depth=3.0).depth, int)


@given(depth=st.integers(1, 100), width=st.integers(1, 64), data=st.sampled_from(list(DATASETS)))
def test_fans_chain_from_the_features_to_the_classes(depth, width, data):
    fans = NetworkSpec(depth, width, data=data).fans
    sets = load_dataset(data)
    assert len(fans) == depth + 1
    assert fans[0][0] == sets.inputs.shape[1]
    assert fans[-1][1] == sets.classes
    assert all(before[1] == after[0] == width for before, after in pairwise(fans))


def test_the_limits_themselves_are_allowed():
    NetworkSpec(depth=100, width=512, batch=163)
    NetworkSpec(depth=1, width=1, batch=1024, bias_std=0, saturation=0)
    NetworkSpec(depth=16, width=512, batch=1024, saturation=1)
    with pytest.raises(ValueError, match=r"^batch must be at most 163 for depth 100 and width 512 .*, not 164$"):
        NetworkSpec(depth=100, width=512, batch=164)


# ---- the weights -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize(
    ("name", "parameters"), [*((name, {}) for name in KERAS), *OTHERS], ids=lambda value: str(value)[:40]
)
def test_weights_are_those_of_keras_with_seed_plus_layer_bit_for_bit(name, parameters, dtype):
    spec = NetworkSpec(
        depth=4, width=7, initializer=name, initializer_parameters=parameters, dtype=dtype, seed=40, batch=1
    )
    for layer, (kernel, fans) in enumerate(zip(_kernels(spec), spec.fans, strict=True)):
        keras_own = np.asarray(KERAS[name](seed=40 + layer, **parameters)(fans, dtype=dtype))
        assert kernel.dtype == keras_own.dtype == dtype
        assert np.array_equal(kernel, keras_own)


def test_every_initializer_is_written_as_a_student_would():
    assert set(KERAS) == set(INITIALIZERS)


@given(width=st.integers(1, 130), seed=st.integers(0, 2**31 - 300), name=st.sampled_from(list(KERAS)))
def test_hidden_weights_are_those_of_keras_for_every_width_and_seed(width, seed, name):
    spec = NetworkSpec(depth=2, width=width, initializer=name, seed=seed, batch=1)
    expected = KERAS[name](seed=seed + 1)((width, width), dtype="float64")
    assert np.array_equal(_kernels(spec)[1], np.asarray(expected))


@pytest.mark.parametrize("depth", [1, 2, 3, 100])
def test_a_network_has_one_kernel_and_one_bias_per_layer(depth):
    spec = NetworkSpec(depth=depth, width=5, batch=1, bias_std=0.5)
    assert [kernel.shape for kernel in _kernels(spec)] == spec.fans
    assert [bias.shape for bias in _biases(spec)] == [(fan_out,) for _, fan_out in spec.fans]


def test_more_depth_leaves_the_layers_before_it_as_they_were():
    short, long = NetworkSpec(depth=3, width=6, batch=1), NetworkSpec(depth=8, width=6, batch=1)
    for before, after in zip(_kernels(short)[:3], _kernels(long), strict=False):
        assert np.array_equal(before, after)


def test_biases_are_zeros_or_normal_with_the_spread_asked_for():
    assert not np.concatenate(_biases(NetworkSpec(depth=4, width=9, batch=1))).any()
    drawn = np.concatenate(_biases(NetworkSpec(depth=100, width=80, batch=1, bias_std=0.7)))
    assert drawn.std() == pytest.approx(0.7, rel=5 / np.sqrt(2 * drawn.size))
    assert abs(drawn.mean()) < 5 * 0.7 / np.sqrt(drawn.size)
    assert np.unique(drawn).size == drawn.size  # no layer repeats another's


def test_biases_know_nothing_of_the_kernel_of_their_layer():
    spec = NetworkSpec(3, 400, initializer="random_normal", batch=1, bias_std=1)
    for kernel, bias in zip(_kernels(spec)[:3], _biases(spec), strict=False):
        assert abs(np.corrcoef(kernel.ravel()[:400], bias)[0, 1]) < 0.25


def test_the_biases_of_a_layer_are_drawn_with_seed_plus_layer_like_its_kernel():
    ten, eleven = (NetworkSpec(depth=6, width=8, batch=1, bias_std=1, seed=seed) for seed in (10, 11))
    assert np.array_equal(_kernels(ten)[3], _kernels(eleven)[2])  # both with seed 13
    assert np.array_equal(_biases(ten)[3], _biases(eleven)[2])


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_seed_decides_kernels_and_biases(dtype):
    def drawn(seed):
        spec = NetworkSpec(depth=3, width=4, batch=1, bias_std=1, seed=seed, dtype=dtype)
        return np.concatenate([array.ravel() for array in [*_kernels(spec), *_biases(spec)]])

    assert np.array_equal(drawn(5), drawn(5))
    assert not np.isin(drawn(5), drawn(500)).all()


# ---- the batch ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_a_batch_is_the_beginning_of_the_data_set_with_one_hot_targets(name):
    inputs, targets = load_batch(NetworkSpec(data=name, batch=17, dtype="float32"))
    data = load_dataset(name)
    assert inputs.dtype == targets.dtype == tf.float32
    assert np.array_equal(inputs.numpy(), data.inputs[:17].astype(np.float32))
    assert np.array_equal(targets.numpy().argmax(axis=1), data.labels[:17])
    assert np.array_equal(targets.numpy().sum(axis=1), np.ones(17))
    assert targets.shape == (17, data.classes)
