"""Rerun: the Activations page answers a moved slider, against the same page written naively."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import median

from benchmarks import server
from benchmarks.verdict import judge, number
from benchmarks.visitor import visit

DRAGS, MOVES = 8, 5  # a drag is so many moves in a row, each as soon as the one before is answered
PAUSE = 0.5  # seconds before every drag, in which the other server tidies up
BAR = 20


async def _times(*servers: server.Server) -> list[list[float]]:
    """Milliseconds per move and server: one visitor each, the same drags, in turn. The first drag is not counted."""
    dice = random.Random(0)
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(visit(started)) for started in servers]
        for visitor in visitors:
            await visitor.open()
        labels = sorted(set.intersection(*(set(visitor.sliders) for visitor in visitors)))
        times: list[list[float]] = [[] for _ in visitors]
        for _ in range(1 + DRAGS):
            label = dice.choice(labels)
            slider, _fragment = visitors[0].sliders[label]
            steps = dice.sample(range(round((slider.max - slider.min) / slider.step)), MOVES)
            for visitor, taken in zip(visitors, times, strict=True):
                await asyncio.sleep(PAUSE)
                taken += [await visitor.move(label, slider.min + slider.step * step) for step in steps]
    return [taken[MOVES:] for taken in times]


def measure() -> Iterator[str]:
    with server.nnviz() as ours, server.naive() as theirs:
        ours, theirs = map(median, asyncio.run(_times(ours, theirs)))
    yield (
        f"{judge(theirs / ours, 'times faster than the naive page', at_least=BAR)}; "
        f"{number(ours)} ms, naive page {number(theirs)} ms; medians of {DRAGS * MOVES} moves each"
    )
