"""Chooser: every program runs, learns a step, and its output lies where the advice says."""

import ast

import keras
import numpy as np
import pytest

from nnviz import ADVICE

ENTRIES = {f"{place}-{name}": entry for place, entries in ADVICE.items() for name, entry in entries.items()}


def run(code):
    ast.parse(code)
    names = {}
    exec(code, names)
    return names["model"]


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_the_program_runs_and_learns(entry, capsys):
    model = run(entry.code)
    random = np.random.default_rng(0)
    x = random.normal(size=(8, 20)).astype("float32")
    units = model.output_shape[-1]
    y = np.eye(units, dtype="float32")[np.arange(8) % units] if units > 1 else np.ones((8, 1), "float32")
    before = [value.copy() for value in model.get_weights()]
    assert np.isfinite(model.train_on_batch(x, y)[0])
    assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))
    assert entry.activation in entry.code


OUTPUTS = ADVICE["output layer"]


def outputs(name):
    return run(OUTPUTS[name].code).predict_on_batch(np.random.default_rng(1).normal(size=(50, 20)) * 10)


def test_the_outputs_lie_where_the_advice_says(capsys):
    yes, classes, labels, anything, positive = (outputs(name) for name in OUTPUTS)
    assert ((yes >= 0) & (yes <= 1)).all()
    assert yes.shape[1] == 1
    np.testing.assert_allclose(classes.sum(axis=1), 1, rtol=1e-5)
    assert ((labels >= 0) & (labels <= 1)).all()
    assert not np.allclose(labels.sum(axis=1), 1)
    assert anything.min() < 0 < anything.max()
    assert positive.min() >= 0


def test_the_three_answers_of_the_lecture():
    by_start = {name.split(":")[0]: entry.activation for name, entry in OUTPUTS.items()}
    assert (by_start["binary"], by_start["many classes"]) == ("sigmoid", "softmax")
    assert OUTPUTS["regression: any number"].activation == "linear"


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_advice_has_a_reason_and_a_source(entry):
    assert entry.reason.endswith(".")
    assert entry.url.startswith("https://")
    assert callable(keras.activations.get(entry.activation))
