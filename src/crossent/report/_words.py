"""Figures and class names as the page spells them."""

from __future__ import annotations

from collections.abc import Sequence

from .._task import Label

NONE = "\N{EN DASH}"
"""Stands for an undefined figure."""

_LONGEST = 28


def figure(value: float | None, digits: int = 3) -> str:
    """A score; a dash where it is undefined."""
    return NONE if value is None or value != value else f"{value:.{digits}f}"


def signed(value: float, digits: int = 4) -> str:
    """A difference with its sign; a dash where it is undefined."""
    return NONE if value != value else f"{value:+.{digits}f}"


def percent(share: float) -> str:
    """A share in percent; few shares are told from none, and most from all."""
    if share != share:
        return NONE
    if 0 < share < 0.0005:
        return "< 0.1%"
    if 0.9995 < share < 1:
        return "> 99.9%"
    return f"{100 * share:.1f}%"


def quoted(label: Label) -> str:
    """A class name in quotation marks, cut where it would fill lines."""
    return f"“{_cut(str(label), 48)}”"


def short_names(labels: Sequence[Label]) -> list[str]:
    """Class names cut to a length that a chart can hold, still distinct."""
    cut = [_cut(str(label), _LONGEST) for label in labels]
    if len(set(cut)) == len(cut):
        return cut
    return [name if cut.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(cut, start=1)]


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def tally(count: float) -> str:
    """A number of rows, or their weight."""
    return f"{count:,.0f}" if count == int(count) else f"{count:,.2f}"


def amount(value: float) -> str:
    """A cost or a rate, to four digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def plain(value: float) -> str:
    """A number as a control or a command takes it: all its digits, and no more."""
    value = float(value)
    return str(int(value)) if value == int(value) else repr(value)
