"""Cross entropy of a linear layer's logits, one tile of rows at a time, so that all logits are never held at once.

The logits of a tile are a matrix product; the softmax gives its losses and writes their gradient over the logits; two
more products carry that on, to the features and the head. Where torch must see through (compilation, transforms,
forward-mode and second derivatives, gradients to class weights and class probabilities) the definition runs instead,
and holds the logits.

References:
    Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", 2024 (logits that are never held).
    Hsu et al., "Liger Kernel: Efficient Triton Kernels for LLM Training", 2024, section 3.2 (gradients in the forward).
"""

from typing import Any, cast

import torch
from torch import Tensor
from typing_extensions import override

from . import _plain_linear
from ._cpu_parts import wants_gradient
from ._eager import is_plain, is_unwatched
from ._linear_tiles import Wanted, sweep, type_of_loss
from ._plain_linear import LinearRule


def linear_cross_entropy(
    features: Tensor, head: Tensor, bias: Tensor | None, target: Tensor, rule: LinearRule
) -> Tensor | None:
    """See `_plain_linear`; None for what is not taken."""
    if not _takes(features, head, bias, target, rule):
        return None
    rows = features.shape[:-1]
    flat = features.reshape(-1, features.shape[-1]), head, bias, target.reshape(-1, *target.shape[len(rows) :])
    if wants_gradient(features, head, bias):
        loss = cast(Tensor, _Tiled.apply(*flat, rule))
    else:
        loss = _reduced(sweep(*flat, rule)[0], flat[3], rule)
    return loss.reshape(rows) if rule.reduction.how == "none" else loss


def _takes(features: Tensor, head: Tensor, bias: Tensor | None, target: Tensor, rule: LinearRule) -> bool:
    if features.numel() == 0 or head.numel() == 0 or not is_unwatched() or wants_gradient(target, rule.weight):
        return False
    return all(tensor is None or is_plain(tensor) for tensor in (features, head, bias, target, rule.weight))


class _Tiled(torch.autograd.Function):
    @staticmethod
    @override
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx, features, head, bias, target, rule = args
        # The factors of "none" come with backward, and so does the scale that float16 gradients need before they are
        # rounded: there the logits are computed a second time.
        ctx.early = rule.reduction.how != "none" and features.dtype != torch.float16
        if ctx.early:
            scale = _scale(features, target, rule)
            losses, gradients = sweep(features, head, bias, target, rule, scale, ctx.needs_input_grad[:3])
        else:
            losses, gradients = sweep(features, head, bias, target, rule)
        ctx.save_for_backward(features, head, bias, target, rule.weight, *gradients)
        ctx.rule = rule._replace(weight=None)
        return _reduced(losses, target, rule)

    @staticmethod
    @override
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        features, head, bias, target, weight, *gradients = ctx.saved_tensors
        rule, wanted, grad_output = ctx.rule._replace(weight=weight), ctx.needs_input_grad[:3], grad_outputs[0]
        if torch.is_grad_enabled() or not (is_unwatched() and is_plain(grad_output)):
            gradients = _by_definition(features, head, bias, target, rule, wanted, grad_output)
        elif ctx.early:
            gradients = [_times(gradient, grad_output) for gradient in gradients]
        else:
            scale = _scale(features, target, rule) * grad_output
            _, gradients = sweep(features, head, bias, target, rule, scale, wanted)
        return *gradients, None, None


def _times(gradient: Tensor | None, grad_output: Tensor) -> Tensor | None:
    """The product; in place where backward runs once, so that a scaled loss needs no second gradient of the head."""
    if gradient is None:
        return None
    if torch._C._autograd._get_current_graph_task_keep_graph():
        return gradient * grad_output
    if grad_output.is_cpu and grad_output.item() == 1:
        return gradient
    return gradient.mul_(grad_output)


def _by_definition(
    features: Tensor,
    head: Tensor,
    bias: Tensor | None,
    target: Tensor,
    rule: LinearRule,
    wanted: Wanted,
    grad_output: Tensor,
) -> list[Tensor | None]:
    """The gradients by the definition: differentiable, and open to transforms."""
    differentiable = torch.is_grad_enabled()

    def given(tensor: Tensor, needed: bool) -> Tensor:
        # A view: where the features come from the head, as with tied embeddings, their part is not the head's own.
        return tensor.view_as(tensor) if differentiable else tensor.detach().requires_grad_(needed)

    with torch.enable_grad():
        x, w, b = given(features, wanted[0]), given(head, wanted[1]), None if bias is None else given(bias, wanted[2])
        loss = _plain_linear.linear_cross_entropy(x, w, b, target, rule)
        inputs = [tensor for tensor, needed in zip((x, w, b), wanted, strict=True) if needed and tensor is not None]
        gradients = iter(torch.autograd.grad(loss, inputs, grad_output, create_graph=differentiable))
    return [next(gradients) if needed else None for needed in wanted]


def _scale(features: Tensor, target: Tensor, rule: LinearRule) -> Tensor:
    """The factor of each row's gradient, before the one that comes with backward."""
    dtype = type_of_loss(features, target)
    ones = torch.ones(len(target), dtype=dtype, device=target.device)
    return ones / _divisor(target, rule, dtype) if rule.reduction.how == "mean" else ones


def _reduced(losses: Tensor, target: Tensor, rule: LinearRule) -> Tensor:
    """The rows' losses, summed in float64 and rounded once."""
    if rule.reduction.how == "none":
        return losses
    wide = torch.float32 if losses.device.type == "mps" else torch.float64  # mps has no float64
    loss = losses.sum(dtype=wide)
    return (loss if rule.reduction.how == "sum" else loss / _divisor(target, rule, wide)).to(losses.dtype)


def _divisor(target: Tensor, rule: LinearRule, dtype: torch.dtype) -> Tensor:
    """What the mean divides by: the sum of the kept rows' weights, or the number of rows."""
    if target.is_floating_point() or rule.reduction.by_rows:
        total = torch.tensor(len(target), dtype=dtype, device=target.device)
    elif rule.weight is None:
        total = (target != rule.ignore_index).sum(dtype=dtype)
    else:
        kept = target != rule.ignore_index
        total = torch.where(kept, rule.weight.detach()[torch.where(kept, target, 0)], 0.0).sum(dtype=dtype)
    return torch.where(total == 0, 1, total) if rule.reduction.zero_of_nothing else total
