"""First visit: from the moment the server answers to the first visitor's finished Activations page."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from statistics import median

from benchmarks import server
from benchmarks.verdict import judge, number
from benchmarks.visitor import visit

STARTS = 3
BAR = 500  # ms


async def _visit(started: server.Server) -> float:
    async with visit(started) as visitor:
        return await visitor.open()


def _first(serve: Callable[[], AbstractContextManager[server.Server]]) -> float:
    with serve() as started:
        return asyncio.run(_visit(started))


def measure() -> Iterator[str]:
    times = {serve: median(_first(serve) for _ in range(STARTS)) for serve in (server.nnviz, server.naive)}
    yield (
        f"{judge(times[server.nnviz], 'ms to the first visitor of a fresh server', at_most=BAR)}; "
        f"naive page {number(times[server.naive])} ms; medians of {STARTS} starts"
    )
