"""The compiled kernels of yes or no as torch functions: loss and gradient in one sweep, where one will be asked for.

Each function returns None for what it does not take; the plain kernel serves that.
"""

import math
from typing import Any, Literal, NamedTuple, cast

import torch
from torch import Tensor
from typing_extensions import override

from . import _compiled, _plain_binary, _plain_focal
from ._cpu_parts import COMPUTED, REDUCTIONS, TYPES, address, apply, by_definition, scaled, wants_gradient
from ._eager import is_eager, is_eager_gradient
from ._range import ProbabilityRangeError
from ._reduction import Reduction


class _Options(NamedTuple):
    kernel: Literal["sigmoid", "binary"]
    reduction: Reduction
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    gamma: float = 0.0
    alpha: float | None = None


class _Repeated(NamedTuple):
    """A weight that broadcasts, as numbers that each serve `each` elements, `size` of them over and over."""

    values: Tensor | None
    each: int
    size: int


_ONES = _Repeated(None, 1, 1)


def usual_sigmoid_cross_entropy(logits: Tensor, target: Tensor, reduction: Reduction) -> Tensor | None:
    """The call that nearly every model makes, in one look: logits and targets of one shape and type, nothing else.

    As `_cpu_classes.usual_cross_entropy`.
    """
    if type(logits) is not Tensor or type(target) is not Tensor or _compiled.native is None:
        return None
    dtype = logits.dtype
    if target.dtype is not dtype or (dtype is not torch.float32 and dtype is not torch.float64):
        return None
    if target.shape != logits.shape or logits.numel() == 0 or not is_eager(logits, target):
        return None
    options = _Options("sigmoid", reduction)
    if torch.is_grad_enabled():
        if target.requires_grad:
            return None
        if logits.requires_grad:
            return cast(Tensor, apply(_YesOrNo)(logits, (target, None, None), (_ONES, _ONES), options))
    return _sweep(logits, target, (_ONES, _ONES), options)


def sigmoid_cross_entropy(
    logits: Tensor,
    target: Tensor,
    weight: Tensor | None,
    pos_weight: Tensor | None,
    ignore_index: int | None,
    label_smoothing: float,
    reduction: Reduction,
) -> Tensor | None:
    """See `_plain_binary`."""
    return _loss(logits, target, weight, pos_weight, _Options("sigmoid", reduction, ignore_index, label_smoothing))


def sigmoid_focal(
    logits: Tensor, target: Tensor, alpha: float | None, ignore_index: int | None, gamma: float, reduction: Reduction
) -> Tensor | None:
    """See `_plain_focal`."""
    options = _Options("sigmoid", reduction, ignore_index, gamma=gamma, alpha=alpha)
    return _loss(logits, target, None, None, options)


def binary_cross_entropy(
    probabilities: Tensor, target: Tensor, weight: Tensor | None, reduction: Reduction
) -> Tensor | None:
    """See `_plain_binary`; raises ProbabilityRangeError."""
    return _loss(probabilities, target, weight, None, _Options("binary", reduction))


def _loss(
    logits: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, options: _Options
) -> Tensor | None:
    if _compiled.native is None or not is_eager(logits, target, weight, pos_weight):
        return None
    if logits.numel() == 0 or logits.dtype not in TYPES or wants_gradient(target, weight, pos_weight):
        return None
    computed = COMPUTED[logits.dtype]
    if target.dtype == torch.float64 and computed != torch.float64:
        return None
    weights = _repeated(weight, logits, computed), _repeated(pos_weight, logits, computed)
    if weights[0] is None or weights[1] is None:
        return None
    if torch.is_grad_enabled() and logits.requires_grad:
        return cast(Tensor, apply(_YesOrNo)(logits, (target, weight, pos_weight), weights, options))
    return _sweep(logits, target, cast(tuple[_Repeated, _Repeated], weights), options)


def _repeated(weight: Tensor | None, onto: Tensor, dtype: torch.dtype) -> _Repeated | None:
    """None where it does not repeat that way, as an `(N, 1, W)` on `(N, H, W)`."""
    if weight is None:
        return _ONES
    values = weight.detach().to(dtype).contiguous()
    if values.numel() == 1:
        return _Repeated(values, 1, 1)
    shape = (1,) * (onto.dim() - weight.dim()) + tuple(weight.shape)
    varying = [dim for dim, size in enumerate(shape) if size > 1]
    first, last = varying[0], varying[-1]
    if shape[first : last + 1] != tuple(onto.shape[first : last + 1]):
        return None
    return _Repeated(values, math.prod(onto.shape[last + 1 :]), values.numel())


def _sweep(
    logits: Tensor,
    target: Tensor,
    weights: tuple[_Repeated, _Repeated],
    options: _Options,
    gradient: Tensor | None = None,
    scale: float = 1.0,
    scales: Tensor | None = None,
) -> Tensor:
    """Return the loss, and fill in the gradient, times the scales, if there is one to fill in."""
    kernel, reduction, ignore_index, label_smoothing, gamma, alpha = options
    dtype = logits.dtype
    computed = COMPUTED[dtype]
    x = logits if logits.is_contiguous() else logits.contiguous()
    y = target if target.dtype == dtype else target.to(computed)
    y = y if y.is_contiguous() else y.contiguous()
    (weight, each, size), (pos_weight, pos_each, pos_size) = weights
    losses = reduction.how == "none"
    loss = logits.new_empty(logits.shape if losses else (), dtype=None if computed is dtype else computed)
    native = _compiled.native
    assert native is not None
    in_range = (native.sigmoid if kernel == "sigmoid" else native.binary)(
        x.data_ptr(),
        y.data_ptr(),
        y.dtype != dtype,
        address(weight),
        each,
        size,
        address(pos_weight),
        pos_each,
        pos_size,
        address(scales),
        0 if losses else loss.data_ptr(),
        loss.data_ptr() if losses else 0,
        address(gradient),
        x.numel(),
        ignore_index is not None,
        ignore_index or 0,
        label_smoothing,
        gamma,
        1.0 if alpha is None else alpha,
        1.0 if alpha is None else 1 - alpha,
        scale,
        TYPES[dtype],
        REDUCTIONS[reduction.how],
        reduction.zero_of_nothing,
        torch.get_num_threads(),
    )
    if in_range is False:
        raise ProbabilityRangeError
    return loss


class _YesOrNo(torch.autograd.Function):
    @staticmethod
    @override
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx, logits, (target, weight, pos_weight), weights, options = args
        gradient = None if options.reduction.how == "none" else torch.empty(logits.shape, dtype=logits.dtype)
        loss = _sweep(logits, target, weights, options, gradient)
        ctx.save_for_backward(logits, target, weight, pos_weight, gradient)
        ctx.options = weights, options
        return loss

    @staticmethod
    @override
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        logits, target, weight, pos_weight, gradient = ctx.saved_tensors
        weights, options = ctx.options
        grad_output: Tensor = grad_outputs[0]
        if torch.is_grad_enabled() or not is_eager_gradient(grad_output):
            known = by_definition(lambda x: _plain(x, target, weight, pos_weight, options), logits, grad_output)
        else:
            known = scaled(gradient, grad_output)
        if known is None:
            known = torch.empty(logits.shape, dtype=logits.dtype)
            if gradient is None:
                _sweep(logits, target, weights, options, known, scales=grad_output.contiguous())
            else:
                _sweep(logits, target, weights, options, known, scale=grad_output.item())
        return known, None, None, None


def _plain(
    logits: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, options: _Options
) -> Tensor:
    kernel, reduction, ignore_index, label_smoothing, gamma, alpha = options
    if kernel == "binary":
        return _plain_binary.binary_cross_entropy(logits, target, weight, reduction)
    if gamma or alpha is not None:
        return _plain_focal.sigmoid_focal(logits, target, alpha, ignore_index, gamma, reduction)
    return _plain_binary.sigmoid_cross_entropy(
        logits, target, weight, pos_weight, ignore_index, label_smoothing, reduction
    )
