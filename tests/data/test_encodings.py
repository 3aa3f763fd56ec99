"""What each kind of column becomes, by hand."""

import math
import re
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent.data import Column, Encoder, Kind, Oddities


def fitted(kind: Kind, values: Sequence[object] | pl.Series) -> Encoder:
    return Encoder.fit(pl.DataFrame({"a": values}), [Column("a", kind)])


def numbers(encoder: Encoder, values: Sequence[object] | pl.Series) -> torch.Tensor:
    return encoder.encode_counted(pl.DataFrame({"a": values}))[0].numbers


def codes(encoder: Encoder, values: Sequence[object] | pl.Series) -> list[list[int]]:
    return encoder.encode_counted(pl.DataFrame({"a": values}))[0].codes.tolist()


def oddities(encoder: Encoder, values: Sequence[object] | pl.Series) -> Oddities:
    return encoder.encode_counted(pl.DataFrame({"a": values}))[1]


def test_a_number_is_median_and_quartiles_then_a_smooth_clip() -> None:
    # Median 3, quartiles 2 and 4: z = (x - 3) * 1.349 / 2.
    encoder = fitted("number", [1, 2, 3, 4, 5])
    z = torch.tensor([[0.0], [1.349], [-1.349 * 500]], dtype=torch.float64)
    assert numbers(encoder, [3, 5, -997]).double() == pytest.approx(z / (1 + (z / 3) ** 2).sqrt(), abs=1e-6)


def test_where_the_quartiles_meet_the_standard_deviation_scales_and_then_one() -> None:
    # Nine zeros and a ten: standard deviation 3.
    z = 10 / 3
    assert numbers(fitted("number", [0] * 9 + [10]), [10]).item() == pytest.approx(z / math.sqrt(1 + (z / 3) ** 2))
    assert numbers(fitted("number", [7, 7]), [7, 8]).flatten().tolist() == pytest.approx(
        [0.0, 1 / math.sqrt(1 + 1 / 9)]
    )


def test_a_missing_number_is_zero_with_an_indicator_if_it_was_seen_in_training() -> None:
    seen, unseen = fitted("number", [1, None, 3]), fitted("number", [1, 2, 3])
    assert numbers(seen, [2, None]).tolist() == [[0.0, 0.0], [0.0, 1.0]]
    assert numbers(unseen, [2, None]).tolist() == [[0.0], [0.0]]
    assert oddities(seen, [None]) == {}
    assert oddities(unseen, [None, None]) == {("a", "missing"): 2}


def test_the_scale_does_not_depend_on_the_unit_of_a_number() -> None:
    values = np.random.default_rng(0).normal(size=101)
    metres = numbers(fitted("number", pl.Series(values)), pl.Series(values))
    feet = numbers(fitted("number", pl.Series(values * 3.28 + 7)), pl.Series(values * 3.28 + 7))
    assert torch.allclose(metres, feet, atol=1e-6)


def test_booleans_are_one_and_minus_one_and_missing_is_between() -> None:
    encoder = fitted("boolean", [True, False, None])
    assert numbers(encoder, [True, False, None]).flatten().tolist() == [1.0, -1.0, 0.0]


def test_a_category_has_codes_for_missing_unseen_and_its_levels_by_name() -> None:
    encoder = fitted("category", ["b", "a", "b", "a", "once", None])
    assert codes(encoder, [None, "new", "once", "a", "b"]) == [[1], [2], [2], [3], [4]]
    assert encoder.levels == 5


def test_a_level_seen_once_trains_the_code_for_unseen_but_is_not_counted_as_unseen() -> None:
    encoder = fitted("category", ["b", "b", "once"])
    assert codes(encoder, ["once"]) == codes(encoder, ["new"])
    assert oddities(encoder, ["once", "new", "b", None]) == {("a", "unseen"): 1, ("a", "missing"): 1}


def test_the_order_of_the_rows_does_not_change_the_codes() -> None:
    values = ["b", "a", "c", "a", "b", "c"]
    assert fitted("category", values) == fitted("category", values[::-1])


def test_a_date_is_days_and_places_on_the_circles_of_year_and_week() -> None:
    encoder = fitted("datetime", [datetime(2024, 1, 1), datetime(2024, 1, 2), datetime(2024, 1, 3)])
    # 1 April 2024 is a Monday, and a quarter of the year after January.
    found = numbers(encoder, [datetime(2024, 4, 1), datetime(2024, 1, 2)])
    assert found[0, 1:].tolist() == pytest.approx([1.0, 0.0, 0.0, 1.0], abs=1e-6)
    turn = 2 * math.pi / 7
    assert found[1].tolist() == pytest.approx([0.0, 0.0, 1.0, math.sin(turn), math.cos(turn)], abs=1e-6)


def test_the_hour_is_there_if_training_had_a_time_of_day() -> None:
    days = [datetime(2024, 1, 1), datetime(2024, 1, 2)]
    encoder = fitted("datetime", [*days, datetime(2024, 1, 3, 6)])
    assert (fitted("datetime", [*days]).width, encoder.width) == (5, 7)
    assert numbers(encoder, [datetime(2024, 1, 1, 6)])[0, 5:].tolist() == pytest.approx([1.0, 0.0], abs=1e-6)


def test_a_missing_date_is_zeros_with_an_indicator() -> None:
    encoder = fitted("datetime", [datetime(2024, 1, 1), None])
    assert numbers(encoder, [None]).tolist() == [[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]]


def test_dates_far_before_1970_are_places_on_the_circles_too() -> None:
    encoder = fitted("datetime", [datetime(1950, 1, 1) + timedelta(hours=6), datetime(1960, 1, 1)])
    assert numbers(encoder, [datetime(1950, 1, 1, 6)])[0, 5:].tolist() == pytest.approx([1.0, 0.0], abs=1e-6)


def test_text_is_the_codes_of_its_distinct_words_then_padding() -> None:
    encoder = fitted("text", ["One two, ONE three!", "été 日本"])
    bucket = {word: zlib.crc32(word.encode()) % 2**13 + 2 for word in ("one", "two", "three", "été", "日本")}
    assert codes(encoder, ["One two, ONE three!", "été 日本", ""]) == [
        [bucket["one"], bucket["two"], bucket["three"]],
        [bucket["été"], bucket["日本"], 0],
        [1, 0, 0],
    ]
    assert encoder.levels == 1 + 1 + 2**13


def test_text_longer_than_any_in_training_is_cut_and_counted() -> None:
    encoder = fitted("text", ["a b", "c"])
    assert encoder.codes == 2
    assert oddities(encoder, ["a b c", "a b", "a a a", "d"]) == {("a", "truncated"): 1}
    assert codes(encoder, ["a b c"]) == codes(encoder, ["a b"])


def test_the_words_of_a_long_text_keep_their_order() -> None:
    words = [f"word{number}" for number in range(100)][::-1]
    wanted = [zlib.crc32(word.encode()) % 2**13 + 2 for word in words]
    assert codes(fitted("text", [" ".join(words)]), [" ".join(words * 2)]) == [wanted]


def test_text_has_at_most_128_words() -> None:
    assert fitted("text", [" ".join(map(str, range(200)))]).codes == 128


@given(st.lists(st.one_of(st.none(), st.text(alphabet="aAbB1_ éÉ日本,.-\n", max_size=30)), min_size=1, max_size=10))
@settings(deadline=None, derandomize=True)
def test_text_equals_the_plain_loop_over_its_words(rows: list[str | None]) -> None:
    plain: list[list[int]] = []
    for row in rows:
        words = dict.fromkeys(re.findall(r"\w+", (row or "").lower()))
        found = [zlib.crc32(word.encode()) % 2**13 + 2 for word in words] if (row or "").strip() else [1]
        plain.append((found + [0] * 4)[:4])
    assert codes(fitted("text", ["a b c d"]), pl.Series("a", rows, dtype=pl.String)) == plain
