"""Names in messages: the list of them, and the nearest one to what was typed."""

import difflib
from collections.abc import Iterable


def listed(names: Iterable[object], limit: int = 12) -> str:
    """Join names in quotes, and count the ones that are too many to print."""
    every = [f"'{name}'" for name in names]
    shown = ", ".join(every[:limit])
    return f"{shown} and {len(every) - limit} more" if len(every) > limit else shown


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean 'age'?" for the nearest name, case aside, or nothing when none is near."""
    candidates = {candidate.strip().lower(): candidate for candidate in names}
    near = difflib.get_close_matches(name.strip().lower(), candidates, n=1)
    return f" Did you mean '{candidates[near[0]]}'?" if near else ""
