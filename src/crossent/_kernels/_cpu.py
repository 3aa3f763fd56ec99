"""The compiled kernels as torch functions: loss and gradient in one sweep, where a gradient will be asked for.

Each function returns None for what it does not take; the plain kernel serves that.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from typing_extensions import override

from . import _compiled, _plain_binary, _plain_softmax
from ._eager import is_eager, is_eager_gradient
from ._range import LabelRangeError
from ._reduction import Reduction

_TYPES = {torch.float32: 0, torch.float64: 1, torch.bfloat16: 2, torch.float16: 3}
_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}
_COMPUTED = {
    torch.float32: torch.float32,
    torch.float64: torch.float64,
    torch.bfloat16: torch.float32,
    torch.float16: torch.float32,
}


def _wants_gradient(*tensors: Tensor | None) -> bool:
    if not torch.is_grad_enabled():
        return False
    for tensor in tensors:  # noqa: SIM110 (a generator costs more than the kernel of a small call)
        if tensor is not None and tensor.requires_grad:
            return True
    return False


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def cross_entropy_indices(
    logits: Tensor,
    label: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: Reduction,
) -> Tensor | None:
    """See `_plain_softmax`; raises LabelRangeError."""
    if _compiled.native is None or not is_eager(logits, label, weight) or _wants_gradient(weight):
        return None
    return _softmax(logits, label, None, weight, ignore_index, label_smoothing, reduction)


def cross_entropy_probabilities(
    logits: Tensor, target: Tensor, weight: Tensor | None, label_smoothing: float, reduction: Reduction
) -> Tensor | None:
    """See `_plain_softmax`."""
    if _compiled.native is None or not is_eager(logits, target, weight) or _wants_gradient(target, weight):
        return None
    if target.dtype != logits.dtype:
        return None
    return _softmax(logits, None, target, weight, 0, label_smoothing, reduction)


def sigmoid_cross_entropy(
    logits: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: Reduction
) -> Tensor | None:
    """See `_plain_binary`."""
    if _compiled.native is None or not is_eager(logits, target, weight, pos_weight):
        return None
    if logits.numel() == 0 or logits.dtype not in _TYPES or _wants_gradient(target, weight, pos_weight):
        return None
    computed = _COMPUTED[logits.dtype]
    if target.dtype == torch.float64 and computed != torch.float64:
        return None
    weights = _repeated(weight, logits, computed), _repeated(pos_weight, logits, computed)
    if weights[0] is None or weights[1] is None:
        return None
    if _wants_gradient(logits):
        return cast(Tensor, _apply(_Sigmoid)(logits, (target, weight, pos_weight), weights, reduction))
    return _run_sigmoid(logits, target, cast(tuple[_Repeated, _Repeated], weights), reduction)


# ------------------------------------------------------------------------------------------------------- softmax


def _folded(shape: Sequence[int], strides: Sequence[tuple[int, ...]]) -> list[tuple[int, list[int]]]:
    """The dimensions of the rows, joined wherever every tensor steps through two of them as through one."""
    joined: list[tuple[int, list[int]]] = []
    for dim in range(len(shape) - 1):
        size, steps = shape[dim], [stride[dim] for stride in strides]
        if size == 1:
            continue
        if joined and joined[-1][1] == [step * size for step in steps]:
            joined[-1] = joined[-1][0] * size, steps
        else:
            joined.append((size, steps))
    return joined


def _softmax(
    logits: Tensor,
    label: Tensor | None,
    target: Tensor | None,
    weight: Tensor | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: Reduction,
) -> Tensor | None:
    dtype = logits.dtype
    if dtype not in _TYPES or logits.numel() == 0:
        return None
    if logits.dim() > 3 and len(_folded(logits.shape, [t.stride() for t in (logits, target) if t is not None])) > 2:
        return None
    if weight is not None:
        weight = weight.detach().to(_COMPUTED[dtype]).contiguous()
    if label is not None:
        label = label.contiguous()
    options = ignore_index, label_smoothing, reduction
    if torch.is_grad_enabled() and logits.requires_grad:
        return cast(Tensor, _apply(_Softmax)(logits, (label, target, weight), options))
    return _run_softmax(logits, label, target, weight, *options)


def _apply(function: type[torch.autograd.Function]) -> Callable[..., Any]:
    """`function.apply` without its look for functional transforms, which has been had, and costs as much as the rest.

    Only the first argument is differentiated; tensors in the others' tuples are data.
    """
    return cast(Any, super(torch.autograd.Function, function)).apply


def _run_softmax(
    logits: Tensor,
    label: Tensor | None,
    target: Tensor | None,
    weight: Tensor | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: Reduction,
    gradient: Tensor | None = None,
    scale: float = 1.0,
    row_scale: Tensor | None = None,
) -> Tensor:
    """Return the loss, and fill in the gradient, times the scales, if there is one to fill in."""
    shape, dtype = logits.shape, logits.dtype
    of_logits = logits.stride()
    of_gradient = of_logits if gradient is None else gradient.stride()
    of_target = of_logits if target is None else target.stride()
    if len(shape) == 2:
        outer, inner = 1, shape[0]
        steps = [(0, of_logits[0]), (0, of_target[0]), (0, of_gradient[0])]
    else:
        joined = _folded(shape, (of_logits, of_target, of_gradient))
        joined = [(1, [0, 0, 0])] * (2 - len(joined)) + joined
        (outer, outer_steps), (inner, inner_steps) = joined
        steps = list(zip(outer_steps, inner_steps, strict=True))
    rows = reduction == "none"
    loss = torch.empty(shape[:-1] if rows else (), dtype=_COMPUTED[dtype])
    native = _compiled.native
    assert native is not None
    outside = native.softmax(
        logits.data_ptr(),
        _address(label),
        _address(target),
        _address(weight),
        _address(row_scale),
        0 if rows else loss.data_ptr(),
        loss.data_ptr() if rows else 0,
        _address(gradient),
        outer,
        inner,
        shape[-1],
        *steps[0],
        of_logits[-1],
        *steps[1],
        of_target[-1],
        *steps[2],
        of_gradient[-1],
        ignore_index,
        label_smoothing,
        scale,
        _TYPES[dtype],
        _REDUCTIONS[reduction],
        torch.get_num_threads(),
    )
    if outside >= 0:
        raise LabelRangeError
    return loss


class _Softmax(torch.autograd.Function):
    @staticmethod
    @override
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx, logits, (label, target, weight), options = args
        ignore_index, label_smoothing, reduction = options
        # The factors of "none" are not known yet: one sweep now for the losses, one in backward for the gradient.
        gradient = None if reduction == "none" else _gradient_like(logits, target)
        loss = _run_softmax(logits, label, target, weight, ignore_index, label_smoothing, reduction, gradient)
        ctx.save_for_backward(logits, label, target, weight, gradient)
        ctx.options = options
        return loss

    @staticmethod
    @override
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        logits, label, target, weight, gradient = ctx.saved_tensors
        return _softmax_backward(grad_outputs[0], logits, label, target, weight, gradient, ctx.options), None, None


def _softmax_backward(
    grad_output: Tensor,
    logits: Tensor,
    label: Tensor | None,
    target: Tensor | None,
    weight: Tensor | None,
    gradient: Tensor | None,
    options: tuple[int, float, Reduction],
) -> Tensor:
    ignore_index, label_smoothing, reduction = options
    if torch.is_grad_enabled() or not is_eager_gradient(grad_output):

        def plain(x: Tensor) -> Tensor:
            if label is not None:
                return _plain_softmax.cross_entropy_indices(x, label, weight, ignore_index, label_smoothing, reduction)
            return _plain_softmax.cross_entropy_probabilities(
                x, cast(Tensor, target), weight, label_smoothing, reduction
            )

        return _by_definition(plain, logits, grad_output)
    if gradient is not None:
        scale = grad_output.item()
        if scale == 1:
            return gradient
        if logits.dtype == grad_output.dtype:
            return gradient * grad_output
        row_scale = None
    else:
        scale, row_scale = 1.0, grad_output.contiguous()
    # 16-bit gradients are rounded once, after the scale, which may be there to keep them from underflowing.
    gradient = _gradient_like(logits, target)
    _run_softmax(logits, label, target, weight, ignore_index, label_smoothing, reduction, gradient, scale, row_scale)
    return gradient


def _gradient_like(logits: Tensor, target: Tensor | None) -> Tensor:
    gradient = torch.empty_like(logits)
    if logits.dim() > 3:
        strides = [tensor.stride() for tensor in (logits, target, gradient) if tensor is not None]
        if len(_folded(logits.shape, strides)) > 2:
            gradient = torch.empty(logits.shape, dtype=logits.dtype)
    return gradient


def _by_definition(loss: Callable[[Tensor], Tensor], input: Tensor, grad_output: Tensor) -> Tensor:
    """The gradient by the plain kernel: differentiable, and open to transforms."""
    differentiable = torch.is_grad_enabled()
    with torch.enable_grad():
        x = input if differentiable else input.detach().requires_grad_()
        return torch.autograd.grad(loss(x), x, grad_output, create_graph=differentiable)[0]


# ------------------------------------------------------------------------------------------------------- sigmoid

_Repeated = tuple[Tensor | None, int, int]


def _repeated(weight: Tensor | None, onto: Tensor, dtype: torch.dtype) -> _Repeated | None:
    """A weight that broadcasts, as numbers that each serve `each` elements, `size` of them over and over.

    None where it does not repeat that way, as an `(N, 1, W)` on `(N, H, W)`.
    """
    if weight is None:
        return None, 1, 1
    values = weight.detach().to(dtype).contiguous()
    if values.numel() == 1:
        return values, 1, 1
    shape = (1,) * (onto.dim() - weight.dim()) + tuple(weight.shape)
    varying = [dim for dim, size in enumerate(shape) if size > 1]
    first, last = varying[0], varying[-1]
    if shape[first : last + 1] != tuple(onto.shape[first : last + 1]):
        return None
    return values, math.prod(onto.shape[last + 1 :]), values.numel()


def _run_sigmoid(
    logits: Tensor,
    target: Tensor,
    weights: tuple[_Repeated, _Repeated],
    reduction: Reduction,
    gradient: Tensor | None = None,
    scale: float = 1.0,
    scales: Tensor | None = None,
) -> Tensor:
    """Return the loss, and fill in the gradient, times the scales, if there is one to fill in."""
    dtype = logits.dtype
    x = logits.contiguous()
    y = (target if target.dtype == dtype else target.to(_COMPUTED[dtype])).contiguous()
    (weight, each, size), (pos_weight, pos_each, pos_size) = weights
    losses = reduction == "none"
    loss = torch.empty(logits.shape if losses else (), dtype=_COMPUTED[dtype])
    native = _compiled.native
    assert native is not None
    native.sigmoid(
        x.data_ptr(),
        y.data_ptr(),
        y.dtype != dtype,
        _address(weight),
        each,
        size,
        _address(pos_weight),
        pos_each,
        pos_size,
        _address(scales),
        0 if losses else loss.data_ptr(),
        loss.data_ptr() if losses else 0,
        _address(gradient),
        x.numel(),
        scale,
        _TYPES[dtype],
        _REDUCTIONS[reduction],
        torch.get_num_threads(),
    )
    return loss


class _Sigmoid(torch.autograd.Function):
    @staticmethod
    @override
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx, logits, (target, weight, pos_weight), weights, reduction = args
        gradient = None if reduction == "none" else torch.empty(logits.shape, dtype=logits.dtype)
        loss = _run_sigmoid(logits, target, weights, reduction, gradient)
        ctx.save_for_backward(logits, target, weight, pos_weight, gradient)
        ctx.options = weights, reduction
        return loss

    @staticmethod
    @override
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        logits, target, weight, pos_weight, gradient = ctx.saved_tensors
        weights, reduction = ctx.options
        grad_output: Tensor = grad_outputs[0]
        nothing = [None] * 3
        if torch.is_grad_enabled() or not is_eager_gradient(grad_output):

            def plain(x: Tensor) -> Tensor:
                return _plain_binary.sigmoid_cross_entropy(x, target, weight, pos_weight, reduction)

            return _by_definition(plain, logits, grad_output), *nothing
        scale, scales = 1.0, None
        if gradient is None:
            scales = grad_output.contiguous()
        else:
            scale = grad_output.item()
            if scale == 1:
                return gradient, *nothing
            if logits.dtype == grad_output.dtype:
                return gradient * grad_output, *nothing
        gradient = torch.empty(logits.shape, dtype=logits.dtype)
        _run_sigmoid(logits, target, weights, reduction, gradient, scale, scales)
        return gradient, *nothing
