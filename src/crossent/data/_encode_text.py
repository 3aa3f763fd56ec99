"""Text: which of the words and pairs of words that training knows it holds."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from ._column import Column
from ._encode_number import unforeseen
from ._encoded import Encoded
from ._grams import slices, token_counts
from ._layout import Part
from ._saved import Saved, truth, whole
from ._vocabulary import Vocabulary

MISSING, FIRST_GRAM = 1, 2

# The vocabulary is taken from so many bytes of text, spread over the table.
SAMPLE_BYTES = 2**23
# Where nearly all texts are this short, characters cost little and help with names, codes and misspelt words.
SHORT = 8
# A code takes 4 bytes in every row: 256 MB for a column, at most.
MOST_CELLS, MOST_WIDTH = 2**26, 1024
NEARLY_ALL = 0.99


@dataclass(frozen=True)
class TextEncoding:
    """Text as the codes of the grams it holds, each once, then padding.

    The grams are words, pairs of words and, of short texts, characters; see `grams`. Those that two training rows hold
    have a code. Where a text holds more of them than the width, the last are left out: characters before pairs before
    words.
    """

    column: Column
    vocabulary: Vocabulary
    width: int
    longest: int
    missing: bool

    numbers: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def codes(self) -> int:
        """How many codes a value becomes: as many as nearly every training row has grams, within limits."""
        return self.width

    @property
    def levels(self) -> int:
        """How many codes there are."""
        return FIRST_GRAM - 1 + len(self.vocabulary)

    @classmethod
    def fit(cls, column: Column, values: pl.Series) -> "TextEncoding":
        """Collect the grams of the training rows."""
        sample = values.gather_every(-(-int(values.str.len_bytes().sum()) // SAMPLE_BYTES) or 1)
        short = bool(np.quantile(token_counts(sample), NEARLY_ALL) <= SHORT)
        vocabulary = Vocabulary.fit(sample, characters=short)
        counts = np.bincount(vocabulary.numbers(sample)[0], minlength=len(sample))
        width = int(np.quantile(counts, NEARLY_ALL, method="higher"))
        most = min(MOST_WIDTH, max(MOST_CELLS // len(values), 1))
        longest = max(int(counts.max()), 1)
        return cls(column, vocabulary, min(max(width, 1), most), longest, values.null_count() > 0)

    def encode(self, values: pl.Series) -> Encoded:
        """Encode a typed series."""
        codes = np.zeros((self.width, len(values)), np.int32)
        codes[0, values.is_null().to_numpy()] = MISSING
        longer = 0
        for part in slices(values):
            rows, numbers = self.vocabulary.numbers(values[part])
            counts = np.bincount(rows, minlength=part.stop - part.start)
            places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            kept = places < self.width
            codes[places[kept], part.start + rows[kept]] = numbers[kept] + FIRST_GRAM
            longer += int((counts > max(self.width, self.longest)).sum())
        return Encoded([], list(codes), unforeseen(values, self.missing) + Counter(truncated=longer))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "vocabulary": self.vocabulary.to_dict(),
            "width": self.width,
            "longest": self.longest,
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, column: Column, data: Saved) -> "TextEncoding":
        """Return the encoding that was saved."""
        vocabulary = Vocabulary.from_dict(data.get("vocabulary"))
        width, longest = whole(data, "width", MOST_WIDTH), whole(data, "longest", 2**53)
        return cls(column, vocabulary, width, longest, truth(data, "missing"))
