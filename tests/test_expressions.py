"""Typed functions: the grammar against Python's and Keras' own arithmetic, and whatever text anybody may send."""

import ast
import builtins
import math
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from nnviz import (
    NetworkSpec,
    activation_curve,
    activation_moments,
    explain_chain,
    explain_flow,
    layer_gradients,
    neuron_chain,
    neuron_factor,
)
from nnviz.activations import elementwise
from nnviz.expressions import DEEPEST, FUNCTIONS, LONGEST, LONGEST_TYPED, MOST_NODES, parse_expression

X = np.array([-2.5, -1.0, -0.3, 0.4, 1.0, 3.0])

# ---- what a formula means ------------------------------------------------------------------------------------------


def value(text, x=X, **parameters):
    return parse_expression(text)(tf.constant(x), **parameters).numpy()


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("x", X),
        ("-x^2", -(X**2)),
        ("(-x)^2", X**2),
        ("2^-x", 2.0**-X),
        ("2^3^x", 2.0 ** (3.0**X)),
        ("x - 1 - 2", X - 3),
        ("x - (1 - 2)", X + 1),
        ("8 / 4 / 2 * x", X),
        ("8 / (4 / 2) * x", 4 * X),
        ("2 + 3 * x", 2 + 3 * X),
        ("-x * 2", -2 * X),
        ("2 * -x", -2 * X),
        ("x--x", 2 * X),
        ("+x", X),
        ("x ** 2", X**2),
        ("1e-2*x + .5 + 2.", 0.01 * X + 2.5),
        ("pi * x + e", math.pi * X + math.e),
        ("X * TANH(X)", X * np.tanh(X)),
        ("x * tanh(log(1 + exp(x)))", X * np.tanh(np.log1p(np.exp(X)))),
        ("max(0, x) + min(x, -1)", np.maximum(0, X) + np.minimum(X, -1)),
        ("x − 2·x × 3 ÷ 4", X - 1.5 * X),
        ("\n x \t+\u00a01 ", X + 1),
        ("((((x))))", X),
    ],
)
def test_a_formula_means_what_mathematics_says(text, truth):
    np.testing.assert_allclose(value(text), truth, rtol=1e-14)


NUMPY = {
    "ln": np.log,
    "sigmoid": special.expit,
    "erf": special.erf,
    "relu": lambda x: np.maximum(0, x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * special.expit(x),
    "gelu": lambda x: x * special.ndtr(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "hard_sigmoid": lambda x: np.clip((x + 3) / 6, 0, 1),
}


@pytest.mark.parametrize("name", [name for name, entry in FUNCTIONS.items() if entry.arguments == 1])
def test_every_function_of_the_list_is_the_one_of_that_name(name):
    x = np.abs(X) if name in {"log", "ln", "sqrt"} else X
    truth = NUMPY.get(name) or getattr(np, name)
    np.testing.assert_allclose(value(f"{name}(x)", x), truth(x), rtol=1e-6 if name == "gelu" else 1e-12)


def test_parameters_are_single_letters_with_numbers_at_the_call():
    expression = parse_expression("a * x + B * x^2")
    assert expression.parameters == ("a", "b")
    np.testing.assert_allclose(value("a * x + B * x^2", a=0.5, b=-2.0), 0.5 * X - 2 * X**2)


def test_numbers_may_stand_behind_a_semicolon():
    expression = parse_expression("a*x^b ; B = 2, a=-.5")
    assert expression.defaults == {"a": -0.5, "b": 2.0}
    assert expression.text == "a * x^b; a = -0.5, b = 2"
    assert parse_expression(expression.text).text == expression.text
    np.testing.assert_allclose(value(expression.text), -0.5 * X**2)
    np.testing.assert_allclose(value(expression.text, a=3.0), 3 * X**2)
    assert parse_expression("x;").text == "x"
    assert parse_expression("a*x + b; a = 2").defaults == {"a": 2.0, "b": 1.0}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("traced", [False, True])
def test_shape_and_precision_are_those_of_x(dtype, traced):
    expression = parse_expression("(a*x + pi) / max(2, x^2) - sqrt(1 + 1) * exp(-x)")
    run = tf.function(lambda x: expression(x, a=0.5)) if traced else lambda x: expression(x, a=0.5)
    x = tf.constant([[0.5, -1.0, 2.0]], dtype)
    y = run(x)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    truth = (0.5 * x.numpy() + np.pi) / np.maximum(2, x.numpy() ** 2) - np.sqrt(2) * np.exp(-x.numpy())
    np.testing.assert_allclose(y.numpy(), truth, rtol={"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}[dtype])


FORMULAS = st.recursive(
    st.sampled_from(["x", "2", "0.5", "a", "pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from("+-*"), inner).map("".join),
        inner.map(lambda f: f"-({f})"),
        st.tuples(st.sampled_from(["tanh", "sigmoid", "abs", "sin"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
    ),
    max_leaves=8,
)


@given(FORMULAS)
@settings(max_examples=150)
def test_it_computes_what_python_computes_and_its_spelling_reads_back_as_itself(text):
    text += " + 0*x"
    if len(text.replace(" ", "")) > LONGEST:
        return
    names = {"tanh": np.tanh, "sigmoid": special.expit, "abs": np.abs, "sin": np.sin, "pi": math.pi, "a": 0.7, "x": X}
    with np.errstate(all="ignore"):
        try:
            truth = eval(compile(ast.parse(text, mode="eval"), "", "eval"), {"__builtins__": {}}, names)
        except ZeroDivisionError:
            return
    expression = parse_expression(text)
    given_values = dict.fromkeys(expression.parameters, 0.7)
    found = expression(tf.constant(X), **given_values).numpy()
    np.testing.assert_allclose(found, np.broadcast_to(truth, X.shape), rtol=1e-9, atol=1e-12)
    again = parse_expression(expression.text)
    assert (again.text, again.latex) == (expression.text, expression.latex)
    np.testing.assert_array_equal(again(tf.constant(X), **given_values).numpy(), found)
    assert expression.latex.count("{") == expression.latex.count("}")
    assert expression.latex.count(r"\left") == expression.latex.count(r"\right")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x^2/(1+x)", r"\frac{{x}^{2}}{1 + x}"),
        ("-(x+1)*2", r"-\left(x + 1\right) \cdot 2"),
        ("(x+1)^2", r"{\left(x + 1\right)}^{2}"),
        ("x-(1-x)", r"x - \left(1 - x\right)"),
        ("sqrt(abs(x))*sigmoid(x)", r"\sqrt{\left|x\right|} \cdot \sigma\left(x\right)"),
    ],
)
def test_the_formula_is_shown_as_a_formula(text, latex):
    shown = parse_expression(text).latex
    assert shown == latex


# ---- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "character", "quote"),
    [
        ("x * tan2(x)", 5, "x * ▸tan2◂(x)"),
        ("2x", 2, "2▸x◂"),
        ("x)", 2, "x▸)◂"),
        ("(x", 3, "(x▸◂"),
        ("x +", 4, "x +▸◂"),
        ("x + * 2", 5, "x + ▸*◂ 2"),
        ("tanh x", 6, "tanh ▸x◂"),
        ("tanh()", 6, "tanh(▸)◂"),
        ("tanh(x, x)", 7, "tanh(x▸,◂ x)"),
        ("max(x)", 6, "max(x▸)◂"),
        ("max(x, 1, 2)", 9, "max(x, 1▸,◂ 2)"),
        ("x.real", 2, "x▸.◂"),
        ("x[0]", 2, "x▸[◂"),
        ("x.__class__", 2, "x▸.◂"),
        ("__import__('os')", 1, "▸_◂"),
        ("x = 2", 3, "x ▸=◂"),
        ("x < 2", 3, "x ▸<◂"),
        ("lambda: x", 7, "lambda▸:◂"),
        ("lambda x", 1, "▸lambda◂ x"),
        ("exec(x)", 1, "▸exec◂(x)"),
        ("x; x", 3, "x;▸ ◂"),
        ("x; a = 1", 3, "x;▸ ◂"),
        ("a*x; a = 2000", 5, "a*x;▸ ◂"),
        ("a*x; a = 2; a = 3", 5, "a*x;▸ ◂"),
        ("a*x;a=x", 5, "a*x;▸a◂"),
        ("x * 1e9", 5, "x * ▸1e9◂"),
        ("1e999 * x", 1, "▸1e999◂ * x"),
        ("a*b*c*d*f*x", 9, "a*b*c*d*▸f◂*x"),
        ("x `", 3, "x ▸�◂"),
        ("x \x00", 3, "x ▸�◂"),
    ],
)
def test_a_wrong_formula_is_told_the_character(text, character, quote):
    with pytest.raises(ValueError, match=r"^expression must ") as refusal:
        parse_expression(text)
    assert f"(character {character})" in str(refusal.value)
    assert f"`{quote}`" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not an empty text"),
        (" \n", "not an empty text"),
        ("3", "must contain x"),
        ("a + 1", "must contain x"),
        ("x" + "+x" * 110, f"at most {LONGEST} characters"),
        (" " * (LONGEST_TYPED + 1), f"at most {LONGEST} characters"),
        ("x" + "+x" * (MOST_NODES // 2), f"at most {MOST_NODES} operands"),
        ("(" * DEEPEST + "x" + ")" * DEEPEST, f"nested at most {DEEPEST}"),
        ("-" * DEEPEST + "x", f"nested at most {DEEPEST}"),
        ("x^" * DEEPEST + "x", f"nested at most {DEEPEST}"),
        ("tanh(" * DEEPEST + "x" + ")" * DEEPEST, f"nested at most {DEEPEST}"),
    ],
)
def test_a_formula_is_bounded(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_expression(text)


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"], np.array("x")])
def test_a_formula_is_a_text(value):
    with pytest.raises(ValueError, match="must be a text"):
        parse_expression(value)


PIECES = [
    *"xa1.e()+-*/^, _[]\n\\é\u2019'\":=@−`{<%",
    "tanh",
    "max",
    "exp(",
    "__class__",
    "import",
    "pi",
    "1e5",
    "lambda",
    "0x1",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
@settings(max_examples=600)
def test_any_text_is_a_function_or_one_refused_sentence(text):
    begun = time.perf_counter()
    try:
        expression, refused = parse_expression(text), ""
    except ValueError as refusal:
        expression, refused = None, str(refusal)
    if expression is None:
        assert refused.startswith("expression must ")
        assert len(refused.splitlines()) == 1
        assert len(refused) < 500
    else:
        found = expression(tf.constant(X), **dict.fromkeys(expression.parameters, 1.0))
        assert (found.shape, found.dtype) == (X.shape, tf.float64)
        assert set(expression.text) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.,+-*/^()=; ")
    assert time.perf_counter() - begun < 1


def test_nothing_is_handed_to_python(monkeypatch):
    def refuse(*arguments, **more):
        raise AssertionError(f"Python's own machinery was called with {arguments}")

    for name in ("eval", "exec", "compile", "__import__"):
        monkeypatch.setattr(builtins, name, refuse)
    expression = parse_expression("a * x + tanh(max(x, 1))")
    with pytest.raises(ValueError, match="expression must"):
        parse_expression("__import__('os').system('x')")
    monkeypatch.undo()  # Keras imports lazily when it computes
    assert expression(tf.constant(X), a=1.0).shape == X.shape


# ---- a formula as an activation ------------------------------------------------------------------------------------

MISH = "=x*tanh(log(1+exp(x)))"


def test_a_typed_mish_is_mish_in_every_computation():
    mine, theirs = activation_curve(MISH), activation_curve("mish")
    np.testing.assert_allclose(mine.y, theirs.y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(mine.slope, theirs.slope, rtol=1e-12, atol=1e-14)
    assert activation_moments(MISH).mean == pytest.approx(activation_moments("mish").mean)
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-3)):
        spec = NetworkSpec(4, 6, MISH, batch=16, dtype=dtype)
        assert spec.activation == "= x * tanh(log(1 + exp(x)))"
        for _ in range(2):  # eagerly, then traced
            found = layer_gradients(spec)
            truth = layer_gradients(NetworkSpec(4, 6, "mish", batch=16, dtype=dtype))
            np.testing.assert_allclose(found.weight_norm, truth.weight_norm, rtol=tolerance)
    w, b = [0.5, 2.0, -1.0], [0.1, 0.0, 0.2]
    np.testing.assert_allclose(neuron_chain(w, b, MISH).products, neuron_chain(w, b, "mish").products)
    np.testing.assert_allclose(neuron_factor(2.0, 0.1, MISH).factor, neuron_factor(2.0, 0.1, "mish").factor, atol=1e-12)
    assert explain_flow(found)


def test_spellings_of_one_formula_are_one_spec():
    assert NetworkSpec(activation="=x*tanh(x)") == NetworkSpec(activation="=  X * TANH( x )")


@given(st.floats(-3, 3), st.floats(0.1, 2))
def test_its_slope_is_that_of_central_differences_with_its_parameters(z, a):
    step = 1e-6
    name = "= sin(a*x) + x^2 * sigmoid(x) / (1 + abs(a))"
    left, right = activation_curve(name, [z - step, z + step], a=a).y
    slope = activation_curve(name, [z], a=a).slope[0]
    assert slope == pytest.approx((right - left) / (2 * step), rel=1e-6, abs=1e-7)


def test_its_letters_are_parameters_with_the_usual_rules():
    entry = elementwise("= a*x + b")
    assert [knob.name for knob in entry.parameters] == ["a", "b"]
    np.testing.assert_allclose(activation_curve("= a*x + b", [1.0, 2.0], a=3.0).y, [4.0, 7.0])  # b is 1 unless given
    with pytest.raises(ValueError, match="parameter must be one of a, b"):
        activation_curve("= a*x + b", c=1.0)
    with pytest.raises(ValueError, match="a must be a finite number"):
        NetworkSpec(activation="= a*x", activation_parameters={"a": math.nan})


def test_numbers_in_the_name_keep_clear_of_other_arguments():
    np.testing.assert_allclose(neuron_factor(2.0, 0.0, "= a*x; a = 0.5", [1.0, 2.0]).factor, [1.0, 1.0])
    assert NetworkSpec(activation="=a*x;a=.5").activation == "= a * x; a = 0.5"


@pytest.mark.parametrize("call", [activation_curve, activation_moments, lambda name: NetworkSpec(activation=name)])
def test_a_wrong_formula_is_refused_wherever_a_name_is_taken(call):
    with pytest.raises(ValueError, match=r"expression must .*character 5.*▸tan2◂"):
        call("=x * tan2(x)")


@pytest.mark.parametrize("name", ["= log(x)", "= exp(exp(exp(x)))", "= 1/x", "= x^x", "= x^0", "= sqrt(x)"])
def test_a_formula_without_a_value_everywhere_breaks_nothing(name):
    curve = activation_curve(name, np.linspace(-50, 50, 101))
    assert curve.y.shape == curve.slope.shape == (101,)
    activation_moments(name)
    assert explain_chain(neuron_chain([1.0, 2.0], [0.0, 0.0], name))


def test_the_longest_formula_is_read_back_from_its_own_spelling():
    text = "x" + "+x" * 49
    assert elementwise(elementwise("=" + text).name).name == "= " + " + ".join(["x"] * 50)


def test_a_formula_is_an_activation_of_a_keras_layer_too():
    layer = keras.layers.Dense(3, activation=parse_expression("x * sigmoid(x)"))
    kernel = keras.layers.Dense(3, activation="silu")
    x = np.ones((2, 4), np.float32)
    kernel.build(x.shape)
    layer.build(x.shape)
    layer.set_weights(kernel.get_weights())
    np.testing.assert_allclose(np.asarray(layer(x)), np.asarray(kernel(x)), rtol=1e-5)
