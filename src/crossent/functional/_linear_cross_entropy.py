"""Cross entropy of a linear layer's logits."""

import math
from typing import overload

import torch
from torch import Tensor
from torch.nn import functional as F

from .. import _kernels
from ._arguments import (
    autocast,
    autocasts,
    check_real,
    check_tensors,
    dtype_name,
    finished,
    promoted,
    resolve_reduction,
)
from ._classes import check_class_weight, check_smoothing, check_weight_type, check_z_loss, out_of_classes
from ._cross_entropy import cross_entropy

NAME = "linear_cross_entropy"


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: object | None = None,
    softcap: float | None = None,
    z_loss: float = 0.0,
    weight_mean: str = "weights",
    all_ignored: str = "nan",
    loss_dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Cross entropy of the logits of a linear layer, which are never held: a classifier's head and its loss in one.

    Takes features $h$; the linear layer $W, b$ and the softmax are inside. A row costs what `cross_entropy` says of

    $$x = c \tanh((W h + b) / c), \qquad\text{or without softcap}\qquad x = W h + b.$$

    The rows are taken a tile at a time, forward and backward, so that of N x K logits no more than 64 MiB, or a
    sixteenth of the head, exist at once. The gradients of `"mean"` and `"sum"` are computed with the loss; those of
    `"none"`, and all in float16, in backward, from the logits computed again. Tiles need plain tensors and first
    derivatives: under `torch.compile` and `torch.func`, in forward-mode and `create_graph`, for gradients to `weight`
    or to class probabilities, and for K-dimensional heads, the values are the same but the logits are held.

    Args:
        input: Features `(..., D)`: any leading shape, or none for one row.
        linear_weight: `(K, D)`. Or `(K, d1, ..., D)` for K-dimensional targets; then `input` is `(N, D)`.
        target: Class indices `(...)`, of the leading shape of `input`; or class probabilities `(..., K)`, classes last.
            Of a K-dimensional head `(N, d1, ...)`, or `(N, K, d1, ...)`.
        linear_bias: `(K,)`, or `(K, d1, ...)`.
        weight: `(K,)`, one weight a class, as in `cross_entropy`.
        reduction: `"mean"`, `"sum"` or `"none"`, as in `cross_entropy`.
        ignore_index: Rows with this class index cost nothing, and their features are not read; None stands for -100.
            Not for class probabilities.
        label_smoothing: As in `cross_entropy`.
        options: torch's choice of chunks; accepted, and without effect: the result never depends on it.
        softcap: The bound $c$ of the logits, above 0.
        z_loss: As in `cross_entropy`.
        weight_mean: As in `cross_entropy`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.

    Returns:
        A scalar, or the shape of the class indices for `"none"`; in the type of `input` (computed in float32 if that
        has 16 bits, float32 under autocast).

    Raises:
        IndexError: A class index is outside 0 to K - 1 (checked in eager mode on the CPU).
        RuntimeError: Shape or type of an argument does not fit the others', or `label_smoothing` is not a share.
        ValueError: The batch sizes differ, `softcap` is not a number above 0, `z_loss` is negative or not finite, or
            `reduction`, `weight_mean` or `all_ignored` is unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> features, head = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> F.linear_cross_entropy(features, head, torch.tensor([2]))
        tensor(0.4076)
        >>> F.linear_cross_entropy(features, head, torch.tensor([2]), softcap=2.0)
        tensor(0.7714)

    References:
        Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", 2024.
        Hsu et al., "Liger Kernel: Efficient Triton Kernels for LLM Training", 2024, section 3.2.
        Gemma Team, "Gemma 2: Improving Open Language Models at a Practical Size", 2024, section 2 (soft cap).
    """
    how = resolve_reduction(NAME, reduction, weight_mean=weight_mean, all_ignored=all_ignored)
    check_tensors(NAME, input=input, linear_weight=linear_weight, target=target, linear_bias=linear_bias, weight=weight)
    _check_layer(input, linear_weight, linear_bias)
    check_smoothing(NAME, label_smoothing)
    check_z_loss(NAME, z_loss)
    _check_softcap(softcap)
    classes = len(linear_weight)
    if classes == 1:
        _kernels.warn(f"{NAME}: linear_weight has one class, so the loss is 0 and teaches nothing.")
    shares = tuple(target.shape) == (*input.shape[:-1], *linear_weight.shape[:-1])
    if shares and ignore_index is not None:
        raise RuntimeError(
            f"{NAME}: ignore_index cannot be specified when target contains probabilities, "
            f"got ignore_index={ignore_index}; leave it out, and give the rows to ignore a target of zeros."
        )
    ignored = -100 if ignore_index is None else ignore_index
    if linear_weight.dim() > 2:
        logits = _logits_of_heads(input, linear_weight, linear_bias, softcap)
        return cross_entropy(
            logits,
            target,
            weight,
            ignore_index=ignored,
            reduction=reduction,
            label_smoothing=label_smoothing,
            z_loss=z_loss,
            weight_mean=weight_mean,
            all_ignored=all_ignored,
            loss_dtype=loss_dtype,
        )
    features, head, bias = _as_layer(input), _as_layer(linear_weight), _as_layer(linear_bias)
    weight, wide = autocast(weight), autocast(features).dtype
    check_class_weight(NAME, weight, classes)
    if shares:
        _check_shares(target)
        target = autocast(target)
        wide = torch.promote_types(wide, promoted(target, weight))
    else:
        check_weight_type(NAME, weight, wide)
        _check_labels(input, classes, target)
        target = target.long().reshape(input.shape[:-1])
    rule = _kernels.LinearRule(weight, ignored, label_smoothing, z_loss, softcap, how)
    try:
        loss = _kernels.linear_cross_entropy(features, head, bias, target, rule)
    except _kernels.LabelRangeError:
        raise out_of_classes(NAME, "linear_weight", classes, target, ignored) from None
    return finished(NAME, loss, wide, loss_dtype)


def _logits_of_heads(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None, softcap: float | None) -> Tensor:
    """The logits `(N, K, d1, ...)` of a K-dimensional head."""
    *heads, features = linear_weight.shape
    flat_bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = F.linear(input, linear_weight.reshape(math.prod(heads), features), flat_bias)
    return _kernels.capped(logits, softcap).to(logits.dtype).reshape(*input.shape[:-1], *heads)


@overload
def _as_layer(tensor: Tensor) -> Tensor: ...
@overload
def _as_layer(tensor: None) -> None: ...
def _as_layer(tensor: Tensor | None) -> Tensor | None:
    """Under autocast, in the type in which torch's linear layers multiply."""
    if tensor is None or tensor.dtype == torch.float64 or not autocasts(tensor.device.type):
        return tensor
    return tensor.to(torch.get_autocast_dtype(tensor.device.type))


def _check_layer(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> None:
    check_real(NAME, input)
    if linear_weight.dim() < 2:
        raise RuntimeError(
            f"{NAME}: expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}; "
            "its shape is (classes, in_features)."
        )
    if input.dim() < 1 or input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            f"{NAME}: expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1] if input.dim() else 'none'} and {linear_weight.shape[-1]}, respectively; "
            "linear_weight is (classes, in_features)."
        )
    heads = tuple(linear_weight.shape[:-1])
    if linear_bias is not None and linear_bias.shape != heads:
        raise RuntimeError(
            f"{NAME}: expected linear_bias shape {heads}, got {tuple(linear_bias.shape)}; give one number a class."
        )
    if linear_weight.dim() > 2 and input.dim() != 2:
        given, cure = ("unbatched", "unsqueeze(0)") if input.dim() == 1 else ("batched", "flatten(0, -2)")
        raise RuntimeError(
            f"{NAME}: K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched "
            f"input, (N, {input.shape[-1]}), got {given} input with shape {tuple(input.shape)}; use input.{cure}."
        )
    if linear_weight.shape[0] == 0:
        raise ValueError(f"{NAME}: linear_weight must have at least one class, got shape {list(linear_weight.shape)}.")
    for argument, tensor in {"linear_weight": linear_weight, "linear_bias": linear_bias}.items():
        if tensor is not None and tensor.dtype != input.dtype and not autocasts(input.device.type):
            raise RuntimeError(
                f"{NAME}: {argument} must have the input's type: expected {dtype_name(input)} "
                f"but found {dtype_name(tensor)}; use {argument}.to(input.dtype)."
            )


def _check_softcap(softcap: float | None) -> None:
    if softcap is not None and not 0 < softcap < math.inf:
        raise ValueError(
            f"{NAME}: softcap must be a finite number above 0, got {softcap}; None leaves the logits as they are."
        )


def _check_shares(target: Tensor) -> None:
    if not target.is_floating_point():
        raise RuntimeError(
            f"{NAME}: Expected floating point type for target with class probabilities, got {dtype_name(target)}; "
            "target has the shape of the logits. For class indices drop the class dimension (target.argmax(-1)); "
            "for probabilities use target.to(input.dtype)."
        )


def _check_labels(input: Tensor, classes: int, target: Tensor) -> None:
    """Check that the target, not being class probabilities, holds one class index a row."""
    rows = tuple(input.shape[:-1])
    if target.shape != rows and not (rows == () and target.shape == (1,)):
        wanted = f"class indices {list(rows)} or class probabilities {[*rows, classes]}"
        if rows and (target.dim() == 0 or target.shape[0] != rows[0]):
            raise ValueError(
                f"{NAME}: Expected input batch_size ({rows[0]}) to match target batch_size "
                f"({target.shape[0] if target.dim() else 0}): input {list(input.shape)} takes {wanted}, "
                f"got target {list(target.shape)}; {_cure(rows, classes, target)}"
            )
        raise RuntimeError(
            f"{NAME}: 0D or 1D target tensor expected, multi-target not supported: input {list(input.shape)} takes "
            f"{wanted}, got target {list(target.shape)}; {_cure(rows, classes, target)}"
        )
    if target.is_floating_point() or target.is_complex():
        raise RuntimeError(
            f"{NAME}: expected target dtype to be Long or Byte, or any integer or bool, but got "
            f"{dtype_name(target)}; class indices are whole numbers: use target.long(). "
            f"Class probabilities need the shape {[*rows, classes]}."
        )


def _cure(rows: tuple[int, ...], classes: int, target: Tensor) -> str:
    if rows and target.shape == (rows[0], classes, *rows[1:]):
        return "the classes come last here: use target.movedim(1, -1)."
    if target.shape == (*rows, 1):
        return "use target.squeeze(-1)."
    if target.shape == (math.prod(rows),):
        return "use target.reshape(input.shape[:-1])."
    return "give one class index, or K class probabilities, a row."
