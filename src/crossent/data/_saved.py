"""Values that were saved as JSON, taken back with a check of each."""

import sys
from collections.abc import Mapping, Sequence

from .._errors import InputError

Saved = Mapping[str, object]


def saved(data: object, what: str) -> Saved:
    """Return `data` as a mapping; it must be one."""
    if isinstance(data, Mapping):
        return {str(key): value for key, value in data.items()}
    raise InputError(f"{what} must be a mapping of names to values, but this came: {data!r:.80}. Was the file changed?")


def listing(data: Saved, name: str) -> Sequence[object]:
    """Return a list."""
    match data.get(name):
        case list() | tuple() as value:
            return value
        case value:
            raise _wrong(name, "a list", value)


def number(data: Saved, name: str) -> float:
    """Return a finite number."""
    value = data.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return float(value)
    raise _wrong(name, "a finite number", value)


def whole(data: Saved, name: str, most: int) -> int:
    """Return a whole number from 1 to `most`."""
    value = data.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return value
    raise _wrong(name, f"a whole number from 1 to {most}", value)


def truth(data: Saved, name: str) -> bool:
    """Return true or false."""
    value = data.get(name)
    if isinstance(value, bool):
        return value
    raise _wrong(name, "true or false", value)


def words(data: Saved, name: str) -> tuple[str, ...]:
    """Return distinct strings."""
    values = listing(data, name)
    strings = tuple(value for value in values if isinstance(value, str))
    if len(strings) == len(values) == len(set(strings)):
        return strings
    raise _wrong(name, "a list of distinct strings", values)


def _wrong(name: str, wanted: str, value: object) -> InputError:
    return InputError(
        f"A saved encoder's '{name}' must be {wanted}, but this came: {value!r:.80}. Was the file changed?"
    )
