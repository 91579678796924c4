"""Data sets: small, real, and shipped with scikit-learn, so nothing is ever downloaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets as sklearn_datasets

from nnviz import _rules
from nnviz._rules import Array

SAMPLES = 1_024  # of each generated set; digits brings its own 1,797
_SHUFFLE_SEED = 0  # one fixed order for everybody: a batch is the first so many samples of it


@dataclass(frozen=True)
class Dataset:
    """`inputs` (samples, features) float64 and `labels` (samples,) int, 0 ≤ label < `classes`."""

    inputs: Array
    labels: NDArray[np.int64]
    classes: int


@dataclass(frozen=True)
class Source:
    """Where a data set comes from, in one sentence, and how to make it."""

    name: str
    insight: str
    make: Callable[[np.random.RandomState], tuple[Array, NDArray[np.int64]]]


def _digits(_: np.random.RandomState) -> tuple[Array, NDArray[np.int64]]:
    data = sklearn_datasets.load_digits()
    return data.data / 16.0, data.target


def _gaussians(random: np.random.RandomState) -> tuple[Array, NDArray[np.int64]]:
    centers = np.array([[-1.0, -1.0], [1.0, 1.0]])
    points, label = sklearn_datasets.make_blobs(SAMPLES, centers=centers, cluster_std=0.6, random_state=random)
    return points, label


def _xor(random: np.random.RandomState) -> tuple[Array, NDArray[np.int64]]:
    points = random.uniform(-1, 1, (SAMPLES, 2))
    return points, (points.prod(axis=1) < 0).astype(np.int64)


def _spirals(random: np.random.RandomState) -> tuple[Array, NDArray[np.int64]]:
    arm = np.arange(SAMPLES) % 2
    turn = np.sqrt(random.uniform(0.05, 1, SAMPLES))
    angle = 3.5 * np.pi * turn + np.pi * arm
    points = turn[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + random.normal(0, 0.02, points.shape), arm


def _noise(random: np.random.RandomState) -> tuple[Array, NDArray[np.int64]]:
    return random.normal(size=(SAMPLES, 64)), random.randint(0, 10, SAMPLES)


DATASETS: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (
            Source("digits", "1,797 handwritten digits, 8 × 8 pixels between 0 and 1, ten classes.", _digits),
            Source(
                "circles",
                "A ring around a disc: no straight line separates them.",
                lambda random: sklearn_datasets.make_circles(SAMPLES, noise=0.05, factor=0.5, random_state=random),
            ),
            Source(
                "moons",
                "Two interleaved half moons.",
                lambda random: sklearn_datasets.make_moons(SAMPLES, noise=0.1, random_state=random),
            ),
            Source("gaussians", "Two Gaussian clouds, which one straight line separates well.", _gaussians),
            Source("xor", "Opposite quadrants share a class: the problem one neuron cannot solve.", _xor),
            Source("spirals", "Two spirals wound around each other: easy to see, hard to learn.", _spirals),
            Source(
                "noise",
                "64 standard normal numbers with random labels: the input that initialization theory assumes.",
                _noise,
            ),
        )
    }
)


def load_dataset(name: str) -> Dataset:
    """The data set `name` in one fixed shuffled order, the same on every machine. ValueError for an unknown name."""
    return _load(_rules.choice("data", name, DATASETS))


@lru_cache(maxsize=len(DATASETS))
def _load(name: str) -> Dataset:
    source = DATASETS[name]
    random = np.random.RandomState(_SHUFFLE_SEED)
    inputs, labels = source.make(random)
    order = random.permutation(len(labels))
    labels = labels[order].astype(np.int64)
    labels.setflags(write=False)
    return Dataset(_rules.read_only(inputs[order].astype(np.float64)), labels, int(labels.max()) + 1)
