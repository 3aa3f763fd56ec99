"""What every loss asks of its arguments: tensors, of real numbers, and a reduction."""

import functools
import itertools
import warnings
from typing import Literal, cast, overload

import torch
from torch import Tensor

from .._kernels import Reduction

_HOW: tuple[Literal["none", "mean", "sum"], ...] = ("none", "mean", "sum")
_WEIGHT_MEANS = ("weights", "rows")
_ALL_IGNORED = ("nan", "zero")
_REDUCTIONS: dict[tuple[str, str, str], Reduction] = {
    (how, by, nothing): Reduction(how, by == "rows", nothing == "zero")
    for how, by, nothing in itertools.product(_HOW, _WEIGHT_MEANS, _ALL_IGNORED)
}


def resolve_reduction(
    name: str,
    reduction: str,
    size_average: bool | None = None,
    reduce: bool | None = None,
    weight_mean: str = "weights",
    all_ignored: str = "nan",
) -> Reduction:
    """Return the reduction; torch's deprecated pair, where given, overrides it with torch's warning."""
    if size_average is not None or reduce is not None:
        reduction = _from_deprecated(size_average, reduce)
        _warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.")
    if reduction == "elementwise_mean":
        _warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.")
        reduction = "mean"
    known = _REDUCTIONS.get((reduction, weight_mean, all_ignored))
    if known is None:
        for argument, value, allowed in (
            ("reduction", reduction, _HOW),
            ("weight_mean", weight_mean, _WEIGHT_MEANS),
            ("all_ignored", all_ignored, _ALL_IGNORED),
        ):
            if value not in allowed:
                choice = ", ".join(map(repr, allowed[:-1])) + f" or {allowed[-1]!r}"
                raise ValueError(f"{name}: {value} is not a valid value for {argument}; it must be {choice}.")
    return cast(Reduction, known)


def _warn(message: str) -> None:
    if not torch.compiler.is_compiling():
        warnings.warn(message, stacklevel=4)


def _from_deprecated(size_average: bool | None, reduce: bool | None) -> str:
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def finished(name: str, loss: Tensor, dtype: torch.dtype, loss_dtype: torch.dtype | None) -> Tensor:
    """Return the loss in the type of the arguments, or in the one asked for."""
    if loss_dtype is not None:
        if not loss_dtype.is_floating_point:
            raise TypeError(f"{name}: loss_dtype must be a floating point type, got {loss_dtype}; use torch.float32.")
        dtype = loss_dtype
    return loss if loss.dtype is dtype else loss.to(dtype)


_NEEDED = ("input", "inputs", "target", "targets", "linear_weight")


def check_tensors(name: str, **arguments: object) -> None:
    """Raise TypeError for an argument that is no tensor; those that can be left out may be None."""
    for argument, value in arguments.items():
        if not isinstance(value, Tensor) and (value is not None or argument in _NEEDED):
            raise TypeError(
                f"{name}: {argument} must be a torch.Tensor, got {type(value).__name__}; "
                f"use torch.as_tensor({argument})."
            )


def check_ignore_index(name: str, ignore_index: object) -> None:
    """Raise TypeError for what is not a whole number, ValueError for one that no label can be."""
    if isinstance(ignore_index, bool) or not isinstance(ignore_index, int):
        raise TypeError(
            f"{name}: ignore_index must be an int, got {type(ignore_index).__name__}; -100 ignores no class."
        )
    if not -(2**63) <= ignore_index < 2**63:
        raise ValueError(f"{name}: ignore_index must fit in 64 bits, got {ignore_index}; -100 ignores no class.")


def check_ignored_target(name: str, target: Tensor, ignore_index: int | None) -> None:
    """Check that targets of yes or no can be what is ignored: -1 as uint8 has become 255."""
    if ignore_index is None:
        return
    check_ignore_index(name, ignore_index)
    if ignore_index < 0 and target.dtype in (torch.uint8, torch.bool):
        raise ValueError(
            f"{name}: ignore_index={ignore_index} cannot occur in a {dtype_name(target)} target, which holds no "
            "negative numbers; use a signed type, or 255."
        )


def check_real(name: str, input: Tensor) -> None:
    """Raise NotImplementedError, as torch does, for an input that is not real floating point."""
    if not input.is_floating_point():
        raise NotImplementedError(
            f"{name}: not implemented for {dtype_name(input)}: input must be floating point "
            "(float16, bfloat16, float32 or float64); use input.float()."
        )


@overload
def autocast(tensor: Tensor) -> Tensor: ...
@overload
def autocast(tensor: None) -> None: ...
def autocast(tensor: Tensor | None) -> Tensor | None:
    """Under autocast, take a 16-bit tensor as float32: torch's losses do."""
    if tensor is not None and _is_16_bit(tensor) and autocasts(tensor.device.type):
        return tensor.float()
    return tensor


def _is_16_bit(tensor: Tensor) -> bool:
    return tensor.dtype in (torch.float16, torch.bfloat16)


def autocasts(device: str) -> bool:
    """Whether autocast is on."""
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def dtype_name(of: Tensor | torch.dtype) -> str:
    """float32, not torch.float32."""
    return str(of.dtype if isinstance(of, Tensor) else of).removeprefix("torch.")


def promoted(*tensors: Tensor | None) -> torch.dtype:
    """Return the type of the loss: that of the input, promoted with those of the other tensors."""
    dtypes = [tensor.dtype for tensor in tensors if tensor is not None]
    return functools.reduce(torch.promote_types, dtypes)
