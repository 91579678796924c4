"""Memory: what the warm server holds, and what each visitor adds."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import server
from benchmarks.verdict import judge, number
from benchmarks.visitor import visit

VISITORS = 60  # two school classes
WARM_BAR, VISITOR_BAR = 900, 2  # MB


async def _with_visitors(started: server.Server) -> float:
    """Resident MB while all visitors are connected, after each has opened the page and moved a slider."""
    async with AsyncExitStack() as stack:
        for step in range(VISITORS):
            visitor = await stack.enter_async_context(visit(started))
            await visitor.open()
            label, (slider, _fragment) = next(iter(visitor.sliders.items()))
            await visitor.move(label, slider.min + slider.step * step)
        return started.resident


def measure() -> Iterator[str]:
    if not Path("/proc/self/status").exists():
        yield "skipped: resident memory is read from /proc, which this system has not"
        return
    with server.nnviz() as started:
        warm = started.resident
        full = asyncio.run(_with_visitors(started))
    yield judge(warm, "MB resident, warm and without a visitor", at_most=WARM_BAR)
    each = judge((full - warm) / VISITORS, "MB per visitor", at_most=VISITOR_BAR)
    yield f"{each}; {number(full)} MB with {VISITORS} visitors connected"
