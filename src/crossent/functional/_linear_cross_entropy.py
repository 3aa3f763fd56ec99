"""Cross entropy of a linear layer's logits."""

import math

from torch import Tensor
from torch.nn import functional as F

from ._arguments import check_tensors
from ._cross_entropy import cross_entropy


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
) -> Tensor:
    """Cross entropy of the logits `input @ linear_weight.T + linear_bias`: a classifier's head and its loss in one.

    Takes features; the linear layer and the softmax are inside.

    Args:
        input: Features `(N, D)`, or `(D,)` for one row.
        linear_weight: `(K, D)`, or `(K, d1, ..., D)` for K-dimensional targets.
        target: Class indices `(N,)`, `(N, d1, ...)` or `()`; or class probabilities of the logits' shape.
        linear_bias: `(K,)`, or `(K, d1, ...)`.
        weight: `(K,)`, one weight a class, as in `cross_entropy`.
        reduction: `"mean"`, `"sum"` or `"none"`, as in `cross_entropy`.
        ignore_index: Rows with this class index cost nothing; None stands for -100. Not for class probabilities.
        label_smoothing: As in `cross_entropy`.
        options: torch's choice of chunks; accepted, and without effect: the result never depends on it.

    Returns:
        A scalar, or the shape of the class indices for `"none"`.

    Raises:
        RuntimeError: The shapes of `input`, `linear_weight` and `linear_bias` do not fit; or as in `cross_entropy`.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> features, head = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> F.linear_cross_entropy(features, head, torch.tensor([2]))
        tensor(0.4076)
    """
    check_tensors(
        "linear_cross_entropy", input=input, linear_weight=linear_weight, target=target, linear_bias=linear_bias
    )
    _check_shapes(input, linear_weight, linear_bias)
    *heads, features = linear_weight.shape
    flat_bias = None if linear_bias is None else linear_bias.reshape(-1)
    flat_logits = F.linear(input, linear_weight.reshape(math.prod(heads), features), flat_bias)
    logits = flat_logits.reshape(*input.shape[:-1], *heads)
    if ignore_index is not None and target.shape == logits.shape:
        raise RuntimeError(
            "linear_cross_entropy: ignore_index cannot be specified when target contains probabilities, "
            f"got ignore_index={ignore_index}; leave it out, and give the rows to ignore a target of zeros."
        )
    return cross_entropy(
        logits,
        target,
        weight=weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def _check_shapes(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> None:
    if input.dim() not in (1, 2):
        raise RuntimeError(
            f"linear_cross_entropy: expected input with dimensionality 1 or 2, got {input.dim()}; "
            "use input.flatten(0, -2) and target.flatten()."
        )
    if linear_weight.dim() < 2:
        raise RuntimeError(
            f"linear_cross_entropy: expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}; "
            "its shape is (classes, in_features)."
        )
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            "linear_cross_entropy: expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {linear_weight.shape[-1]}, respectively; "
            "linear_weight is (classes, in_features)."
        )
    if linear_bias is not None and linear_bias.shape != linear_weight.shape[:-1]:
        raise RuntimeError(
            f"linear_cross_entropy: expected linear_bias shape {tuple(linear_weight.shape[:-1])}, "
            f"got {tuple(linear_bias.shape)}; give one number a class."
        )
    if linear_weight.dim() > 2 and input.dim() == 1:
        raise RuntimeError(
            f"linear_cross_entropy: K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} "
            f"requires batched input, (N, {input.shape[-1]}), got unbatched input with shape {tuple(input.shape)}; "
            "use input.unsqueeze(0)."
        )
