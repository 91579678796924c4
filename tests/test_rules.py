"""Rules: bad input raises one ValueError on one line that names the parameter, the rule and the value."""

import datetime
import decimal
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz import (
    ACTIVATIONS,
    INITIALIZERS,
    LOSSES,
    NetworkSpec,
    activation_curve,
    activation_moments,
    activation_vector,
    layer_gradients,
    load_dataset,
    neuron_chain,
    neuron_factor,
    softmax_outputs,
    weight_histogram,
)

LONGEST_MESSAGE = 700  # characters: the longest rule lists the names of all activations

# ---- every rule, once --------------------------------------------------------------------------------------------

BAD = [  # function, its arguments, and what the message must say
    (activation_curve, {"name": "relo"}, "name must be one of sigmoid, tanh, .*, not 'relo'"),
    (activation_curve, {"name": ""}, "name must be one of .*, not ''"),
    (activation_curve, {"name": None}, "name must be one of .*, not None"),
    (activation_curve, {"name": "softmax"}, "name must be a function of one number; 'softmax' is .*"),
    (activation_curve, {"name": "tanh", "x": []}, r"x must be a list of 1 to 100,000 numbers, not .*\(0,\)"),
    (activation_curve, {"name": "tanh", "x": [[1.0]]}, r"x must be a list of .* numbers, not .*\(1, 1\)"),
    (activation_curve, {"name": "tanh", "x": 1.0}, r"x must be a list of .* numbers, not .*\(\)"),
    (activation_curve, {"name": "tanh", "x": [0.0, np.nan]}, "x must hold finite numbers only, not .*nan.*"),
    (activation_curve, {"name": "tanh", "x": [np.inf]}, "x must hold finite numbers only, not .*inf.*"),
    (activation_curve, {"name": "tanh", "x": [-1e101]}, r"x must hold numbers up to 1e\+100 in size, not 1e\+101"),
    (activation_curve, {"name": "tanh", "x": np.zeros(100_001)}, r"x must be .*100,000 numbers, not .*\(100001,\)"),
    (activation_curve, {"name": "tanh", "x": ["1", "2"]}, "x must be a list of numbers, not .*"),
    (activation_curve, {"name": "tanh", "x": [True, False]}, "x must be a list of numbers, not .*"),
    (activation_curve, {"name": "tanh", "x": [1, None]}, "x must .*, not .*"),
    (activation_curve, {"name": "tanh", "x": [10**400]}, "x must be a list of numbers, not .*"),
    (activation_curve, {"name": "tanh", "alpha": 1.0}, "tanh's parameter must be none, .*, not 'alpha'"),
    (activation_curve, {"name": "elu", "beta": 1.0}, "elu's parameter must be one of alpha, not 'beta'"),
    (activation_curve, {"name": "elu", "alpha": -1.0}, r"elu's alpha must be a finite number .*, not -1\.0"),
    (activation_curve, {"name": "celu", "alpha": 0.0}, r"celu's alpha must be a finite number .*, not 0\.0"),
    (activation_curve, {"name": "relu", "negative_slope": None}, "relu's negative_slope must be a finite .*, not None"),
    (activation_curve, {"name": "relu", "max_value": -1}, "relu's max_value must be a finite number .*, not -1"),
    (activation_curve, {"name": "prelu", "alpha": np.nan}, "prelu's alpha must be a finite number.*, not nan"),
    (activation_curve, {"name": "prelu", "alpha": "1"}, "prelu's alpha must be a finite number.*, not '1'"),
    (activation_curve, {"name": "relu", "max_value": 1e39}, r"relu's max_value must be .* number .*, not 1e\+39"),
    (activation_curve, {"name": "gelu", "approximate": 1}, "gelu's approximate must be true or false, not 1"),
    (activation_moments, {"name": "relu", "std": -1.0}, r"std must be a finite number from 0 to 1,000, not -1\.0"),
    (activation_moments, {"name": "relu", "std": np.inf}, "std must be a finite number from 0 to 1,000, not inf"),
    (activation_moments, {"name": "relu", "mean": 1001}, "mean must be a finite number from -1,000 to 1,000, not 1001"),
    (activation_vector, {"name": "relu", "scores": [1, 2]}, "name must be one of softmax, .*, not 'relu'"),
    (activation_vector, {"name": "softmax", "scores": [1.0]}, r"scores must be a list of 2 to 50 numbers, .*\(1,\)"),
    (activation_vector, {"name": "glu", "scores": [1, 2, 3]}, "scores must have an even length for glu, .*, not 3"),
    (softmax_outputs, {"logits": []}, r"logits must be a list of 2 to 50 numbers, not .*\(0,\)"),
    (softmax_outputs, {"logits": [1.0]}, r"logits must be a list of 2 to 50 numbers, not .*\(1,\)"),
    (softmax_outputs, {"logits": np.zeros(51)}, r"logits must be a list of 2 to 50 numbers, not .*\(51,\)"),
    (softmax_outputs, {"logits": [1, np.nan]}, "logits must hold finite numbers only, not .*nan.*"),
    (softmax_outputs, {"logits": [1, 2e6]}, r"logits must lie between −1,000,000 and 1,000,000, not 2e\+06"),
    (softmax_outputs, {"logits": "abc"}, "logits must be a list of numbers, not 'abc'"),
    (softmax_outputs, {"logits": [1, 2], "temperature": -1}, r"temperature must be .* from 0\.001 to 1,000, not -1"),
    (softmax_outputs, {"logits": [1, 2], "temperature": 0}, "temperature must be a finite number from .*, not 0"),
    (softmax_outputs, {"logits": [1, 2], "temperature": True}, "temperature must be a finite number .*, not True"),
    (softmax_outputs, {"logits": [1, 2], "temperature": np.True_}, "temperature must be .*, not .*True.*"),
    (softmax_outputs, {"logits": [1, 2], "temperature": b"1"}, "temperature must be .*, not b'1'"),
    (softmax_outputs, {"logits": [1, 2], "temperature": bytearray(b"1")}, "temperature must be .*, not bytearray.*"),
    (softmax_outputs, {"logits": [1, 2], "temperature": np.complex128(1 + 2j)}, "temperature must be .*, not .*2j.*"),
    (softmax_outputs, {"logits": [1, 2], "dtype": "int8"}, "dtype must be one of float64, .*, not 'int8'"),
    (weight_histogram, {"name": "xavier"}, "initializer must be one of random_normal, .*, not 'xavier'"),
    (weight_histogram, {"fan_in": 0}, "fan_in must be a whole number from 1 to 2,048, not 0"),
    (weight_histogram, {"fan_in": 2049}, "fan_in must be a whole number from 1 to 2,048, not 2049"),
    (weight_histogram, {"fan_out": 2.5}, r"fan_out must be a whole number from 1 to 2,048, not 2\.5"),
    (weight_histogram, {"fan_out": True}, "fan_out must be a whole number from 1 to 2,048, not True"),
    (weight_histogram, {"seed": -1}, "seed must be a whole number from 0 to 2,147,483,647, not -1"),
    (weight_histogram, {"seed": 2**31}, "seed must be a whole number from 0 to 2,147,483,647, not 2147483648"),
    (weight_histogram, {"bins": 0}, "bins must be a whole number from 1 to 500, not 0"),
    (weight_histogram, {"bins": 501}, "bins must be a whole number from 1 to 500, not 501"),
    (weight_histogram, {"stddev": 1.0}, "glorot_uniform's parameter must be none, .*, not 'stddev'"),
    (weight_histogram, {"name": "random_normal", "stddev": -0.1}, r"random_normal's stddev must be .*, not -0\.1"),
    (weight_histogram, {"name": "orthogonal", "gain": 0}, "orthogonal's gain must be a finite number .*, not 0"),
    (weight_histogram, {"name": "variance_scaling", "mode": "fan"}, "variance_scaling's mode must be one of .*'fan'"),
    (load_dataset, {"name": "mnist"}, "data must be one of digits, circles, .*, not 'mnist'"),
    (load_dataset, {"name": []}, r"data must be one of digits, circles, .*, not \[\]"),
    (NetworkSpec, {"depth": 0}, "depth must be a whole number from 1 to 100, not 0"),
    (NetworkSpec, {"depth": 101}, "depth must be a whole number from 1 to 100, not 101"),
    (NetworkSpec, {"depth": 10**5000}, "depth must be a whole number from 1 to 100, not .*"),
    (NetworkSpec, {"depth": "9" * 10**6}, "depth must be a whole number from 1 to 100, not '9+…"),
    (NetworkSpec, {"depth": np.zeros((3, 3))}, "depth must be a whole number from 1 to 100, not .*"),
    (NetworkSpec, {"depth": np.True_}, "depth must be a whole number from 1 to 100, not .*True.*"),
    (NetworkSpec, {"depth": np.nan}, "depth must be a whole number from 1 to 100, not nan"),
    (NetworkSpec, {"depth": None}, "depth must be a whole number from 1 to 100, not None"),
    (NetworkSpec, {"width": 0}, "width must be a whole number from 1 to 512, not 0"),
    (NetworkSpec, {"width": 513}, "width must be a whole number from 1 to 512, not 513"),
    (NetworkSpec, {"batch": 0}, "batch must be a whole number from 1 to 1,024, not 0"),
    (NetworkSpec, {"batch": 1025}, "batch must be a whole number from 1 to 1,024, not 1025"),
    (NetworkSpec, {"depth": 100, "width": 512}, "batch must be at most 163 for depth 100 and width 512 .*, not 256"),
    (NetworkSpec, {"seed": -1}, "seed must be a whole number from 0 to .*, not -1"),
    (NetworkSpec, {"seed": 2**31 - 1}, "seed must be a whole number from 0 to .*, not 2147483647"),
    (NetworkSpec, {"bias_std": -1}, "bias_std must be a finite number from 0 to 1,000, not -1"),
    (NetworkSpec, {"saturation": 1.1}, r"saturation must be a finite number from 0 to 1, not 1\.1"),
    (NetworkSpec, {"activation": "softmax"}, "activation must be a function of one number; 'softmax' is .*"),
    (NetworkSpec, {"activation": "relo"}, "activation must be one of .*, not 'relo'"),
    (NetworkSpec, {"activation": ["relu"]}, r"activation must be one of .*, not \['relu'\]"),
    (NetworkSpec, {"activation": np.array(["relu", "tanh"])}, "activation must be one of .*, not .*"),
    (NetworkSpec, {"initializer": "he"}, "initializer must be one of .*, not 'he'"),
    (NetworkSpec, {"loss": "mse"}, "loss must be one of .*, not 'mse'"),
    (NetworkSpec, {"output": "relu"}, "output must be one of softmax, sigmoid, linear, not 'relu'"),
    (NetworkSpec, {"output": "sigmoid"}, "output must be softmax for loss categorical_crossentropy, not 'sigmoid'"),
    (NetworkSpec, {"data": "mnist"}, "data must be one of .*, not 'mnist'"),
    (NetworkSpec, {"dtype": "float8"}, "dtype must be one of .*, not 'float8'"),
    (NetworkSpec, {"activation_parameters": {"alpha": 1}}, "sigmoid's parameter must be none, .*, not 'alpha'"),
    (NetworkSpec, {"activation_parameters": {"x" * 10**6: 1}}, "sigmoid's parameter must be none, .*, not 'x+…"),
    (NetworkSpec, {"activation_parameters": 5}, "activation_parameters must be .*, not 5"),
    (NetworkSpec, {"activation_parameters": "abc"}, "activation_parameters must be .*, not 'abc'"),
    (NetworkSpec, {"initializer_parameters": None}, "initializer_parameters must be .*, not None"),
    (NetworkSpec, {"initializer_parameters": [([], 1)]}, r"initializer_parameters must be .*, not \[\(\[\], 1\)\]"),
    (NetworkSpec, {"initializer_parameters": {"stddev": 1}}, "glorot_uniform's parameter must be none, .*'stddev'"),
    (neuron_chain, {"weights": []}, r"weights must be a list of 1 to 101 numbers, not .*\(0,\)"),
    (neuron_chain, {"weights": np.ones(102)}, r"weights must be a list of 1 to 101 numbers, not .*\(102,\)"),
    (neuron_chain, {"weights": [np.nan, 1]}, "weights must hold finite numbers only, not .*nan.*"),
    (neuron_chain, {"weights": np.array([1j, 2])}, "weights must be a list of numbers, not .*"),
    (neuron_chain, {"biases": [1.0]}, "biases must have one entry per weight, 2, not 1"),
    (neuron_chain, {"biases": "ab"}, "biases must be a list of numbers, not 'ab'"),
    (neuron_chain, {"activation": "softmax"}, "activation must be a function of one number; 'softmax' is .*"),
    (neuron_chain, {"x": 1e7}, "x must be a finite number from -1,000,000 to 1,000,000, not 10000000.0"),
    (neuron_chain, {"x": np.nan}, "x must be a finite number from .*, not nan"),
    (neuron_chain, {"activation": "elu", "alpha": "a"}, "elu's alpha must be a finite number .*, not 'a'"),
    (neuron_factor, {"weight": np.inf}, "weight must be a finite number from -1,000 to 1,000, not inf"),
    (neuron_factor, {"bias": 1001}, "bias must be a finite number from -1,000 to 1,000, not 1001"),
    (neuron_factor, {"a": [np.nan]}, "a must hold finite numbers only, not .*nan.*"),
    (neuron_factor, {"activation": "softmax"}, "activation must be a function of one number; 'softmax' is .*"),
    (layer_gradients, {"spec": "deep"}, "spec must be a NetworkSpec, not 'deep'"),
]
GOOD = {  # arguments that work, to which one bad one is added
    activation_curve: {"name": "relu"},
    activation_moments: {"name": "sigmoid"},
    activation_vector: {"name": "softmax", "scores": [1.0, 2.0]},
    softmax_outputs: {"logits": [1.0, 2.0]},
    weight_histogram: {"name": "glorot_uniform", "fan_in": 5, "fan_out": 4},
    load_dataset: {"name": "xor"},
    NetworkSpec: {},
    layer_gradients: {"spec": NetworkSpec(2, 2, batch=2)},
    neuron_chain: {"weights": [1.0, 2.0], "biases": [0.0, 0.0]},
    neuron_factor: {"weight": 5.0, "bias": 0.0},
}


def _check_message(error):
    message = str(error)
    assert "\n" not in message
    assert len(message) <= LONGEST_MESSAGE
    assert re.search(r" must .*, not |must .*, .* not | must be a function of one number; ", message), message
    return message


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    BAD,
    ids=[f"{function.__name__}-{'-'.join(arguments)}" for function, arguments, _ in BAD],
)
def test_bad_input_is_refused_with_parameter_rule_and_value(function, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$") as caught:
        function(**{**GOOD[function], **arguments})
    _check_message(caught.value)


@pytest.mark.parametrize("function", GOOD, ids=lambda function: function.__name__)
def test_the_arguments_the_bad_ones_are_added_to_do_work(function):
    assert function(**GOOD[function]) is not None


# ---- anything else -----------------------------------------------------------------------------------------------

names = st.sampled_from([*ACTIVATIONS, *INITIALIZERS, *LOSSES, "digits", "softmax", "float16", "swish"])
numbers = st.integers(-3, 130) | st.integers() | st.floats() | st.floats(-10, 10)
scalars = (
    names
    | numbers
    | st.none()
    | st.booleans()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.complex_numbers()
    | st.decimals()
    | st.fractions()
    | st.sampled_from([np.float32(2), np.int8(3), np.True_, np.str_("relu"), np.datetime64("2020"), np.array(3.0)])
    | st.sampled_from([10**5000, -(10**400), "x" * 10**5, b"1", ..., int, object, len, datetime.date(2020, 1, 1)])
    | st.sampled_from([decimal.Decimal("sNaN"), np.complex64(1j), bytearray(b"2"), memoryview(b"3"), range(4)])
)
arrays = st.sampled_from(
    [
        np.zeros((3, 3)),
        np.array([1j, 2]),
        np.array(["a", "b"]),
        np.array([1.0, "b"], dtype=object),
        np.array([], dtype=np.int64),
        np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"),
        np.arange(7, dtype=np.uint8),
        np.float16([1, 2, 3]),
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        np.zeros(3, dtype=[("a", float), ("b", int)]),
        np.full(4, 1e308),
        np.array([5e-324, -1e-310]),
    ]
)
junk = (
    scalars
    | arrays
    | st.lists(scalars, max_size=4)
    | st.lists(numbers, min_size=2, max_size=6)
    | st.dictionaries(st.text(max_size=4) | st.integers(), scalars, max_size=2)
    | st.lists(st.tuples(st.text(max_size=4), scalars), max_size=2)
    | st.sets(st.integers(), max_size=3)
)
ARGUMENTS = {
    activation_curve: ["name", "x", "negative_slope", "max_value", "threshold", "anything"],
    activation_moments: ["name", "mean", "std", "anything"],
    activation_vector: ["name", "scores", "anything"],
    softmax_outputs: ["logits", "temperature", "dtype"],
    weight_histogram: ["name", "fan_in", "fan_out", "seed", "bins", "anything"],
    load_dataset: ["name"],
    NetworkSpec: [*NetworkSpec.__dataclass_fields__],
    layer_gradients: ["spec"],
    neuron_chain: ["weights", "biases", "activation", "x", "anything"],
    neuron_factor: ["weight", "bias", "activation", "a", "anything"],
}


def _call(function, arguments):
    try:
        return function(**arguments)
    except ValueError as error:
        _check_message(error)


@pytest.mark.parametrize("function", ARGUMENTS, ids=lambda function: function.__name__)
@settings(max_examples=250)
@given(data=st.data())
def test_junk_is_refused_or_works_and_never_does_anything_else(function, data):
    name = data.draw(st.sampled_from(ARGUMENTS[function]))
    _call(function, {**GOOD[function], name: data.draw(junk)})


@pytest.mark.parametrize("name", [name for name, entry in {**ACTIVATIONS, **INITIALIZERS}.items() if entry.parameters])
@settings(max_examples=60)
@given(data=st.data())
def test_junk_as_a_parameter_of_a_registry_entry_is_refused_or_works(name, data):
    entry = {**ACTIVATIONS, **INITIALIZERS}[name]
    parameter = data.draw(st.sampled_from(entry.parameters)).name
    given_parameters = {parameter: data.draw(junk)}
    if name in ACTIVATIONS:
        _call(activation_curve, {"name": name, **given_parameters})
        _call(activation_moments, {"name": name, **given_parameters})
        _call(NetworkSpec, {"activation": name, "activation_parameters": given_parameters})
    else:
        _call(weight_histogram, {**GOOD[weight_histogram], "name": name, **given_parameters})
        _call(NetworkSpec, {"initializer": name, "initializer_parameters": given_parameters})


valid = st.fixed_dictionaries(
    {
        "depth": st.integers(1, 6),
        "width": st.integers(1, 9),
        "activation": st.sampled_from([name for name, entry in ACTIVATIONS.items() if not entry.vector]),
        "initializer": st.sampled_from(list(INITIALIZERS)),
        "data": st.sampled_from(["xor", "digits", "noise"]),
        "batch": st.integers(1, 20),
        "dtype": st.sampled_from(["float64", "float32", "float16"]),
        "seed": st.integers(0, 2**31 - 1 - 200),
        "bias_std": st.floats(0, 1000),
        "saturation": st.floats(0, 1),
    }
)


@settings(max_examples=60)
@given(fields=valid, pair=st.sampled_from([(loss, unit) for loss, entry in LOSSES.items() for unit in entry.outputs]))
def test_every_spec_that_is_accepted_can_be_computed(fields, pair):
    found = layer_gradients(NetworkSpec(**fields, loss=pair[0], output=pair[1]))
    layers = fields["depth"] + 1
    assert found.weight_norm.shape == found.bias_norm.shape == (layers,)
    assert ((found.finite >= 0) & (found.finite <= 1)).all()
    np.testing.assert_allclose(found.z_share.sum(axis=1), found.finite, atol=1e-9)
    shares = found.gradient_share.sum(axis=1) + found.underflow
    assert (shares <= 1 + 1e-9).all()
    assert np.isclose(shares, 1)[np.isfinite(found.weight_norm)].all()


@settings(max_examples=60)
@given(
    weights=st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=8),
    bias=st.floats(-1e100, 1e100),
    activation=st.sampled_from([name for name, entry in ACTIVATIONS.items() if not entry.vector]),
    x=st.floats(-1e6, 1e6),
)
def test_every_chain_that_is_accepted_can_be_computed(weights, bias, activation, x):
    chain = neuron_chain(weights, [bias] * len(weights), activation, x)
    assert chain.factors.shape == chain.products.shape == (len(weights),)
