"""exp, log and log1p of float64, by additions, multiplications and divisions in one fixed order.

A library's own functions give another last digit on another processor, and in another place of an array. These give the
same bits everywhere: in NumPy, in the compiled kernels (`csrc/point.hpp`, the same operations), on any machine.

References:
    Moshier, Cephes Mathematical Library: exp, log. Within two and four units in the last place.
"""

from __future__ import annotations

import numpy as np

from ._exact import Floats

_LEAST = -745.1332191019412
"""From here down exp is 0."""

_SHIFT = 6755399441055744.0 + 1535.0
"""1.5 * 2^52 rounds what is added to it to a whole number n in the low bits, and 1535 makes these 2^(n + 512)'s."""

_LOWER = 2.0**-512
_ROOT = 0x3FE6A09E667F3BCD
"""The bits of sqrt(1/2)."""


def exp(x: Floats) -> Floats:
    """exp(x), for x up to 40; 0 for minus infinity."""
    stays = x >= _LEAST
    x = np.maximum(x, _LEAST)
    shifted = x * 1.4426950408889634073599 + _SHIFT
    n = shifted - _SHIFT
    r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6
    rr = r * r
    p = r * ((rr * 1.26177193074810590878e-4 + 3.02994407707441961300e-2) * rr + 9.99999999999999999910e-1)
    q = rr * 3.00198505138664455042e-6 + 2.52448340349684104192e-3
    q = (q * rr + 2.27265548208155028766e-1) * rr + 2.00000000000000000009
    power = 1.0 + 2.0 * (p / (q - p))
    raised = power * (shifted.view(np.int64) << 52).view(np.float64)
    return np.where(stays, raised * _LOWER, 0.0)


def log(x: Floats) -> Floats:
    """log(x), for normal x above 0."""
    shifted = x.view(np.int64) + (0x3FF0000000000000 - _ROOT)
    e = ((shifted >> 52) - 1023).astype(np.float64)
    f = ((shifted & (2**52 - 1)) + _ROOT).view(np.float64) - 1.0
    ff = f * f
    p = f * 1.01875663804580931796e-4 + 4.97494994976747001425e-1
    p = p * f + 4.70579119878881725854
    p = p * f + 1.44989225341610930846e1
    p = p * f + 1.79368678507819816313e1
    p = p * f + 7.70838733755885391666
    q = f + 1.12873587189167450590e1
    q = q * f + 4.52279145837532221105e1
    q = q * f + 8.29875266912776603211e1
    q = q * f + 7.11544750618563894466e1
    q = q * f + 2.31251620126765340583e1
    tail = f * (ff * (p / q)) - e * 2.121944400546905827679e-4 - 0.5 * ff
    return f + tail + e * 0.693359375


def log1p(u: Floats) -> Floats:
    """log(1 + u), for u from 0 up, exact to the last digits where u is small too."""
    w = 1.0 + u
    return log(w) + (u - (w - 1.0)) * (1.0 / w)
