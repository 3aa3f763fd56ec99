"""Seconds since 1970 as days, and where in the year, the week and the day they are."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_SECONDS_A_DAY = 86_400.0
_FARTHEST = 2e8  # days: what a date of microseconds in 64 bits can hold, and more


def date_parts(seconds: Tensor, *, hours: bool) -> tuple[Tensor, list[Tensor]]:
    """Days since 1970, NaN where missing; and sine and cosine of month, weekday and hour, 0 where missing.

    Args:
        seconds: `(n,)` float64, NaN where missing.
        hours: Whether the hour is wanted.
    """
    days = seconds / _SECONDS_A_DAY
    absent = seconds.isnan()
    whole = days.nan_to_num(0.0).clamp(-_FARTHEST, _FARTHEST).floor().long()
    cycles = [_month(whole).double() / 12, (whole + 3).remainder(7).double() / 7]  # 1970 began on a Thursday
    cycles += [days - days.floor()] if hours else []
    turns = [2 * math.pi * cycle for cycle in cycles]
    waves = [wave(turn) for turn in turns for wave in (torch.sin, torch.cos)]
    return days, [wave.masked_fill(absent, 0.0) for wave in waves]


def _month(days: Tensor) -> Tensor:
    """The month, January as 0, of days since 1970 in the Gregorian calendar, whose years here begin in March.

    References:
        Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    day = (days + 719_468).remainder(146_097)  # of an era of 400 years
    even = day - _over(day, 1_460) + _over(day, 36_524) - _over(day, 146_096)
    year = _over(even, 365)
    day_of_year = day - (365 * year + _over(year, 4) - _over(year, 100))
    march = _over(5 * day_of_year + 2, 153)
    return (march + 2).remainder(12)


def _over(values: Tensor, by: int) -> Tensor:
    return values.div(by, rounding_mode="floor")
