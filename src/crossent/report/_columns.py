"""What the columns of the data were taken to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnFacts:
    """A column of the table that a model was fitted on.

    Attributes:
        name: As in the table.
        kind: What its values are: a number, a category, text.
        missing: The share of rows without a value, from 0 to 1.
        note: What the reader should know, such as why it was set aside.

    Example:
        >>> ColumnFacts("zip", "category", missing=0.02).kind
        'category'
    """

    name: str
    kind: str
    missing: float
    note: str = ""
