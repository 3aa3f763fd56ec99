"""What boosted trees see of a row: numbers with gaps, categories as whole numbers, and the most frequent words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data import Features, Layout

Matrix = NDArray[np.float32]

_MOST_WORDS = 300
_MOST_WORD_CELLS = 60_000_000  # of float32: 240 MB
_FEWEST_ROWS_OF_A_WORD = 5
_MISSING = 0  # of a category, counted from its first code


@dataclass(frozen=True)
class Words:
    """The columns of one text column: whether it holds a word, for each of `codes`."""

    start: int
    width: int
    codes: tuple[int, ...]


@dataclass(frozen=True)
class TreeColumns:
    """How Features become the matrix that trees are grown on.

    Attributes:
        numbers: The columns of `Features.numbers` that are taken.
        missing: For each of them the column that is 1 where it is missing, or -1.
        categories: Of each category its column in `Features.codes` and its first code.
        words: The text columns.
    """

    numbers: tuple[int, ...]
    missing: tuple[int, ...]
    categories: tuple[tuple[int, int], ...]
    words: tuple[Words, ...]

    @classmethod
    def fit(cls, features: Features, layout: Layout) -> TreeColumns:
        """Take all columns, and of each text the words that most rows have."""
        gaps = {part.column: place for place, part in enumerate(layout.numbers) if part.part == "missing"}
        taken = [(place, part) for place, part in enumerate(layout.numbers) if part.part != "missing"]
        texts = [part for part in layout.codes if part.kind == "text"]
        most = _most_words(len(features), len(texts))
        return cls(
            tuple(place for place, _ in taken),
            tuple(gaps.get(part.column, -1) if part.part == "value" else -1 for _, part in taken),
            tuple((part.start, part.first) for part in layout.codes if part.kind == "category"),
            tuple(
                Words(part.start, part.width, _frequent(features.codes[:, part.start : part.start + part.width], most))
                for part in texts
            ),
        )

    @staticmethod
    def most_columns(rows: int, layout: Layout) -> int:
        """How many columns the matrix has at most, before any row is seen."""
        texts = sum(part.kind == "text" for part in layout.codes)
        numbers = sum(part.part != "missing" for part in layout.numbers)
        return numbers + len(layout.codes) - texts + texts * _most_words(rows, texts)

    @property
    def width(self) -> int:
        """The columns of the matrix."""
        return len(self.numbers) + len(self.categories) + sum(len(each.codes) for each in self.words)

    @property
    def categorical(self) -> list[int]:
        """The columns of the matrix that are categories."""
        return list(range(len(self.numbers), len(self.numbers) + len(self.categories)))

    def matrix(self, features: Features) -> Matrix:
        """`(n, width)`: numbers, NaN where missing; categories from 1 on, NaN where missing; 1 for a word, else 0."""
        numbers = features.numbers.numpy()
        codes = features.codes.numpy()
        matrix = np.empty((len(features), self.width), np.float32)
        matrix[:, : len(self.numbers)] = numbers[:, self.numbers]
        for place, gap in enumerate(self.missing):
            if gap >= 0:
                matrix[numbers[:, gap] > 0, place] = np.nan
        place = len(self.numbers)
        for start, first in self.categories:
            level = codes[:, start] - first
            matrix[:, place] = np.where(level == _MISSING, np.nan, level)
            place += 1
        for text in self.words:
            matrix[:, place : place + len(text.codes)] = _bag(
                codes[:, text.start : text.start + text.width], text.codes
            )
            place += len(text.codes)
        return matrix

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TreeColumns:
        """The columns that were saved."""
        return cls(
            tuple(data["numbers"]),
            tuple(data["missing"]),
            tuple((start, first) for start, first in data["categories"]),
            tuple(Words(each["start"], each["width"], tuple(each["codes"])) for each in data["words"]),
        )


def _most_words(rows: int, texts: int) -> int:
    """Of each text column."""
    return min(_MOST_WORDS, _MOST_WORD_CELLS // max(rows * texts, 1))


def _frequent(codes: Tensor, most: int) -> tuple[int, ...]:
    """The words that most rows have, at most so many and none that only a few rows have, in ascending order."""
    counts = torch.bincount(codes.flatten())
    counts[0] = 0  # padding
    best = torch.argsort(counts, descending=True, stable=True)[:most]
    return tuple(sorted(best[counts[best] >= _FEWEST_ROWS_OF_A_WORD].tolist()))


def _bag(codes: NDArray[np.int32], words: tuple[int, ...]) -> Matrix:
    """`(n, words)`: 1 where a row holds the word."""
    bag = np.zeros((len(codes), len(words) + 1), np.float32)
    place = np.full(max(int(codes.max(initial=0)), *words, 0) + 1, len(words))
    place[list(words)] = np.arange(len(words))
    bag[np.arange(len(codes))[:, None], place[codes]] = 1
    return bag[:, :-1]
