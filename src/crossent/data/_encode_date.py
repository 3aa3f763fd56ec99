"""Dates: how long ago, and where in the year, the week and the day."""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from ._column import Column
from ._encode_number import Scale, as_floats, indicator, unforeseen
from ._encoded import Encoded, Numbers
from ._layout import Part
from ._saved import Saved, truth

MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class DateEncoding:
    """A date as standardised days since 1970, and the sine and cosine of month, weekday and hour.

    The hour is there if any training row has a time of day; an indicator, if any is missing.
    """

    column: Column
    scale: Scale
    hours: bool
    missing: bool

    codes: int = 0
    levels: int = 0

    @property
    def numbers(self) -> int:
        """How many numbers a value becomes."""
        return len(self.parts)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What each of these numbers is."""
        cycles: tuple[Part, ...] = ("cycle",) * (4 + 2 * self.hours)
        return ("value", *cycles, "missing") if self.missing else ("value", *cycles)

    @classmethod
    def fit(cls, column: Column, values: pl.Series) -> "DateEncoding":
        """Measure the span of the training rows."""
        days = _days(values)
        return cls(column, Scale.fit(days), bool(np.any(days % 1 > 0)), values.null_count() > 0)

    def encode(self, values: pl.Series) -> Encoded:
        """Encode a typed series."""
        days = _days(values)
        cycles = [(as_floats(values.dt.month()) - 1) / 12, (as_floats(values.dt.weekday()) - 1) / 7]
        cycles += [days % 1] if self.hours else []
        turns = [wave for cycle in cycles for wave in _wave(cycle)]
        numbers = [self.scale.apply(days), *turns, *indicator(values, self.missing)]
        return Encoded(numbers, oddities=unforeseen(values, self.missing))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {"scale": asdict(self.scale), "hours": self.hours, "missing": self.missing}

    @classmethod
    def from_dict(cls, column: Column, data: Saved) -> "DateEncoding":
        """Return the encoding that was saved."""
        return cls(column, Scale.from_dict(data.get("scale")), truth(data, "hours"), truth(data, "missing"))


def _days(values: pl.Series) -> Numbers:
    return as_floats(values.to_physical()) / MICROSECONDS_A_DAY


def _wave(cycle: Numbers) -> list[Numbers]:
    """Return sine and cosine, so that the end of a cycle lies beside its beginning; 0 where missing."""
    return [np.nan_to_num(np.sin(2 * np.pi * cycle)), np.nan_to_num(np.cos(2 * np.pi * cycle))]
