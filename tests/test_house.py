"""The house: who may import whom, what the package shows of itself, and what every registry entry carries."""

import ast
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

import nnviz

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = sorted((ROOT / "nnviz").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
SHOWS = [*PAGES, *sorted(ROOT.glob("*.py"))]  # the pages and app.py


def _module(path):
    """The dotted name of a file: nnviz/web/chart.py is nnviz.web.chart, nnviz/__init__.py is nnviz."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path):
    """Every module that a file imports, at whatever depth, and importlib.import_module("…") too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = _module(path).split(".")
            if path.name != "__init__.py":
                package = package[:-1]
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            base = base if node.level else node.module
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return found


def _imported_from(path, *packages):
    return {name for name in _imports(path) for package in packages if f"{name}.".startswith(f"{package}.")}


def _room(path):
    below = path.relative_to(ROOT / "nnviz").parts
    return below[0] if len(below) > 1 else "core"


FORBIDDEN = {
    "core": ["plotly", "streamlit", "nnviz.figures", "nnviz.web", "pages"],
    "figures": ["streamlit", "tensorflow", "keras", "nnviz.web", "pages"],
    "web": ["pages"],
}


def test_the_house_is_where_it_is_expected():
    assert {_room(path) for path in PACKAGE} <= set(FORBIDDEN)
    assert {"nnviz", "nnviz.activations", "nnviz.gradients"} <= {_module(path) for path in PACKAGE}


@pytest.mark.parametrize("path", PACKAGE, ids=_module)
def test_imports_point_only_downwards(path):
    assert not _imported_from(path, *FORBIDDEN[_room(path)])


@pytest.mark.parametrize("path", [*PACKAGE, *SHOWS], ids=_module)
def test_only_web_pages_and_the_app_know_streamlit(path):
    knows = _imported_from(path, "streamlit")
    assert not knows or path in SHOWS or _room(path) == "web"


def test_the_core_does_not_lean_on_its_own_face():
    face = {f"nnviz.{name}" for name in nnviz.__all__}
    core = [path for path in PACKAGE if _room(path) == "core" and path.name != "__init__.py"]
    assert not {_module(path): _imports(path) & face for path in core if _imports(path) & face}


def test_no_module_imports_itself_through_others():
    names = {_module(path) for path in PACKAGE}
    graph = {}
    for path in PACKAGE:
        found = _imports(path) & names
        packages = {name for name in found if any(other.startswith(f"{name}.") for other in found)}
        graph[_module(path)] = found - packages  # from nnviz import _rules: the module, not the package
    assert set(TopologicalSorter(graph).static_order()) >= names  # CycleError names the circle


def test_the_import_reader_reads_every_kind_of_import(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    file = tmp_path / "nnviz" / "web" / "some.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "import a.b, c\nfrom d import e\nfrom . import chart\nfrom .. import softmax\nfrom ..figures import style\n"
        "def later():\n    import f\n    importlib.import_module('g.h')\n"
    )
    expected = {"a.b", "c", "d", "f", "g.h", "nnviz.web.chart", "nnviz.softmax", "nnviz.figures.style"}
    assert expected <= _imports(file)


def test_every_page_is_named_in_the_dashboard():
    dashboard = (ROOT / "nnviz" / "web" / "dashboard.py").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", dashboard))
    assert PAGES
    assert {path.stem for path in PAGES} <= words


def test_the_public_face_is_what_is_importable():
    public = {
        name for name, value in vars(nnviz).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public == set(nnviz.__all__)
    assert len(nnviz.__all__) == len(set(nnviz.__all__))


@pytest.mark.parametrize("name", nnviz.__all__)
def test_every_public_name_is_documented_and_comes_from_the_core(name):
    value = getattr(nnviz, name)
    module = getattr(value, "__module__", None)
    if callable(value):
        assert value.__doc__.strip()
        assert _room(Path(importlib.import_module(module).__file__)) == "core"


ENTRIES = {
    f"{registry}-{name}": entry
    for registry in ("ACTIVATIONS", "INITIALIZERS", "LOSSES")
    for name, entry in getattr(nnviz, registry).items()
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_entry_has_a_formula_and_an_insight_of_one_sentence(entry):
    assert entry.formula.strip()
    assert entry.formula.count("{") == entry.formula.count("}")
    assert entry.insight.endswith(".")
    assert entry.insight[0].isupper() or not entry.insight[0].isalpha()
    assert "\n" not in entry.insight


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_entry_has_a_source_and_its_address(entry):
    assert entry.source.strip()
    assert re.fullmatch(r"https://[\w.-]+/\S*", entry.url)


@pytest.mark.parametrize("registry", ["DATASETS", "OUTPUTS"])
def test_every_choice_says_what_it_is_in_one_sentence(registry):
    for choice in getattr(nnviz, registry).values():
        assert getattr(choice, "insight", choice).endswith(".")


@pytest.mark.parametrize("registry", ["ACTIVATIONS", "INITIALIZERS", "LOSSES", "DATASETS"])
def test_a_registry_is_keyed_by_the_names_of_its_entries_and_read_only(registry):
    entries = getattr(nnviz, registry)
    assert all(name == entry.name for name, entry in entries.items())
    with pytest.raises(TypeError):
        entries["mine"] = None


PARAMETERS = {
    f"{name}-{parameter.name}": (entry, parameter)
    for name, entry in ENTRIES.items()
    for parameter in getattr(entry, "parameters", ())
}


@pytest.mark.parametrize(("entry", "parameter"), PARAMETERS.values(), ids=PARAMETERS)
def test_every_parameter_explains_itself_and_offers_what_the_rule_allows(entry, parameter):
    assert parameter.meaning.strip()
    if parameter.choices:
        assert parameter.default in parameter.choices
    elif not isinstance(parameter.default, bool):
        for value in (parameter.low, parameter.high, parameter.low + parameter.step):
            assert parameter.check(entry.name, value) == value
        assert parameter.default is None or parameter.low <= parameter.default <= parameter.high
