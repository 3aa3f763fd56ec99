"""Text as models before the vocabulary took it: the set of its words, hashed."""

import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from ._column import Column
from ._encode_number import unforeseen
from ._encoded import Codes, Encoded
from ._layout import Part
from ._saved import Saved, truth, whole

BUCKETS = 2**13
MOST_WORDS = 128
MISSING, FIRST_BUCKET = 1, 2


@dataclass(frozen=True)
class HashedTextEncoding:
    """Text as the codes of its distinct words in lower case, in the order of the text, then padding.

    A word's code is its CRC-32 modulo 8192. None is fitted any more; saved models that have one predict as ever.
    """

    column: Column
    width: int
    missing: bool

    numbers: int = 0
    levels: int = FIRST_BUCKET - 1 + BUCKETS
    parts: tuple[Part, ...] = ()

    @property
    def codes(self) -> int:
        """How many codes a value becomes: as many as the longest training row has words, within limits."""
        return self.width

    def encode(self, values: pl.Series) -> Encoded:
        """Encode a typed series."""
        words = _words(values)
        counts = words.list.len().fill_null(0).to_numpy().astype(np.int64)
        codes = np.zeros((self.width, len(values)), np.int64)
        codes[0, values.is_null().to_numpy()] = MISSING

        rows = np.repeat(np.arange(counts.size), counts)
        places = np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)
        kept = places < self.width
        codes[places[kept], rows[kept]] = _hashed(words, counts)[kept]
        truncated = int((counts > self.width).sum())
        return Encoded([], list(codes), unforeseen(values, self.missing) + Counter(truncated=truncated))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {"width": self.width, "missing": self.missing}

    @classmethod
    def from_dict(cls, column: Column, data: Saved) -> "HashedTextEncoding":
        """Return the encoding that was saved."""
        return cls(column, whole(data, "width", MOST_WORDS), truth(data, "missing"))


def _words(values: pl.Series) -> pl.Series:
    return values.str.to_lowercase().str.extract_all(r"\w+").list.unique(maintain_order=True)


def _hashed(words: pl.Series, counts: Codes) -> Codes:
    """Return the code of every word, one row after the other; each distinct word is hashed once."""
    flat = words.filter(pl.Series(counts > 0)).explode()
    distinct = flat.unique()
    codes = [zlib.crc32(word.encode()) % BUCKETS + FIRST_BUCKET for word in distinct]
    return flat.replace_strict(distinct, codes, return_dtype=pl.Int64).to_numpy()
