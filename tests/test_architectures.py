"""Architectures against Keras' own shapes and counts, published numbers, and whatever somebody may type."""

import inspect

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnviz
from nnviz.architectures import (
    DENSE_ACTIVATIONS,
    LONGEST,
    MOST_LAYERS,
    MOST_PARAMETERS,
    Architecture,
    Layer,
    parse_architecture,
)

NOTES = "28×28 → 256 → 128 → 64 → 10"
layers = st.one_of(
    st.builds(
        Layer,
        st.just("dense"),
        st.integers(1, 40),
        st.sampled_from(DENSE_ACTIVATIONS),
        st.sampled_from(sorted(nnviz.INITIALIZERS)),
        st.booleans(),
    ),
    st.builds(Layer, st.just("dropout"), rate=st.sampled_from([0.0, 0.25, 0.5, 0.9])),
    st.builds(Layer, st.sampled_from(["flatten", "batchnorm", "layernorm", "softmax"])),
)
stacks = st.builds(
    Architecture,
    st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
    st.lists(layers, min_size=1, max_size=5).map(tuple),
)


def test_the_networks_of_the_notes_have_the_published_numbers():
    big = parse_architecture(nnviz.ARCHITECTURES[NOTES])
    assert [row.parameters for row in big.rows] == [0, 200_960, 32_896, 8_256, 650]
    assert big.parameters == big.trainable == 242_762
    assert big.rows[1].arithmetic == "784 · 256 + 256 = 200,960"
    assert parse_architecture(nnviz.ARCHITECTURES["3 → 3 → 2 → 2"]).parameters == 26


@pytest.mark.parametrize("name", nnviz.ARCHITECTURES)
def test_a_preset_is_written_as_it_would_be_written_back(name):
    text = nnviz.ARCHITECTURES[name]
    assert parse_architecture(text).text == text


@given(stacks)
def test_a_description_is_read_back_as_it_was(architecture):
    assert parse_architecture(architecture.text) == architecture
    assert parse_architecture(architecture.text.replace("\n", " ;  ").upper()) == architecture
    assert hash(parse_architecture(architecture.text)) == hash(architecture)


@given(stacks)
def test_shapes_and_counts_are_those_of_keras(architecture):
    model = keras.Sequential([keras.Input(shape=architecture.input_shape), *architecture.make_layers(0)])
    assert len(model.layers) == len(architecture.rows)
    for layer, row in zip(model.layers, architecture.rows, strict=True):
        assert layer.output.shape == (None, *row.output_shape)
        assert layer.count_params() == row.parameters
        assert sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights) == row.trainable
    assert model.count_params() == architecture.parameters


@pytest.mark.parametrize("kind", nnviz.LAYERS)
def test_every_kind_is_a_layer_of_keras_with_a_formula_and_one_sentence(kind):
    entry = nnviz.LAYERS[kind]
    assert issubclass(getattr(keras.layers, entry.label), keras.layers.Layer)
    assert entry.formula.count("{") == entry.formula.count("}")
    assert entry.insight.endswith(".")
    assert entry.source
    assert entry.url.startswith("https://")


def test_dense_takes_every_activation_that_keras_finds_by_its_name_alone():
    found = []
    for name, entry in nnviz.ACTIVATIONS.items():
        try:
            shape = keras.layers.Dense(4, activation=name)(np.ones((1, 3))).shape
        except (ValueError, TypeError):
            continue
        if shape == (1, 4) and keras.activations.get(name) is entry.function:
            found.append(name)
    assert list(DENSE_ACTIVATIONS) == found
    assert {"relu", "sigmoid", "tanh", "gelu", "softmax"} <= set(found)
    assert not set(DENSE_ACTIVATIONS) & (set(nnviz.INITIALIZERS) | {"nobias"})  # one word, one meaning


@pytest.mark.parametrize("name", nnviz.INITIALIZERS)
def test_a_dense_layer_draws_the_kernel_that_the_initializer_page_shows(name):
    layer = parse_architecture(f"input 7; dense 5 {name}").make_layers(11)[0]
    layer.build((None, 7))
    entry = nnviz.INITIALIZERS[name]
    expected = entry.sample(7, 5, 11, {knob.name: knob.default for knob in entry.parameters})
    np.testing.assert_array_equal(layer.kernel.numpy(), np.asarray(expected))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must begin with the input"),
        ("dense 3", "must begin with the input"),
        ("input", "one to three sizes"),
        ("input 2x2x2x2; dense 2", "one to three sizes"),
        ("input 3 4; dense 2", "one to three sizes"),
        ("input 0; dense 2", "input's size must be a whole number from 1 to 16,384, not 0"),
        ("input 99999; dense 2", "input's size must be a whole number"),
        ("input 200x200; dense 2", "at most 16,384 numbers, not 40,000"),
        ("input 3", "must be 1 to 20 after the input, not 0"),
        ("input 3" + "; softmax" * (MOST_LAYERS + 1), "must be 1 to 20 after the input, not 21"),
        ("input 3; conv 3", "layer 1 must be one of dense, flatten"),
        ("input 3; dense", "layer 1: dense's units must be a whole number from 1 to 1,024, not ''"),
        ("input 3; dense 0", "dense's units must be a whole number"),
        ("input 3; dense 1e3", "dense's units must be a whole number from 1 to 1,024, not '1e3'"),
        ("input 3; dense ٣", "dense's units must be a whole number"),
        ("input 3; dense 4 __import__", "layer 1: '__import__' must be an activation of Dense"),
        ("input 3; dense 4 glu", "'glu' must be an activation of Dense"),
        ("input 3; dense 4 prelu", "'prelu' must be an activation of Dense"),
        ("input 3; dense 4 relu tanh", "dense takes one activation, not also 'tanh'"),
        ("input 3; dense 4 zeros ones", "dense takes one initializer, not also 'ones'"),
        ("input 3; dense 4 nobias nobias", "dense takes one nobias"),
        ("input 3; flatten 3", "layer 1: flatten takes no further words, not '3'"),
        ("input 3; dropout", "dropout takes one number, its rate"),
        ("input 3; dropout 1", "dropout's rate must be a finite number from 0 to 0.99, not 1.0"),
        ("input 3; dropout nan", "dropout's rate must be a finite number from 0 to 0.99, not 'nan'"),
        ("input 1024; dense 1024; dense 1024", f"at most {MOST_PARAMETERS:,} parameters, not 2,099,200"),
        ("input 128x128; dense 1024", "at most 16,384 numbers, not the 131,072 of 'dense 1024'"),
        ("input 3; dense 3\n" + " " * LONGEST, "one text of at most 1,000 characters"),
    ],
)
def test_a_wrong_description_is_one_sentence_that_names_the_place(text, sentence):
    with pytest.raises(ValueError, match=r".") as refusal:
        parse_architecture(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


KEYWORDS = ["input", *nnviz.LAYERS, "relu", "he_normal", "nobias", ";", "\n", "3", "28x28", "0.5", "-1", "1e9", "nan"]
JUNK = ["x", "import", "'", '"', "(", ")", "__class__", "{}", "\\"]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(KEYWORDS + JUNK), max_size=12).map(" ".join)))
def test_any_text_is_an_architecture_or_a_sentence(text):
    try:
        found = parse_architecture(text)
    except ValueError as refusal:
        sentence = str(refusal)
    else:
        sentence = "understood"
        assert parse_architecture(found.text) == found
    assert "\n" not in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "lambda"},
        {"units": 0},
        {"units": "3"},
        {"activation": 'relu"); import os; ("'},
        {"activation": "glu"},
        {"initializer": "__import__"},
        {"use_bias": "x"},
        {"rate": 1.0},
        {"rate": float("nan")},
    ],
)
def test_a_layer_made_without_a_description_is_checked_as_well(bad):
    """A program's text is made of its fields."""
    with pytest.raises(ValueError, match="must be"):
        Layer(**{"kind": "dense", **bad})


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4), (0,), (2.5,), ("3",), (200, 200)])
def test_an_input_made_without_a_description_is_checked_as_well(shape):
    with pytest.raises(ValueError, match="input"):
        Architecture(shape, (Layer("dense"),))


def test_only_a_text_is_read():
    for value in (None, 3, b"input 3; dense 2", ["input 3"]):
        with pytest.raises(ValueError, match="must be one text"):
            parse_architecture(value)


def test_a_layer_needs_no_more_than_its_kind():
    assert all(p.default is not inspect.Parameter.empty for p in list(inspect.signature(Layer).parameters.values())[1:])
