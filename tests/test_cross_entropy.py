"""Cross-entropy by hand against scipy, Keras, published numbers and the laws of information theory."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import rel_entr
from scipy.stats import entropy

from nnviz import cross_entropy_steps, loss_value

shares = st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any).map(lambda n: (np.array(n) / sum(n)).tolist())


def test_the_worked_samples():
    first = cross_entropy_steps([0, 1, 0], [0.05, 0.95, 0])
    second = cross_entropy_steps([0, 0, 1], [0.1, 0.8, 0.1])
    assert (first.total + second.total) / 2 == pytest.approx(1.1769393, rel=1e-6)
    np.testing.assert_allclose(first.clipped, [0.05, 0.95, 1e-7])
    np.testing.assert_allclose(first.log, np.log([0.05, 0.95, 1e-7]))
    np.testing.assert_allclose(first.product, [0, -np.log(0.95), 0])


@pytest.mark.parametrize(
    ("base", "expected"), [("e", 0.6931472), ("10", 0.3010300), ("2", 1.0), (10, 0.3010300), (np.e, 0.6931472)]
)
def test_half_a_chance_in_every_base(base, expected):
    assert cross_entropy_steps([1, 0], [0.5, 0.5], base).total == pytest.approx(expected, rel=1e-6)


@given(p=shares, q=shares)
def test_clipped_it_is_what_keras_gives(p, q):
    assert cross_entropy_steps(p, q).total == pytest.approx(
        loss_value("categorical_crossentropy", p, q), rel=1e-9, abs=1e-15
    )


@given(p=shares, q=shares)
def test_unclipped_it_is_entropy_plus_divergence_and_never_below_the_entropy(p, q):
    steps = cross_entropy_steps(p, q, clip=False)
    assert steps.entropy == pytest.approx(entropy(p), abs=1e-12)
    assert steps.total == pytest.approx(entropy(p) + rel_entr(p, q).sum(), rel=1e-9, abs=1e-12)
    assert steps.total >= steps.entropy - 1e-12
    assert steps.product.sum() == steps.total


@given(p=shares, q=shares)
def test_swapping_changes_it_unless_the_two_are_alike(p, q):
    assume(not np.allclose(sorted(p), sorted(q)) and min(*p, *q) > 0)
    forward, swapped = cross_entropy_steps(p, q), cross_entropy_steps(q, p)
    assert forward.total - forward.entropy > 0
    assert swapped.total - swapped.entropy > 0
    np.testing.assert_array_equal(forward.p, swapped.q)


def test_what_the_prediction_rules_out_costs_infinitely_much_without_clipping():
    steps = cross_entropy_steps([1, 0], [0, 1], clip=False)
    assert steps.log[0] == -np.inf
    assert steps.total == np.inf
    assert cross_entropy_steps([1, 0], [0, 1]).total == pytest.approx(-np.log(1e-7))


def test_zero_times_infinity_is_nan_to_a_computer_and_0_in_the_limit():
    steps = cross_entropy_steps([0, 1, 0], [0.05, 0.95, 0], clip=0)
    assert np.isnan(steps.naive)
    assert steps.product[2] == 0
    assert steps.total == pytest.approx(-np.log(0.95))


def test_the_distance_of_the_clipping_is_a_number_too():
    np.testing.assert_allclose(cross_entropy_steps([1, 0], [0, 1], clip=0.01).clipped, [0.01, 0.99])


def test_results_are_read_only():
    steps = cross_entropy_steps([1, 0], [0.5, 0.5])
    assert not any(getattr(steps, name).flags.writeable for name in ("p", "q", "clipped", "log", "product"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], [1]), "p must be a list of 2 to 50 numbers"),
        (([0.5, 0.6], [0.5, 0.5]), "p must sum to 1, not 1.1"),
        (([0.5, 0.5], [1.5, -0.5]), "q must hold no share below 0, not -0.5"),
        (([0.5, 0.5], [0.5, 0.25, 0.25]), "q must have one share per class of p, 2, not 3"),
        (([0.5, np.nan], [0.5, 0.5]), "p must hold finite numbers only"),
        (([0.5, 0.5], [0.5, 0.5], "7"), "base must be one of e, 2, 10, not '7'"),
        (([0.5, 0.5], [0.5, 0.5], 1), "base must be above 1"),
        (([0.5, 0.5], [0.5, 0.5], 0.5), "base must be a finite number from 1"),
        (([0.5, 0.5], [0.5, 0.5], "e", 0.2), "clip must be a finite number from 0 to 0.1"),
        (([0.5, 0.5], [0.5, 0.5], "e", "x"), "clip must be a finite number from 0 to 0.1"),
    ],
)
def test_bad_input_is_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        cross_entropy_steps(*arguments)
    assert "\n" not in str(caught.value)
