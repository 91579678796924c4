"""What only a browser can tell: pages that draw, controls that move them, addresses that reproduce them."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import TimeoutError

import nnviz

pytestmark = pytest.mark.browser

PAGES = sorted(path.stem for path in Path(__file__).parents[2].glob("pages/*.py"))
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
EVERY_PAGE = pytest.mark.parametrize("page", PAGES)
ALERT = "[data-testid=stAlert]"
BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
IN_SCHEME = f"""dark => {{
  const sum = colour => colour.match(/[\\d.]+/g).slice(0, 3).reduce((total, part) => total + Number(part), 0);
  const page = {BACKGROUND};
  return sum(page) < 200 === dark && nnviz.charts().every(chart =>
    nnviz.plot(chart).querySelector('.main-svg').style.backgroundColor === page);
}}"""
TOO_WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]'), boxes = [document.documentElement, main];
  if (boxes.every(box => box.scrollWidth <= box.clientWidth)) return [];
  const out = [...main.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
  const names = out.filter(e => !out.includes(e.parentElement)).map(e => `${e.tagName}: ${e.innerText?.slice(0, 60)}`);
  return boxes.map(box => `${box.scrollWidth} in ${box.clientWidth} pixels`).concat(names);
}"""


def url_path(page):
    return "" if page == "home" else page


def assert_everything_is_drawn(visitor):
    """Every chart holds numbers, has a name for those who cannot see it, and is drawn as wide as its place."""
    drawn = "c => !c.visible || c.marks && Math.abs(c.drawn - c.width) < 2"
    with suppress(TimeoutError):
        visitor.page.wait_for_function(f"nnviz.drawn().every({drawn})", timeout=5_000)
    charts = visitor.page.evaluate("nnviz.drawn()")
    assert any(chart["visible"] for chart in charts)
    for chart in charts:
        assert chart["points"], chart
        assert all(chart["points"]), chart
        assert not chart["visible"] or (chart["marks"] and abs(chart["drawn"] - chart["width"]) < 2), chart
    named = visitor.page.get_by_role("figure", include_hidden=True).filter(has=visitor.page.locator(".js-plotly-plot"))
    assert named.count() == len(charts)
    assert all((chart["name"] or "").strip() for chart in charts)


def assert_calm(visitor):
    assert visitor.page.locator("[data-testid=stException]").count() == 0
    assert "Traceback" not in visitor.page.locator("body").inner_text()


# Where a page's first slider moves its first picture, if not at the page itself; seeds must travel with the link.
START = {
    "gradient_flow": "?seed=7",
    "initializers": "?seed=7",
    "why_activations": "?lesson=sigmoid%20from%20Bayes",
}

# Pictures that a page shows only when a control asks for them.
VIEWS = [
    "activations?of=a%20vector",
    "descent?surface=himmelblau",
    "descent?surface=himmelblau&view=3-D",
    "gradient_flow?detail=pre-activations%20z",
    "gradient_flow?detail=single%20gradients",
    "why_activations?lesson=identities",
    "why_activations?lesson=sigmoid%20from%20Bayes",
]


# Known to be wider than a phone: a Markdown table or a long formula, which Streamlit lets stick out.
SIDEWAYS = ("/activations", "/backpropagation", "/dying_relu", "/softmax")


def assert_fits(visitor):
    """Nothing is wider than the window: neither the document nor the box that scrolls in it."""
    if any(page in visitor.page.url for page in SIDEWAYS):
        return
    wide = visitor.page.evaluate(TOO_WIDE)
    assert not wide, "\n".join(wide)


def assert_drawn_in(visitor, scheme):
    visitor.page.emulate_media(color_scheme=scheme)
    visitor.page.wait_for_function(IN_SCHEME, arg=scheme == "dark")
    assert_everything_is_drawn(visitor)


@EVERY_PAGE
def test_a_page_draws_all_its_charts_on_a_desk(visitor, page):
    visitor.open(url_path(page), DESK, "light")
    assert_drawn_in(visitor, "light")
    assert_drawn_in(visitor, "dark")  # while the page is open, as computers change in the evening
    for tab in visitor.page.get_by_role("tab").all():
        tab.click()
        visitor.page.wait_for_function("tab => tab.ariaSelected === 'true'", arg=tab.element_handle())
        assert_everything_is_drawn(visitor)
    assert_calm(visitor)
    assert visitor.page.locator(ALERT).count() == 0
    assert_fits(visitor)


@EVERY_PAGE
def test_a_slider_moves_the_picture_and_its_address_shows_it_to_a_newcomer_on_a_phone(visitor, newcomer, page):
    visitor.open(url_path(page) + START.get(page, ""))
    before = visitor.page.evaluate("location.search")
    picture = visitor.do(lambda: visitor.page.get_by_role("slider").first.press("ArrowRight"))
    visitor.page.wait_for_function("before => location.search !== before", arg=before)
    assert newcomer.open(visitor.address, PHONE, "dark").picture() == picture
    assert newcomer.controls() == visitor.controls()
    assert_drawn_in(newcomer, "dark")
    assert_drawn_in(newcomer, "light")
    assert_calm(newcomer)
    assert_fits(newcomer)


@pytest.mark.parametrize("address", VIEWS)
def test_every_view_of_a_page_is_drawn_on_a_desk_and_on_a_phone(visitor, address):
    visitor.open(address)
    assert_everything_is_drawn(visitor)
    assert_fits(visitor)
    visitor.page.set_viewport_size(PHONE)
    assert_everything_is_drawn(visitor)
    assert_fits(visitor)
    assert_calm(visitor)
    assert visitor.page.locator(ALERT).count() == 0


def test_a_deep_link_to_gradient_flow_shows_its_controls_and_kerass_numbers(visitor):
    visitor.open(
        "gradient_flow?depth=4&width=12&activation=relu&relu.negative_slope=0.3&initializer=he_normal&seed=7"
        "&loss=mean_squared_error&output=linear&data=moons&batch=64&dtype=float32&quantity=biases"
    )
    assert visitor.controls().items() >= {
        "Hidden layers": "4",
        "Units per layer": "12",
        "Activation": "relu",
        "relu: negative slope": "0.3",
        "Initializer": "he_normal",
        "Seed": "7",
        "Show": "biases",
    }.items()  # fmt: skip
    spec = nnviz.NetworkSpec(
        4, 12, "relu", "he_normal", "mean_squared_error", "linear", "moons", 64, "float32", 7,
        activation_parameters={"negative_slope": 0.3},
    )  # fmt: skip
    bars = visitor.picture()[0]["traces"][0]
    np.testing.assert_allclose(bars["y"], nnviz.layer_gradients(spec).bias_norm, rtol=1e-5)
    visitor.page.get_by_text("Loss, data and precision").click()
    visitor.page.get_by_role("radiogroup", name="Precision").wait_for()
    assert visitor.controls().items() >= {
        "Loss": "mean_squared_error",
        "Output unit": "linear",
        "Data": "moons",
        "Batch": "64",
        "Precision": "float32",
    }.items()  # fmt: skip
    assert visitor.page.locator(ALERT).count() == 0


def test_a_deep_link_to_activations_shows_its_controls_and_kerass_numbers(visitor):
    visitor.open("activations?show=relu&show=gelu&relu.negative_slope=0.3&z=-2&tau=0.2&range=-4&range=3")
    assert visitor.controls().items() >= {
        "Functions": ["relu", "gelu"],
        "Operating point z": "-2",
        "relu: negative slope": "0.3",
    }.items()  # fmt: skip
    traces = visitor.picture()[0]["traces"]
    for name, given in (("relu", {"negative_slope": 0.3}), ("gelu", {})):
        curve, slope = (trace for trace in traces if trace["name"] == name)
        truth = nnviz.activation_curve(name, curve["x"], **given)
        assert (curve["x"][0], curve["x"][-1]) == (-4, 3)
        np.testing.assert_allclose(curve["y"], truth.y, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(slope["y"], truth.slope, rtol=1e-9, atol=1e-12)
    assert visitor.page.locator(ALERT).count() == 0


def test_a_deep_link_to_softmax_shows_its_controls_and_its_numbers(visitor):
    visitor.open("softmax?scores=1%2C%202%2C%203%2C%20-4&temperature=0.5&dtype=float32")
    assert visitor.controls().items() >= {"Temperature T": "0.5", "Precision": "float32"}.items()
    assert "1, 2, 3, -4" in visitor.controls().values()
    bars = visitor.picture()[0]["traces"][0]
    powers = np.exp(np.array([1, 2, 3, -4]) / 0.5)
    np.testing.assert_allclose(bars["y"], powers / powers.sum(), rtol=1e-5)


def test_a_deep_link_to_initializers_shows_its_controls_and_kerass_numbers(visitor):
    visitor.open("initializers?initializer=he_normal&fan_in=64&fan_out=32&bins=40&seed=7&activation=relu&depth=5")
    assert visitor.controls().items() >= {
        "Initializer": "he_normal",
        "Bins": "40",
        "Seed": "7",
        "Activation": "relu",
        "Hidden layers": "5",
    }.items()  # fmt: skip
    bars = visitor.picture()[0]["traces"][0]
    truth = nnviz.weight_histogram("he_normal", 64, 32, 7, 40)
    np.testing.assert_allclose(bars["y"], truth.density, rtol=1e-6)


SCRIPT = "<script>window.injected=1</script>"
IMAGE = "<img src=x onerror=window.injected=1>"
HOSTILE = {
    "activations": {"show": "no_such_function", "z": "nan", "tau": SCRIPT, "range": "5", "of": IMAGE},
    "gradient_flow": {"depth": "1e9", "activation": IMAGE, "loss": "x" * 5000, "seed": "-1", "freeze": "perhaps"},
    "home": {"depth": SCRIPT, "cure": "9" * 5000},
    "initializers": {"initializer": SCRIPT, "fan_in": "-inf", "seed": "1e99", "bins": IMAGE},
    "softmax": {"temperature": "0", "shift": "nan", "dtype": IMAGE},
}


@EVERY_PAGE
def test_a_hostile_address_shows_the_default_picture_and_a_notice_and_injects_nothing(visitor, page):
    default = visitor.open(url_path(page)).picture()
    hostile = [*HOSTILE.get(page, {}).items(), (IMAGE, SCRIPT), ("x" * 5000, "1"), ("unknown", "1"), ("unknown", "2")]
    visitor.open(url_path(page) + "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in hostile))
    assert visitor.picture() == default
    notice = visitor.page.locator(ALERT)
    assert notice.count() == 1
    assert notice.is_visible()
    text = notice.inner_text()
    assert "The link was not quite right" in text
    assert all(name in text for name in [*HOSTILE.get(page, {}), "unknown", IMAGE])
    assert len(text) < 2000
    assert visitor.page.evaluate("window.injected") is None
    assert visitor.page.locator("[data-testid=stMain] :is(script, iframe, [src='x'])").count() == 0
    assert_calm(visitor)


TEXT = "[data-testid=stTextArea] textarea, [data-testid=stTextInput] input"
OUTSIDE = "![picture](http://elsewhere.invalid/a.png)[link](http://elsewhere.invalid/b)http://elsewhere.invalid/c"
TYPED = [  # where an address can put free text; given twice it is quoted in another sentence
    "softmax?scores={0}",
    "softmax?scores={0}&scores={0}",
    "activations?of=a%20vector&scores={0}",
    "losses?p={0}&targets={0}",
    "networks?layers={0}",
]


@pytest.mark.parametrize("address", TYPED)
def test_text_from_an_address_is_shown_as_text_only(visitor, address):
    """It may be quoted in a sentence, but never become a link or a picture, which would call another host."""
    visitor.open(address.format(quote(OUTSIDE)), fewest=0)
    visitor.page.locator(ALERT).first.wait_for()
    assert visitor.page.locator(TEXT).count() > 0
    assert visitor.page.locator(f"{ALERT} :is(a, img)").count() == 0
    assert visitor.page.locator("[data-testid=stMain] :is([src*=elsewhere], [href*=elsewhere])").count() == 0
    assert_calm(visitor)


@pytest.mark.parametrize(
    ("address", "label", "value"),
    [
        ("softmax?scores=none&temperature=2&shift=3", "Temperature T", "2"),
        ("activations?of=a%20vector&scores=none&add=1", "Added to the first score", "1"),
    ],
)
def test_text_that_cannot_be_read_leaves_the_other_controls_alone(visitor, address, label, value):
    visitor.open(address, fewest=0)
    said = visitor.page.locator(ALERT).all_inner_texts()
    assert len(said) == 1  # the sentence about the text, no notice about the others
    assert "must be a number" in said[0]
    assert visitor.controls().get(label) == value
    assert dict(parse_qsl(urlsplit(visitor.address).query)) == dict(parse_qsl(urlsplit(address).query))


@pytest.mark.parametrize(("page", "key"), [("home", "depth"), ("activations", "z"), ("gradient_flow", "seed")])
def test_a_parameter_given_twice_is_named_in_a_notice(visitor, page, key):
    visitor.open(f"{url_path(page)}?{key}=2&{key}=2")
    assert f"{key} must be one" in visitor.page.locator(ALERT).inner_text()


def test_the_number_is_on_every_bar_of_a_hundred_layers(visitor):
    visitor.open("gradient_flow?depth=100&width=10")
    flow = visitor.page.get_by_role("figure").first
    numbers = flow.locator(".bartext").all_inner_texts()
    assert len(numbers) == 101
    assert all(number not in ("", "0", "0.0") for number in numbers)


def test_a_frozen_axis_stays_while_the_depth_changes(visitor):
    visitor.open("gradient_flow?freeze=true&axis=-30&axis=5")
    axis = "nnviz.plot(nnviz.charts()[0])._fullLayout.yaxis.range"
    assert visitor.page.evaluate(axis) == [-30, 5]
    visitor.do(lambda: visitor.page.get_by_role("slider", name="Hidden layers").press("End"))
    assert visitor.controls()["Hidden layers"] == "100"
    assert visitor.page.evaluate(axis) == [-30, 5]


def test_what_a_control_leaves_behind_is_no_complaint(visitor):
    """A control that goes away takes its parameter with it, and nobody is told that the link was wrong."""
    visitor.open("gradient_flow?freeze=true&axis=-30&axis=5&activation=relu&relu.negative_slope=0.3")
    visitor.page.get_by_text("Freeze the axis", exact=True).click()
    visitor.page.wait_for_function("!location.search.includes('axis')")
    assert "relu.negative_slope=0.3" in visitor.address
    assert visitor.page.locator(ALERT).count() == 0
