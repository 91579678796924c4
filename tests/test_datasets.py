"""Data sets: what each promises, in one fixed order."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from nnviz import DATASETS, load_dataset

SHAPES = {"digits": (1797, 64, 10), "noise": (1024, 64, 10)}  # all others: 1,024 points in the plane, two classes


@pytest.mark.parametrize("name", DATASETS)
def test_shapes_types_and_labels(name):
    data = load_dataset(name)
    samples, features, classes = SHAPES.get(name, (1024, 2, 2))
    assert data.inputs.shape == (samples, features)
    assert data.labels.shape == (samples,)
    assert (data.inputs.dtype, data.labels.dtype) == (np.float64, np.int64)
    assert data.classes == classes
    assert set(data.labels) == set(range(classes))
    assert np.isfinite(data.inputs).all()


@pytest.mark.parametrize("name", DATASETS)
def test_arrays_are_read_only(name):
    data = load_dataset(name)
    assert not data.inputs.flags.writeable
    assert not data.labels.flags.writeable


@pytest.mark.parametrize("name", DATASETS)
def test_every_load_gives_the_same_order(name):
    first = load_dataset(name)
    inputs, labels = first.inputs.copy(), first.labels.copy()
    again = DATASETS[name].make(np.random.RandomState(0))  # what a fresh process would draw
    assert np.array_equal(np.sort(again[0], axis=0), np.sort(inputs, axis=0))
    assert np.array_equal(load_dataset(name).labels, labels)


@pytest.mark.parametrize("name", DATASETS)
def test_the_first_samples_hold_all_classes_about_equally_often(name):
    data = load_dataset(name)
    counts = np.bincount(data.labels[:256], minlength=data.classes)
    expected = 256 / data.classes
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()


def test_digits_are_those_of_scikit_learn_between_0_and_1():
    ours, theirs = load_dataset("digits"), load_digits()
    assert (ours.inputs.min(), ours.inputs.max()) == (0, 1)
    mine = sorted((label, *row) for label, row in zip(ours.labels, (ours.inputs * 16).tolist(), strict=True))
    assert mine == sorted((label, *row) for label, row in zip(theirs.target, theirs.data.tolist(), strict=True))
    assert not np.array_equal(ours.labels, theirs.target)


def test_xor_is_the_sign_of_the_product():
    data = load_dataset("xor")
    assert np.array_equal(data.labels, (data.inputs[:, 0] * data.inputs[:, 1] < 0).astype(int))
    assert np.abs(data.inputs).max() <= 1


def test_circles_differ_by_their_radius_alone():
    data = load_dataset("circles")
    radius = np.linalg.norm(data.inputs, axis=1)
    assert ((radius < 0.75) == (data.labels == 1)).mean() > 0.99


def test_only_the_gaussians_are_separated_by_a_straight_line():
    def score(name):
        data = load_dataset(name)
        return LogisticRegression().fit(data.inputs, data.labels).score(data.inputs, data.labels)

    assert score("gaussians") > 0.97
    assert max(map(score, ["xor", "circles", "spirals"])) < 0.75
    assert score("moons") < 0.92


def test_a_point_of_a_spiral_is_closest_to_its_own_arm():
    data = load_dataset("spirals")
    distance = np.linalg.norm(data.inputs[:, None] - data.inputs, axis=2) + 1e9 * np.eye(len(data.labels))
    assert (data.labels[distance.argmin(axis=1)] == data.labels).mean() > 0.97


def test_noise_is_standard_normal_and_says_nothing_about_its_label():
    data = load_dataset("noise")
    size = data.inputs.size
    assert abs(data.inputs.mean()) < 5 / np.sqrt(size)
    assert abs(data.inputs.std() - 1) < 5 / np.sqrt(2 * size)
    means = np.array([data.inputs[data.labels == label].mean(axis=0) for label in range(10)])
    assert np.abs(means * np.sqrt(1024 / 10)).max() < 5
