"""Newton's method for a few numbers with lower limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._rows import Floats

_STEPS = 100
_STEEP = 1e-9


def least(
    value: Callable[[Floats], float],
    slopes: Callable[[Floats], tuple[Floats, Floats]],
    start: Floats,
    floors: Floats,
) -> Floats:
    """Where a strictly convex function is least among x >= floors.

    Projected Newton steps: a number that its floor holds back stays there, the others take the Newton step, shortened
    until the value falls. So the value is never above that at the start. (SciPy's L-BFGS-B spends milliseconds on each
    step of three numbers wherever BLAS has threads; here a step costs what the function costs.)

    Args:
        value: The function.
        slopes: Its gradient and Hessian.
        start: Where to begin, not below the floors.
        floors: The least that each number may be, or -inf.

    References:
        Bertsekas, Projected Newton methods for optimization problems with simple constraints, SIAM J. Control Optim.
        1982.
    """
    x, now = start, value(start)
    for _ in range(_STEPS):
        gradient, hessian = slopes(x)
        free = (x > floors + 1e-12) | (gradient < 0)
        if not free.any() or np.abs(gradient[free]).max() <= _STEEP:
            break
        step = np.zeros_like(x)
        step[free] = -np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        length = 1.0
        while (then := value(moved := np.maximum(x + length * step, floors))) >= now and length > 1e-9:
            length /= 2
        if then >= now:
            break
        x, now = moved, then
    return x
