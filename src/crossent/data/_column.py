"""Column: what one column of a table is taken to be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias, get_args

from .._errors import InputError
from ._names import did_you_mean, listed
from ._saved import saved

Kind: TypeAlias = Literal["number", "category", "boolean", "datetime", "text", "identifier", "constant"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SET_ASIDE: Final[frozenset[Kind]] = frozenset({"identifier", "constant"})


@dataclass(frozen=True)
class Column:
    """The name of a column and how its values are read.

    Args:
        name: As in the table.
        kind: What its values are; `identifier` and `constant` columns are set aside, nothing is learned from them.
        note: What the user should know: why it is set aside, what was read as missing.
        format: The strptime format of a date/time column that came as text.
    """

    name: str
    kind: Kind
    note: str = ""
    format: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Return the column as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> "Column":
        """Return the column that `to_dict` wrote.

        Raises:
            InputError: when `data` is not what `to_dict` writes.
        """
        match saved(data, "A saved column"):
            case {"name": str(name), "kind": str(kind), "note": str(note), "format": None | str() as format}:
                return cls(name, kind_of(kind, f"column '{name}'"), note, format)
            case _:
                raise InputError(
                    f"A saved column must hold a name, a kind, a note and a format, but this came: {data!r}."
                )


def kind_of(word: str, whose: str) -> Kind:
    """Return `word` as a kind; it must be one."""
    for kind in KINDS:
        if kind == word:
            return kind
    raise InputError(f"'{word}', asked for {whose}, is not a kind.{did_you_mean(word, KINDS)} Kinds: {listed(KINDS)}.")


def named(name: str, names: Mapping[str, object] | tuple[str, ...] | list[str], what: str = "column") -> str:
    """Return `name` if it is among `names`; the error suggests the nearest."""
    if name in names:
        return name
    raise InputError(f"There is no {what} '{name}'.{did_you_mean(name, names)} The {what}s are: {listed(names)}.")
