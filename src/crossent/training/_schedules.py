"""How the learning rate, and what keeps a network simple, change over a training."""

from __future__ import annotations

import math

_RISE = 0.05

LAST_WAVE = 7 / 15
"""When the last and longest wave of `coslog4` begins."""


def coslog4(time: float) -> float:
    """Four waves of cosine from 0 to 1 and back, each twice as long as the one before.

    Args:
        time: The share of the training that is done, 0 to 1.

    Example:
        >>> [round(coslog4(time), 3) for time in (0.0, 1 / 15, 1 / 5, 1.0)]
        [0.0, 0.0, 0.0, 0.0]

    References:
        Holzmueller, Grinsztajn, Steinwart 2024, arXiv 2407.04491, section 3.
    """
    return (1 - math.cos(2 * math.pi * math.log2(1 + 15 * time))) / 2


def flat_cos(time: float) -> float:
    """1 over the first half, then down to 0 along a cosine.

    Args:
        time: The share of the training that is done, 0 to 1.

    Example:
        >>> [round(flat_cos(time), 3) for time in (0.0, 0.5, 0.75, 1.0)]
        [1.0, 1.0, 0.5, 0.0]
    """
    return (1 + math.cos(math.pi * (max(1.0, 2 * time) - 1))) / 2


def plateau(time: float) -> float:
    """Up to 1 along a line over the first twentieth, 1 until the half, then down to 0 along a cosine.

    Args:
        time: The share of the training that is done, 0 to 1.

    Example:
        >>> [round(plateau(time), 3) for time in (0.0, 0.025, 0.5, 0.75, 1.0)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return min(time / _RISE, 1.0) * flat_cos(time)
