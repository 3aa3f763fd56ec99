"""Numbers, standardised so that neither the unit nor an outlier matters much; true and false as 1 and -1."""

from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from ._column import Column
from ._encoded import Encoded, Numbers
from ._layout import Part
from ._saved import Saved, number, saved, truth

# The quartiles of a normal distribution lie 1.349 standard deviations apart.
QUARTILES_APART = 1.349


@dataclass(frozen=True)
class Scale:
    """The middle and the width of a column of numbers."""

    center: float
    spread: float

    @classmethod
    def fit(cls, values: Numbers) -> "Scale":
        """Return the median and the interquartile range, or the standard deviation, or 1, where the former is 0."""
        present = values[~np.isnan(values)]
        if not present.size:
            return cls(0.0, 1.0)
        # A quarter of each, for no difference of quarters overflows, and dividing by 4 is exact.
        low, center, high = np.quantile(present / 4, [0.25, 0.5, 0.75])
        with np.errstate(over="ignore", invalid="ignore"):
            spread = 4 * (high - low) / QUARTILES_APART
            spread = spread if 0 < spread < np.inf else np.std(present)
        return cls(4 * float(center), float(spread) if 0 < spread < np.inf else 1.0)

    def apply(self, values: Numbers) -> Numbers:
        r"""Return z / sqrt(1 + (z / 3)^2) with z = (x - center) / spread, which stays within -3 and 3; missing is 0.

        References:
            Holzmueller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted trees on
            tabular data", section 3 (robust scale and smooth clip).
        """
        with np.errstate(over="ignore"):
            z = (values - self.center) / self.spread
        # Beyond 1e9 the clip has long reached 3, while the square of a larger number would overflow.
        np.clip(z, -1e9, 1e9, out=z)
        clipped = z / np.sqrt(1 + (z / 3) ** 2)
        clipped[np.isnan(clipped)] = 0
        return clipped

    @classmethod
    def from_dict(cls, data: object) -> "Scale":
        """Return the scale that was saved."""
        fields = saved(data, "A saved scale")
        return cls(number(fields, "center"), number(fields, "spread"))


@dataclass(frozen=True)
class NumberEncoding:
    """A number as one standardised number, and one that says it is missing, where that was seen at fit time."""

    column: Column
    scale: Scale
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
        return ("value", "missing") if self.missing else ("value",)

    @classmethod
    def fit(cls, column: Column, values: pl.Series) -> "NumberEncoding":
        """Measure the middle and the width of the training rows."""
        return cls(column, Scale.fit(as_floats(values)), values.null_count() > 0)

    def encode(self, values: pl.Series) -> Encoded:
        """Encode a typed series."""
        scaled = self.scale.apply(as_floats(values))
        return Encoded([scaled, *indicator(values, self.missing)], oddities=unforeseen(values, self.missing))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {"scale": asdict(self.scale), "missing": self.missing}

    @classmethod
    def from_dict(cls, column: Column, data: Saved) -> "NumberEncoding":
        """Return the encoding that was saved."""
        return cls(column, Scale.from_dict(data.get("scale")), truth(data, "missing"))


@dataclass(frozen=True)
class BooleanEncoding:
    """True as 1, false as -1, missing as 0."""

    column: Column
    missing: bool

    numbers: int = 1
    codes: int = 0
    levels: int = 0
    parts: tuple[Part, ...] = ("flag",)

    @classmethod
    def fit(cls, column: Column, values: pl.Series) -> "BooleanEncoding":
        """Remember whether values were missing."""
        return cls(column, values.null_count() > 0)

    def encode(self, values: pl.Series) -> Encoded:
        """Encode a typed series."""
        signs = np.nan_to_num(2 * as_floats(values) - 1)
        return Encoded([signs], oddities=unforeseen(values, self.missing))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {"missing": self.missing}

    @classmethod
    def from_dict(cls, column: Column, data: Saved) -> "BooleanEncoding":
        """Return the encoding that was saved."""
        return cls(column, truth(data, "missing"))


def as_floats(values: pl.Series) -> Numbers:
    """Return float64, with NaN for missing."""
    return values.cast(pl.Float64).to_numpy()


def indicator(values: pl.Series, seen: bool) -> list[Numbers]:
    """Return a vector of 1 where a value is missing, if that was seen at fit time; else nothing."""
    return [values.is_null().cast(pl.Float64).to_numpy()] if seen else []


def unforeseen(values: pl.Series, seen: bool) -> Counter[str]:
    """Count missing values, if none was seen at fit time."""
    return Counter() if seen or not values.null_count() else Counter(missing=values.null_count())
