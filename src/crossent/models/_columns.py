"""Which columns of the features a network embeds, and how: a rule that the layout alone decides."""

from __future__ import annotations

from dataclasses import dataclass

from ..data import CodePart, Layout

FEW_LEVELS = 8
"""Categories of up to so many levels are one-hot columns, the others are embedded."""

MOST_PERIODIC = 128
"""Up to so many measurements each have their periodic embedding, which makes four inputs of one. Beyond, the first
layer would cost more than all the others, and single columns (pixels, say) mean little alone."""


@dataclass(frozen=True)
class Columns:
    """Columns of the features by the way that they take into a network.

    Args:
        periodic: Columns of the numbers that are embedded: measurements and cycles, unless there are many.
        plain: Columns of the numbers that go in as they are.
        one_hot: Categories of few levels.
        embedded: Categories of many levels.
        texts: Sets of words.
    """

    periodic: tuple[int, ...]
    plain: tuple[int, ...]
    one_hot: tuple[CodePart, ...]
    embedded: tuple[CodePart, ...]
    texts: tuple[CodePart, ...]

    @classmethod
    def of(cls, layout: Layout) -> Columns:
        """Sort the columns of a layout."""
        measured = tuple(place for place, part in enumerate(layout.numbers) if part.part in ("value", "cycle"))
        periodic = measured if len(measured) <= MOST_PERIODIC else ()
        plain = tuple(place for place in range(len(layout.numbers)) if place not in set(periodic))
        categories = [part for part in layout.codes if part.kind == "category"]
        few = tuple(part for part in categories if part.levels - 2 <= FEW_LEVELS)
        many = tuple(part for part in categories if part.levels - 2 > FEW_LEVELS)
        return cls(periodic, plain, few, many, tuple(part for part in layout.codes if part.kind == "text"))


def missing_code(part: CodePart) -> int:
    """The code of a missing value."""
    return part.first


def unseen_code(part: CodePart) -> int:
    """The code of a category that was never seen."""
    return part.first + 1
