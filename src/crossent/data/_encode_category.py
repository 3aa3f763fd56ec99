"""Categories: a code a level, and codes for missing and for what was never seen."""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from ._column import Column
from ._encode_number import unforeseen
from ._encoded import Encoded
from ._layout import Part
from ._saved import Saved, truth, words

MISSING, UNSEEN, FIRST_LEVEL = 1, 2, 3


@dataclass(frozen=True)
class CategoryEncoding:
    """A category as one code: missing, unseen, or its level, in alphabetical order.

    A level that occurs once in training has the unseen code. So that code is trained, by rows that are as rare as those
    it will stand for.
    """

    column: Column
    names: tuple[str, ...]
    rare: tuple[str, ...]
    missing: bool

    numbers: int = 0
    codes: int = 1
    parts: tuple[Part, ...] = ()

    @property
    def levels(self) -> int:
        """How many codes there are."""
        return FIRST_LEVEL - 1 + len(self.names)

    @classmethod
    def fit(cls, column: Column, values: pl.Series) -> "CategoryEncoding":
        """Collect the levels of the training rows."""
        counts = values.rename("name").drop_nulls().value_counts(name="rows").sort("name")
        once = counts["rows"] == 1
        return cls(
            column, tuple(counts["name"].filter(~once)), tuple(counts["name"].filter(once)), values.null_count() > 0
        )

    def encode(self, values: pl.Series) -> Encoded:
        """Encode a typed series."""
        places = values.cast(pl.Enum((*self.names, *self.rare)), strict=False).to_physical().cast(pl.Int64)
        known = (places < len(self.names)).fill_null(False)
        codes = (places + FIRST_LEVEL).set(~known, UNSEEN).set(values.is_null(), MISSING)
        unseen = places.null_count() - values.null_count()
        return Encoded([], [codes.to_numpy()], unforeseen(values, self.missing) + Counter(unseen=unseen))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {"names": list(self.names), "rare": list(self.rare), "missing": self.missing}

    @classmethod
    def from_dict(cls, column: Column, data: Saved) -> "CategoryEncoding":
        """Return the encoding that was saved."""
        together = words({"names and rare": [*words(data, "names"), *words(data, "rare")]}, "names and rare")
        names = len(words(data, "names"))
        return cls(column, together[:names], together[names:], truth(data, "missing"))
