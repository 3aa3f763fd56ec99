"""In how many bits a step multiplies."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, get_args

import torch

from .._errors import InputError

Bits = Literal["float32", "bfloat16"]
Precision = Literal["auto", "float32", "bfloat16"]


def bits_of(precision: Precision, device: torch.device) -> Bits:
    """What a precision means on a device: "auto" is bfloat16 on a GPU that multiplies in it, and float32 elsewhere.

    Raises:
        InputError: There is no such precision.
    """
    if precision not in get_args(Precision):
        raise InputError(f"precision must be one of {', '.join(get_args(Precision))}; got {precision!r}")
    if precision != "auto":
        return precision
    # Emulated, it is slower than float32; so it is on most processors.
    return "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported(False) else "float32"


def multiplying_in(bits: Bits, device: torch.device) -> AbstractContextManager[object]:
    """Within, products are of numbers of so many bits. To enter again and again, for what goes forward, not back.

    Weights, moments, sums and whatever is no product stay in float32: torch's autocast.
    """
    return torch.autocast(device.type, torch.bfloat16) if bits == "bfloat16" else nullcontext()
