"""Bayes: the posterior of two Gaussian classes against scipy, and the sigmoid against the posterior."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from nnviz import gaussian_posterior
from nnviz.figures.bayes import draw_posterior

MEAN, STD, PRIOR = st.floats(-5, 5), st.floats(0.2, 4), st.floats(0.01, 0.99)


@given(MEAN, MEAN, STD, STD, PRIOR)
def test_the_posterior_is_bayes_rule_and_a_sigmoid(mean_0, mean_1, std_0, std_1, prior):
    found = gaussian_posterior(mean_0, mean_1, std_0, std_1, prior)
    zero = (1 - prior) * stats.norm.pdf(found.x, mean_0, std_0)
    one = prior * stats.norm.pdf(found.x, mean_1, std_1)
    np.testing.assert_allclose(found.joint_0, zero, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(found.joint_1, one, rtol=1e-9, atol=1e-300)
    usable = zero + one > 1e-200
    np.testing.assert_allclose(found.posterior[usable], (one / (zero + one))[usable], rtol=1e-8, atol=1e-14)
    odds = found.quadratic * found.x**2 + found.weight * found.x + found.bias
    np.testing.assert_allclose(found.sigmoid, special.expit(odds), atol=1e-12)
    assert found.difference == np.abs(found.posterior - found.sigmoid).max() < 1e-10


@given(MEAN, MEAN, STD, PRIOR)
def test_with_equal_variances_one_neuron_is_enough(mean_0, mean_1, std, prior):
    found = gaussian_posterior(mean_0, mean_1, std, std, prior)
    assert found.quadratic == 0
    assert found.weight == pytest.approx((mean_1 - mean_0) / std**2, rel=1e-9, abs=1e-9)
    expected = (mean_0**2 - mean_1**2) / (2 * std**2) + special.logit(prior)
    assert found.bias == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(MEAN, MEAN, STD, STD, PRIOR)
def test_at_a_boundary_both_classes_are_equally_likely(mean_0, mean_1, std_0, std_1, prior):
    found = gaussian_posterior(mean_0, mean_1, std_0, std_1, prior)
    for boundary in found.boundaries:
        if abs(boundary) < 100:
            at = gaussian_posterior(mean_0, mean_1, std_0, std_1, prior, [boundary])
            assert at.posterior[0] == pytest.approx(0.5, abs=1e-6)
    crossings = np.count_nonzero(np.diff(found.posterior > 0.5))
    assert len(found.boundaries) >= crossings


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.0, 4.0])
def test_the_least_error_is_the_known_one(distance):
    found = gaussian_posterior(-distance, distance)
    assert found.error == pytest.approx(stats.norm.cdf(-distance), abs=1e-6)
    np.testing.assert_allclose(found.boundaries, [0], atol=1e-12)


def test_equal_classes_leave_the_prior():
    found = gaussian_posterior(1.0, 1.0, 2.0, 2.0, 0.3)
    np.testing.assert_allclose(found.posterior, 0.3)
    assert found.error == pytest.approx(0.3)
    assert len(found.boundaries) == 0


def test_no_boundary_where_one_class_always_wins():
    assert len(gaussian_posterior(0.0, 0.0, 2.0, 1.0, 0.01).boundaries) == 0
    np.testing.assert_allclose(
        gaussian_posterior(0.0, 0.0, 1.0, 2.0, 0.5).boundaries, [-1.3595559868917, 1.3595559868917]
    )


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"std_0": 0.0}, "std_0 must be a finite number"),
        ({"std_1": np.inf}, "std_1 must be a finite number"),
        ({"prior_1": 1.0}, "prior_1 must be a finite number"),
        ({"mean_0": "1"}, "mean_0 must be a finite number"),
        ({"x": []}, "x must be a list"),
    ],
)
def test_bad_input_is_named(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        gaussian_posterior(**arguments)


def test_the_picture_holds_both_curves_and_the_boundaries():
    found = gaussian_posterior(-1.0, 2.0, 1.0, 1.5, 0.4)
    figure = draw_posterior(found)
    drawn = [trace.y for trace in figure.data]
    for values, truth in zip(drawn, (found.joint_0, found.joint_1, found.posterior, found.sigmoid), strict=True):
        np.testing.assert_array_equal(values, truth)
    lines = [shape.x0 for shape in figure.layout.shapes]
    assert lines == [at for at in found.boundaries if found.x[0] <= at <= found.x[-1]]
