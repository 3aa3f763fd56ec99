"""Decisions that come with the rows, judged in place of the most probable class."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

from crossent import Evaluation, InputError, Task

TASK = Task.multiclass(["a", "b", "c"], ignored="?")
RANDOM = torch.Generator().manual_seed(0)
LOGITS = torch.randn(200, 3, generator=RANDOM, dtype=torch.float64)
LABELS = torch.randint(0, 3, (200,), generator=RANDOM).index_fill(0, torch.tensor([3, 77]), -100)
DECISIONS = torch.randint(0, 3, (200,), generator=RANDOM)


@pytest.mark.parametrize("groups", [None, ["x", "y"] * 100])
def test_the_confusion_matrix_is_of_the_decisions_and_all_else_of_the_scores(groups: list[str] | None) -> None:
    given = Evaluation.empty(TASK).update(LABELS, logits=LOGITS, decisions=DECISIONS, groups=groups).compute()
    plain = Evaluation.empty(TASK).update(LABELS, logits=LOGITS).compute()
    kept = LABELS >= 0
    np.testing.assert_array_equal(given.confusion_matrix, confusion_matrix(LABELS[kept], DECISIONS[kept]))
    assert given.accuracy == pytest.approx(float((LABELS[kept] == DECISIONS[kept]).double().mean()))
    assert (given.log_loss, given.roc_auc) == (plain.log_loss, plain.roc_auc)


def test_the_decisions_of_the_scores_themselves_change_nothing() -> None:
    weights = torch.rand(200, generator=RANDOM)
    given = Evaluation.empty(TASK).update(LABELS, logits=LOGITS, decisions=LOGITS.argmax(dim=1), weights=weights)
    plain = Evaluation.empty(TASK).update(LABELS, logits=LOGITS, weights=weights)
    assert given.compute().to_dict() == plain.compute().to_dict()


def test_parts_merge_and_come_back_from_a_file(tmp_path: Path) -> None:
    whole = Evaluation.empty(TASK).update(LABELS, logits=LOGITS, decisions=DECISIONS)
    parts = [
        Evaluation.empty(TASK).update(LABELS[at], logits=LOGITS[at], decisions=DECISIONS[at])
        for at in (slice(0, 60), slice(60, None))
    ]
    merged = parts[1].merge(parts[0])
    assert merged.to_bytes() == whole.to_bytes()
    merged.save(tmp_path / "state")
    assert Evaluation.load(tmp_path / "state").to_bytes() == whole.to_bytes()


def test_decisions_are_given_with_all_rows_or_with_none() -> None:
    plain = Evaluation.empty(TASK).update(LABELS, logits=LOGITS)
    with pytest.raises(InputError) as error:
        plain.update(LABELS, logits=LOGITS, decisions=DECISIONS)
    message = "decisions are given with all rows, or with none; got both: give them with each update"
    assert str(error.value) == message
    for decisions, message in (
        (DECISIONS[:9], "each of the 200 rows must have a decision; 9 have one"),
        (LABELS, "each of the 200 rows must have a decision; 198 have one"),
    ):
        with pytest.raises(InputError) as error:
            Evaluation.empty(TASK).update(LABELS, logits=LOGITS, decisions=decisions)
        assert str(error.value) == message
    with pytest.raises(InputError) as error:
        Evaluation.empty(Task.binary(["a", "b"])).update(
            torch.tensor([0]), logits=torch.tensor([0.3]), decisions=torch.tensor([1])
        )
    assert str(error.value) == "decisions are given for a multiclass task; a binary one decides by its threshold"
