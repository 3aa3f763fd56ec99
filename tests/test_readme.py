"""The commands in the README and the pages are run as they stand."""

import re
import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from crossent.cli._main import app

ROOT = Path(__file__).parents[1]


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("crossent ")]


def make_files() -> None:
    random = np.random.default_rng(0)
    months = random.integers(1, 60, 300)
    churned = np.where(random.random(300) < 1 / (1 + np.exp(months / 12)), "yes", "no")
    rows = pl.DataFrame({"months": months, "churned": churned})
    rows.write_csv("churn.csv")
    rows.write_csv("labelled.csv")
    rows.drop("churned").write_csv("new.csv")
    scored = rows.with_columns(
        probability_yes=pl.Series(random.random(300)), region=pl.Series(random.choice(["north", "south"], 300))
    )
    for name in ("scored", "monday", "tuesday"):
        scored.write_csv(f"{name}.csv")
    scored.drop("churned").write_csv("new-scores.csv")


@pytest.mark.parametrize("name", ["README.md", "docs/training.md", "docs/decisions.md", "docs/command-line.md"])
def test_the_pages_commands_work(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_files()
    lines = commands(ROOT / name)
    assert lines
    if name != "README.md":  # a page's reader has followed the README
        lines = [*commands(ROOT / "README.md")[:1], *lines]
    for line in lines:
        result = CliRunner().invoke(app, shlex.split(line)[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}"


def test_the_readmes_make_commands_are_in_the_makefile_and_run_by_ci() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text()
