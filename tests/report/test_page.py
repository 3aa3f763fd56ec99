"""The page holds what it should, and nothing that it should not."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import altair as alt
import pytest
import torch
import vl_convert
from typing_extensions import override

from crossent import Evaluation, Metrics, Task, report
from crossent.training import Epoch, History

EVIL = ["</script ><b>bold</b>", '"><img src=x onerror=alert(1)> & co']
HISTORY = History(tuple(Epoch(k, 1 / k, 1 / k + 0.01 * k, 1e5) for k in range(1, 13)), 9, "finished")
VOID = {"meta", "img", "br", "link", "input", "hr"}


@dataclass
class Page(HTMLParser):
    """What a browser would make of a page."""

    source: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        self.texts.setdefault(tag, []).append("")

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"
        self._add(" ")

    @override
    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, data: str) -> None:
        for tag in {"script"} if "script" in self.open else set(self.open):
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts["body"][0].split())

    def json(self, name: str) -> dict[str, Any]:
        place = [attributes.get("id") for attributes in self.all("script")].index(name)
        return json.loads(self.texts["script"][place])

    def specs(self) -> dict[str, dict[str, Any]]:
        names = [attributes.get("data-chart") for attributes in self.all("div")]
        return {name: self.json(name) for name in names if name}


def binary(rows: int = 300, classes: list[str] | None = None) -> Evaluation:
    torch.manual_seed(0)
    labels = (torch.rand(rows) < 0.2).long()
    return Evaluation.empty(Task.binary(classes or ["no", "yes"]), threshold=0.4).update(
        labels, logits=2 * labels - 2 + torch.randn(rows)
    )


def multiclass(classes: int, rows: int = 2000) -> Evaluation:
    torch.manual_seed(0)
    labels = torch.randint(0, classes, (rows,))
    logits = torch.randn(rows, classes).scatter_add(1, labels.unsqueeze(1), torch.full((rows, 1), 3.0))
    return Evaluation.empty(Task.multiclass([f"class number {k}" for k in range(classes)])).update(
        labels, logits=logits
    )


def multilabel() -> Evaluation:
    torch.manual_seed(0)
    labels = (torch.rand(200, 3) < 0.3).long()
    return Evaluation.empty(Task.multilabel(["comedy", "drama", "noir"])).update(
        labels, logits=2 * labels - 1 + torch.randn(200, 3)
    )


def one_row() -> Evaluation:
    return Evaluation.empty(Task.binary(["no", "yes"])).update(torch.tensor([1]), probabilities=torch.tensor([0.7]))


def page(evaluation: Evaluation, *, history: History | None = None) -> Page:
    return Page(report.html(evaluation, title="Which one?", history=history, facts={"Rows": "some"}))


def longest(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a chart's largest data set."""
    return max(spec["datasets"].values(), key=len)


EVALUATIONS = {
    "binary": binary(),
    "evil": binary(classes=EVIL),
    "three": multiclass(3),
    "letters": multiclass(26),
    "many": multiclass(200, 5000),
    "multilabel": multilabel(),
    "one row": one_row(),
}


@pytest.fixture(scope="module", params=EVALUATIONS)
def any_page(request: pytest.FixtureRequest) -> tuple[Page, Metrics]:
    evaluation = EVALUATIONS[request.param]
    return page(evaluation, history=HISTORY), evaluation.compute()


def test_it_is_well_formed(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    assert found.open == []
    names = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(set(names)) == len(names)
    targets = [attributes.get("href") or "" for attributes in found.all("a")]
    assert targets
    assert {target.removeprefix("#") for target in targets} <= set(names)


def test_nothing_is_fetched(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    for tag, attributes in found.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert "src" not in attributes
        assert not (attributes.get("href") or "#").startswith("http")
    assert "@import" not in found.texts["style"][0]
    assert "url(" not in found.texts["style"][0]
    for spec in found.specs().values():
        assert "http" not in json.dumps(spec)


def test_its_policy_lets_its_own_scripts_run_and_no_others(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    policy = next(a["content"] or "" for a in found.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    code = [
        text
        for attributes, text in zip(found.all("script"), found.texts["script"], strict=True)
        if attributes.get("type") != "application/json"
    ]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in code}
    assert set(re.findall(r"'sha256-[^']+'", policy)) == hashes
    assert len(code) == 2
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


def test_it_is_small(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    assert len(found.source.encode()) < 3_000_000


def test_every_class_and_its_figures_stand_in_it(any_page: tuple[Page, Metrics]) -> None:
    found, metrics = any_page
    rows = [" ".join(text.split()) for text in found.texts["tr"]]
    for scores in metrics.per_class:
        name = re.escape(" ".join(str(scores.label).split()))
        figures = [f"{value:.3f}" for value in (scores.precision, scores.recall, scores.f1)]
        wanted = name + "".join(rf" {each}( [0-9.]+ to [0-9.]+)?" for each in figures)
        assert any(re.match(wanted, row) for row in rows), scores


def test_every_chart_is_valid_and_has_its_words(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    specs = found.specs()
    assert {"chart-reliability", "chart-histogram", "chart-loss"} <= set(specs)
    for spec in specs.values():
        alt.Chart.from_dict(spec | {"datasets": {}}).to_dict(validate=True)  # thousands of rows take long to check
        assert vl_convert.vegalite_to_vega(spec, vl_version="6.1")["marks"]
    labels = [attributes["aria-label"] for attributes in found.all("div") if "data-chart" in attributes]
    assert labels == [" ".join(words.split()) for words in found.texts["figcaption"]]


def test_its_headings_descend_one_level_at_a_time(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_what_scrolls_can_be_reached_with_the_keyboard(any_page: tuple[Page, Metrics]) -> None:
    found, _ = any_page
    boxes = [a for a in found.all("div") if "scroll" in (a.get("class") or "").split()]
    assert boxes
    assert all(a.get("tabindex") == "0" and a.get("role") == "region" and a.get("aria-label") for a in boxes)


def test_a_chart_can_be_drawn() -> None:
    found = page(EVALUATIONS["binary"])
    spec = found.specs()["chart-histogram"]
    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.1", config=found.json("chart-style"))
    assert "probability of “yes”" in svg
    assert "threshold 0.4" in svg


def test_class_names_cannot_become_markup() -> None:
    found = Page(report.html(EVALUATIONS["evil"], title=EVIL[0], facts={EVIL[0]: EVIL[1]}))
    assert not {"b", "img"} & {tag for tag, _ in found.tags}
    assert found.texts["h1"] == [EVIL[0]]
    assert EVIL[1] in found.texts["dd"]
    assert EVIL[1] in found.text
    assert EVIL[0] in json.dumps(found.json("chart-histogram"))
    data = [
        text
        for a, text in zip(found.all("script"), found.texts["script"], strict=True)
        if a.get("type") == "application/json"
    ]
    assert data
    assert not any("<" in text or ">" in text for text in data)


def test_the_figures_are_those_of_the_metrics() -> None:
    found, metrics = page(EVALUATIONS["binary"]), EVALUATIONS["binary"].compute()
    none = metrics.majority
    assert none is not None
    for words in (
        f"Accuracy {metrics.accuracy:.1%} always “no”: {none.accuracy:.1%}",
        f"Log loss {metrics.log_loss:.3f} shares alone: {none.log_loss:.3f}",
        f"Brier score {metrics.brier:.3f} shares alone: {none.brier:.3f}",
        f"ROC AUC {metrics.roc_auc:.3f} a coin: 0.5",
        f"Average precision {metrics.average_precision:.3f} a coin: {metrics.per_class[1].support / 300:.3f}",
        "decided “yes” from a probability of 0.4",
    ):
        assert words in found.text


def test_the_confusion_matrix_shows_counts_and_shares() -> None:
    found, metrics = page(EVALUATIONS["binary"]), EVALUATIONS["binary"].compute()
    (right, alarm), (missed, hit) = metrics.confusion_matrix.tolist()
    row = next(text for text in found.texts["tr"] if text.strip().startswith("“no”"))
    rest = f"{right} {right / (right + alarm):.1%} of the row {right / (right + missed):.1%} of the column"
    alarms = f"{alarm} {alarm / (right + alarm):.1%} of the row {alarm / (alarm + hit):.1%} of the column"
    assert " ".join(row.split()) == f"“no” {rest} {alarms}"


def test_the_confusion_matrix_of_three_classes_has_what_its_shares_are_of() -> None:
    found, matrix = page(EVALUATIONS["three"]), EVALUATIONS["three"].compute().confusion_matrix
    cells = [attributes for attributes in found.all("td") if "data-count" in attributes]
    assert [int(cell["data-count"] or "") for cell in cells] == matrix.flatten().tolist()
    assert [int(cell["data-row"] or "") for cell in cells[:3]] == [int(matrix[0].sum())] * 3
    assert [int(cell["data-column"] or "") for cell in cells[:3]] == matrix.sum(dim=0).tolist()
    assert {float(cell["data-rows"] or "") for cell in cells} == {2000}


def test_the_commonest_confusion_of_many_classes_is_named() -> None:
    labels = torch.arange(12).repeat(5)
    decided = labels.clone()
    decided[:4] = 11
    decided[12] = 7  # a second mistake on class 0
    decided[24] = 7
    logits = torch.nn.functional.one_hot(decided, 12) * 9.0
    evaluation = Evaluation.empty(Task.multiclass([f"c{k}" for k in range(12)])).update(labels, logits=logits)
    found = page(evaluation)
    assert "The commonest confusion: 2 rows of “c0” decided as “c7”." in found.text
    assert found.specs()["chart-confusion"]["datasets"]["cells"][0] == {"t": 4, "d": 4, "n": 5}


def test_undefined_figures_are_dashes_with_reasons() -> None:
    found = page(EVALUATIONS["one row"])
    assert "ROC AUC" in found.text
    assert "undefined: every row is 'yes'" in found.text
    assert "chart-roc" not in found.specs()
    assert "nan" not in found.text.lower()


def test_the_training_is_shown_only_where_there_was_one() -> None:
    found = page(EVALUATIONS["binary"])
    assert "chart-loss" not in found.specs()
    assert "Training" not in found.texts["h2"]
    with_one = page(EVALUATIONS["binary"], history=HISTORY)
    assert "Loss of 12 epochs; the weights of epoch 9 were kept" in with_one.text


def test_losses_that_are_not_finite_are_left_out() -> None:
    broken = History((Epoch(1, 0.5, float("nan"), 1.0), Epoch(2, float("inf"), 0.4, 1.0)), 2, "finished")
    data = page(EVALUATIONS["binary"], history=broken).specs()["chart-loss"]["datasets"]
    assert sorted(len(rows) for rows in data.values()) == [1, 2]


def test_curves_are_thinned_and_the_area_stays_exact() -> None:
    evaluation = binary(100_000)
    found, metrics = page(evaluation), evaluation.compute()
    assert f"area under it {metrics.roc_auc:.3f}" in found.text
    cuts = found.json("cuts")["classes"][0]
    assert 1_000 < len(cuts["hits"]) <= 2_500
    positives, negatives = cuts["hits"][-1], cuts["alarms"][-1]
    points = list(zip(cuts["alarms"], cuts["hits"], strict=True))
    area = sum((bx - ax) * (ay + by) / 2 for (ax, ay), (bx, by) in pairwise(points)) / (positives * negatives)
    assert area == pytest.approx(metrics.roc_auc, abs=1e-5)
    assert f"The slider has {len(points):,} of " in found.text
    assert len(found.source.encode()) < 1_200_000


def test_the_same_evaluation_gives_the_same_page() -> None:
    assert report.html(binary(), title="x") == report.html(binary(), title="x")


def test_long_names_are_cut_but_stay_distinct_in_charts() -> None:
    names = ["a very long class name that goes on and on " + end for end in ("one", "two", "three")]
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (60,))
    evaluation = Evaluation.empty(Task.multiclass(names)).update(labels, logits=torch.randn(60, 3))
    points = longest(page(evaluation).specs()["chart-roc-classes"])
    assert len({point["c"] for point in points}) == 4


def test_evaluating_needs_no_charts() -> None:
    code = "import sys, crossent.evaluation; sys.exit(bool({'altair', 'vl_convert', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_a_very_long_class_name_is_cut_where_it_would_fill_the_page_and_stands_whole_as_its_title(kind: str) -> None:
    names = ["a" * 300, "b" * 300] + (["c"] if kind == "multiclass" else [])
    task = Task.binary(names) if kind == "binary" else Task.multiclass(names)
    torch.manual_seed(0)
    shape = (60,) if kind == "binary" else (60, 3)
    page = report.html(
        Evaluation.empty(task).update(torch.randint(0, len(names), (60,)), logits=torch.randn(shape)), title="x"
    )
    parts = re.findall(r'<table class="matrix".*?</table>|<p class="still">.*?</p>', page, re.DOTALL)
    seen = re.sub(r"<[^>]*>", "", "".join(parts))
    assert "a" * 27 + "…" in seen
    assert not re.search("a{60}|b{60}", seen)
    assert f'title="{names[1]}"' in page


def test_the_curves_say_whose_they_are() -> None:
    torch.manual_seed(0)
    for classes, seen, whose in ((3, 3, "all 3 classes"), (3, 2, "the 2 classes that have a ROC AUC"),
                                 (8, 7, "the 5 classes with the lowest ROC AUC")):  # fmt: skip
        labels, logits = torch.arange(90) % seen, torch.randn(90, classes)
        page = report.html(
            Evaluation.empty(Task.multiclass(list(range(classes)))).update(labels, logits=logits), title="x"
        )
        assert f"ROC curves of {whose}, each against all others" in page
        assert f"Precision-recall curves of {whose}, each against all others" in page
