"""Names in messages: the list of them, and the nearest one to what was typed."""

from collections.abc import Iterable

from .._nearest import nearest


def listed(names: Iterable[object], limit: int = 12) -> str:
    """Join names in quotes, and count the ones that are too many to print."""
    every = [f"'{name}'" for name in names]
    shown = ", ".join(every[:limit])
    return f"{shown} and {len(every) - limit} more" if len(every) > limit else shown


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean 'age'?" for the nearest name, case aside, or nothing when none is near."""
    near = nearest(name, names)
    return f" Did you mean '{near}'?" if near else ""
