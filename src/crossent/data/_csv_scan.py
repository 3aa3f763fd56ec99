"""Where the records of CSV bytes end and how many fields each has, in one vectorised pass.

The rules are those of Python's `csv` module: a quote opens a field only at its very start; inside, two quotes are
one; anywhere else a quote is an ordinary character. They reduce to two moves over runs of adjacent quotes: a run of odd
length at the start of a field changes between inside and outside, any other run of odd length leaves the inside, and a
run of even length changes nothing. So the state after a run is the parity of the changes since the last leaving: a
cumulative sum.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

QUOTE, NEWLINE, RETURN = b'"'[0], b"\n"[0], b"\r"[0]


@dataclass(frozen=True, eq=False)
class Records:
    """The complete records of some bytes that begin at the start of a record.

    Args:
        starts: The first byte of each record.
        ends: The byte after its newline.
        fields: How many fields it has.
        stray: Whether it holds a quote where none may stand, which readers take in different ways.
        overrun: Whether one of those quotes closes a field that goes on after it.
        open_quote: The byte of a quote that is not closed by the end, or -1.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    fields: NDArray[np.int64]
    stray: NDArray[np.bool_]
    overrun: NDArray[np.bool_]
    open_quote: int

    def __getitem__(self, which: slice | NDArray[np.bool_]) -> "Records":
        return replace(
            self,
            starts=self.starts[which],
            ends=self.ends[which],
            fields=self.fields[which],
            stray=self.stray[which],
            overrun=self.overrun[which],
        )


def scan(data: bytes, separator: bytes) -> Records:
    """Return the complete records of `data`; what follows the last of them is not ended yet."""
    content = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(content == QUOTE)
    newlines, separators = np.flatnonzero(content == NEWLINE), np.flatnonzero(content == separator[0])
    stray, overrun, open_quote = np.empty(0, np.int64), np.empty(0, np.int64), -1
    if quotes.size:
        inside, stray, overrun, open_quote = _quoted(content, quotes, separator[0])
        newlines, separators = newlines[~inside[newlines]], separators[~inside[separators]]
    ends = newlines + 1
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    fields = np.diff(np.searchsorted(separators, ends), prepend=0) + 1
    return Records(starts, ends, fields, _records_of(stray, ends), _records_of(overrun, ends), open_quote)


def _quoted(
    content: NDArray[np.uint8], quotes: NDArray[np.int64], separator: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], int]:
    """Return which bytes are inside quotes, the stray quotes, those of them that close, and the quote left open."""
    first = np.flatnonzero(np.diff(quotes, prepend=-2) != 1)
    starts, lengths = quotes[first], np.diff(first, append=quotes.size)
    odd = lengths % 2 == 1
    opens = _one_of(content, starts - 1, separator, NEWLINE)
    follows = _one_of(content, starts + lengths, separator, NEWLINE, RETURN)

    changes = np.cumsum(odd & opens)
    since = np.maximum.accumulate(np.where(odd & ~opens, changes, 0))
    after = (changes - since) % 2 == 1
    before = np.concatenate([np.zeros(1, np.bool_), after])[:-1]

    closes = (before & ~after) | (~before & opens & ~odd)
    overrun = starts[closes & ~follows]
    stray = np.union1d(starts[~before & ~opens], overrun)
    left_open = int(starts[~before & after][-1]) if after[-1] else -1
    inside = np.repeat(np.append(False, after), np.diff(starts, prepend=0, append=content.size))
    return inside, stray, overrun, left_open


def _one_of(content: NDArray[np.uint8], positions: NDArray[np.int64], *characters: int) -> NDArray[np.bool_]:
    beyond = (positions < 0) | (positions >= content.size)
    here = content[np.where(beyond, 0, positions)]
    return beyond | np.isin(here, np.array(characters, np.uint8))


def _records_of(positions: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    holding = np.zeros(ends.size + 1, np.bool_)
    holding[np.searchsorted(ends, positions, side="right")] = True
    return holding[:-1]
