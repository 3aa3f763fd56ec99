"""Partial dependence: the mean probability if every row had a given value in one column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

import polars as pl
import torch

from ..data import Features
from ._sample import Places, Sample, copied

MOST_NUMBERS, MOST_LEVELS = 20, 12
_ENDS = torch.tensor([0.1, 0.9], dtype=torch.float64)
SCHEMA = {
    "column": pl.String,
    "value": pl.String,
    "number": pl.Float64,
    "class": pl.String,
    "probability": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "share": pl.Float64,
}


def dependence(sample: Sample, places: dict[str, Places], columns: Sequence[str], rows: int) -> pl.DataFrame:
    """A row a column, value and class: the mean probability, and between what the middle 80 % of the rows lie.

    Args:
        sample: Gives the rows, and the values: numbers and dates at up to 20 quantiles, the 12 commonest categories.
        places: Of the columns.
        columns: Which of them; texts have no values that could be given to all rows, and are left out.
        rows: Of so many rows, evenly spread over the sample, the mean is taken.

    References:
        Friedman 2001, "Greedy function approximation", section 8.2; Goldstein et al. 2015 (individual curves).
    """
    step = -(-len(sample) // rows)
    asked = sample.features[torch.arange(0, len(sample), step)]
    found = [record for name in columns for record in _of_column(sample, places[name], name, asked)]
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _of_column(sample: Sample, place: Places, name: str, asked: Features) -> Iterator[tuple[object, ...]]:
    for value, number, row, share in _grid(sample, name):
        features = copied(asked)
        place.put(features, sample.features[torch.full((len(asked),), row)])
        probabilities = sample.probabilities(features)
        ends = torch.quantile(probabilities, _ENDS, dim=0)
        for k, label in enumerate(sample.model.task.classes):
            mean = float(probabilities[:, k].mean())
            yield name, value, number, str(label), mean, float(ends[0, k]), float(ends[1, k]), share


def _grid(sample: Sample, name: str) -> list[tuple[str, float | None, int, float]]:
    """Values of the column: as words, as a number if it has an order, a row that has it, and the share of such rows."""
    column = next(each for each in sample.model.encoder.columns if each.name == name)
    values = sample.column(name)
    if column.kind == "text":
        return []
    counts = values.to_frame("value").with_row_index("row").group_by("value").agg(pl.first("row"), rows=pl.len())
    missing, present = counts.filter(pl.col("value").is_null()), counts.filter(pl.col("value").is_not_null())
    if column.kind in ("number", "datetime"):
        chosen = _at_quantiles(present.sort("value"))
    else:
        chosen = present.sort("rows", "value", descending=[True, False]).head(MOST_LEVELS)
    ordered = column.kind in ("number", "datetime")
    return [
        (in_words(value), _as_number(value) if ordered and value is not None else None, row, rows / len(sample))
        for value, row, rows in [*chosen.rows(), *missing.rows()]
    ]


def _at_quantiles(present: pl.DataFrame) -> pl.DataFrame:
    """Of the values in ascending order, those at evenly spread ranks of the rows; all, if there are few."""
    if len(present) <= MOST_NUMBERS:
        return present
    below = present["rows"].cum_sum() / present["rows"].sum()
    places = below.search_sorted(pl.Series([place / (MOST_NUMBERS - 1) for place in range(MOST_NUMBERS)]))
    return present[sorted({min(place, len(present) - 1) for place in places.to_list()})]


def in_words(value: object) -> str:
    match value:
        case None:
            return "missing"
        case float():
            return f"{value:.6g}"
        case datetime():
            return value.isoformat(sep=" ").removesuffix(" 00:00:00")
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _as_number(value: object) -> float:
    """A number as it is; a date as milliseconds since 1970, as charts take it."""
    return value.replace(tzinfo=timezone.utc).timestamp() * 1000 if isinstance(value, datetime) else float(str(value))
