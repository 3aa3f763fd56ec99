"""The nearest of some names to the one that was given, for messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return the name that is most like the given one, blanks and case aside; None where none is near.

    Args:
        name: What was given.
        names: What there is.
        likeness: The least share of letters in common, from 0 to 1.
    """
    known: dict[str, str] = {}
    for each in names:
        known.setdefault(folded(each), each)
    close = difflib.get_close_matches(folded(name), known, n=1, cutoff=likeness)
    return known[close[0]] if close else None


def folded(name: object) -> str:
    """A name without its case and its spare blanks."""
    return " ".join(str(name).split()).casefold()
