"""A stack of linear layers against one matrix, and one bend that no matrix follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import svdvals

from nnviz import linear_stack


@given(depth=st.integers(1, 50), width=st.integers(1, 64), seed=st.integers(0, 1_000))
def test_without_activations_the_stack_is_one_matrix(depth, width, seed):
    stack = linear_stack(depth, width, 6, 7, seed=seed)
    assert stack.relative_difference < 1e-13
    np.testing.assert_allclose(stack.fitted, stack.stacked, atol=1e-11)
    np.testing.assert_allclose(stack.single, stack.inputs @ stack.matrix + stack.bias, rtol=1e-12)
    np.testing.assert_allclose(stack.singular_values, svdvals(stack.matrix), rtol=1e-9, atol=1e-15)
    assert stack.rank <= stack.narrowest == min([6, 7] + [width] * (depth > 1))


def test_the_default_differs_by_rounding_only():
    assert 0 < linear_stack(5, 8).largest_difference < 1e-14


@pytest.mark.parametrize("width", [1, 2, 5, 8, 30])
def test_the_rank_is_that_of_the_narrowest_layer(width):
    assert linear_stack(4, width, 8, 8, "orthogonal").rank == min(width, 8)


def test_orthogonal_layers_stretch_nothing():
    np.testing.assert_allclose(linear_stack(20, 8, 8, 8, "orthogonal").singular_values, 1, rtol=1e-6)


@pytest.mark.parametrize("curved", [1, 3, 5])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "gelu"])
def test_one_bend_breaks_the_equality_for_every_matrix(curved, activation):
    straight, bent = linear_stack(5, 8), linear_stack(5, 8, curved=curved, activation=activation)
    np.testing.assert_array_equal(bent.matrix, straight.matrix)
    assert bent.relative_difference > 1e-2
    # the fit is the least-squares optimum: its residual is orthogonal to every affine map of the inputs
    residual = bent.stacked - bent.fitted
    design = np.column_stack([bent.inputs, np.ones(len(bent.inputs))])
    np.testing.assert_allclose(design.T @ residual, 0, atol=1e-10)
    assert bent.unexplained > 1e-4


def test_an_identity_activation_bends_nothing():
    assert linear_stack(5, 8, curved=2, activation="linear").relative_difference < 1e-14


def test_a_layer_by_hand():
    stack = linear_stack(1, 1, 3, 2, "ones", curved=1, activation="tanh")
    assert stack.matrix.tolist() == [[1, 1]] * 3
    np.testing.assert_allclose(stack.stacked, np.tanh(stack.inputs.sum(axis=1)[:, None] + stack.bias), rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"depth": 0}, "depth must be a whole number from 1 to 50, not 0"),
        ({"width": 129}, "width must be a whole number from 1 to 128"),
        ({"inputs": float("nan")}, "inputs must be a whole number"),
        ({"outputs": 0}, "outputs must be a whole number"),
        ({"curved": 4}, "curved must be a whole number from 0 to 3, not 4"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"initializer": "nothing"}, "initializer must be one of"),
        ({"activation": "softmax"}, "activation must be a function of one number"),
    ],
)
def test_bad_input_is_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=r".") as refusal:
        linear_stack(**{"depth": 3, "width": 4, **arguments})
    assert sentence in str(refusal.value)


def test_the_same_seed_draws_the_same_stack_and_results_are_read_only():
    first, again, other = (linear_stack(3, 4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.stacked, again.stacked)
    assert not np.array_equal(first.stacked, other.stacked)
    arrays = (first.matrix, first.bias, first.inputs, first.stacked, first.single, first.fitted, first.singular_values)
    assert not any(array.flags.writeable for array in arrays)
