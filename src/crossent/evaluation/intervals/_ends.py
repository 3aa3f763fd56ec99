"""From a value and its standard error, or from resamples, to the ends of an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..figures._figure import Figure
from ..state._exact import Floats
from ._wilson import normal_quantile, wilson


@dataclass(frozen=True)
class Interval:
    """A figure and the ends between which it lies with this confidence. method: how they were found.

    Where the figure has a half-width, the ends lie so much farther apart.
    """

    value: float
    low: float
    high: float
    confidence: float
    method: str


def by_error(found: Figure, error: float, confidence: float, method: str) -> Interval:
    """So many standard errors to each side."""
    half = normal_quantile(confidence) * error
    return Interval(found.value, found.value - half, found.value + half, confidence, method)


def by_wilson(found: Figure, count: float, confidence: float, method: str) -> Interval:
    """Wilson's, of a share of so many rows."""
    low, high = wilson(np.array([found.value]), np.array([count]), confidence)
    return Interval(found.value, low.item(), high.item(), confidence, method)


def by_quantiles(values: Floats, found: Figure, confidence: float) -> Interval:
    """Between the quantiles of resamples."""
    if np.isnan(values).mean() > 0.5:
        return Interval(found.value, math.nan, math.nan, confidence, "none: undefined in most resamples")
    low, high = np.nanquantile(values, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    if low == high:  # rows to come need not be so; that all of them are alike here says nothing of how far off it is
        return Interval(found.value, math.nan, math.nan, confidence, "none: all resamples are alike")
    return Interval(found.value, low, high, confidence, "bootstrap")


def by_odds(found: Figure, error: float, fewest: float, confidence: float, method: str) -> Interval:
    """Normal on the scale of log-odds, which keeps it inside [0, 1]."""
    if not 0 < found.value < 1 or not error > 0:
        return by_wilson(found, fewest, confidence, "Wilson, of the rarer side")
    odds = math.log(found.value / (1 - found.value))
    reach = normal_quantile(confidence) * error / (found.value * (1 - found.value))
    return Interval(found.value, _logistic(odds - reach), _logistic(odds + reach), confidence, method)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > 0 else math.exp(odds) / (1 + math.exp(odds))


def widened(of: Interval, half_width: float) -> Interval:
    """So much farther apart, within [0, 1]."""
    low, high = max(of.low - half_width, 0.0), min(of.high + half_width, 1.0)
    return Interval(of.value, min(low, of.value), max(high, of.value), of.confidence, of.method)
