"""What each kind of column becomes, by hand."""

import itertools
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


def test_text_is_the_codes_of_the_words_and_pairs_that_two_rows_have_then_padding() -> None:
    encoder = fitted("text", ["One two, ONE three!", "été one two!", None])
    # In order: missing, "!", "one", "two", then the pair "one two"; then their characters, for the texts are short.
    (of_one,) = codes(encoder, ["one"])
    assert [found[:4] for found in codes(encoder, ["three two one", "ONE two ... one", None])] == [
        [3, 4, *of_one[1:3]],
        [3, 4, 5, of_one[1]],
        [1, 0, 0, 0],
    ]


def long(*texts: str) -> list[str]:
    """Texts with words before them that no other has, so that they are no short ones."""
    return [f"{' '.join(f'x{row}y{number}' for number in range(9))} {text}" for row, text in enumerate(texts)]


def test_the_codes_of_a_long_text_are_those_of_its_words_and_then_of_its_pairs() -> None:
    encoder = fitted("text", long("c a b", "a b c", "b c a"))
    # Known are a, b, c and the pairs "a b" and "b c"; "c a" too.
    assert codes(encoder, ["b a", "a b", "b c a", "a c", "d", "a a a"]) == [
        [2, 3, 0, 0, 0],
        [2, 3, 5, 0, 0],
        [2, 3, 4, 6, 7],
        [2, 4, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0],
    ]
    assert encoder.levels == 1 + 1 + 6


def test_short_texts_have_the_characters_of_their_words_too() -> None:
    encoder = fitted("text", ["a bird strike", "two bird strikes"])
    misspelt, known = (set(row) - {0} for row in codes(encoder, ["strikke", "strike"]))
    # " st", "str", "tri", "rik", " str", "stri", "trik", " stri" and "strik".
    assert len(misspelt & known) == 9
    assert misspelt < known


def test_text_longer_than_any_in_training_is_cut_and_counted() -> None:
    encoder = fitted("text", long("a b", "a b", "b a", "b a"))
    assert encoder.codes == 3
    assert oddities(encoder, ["a b a", "a b c", "a", "d"]) == {("a", "truncated"): 1}
    assert codes(encoder, ["a b a"]) == codes(encoder, ["a b"])


def test_a_text_has_a_bounded_number_of_codes() -> None:
    words = " ".join(map(str, range(3000)))
    assert fitted("text", [words] * 2).codes == 1024
    # Of one text in a hundred that is longer than the others only the beginning counts.
    assert fitted("text", [*long(*["a b"] * 300), words]).codes == 3


def test_the_order_of_the_rows_does_not_change_the_codes_of_a_text() -> None:
    values = long("a b c", "b c d", "d a b")
    assert fitted("text", values) == fitted("text", values[::-1])


@given(st.lists(st.one_of(st.none(), st.text(alphabet="aAbB1_ éÉ日本!,.-\n", max_size=30)), min_size=1, max_size=10))
@settings(deadline=None, derandomize=True)
def test_text_equals_the_plain_loop_over_its_grams(rows: list[str | None]) -> None:
    vocabulary = ["a", "é", "本", "!", "a a", "b !"]
    fit_on = long(*[" ".join(vocabulary)] * 2)
    names = words_and_pairs(" ".join(vocabulary))
    order = sorted(name for name in names if " " not in name) + sorted(name for name in names if " " in name)
    plain: list[list[int]] = []
    for row in rows:
        found = sorted(order.index(name) + 2 for name in words_and_pairs(row or "") if name in names)
        plain.append(found if (row or "").strip() else [1])
    found = codes(fitted("text", fit_on), pl.Series("a", rows, dtype=pl.String))
    assert [[code for code in codes if code] for codes in found] == plain


def words_and_pairs(text: str) -> set[str]:
    words = re.findall(r"\w+|[!?]+", text.lower())
    return {*words, *(f"{first} {second}" for first, second in itertools.pairwise(words))}


HASHED: dict[str, list[object]] = {
    "encodings": [{"column": {"name": "a", "kind": "text", "note": "", "format": None}, "width": 4, "missing": True}],
    "aside": [],
}


@given(st.lists(st.one_of(st.none(), st.text(alphabet="aAbB1_ éÉ日本,.-\n", max_size=30)), min_size=1, max_size=10))
@settings(deadline=None, derandomize=True)
def test_text_of_a_model_saved_before_there_were_vocabularies_is_hashed_as_ever(rows: list[str | None]) -> None:
    plain: list[list[int]] = []
    for row in rows:
        words = dict.fromkeys(re.findall(r"\w+", (row or "").lower()))
        found = [zlib.crc32(word.encode()) % 2**13 + 2 for word in words] if (row or "").strip() else [1]
        plain.append((found + [0] * 4)[:4])
    encoder = Encoder.from_dict(HASHED)
    assert codes(encoder, pl.Series("a", rows, dtype=pl.String)) == plain
    assert encoder.to_dict() == HASHED
    assert oddities(encoder, ["a b c d e", "a b c d"]) == {("a", "truncated"): 1}
