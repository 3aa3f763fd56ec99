"""Layout: what the columns of Features are, for a member that treats kinds of columns differently."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["value", "flag", "cycle", "missing"]


@dataclass(frozen=True)
class NumberPart:
    """One column of `Features.numbers`.

    Args:
        column: The column of the table that it is of.
        part: A measurement ("value"), true and false as 1 and -1 ("flag"), a sine or cosine ("cycle"), or 1 where the
            measurement before it is missing ("missing").
    """

    column: str
    part: Part


@dataclass(frozen=True)
class CodePart:
    """The columns of `Features.codes` that one column of the table became.

    Args:
        column: The column of the table.
        kind: "category": one code a row; "text": a set of codes a row, in no order, the rest padding.
        start: The first of its columns in `Features.codes`.
        width: How many there are: 1 for a category.
        first: Its least code; codes count on from there: missing, unseen (of a category), then levels or words.
        levels: How many codes it has.
    """

    column: str
    kind: Literal["category", "text"]
    start: int
    width: int
    first: int
    levels: int


@dataclass(frozen=True)
class Layout:
    """The columns of `Features.numbers`, in order, and of `Features.codes`, column of the table by column."""

    numbers: tuple[NumberPart, ...]
    codes: tuple[CodePart, ...]
