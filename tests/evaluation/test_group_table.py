"""The table of groups is made of each group's own evaluation."""

import polars as pl
import pytest
import torch

from crossent import Evaluation, InputError, Task, evaluate
from crossent.evaluation import crossed_groups, group_table, interval

BINARY = Task.binary(["no", "yes"])


def grouped(rows: int = 400) -> tuple[torch.Tensor, torch.Tensor, pl.DataFrame]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(2, (rows,), generator=generator)
    logits = torch.randn(rows, generator=generator) + labels
    places = torch.randint(2, (rows, 2), generator=generator)
    regions = [["north", "south"][place] for place in places[:, 0].tolist()]
    return labels, logits, pl.DataFrame({"region": regions, "member": places[:, 1].bool().tolist()})


def test_each_row_is_the_evaluation_of_its_rows_alone() -> None:
    labels, logits, columns = grouped()
    groups = crossed_groups(columns)
    table = group_table(Evaluation.empty(BINARY).update(labels, logits=logits, groups=groups), confidence=0.9)
    assert table["group"].to_list() == ["north, false", "north, true", "south, false", "south, true"]
    assert table["rows"].sum() == 400
    for record in table.iter_rows(named=True):
        mine = torch.from_numpy((groups == record["group"]).to_numpy())
        alone = Evaluation.empty(BINARY).update(labels[mine], logits=logits[mine])
        for name in ("log_loss", "accuracy", "recall", "precision", "roc_auc"):
            found = interval(alone, name, confidence=0.9)
            assert (record[name], record[f"{name}_low"], record[f"{name}_high"]) == (found.value, found.low, found.high)


def test_a_small_group_is_shown_with_its_wide_interval() -> None:
    labels, logits, _ = grouped()
    table = group_table(
        Evaluation.empty(BINARY).update(labels, logits=logits, groups=["few"] * 2 + ["many"] * 398), ["accuracy"]
    )
    widths = dict(zip(table["group"], table["accuracy_high"] - table["accuracy_low"], strict=True))
    assert widths["few"] > 0.5 > 0.1 > widths["many"]


def test_what_is_undefined_or_without_an_interval_is_null() -> None:
    task = Task.multiclass(["a", "b", "c"])
    scores = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.2, 0.1, 0.7], [0.6, 0.2, 0.2]]
    evaluation = evaluate(task, ["a", "b", "c", "a"], probabilities=scores, groups=[1, 1, 1, 2])
    first, second = group_table(evaluation, ["equal_error_rate", "f_score"]).iter_rows(named=True)
    assert (first["group"], first["equal_error_rate"], first["equal_error_rate_low"]) == ("1", 0.0, None)
    assert first["f_score"] == 1.0
    assert (second["equal_error_rate"], second["equal_error_rate_high"]) == (None, None)


def test_mistakes_are_named() -> None:
    evaluation = evaluate(BINARY, ["no", "yes"], logits=[0.0, 1.0])
    with pytest.raises(
        InputError, match=r"^a table of groups needs rows with groups: give groups to evaluate or update$"
    ):
        group_table(evaluation)
    grouped_rows = evaluate(BINARY, ["no", "yes"], logits=[0.0, 1.0], groups=["a", "b"])
    with pytest.raises(InputError, match=r"^there is no figure 'acuracy': did you mean 'accuracy'\?$"):
        group_table(grouped_rows, ["acuracy"])
    message = r"^groups must be names; column 'age' is Float64: cut it into ranges first$"
    with pytest.raises(InputError, match=message):
        crossed_groups(pl.DataFrame({"age": [1.5]}))
