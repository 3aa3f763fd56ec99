"""Is the mean of some rows above that of others? Welch's test on sums, for many sets of rows at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit  # scipy.stats has Student's t, and takes 45 MB and a second to import

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sums:
    """Of each of several sets of rows, `(m,)`: their number, the sum of their values, and of the squares."""

    rows: Floats
    total: Floats
    squares: Floats

    @classmethod
    def of(cls, values: Floats) -> Sums:
        """All rows as one set."""
        return cls(*(np.array([each]) for each in (float(len(values)), values.sum(), np.square(values).sum())))

    def less(self, inside: Sums) -> Sums:
        """The rows that are not in those inside."""
        return Sums(self.rows - inside.rows, self.total - inside.total, self.squares - inside.squares)

    def taken(self, places: Ints) -> Sums:
        """Some of the sets."""
        return Sums(self.rows[places], self.total[places], self.squares[places])

    @property
    def mean(self) -> Floats:
        """The mean of each set; 0 where it has no rows."""
        return self.total / np.maximum(self.rows, 1)

    @property
    def variance(self) -> Floats:
        """The variance of each set; 0 where it has fewer than two rows."""
        spread = self.squares - self.rows * np.square(self.mean)
        return np.maximum(spread, 0) / np.maximum(self.rows - 1, 1)


def sums_by(codes: Ints, values: Floats, sets: int) -> Sums:
    """The sums of each of so many sets; a row is in the set of its code, and with -1 in none."""
    weights = (None, values, np.square(values))
    return Sums(*(np.bincount(codes + 1, each, sets + 1)[1:].astype(np.float64) for each in weights))


def excess(inside: Sums, outside: Sums, least_variance: Floats) -> Floats:
    """The log of the p-value, `(m,)`, of the hypothesis that the mean inside is not above the mean outside.

    0 where either side has fewer than two rows.
    """
    errors = [np.maximum(of.variance, least_variance) / np.maximum(of.rows, 1) for of in (inside, outside)]
    error = np.sqrt(errors[0] + errors[1])
    statistic = (inside.mean - outside.mean) / np.where(error > 0, error, np.inf)
    enough = (inside.rows >= 2) & (outside.rows >= 2)
    with np.errstate(divide="ignore"):  # beyond all doubt: log 0
        log_p = np.log(stdtr(_freedom(inside, outside, errors), -statistic))
    return np.where(enough, log_p, 0.0)


def excess_interval(inside: Sums, outside: Sums, least_variance: Floats) -> tuple[Floats, Floats]:
    """The 95 % interval of the mean inside less the mean outside, `(m,)` each."""
    errors = [np.maximum(of.variance, least_variance) / np.maximum(of.rows, 1) for of in (inside, outside)]
    reach = stdtrit(_freedom(inside, outside, errors), 0.975) * np.sqrt(errors[0] + errors[1])
    difference = inside.mean - outside.mean
    return difference - reach, difference + reach


def _freedom(inside: Sums, outside: Sums, errors: list[Floats]) -> Floats:
    """Welch and Satterthwaite's degrees of freedom."""
    parts = [np.square(error) / np.maximum(of.rows - 1, 1) for of, error in zip((inside, outside), errors, strict=True)]
    below = parts[0] + parts[1]
    return np.where(below > 0, np.square(errors[0] + errors[1]) / np.where(below > 0, below, 1), 1.0)


def holm(log_p: Floats) -> Floats:
    """Logs of p-values adjusted by Holm's method: the chance that any one at most so large comes without cause."""
    order = np.argsort(log_p, kind="stable")
    adjusted = np.empty_like(log_p)
    adjusted[order] = np.maximum.accumulate(log_p[order] + np.log(np.arange(len(log_p), 0, -1)))
    return np.minimum(adjusted, 0.0)
