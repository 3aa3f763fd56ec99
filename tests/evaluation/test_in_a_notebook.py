"""What a notebook shows of an evaluation."""

from html.parser import HTMLParser

import torch

from crossent import Evaluation, Task, evaluate


class Cells(HTMLParser):
    """The texts of all cells, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag in ("td", "th"):
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.texts[-1] += data


def cells(evaluation: Evaluation) -> list[str]:
    shown = Cells()
    shown.feed(evaluation._repr_html_())
    assert shown.open == []
    return shown.texts


def test_figures_intervals_and_the_matrix() -> None:
    task = Task.binary(["no", "yes"])
    evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.3, 0.9], threshold=0.35)
    texts = cells(evaluation)
    for name, value in (("log loss", 0.3709), ("ROC AUC", 1.0), ("accuracy", 1.0)):
        assert texts[texts.index(name) + 1] == f"{value:.4f}"
    assert texts[texts.index("accuracy") + 2] == "0.5101 to 1.0000"
    assert texts[-6:] == ["no", "2", "0", "yes", "0", "2"]
    assert "decided at 0.35" in evaluation._repr_html_()


def test_names_are_text_whatever_they_hold() -> None:
    task = Task.multiclass(["<script>alert(1)</script>", "a & b", "c"])
    evaluation = evaluate(task, ["c"], probabilities=[[0.2, 0.2, 0.6]])
    assert "<script>" not in evaluation._repr_html_()
    assert "<script>alert(1)</script>" in cells(evaluation)
    assert "undefined" in cells(evaluation)


def test_many_classes_weights_and_no_rows_are_shown_too() -> None:
    several = Task.multilabel(["x", "y"])
    assert "2 labels: see compute().per_class" in evaluate(several, [["x"]], logits=[[1.0, 0.0]])._repr_html_()
    many = Task.multiclass(list(range(40)))
    evaluation = Evaluation.empty(many).update(torch.arange(40), logits=torch.eye(40))
    assert "40 classes: see compute().per_class" in evaluation._repr_html_()
    weighted = evaluate(Task.binary([0, 1]), [0, 1], logits=[0.0, 1.0], weights=[1.0, 2.0])
    texts = cells(weighted)
    assert " to " in texts[texts.index("accuracy") + 2]
    assert " to " in texts[texts.index("log loss") + 2]
    assert "no rows" in Evaluation.empty(several)._repr_html_()
