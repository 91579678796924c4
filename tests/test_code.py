"""Generated programs, really executed: three styles, one network."""

import ast
import contextlib
import io
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings

import nnviz
from nnviz import ARCHITECTURES, STYLES, compare_styles, forward_pass, keras_program, parse_architecture
from tests.test_architectures import NOTES, stacks

EVERY_INITIALIZER = "input 4\n" + "\n".join(f"dense 4 {name}" for name in nnviz.INITIALIZERS)


def run(program: str) -> tuple[dict, str]:
    """What the program leaves behind and what it prints, in a namespace of its own."""
    namespace: dict = {"__name__": "program"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "program", "exec"), namespace)  # our own text, in a test
    return namespace, printed.getvalue()


def layers_of(model: keras.Model) -> list:
    return [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def assert_same(architecture, seed=0):
    """Every style's program gives the layers, counts, weights and outputs of the forward pass and of the others."""
    random = np.random.default_rng(0)
    sample = random.standard_normal(architecture.input_shape).astype(np.float32)
    expected = forward_pass(architecture, sample, seed)
    dense = [passed for passed in expected.layers if passed.z is not None]
    built = compare_styles(architecture, seed)
    for style in STYLES:
        namespace, printed = run(keras_program(architecture, style, seed))
        model = namespace["model"]
        found = layers_of(model)
        assert tuple(type(layer).__name__ for layer in found) == built[style].layers
        assert tuple(layer.count_params() for layer in found) == built[style].parameters
        assert model.count_params() == built[style].total == architecture.parameters
        assert built[style].trainable == architecture.trainable
        assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == architecture.trainable
        assert f"{architecture.parameters:,}" in printed  # model.summary()
        kernels = [layer.kernel.numpy() for layer in found if isinstance(layer, keras.layers.Dense)]
        for kernel, passed in zip(kernels, dense, strict=True):
            np.testing.assert_array_equal(kernel, passed.kernel)
        outputs = model(sample[None], training=False).numpy()[0]
        np.testing.assert_allclose(outputs, expected.outputs, rtol=2e-4, atol=2e-5)
        ones = model(np.ones((1, *architecture.input_shape), np.float32), training=False).numpy()[0]
        np.testing.assert_array_equal(ones, built["Sequential"].outputs)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_three_programs_of_a_preset_are_one_network(name):
    assert_same(parse_architecture(ARCHITECTURES[name]), seed=5)


def test_every_initializer_is_written_as_keras_understands_it():
    assert_same(parse_architecture(EVERY_INITIALIZER), seed=3)


@settings(max_examples=12)
@given(stacks)
def test_the_three_programs_of_any_stack_are_one_network(architecture):
    assert_same(architecture)


def test_the_programs_run_in_a_process_of_their_own_and_print_the_published_number():
    programs = [keras_program(parse_architecture(ARCHITECTURES[NOTES]), style) for style in STYLES]
    run_all = [sys.executable, "-c", "\n".join(programs)]
    done = subprocess.run(run_all, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.count("Total params: 242,762") == 3


def test_a_subclassed_program_hands_training_to_the_layers_that_differ_in_it():
    architecture = parse_architecture("input 50; batchnorm; dropout 0.5; layernorm")
    namespace, _ = run(keras_program(architecture, "subclassed"))
    ones = np.ones((4, 50), np.float32)
    calm, trained = (namespace["model"](ones, training=mode).numpy() for mode in (False, True))
    assert not np.array_equal(calm, trained)


@pytest.mark.parametrize("style", STYLES)
@given(architecture=stacks)
def test_a_program_contains_names_of_keras_and_numbers_only(style, architecture):
    """What a program may say: its own variables, Keras' attributes, registry names as strings."""
    tree = ast.parse(keras_program(architecture, style, 7))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    allowed = set(nnviz.ACTIVATIONS) | {"fan_in", "fan_out", "fan_avg", "uniform", "truncated_normal"}
    assert strings <= allowed | {"normal"}
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= {"keras", "keras.initializers"}


@pytest.mark.parametrize("style", STYLES)
def test_lines_are_short_enough_to_read(style):
    for text in (*ARCHITECTURES.values(), EVERY_INITIALIZER):
        program = keras_program(parse_architecture(text), style)
        assert max(map(len, program.splitlines())) <= 110


def test_an_unknown_style_or_a_bad_seed_is_refused():
    architecture = parse_architecture("input 3; dense 2")
    with pytest.raises(ValueError, match="style must be one of Sequential, functional, subclassed, not 'fast'"):
        keras_program(architecture, "fast")
    for seed in (-1, 0.5, "0", 2**31, float("nan")):
        with pytest.raises(ValueError, match="seed must be a whole number"):
            keras_program(architecture, "Sequential", seed)
