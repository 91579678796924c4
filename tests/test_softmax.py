"""Softmax against scipy, its algebra, its limits and the overflow of the naive formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import entr, softmax

from nnviz import softmax_outputs

logits = st.lists(st.floats(-30, 30), min_size=2, max_size=50)
temperatures = st.floats(0.01, 100)
OVERFLOW = {"float16": 12.0, "float32": 89.0, "float64": 710.0}  # the first whole z with exp(z) = inf


def test_published_values():
    found = softmax_outputs([1.5, 4.4, 2.0])
    np.testing.assert_allclose(found.probabilities, [0.04802413, 0.87279755, 0.0791784], rtol=1e-6)
    np.testing.assert_allclose(
        softmax_outputs([1, 2, 3]).probabilities, [0.09003057, 0.24472847, 0.66524096], rtol=1e-7
    )
    nine = softmax_outputs([0.2, 0.02, 0.15, 1.3, 0.5, 0.06, 1.1, 0.05, 3.75]).probabilities
    assert nine.argmax() == 8
    assert nine.sum() == pytest.approx(1, abs=1e-15)


@given(z=logits, temperature=temperatures)
def test_probabilities_are_those_of_scipy(z, temperature):
    found = softmax_outputs(z, temperature)
    np.testing.assert_allclose(found.probabilities, softmax(np.array(z) / temperature), rtol=1e-10, atol=1e-300)


@given(z=logits, temperature=temperatures, shift=st.floats(-100, 100))
def test_shifting_all_scores_changes_nothing(z, temperature, shift):
    moved = softmax_outputs(np.add(z, shift), temperature).probabilities
    np.testing.assert_allclose(moved, softmax_outputs(z, temperature).probabilities, rtol=1e-8, atol=1e-14)


@given(z=logits, temperature=temperatures)
def test_the_jacobian_is_the_closed_form_and_its_rows_sum_to_0(z, temperature):
    found = softmax_outputs(z, temperature)
    p = softmax(np.array(z) / temperature)
    np.testing.assert_allclose(found.jacobian, (np.diag(p) - np.outer(p, p)) / temperature, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(found.jacobian.sum(axis=1), 0, atol=1e-12 / temperature)
    np.testing.assert_allclose(found.jacobian, found.jacobian.T, rtol=1e-7, atol=1e-12)


@given(z=logits, temperature=temperatures)
def test_entropy_is_at_most_that_of_the_uniform_distribution(z, temperature):
    entropy = softmax_outputs(z, temperature).entropy
    assert entropy == pytest.approx(entr(softmax(np.array(z) / temperature)).sum(), abs=1e-12)
    assert 0 <= entropy <= np.log(len(z)) + 1e-12


def test_equal_scores_have_the_largest_entropy():
    found = softmax_outputs([7.0] * 6)
    np.testing.assert_allclose(found.probabilities, 1 / 6, rtol=1e-15)
    assert found.entropy == pytest.approx(np.log(6), rel=1e-15)


def test_certainty_has_entropy_zero_not_minus_zero():
    assert str(softmax_outputs([1000.0, 0.0]).entropy) == "0.0"


def test_temperature_goes_from_the_largest_score_to_the_uniform_distribution():
    z = [0.2, 1.0, 0.7, -3.0]
    assert softmax_outputs(z, 1e-3).probabilities.tolist() == pytest.approx([0, 1, 0, 0], abs=1e-100)
    np.testing.assert_allclose(softmax_outputs(z, 1e3).probabilities, 0.25, rtol=4e-3)
    entropies = [softmax_outputs(z, temperature).entropy for temperature in np.geomspace(1e-2, 1e3, 40)]
    assert (np.diff(entropies) > 0).all()


@pytest.mark.parametrize(("dtype", "edge"), OVERFLOW.items())
def test_the_naive_formula_overflows_exactly_where_the_exponential_does(dtype, edge):
    below, beyond = softmax_outputs([edge - 1, 0.0], dtype=dtype), softmax_outputs([edge, 0.0], dtype=dtype)
    both = softmax_outputs([edge, edge], dtype=dtype)
    np.testing.assert_allclose(below.naive, below.probabilities, rtol=2e-3 if dtype == "float16" else 1e-5, atol=1e-7)
    assert np.isnan(beyond.naive[0])  # inf / inf
    assert beyond.naive[1] == 0  # 1 / inf
    assert np.isnan(both.naive).all()
    np.testing.assert_allclose(beyond.probabilities, [1, 0], atol=1e-4)
    assert both.probabilities.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("dtype", OVERFLOW)
def test_the_naive_formula_divides_zero_by_zero_far_below(dtype):
    found = softmax_outputs([-1e4, -1e4, -1e4 - 8], dtype=dtype)
    assert np.isnan(found.naive).all()
    np.testing.assert_allclose(found.probabilities, softmax([0.0, 0.0, -8.0]), rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("dtype", OVERFLOW)
@pytest.mark.parametrize(("z", "temperature"), [([70_000, 0, 1], 1.0), ([100, 0, 1], 1e-3), ([1e6, -1e6], 1e-3)])
def test_the_stable_formula_is_right_in_every_precision(dtype, z, temperature):
    found = softmax_outputs(z, temperature, dtype)
    assert found.probabilities.tolist() == [1, *[0] * (len(z) - 1)]
    assert found.entropy == 0
    assert (found.jacobian == 0).all()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 1e-6), ("float16", 4e-3)])
def test_probabilities_are_computed_in_the_precision_asked_for(dtype, tolerance):
    z = np.linspace(-3, 3, 9)
    found = softmax_outputs(z, 0.7, dtype)
    assert found.probabilities.dtype == found.naive.dtype == dtype
    np.testing.assert_allclose(found.probabilities.astype(float), softmax(z / 0.7), rtol=tolerance)
    np.testing.assert_allclose(found.naive.astype(float), softmax(z / 0.7), rtol=tolerance)


def test_plain_proportions_are_no_distribution_once_a_score_is_negative():
    np.testing.assert_allclose(softmax_outputs([1, 2, 5]).proportional, [0.125, 0.25, 0.625])
    assert softmax_outputs([-1, 3]).proportional.tolist() == [-0.5, 1.5]
    assert not np.isfinite(softmax_outputs([-1, 1]).proportional).any()
    assert np.isnan(softmax_outputs([0, 0]).proportional).all()
    assert softmax_outputs([1e6, -1e6, 1e-320]).proportional[0] == np.inf


def test_results_are_read_only():
    found = softmax_outputs([1.0, 2.0])
    arrays = (found.logits, found.probabilities, found.jacobian, found.naive, found.proportional)
    assert not any(array.flags.writeable for array in arrays)
