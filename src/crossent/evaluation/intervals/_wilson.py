"""Wilson's interval of a share."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from ..state._exact import Amounts, Floats


def normal_quantile(confidence: float) -> float:
    """How many standard errors an interval of this confidence reaches to each side."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(share: Floats, count: Amounts, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """The interval of a share observed in so many rows; it stays inside [0, 1] and never has width 0.

    References:
        Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    z = normal_quantile(confidence)
    spread = z**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(share * (1 - share) / count + spread / (4 * count))
    # At the ends the bound is 0 or 1 exactly; computed, it may miss by a rounding.
    return np.where(share == 0, 0.0, centre - half), np.where(share == 1, 1.0, centre + half)
