"""What the compiled kernels have in common as torch functions."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

TYPES = {torch.float32: 0, torch.float64: 1, torch.bfloat16: 2, torch.float16: 3}
REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}
COMPUTED = {
    torch.float32: torch.float32,
    torch.float64: torch.float64,
    torch.bfloat16: torch.float32,
    torch.float16: torch.float32,
}


def wants_gradient(*tensors: Tensor | None) -> bool:
    """Whether a gradient to any of these will be asked for."""
    if not torch.is_grad_enabled():
        return False
    for tensor in tensors:  # noqa: SIM110 (a generator costs more than the kernel of a small call)
        if tensor is not None and tensor.requires_grad:
            return True
    return False


def address(tensor: Tensor | None) -> int:
    """Return where a tensor's first element is; 0 for None."""
    return 0 if tensor is None else tensor.data_ptr()


def of_classes(weight: Tensor | None, logits: Tensor) -> Tensor | None:
    """Return one number a class, side by side and in the type that is computed in."""
    return None if weight is None else weight.detach().to(COMPUTED[logits.dtype]).contiguous()


def apply(function: type[torch.autograd.Function]) -> Callable[..., Any]:
    """`function.apply` without its look for functional transforms, which has been had, and costs as much as the rest.

    Only the first argument is differentiated; tensors in the others' tuples are data.
    """
    return cast(Any, super(torch.autograd.Function, function)).apply


def by_definition(loss: Callable[[Tensor], Tensor], input: Tensor, grad_output: Tensor) -> Tensor:
    """The gradient by the plain kernel: differentiable, and open to transforms."""
    differentiable = torch.is_grad_enabled()
    with torch.enable_grad():
        x = input if differentiable else input.detach().requires_grad_()
        return torch.autograd.grad(loss(x), x, grad_output, create_graph=differentiable)[0]


def scaled(gradient: Tensor | None, grad_output: Tensor) -> Tensor | None:
    """Return the gradient of a mean or a sum times the one that comes in; None if it must be taken again.

    16-bit gradients are rounded once, after the scale, which may be there to keep them from underflowing.
    """
    if gradient is None:
        return None
    if grad_output.item() == 1 and not torch._C._autograd._get_current_graph_task_keep_graph():
        return gradient  # what is kept for another backward is not given away
    if gradient.dtype == grad_output.dtype:
        return gradient * grad_output
    return gradient.clone() if grad_output.item() == 1 else None
