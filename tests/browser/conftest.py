"""A visitor with a real browser, who notices everything a browser complains about."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, TimeoutError, sync_playwright

CHROMIUM = ("chromium", "google-chrome", "chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1280, "height": 900}

# What the tests ask the page. A chart is read from Plotly's full data: the numbers it draws, decoded from binary.
SCRIPT = """
window.nnviz = {
  charts: () => [...document.querySelectorAll('[data-testid=stPlotlyChart]')],
  plot: chart => chart.querySelector('.js-plotly-plot'),
  settled: (fewest = 1) => {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning' && document.querySelector('h1')
      && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')
      && nnviz.charts().length >= fewest && nnviz.charts().every(chart => chart.querySelector('.main-svg'));
  },
  numbers: values => values == null ? null : Array.from(values, v => v?.length && typeof v !== 'string'
    ? nnviz.numbers(v) : v),
  picture: () => JSON.stringify(nnviz.charts().map(chart => nnviz.plot(chart)).map(plot => ({
    traces: plot._fullData.map(({type, name, x, y, z, text}) => ({type, name, text,
      x: nnviz.numbers(x), y: nnviz.numbers(y), z: nnviz.numbers(z)})),
    shapes: plot.layout.shapes ?? [],
  }))),
  still: async () => {  // two looks in a row that see the same
    for (let before, now;; before = now) {
      now = nnviz.settled() ? nnviz.picture() : undefined;
      if (now && now === before) return now;
      await new Promise(done => setTimeout(done, 50));
    }
  },
  drawn: () => nnviz.charts().map(chart => {
    const plot = nnviz.plot(chart), {width, height} = chart.getBoundingClientRect();
    const points = trace => [...trace.z ?? trace.y ?? []].flatMap(v => [...v?.length ? v : [v]])
      .filter(Number.isFinite).length;
    return {
      name: chart.getAttribute('aria-label'), visible: width > 0 && height > 0,
      marks: plot.querySelectorAll('.mlayer :is(path[d], image), .gl-container canvas').length,
      points: plot._fullData.map(points), drawn: plot.querySelector('.main-svg').getBoundingClientRect().width, width,
    };
  }),
  controls: () => {
    const shown = {};
    for (const input of document.querySelectorAll('[data-testid=stMain] :is(input, textarea)[aria-label]'))
      shown[input.ariaLabel] = input.role === 'switch' ? input.checked : input.value;
    for (const group of document.querySelectorAll('[role=radiogroup]'))
      shown[group.ariaLabel] = group.querySelector('[aria-checked=true]')?.innerText.trim();
    for (const menu of document.querySelectorAll('[data-testid=stMultiSelect]'))
      shown[menu.querySelector('label').innerText.trim()] =
        [...menu.querySelectorAll('[role=group] [data-tag]')].map(tag => tag.ariaLabel);
    return shown;
  },
};
"""


class Visitor:
    """One tab, showing one page of the dashboard after the other."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._url = url
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport=DESK)
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(SCRIPT)
        self.context.on("request", lambda request: self._note_host(request.url))
        self.page = self.context.new_page()
        self.page.on("websocket", lambda websocket: self._note_host(websocket.url))
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _note_host(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in ("data", "blob") and address.netloc != urlsplit(self._url).netloc:
            self.complaints.append(f"request to another host: {url}")

    def _note_message(self, message: ConsoleMessage) -> None:
        # On a deep link Streamlit looks for its base path below the page first and gets a 404 or two.
        if message.type == "error" and not ("/_stcore/" in message.location["url"] and "404" in message.text):
            self.complaints.append(f"console: {message.text} {message.location['url']}")

    def open(self, address: str, size: dict[str, int] = DESK, scheme: str = "light", fewest: int = 1) -> "Visitor":
        """Load a page anew and wait until at least `fewest` charts are there; `address` is what follows the host."""
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(f"{self._url}/{address}", wait_until="commit")
        try:
            self.page.wait_for_function("fewest => nnviz.settled(fewest)", arg=fewest)
        except TimeoutError:
            shown = self.page.locator("body").inner_text()
            pytest.fail(f"/{address} never came to rest; complaints: {self.complaints}; on the page:\n{shown}")
        return self

    @property
    def address(self) -> str:
        return self.page.url.removeprefix(f"{self._url}/")

    def picture(self) -> list[dict[str, Any]]:
        """Every chart on the page, as its traces' numbers and its shapes, once nothing moves any more."""
        return json.loads(self.page.evaluate("nnviz.still()"))

    def controls(self) -> dict[str, Any]:
        """What every control on the page shows, by its label."""
        return self.page.evaluate("nnviz.controls()")

    def do(self, action: Callable[[], None]) -> list[dict[str, Any]]:
        """The picture after an action that changes it."""
        before = self.page.evaluate("nnviz.still()")
        action()
        self.page.wait_for_function("before => nnviz.settled() && nnviz.picture() !== before", arg=before)
        return self.picture()


def find_chromium() -> str | None:
    """The browser that the environment names, or the system's."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, until the module ends: Playwright keeps an event loop running that others can't share."""
    found = find_chromium()
    if not found:
        missing = (
            "these tests drive a browser that is not here: install Chromium (Debian: apt install chromium; "
            "macOS: brew install chromium) or name one, CHROMIUM=/path/to/chrome"
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tabs(browser: Browser, server: Any) -> Iterator[list[Visitor]]:
    """Two people's browsers, loaded once: what they show is decided by the address alone."""
    visitors = [Visitor(browser, server.url), Visitor(browser, server.url)]
    yield visitors
    for visitor in visitors:
        visitor.context.close()


@pytest.fixture
def visitor(tabs: list[Visitor]) -> Iterator[Visitor]:
    """A visitor; at the end of the test the browser has no complaint."""
    yield from _calm(tabs[0])


@pytest.fixture
def newcomer(tabs: list[Visitor]) -> Iterator[Visitor]:
    """Somebody else, whose browser shares nothing with the visitor's and remembers nothing."""
    tabs[1].context.clear_cookies()
    tabs[1].page.evaluate("location.origin === 'null' || (localStorage.clear(), sessionStorage.clear())")
    yield from _calm(tabs[1])


def _calm(visitor: Visitor) -> Iterator[Visitor]:
    visitor.complaints.clear()
    yield visitor
    assert not visitor.complaints
