"""Whether a tensor is plain data in memory, with nobody watching."""

import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor, peek_interpreter_stack
from torch.autograd import forward_ad
from torch.utils._python_dispatch import _get_current_dispatch_mode


def may_read(tensor: Tensor) -> bool:
    """Whether a check may look at the values: plain tensors on the CPU, nothing tracing or transforming them.

    Elsewhere a look would break the graph (compile), fail (vmap, fake and meta tensors) or wait for the device.
    """
    if torch.compiler.is_compiling() or torch._C._get_tracing_state() is not None:
        return False
    plain = type(tensor) in (Tensor, torch.nn.Parameter) and not is_functorch_wrapped_tensor(tensor)
    return plain and tensor.is_cpu and tensor.numel() > 0 and _get_current_dispatch_mode() is None


def is_unwatched() -> bool:
    """Whether nothing is active: compilation, tracing, a transform, forward-mode differentiation, a dispatch mode."""
    return not (
        torch.compiler.is_compiling()
        or torch._C._get_tracing_state() is not None
        or peek_interpreter_stack() is not None
        or forward_ad._current_level >= 0
        or _get_current_dispatch_mode() is not None
    )


def is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is just values in the memory of some device."""
    kind = type(tensor)
    if not (kind is Tensor or kind is torch.nn.Parameter) or tensor.is_meta:
        return False
    return tensor.layout is torch.strided and torch._C._has_storage(tensor)


def is_eager(*tensors: Tensor | None) -> bool:
    """Whether a compiled kernel may take these tensors by their addresses: CPU memory, in order, nothing active."""
    if not is_unwatched():
        return False
    for tensor in tensors:
        if tensor is None:
            continue
        kind = type(tensor)
        if not (kind is Tensor or kind is torch.nn.Parameter) or not tensor.is_cpu:
            return False
        if tensor.layout is not torch.strided or tensor.is_neg():
            return False
        if tensor.data_ptr() == 0 and tensor.numel():  # zeros that nobody stored, or memory that was given back
            return False
    return True


def is_eager_gradient(grad_output: Tensor) -> bool:
    """The same of what comes into a backward, which may also be one of several that are computed at once."""
    return torch._C._has_storage(grad_output) and is_eager(grad_output)
