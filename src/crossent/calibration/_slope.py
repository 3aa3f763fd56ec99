"""The factor on the logits that temperature scaling fits."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import root_scalar

_FARTHEST = 700.0  # exp overflows beyond


def best_slope(loss: Callable[[float], float], derivative: Callable[[float], float]) -> float:
    """The s > 0 that minimises loss(s) + (log s)^2 / 2.

    The second term is the negative log of a standard normal prior on the log temperature: it weighs as much as half a
    nat at a factor of e, so that it vanishes beside some dozens of rows, but has no end: s stays finite where the rows
    are separable, and above 0 where a lower slope is always better. It is 0 at s = 1, so the loss at the s found is
    never above the loss at 1.

    Args:
        loss: The summed loss by s, convex.
        derivative: Its derivative in s.
    """

    def downhill(u: float) -> float:
        s = math.exp(u)
        return s * derivative(s) + u

    direction = -math.copysign(1.0, downhill(0.0))
    near, far = 0.0, 0.5
    while downhill(direction * far) * direction < 0 and far < _FARTHEST / 2:
        near, far = far, 2 * far
    if downhill(direction * far) * direction < 0:
        return 1.0
    found = root_scalar(downhill, bracket=(direction * near, direction * far), method="brentq", xtol=1e-12)
    u = float(found.root)
    s = math.exp(u)
    return s if loss(s) + u * u / 2 <= loss(1.0) else 1.0
