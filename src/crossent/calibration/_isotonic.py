"""Isotonic regression of one logit, smoothed so that log odds are finite and logits are still told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from ._rows import Floats, Ints


@dataclass(frozen=True)
class Isotonic:
    """Log odds at knots, in between along straight lines, beyond the ends as at the ends."""

    knots: tuple[float, ...]
    log_odds: tuple[float, ...]

    def __call__(self, logits: Floats) -> Floats:
        """Calibrated logits, `(n,)`."""
        return np.interp(logits, self.knots, self.log_odds)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return {"knots": list(self.knots), "log_odds": list(self.log_odds)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Isotonic:
        """What `to_dict` recorded."""
        return cls(tuple(record["knots"]), tuple(record["log_odds"]))


def fit_isotonic(logits: Floats, happened: Ints, weights: Floats) -> Isotonic:
    """Pool adjacent violators; smooth each block's share; pool again; connect the blocks' centres.

    A block of weight w of which h happened gets the odds (h + 1/2) / (w - h + 1/2): finite however pure it is, and
    the surer the larger it is. Plain isotonic regression says 0 or 1 at both ends, at a cost without limit.

    References:
        Zadrozny and Elkan, KDD 2002 (isotonic). Krichevsky and Trofimov, 1981 (the halves). Oron and Flournoy,
        Centered isotonic regression, 2017 (the lines between centres).
    """
    scores, place = np.unique(logits, return_inverse=True)
    rows: Floats = np.bincount(place, weights=weights).astype(np.float64)
    hits: Floats = np.bincount(place, weights=weights * happened).astype(np.float64)
    knots, hits, rows = _pooled(scores, hits, rows, hits / rows, rows)
    smooth = (hits + 0.5) / (rows + 1.0)
    # By weight plus one: the mean of smoothed shares is then the share of all their rows and halves.
    knots, hits, rows = _pooled(knots, hits + 0.5, rows + 1.0, smooth, rows)
    return Isotonic(tuple(knots.tolist()), tuple((np.log(hits) - np.log(rows - hits)).tolist()))


def _pooled(knots: Floats, hits: Floats, rows: Floats, shares: Floats, mass: Floats) -> tuple[Floats, Floats, Floats]:
    """The blocks of the rising fit: their centres, and what happened of how many."""
    starts = isotonic_regression(shares, weights=rows).blocks[:-1]
    mass_of = np.add.reduceat(mass, starts)
    # The centre as a shift from the block's first knot, so that large logits cost no digits.
    first = knots[starts]
    shift = np.add.reduceat(mass * (knots - np.repeat(first, np.diff(np.append(starts, len(knots))))), starts)
    return first + shift / mass_of, np.add.reduceat(hits, starts), np.add.reduceat(rows, starts)
