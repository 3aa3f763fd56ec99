"""Labels and some model's probabilities, side by side in one table."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from crossent import InputError, Task, evaluate_scored
from crossent.evaluation import ScoredColumns, crossed_groups

TRUTH = ["no", "yes", "no", "yes", "no"]
SCORES = [0.2, 0.7, 0.6, 0.9, 0.1]


def frame(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame(columns)


@pytest.mark.parametrize("name", ["yes", "probability_yes"])
def test_the_name_of_a_column_says_which_class_it_is_of(name: str) -> None:
    metrics = evaluate_scored(frame(y=TRUTH, **{name: SCORES}), label="y", probability=[name]).compute()
    assert metrics.task.positive == "yes"
    assert metrics.roc_auc == pytest.approx(roc_auc_score([t == "yes" for t in TRUTH], SCORES))


def test_a_column_may_be_of_the_class_that_comes_first() -> None:
    metrics = evaluate_scored(frame(y=TRUTH, no=SCORES), label="y", probability=["no"]).compute()
    assert metrics.task.positive == "no"
    assert metrics.roc_auc == pytest.approx(roc_auc_score([t == "no" for t in TRUTH], SCORES))


@pytest.mark.parametrize("labels", [[0, 1, 0, 1, 0], [False, True, False, True, False]])
def test_beside_labels_of_0_and_1_a_column_is_of_1(labels: list[Any]) -> None:
    metrics = evaluate_scored(frame(y=labels, score=SCORES), label="y", probability=["score"]).compute()
    assert metrics.task.positive == 1
    assert metrics.log_loss == pytest.approx(log_loss(labels, SCORES))


@pytest.mark.parametrize("labels", [[1, 2, 1, 2, 1], TRUTH])
def test_the_positive_class_may_be_said_as_text(labels: list[Any]) -> None:
    positive = str(labels[1])
    metrics = evaluate_scored(frame(y=labels, s=SCORES), label="y", probability=["s"], positive=positive).compute()
    assert metrics.task.positive == labels[1]


def test_of_two_columns_the_second_is_positive_unless_said_otherwise() -> None:
    both = frame(y=TRUTH, no=[1 - s for s in SCORES], yes=SCORES)
    for columns, positive, expected in (
        (["no", "yes"], None, "yes"),
        (["yes", "no"], None, "no"),
        (["no", "yes"], "no", "no"),
    ):
        task = evaluate_scored(both, label="y", probability=columns, positive=positive).task
        assert task.positive == expected
        assert evaluate_scored(both, label="y", probability=columns, positive=positive).compute().log_loss == (
            pytest.approx(log_loss([t == "yes" for t in TRUTH], SCORES))
        )


def test_a_class_called_none_is_positive_only_when_asked_for() -> None:
    both = frame(y=["none", "damage"], none=[0.8, 0.4], damage=[0.2, 0.6])
    assert evaluate_scored(both, label="y", probability=["none", "damage"]).task.positive == "damage"
    assert evaluate_scored(both, label="y", probability=["none", "damage"], positive="none").task.positive == "none"


def test_the_order_of_the_columns_is_the_order_of_the_classes() -> None:
    random = np.random.default_rng(0)
    scores = random.dirichlet([1, 1, 1], 60)
    labels = random.choice([10, 20, 30], 60)
    table = frame(y=labels, probability_30=scores[:, 0], probability_10=scores[:, 1], probability_20=scores[:, 2])
    evaluation = evaluate_scored(table, label="y", probability=["probability_30", "probability_10", "probability_20"])
    assert evaluation.task.classes == (30, 10, 20)
    assert evaluation.compute().log_loss == pytest.approx(log_loss(labels, scores[:, [1, 2, 0]]))


def test_a_class_without_rows_is_a_class_all_the_same() -> None:
    table = frame(y=["a", "b"], a=[0.5, 0.2], b=[0.3, 0.6], c=[0.2, 0.2])
    metrics = evaluate_scored(table, label="y", probability=["a", "b", "c"]).compute()
    assert [scores.support for scores in metrics.per_class] == [1, 1, 0]


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        (
            frame(y=TRUTH, s=SCORES),
            ["s"],
            "say which class column 's' is the probability of: give positive, one of ['no', 'yes'], "
            "or name the column probability_CLASS",
        ),
        (
            frame(y=["a", "b", "c"], s=[0.1, 0.2, 0.3]),
            ["s"],
            "one column of probabilities is for two classes; the labels hold 3: ['a', 'b', 'c']",
        ),
        (frame(y=TRUTH, yes=["x"] * 5), ["yes"], "probabilities must be numbers; column 'yes' is String"),
        (
            frame(y=TRUTH, yes=[0.1, None, 0.3, None, 0.5]),
            ["yes"],
            "probabilities must not be missing; column 'yes' has none in 2 of 5 rows",
        ),
        (
            frame(y=TRUTH, yes=[2.0, -1.0, 0.5, 0.5, 0.5]),
            ["yes"],
            "probabilities must be from 0 to 1; got -1 to 2: "
            "if these are logits, call task.probabilities(logits) first",
        ),
        (
            frame(y=[1, 2, 1], one=[0.5, 0.5, 0.5], two=[0.5, 0.5, 0.5]),
            ["one", "two"],
            "column 'one' must be named CLASS or probability_CLASS: "
            "a class must be a whole number, as the labels are; got 'one'",
        ),
        (
            frame(y=TRUTH, no=SCORES, yes=SCORES),
            ["no", "yes"],
            "the probabilities of a row must sum to 1; row 3 sums to 1.8: "
            "for labels that do not exclude one another use Task.multilabel",
        ),
        (
            frame(y=["a", "b", "z"], a=[0.2] * 3, b=[0.3] * 3, c=[0.5] * 3),
            ["a", "b", "c"],
            "labels must be among the classes ['a', 'b', 'c']; got 'z' (1 row)",
        ),
    ],
)
def test_scores_that_cannot_be_matched_are_refused(table: pl.DataFrame, columns: list[str], message: str) -> None:
    with pytest.raises(InputError) as error:
        evaluate_scored(table, label="y", probability=columns)
    assert str(error.value) == message


def test_a_column_named_for_one_class_is_never_taken_for_the_other() -> None:
    for labels, column, positive, said in (
        (TRUTH, "probability_yes", "no", "yes"),
        (TRUTH, "Yes", "no", "yes"),
        ([True, False, True, False, True], "probability_false", "true", False),
    ):
        with pytest.raises(InputError) as caught:
            evaluate_scored(frame(y=labels, **{column: SCORES}), label="y", probability=[column], positive=positive)
        right = True if said is False else positive
        assert str(caught.value) == (
            f"a single column of probabilities must be of the positive class, {right!r}; by its name column {column!r} "
            f"is of {said!r}: take the other column, or make {said!r} the positive class"
        )
    of_false = frame(y=[True, False, True, False, True], probability_false=SCORES)
    assert evaluate_scored(of_false, label="y", probability=["probability_false"]).task.positive is False


def test_classes_that_differ_in_case_are_told_apart_by_it() -> None:
    task = ScoredColumns("y", ("s",)).task(pl.Series(["a", "A"]), classes=["a", "A"], positive="A")
    assert task.positive == "A"


def test_columns_of_classes_are_taken_by_their_names_in_any_order() -> None:
    task = Task.multiclass(["a", "b", "c"])
    table = frame(c=[0.7, 0.1], a=[0.1, 0.2], b=[0.2, 0.7])
    assert ScoredColumns("y", ("c", "a", "b")).tensor(task, table).tolist() == [[0.1, 0.2, 0.7], [0.2, 0.7, 0.1]]
    with pytest.raises(InputError) as caught:
        ScoredColumns("y", ("c", "a", "d")).tensor(task, table.rename({"b": "d"}))
    assert str(caught.value) == (
        "there must be a column of probabilities for each class, ['a', 'b', 'c']; "
        "by their names they are of ['c', 'a', 'd']"
    )


def test_no_two_crossings_have_one_name() -> None:
    table = frame(y=TRUTH, yes=SCORES, one=["a, b", "a", "a", 'x"', "x"], two=["c", "b, c", "b", "c", '", "c'])
    found = evaluate_scored(table, label="y", probability=["yes"], group=["one", "two"])
    assert [*found.groups] == ['"a, b", c', '"x""", c', 'a, "b, c"', "a, b", 'x, """, ""c"']
    assert crossed_groups(table.select("one", "two")).n_unique() == 5
