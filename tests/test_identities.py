"""Identities: both sides against scipy, and errors of the size of rounding."""

import numpy as np
import pytest
from scipy import integrate, special

from nnviz import IDENTITIES, check_identity
from nnviz.figures.identities import draw_identity

X = np.linspace(-10, 10, 401)
TRUTH = {
    "symmetry of σ": special.expit(-X),
    "slope of σ": special.expit(X) * special.expit(-X),
    "tanh from σ": np.tanh(X),
    "slope of tanh": 1 / np.cosh(X) ** 2,
    "integral of σ": np.logaddexp(0, X) - np.logaddexp(0, X[0]),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_both_sides_are_what_scipy_says(name):
    check = check_identity(name, X)
    np.testing.assert_allclose(check.left, TRUTH[name], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(check.right, TRUTH[name], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", IDENTITIES)
@pytest.mark.parametrize(("dtype", "rounding"), [("float64", 1e-14), ("float32", 1e-5), ("float16", 0.1)])
def test_what_is_left_is_rounding(name, dtype, rounding):
    check = check_identity(name, dtype=dtype)
    assert check.largest <= rounding
    np.testing.assert_array_equal(check.error, np.abs(check.left - check.right))
    assert check.largest == check.error.max()
    assert check.error[np.argmin(np.abs(check.x - check.where))] == check.largest
    assert not check.error.flags.writeable


def test_the_integral_is_that_of_scipys_quadrature():
    check = check_identity("integral of σ", [-3.0, 0.0, 0.5, 4.0])
    areas = [integrate.quad(special.expit, -3, end)[0] for end in check.x]
    np.testing.assert_allclose(check.left, areas, atol=1e-6)  # wide cells: the five nodes show


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"name": "e = mc²"}, "identity must be one of"),
        ({"name": "slope of σ", "dtype": "int8"}, "dtype must be one of"),
        ({"name": "slope of σ", "x": [1.0]}, "x must be a list of 2 to"),
        ({"name": "slope of σ", "x": [1.0, 1.0]}, "x must rise"),
        ({"name": "slope of σ", "x": [1.0, np.nan]}, "finite numbers only"),
    ],
)
def test_bad_input_is_named(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        check_identity(**arguments)


@pytest.mark.parametrize("name", IDENTITIES)
def test_the_picture_holds_both_sides_and_the_error(name):
    check = check_identity(name)
    left, right, error = draw_identity(check, "left", "right").data
    np.testing.assert_array_equal(left.y, check.left)
    np.testing.assert_array_equal(right.y, check.right)
    np.testing.assert_array_equal(np.nan_to_num(error.y), check.error)
