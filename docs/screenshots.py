"""Draws the README's pictures anew from the served dashboard: `make screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, Visitor, find_chromium
from tests.conftest import Server

FOLDER = Path(__file__).parent
SIZE = {"width": 1280, "height": 1000}
MARGIN = 12  # pixels below the last thing to be seen
SETTINGS, CAPTION = "[data-testid=stExpander]", "[data-testid=stCaptionContainer]"
PICTURES = {  # file name: address, colour scheme, the last thing to be seen
    "gradient_flow.png": ("gradient_flow?depth=12", "light", SETTINGS),
    "gradient_flow_dark.png": ("gradient_flow?depth=12", "dark", SETTINGS),
    "activations.png": ("activations?show=sigmoid&show=tanh&show=gelu&z=1", "light", CAPTION),
}


def main() -> None:
    chromium = find_chromium()
    if not chromium:
        raise SystemExit("no Chromium here: install one, or name one with CHROMIUM=/path/to/chrome")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log.txt")
        try:
            server.wait_until_warm()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                visitor = Visitor(browser, server.url)
                for name, (address, scheme, last) in PICTURES.items():
                    visitor.open(address, SIZE, scheme).picture()
                    visitor.page.evaluate("document.fonts.ready.then(() => true)")
                    box = visitor.page.locator(last).first.bounding_box()
                    bottom = round(box["y"] + box["height"]) + MARGIN
                    crop = {"x": 0, "y": 0, "width": SIZE["width"], "height": bottom}
                    visitor.page.screenshot(path=FOLDER / name, clip=crop, animations="disabled")
                    print(f"docs/{name}")
                browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
