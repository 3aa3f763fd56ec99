"""Table: a frame whose columns have kinds."""

from dataclasses import dataclass

import polars as pl

from ._column import Column, named

WIDEST = 44


@dataclass(frozen=True, eq=False)
class Table:
    """A Polars frame, typed, with one `Column` for each of its columns, in order.

    `print(table)` shows what every column was taken to be.
    """

    frame: pl.DataFrame
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return self.frame.height

    def __str__(self) -> str:
        lines = [["column", "kind", "missing", "distinct", "examples", "note"], *map(self._line, self.columns)]
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        rows = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([f"{len(self):,} rows, {len(self.columns):,} columns", "", *rows])

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises:
            InputError: when there is none; the message suggests the nearest name.
        """
        columns = {column.name: column for column in self.columns}
        return columns[named(name, columns)]

    def _line(self, column: Column) -> list[str]:
        values = self.frame[column.name]
        present = values.drop_nulls()
        counts = [f"{values.null_count():,}", f"{present.n_unique():,}"]
        return [column.name, column.kind, *counts, _examples(present), column.note]


def _examples(values: pl.Series) -> str:
    # The first thousand rows show as much as all of them, and cost nothing.
    return _cut(", ".join(_plain(value) for value in values.head(1000).unique(maintain_order=True).head(3)))


def _plain(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cut(text: str) -> str:
    single = " ".join(text.split())
    return single if len(single) <= WIDEST else single[: WIDEST - 3] + "..."
