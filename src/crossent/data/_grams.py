"""Grams: the pieces of text that a text is known by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

GramKind: TypeAlias = Literal["words", "pairs", "characters"]

# Runs of letters and digits; and "!" and "?", which say how something is meant.
_TOKEN = r"\w+|[!?]+"
_CHARACTERS = (3, 4, 5)
# Bytes of text at a time, so that memory does not grow with the rows.
_SLICE = 2**23

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Grams:
    """The grams of one kind in some rows of text.

    Attributes:
        names: The distinct grams.
        rows: `(p,)`, the row in which one stands.
        places: `(p,)`, which of the names it is.
    """

    names: pl.Series
    rows: Places
    places: Places


def slices(values: pl.Series) -> Iterator[slice]:
    """Cut rows of text into slices of some megabytes each, or of one row."""
    ends = values.str.len_bytes().fill_null(0).cum_sum().to_numpy()
    start = 0
    while start < len(values):
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + _SLICE, side="right")), start + 1)
        yield slice(start, stop)
        start = stop


def token_counts(values: pl.Series) -> Places:
    """Return `(n,)`, how many words each row has."""
    return values.str.count_matches(_TOKEN).fill_null(0).to_numpy().astype(np.int64)


def distinct(cells: Places) -> Places:
    """Return the distinct numbers, ascending. `np.unique` takes five times as long, by its hash table."""
    cells = np.sort(cells)
    return cells[np.diff(cells, prepend=-1) > 0]


def grams(values: pl.Series, kinds: Sequence[GramKind]) -> list[Grams]:
    """Find the grams of each kind in rows of text, in lower case.

    "words" are runs of letters and digits, or of exclamation and question marks; "pairs" two words that follow one
    another, with a space between; "characters" 3 to 5 characters in a row of a word with a space before and after it.
    """
    tokens = values.str.to_lowercase().str.extract_all(_TOKEN)
    counts = tokens.list.len().fill_null(0).to_numpy().astype(np.int64)
    rows = np.repeat(np.arange(len(values)), counts)
    flat = tokens.filter(pl.Series(counts > 0)).explode().cast(pl.String)
    names = flat.unique(maintain_order=True)
    words = Grams(names, rows, flat.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64))
    found = {"words": lambda: words, "pairs": lambda: _pairs(words), "characters": lambda: _characters(words)}
    return [found[kind]() for kind in kinds]


def _pairs(words: Grams) -> Grams:
    first = np.flatnonzero(words.rows[1:] == words.rows[:-1])
    keys = words.places[first] * len(words.names) + words.places[first + 1]
    pairs, places = np.unique(keys, return_inverse=True)
    left, right = np.divmod(pairs, max(len(words.names), 1))
    return Grams(words.names.gather(left) + " " + words.names.gather(right), words.rows[first], places)


def _characters(words: Grams) -> Grams:
    """Return the grams of characters: those of each distinct word, for each row that has the word."""
    of_words = [_within(word) for word in words.names]
    counts = np.array([len(pieces) for pieces in of_words], np.int64)
    flat = pl.Series([piece for pieces in of_words for piece in pieces], dtype=pl.String)
    names = flat.unique(maintain_order=True)
    places = flat.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    each = counts[words.places]
    starts = np.repeat((np.cumsum(counts) - counts)[words.places], each)
    within = np.arange(len(starts)) - np.repeat(np.cumsum(each) - each, each)
    return Grams(names, np.repeat(words.rows, each), places[starts + within])


def _within(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[at : at + size] for size in _CHARACTERS for at in range(len(padded) - size + 1)]
