"""What a model goes by, as a section of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from ._chart import Chart
from ._explanation_charts import explanation_charts
from ._words import counted

if TYPE_CHECKING:
    from ..explanation import Explanation

_FOREMOST = 4


@dataclass(frozen=True)
class ExplainedRow:
    """A row of the table, the class that it gets, and the columns that moved its probability most, in words."""

    row: int
    label: str
    probability: float
    average: float
    words: str


@dataclass(frozen=True)
class Explained:
    """What the section shows."""

    words: str
    charts: list[Chart]
    rows: list[ExplainedRow]
    background: int


def explained(explanation: Explanation) -> Explained:
    """The section of an explanation."""
    return Explained(_words(explanation), explanation_charts(explanation), _rows(explanation), explanation.background)


def drawn(explanation: Explanation) -> str:
    """Which rows were looked at, in words."""
    if explanation.rows == explanation.total:
        return f"all {counted(explanation.rows, 'row')}"
    return f"{explanation.rows:,} of {counted(explanation.total, 'row')}, drawn by chance"


def _words(explanation: Explanation) -> str:
    by = ", each judged by copies that had not seen it" if explanation.held_out else ""
    words = f"From {drawn(explanation)}{by}. "
    if explanation.importance is not None:
        times = counted(explanation.repeats, "time")
        words += (
            f"The importance of a column is the increase of the loss when its values are shuffled, {times}. Columns "
            "that say the same share their importance: each may look dispensable because of the other. "
        )
    if not explanation.dependence.is_empty():
        words += (
            "A curve shows the mean probability if every row had the same value in one column, also where no such row "
            "could be. It is what the model does, not what would happen."
        )
    return words.rstrip()


def _rows(explanation: Explanation) -> list[ExplainedRow]:
    if explanation.contributions is None:
        return []
    found: list[ExplainedRow] = []
    for (row,), of_row in explanation.contributions.group_by("row", maintain_order=True):
        foremost = of_row.sort("probability", descending=True, maintain_order=True)["class"][0]
        of_class = of_row.filter(pl.col("class") == foremost)
        most = of_class.sort(pl.col("contribution").abs(), descending=True, maintain_order=True).head(_FOREMOST)
        words = [f"{each['column']} = {each['value']}: {each['contribution']:+.3f}" for each in most.to_dicts()]
        first = of_class.row(0, named=True)
        found.append(ExplainedRow(int(str(row)), foremost, first["probability"], first["average"], "; ".join(words)))
    return found
