"""A table as a benchmark takes it: split once for all contenders, with the kind of each column."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import train_test_split

TARGET = "target"
WORDS_OF_TEXT = 3.0


@dataclass(frozen=True, eq=False)
class Rows:
    """A split table.

    Args:
        training: 70 % of the rows, labels included, in the column `target`.
        test: The others.
        classes: The class names, in alphabetical order.
        numbers: The names of the columns of numbers, truths and dates.
        categories: Those of the columns of categories.
        texts: Those of the columns of text.
    """

    training: pl.DataFrame
    test: pl.DataFrame
    classes: tuple[str, ...]
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...]

    def codes(self, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
        """The labels as the places of their classes."""
        return frame[TARGET].cast(pl.Enum(self.classes)).to_physical().cast(pl.Int64).to_numpy()


def read_rows(path: Path, seed: int) -> Rows:
    """Read a Parquet file and split it 70/30, each class in proportion."""
    frame = pl.read_parquet(path).with_columns(pl.col(TARGET).cast(pl.String))
    places = np.arange(len(frame))
    kept, held = train_test_split(places, test_size=0.3, random_state=seed, stratify=frame[TARGET].to_numpy())
    return rows_of(frame[kept], frame[held], set(_texts_named(path)))


def rows_of(training: pl.DataFrame, test: pl.DataFrame, texts: set[str]) -> Rows:
    """Tell the kinds of the columns of a split table."""
    numbers, categories, found = list[str](), list[str](), list[str]()
    for column in training.drop(TARGET).get_columns():
        if column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype == pl.Boolean:
            numbers.append(column.name)
        elif column.name in texts or _is_text(column):
            found.append(column.name)
        else:
            categories.append(column.name)
    classes = tuple(sorted(set(training[TARGET].to_list())))
    return Rows(training, test, classes, tuple(numbers), tuple(categories), tuple(found))


def tables_in(folder: Path) -> list[Path]:
    """The tables of a folder, the small ones first."""
    return sorted(folder.glob("*.parquet"), key=lambda path: (path.stat().st_size, path.name))


def _texts_named(path: Path) -> list[str]:
    index = path.parent / "index.json"
    record = json.loads(index.read_text()).get(path.stem, {}) if index.exists() else {}
    return record.get("text_columns") or []


def _is_text(column: pl.Series) -> bool:
    present = column.cast(pl.String).drop_nulls()
    words = present.str.count_matches(r"\S+").sum()
    return 2 * present.n_unique() >= len(present) > 0 and words >= WORDS_OF_TEXT * len(present)
