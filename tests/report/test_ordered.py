"""What a report says of ordered classes, and of no others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from crossent import Evaluation, Task, report
from crossent.cli._show import show_figures
from crossent.evaluation import figure, interval

NAME = "ranked_probability_score"
CLASSES = ["low", "middle", "high"]


def evaluation(*, ordered: bool = True, grouped: bool = False) -> Evaluation:
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (120,))
    logits = torch.randn(120, 3) - (torch.arange(3) - labels[:, None]).abs()
    groups = ["x", "y"] * 60 if grouped else None
    return Evaluation.empty(Task.multiclass(CLASSES, ordered=ordered)).update(labels, logits=logits, groups=groups)


def tiles(page: str) -> dict[str, tuple[str, str]]:
    found = re.findall(
        r'<dt>([^<]*)</dt><dd class="value">([^<]*)</dd><dd class="beside">([^<]*)</dd>', page.split("</dl>")[0]
    )
    return {name: (value, beside) for name, value, beside in found}


def test_the_page_has_it_beside_what_the_shares_alone_score_and_says_what_it_is() -> None:
    ordered = evaluation()
    page, metrics = report.html(ordered, title="x"), ordered.compute()
    assert metrics.majority is not None
    alone = metrics.majority.ranked_probability_score
    assert tiles(page)["Ranked probability score"] == (
        f"{metrics.ranked_probability_score:.3f}",
        f"shares alone: {alone:.3f}",
    )
    assert tiles(page)["Quadratic kappa"] == (f"{figure(ordered, 'quadratic_kappa').value:.3f}", "by chance: 0")
    assert "<dt>Ranked probability score</dt>" in page
    assert "<dt>Quadratic kappa</dt>" in page
    assert "3 ordered classes" in page


def test_of_classes_without_an_order_nothing_says_a_word_of_it(tmp_path: Path) -> None:
    plain = evaluation(ordered=False, grouped=True)
    for name in ("x.html", "x.json", "x.md", "x.svg"):
        report.write(tmp_path / name, plain, title="x")
        text = (tmp_path / name).read_text().lower()
        assert not re.search(r"ranked.probability|quadratic.kappa|ordered class", text)


def test_groups_have_it_with_its_interval() -> None:
    grouped = evaluation(grouped=True)
    page = report.html(grouped, title="x")
    rows = page.split('id="group-table"')[1].split("</table>")[0]
    assert "Ranked probability score</button>" in rows
    for each in (grouped, *grouped.groups.values()):
        found = interval(each, NAME)
        assert f'{found.value:.3f} <span class="interval">{found.low:.3f} to {found.high:.3f}</span>' in rows


def test_json_has_it_with_its_interval(tmp_path: Path) -> None:
    ordered = evaluation(grouped=True)
    report.write(tmp_path / "x.json", ordered, title="x")
    record = json.loads((tmp_path / "x.json").read_text())
    assert record["metrics"][NAME] == figure(ordered, NAME).value
    for name in (NAME, "quadratic_kappa"):
        assert record["intervals"][name]["low"] == interval(ordered, name).low
    assert set(record["groups"]["x"]) >= {NAME, "quadratic_kappa"}


def test_the_card_has_it_with_its_interval() -> None:
    ordered = evaluation()
    card, found = report.model_card(ordered, title="x"), interval(ordered, NAME)
    assert f"| ranked probability score | {found.value:.4f} | {found.low:.4f} to {found.high:.4f} |" in card
    assert "| quadratic kappa |" in card
    assert "- Kind: multiclass, with ordered classes" in card


def test_the_notebook_has_it() -> None:
    ordered = evaluation()
    shown = ordered._repr_html_()
    assert f"{figure(ordered, NAME).value:.4f}" in shown.split("ranked probability score")[1]
    assert f"{figure(ordered, 'quadratic_kappa').value:.4f}" in shown.split("quadratic kappa")[1]
    assert "quadratic kappa" not in evaluation(ordered=False)._repr_html_()


def test_the_terminal_has_it_beside_what_the_shares_alone_score(capsys: pytest.CaptureFixture[str]) -> None:
    ordered = evaluation()
    metrics = ordered.compute()
    assert metrics.majority is not None
    show_figures(ordered, rows="rows")
    lines = {line.split("  ")[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    ranked = (metrics.ranked_probability_score, metrics.majority.ranked_probability_score)
    assert lines["ranked probability score (lower is better)"][-2:] == [f"{each:.4f}" for each in ranked]
    assert lines["quadratic kappa"][-1] == f"{metrics.quadratic_kappa:.4f}"
    show_figures(evaluation(ordered=False), rows="rows")
    assert "quadratic kappa" not in capsys.readouterr().out
