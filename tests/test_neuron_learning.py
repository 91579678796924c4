"""One neuron against a numpy descent, Nielsen's published numbers and the closed forms of its error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from nnviz import neuron_learning
from nnviz.neuron_learning import MOST_STEPS, NEURON_LOSSES


def _descend(w, b, x, target, loss, rate, steps):
    """Nielsen's two update rules, written down by hand: rows of w, b, z, a, δ."""
    rows = []
    for _ in range(steps + 1):
        z = w * x + b
        a = expit(z)
        error = (a - target) * (a * (1 - a) if loss == "mean_squared_error" else 1)
        rows.append((w, b, z, a, error))
        w, b = w - rate * error * x, b - rate * error
    return np.array(rows).T


@pytest.mark.parametrize(
    ("w", "b", "first", "last"), [(2.0, 2.0, 0.9820, 0.2028), (0.6, 0.9, 0.8176, 0.0940)]
)  # Nielsen, chapter 3
def test_published_courses_under_the_quadratic_cost(w, b, first, last):
    run = neuron_learning(w, b, 1.0, 0.0, "mean_squared_error", 0.15, 300)
    assert run.a.shape == (301,)
    assert (round(run.a[0], 4), round(run.a[-1], 4)) == (first, last)


@pytest.mark.parametrize("loss", NEURON_LOSSES)
@given(
    w=st.floats(-5, 5),
    b=st.floats(-5, 5),
    x=st.floats(-3, 3),
    target=st.floats(0, 1),
    rate=st.floats(0, 5),
    steps=st.integers(1, 200),
)
def test_every_step_is_that_of_a_numpy_descent(loss, w, b, x, target, rate, steps):
    run = neuron_learning(w, b, x, target, loss, rate, steps)
    found = np.stack([run.weight, run.bias, run.z, run.a, run.error])
    np.testing.assert_allclose(found, _descend(w, b, x, target, loss, rate, steps), rtol=1e-7, atol=1e-9)


def test_costs_and_slopes_are_the_closed_forms():
    quadratic, entropic = (neuron_learning(1.5, -0.5, 0.7, 0.25, loss) for loss in NEURON_LOSSES)
    np.testing.assert_allclose(quadratic.cost, (quadratic.a - 0.25) ** 2 / 2, rtol=1e-9)
    np.testing.assert_allclose(
        entropic.cost, -0.25 * np.log(entropic.a) - 0.75 * np.log(1 - entropic.a), rtol=1e-9
    )  # fmt: skip
    for run in (quadratic, entropic):
        np.testing.assert_allclose(run.slope, run.a * (1 - run.a), rtol=1e-9)
    np.testing.assert_allclose(quadratic.error, (quadratic.a - 0.25) * quadratic.slope, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(entropic.error, entropic.a - 0.25, rtol=1e-9, atol=1e-15)


def test_a_saturated_neuron_learns_at_once_under_cross_entropy_only():
    quadratic, entropic = (neuron_learning(5, 5, 1, 0, loss, 0.15, 50) for loss in NEURON_LOSSES)
    assert quadratic.a[-1] > 0.9999
    assert entropic.a[-1] < 0.5


def test_a_longer_run_continues_a_shorter_one():
    short, long = (neuron_learning(2, 2, steps=steps) for steps in (10, MOST_STEPS))
    np.testing.assert_array_equal(short.a, long.a[:11])
    assert len(long.a) == MOST_STEPS + 1
    assert not long.a.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "huber"}, "loss must be one of mean_squared_error, binary_crossentropy, not 'huber'"),
        ({"w": np.nan}, "w must be a finite number from -100 to 100"),
        ({"target": 1.5}, "target must be a finite number from 0 to 1, not 1.5"),
        ({"learning_rate": -1}, "learning_rate must be a finite number from 0 to 100"),
        ({"steps": 0}, "steps must be a whole number from 1 to 2,000, not 0"),
        ({"steps": MOST_STEPS + 1}, "steps must be a whole number"),
    ],
)
def test_bad_input_is_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        neuron_learning(**{"w": 2.0, "b": 2.0, **arguments})
    assert "\n" not in str(caught.value)
