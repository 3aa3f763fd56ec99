"""What is exported is what is documented, and nothing else."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import crossent

ROOT = Path(__file__).parents[1]
PACKAGES = ("crossent", "crossent.functional", "crossent.nn", "crossent.data", "crossent.models", "crossent.training",
            "crossent.classifier", "crossent.calibration", "crossent.evaluation", "crossent.decisions",
            "crossent.estimator", "crossent.explanation", "crossent.export", "crossent.inspection",
            "crossent.report", "crossent.simulate")  # fmt: skip


def public_names(package: str) -> list[str]:
    """The classes and functions of crossent that a module shows."""
    members = inspect.getmembers(
        importlib.import_module(package), lambda it: inspect.isclass(it) or inspect.isfunction(it)
    )
    return [name for name, it in members if not name.startswith("_") and it.__module__.startswith("crossent")]


def test_the_top_level_exports_what_its_stub_says() -> None:
    stub = (ROOT / "src" / "crossent" / "__init__.pyi").read_text()
    names = re.findall(r"^from .* import \w+ as (\w+)$", stub, re.MULTILINE)
    assert set(names) | {"__version__"} <= {*dir(crossent), "__version__"}
    assert [name for name in names if getattr(crossent, name, None) is None] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_says_what_it_is(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__
    undocumented = [name for name in public_names(package) if not inspect.getdoc(getattr(module, name))]
    assert undocumented == []


@pytest.mark.parametrize("package", ["crossent", "crossent.functional", "crossent.nn"])
def test_every_public_name_stands_in_the_pages(package: str) -> None:
    pages = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])
    missing = [name for name in public_names(package) if not re.search(rf"\b{name}\b", pages)]
    assert missing == []
