"""Encoder: typed columns to tensors, fitted once on the training rows, then frozen."""

import itertools
import warnings
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
import torch
from torch import Tensor

from .._errors import DataWarning, InputError
from ._column import SET_ASIDE, Column
from ._encode_category import CategoryEncoding
from ._encode_date import DateEncoding
from ._encode_hashed_text import HashedTextEncoding
from ._encode_number import BooleanEncoding, NumberEncoding
from ._encode_text import TextEncoding
from ._encoded import Encoded
from ._features import Features
from ._layout import CodePart, Layout, NumberPart
from ._match import matched, names_of
from ._names import listed
from ._saved import Saved, listing, saved

Encoding: TypeAlias = (
    NumberEncoding | BooleanEncoding | CategoryEncoding | DateEncoding | TextEncoding | HashedTextEncoding
)
Oddities: TypeAlias = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Encoder:
    """How the columns of a table become tensors: a frozen value, saved with the model.

    Args:
        encodings: One for each column that is learned from.
        aside: The columns that are set aside; they may come or be absent.
    """

    encodings: tuple[Encoding, ...]
    aside: tuple[Column, ...]

    @property
    def width(self) -> int:
        """D, the number of numbers a row becomes."""
        return sum(encoding.numbers for encoding in self.encodings)

    @property
    def codes(self) -> int:
        """C, the number of codes a row becomes."""
        return sum(encoding.codes for encoding in self.encodings)

    @property
    def levels(self) -> int:
        """The rows of the table that the codes index, padding included."""
        return 1 + sum(encoding.levels for encoding in self.encodings)

    @property
    def layout(self) -> Layout:
        """What each column of the Features is."""
        numbers = [NumberPart(each.column.name, part) for each in self.encodings for part in each.parts]
        starts = itertools.accumulate((each.codes for each in self.encodings), initial=0)
        firsts = itertools.accumulate((each.levels for each in self.encodings), initial=1)
        codes = [
            CodePart(
                each.column.name,
                "text" if each.column.kind == "text" else "category",
                start,
                each.codes,
                first,
                each.levels,
            )
            for each, start, first in zip(self.encodings, starts, firsts, strict=False)
            if each.codes
        ]
        return Layout(tuple(numbers), tuple(codes))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are learned from."""
        return tuple(encoding.column for encoding in self.encodings)

    @classmethod
    def fit(cls, frame: pl.DataFrame, columns: Sequence[Column]) -> "Encoder":
        """Fit an encoding to each column of the training rows, and only of these.

        Args:
            frame: The training rows, typed, as in `Table.frame`.
            columns: The columns to use, as in `Table.columns`; without the labels.

        Raises:
            InputError: when there are no rows, or no column is left to learn from.
        """
        if not frame.height:
            raise InputError("An encoder must be fitted on at least one row, but the table holds none.")
        aside = tuple(column for column in columns if column.kind in SET_ASIDE)
        encodings = tuple(_fit(column, frame[column.name]) for column in columns if column.kind not in SET_ASIDE)
        if not encodings:
            raise InputError(
                f"There must be a column to learn from, but these are set aside: {listed(names_of(aside)) or 'none'}. "
                f"Say what they are, for example kinds={{'name': 'category'}}."
            )
        return cls(encodings, aside)

    def encode(
        self, frame: pl.DataFrame, *, extra: Literal["error", "ignore"] = "error", known: Collection[str] = ()
    ) -> Features:
        """Encode rows, raw or typed; one warning counts what was never seen at fit time.

        Args:
            frame: Rows with the columns of the training rows, in any order.
            extra: What to do when there are other columns.
            known: Names of other columns that may be there, such as the labels.

        Raises:
            InputError: when columns are missing, extra, or of another type; it lists all of them.
        """
        features, oddities = self.encode_counted(frame, extra=extra, known=known)
        if oddities:
            warnings.warn(describe(oddities), DataWarning, stacklevel=2)
        return features

    def encode_counted(
        self,
        frame: pl.DataFrame,
        *,
        extra: Literal["error", "ignore"] = "error",
        known: Collection[str] = (),
        first_row: int = 1,
    ) -> tuple[Features, Oddities]:
        """Encode as `encode` does, but return the counts instead of warning, for a caller that reads batches.

        It can sum the counts, warn once with `describe`, and say what the number of a batch's `first_row` is.
        """
        legal = {*known, *names_of(self.aside)}
        series = matched(frame, self.columns, legal=None if extra == "ignore" else legal, first_row=first_row)
        parts = [encoding.encode(values) for encoding, values in zip(self.encodings, series, strict=True)]
        return Features(self._numbers(parts, frame.height), self._codes(parts, frame.height)), self._oddities(parts)

    def _numbers(self, parts: list[Encoded], rows: int) -> Tensor:
        numbers = np.empty((self.width, rows), np.float32)
        for place, values in enumerate(itertools.chain.from_iterable(part.numbers for part in parts)):
            numbers[place] = values
        return torch.from_numpy(numbers).T.contiguous()

    def _codes(self, parts: list[Encoded], rows: int) -> Tensor:
        codes = np.empty((self.codes, rows), np.int32)
        starts = itertools.accumulate((encoding.levels for encoding in self.encodings), initial=0)
        shifted = ((start, values) for start, part in zip(starts, parts, strict=False) for values in part.codes)
        for place, (start, values) in enumerate(shifted):
            codes[place] = np.where(values > 0, values + start, 0)
        return torch.from_numpy(codes).T.contiguous()

    def _oddities(self, parts: list[Encoded]) -> Oddities:
        pairs = zip(self.columns, parts, strict=True)
        return Counter(
            {(column.name, what): count for column, part in pairs for what, count in part.oddities.items() if count}
        )

    def to_dict(self) -> dict[str, object]:
        """Return the encoder as plain values, for JSON."""
        return {
            "encodings": [{"column": encoding.column.to_dict(), **encoding.to_dict()} for encoding in self.encodings],
            "aside": [column.to_dict() for column in self.aside],
        }

    @classmethod
    def from_dict(cls, data: object) -> "Encoder":
        """Return the encoder that `to_dict` wrote, equal to the last bit.

        Raises:
            InputError: when `data` is not what `to_dict` writes.
        """
        fields = saved(data, "A saved encoder")
        encodings = [_from_dict(saved(item, "A saved encoding")) for item in listing(fields, "encodings")]
        return cls(tuple(encodings), tuple(map(Column.from_dict, listing(fields, "aside"))))


def describe(oddities: Oddities) -> str:
    """Say in one sentence what was never seen at fit time, by column, with counts."""
    words = {
        "missing": "missing, as none was in training",
        "unseen": "never seen in training",
        "truncated": "cut, for they have too many words",
    }
    counts = [f"'{name}': {count:,} {words[what]}" for (name, what), count in sorted(oddities.items())]
    return f"Values that the encoder was not fitted for: {'; '.join(counts)}."


def _fit(column: Column, values: pl.Series) -> Encoding:
    match column.kind:
        case "number":
            return NumberEncoding.fit(column, values)
        case "boolean":
            return BooleanEncoding.fit(column, values)
        case "category":
            return CategoryEncoding.fit(column, values)
        case "datetime":
            return DateEncoding.fit(column, values)
        case _:
            return TextEncoding.fit(column, values)


def _from_dict(data: Saved) -> Encoding:
    column = Column.from_dict(data.get("column"))
    match column.kind:
        case "number":
            return NumberEncoding.from_dict(column, data)
        case "boolean":
            return BooleanEncoding.from_dict(column, data)
        case "category":
            return CategoryEncoding.from_dict(column, data)
        case "datetime":
            return DateEncoding.from_dict(column, data)
        case "text" if "vocabulary" in data:
            return TextEncoding.from_dict(column, data)
        case "text":
            return HashedTextEncoding.from_dict(column, data)
        case _:
            raise InputError(
                f"A saved encoding must be of a kind that is learned from, but '{column.name}' is {column.kind}."
            )
