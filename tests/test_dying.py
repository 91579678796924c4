"""The dying ReLU: every trajectory against a numpy gradient descent, and what dead means."""

import keras
import numpy as np
import pytest

from nnviz import load_dataset, neuron_life
from nnviz.figures.dying import draw_lives

PHI = {  # f and f′
    "relu": (lambda z: np.maximum(0, z), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1, np.exp(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
}


def images():
    data = load_dataset("digits")
    chosen = data.labels <= 1
    return data.inputs[chosen], data.labels[chosen].astype(float)


def descend(phi, slope_of, rates, alpha=None):
    """Losses, gradients and shares before every step; with `alpha` a PReLU that learns it."""
    x, y = images()
    w, b = np.asarray(keras.initializers.HeNormal(0)((64, 1), dtype="float64"))[:, 0], 2.0
    rows = []
    for rate in [*rates, 0.0]:
        z = x @ w + b
        a, slope = (
            (phi(z), slope_of(z)) if alpha is None else (np.where(z > 0, z, alpha * z), np.where(z > 0, 1, alpha))
        )
        error = 2 * (a - y) / len(y)
        gw, gb = x.T @ (error * slope), (error * slope).sum()
        rows.append((((a - y) ** 2).mean(), np.hypot(np.linalg.norm(gw), gb), (z > 0).mean(), z.max(), alpha or 0.0))
        w, b = w - rate * gw, b - rate * gb
        if alpha is not None:
            alpha -= rate * (error * np.minimum(z, 0)).sum()
    return np.array(rows).T


@pytest.mark.parametrize("name", [*PHI, "prelu"])
def test_the_life_is_that_of_a_numpy_gradient_descent(name):
    life = neuron_life(name, large_rate=0.3, large_step=2, rate=0.02, steps=60)
    rates = np.full(60, 0.02)
    rates[2] = 0.3
    phi = PHI.get(name, (None, None))
    loss, gradient, active, z_high, alpha = descend(*phi, rates, 0.25 if name == "prelu" else None)
    np.testing.assert_allclose(life.loss, loss, rtol=1e-7)
    np.testing.assert_allclose(life.gradient, gradient, rtol=1e-6, atol=1e-15)
    np.testing.assert_allclose(life.active, active, atol=1e-12)
    np.testing.assert_allclose(life.z_high, z_high, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(life.alpha, alpha, rtol=1e-7, atol=1e-12)


def test_one_step_too_far_kills_a_relu_for_ever():
    life = neuron_life("relu")
    after = slice(life.large_step + 1, None)
    assert life.active[life.large_step] == 1
    assert not life.active[after].any()
    assert (life.z_high[after] < 0).all()
    assert (life.gradient[after] == 0).all()
    assert (life.slope[after] == 0).all()
    assert len(set(life.loss[after])) == 1
    assert (life.fate, life.dead_from) == ("dead", life.large_step + 1)


@pytest.mark.parametrize("name", ["leaky_relu", "prelu", "elu", "= max(a*x, x)"])
def test_whoever_keeps_a_slope_comes_back_from_the_same_step(name):
    more = {"a": 0.1} if name.startswith("=") else {}
    life = neuron_life(name, **more)
    assert life.active[life.large_step + 1] == 0  # just as dead for a moment
    assert (life.gradient > 0).all()
    assert life.loss[-1] < life.baseline < life.loss[life.large_step + 1]
    assert (life.fate, life.dead_from) == ("learning", None)


def test_without_the_large_step_nobody_dies():
    assert neuron_life("relu", large_rate=0.02).fate == "learning"


def test_far_below_zero_an_elu_has_a_gradient_and_cannot_use_it():
    life = neuron_life("elu", large_rate=0.8)
    assert life.fate == "stuck"
    assert 0 < life.gradient[-1] < life.gradient[0]


def test_a_prelu_that_explodes_is_called_so():
    assert neuron_life("prelu", large_rate=2.0).fate == "diverged"


def test_the_best_constant_is_the_share_of_ones():
    _, y = images()
    assert len(y) == 360
    assert neuron_life("relu", steps=5).baseline == pytest.approx(y.mean() * (1 - y.mean()))


def test_the_seed_draws_the_weights():
    first, again, other = (neuron_life("elu", steps=5, seed=seed).loss for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"activation": "softmax"}, "activation must be a function of one number"),
        ({"activation": "relo"}, "activation must be one of"),
        ({"rate": -1.0}, "rate must be a finite number"),
        ({"large_rate": np.nan}, "large_rate must be a finite number"),
        ({"steps": 0}, "steps must be a whole number"),
        ({"steps": 10, "large_step": 10}, "large_step must be a whole number from 0 to 9"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"alpha": 1.0}, "relu's parameter must be"),
    ],
)
def test_bad_input_is_named(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        neuron_life(**arguments)


def test_the_picture_holds_the_lives_and_ends_a_dead_line_with_a_cross():
    lives = {name: neuron_life(name, steps=50) for name in ("relu", "elu")}
    figure = draw_lives(lives)
    lines = {(trace.name, trace.yaxis): trace for trace in figure.data if trace.mode == "lines"}
    for name, life in lives.items():
        np.testing.assert_array_equal(lines[name, "y"].y, life.active)
        np.testing.assert_array_equal(np.nan_to_num(lines[name, "y2"].y), life.gradient)
        np.testing.assert_array_equal(lines[name, "y3"].y, life.loss)
    (cross,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert (cross.name, cross.x[0]) == ("relu", lives["relu"].dead_from - 1)
