"""The file is there whole, or not at all."""

import re
from pathlib import Path

import pytest
import torch

from crossent import Evaluation, InputError, Task, report

EMPTY = Evaluation.empty(Task.binary(["no", "yes"]))
EVALUATION = EMPTY.update(torch.tensor([0, 1]), logits=torch.tensor([-1.0, 2.0]))


def test_the_file_holds_the_page(tmp_path: Path) -> None:
    report.write(tmp_path / "report.html", EVALUATION, title="Größe <1>", facts={"a": "b"})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page == report.html(EVALUATION, title="Größe <1>", facts={"a": "b"})
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    report.write(str(target), EVALUATION, title="new")
    assert "<title>new</title>" in target.read_text()


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(InputError, match="at least one labelled row"):
        report.write(target, EMPTY, title="none")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_crash_while_writing_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: object, _target: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match="cannot be written: disk full"):
        report.write(tmp_path / "report.html", EVALUATION, title="x")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_must_exist(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(InputError, match=re.escape(f"the folder of the report must exist; {str(missing)!r} does not")):
        report.write(missing / "report.html", EVALUATION, title="x")


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name a file in it, such as report"):
        report.write(tmp_path, EVALUATION, title="x")
