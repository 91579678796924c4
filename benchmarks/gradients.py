"""Gradients: `layer_gradients` against a program written by hand in numpy, warm and on a first call."""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from threadpoolctl import ThreadpoolController

from benchmarks import peer
from benchmarks.lines import time_lines
from benchmarks.verdict import judge, number
from nnviz import NetworkSpec, layer_gradients, load_dataset
from nnviz.networks import draw_weights

SHAPE = {"depth": 30, "width": 128, "batch": 256}
REPEATS, WARM = 25, 5
SHAPES = 9  # networks of a depth, width and batch that this process has not seen
DTYPES = ("float32", "float64")
WARM_BAR, FIRST_BAR = 2, 6
THREADS = (1, os.cpu_count() or 1)  # of numpy, which is measured with the number that suits it better
SETTLE = 0.05  # seconds after which numpy's threads have stopped to wait for more work, and disturb nobody
MENTIONED = 0.03  # of the time; lines that take less are not listed

_threads = ThreadpoolController()
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of a new function per activation, which is meant


def measure() -> Iterator[str]:
    kernels = _kernels(_spec())
    rounds: list[list[float]] = []
    for seed in range(WARM + REPEATS):
        spec = _spec(seed)
        ours = _time(lambda: layer_gradients(spec))  # noqa: B023
        drawing = [_time(lambda: _by_hand(spec), threads) for threads in THREADS]  # noqa: B023
        drawn = [_time(lambda: _by_hand(spec, kernels), threads) for threads in THREADS]  # noqa: B023
        rounds.append([ours, *drawing, *drawn])
    ours, *theirs = (median(times) for times in zip(*rounds[WARM:], strict=True))
    drawing, drawn = (min(theirs[:2]), min(theirs[2:]))
    threads = THREADS[theirs.index(drawing)]
    yield (
        f"{judge(ours / drawing, '× numpy, both draw their weights', at_most=WARM_BAR)}; {number(ours)} ms, numpy "
        f"{number(drawing)} ms in {threads} thread{'s'[: threads - 1]}; medians of {REPEATS} seeds, {SHAPE['depth']} "
        f"layers × {SHAPE['width']}, batch {SHAPE['batch']}, float32, sigmoid"
    )
    yield f"{number(ours / drawn)} × numpy with weights that are already drawn, {number(drawn)} ms"
    shares = time_lines(layer_gradients, [_spec(seed) for seed in range(REPEATS)])
    yield "where the time goes, by line of layer_gradients:"
    yield from (f"{share:6.0%}  {line}" for line, share in shares.items() if share >= MENTIONED)

    dice = random.Random(0)
    shapes = [
        _spec(depth=dice.randint(20, 40), width=dice.randint(96, 160), batch=dice.randint(192, 320))
        for _ in range(SHAPES)
    ]
    yield _first(shapes, "first call of a depth, width and batch never seen", threads)
    engines = [_spec(activation=name, dtype=dtype) for dtype in DTYPES for name in peer.ACTIVATIONS]
    yield _first(engines[1:], "first call of an activation and dtype never seen", threads)
    seconds = [_time(lambda: layer_gradients(spec)) for spec in engines[1:]]  # noqa: B023
    yield f"{number(median(seconds))} ms for the second call of those, worst {number(max(seconds))} ms"
    for name in peer.ACTIVATIONS:
        _check(_spec(activation=name, dtype="float64"))


def _spec(seed: int = 0, activation: str = "sigmoid", dtype: str = "float32", **shape: int) -> NetworkSpec:
    return NetworkSpec(activation=activation, dtype=dtype, seed=seed, **{**SHAPE, **shape})


def _by_hand(spec: NetworkSpec, kernels: list[np.ndarray] | None = None) -> np.ndarray:
    """What `layer_gradients` is compared with; weights that are given need not be drawn."""
    data, dtype = load_dataset(spec.data), np.dtype(spec.dtype).type
    x, targets = data.inputs[: spec.batch].astype(dtype), np.eye(data.classes, dtype=dtype)[data.labels[: spec.batch]]
    sizes = [x.shape[1], *[spec.width] * spec.depth, data.classes]
    return peer.gradients(kernels or peer.draw(sizes, spec.seed, dtype), x, targets, spec.activation)


def _time(job: Callable[[], Any], threads: int | None = None) -> float:
    """Milliseconds, on a machine left alone for a moment."""
    time.sleep(SETTLE)
    with _threads.limit(limits=threads, user_api="blas"):
        begun = time.perf_counter()
        job()
        return (time.perf_counter() - begun) * 1e3


def _first(specs: list[NetworkSpec], what: str, threads: int) -> str:
    times = []
    for spec in specs:
        ours, theirs = _time(lambda: layer_gradients(spec)), _time(lambda: _by_hand(spec), threads)  # noqa: B023
        times.append((ours / theirs, ours))
    ratios, ours = zip(*times, strict=True)
    return (
        f"{judge(median(ratios), f'× numpy, {what}', at_most=FIRST_BAR)}; {number(median(ours))} ms; median of "
        f"{len(specs)}, worst {number(max(ratios))} ×"
    )


def _check(spec: NetworkSpec) -> None:
    """Both programs do the same job: with the same weights they find the same numbers."""
    found = layer_gradients(spec)
    ours = np.stack([found.weight_norm, found.bias_norm, found.mean_abs], axis=1)
    np.testing.assert_allclose(ours, _by_hand(spec, _kernels(spec)), rtol=1e-6)


def _kernels(spec: NetworkSpec) -> list[np.ndarray]:
    weights = draw_weights(spec)
    return [weights.first.numpy(), *weights.hidden.numpy(), weights.last.numpy()]
