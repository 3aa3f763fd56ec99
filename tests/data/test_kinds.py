"""What a column is taken to be, and what is said about it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

import polars as pl
import pytest

from crossent import read
from crossent.data import Column, Encoder, Kind

Message = Callable[[Callable[[], object]], str]

MANY = 20


def column(values: Sequence[object] | pl.Series, name: str = "a") -> Column:
    return read({name: values, "other": range(len(values))}).columns[0]


def kind(values: Sequence[object] | pl.Series, name: str = "a") -> str:
    return column(values, name).kind


@pytest.mark.parametrize(
    "values",
    [
        ["1", "2", "2"],
        ["-1", "+2", "0"],
        ["1.5", ".5", "2."],
        ["1e3", "1E-3", "0.001"],
        [" 1", "2 ", "3"],
        ["99999999999999999999", "1", "1"],
        ["0", "0.0", "-0.5"],
    ],
)
def test_text_that_is_all_numbers_is_a_number(values: list[str]) -> None:
    assert kind(values) == "number"


@pytest.mark.parametrize(
    "values", [["02134", "10001"], ["007", "1"], ["1_000", "1"], ["0x1f", "1"], ["1", "two"], ["12-31", "1"]]
)
def test_codes_that_a_number_would_spoil_stay_categories(values: list[str]) -> None:
    assert kind(values) == "category"


def test_whole_numbers_become_integers_and_others_floats() -> None:
    frame = read({"i": ["1", "2"], "f": ["1", "2.5"], "big": ["9223372036854775808", "1"]}).frame
    assert frame.dtypes == [pl.Int64, pl.Float64, pl.Float64]


@pytest.mark.parametrize(
    "values", [["true", "false"], ["True", "FALSE"], [" TRUE", "false", ""], [True, False], [True, None]]
)
def test_true_and_false_are_booleans(values: list[object]) -> None:
    assert kind(values) == "boolean"


@pytest.mark.parametrize("values", [["yes", "no"], ["t", "f"], ["Y", "N"]])
def test_other_words_for_yes_and_no_are_categories(values: list[str]) -> None:
    assert kind(values) == "category"


@pytest.mark.parametrize(
    ("values", "first", "format", "note"),
    [
        (["2024-01-31", "2024-02-01"], datetime(2024, 1, 31), "%Y-%m-%d", ""),
        (
            ["2024-01-31 10:20:30", "2024-02-01 00:00:00.5"],
            datetime(2024, 1, 31, 10, 20, 30),
            "%Y-%m-%d %H:%M:%S%.f",
            "",
        ),
        (["2024-01-31T10:20:30", "2024-02-01T00:00:00"], datetime(2024, 1, 31, 10, 20, 30), "%Y-%m-%dT%H:%M:%S%.f", ""),
        (["2024-01-31 10:20", "2024-02-01 11:30"], datetime(2024, 1, 31, 10, 20), "%Y-%m-%d %H:%M", ""),
        (
            ["2024-01-31T10:20:30+02:00", "2024-02-01T00:00:00Z"],
            datetime(2024, 1, 31, 8, 20, 30),
            "%Y-%m-%dT%H:%M:%S%.f%#z",
            "",
        ),
        (["31.1.2024", "01.02.2024"], datetime(2024, 1, 31), "%d.%m.%Y", ""),
        (["31/01/2024", "01/02/2024"], datetime(2024, 1, 31), "%d/%m/%Y", ""),
        (["1/31/2024", "02/01/2024"], datetime(2024, 1, 31), "%m/%d/%Y", ""),
        (["1/31/2024 10:20", "02/01/2024 11:30"], datetime(2024, 1, 31, 10, 20), "%m/%d/%Y %H:%M", ""),
        (["31 Jan 2024", "1 Feb 2024"], datetime(2024, 1, 31), "%d %b %Y", ""),
        (["31-Jan-2024", "1-Feb-2024"], datetime(2024, 1, 31), "%d-%b-%Y", ""),
        (["Jan 31, 2024", "Feb 1, 2024"], datetime(2024, 1, 31), "%b %d, %Y", ""),
        (
            ["03/04/2024", "05/06/2024"],
            datetime(2024, 4, 3),
            "%d/%m/%Y",
            "; day first is a guess: month first fits as well",
        ),
    ],
)
def test_text_that_is_all_dates_in_one_format_is_a_datetime(
    values: list[str], first: datetime, format: str, note: str
) -> None:
    table = read({"when": values})
    assert table.columns[0] == Column("when", "datetime", f"as {format}{note}", format)
    assert table.frame["when"][0] == first


@pytest.mark.parametrize(
    "values", [["2024-01-31", "31/01/2024"], ["2024-13-01", "2024-01-01"], ["1/31/24", "2/1/24"], ["10:20", "11:30"]]
)
def test_text_that_is_not_all_dates_in_one_format_is_a_category(values: list[str]) -> None:
    assert kind(values) == "category"


def test_markers_mean_missing_only_where_all_other_values_parse() -> None:
    markers = ["NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", "#N/A", "<NA>"]
    table = read({"n": [*markers, "1", "2"], "c": [*markers, "1", "x"], "b": [*markers, "true", "false"]})
    assert [column.kind for column in table.columns] == ["number", "category", "boolean"]
    assert table.frame["n"].null_count() == table.frame["b"].null_count() == len(markers)
    assert table.frame["c"].to_list() == [*markers, "1", "x"]


def test_the_note_says_which_markers_were_read_as_missing() -> None:
    assert column(["?", "NA", "", "?", "7", "8"]).note == "2 '?', 1 'NA' read as missing"
    assert column(["2024-01-31", "-", "2024-02-01"]).note == "as %Y-%m-%d; 1 '-' read as missing"
    assert column(["true", "null", "false"]).note == "1 'null' read as missing"


@pytest.mark.parametrize("name", ["count", "rows", "marker", "name", "literal", " ", "a b"])
def test_no_name_of_a_column_is_special(name: str) -> None:
    source = {name: ["?", "7", "8", "7"], "other": ["u", "v", "u", "w"]}
    assert column(source[name], name).note == "1 '?' read as missing"
    kinds: list[dict[str, Kind]] = [{}, {name: "category"}]
    for asked in kinds:
        table = read(source, kinds=asked)
        assert len(Encoder.fit(table.frame, table.columns).encode(table.frame)) == 4
    assert name in str(read(source))


def test_empty_and_blank_fields_are_missing_everywhere() -> None:
    table = read({"n": ["1", "", " "], "c": ["x", "", "  "], "t": ["one two three", "", "four five six"]})
    assert [series.null_count() for series in table.frame] == [2, 2, 1]


def test_long_varied_text_is_text_and_repeated_phrases_are_categories() -> None:
    phrases = ["the bird hit the wing", "nothing was found at all", "engine ingested a small bird"]
    assert kind(phrases) == "text"
    assert kind(phrases * 5) == "category"


def test_text_that_never_repeats_is_an_identifier_but_not_in_a_small_table() -> None:
    names = [f"customer-{number}" for number in range(MANY)]
    assert column(names) == Column("a", "identifier", "set aside: no two values are the same")
    assert kind(names[:-1]) == "category"
    assert kind([*names, names[0]]) == "category"


def test_integers_that_never_repeat_are_an_identifier_if_named_like_a_key() -> None:
    spread = [number * 1_000_003 for number in range(MANY)]
    wanted = Column("order_id", "identifier", "set aside: a whole number that never repeats")
    assert column(spread, "order_id") == wanted
    assert column([str(number) for number in spread], "order_id") == wanted
    for name in ("id", "ID", "PassengerId", "customer-key", "uuid", "row", "row number", "invoiceNo", "index"):
        assert kind(spread, name) == "identifier", name
    for name in ("paid", "monkey", "casino", "pay"):
        assert kind(spread, name) == "number", name
    assert kind([*spread, spread[0]], "order_id") == "number"
    assert kind(spread[:-1], "order_id") == "number"


def test_integers_that_never_repeat_are_an_identifier_if_chance_would_repeat_them() -> None:
    # The birthday bound n^2 / (2 span) > ln(100) = 4.605 for n = 20: a span of up to 43.
    assert kind([*range(MANY - 1), 42]) == "identifier"
    assert kind([*range(MANY - 1), 43]) == "number"


def test_floats_that_never_repeat_are_numbers() -> None:
    assert kind([float(number) for number in range(MANY)]) == "number"
    assert kind([f"{number}.5" for number in range(MANY)], "id") == "number"


def test_one_value_alone_is_constant_and_one_value_with_gaps_is_not() -> None:
    assert column(["x", "x"]) == Column("a", "constant", "set aside: every value is the same")
    assert column([1, 1]) == Column("a", "constant", "set aside: every value is the same")
    assert kind(["x", None, "x"]) == "category"
    assert kind(["x"]) == "category"


@pytest.mark.parametrize("values", [[None, None], ["", " "], ["NA", "?"], pl.Series([None, None], dtype=pl.Int64)])
def test_a_column_without_values_is_constant(values: Sequence[object] | pl.Series) -> None:
    assert column(values) == Column("a", "constant", "set aside: every value is missing")


@pytest.mark.parametrize(
    ("values", "wanted", "first"),
    [
        ([Decimal("1.5"), Decimal("2.5")], "number", 1.5),
        ([timedelta(minutes=1), None], "number", 60.0),
        ([time(1, 0), None], "number", 3600.0),
        ([date(2024, 1, 31), None], "datetime", datetime(2024, 1, 31)),
        (
            pl.Series([datetime(2024, 1, 31), None]).dt.replace_time_zone("Europe/Paris"),
            "datetime",
            datetime(2024, 1, 30, 23),
        ),
        (pl.Series(["u", "v"], dtype=pl.Categorical), "category", "u"),
        (pl.Series(["u", "v"], dtype=pl.Enum(["v", "u"])), "category", "u"),
        (pl.Series([1, 2], dtype=pl.UInt8), "number", 1),
        (pl.Series([2**64 - 1, 2], dtype=pl.UInt64), "number", 2.0**64),
        (pl.Series([1.5, 2], dtype=pl.Float32), "number", 1.5),
    ],
)
def test_every_type_of_polars_has_a_kind(values: Sequence[object] | pl.Series, wanted: str, first: object) -> None:
    table = read({"a": values})
    assert table.columns[0].kind == wanted
    assert table.frame["a"][0] == first


def test_numbers_in_disguise_are_pointed_out() -> None:
    for values in (["1,5", "2,5"], ["1,200", "950"], ["12%", "7%"], ["$3.50", "$1"]):
        assert column(values) == Column("a", "category", "numbers? write them as 1234.5")
    prices = [f"{number},5" for number in range(MANY)]
    assert column(prices).note == "set aside: no two values are the same; numbers? write them as 1234.5"


def test_kinds_are_set_before_anything_is_converted() -> None:
    source = {"zip": ["02134", "10001"], "grade": ["1", "2"], "flag": ["1", "0"], "day": ["31/1/2024", "1/2/2024"]}
    table = read(source, kinds={"zip": "number", "grade": "category", "flag": "boolean", "day": "datetime"})
    assert table.frame.rows() == [(2134, "1", True, datetime(2024, 1, 31)), (10001, "2", False, datetime(2024, 2, 1))]
    assert [column.note for column in table.columns] == ["as asked", "as asked", "as asked", "as asked; as %d/%m/%Y"]


def test_the_note_of_a_kind_that_was_asked_for_says_what_is_missing() -> None:
    source = {"zip": ["02134", "?"], "day": ["31/1/2024", "NA"], "flag": ["1", "-"]}
    table = read(source, kinds={"zip": "number", "day": "datetime", "flag": "boolean"})
    assert [column.note for column in table.columns] == [
        "as asked; 1 '?' read as missing",
        "as asked; as %d/%m/%Y; 1 'NA' read as missing",
        "as asked; 1 '-' read as missing",
    ]


def test_a_kind_or_a_column_that_is_not_there_suggests_the_nearest(message: Message) -> None:
    source = {"zip": ["02134", "10001"], "age": [1, 2]}
    assert message(lambda: read(source, kinds={"Zipp": "category"})) == (
        "There is no column 'Zipp'. Did you mean 'zip'? The columns are: 'zip', 'age'."
    )
    every = "'number', 'category', 'boolean', 'datetime', 'text', 'identifier', 'constant'"
    assert message(lambda: read(source, kinds={"zip": cast("Kind", "categorical")})) == (
        f"'categorical', asked for column 'zip', is not a kind. Did you mean 'category'? Kinds: {every}."
    )


@pytest.mark.parametrize("value", ["inf", "-inf", "Infinity"])
def test_an_infinite_number_is_an_error(message: Message, value: str) -> None:
    wanted = (
        f"Column 'a' must hold finite numbers, but row 2 holds {float(value)} (1 in all). Leave the field empty if the "
        f"value is missing, or write the largest number it may be."
    )
    assert message(lambda: read({"a": ["1", value, "3"]})) == wanted
    assert message(lambda: read({"a": [1.0, float(value), None]})) == wanted


def test_all_rows_count_not_the_first_ones() -> None:
    assert kind(["1"] * 5000 + ["x"]) == "category"
    assert kind(["2024-01-31"] * 5000 + ["x"]) == "category"
    assert kind(["true", "false"] * 5000 + ["x"]) == "category"


STRAY = "if a mistake, correct it; if missing, leave it empty"


@pytest.mark.parametrize("rest", ["a", "b"])
def test_a_number_column_with_a_stray_word_says_which(rest: str) -> None:
    numbers = [str(number % 300 - 150.5) for number in range(2000)]
    noted = f"1,999 of 2,000 values are numbers, not 'unknown': {STRAY}"
    assert column([*numbers[:-1], "unknown"], rest) == Column(rest, "category", noted)
    noted = f"1,900 of 2,000 values are numbers, not 'unknown': {STRAY}"
    assert column(["unknown"] * 100 + numbers[100:], rest) == Column(rest, "category", noted)
    noted = f"1,996 of 2,000 values are numbers, not 'u', 'v', 'w' and 1 more: {STRAY}"
    assert column(["u", "v", "w", "x" * 99, *numbers[4:]], rest).note == noted


def test_leaving_the_stray_word_empty_makes_the_column_a_number() -> None:
    assert kind(["1.5", "2.5", "unknown", "?"]) == "category"
    assert kind(["1.5", "2.5", "", "?"]) == "number"


def test_a_stray_word_is_said_of_identifiers_and_text_too() -> None:
    numbers = [f"{number}.5" for number in range(99)]
    noted = f"set aside: no two values are the same; 99 of 100 values are numbers, not 'unknown': {STRAY}"
    assert column([*numbers, "unknown"]) == Column("a", "identifier", noted)
    days = [f"Jan {day}, 2024" for day in range(1, 12)]
    noted = f"11 of 12 values are dates as %b %d, %Y, not 'not known to us': {STRAY}"
    assert column([*days, "not known to us"]) == Column("a", "text", noted)


def test_a_long_stray_value_is_cut() -> None:
    assert column(["1", "2", "x" * 99]).note == f"2 of 3 values are numbers, not '{'x' * 21}...': {STRAY}"


@pytest.mark.parametrize(
    "values", [["02134", "10001", "K1A"], ["1", "b", "c"], ["red", "green"], ["2024-01-31", "x", "y"], ["10:20", "1:3"]]
)
def test_nothing_is_said_where_most_values_are_words_or_codes(values: list[str]) -> None:
    assert column(values) == Column("a", "category", "")


def test_a_date_column_with_a_stray_value_says_which() -> None:
    days = ["2024-01-31", "2024-02-01", "2024-02-02"] * 400
    noted = f"1,200 of 1,201 values are dates as %Y-%m-%d, not 'soon': {STRAY}"
    assert column([*days, "soon", "?"]) == Column("a", "category", noted)
    noted = f"2 of 3 values are dates as %d/%m/%Y, not '2024-01-31': {STRAY}"
    assert column(["31/01/2024", "30/01/2024", "2024-01-31"]).note == noted


@pytest.mark.parametrize("day", ["1/31/24", "31.01.24", "31-Jan-24", "Jan 31, 24", "31 Jan 24 10:20"])
def test_years_of_two_digits_are_pointed_out(day: str) -> None:
    assert column([day, day, "soon"]).note == "dates? write years with four digits"


def test_numbers_in_disguise_are_pointed_out_beside_a_stray_word() -> None:
    assert column(["1,5", "2,5", "unknown"]).note == "numbers? write them as 1234.5"
