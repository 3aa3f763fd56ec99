"""Batches, files and machines give one answer."""

import re
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crossent import Evaluation, InputError, Task
from crossent.evaluation import class_curves

TASK = Task.multiclass(["a", "b", "c"], ignored="?")


def rows(count: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    return torch.randint(0, 3, (count,)), torch.randn(count, 3)


def evaluated(labels: Tensor, logits: Tensor) -> Evaluation:
    return Evaluation.empty(TASK).update(labels, logits=logits)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=6))
def test_any_split_into_batches_gives_the_same_bits(cuts: list[int]) -> None:
    labels, logits = rows(60)
    edges = [0, *sorted(cuts), 60]
    evaluation = Evaluation.empty(TASK)
    for start, stop in pairwise(edges):
        evaluation = evaluation.update(labels[start:stop], logits=logits[start:stop])
    assert evaluation.rows == 60
    assert evaluation.compute().to_dict() == evaluated(labels, logits).compute().to_dict()


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(0, 30)] * 3))
def test_merging_is_associative(sizes: tuple[int, int, int]) -> None:
    labels, logits = rows(max(sum(sizes), 1))
    parts = (
        [
            evaluated(part, scores)
            for part, scores in zip(labels.split(list(sizes)), logits.split(list(sizes)), strict=True)
        ]
        if sum(sizes)
        else [evaluated(labels, logits)] * 3
    )
    a, b, c = parts
    left, right = a.merge(b).merge(c), a.merge(b.merge(c))
    assert left.compute().to_dict() == right.compute().to_dict()
    if sum(sizes):
        assert left.compute().to_dict() == evaluated(labels, logits).compute().to_dict()


def test_the_order_of_merging_does_not_change_figures() -> None:
    labels, logits = rows(100)
    a, b = evaluated(labels[:37], logits[:37]), evaluated(labels[37:], logits[37:])
    forth, back = a.merge(b).compute().to_dict(), b.merge(a).compute().to_dict()
    for name in ("accuracy", "roc_auc", "average_precision", "confusion_matrix", "macro"):
        assert forth[name] == back[name]
    assert forth["log_loss"] == pytest.approx(back["log_loss"], abs=1e-15)


def test_an_empty_evaluation_changes_nothing() -> None:
    full, empty = evaluated(*rows(20)), Evaluation.empty(TASK)
    for merged in (full.merge(empty), empty.merge(full)):
        assert merged.compute().to_dict() == full.compute().to_dict()


def test_updating_leaves_the_evaluation_and_the_tensors_as_they_were() -> None:
    labels, logits = rows(10)
    logits = logits.double()
    before = evaluated(labels, logits)
    figures = before.compute().to_dict()
    before.update(labels, logits=logits)
    logits.zero_()
    labels.zero_()
    assert before.rows == 10
    assert before.compute().to_dict() == figures


def test_many_small_updates_stay_cheap() -> None:
    labels, logits = rows(5)
    evaluation = Evaluation.empty(TASK)
    for _ in range(1000):
        evaluation = evaluation.update(labels, logits=logits)
    assert evaluation.rows == 5000
    assert len(evaluation._chunks) < 12  # as one, or as 1,000, the rows would be copied again and again


def test_equal_rows_are_ties_wherever_they_stand() -> None:
    """Vectorised arithmetic must not give equal rows different last bits."""
    torch.manual_seed(0)
    row = torch.randn(1, 26)
    for count in (1, 7, 33, 1001):
        evaluation = Evaluation.empty(Task.multiclass(list(range(26))))
        evaluation = evaluation.update(torch.arange(count) % 26, logits=row.expand(count, 26))
        assert {len(roc.thresholds) for roc, _ in class_curves(evaluation)} == {2}


def test_ignored_rows_are_counted_and_take_no_part() -> None:
    labels, logits = rows(20)
    holed = labels.clone()
    holed[::4] = -100
    kept = holed != -100
    metrics = evaluated(holed, logits).compute()
    assert (metrics.rows, metrics.ignored) == (15, 5)
    parts = evaluated(holed[:9], logits[:9]).merge(evaluated(holed[9:], logits[9:]))
    assert parts.compute().to_dict() == metrics.to_dict()
    assert metrics.to_dict() | {"ignored": 0} == evaluated(labels[kept], logits[kept]).compute().to_dict()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Evaluation.empty(Task.multiclass(["b", "a", "c"])), "only evaluations of one task merge"),
        (
            Evaluation.empty(TASK).update(torch.tensor([0]), probabilities=torch.tensor([[1.0, 0.0, 0.0]])),
            "only evaluations of one kind of scores merge; got logits and probabilities",
        ),
    ],
)
def test_what_does_not_belong_together_does_not_merge(other: Evaluation, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        evaluated(*rows(3)).merge(other)


def test_thresholds_must_agree() -> None:
    task = Task.binary(["no", "yes"])
    with pytest.raises(InputError, match=r"only evaluations of one threshold merge; got 0\.5 and 0\.3"):
        Evaluation.empty(task).merge(Evaluation.empty(task, threshold=0.3))


def test_logits_and_probabilities_do_not_mix() -> None:
    with pytest.raises(InputError, match="this one began with logits"):
        evaluated(*rows(3)).update(torch.tensor([0]), probabilities=torch.tensor([[1.0, 0.0, 0.0]]))
