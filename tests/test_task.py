"""Task: the four spaces."""

from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from crossent import InputError, Task

BINARY = Task.binary(["no", "yes"], positive="yes")
GRADES = Task.multiclass(["F", "D", "C", "B", "A"], ordered=True)
TAGS = Task.multilabel(["red", "round", "ripe"])


def message(error: pytest.ExceptionInfo[InputError]) -> str:
    return str(error.value)


# Making a task


def test_the_positive_class_is_the_second_and_the_one_asked_for() -> None:
    assert Task.binary(["damage", "none"], positive="damage").classes == ("none", "damage")
    assert Task.binary(["none", "damage"]).positive == "damage"


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        (["a"], "there must be at least 2 classes; got ['a']"),
        (["a", "b", "c"], "a binary task has two classes; got ['a', 'b', 'c']: use Task.multiclass"),
        (["a", "a"], "classes must be distinct; 'a' stands there more than once"),
        (["a", 1], "classes must all be strings, all integers or all booleans; got int, str"),
        ([0.5, 1.5], "classes must all be strings, all integers or all booleans; got float"),
    ],
)
def test_binary_classes_that_make_no_task_are_refused(classes: list[Any], text: str) -> None:
    with pytest.raises(InputError) as error:
        Task.binary(classes)
    assert message(error) == text


def test_a_positive_class_that_is_none_of_the_classes_is_refused() -> None:
    with pytest.raises(InputError) as error:
        Task.binary(["no", "yes"], positive="maybe")
    assert message(error) == "positive must be one of the classes ['no', 'yes']; got 'maybe'"


def test_the_ignored_label_may_not_be_a_class() -> None:
    with pytest.raises(InputError) as error:
        Task.multiclass(["a", "b"], ignored="a")
    assert message(error) == "the ignored label must not be a class; 'a' is one of ['a', 'b']"


# Inferring a task


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["no", "yes", "no"], ("no", "yes")),
        (["yes", "yes", "no"], ("no", "yes")),
        ([True, False, True], (False, True)),
        ([1, 0, 1, 1], (0, 1)),
        ([0.0, 1.0, 1.0], (0, 1)),
        (["none", "none", "damage"], ("none", "damage")),
        (["damage", "damage", "none"], ("damage", "none")),
        (["b", "a"], ("a", "b")),
        (["0", "1", "1"], ("0", "1")),
        ([1, -1, 1], (-1, 1)),
        ([1, 1, 2], (1, 2)),
    ],
)
def test_two_classes_are_binary_and_the_positive_one_is_the_yes_word_or_the_rarer(
    labels: list[Any], classes: tuple[Any, ...]
) -> None:
    assert Task.infer(labels) == Task("binary", classes)


def test_more_classes_are_multiclass_in_sorted_order() -> None:
    assert Task.infer([10, 9, 2, 10]) == Task.multiclass([2, 9, 10])
    assert Task.infer(["b", "c", "a"]).classes == ("a", "b", "c")


@pytest.mark.parametrize(
    "labels",
    [
        np.array([[1, 0], [0, 1], [1, 1]]),
        torch.tensor([[1, 0], [0, 1], [1, 1]]),
        [["0"], ["1"], ["0", "1"]],
        pd.DataFrame({"0": [1, 0, 1], "1": [0, 1, 1]}),
        pl.DataFrame({"0": [True, False, True], "1": [False, True, True]}),
    ],
)
def test_several_labels_a_row_are_multilabel(labels: Any) -> None:
    task = Task.infer(labels)
    assert task.kind == "multilabel"
    assert [str(name) for name in task.classes] == ["0", "1"]
    assert task.encode(labels).tolist() == [[1, 0], [0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([], "labels must not be empty; got 0 rows"),
        (["a"] * 4, "labels must hold at least two classes; all 4 are 'a': there is nothing to tell apart"),
        (["a", None, "b"], "labels must not be missing; 1 of 3 are, at rows 1 (counted from 0): remove these rows"),
        (
            ["yes", "no", "NA", "no"],
            "labels must not be missing; 'NA' (1 row) looks like a missing label: "
            "remove these rows, or, if it is a class, "
            "name all classes (classes=[...], --class, Task.multiclass([...]))",
        ),
        (
            ["Yes", "yes ", "no", "Yes"],
            "labels must be spelled one way; 'Yes' (2 rows) and 'yes ' (1 row) differ only in case or blanks: "
            "make them one, or, if both are meant, "
            "name all classes (classes=[...], --class, Task.multiclass([...]))",
        ),
        (
            [1.5, 2.0],
            "labels must be classes; got numbers with a fraction in 1 row, such as 1.5: "
            "a number to predict is a regression; cut it into classes first",
        ),
        (
            [f"id{i}" for i in range(30)],
            "labels must be classes that repeat; got 30 different values in 30 rows: "
            "this looks like a number to predict, a text or an identifier",
        ),
    ],
)
def test_labels_that_are_no_classes_are_refused_with_the_reason(labels: list[Any], text: str) -> None:
    with pytest.raises(InputError) as error:
        Task.infer(labels)
    assert message(error) == text


def test_none_is_a_class_as_in_damage_none_minor_major() -> None:
    assert Task.infer(["none", "minor", "major", "none"]).classes == ("major", "minor", "none")


# Encoding and decoding


@pytest.mark.parametrize(
    "labels",
    [
        ["yes", "no", "yes"],
        ("yes", "no", "yes"),
        np.array(["yes", "no", "yes"]),
        np.array(["yes", "no", "yes"], dtype=object),
        pl.Series(["yes", "no", "yes"]),
        pl.Series(["yes", "no", "yes"], dtype=pl.Categorical),
        pd.Series(["yes", "no", "yes"]),
        pd.Series(["yes", "no", "yes"], dtype="category"),
        (label for label in ["yes", "no", "yes"]),
    ],
)
def test_strings_of_every_usual_type_are_encoded_alike(labels: Any) -> None:
    codes = BINARY.encode(labels)
    assert codes.dtype == torch.int64
    assert codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, 3],
        np.array([3, 1, 3], dtype=np.uint8),
        np.array([3.0, 1.0, 3.0]),
        torch.tensor([3, 1, 3]),
        torch.tensor([3, 1, 3], dtype=torch.int8),
        pd.Series([3, 1, 3]),
        pl.Series([3, 1, 3], dtype=pl.Int16),
    ],
)
def test_integers_of_every_usual_type_are_encoded_alike(labels: Any) -> None:
    assert Task.multiclass([1, 2, 3]).encode(labels).tolist() == [2, 0, 2]


@pytest.mark.parametrize(
    "labels", [[True, False], np.array([True, False]), torch.tensor([True, False]), [1, 0], [1.0, 0.0]]
)
def test_booleans_and_their_numbers_are_encoded_alike(labels: Any) -> None:
    assert Task.binary([False, True]).encode(labels).tolist() == [1, 0]
    assert Task.binary([0, 1]).encode(labels).tolist() == [1, 0]


def test_grades_are_encoded_in_their_order() -> None:
    assert GRADES.encode(["A", "B", "C", "D", "F"]).tolist() == [4, 3, 2, 1, 0]


def test_decode_undoes_encode() -> None:
    labels = ["C", "A", "F", "A"]
    assert GRADES.decode(GRADES.encode(labels)) == labels
    tags: list[list[str]] = [["red"], [], ["ripe", "round"]]
    assert TAGS.decode(TAGS.encode(tags)) == [("red",), (), ("round", "ripe")]


def test_the_ignored_label_is_encoded_as_minus_100_and_decoded_as_none() -> None:
    task = Task.multiclass(["cat", "dog"], ignored="?")
    codes = task.encode(["dog", "?", "cat"])
    assert codes.tolist() == [1, -100, 0]
    assert task.decode(codes) == ["dog", None, "cat"]
    assert task.one_hot(["dog", "?"]).tolist() == [[0, 1], [0, 0]]


def test_a_frame_of_labels_is_matched_by_column_name_not_by_place() -> None:
    frame = pl.DataFrame({"ripe": [1, 0], "red": [0, 1], "round": [0, 0]})
    assert TAGS.encode(frame).tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("task", "labels", "text"),
    [
        (
            BINARY,
            ["yes", "yes ", "nope", "no", "Yes", "yes "],
            "labels must be among the classes ['no', 'yes']; got 'yes ' (2 rows: did you mean 'yes'?), "
            "'Yes' (1 row: did you mean 'yes'?), 'nope' (1 row)",
        ),
        (
            BINARY,
            ["yes", None, "no", None],
            "labels must not be missing; 2 of 4 are, at rows 1, 3 (counted from 0): remove these rows",
        ),
        (
            BINARY,
            [None, "maybe"],
            "labels must not be missing; 1 of 2 are, at rows 0 (counted from 0): remove these rows; "
            "labels must be among the classes ['no', 'yes']; got 'maybe' (1 row)",
        ),
        (
            BINARY,
            torch.tensor([0, 1]),
            "labels must be among the classes ['no', 'yes']; got 0 (1 row: it looks encoded already), "
            "1 (1 row: it looks encoded already)",
        ),
        (
            Task.multiclass([1, 2, 3]),
            ["1", "2"],
            "labels must be among the classes [1, 2, 3]; got '1' (1 row: did you mean 1?), "
            "'2' (1 row: did you mean 2?)",
        ),
        (
            BINARY,
            [["yes"], ["no"]],
            "labels must have shape (n,), one a row; got several a row: use Task.multilabel",
        ),
        (
            BINARY,
            np.array([["yes"], ["no"]]),
            "labels must have shape (n,); got (2, 1): flatten a single column with labels.reshape(-1), "
            "or use Task.multilabel for several labels a row",
        ),
        (
            BINARY,
            [1, "yes"],
            "labels must all be of one type, strings, integers or booleans; got int, str: "
            "convert them first, for instance with [str(label) for label in labels]",
        ),
    ],
)
def test_labels_that_are_not_the_tasks_are_listed(task: Task, labels: Any, text: str) -> None:
    with pytest.raises(InputError) as error:
        task.encode(labels)
    assert message(error) == text


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (torch.tensor([[1, 0, 2]]), "multilabel labels must be 0 or 1; got 2 at row 0, column 2"),
        (torch.tensor([[1, 0]]), "multilabel labels must have shape (n, 3); got (1, 2)"),
        ([["red", "blue"]], "labels must be among the classes ['red', 'round', 'ripe']; got 'blue' in row 0"),
        (pl.DataFrame({"red": [1]}), "a frame of labels must have a column for each class; 'round', 'ripe' missing"),
    ],
)
def test_labels_that_are_not_a_multilabel_tasks_are_refused(labels: Any, text: str) -> None:
    with pytest.raises(InputError) as error:
        TAGS.encode(labels)
    assert message(error) == text


# Shapes


@pytest.mark.parametrize(
    ("task", "shape", "text"),
    [
        (BINARY, (8, 1), "binary logits must have shape (n,); got (8, 1): take the one column with logits.squeeze(1)"),
        (
            BINARY,
            (8, 2),
            "binary logits must have shape (n,); got (8, 2): two columns belong to Task.multiclass with these two "
            "classes; or take the difference logits[:, 1] - logits[:, 0]",
        ),
        (BINARY, (2, 3, 4), "binary logits must have shape (n,); got (2, 3, 4)"),
        (GRADES, (8,), "multiclass logits must have shape (n, 5); got (8,)"),
        (
            GRADES,
            (5,),
            "multiclass logits must have shape (n, 5); got (5,): make one row of it with logits.unsqueeze(0)",
        ),
        (
            Task.multiclass(["a", "b"]),
            (8,),
            "multiclass logits must have shape (n, 2); got (8,): one number a row belongs to Task.binary",
        ),
        (
            GRADES,
            (8, 4),
            "multiclass logits must have shape (n, 5); got (8, 4): a column for each class, "
            "in the order of task.classes",
        ),
        (
            TAGS,
            (2, 3, 3),
            "multilabel logits must have shape (n, 3); got (2, 3, 3): flatten the positions into rows, "
            "with the classes last",
        ),
    ],
)
def test_logits_of_another_shape_are_refused_with_the_cure(task: Task, shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(InputError) as error:
        task.probabilities(torch.zeros(shape))
    assert message(error) == text


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (torch.tensor([0.0, 1.0]), "labels must be integer codes, as task.encode returns them; got torch.float32"),
        (
            torch.tensor([[0], [1]]),
            "binary labels must have shape (n,); got (2, 1): take the one column with labels.squeeze(1)",
        ),
        (
            torch.tensor([0, 2]),
            "labels must be codes from 0 to 1; got 2 at row 1: encode class names with task.encode first",
        ),
        (
            torch.tensor([0, -1]),
            "labels must be codes from 0 to 1; got -1 at row 1: encode class names with task.encode first",
        ),
        (torch.tensor([0, 1, 1]), "logits and labels must have as many rows; got 2 and 3"),
    ],
)
def test_labels_that_do_not_belong_to_the_loss_are_refused(labels: torch.Tensor, text: str) -> None:
    with pytest.raises(InputError) as error:
        BINARY.loss(torch.zeros(2), labels)
    assert message(error) == text


# The loss and the link


def test_the_loss_of_a_hand_example() -> None:
    logits, labels = torch.tensor([2.8, -1.4, 1.1, -0.8]), torch.tensor([1, 0, 0, 0])
    assert BINARY.loss(logits, labels).item() == pytest.approx(0.5095, abs=5e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, torch.tensor([0.5, 3.0], dtype=torch.float64)])
def test_binary_is_multiclass_with_the_difference_of_two_logits(
    smoothing: float, reduction: Literal["mean", "sum", "none"], weight: torch.Tensor | None
) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 2, dtype=torch.float64, generator=generator) * 4
    labels = torch.randint(2, (50,), generator=generator)
    two = Task.multiclass(["no", "yes"])
    difference = logits[:, 1] - logits[:, 0]
    torch.testing.assert_close(BINARY.probabilities(difference), two.probabilities(logits)[:, 1])
    one_logit, two_logits = (
        task.loss(values, labels, class_weight=weight, label_smoothing=smoothing, reduction=reduction)
        for task, values in ((BINARY, difference), (two, logits))
    )
    torch.testing.assert_close(one_logit, two_logits)


def test_ignored_rows_take_no_part_in_the_loss() -> None:
    task = Task.multiclass(["a", "b", "c"], ignored="?")
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, -100, 2, 1])
    kept = labels != -100
    torch.testing.assert_close(task.loss(logits, labels), task.loss(logits[kept], labels[kept]))


@pytest.mark.parametrize("task", [BINARY, TAGS])
def test_smoothing_is_a_share(task: Task) -> None:
    shape = (2,) if task is BINARY else (2, 3)
    with pytest.raises(InputError) as error:
        task.loss(torch.zeros(shape), torch.zeros(shape, dtype=torch.int64), label_smoothing=2.0)
    assert str(error.value) == "label_smoothing must be from 0 to 1; got 2.0"


def test_pos_weight_counts_positives_so_many_times() -> None:
    logits, labels = torch.tensor([0.3, -1.0]), torch.tensor([1, 0])
    losses = BINARY.loss(logits, labels, reduction="none")
    weighted = BINARY.loss(logits, labels, pos_weight=torch.tensor(5.0), reduction="none")
    torch.testing.assert_close(weighted, losses * torch.tensor([5.0, 1.0]))


def test_a_weight_of_the_other_kind_is_refused() -> None:
    with pytest.raises(InputError) as error:
        GRADES.loss(torch.zeros(2, 5), torch.zeros(2, dtype=torch.int64), pos_weight=torch.ones(5))
    assert message(error) == "pos_weight is for binary and multilabel tasks; give a multiclass task class_weight"
    with pytest.raises(InputError) as error:
        TAGS.loss(torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.int64), class_weight=torch.ones(3))
    assert message(error) == "class_weight is for binary and multiclass tasks; give a multilabel task pos_weight"


# Decisions


def test_a_probability_at_the_threshold_is_positive() -> None:
    assert BINARY.decide(torch.tensor([0.29, 0.3, 0.31]), threshold=0.3).tolist() == [0, 1, 1]
    assert BINARY.decide(torch.tensor([0.5])).tolist() == [1]


def test_multiclass_decides_for_the_most_probable_class() -> None:
    assert Task.multiclass("abc").decide(torch.tensor([[0.4, 0.36, 0.24], [0.1, 0.2, 0.7]])).tolist() == [0, 2]


def test_each_label_may_have_its_own_threshold() -> None:
    probabilities = torch.tensor([[0.2, 0.2, 0.2]])
    assert TAGS.decide(probabilities, torch.tensor([0.1, 0.2, 0.3])).tolist() == [[1, 1, 0]]


@pytest.mark.parametrize(
    ("task", "probabilities", "threshold", "text"),
    [
        (
            BINARY,
            [2.0, -1.0],
            0.5,
            "probabilities must be from 0 to 1; got -1 to 2: "
            "if these are logits, call task.probabilities(logits) first",
        ),
        (BINARY, [0.5, float("nan")], 0.5, "probabilities must not be NaN; 1 of 2 are"),
        (BINARY, [0.5], 1.5, "threshold must be from 0 to 1; got 1.5"),
        (
            TAGS,
            [[0.5, 0.5, 0.5]],
            torch.tensor([0.5, 0.5]),
            "threshold must be a number or one for each of the 3 labels; got shape (2,)",
        ),
        (
            Task.multiclass("abc"),
            [[0.5, 0.5, 0.5]],
            0.5,
            "the probabilities of a row must sum to 1; row 0 sums to 1.5: "
            "for labels that do not exclude one another use Task.multilabel",
        ),
        (
            Task.multiclass("abc"),
            [[0.5, 0.25, 0.25]],
            0.3,
            "a multiclass task decides for the most probable class; it takes no threshold",
        ),
    ],
)
def test_what_cannot_be_decided_is_refused(task: Task, probabilities: list[Any], threshold: Any, text: str) -> None:
    with pytest.raises(InputError) as error:
        task.decide(torch.tensor(probabilities), threshold)
    assert message(error) == text


def test_no_rows_are_no_error() -> None:
    assert BINARY.decide(torch.empty(0)).tolist() == []
    assert BINARY.encode(pl.Series([], dtype=pl.String)).tolist() == []
    assert TAGS.encode([]).shape == (0, 3)


# Saving


@pytest.mark.parametrize(
    "task", [BINARY, GRADES, TAGS, Task.multiclass([1, 2, 3], ignored=9), Task.binary([False, True])]
)
def test_a_task_comes_back_from_its_record(task: Task) -> None:
    assert Task.from_dict(task.to_dict()) == task


@pytest.mark.parametrize(
    "record", [{"kind": "binary"}, {"kind": "x", "classes": ["a", "b"], "ordered": False, "ignored": None}, None]
)
def test_a_record_of_something_else_is_refused(record: Any) -> None:
    with pytest.raises(InputError, match="a task's record must"):
        Task.from_dict(record)
