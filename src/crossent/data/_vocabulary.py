"""Vocabulary: the grams of text that have a code."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from ._grams import GramKind, Grams, Places, distinct, grams
from ._saved import saved, words

# A gram of one row alone teaches nothing about another. Of a large table the most frequent are enough.
FEWEST_ROWS = 2
MOST_GRAMS = 2**15


@dataclass(frozen=True)
class Vocabulary:
    """Known grams, each kind in alphabetical order; they are numbered from 0, words first."""

    words: tuple[str, ...]
    pairs: tuple[str, ...]
    characters: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words) + len(self.pairs) + len(self.characters)

    @classmethod
    def fit(cls, values: pl.Series, *, characters: bool) -> Vocabulary:
        """Collect the grams that two rows have, of each kind the most frequent."""
        kinds: list[GramKind] = ["words", "pairs", "characters"] if characters else ["words", "pairs"]
        known = [_frequent(found) for found in grams(values, kinds)]
        return cls(known[0], known[1], known[2] if characters else ())

    def numbers(self, values: pl.Series) -> tuple[Places, Places]:
        """Return rows and the numbers of grams they hold, each once, in the order of the rows and then of the grams."""
        given: tuple[tuple[GramKind, tuple[str, ...]], ...] = (
            ("words", self.words),
            ("pairs", self.pairs),
            ("characters", self.characters),
        )
        kinds = {kind: names for kind, names in given if names}
        cells, first, row = [np.empty(0, np.int64)], 0, max(len(self), 1)
        for found, names in zip(grams(values, list(kinds)), kinds.values(), strict=True):
            place = found.names.cast(pl.Enum(names), strict=False).to_physical().cast(pl.Int64)
            number = place.fill_null(-1).to_numpy()[found.places]
            cells.append((found.rows * row + first + number)[number >= 0])
            first += len(names)
        return np.divmod(distinct(np.concatenate(cells)), row)

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {kind: list(names) for kind, names in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: object) -> Vocabulary:
        """Return the vocabulary that was saved."""
        fields = saved(data, "A saved vocabulary")
        return cls(words(fields, "words"), words(fields, "pairs"), words(fields, "characters"))


def _frequent(found: Grams) -> tuple[str, ...]:
    names = max(len(found.names), 1)
    rows = np.bincount(distinct(found.rows * names + found.places) % names, minlength=len(found.names))
    counted = pl.DataFrame({"name": found.names, "rows": rows[: len(found.names)]}).filter(
        pl.col("rows") >= FEWEST_ROWS
    )
    most = counted.sort("rows", "name", descending=[True, False])["name"].head(MOST_GRAMS)
    return tuple(most.sort().to_list())
