"""Latency: from a key press on a slider to the new curve on the screen, in a real browser."""

import os
import shutil
import time
from collections.abc import Iterator
from statistics import median

from benchmarks import server
from benchmarks.verdict import number

PRESSES = 15
PAUSE = 400  # ms between two presses
CHROMIUM = ("chromium", "google-chrome", "chromium-browser")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
PATIENCE = 60_000  # ms
LINE = ".js-plotly-plot .scatterlayer path.js-line"

# `taken` resolves at the first animation frame in which a line of the first chart has changed since the key went down.
SCRIPT = """
  const chart = () => document.querySelector('.js-plotly-plot');
  const lines = () => [...chart()?.querySelectorAll('path.js-line') ?? []].map(path => path.getAttribute('d')).join();
  window.mark = () => { chart().marked = true };
  window.kept = () => Boolean(chart().marked);
  window.arm = () => { window.taken = new Promise((done, fail) => {
    setTimeout(() => fail(new Error('no line has changed')), 10_000);
    addEventListener('keydown', () => {
      const pressed = performance.now(), before = lines();
      const look = () => {
        const now = lines();
        if (now && now !== before) done(performance.now() - pressed); else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, {once: true, capture: true});
  }) };
"""


def measure() -> Iterator[str]:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not chromium:
        yield "skipped: it needs Chromium on the PATH, or its path in CHROMIUM"
        return
    with server.nnviz() as started:
        first, times, kept = _press(chromium, f"http://127.0.0.1:{started.port}/{started.page}")
    yield (
        f"{number(median(times))} ms from key to new curve, {number(min(times))} to {number(max(times))}; "
        f"median of {PRESSES} presses, the chart is {'kept' if kept else 'mounted anew'}; "
        f"{number(first)} ms to the first chart of a fresh browser"
    )


def _press(chromium: str, url: str) -> tuple[float, list[float], bool]:
    """Milliseconds to the first chart and per press, and whether the chart outlived them."""
    from playwright.sync_api import sync_playwright  # only here: whoever has no Chromium need not have it either

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.add_init_script(SCRIPT)
        begun = time.perf_counter()
        page.goto(url)
        page.wait_for_selector(LINE)
        first = (time.perf_counter() - begun) * 1e3
        page.wait_for_timeout(1_500)  # fonts and late scripts are not what is measured
        page.evaluate("mark()")
        slider = page.locator('input[type="range"], [role="slider"]').first
        times = []
        for _ in range(PRESSES):
            slider.focus()
            page.evaluate("arm()")
            page.keyboard.press("ArrowRight")
            times.append(page.evaluate("taken"))
            page.wait_for_timeout(PAUSE)
        kept = page.evaluate("kept()")
        browser.close()
    return first, times, kept
