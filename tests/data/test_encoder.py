"""The encoder: fitted on the training rows, frozen, and strict about what it is given."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent import DataWarning
from crossent.data import Column, Encoder, describe, read

Message = Callable[[Callable[[], object]], str]

TABLE = read(
    {
        "age": ["39", "50", "", "41", "39"],
        "paid": ["true", "false", "true", "false", "true"],
        "job": ["clerk", "cook", "cook", "", "clerk"],
        "since": ["2024-01-31", "2024-02-29", "2023-07-01", "2020-12-24", "2021-05-05"],
        "note": ["a bird was seen", "no damage at all", "the engine was hit", "a bird hit us", ""],
        "unit": ["kt"] * 5,
        "label": ["yes", "no", "no", "no", "yes"],
    }
)
COLUMNS = [column for column in TABLE.columns if column.name != "label"]
ENCODER = Encoder.fit(TABLE.frame, COLUMNS)


def test_features_have_the_width_and_the_codes_that_the_encoder_says() -> None:
    features = ENCODER.encode(TABLE.frame, known=["label"])
    assert len(features) == 5
    assert features.numbers.shape == (5, ENCODER.width) == (5, 8)
    assert features.codes.shape == (5, ENCODER.codes) == (5, 21)
    assert (features.numbers.dtype, features.codes.dtype) == (torch.float32, torch.int32)
    assert 0 <= features.codes.min() <= features.codes.max() < ENCODER.levels
    assert features.numbers.is_contiguous()
    assert features.codes.is_contiguous()


def test_features_are_sliced_by_rows_and_moved() -> None:
    features = ENCODER.encode(TABLE.frame, known=["label"])
    rows = torch.tensor([3, 0])
    assert features[rows].numbers.equal(features.numbers[rows])
    assert features[1:3].codes.equal(features.codes[1:3])
    assert len(features[1:3].to("cpu")) == 2


def test_no_two_columns_share_a_code() -> None:
    frame = pl.DataFrame({"a": ["x", "y"] * 2, "b": ["x", "y"] * 2, "t": ["x y z", "y z x"] * 2})
    encoder = Encoder.fit(frame, [Column("a", "category"), Column("b", "category"), Column("t", "text")])
    first, second, *text = (set(codes.tolist()) - {0} for codes in encoder.encode(frame).codes.T)
    assert not first & second
    assert not (first | second) & set().union(*text)


def test_padding_is_zero_and_the_codes_of_a_column_follow_those_of_the_one_before() -> None:
    frame = pl.DataFrame({"a": ["x", "y"] * 2, "b": ["x", "y"] * 2, "t": ["x y", None] * 2})
    encoder = Encoder.fit(frame, [Column("a", "category"), Column("b", "category"), Column("t", "text")])
    assert encoder.encode(frame)[1:2].codes.tolist() == [[4, 4 + 4, 2 * 4 + 1, *[0] * (encoder.codes - 3)]]


def test_raw_rows_and_typed_rows_are_encoded_alike() -> None:
    raw = pl.DataFrame(
        {
            "note": ["a bird was seen"],
            "since": ["2024-01-31"],
            "job": ["clerk"],
            "paid": ["TRUE"],
            "age": [" 39"],
        }
    )
    found, wanted = ENCODER.encode(raw), ENCODER.encode(TABLE.frame[:1], known=["label"])
    assert found.numbers.equal(wanted.numbers)
    assert found.codes.equal(wanted.codes)


def test_encoding_rows_one_by_one_equals_encoding_them_together() -> None:
    together = ENCODER.encode(TABLE.frame, known=["label"])
    for row in range(5):
        alone = ENCODER.encode(TABLE.frame[row : row + 1], known=["label"])
        assert alone.numbers.equal(together.numbers[row : row + 1])
        assert alone.codes.equal(together.codes[row : row + 1])


def test_no_rows_encode_to_no_rows() -> None:
    features = ENCODER.encode(TABLE.frame[:0], known=["label"])
    assert features.numbers.shape == (0, ENCODER.width)
    assert features.codes.shape == (0, ENCODER.codes)


def test_fitting_looks_at_the_training_rows_only() -> None:
    other = TABLE.frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 3).then("age").otherwise(pl.lit(10**6)).alias("age")
    )
    assert Encoder.fit(other[:3], COLUMNS) == Encoder.fit(TABLE.frame[:3], COLUMNS)


def test_an_encoder_survives_json_exactly() -> None:
    saved = json.dumps(ENCODER.to_dict(), allow_nan=False)
    again = Encoder.from_dict(json.loads(saved))
    assert again == ENCODER
    assert json.dumps(again.to_dict()) == saved


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=50))
@settings(deadline=None, derandomize=True)
def test_any_finite_numbers_encode_to_finite_numbers_and_survive_json(values: list[float]) -> None:
    frame = pl.DataFrame({"a": values})
    encoder = Encoder.fit(frame, [Column("a", "number")])
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict(), allow_nan=False)))
    numbers = again.encode(frame).numbers
    assert again == encoder
    assert numbers.isfinite().all()
    assert numbers.abs().max() <= 3


def test_columns_that_are_set_aside_may_come_or_be_absent() -> None:
    assert [column.name for column in ENCODER.aside] == ["unit"]
    with_it, without_it = TABLE.frame.drop("label"), TABLE.frame.drop("label", "unit")
    assert ENCODER.encode(with_it).numbers.equal(ENCODER.encode(without_it).numbers)


def test_all_that_is_wrong_with_the_columns_is_one_message(message: Message) -> None:
    frame = (
        TABLE.frame.drop("paid").rename({"job": "Job"}).with_columns(age=pl.Series(["1", "x", "3", "y", "5"]), size=1)
    )
    assert message(lambda: ENCODER.encode(frame, known=["label"])) == (
        "The table must be like the training table:\n"
        "Column 'paid' is missing.\n"
        "Column 'job' is missing. Did you mean 'Job'?\n"
        "Column 'Job' was not there in training.\n"
        "Column 'size' was not there in training.\n"
        "Column 'age' must be a number, but row 2 holds 'x' (2 such: 'x', 'y'). Correct them, leave the fields empty "
        "if they are missing, or fit with another kind: kinds={'age': 'category'}."
    )


def test_extra_columns_can_be_ignored(message: Message) -> None:
    frame = TABLE.frame.with_columns(size=1)
    assert "Column 'size' was not there in training." in message(lambda: ENCODER.encode(frame, known=["label"]))
    assert len(ENCODER.encode(frame, extra="ignore")) == 5


def test_what_was_never_seen_is_counted_in_one_warning() -> None:
    frame = pl.DataFrame(
        {
            "age": [1, None],
            "paid": [True, None],
            "job": ["pilot", "spy"],
            "since": ["2024-01-31", None],
            "note": ["a bird was hit by the engine, no damage at all was seen, a bird", "a bird was seen"],
        },
    )
    counts = {("paid", "missing"): 1, ("job", "unseen"): 2, ("since", "missing"): 1, ("note", "truncated"): 1}
    with pytest.warns(DataWarning) as caught:
        warned = ENCODER.encode(frame)
    assert [str(warning.message) for warning in caught] == [
        "Values that the encoder was not fitted for: 'job': 2 never seen in training; 'note': 1 cut, for they have too "
        "many words; 'paid': 1 missing, as none was in training; 'since': 1 missing, as none was in training."
    ]
    features, oddities = ENCODER.encode_counted(frame)
    assert oddities == Counter(counts)
    assert describe(oddities) == str(caught[0].message)
    assert features.codes.equal(warned.codes)


def test_counts_of_batches_add_up() -> None:
    frame = pl.concat([TABLE.frame.with_columns(job=pl.lit("spy"))] * 3).drop("label")
    _, together = ENCODER.encode_counted(frame)
    parts = [ENCODER.encode_counted(part)[1] for part in frame.iter_slices(4)]
    assert sum(parts, Counter()) == together == Counter({("job", "unseen"): 15})


def test_an_error_counts_rows_from_where_the_batch_begins(message: Message) -> None:
    frame = TABLE.frame.drop("label").with_columns(age=pl.lit("x"))
    assert "but row 101 holds 'x'" in message(lambda: ENCODER.encode_counted(frame, first_row=101))


def test_an_encoder_needs_rows_and_columns(message: Message) -> None:
    assert message(lambda: Encoder.fit(TABLE.frame[:0], COLUMNS)) == (
        "An encoder must be fitted on at least one row, but the table holds none."
    )
    assert message(lambda: Encoder.fit(TABLE.frame, [TABLE.column("unit")])) == (
        "There must be a column to learn from, but these are set aside: 'unit'. Say what they are, for example "
        "kinds={'name': 'category'}."
    )


def edited(**changes: object) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads(json.dumps(ENCODER.to_dict()))
    saved["encodings"][0] |= changes
    return saved


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ([], "A saved encoder must be a mapping of names to values, but this came: []. Was the file changed?"),
        ({}, "A saved encoder's 'encodings' must be a list, but this came: None. Was the file changed?"),
        (
            {"encodings": [], "aside": [{"name": "a"}]},
            "A saved column must hold a name, a kind, a note and a format, but this came: {'name': 'a'}.",
        ),
        (
            edited(missing="no"),
            "A saved encoder's 'missing' must be true or false, but this came: 'no'. Was the file changed?",
        ),
        (
            edited(scale={"center": 1.0, "spread": float("nan")}),
            "A saved encoder's 'spread' must be a finite number, but this came: nan. Was the file changed?",
        ),
        (
            edited(scale={"center": 10**400, "spread": 1.0}),
            f"A saved encoder's 'center' must be a finite number, but this came: 1{'0' * 79}. Was the file changed?",
        ),
        (
            edited(scale={"center": float("-inf"), "spread": 1.0}),
            "A saved encoder's 'center' must be a finite number, but this came: -inf. Was the file changed?",
        ),
        (
            edited(column={"name": "age", "kind": "constant", "note": "", "format": None}),
            "A saved encoding must be of a kind that is learned from, but 'age' is constant.",
        ),
        (
            edited(column={"name": "age", "kind": "category", "note": "", "format": None}, names=["x", 1], rare=[]),
            "A saved encoder's 'names' must be a list of distinct strings, but this came: ['x', 1]. Was the file "
            "changed?",
        ),
        (
            edited(column={"name": "age", "kind": "category", "note": "", "format": None}, names=["x"], rare=["x"]),
            "A saved encoder's 'names and rare' must be a list of distinct strings, but this came: ['x', 'x']. Was the "
            "file changed?",
        ),
        (
            edited(column={"name": "age", "kind": "text", "note": "", "format": None}, width=-1),
            "A saved encoder's 'width' must be a whole number from 1 to 128, but this came: -1. Was the file changed?",
        ),
        (
            edited(column={"name": "age", "kind": "numbr", "note": "", "format": None}),
            "'numbr', asked for column 'age', is not a kind. Did you mean 'number'? Kinds: 'number', 'category', "
            "'boolean', 'datetime', 'text', 'identifier', 'constant'.",
        ),
    ],
)
def test_a_damaged_encoder_is_one_clear_error(message: Message, data: object, wanted: str) -> None:
    assert message(lambda: Encoder.from_dict(data)) == wanted
