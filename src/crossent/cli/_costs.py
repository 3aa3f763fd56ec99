"""What decisions cost, from the command line or from a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import crossent

from .._errors import InputError

if TYPE_CHECKING:
    import polars as pl

Costs = dict[tuple[str, str], float]

_LONG = ("true", "decided", "cost")


def costs_of(pairs: list[str] | None, file: Path | None) -> Costs | None:
    """The costs by true class and decision, from TRUE:DECISION=COST or from a file; None where there are none."""
    if pairs and file:
        raise InputError(f"costs stand in a file or in --costs; got {file} and {pairs[0]}")
    return costs_in(file) if file else _costs_of_pairs(pairs or [])


def _costs_of_pairs(pairs: list[str]) -> Costs | None:
    costs = {}
    for pair in pairs:
        classes, _, cost = pair.rpartition("=")
        true, colon, decision = classes.partition(":")
        number = _number(cost)
        if classes.count(":") > 1:
            raise InputError(
                f"--costs takes TRUE:DECISION=COST, with one colon; got {pair!r}: "
                "give costs of classes whose names hold one in a file, with --cost FILE"
            )
        if not (colon and true and decision) or number is None:
            raise InputError(f"--costs takes TRUE:DECISION=COST, as in fraud:fine=200; got {pair!r}")
        costs[true, decision] = number
    return costs or None


def costs_in(file: Path) -> Costs:
    """Read costs: a row for each true class and a column for each decision; or the columns true, decided, cost."""
    import polars as pl  # heavy

    frame = pl.concat(list(crossent.data.batches(file)), how="vertical_relaxed").cast(pl.String)
    if {name.strip().lower() for name in frame.columns} == {*_LONG}:
        return _long(file, frame.rename(lambda name: name.strip().lower()))
    return _square(file, frame)


def _long(file: Path, frame: pl.DataFrame) -> Costs:
    costs: Costs = {}
    for true, decided, cost in frame.select(_LONG).rows():
        if (true, decided) in costs:
            raise InputError(f"{file} must name each pair of classes once; {true!r} decided as {decided!r} comes twice")
        costs[true, decided] = _cost(file, true, decided, cost)
    return costs


def _square(file: Path, frame: pl.DataFrame) -> Costs:
    true, decided = frame.to_series(0).to_list(), frame.columns[1:]
    if sorted(map(str, true)) != sorted(decided):
        raise InputError(
            f"{file} must hold a row and a column for each class (true class by row, decision by column), or the "
            f"columns {', '.join(_LONG)}; the rows are {true}, the columns {decided}"
        )
    return {
        (row[0], name): _cost(file, row[0], name, value)
        for row in frame.rows()
        for name, value in zip(decided, row[1:], strict=True)
    }


def _cost(file: Path, true: object, decided: object, text: str | None) -> float:
    number = _number(text or "")
    if number is None:
        raise InputError(f"{file} must hold a finite number for {true!r} decided as {decided!r}; got {text!r}")
    return number


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
