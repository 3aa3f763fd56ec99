"""The compiled kernels over classes as torch functions: loss and gradient in one sweep, where one will be asked for.

Each function returns None for what it does not take; the plain kernel serves that.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

import torch
from torch import Tensor
from typing_extensions import override

from . import _compiled, _plain_focal, _plain_softmax
from ._cpu_parts import COMPUTED, REDUCTIONS, TYPES, apply, by_definition, of_classes, scaled, wants_gradient
from ._eager import is_eager, is_eager_gradient
from ._plain_parts import widened
from ._range import LabelRangeError
from ._reduction import Reduction
from ._wiring import warn_of_probabilities

_LOOKS_SOFTMAXED = -2
_FEW_CLASSES, _TILE = 256, 64  # as in csrc/api.hpp


class Tensors(NamedTuple):
    """What a loss is made of besides the logits; label or target."""

    label: Tensor | None
    target: Tensor | None
    weight: Tensor | None
    adjustment: Tensor | None = None


class Options(NamedTuple):
    kernel: Literal["softmax", "nll"]
    reduction: Reduction
    ignore_index: int = 0
    label_smoothing: float = 0.0
    gamma: float = 0.0
    z_loss: float = 0.0


def usual_cross_entropy(
    logits: Tensor, label: Tensor, ignore_index: int, label_smoothing: float, reduction: Reduction
) -> Tensor | None:
    """The call that nearly every model makes, in one look: a matrix of logits, int64 labels, nothing else.

    Takes arguments that nobody has checked yet, and gives None for whatever needs a second look. In small calls the
    checks cost many times what the kernel does. Raises LabelRangeError.
    """
    if type(logits) is not Tensor or type(label) is not Tensor or type(ignore_index) is not int:
        return None
    if _compiled.native is None or not -(2**63) <= ignore_index < 2**63:
        return None
    if (logits.dtype is not torch.float32 and logits.dtype is not torch.float64) or label.dtype is not torch.int64:
        return None
    shape = logits.shape
    if len(shape) != 2 or label.shape != shape[:1] or shape[0] == 0 or shape[1] < 2 or not is_eager(logits, label):
        return None
    if not label.is_contiguous():
        return None
    tensors = Tensors(label, None, None)
    options = Options("softmax", reduction, ignore_index, label_smoothing)
    if torch.is_grad_enabled() and logits.requires_grad:
        return cast(Tensor, apply(_OverClasses)(logits, tensors, options))
    return sweep(logits, tensors, options)


def cross_entropy_indices(
    logits: Tensor,
    label: Tensor,
    weight: Tensor | None,
    adjustment: Tensor | None,
    ignore_index: int,
    label_smoothing: float,
    z_loss: float,
    reduction: Reduction,
) -> Tensor | None:
    """See `_plain_softmax`; raises LabelRangeError."""
    options = Options("softmax", reduction, ignore_index, label_smoothing, z_loss=z_loss)
    return _loss(logits, Tensors(label, None, weight, adjustment), options)


def cross_entropy_probabilities(
    logits: Tensor,
    target: Tensor,
    weight: Tensor | None,
    adjustment: Tensor | None,
    label_smoothing: float,
    z_loss: float,
    reduction: Reduction,
) -> Tensor | None:
    """See `_plain_softmax`."""
    if target.dtype != logits.dtype and is_eager(logits, target):
        dtype = widened(logits, target)
        logits, target = logits.to(dtype), target.to(dtype)
    options = Options("softmax", reduction, 0, label_smoothing, z_loss=z_loss)
    return _loss(logits, Tensors(None, target, weight, adjustment), options)


def softmax_focal(
    logits: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, gamma: float, reduction: Reduction
) -> Tensor | None:
    """See `_plain_focal`; raises LabelRangeError."""
    return _loss(logits, Tensors(label, None, weight), Options("softmax", reduction, ignore_index, gamma=gamma))


def nll(
    log_probabilities: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, reduction: Reduction
) -> Tensor | None:
    """See `_plain_softmax`; raises LabelRangeError."""
    return _loss(log_probabilities, Tensors(label, None, weight), Options("nll", reduction, ignore_index))


def _loss(logits: Tensor, given: Tensors, options: Options) -> Tensor | None:
    if _compiled.native is None or not is_eager(logits, *given) or logits.dtype not in TYPES or logits.numel() == 0:
        return None
    label, target, weight, adjustment = given
    if wants_gradient(target, weight, adjustment):
        return None
    if not _is_walked(logits, target):
        logits, target = logits.contiguous(), None if target is None else target.contiguous()
    if label is not None and not label.is_contiguous():
        label = label.contiguous()
    tensors = Tensors(label, target, of_classes(weight, logits), of_classes(adjustment, logits))
    if torch.is_grad_enabled() and logits.requires_grad:
        return cast(Tensor, apply(_OverClasses)(logits, tensors, options))
    return sweep(logits, tensors, options)


def _is_walked(logits: Tensor, target: Tensor | None) -> bool:
    """Whether the kernels walk these strides well: rows by two steps, and enough of them if classes lie apart."""
    if logits.stride(-1) != 1 and logits.shape[-1] > _FEW_CLASSES and logits.dim() > 1 and logits.shape[-2] < _TILE:
        return False
    strides = [t.stride() for t in (logits, target) if t is not None]
    return logits.dim() <= 3 or len(_folded(logits.shape, strides)) <= 2


def _folded(shape: Sequence[int], strides: Sequence[tuple[int, ...]]) -> list[tuple[int, Sequence[int]]]:
    """The dimensions of the rows, joined wherever every tensor steps through two of them as through one."""
    joined: list[tuple[int, Sequence[int]]] = []
    for dim in range(len(shape) - 1):
        size, steps = shape[dim], [stride[dim] for stride in strides]
        if size == 1:
            continue
        if joined and joined[-1][1] == [step * size for step in steps]:
            joined[-1] = joined[-1][0] * size, steps
        else:
            joined.append((size, steps))
    return joined


def sweep(
    logits: Tensor,
    tensors: Tensors,
    options: Options,
    gradient: Tensor | None = None,
    scale: float = 1.0,
    row_scale: Tensor | None = None,
) -> Tensor:
    """Return the loss, and fill in the gradient, times the scales, if there is one to fill in."""
    label, target, weight, adjustment = tensors
    kernel, reduction, ignore_index, label_smoothing, gamma, z_loss = options
    shape, dtype = logits.shape, logits.dtype
    computed = COMPUTED[dtype]
    of_logits = logits.stride()
    of_gradient = of_logits if gradient is None else gradient.stride()
    of_target = of_logits if target is None else target.stride()
    outer = inner = 1
    outer_steps = inner_steps = (0, 0, 0)
    if len(shape) == 2:
        inner, inner_steps = shape[0], (of_logits[0], of_target[0], of_gradient[0])
    else:
        joined = _folded(shape, (of_logits, of_target, of_gradient))
        if joined:
            inner, inner_steps = joined.pop()
        if joined:
            outer, outer_steps = joined.pop()
    rows = reduction.how == "none"
    loss = logits.new_empty(shape[:-1] if rows else (), dtype=None if computed is dtype else computed)
    native = _compiled.native
    assert native is not None
    outside = (native.softmax if kernel == "softmax" else native.nll)(
        logits.data_ptr(),
        0 if label is None else label.data_ptr(),
        0 if target is None else target.data_ptr(),
        0 if weight is None else weight.data_ptr(),
        0 if adjustment is None else adjustment.data_ptr(),
        0 if row_scale is None else row_scale.data_ptr(),
        0 if rows else loss.data_ptr(),
        loss.data_ptr() if rows else 0,
        0 if gradient is None else gradient.data_ptr(),
        outer,
        inner,
        shape[-1],
        outer_steps[0],
        inner_steps[0],
        of_logits[-1],
        outer_steps[1],
        inner_steps[1],
        of_target[-1],
        outer_steps[2],
        inner_steps[2],
        of_gradient[-1],
        ignore_index,
        label_smoothing,
        gamma,
        z_loss,
        scale,
        TYPES[dtype],
        REDUCTIONS[reduction.how],
        reduction.by_rows,
        reduction.zero_of_nothing,
        torch.get_num_threads(),
    )
    if outside >= 0:
        raise LabelRangeError
    if outside == _LOOKS_SOFTMAXED:
        warn_of_probabilities()
    return loss


class _OverClasses(torch.autograd.Function):
    @staticmethod
    @override
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx, logits, tensors, options = args
        # The factors of "none" are not known yet: one sweep now for the losses, one in backward for the gradient.
        gradient = None if options.reduction.how == "none" else _gradient_like(logits, tensors.target)
        loss = sweep(logits, tensors, options, gradient)
        ctx.save_for_backward(logits, gradient, *tensors)
        ctx.options = options
        return loss

    @staticmethod
    @override
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        logits, gradient, *rest = ctx.saved_tensors
        return _backward(grad_outputs[0], logits, gradient, Tensors(*rest), ctx.options), None, None


def _backward(
    grad_output: Tensor, logits: Tensor, gradient: Tensor | None, tensors: Tensors, options: Options
) -> Tensor:
    if torch.is_grad_enabled() or not is_eager_gradient(grad_output):
        return by_definition(lambda x: _plain(x, tensors, options), logits, grad_output)
    known = scaled(gradient, grad_output)
    if known is not None:
        return known
    taken = _gradient_like(logits, tensors.target)
    if gradient is None:
        sweep(logits, tensors, options, taken, row_scale=grad_output.contiguous())
    else:
        sweep(logits, tensors, options, taken, scale=grad_output.item())
    return taken


def _plain(logits: Tensor, tensors: Tensors, options: Options) -> Tensor:
    label, target, weight, adjustment = tensors
    kernel, reduction, ignore_index, label_smoothing, gamma, z_loss = options
    if label is None:
        assert target is not None
        return _plain_softmax.cross_entropy_probabilities(
            logits, target, weight, adjustment, label_smoothing, z_loss, reduction
        )
    if kernel == "nll":
        return _plain_softmax.nll(logits, label, weight, ignore_index, reduction)
    if gamma:
        return _plain_focal.softmax_focal(logits, label, weight, ignore_index, gamma, reduction)
    return _plain_softmax.cross_entropy_indices(
        logits, label, weight, adjustment, ignore_index, label_smoothing, z_loss, reduction
    )


def _gradient_like(logits: Tensor, target: Tensor | None) -> Tensor:
    gradient = torch.empty_like(logits)
    if logits.dim() > 3:
        strides = [tensor.stride() for tensor in (logits, target, gradient) if tensor is not None]
        if len(_folded(logits.shape, strides)) > 2:
            gradient = torch.empty(logits.shape, dtype=logits.dtype)
    return gradient
