"""Focal losses: cross entropy in which the rows that are already right count less."""

import math

import torch
from torch import Tensor

from .. import _kernels
from ._arguments import (
    autocast,
    check_ignore_index,
    check_ignored_target,
    check_real,
    check_tensors,
    finished,
    promoted,
    resolve_reduction,
)
from ._classes import (
    as_labels,
    check_classes,
    check_indices,
    check_several_classes,
    check_some_class,
    check_wiring,
    classes_last,
    out_of_range,
)


def focal_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    gamma: float = 2.0,
    ignore_index: int = -100,
    reduction: str = "mean",
    weight_mean: str = "weights",
    all_ignored: str = "nan",
    loss_dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Focal loss between logits and class indices: the softmax form.

    Takes logits, any real numbers; the softmax is inside. A row whose right class $t$ has probability $p$ costs

    $$\ell = w_t\,(1 - p)^\gamma\,(-\log p).$$

    $\gamma = 0$ is `cross_entropy`; the larger, the less the easy rows count. Its probabilities are not calibrated: it
    keeps the model less sure than the data are. Gradients are finite for every $\gamma \ge 0$.

    Args:
        input: Logits `(N, K)`, `(N, K, d1, ...)`, or `(K,)` for one row.
        target: Class indices `(N,)`, `(N, d1, ...)` or `()`, integers of any width or bool.
        weight: `(K,)`, the paper's alpha: one weight a class, as in `cross_entropy`.
        gamma: The focus, 0 or more.
        ignore_index: Rows with this class index cost nothing and are not read.
        reduction: `"mean"` (by the sum of the rows' weights), `"sum"`, or `"none"` for one loss a row.
        weight_mean: As in `cross_entropy`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.

    Returns:
        A scalar, or the shape of `target` for `"none"`; in the type of `input` (float32 under autocast).

    Raises:
        IndexError: A class index is outside 0 to K - 1 (checked in eager mode on the CPU).
        RuntimeError: Shape or type of `target` or `weight` does not fit.
        ValueError: `gamma` is negative or not finite, the batch sizes differ, or `reduction` is unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> logits = torch.tensor([[2.0, 1.0, 0.1], [2.0, 1.0, 0.1]])
        >>> F.focal_loss(logits, torch.tensor([0, 2]), gamma=2.0, reduction="none")
        tensor([0.0485, 1.8828])

    References:
        Lin et al., "Focal Loss for Dense Object Detection", 2017, section 3.
    """
    how = resolve_reduction("focal_loss", reduction, weight_mean=weight_mean, all_ignored=all_ignored)
    check_tensors("focal_loss", input=input, target=target, weight=weight)
    check_classes("focal_loss", input, weight)
    _check_gamma("focal_loss", gamma)
    input, weight = autocast(input), autocast(weight)
    check_indices("focal_loss", input, target, weight, ignore_index)
    check_some_class("focal_loss", input)
    check_wiring("focal_loss", input, target)
    check_several_classes("focal_loss", input)
    check_ignore_index("focal_loss", ignore_index)
    try:
        loss = _kernels.softmax_focal(classes_last(input), as_labels(input, target), weight, ignore_index, gamma, how)
    except _kernels.LabelRangeError:
        raise out_of_range("focal_loss", input, target, ignore_index) from None
    return finished("focal_loss", loss, input.dtype, loss_dtype)


def sigmoid_focal_loss(
    inputs: Tensor,
    targets: Tensor,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
    *,
    ignore_index: int | None = None,
    all_ignored: str = "nan",
    loss_dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Focal loss between logits and yes-or-no targets: the sigmoid form, with torchvision's arguments.

    Takes logits, any real numbers; the sigmoid is inside. With $p = \sigma(x)$ an element costs

    $$\ell = \alpha\, y\,(1 - p)^\gamma (-\log p) + (1 - \alpha)(1 - y)\, p^\gamma (-\log(1 - p)),$$

    which is the paper's for targets 0 and 1, and its expectation between them. Gradients are finite for every
    $\gamma \ge 0$.

    Args:
        inputs: Logits of any shape.
        targets: The shape of `inputs`, 0 to 1; integers and bool too.
        alpha: The share of the positives, 0 to 1: above a half they count more. None, or torchvision's -1, for none.
        gamma: The focus, 0 or more; 0 without `alpha` is `binary_cross_entropy_with_logits`.
        reduction: `"none"`, `"mean"` over the elements, or `"sum"`.
        ignore_index: As in `binary_cross_entropy_with_logits`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.

    Returns:
        A scalar, or the shape of `inputs` for `"none"`; in the type of `inputs`, promoted with a floating target's
        (float32 under autocast).

    Raises:
        ValueError: The shapes differ, `gamma` is negative or not finite, `alpha` is not a share, or `reduction` is
            unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> F.sigmoid_focal_loss(torch.tensor([2.0, 2.0]), torch.tensor([1.0, 0.0]))
        tensor([4.5089e-04, 1.2376e+00])

    References:
        Lin et al., "Focal Loss for Dense Object Detection", 2017, section 3.
    """
    how = resolve_reduction("sigmoid_focal_loss", reduction, all_ignored=all_ignored)
    check_tensors("sigmoid_focal_loss", inputs=inputs, targets=targets)
    check_real("sigmoid_focal_loss", inputs)
    if targets.shape != inputs.shape:
        raise ValueError(
            "sigmoid_focal_loss: targets must have the shape of inputs, "
            f"got {list(targets.shape)} and {list(inputs.shape)}; give one target an element."
        )
    _check_gamma("sigmoid_focal_loss", gamma)
    check_ignored_target("sigmoid_focal_loss", targets, ignore_index)
    inputs, targets = autocast(inputs), autocast(targets)
    loss = _kernels.sigmoid_focal(inputs, targets, _share(alpha), ignore_index, gamma, how)
    return finished("sigmoid_focal_loss", loss, promoted(inputs, targets), loss_dtype)


def _check_gamma(name: str, gamma: float) -> None:
    if isinstance(gamma, Tensor):
        raise TypeError(f"{name}: gamma must be a number, got a tensor; use gamma.item().")
    if not 0 <= gamma < math.inf:
        raise ValueError(f"{name}: gamma must be a finite number, 0 or more, got {gamma}; 0 is plain cross entropy.")


def _share(alpha: float | None) -> float | None:
    if alpha is None or alpha == -1:
        return None
    if not 0 <= alpha <= 1:
        raise ValueError(
            f"sigmoid_focal_loss: alpha must be between 0 and 1, got {alpha}; it is the share of the positives. "
            "Use None (or -1) for none."
        )
    return alpha
