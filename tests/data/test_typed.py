"""Values as their kind says: the same from text, from types, and a second time."""

from collections.abc import Callable
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent.data import Column, Kind, read, typed

Message = Callable[[Callable[[], object]], str]


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("number", ["1", "NA", "", None, " 2"], [1, None, None, None, 2]),
        ("number", ["1", "2.5", "nan"], [1.0, 2.5, None]),
        ("number", [1.5, float("nan")], [1.5, None]),
        ("number", [True, None], [1, None]),
        ("number", [None, None], [None, None]),
        ("boolean", ["true", "FALSE", "1", "0", "?"], [True, False, True, False, None]),
        ("boolean", [1, 0, None], [True, False, None]),
        ("boolean", [1.0, 0.0], [True, False]),
        ("category", ["02134", "", "NA"], ["02134", None, "NA"]),
        ("category", [1, None], ["1", None]),
        ("category", [1.0, 2.5, float("nan")], ["1", "2.5", None]),
        ("category", [True, False], ["true", "false"]),
        ("category", [date(2024, 1, 31)], ["2024-01-31"]),
        ("text", ["a b", " "], ["a b", None]),
        ("datetime", ["2024-01-31", "NA"], [datetime(2024, 1, 31), None]),
        ("datetime", ["2024-01-31", "2024-01-31 10:20", "2024-01-31T10:20:30Z"], None),
        ("datetime", [date(2024, 1, 31), None], [datetime(2024, 1, 31), None]),
        ("identifier", ["01", None], ["01", None]),
        ("constant", [7], [7]),
    ],
)
def test_values_become_what_the_kind_says_and_stay_it(
    kind: Kind, values: list[object], wanted: list[object] | None
) -> None:
    column = Column("a", kind)
    once = typed(pl.Series("a", values), column)
    days = [datetime(2024, 1, 31), datetime(2024, 1, 31, 10, 20), datetime(2024, 1, 31, 10, 20, 30)]
    assert once.to_list() == (days if wanted is None else wanted)
    assert typed(once, column).equals(once, check_dtypes=True)


def test_a_level_is_the_same_from_text_integers_and_floats() -> None:
    column = Column("grade", "category")
    text, whole, decimal = (typed(pl.Series(values), column).to_list() for values in (["1", "2"], [1, 2], [1.0, 2.0]))
    assert text == whole == decimal


def test_the_format_of_a_date_column_is_kept_and_iso_is_always_understood() -> None:
    column = Column("day", "datetime", format="%m/%d/%Y")
    dates = typed(pl.Series(["01/02/2024", "2024-01-02", "2024-01-02 00:00:00"]), column)
    assert dates.to_list() == [datetime(2024, 1, 2)] * 3


@settings(deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_integers_survive_text(values: list[int | None]) -> None:
    column = Column("a", "number")
    text = pl.Series("a", [None if value is None else str(value) for value in values], dtype=pl.String)
    assert typed(text, column).to_list() == values


@settings(deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_floats_survive_text_to_the_last_bit(values: list[float | None]) -> None:
    column = Column("a", "number")
    text = pl.Series("a", [None if value is None else repr(value) for value in values], dtype=pl.String)
    assert typed(text, column).to_list() == values


@pytest.mark.parametrize(
    ("column", "values", "wanted"),
    [
        (
            Column("age", "number"),
            ["1", "abc", "", "12k", "abc"],
            "Column 'age' must be a number, but row 2 holds 'abc' (3 such: 'abc', '12k'). Correct them, leave "
            "the fields empty if they are missing, or fit with another kind: kinds={'age': 'category'}.",
        ),
        (
            Column("flag", "boolean"),
            ["true", "maybe"],
            "Column 'flag' must be true or false, but row 2 holds 'maybe' (1 such: 'maybe'). Correct them, leave "
            "the fields empty if they are missing, or fit with another kind: kinds={'flag': 'category'}.",
        ),
        (
            Column("day", "datetime", format="%d/%m/%Y"),
            ["31/01/2024", "01/31/2024"],
            "Column 'day' must be a date or time, but row 2 holds '01/31/2024' (1 such: '01/31/2024'). Correct "
            "them, leave the fields empty if they are missing, or fit with another kind: kinds={'day': 'category'}.",
        ),
        (
            Column("n", "number"),
            [1.0, None, float("-inf")],
            "Column 'n' must hold finite numbers, but row 3 holds -inf (1 in all). Leave the field empty if the value "
            "is missing, or write the largest number it may be.",
        ),
        (
            Column("c", "category"),
            [[1], [2]],
            "Column 'c' must hold one value a row, but its type is List(Int64). Convert it.",
        ),
    ],
)
def test_what_cannot_be_converted_is_an_error_with_its_row(
    message: Message, column: Column, values: list[object], wanted: str
) -> None:
    assert message(lambda: typed(pl.Series(column.name, values), column)) == wanted


def test_rows_are_numbered_from_where_the_batch_begins(message: Message) -> None:
    call = message(lambda: typed(pl.Series("age", ["1", "abc"]), Column("age", "number"), first_row=1001))
    assert "row 1,002 holds 'abc'" in call


@pytest.mark.parametrize("column", [Column("a", "number"), Column("b", "datetime", "as %d.%m.%Y", "%d.%m.%Y")])
def test_a_column_is_saved_as_plain_values(column: Column) -> None:
    assert Column.from_dict(column.to_dict()) == column


def test_a_damaged_column_is_an_error(message: Message) -> None:
    assert message(lambda: Column.from_dict({"name": "a"})) == (
        "A saved column must hold a name, a kind, a note and a format, but this came: {'name': 'a'}."
    )
    assert message(lambda: Column.from_dict(3)) == (
        "A saved column must be a mapping of names to values, but this came: 3. Was the file changed?"
    )


def test_the_table_shows_what_every_column_was_taken_to_be() -> None:
    table = read(
        {"age": ["39", "?", "50", "50"], "job": ["a very long job title that does not fit in a cell"] * 3 + [""]}
    )
    assert str(table) == (
        "4 rows, 2 columns\n"
        "\n"
        "column  kind      missing  distinct  examples                                      note\n"
        "age     number    1        2         39, 50                                        1 '?' read as missing\n"
        "job     category  1        1         a very long job title that does not fit i..."
    )
    assert len(table) == 4
    assert table.column("job").kind == "category"


def test_a_column_that_is_not_in_the_table_suggests_the_nearest(message: Message) -> None:
    table = read({"age": [39, 50], "job": ["clerk", "cook"]})
    assert message(lambda: table.column("Job ")) == (
        "There is no column 'Job '. Did you mean 'job'? The columns are: 'age', 'job'."
    )
    assert message(lambda: table.column("zzz")) == "There is no column 'zzz'. The columns are: 'age', 'job'."
