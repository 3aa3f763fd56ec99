"""Cross entropy of logits over K classes."""

from torch import Tensor

from .. import _kernels
from ._arguments import autocast, check_tensors, promoted, resolve_reduction
from ._classes import (
    as_labels,
    check_classes,
    check_indices,
    check_probabilities,
    check_smoothing,
    check_some_class,
    classes_last,
    out_of_range,
)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    r"""Cross entropy between logits and class indices or class probabilities: torch's, exact in the tails.

    Takes logits, any real numbers; the link to probabilities is softmax, and it is inside: do not apply it before.
    With class indices $t$ and class weights $w$, a row costs

    $$\ell = w_t \log(1 + e^z), \qquad z = \log \sum_{c \ne t} e^{x_c} - x_t,$$

    which keeps its value and its gradient $-w_t\,\sigma(z)$ however far the right class leads. With class probabilities
    $y$ it costs $-\sum_c w_c\, y_c \log p_c$; with smoothing $s$, $y$ becomes $(1 - s)\,y + s / K$.

    Args:
        input: Logits `(N, K)`, `(N, K, d1, ...)`, or `(K,)` for one row.
        target: Class indices `(N,)`, `(N, d1, ...)` or `()`, integers of any width or bool; or class probabilities of
            the shape of `input`, floating point.
        weight: `(K,)`, one weight a class: the larger, the more its rows count. Rare classes want large ones
            (`crossent.functional.class_weights`).
        size_average: Deprecated in torch; overrides `reduction`.
        ignore_index: Rows with this class index cost nothing and are not read.
        reduce: Deprecated in torch; overrides `reduction`.
        reduction: `"mean"`, `"sum"`, or `"none"` for one loss a row. The mean divides by the sum of the rows' weights
            for class indices (NaN if all are ignored), and by the number of rows for class probabilities.
        label_smoothing: The share $s$ of the uniform distribution in the target, 0 to 1.

    Returns:
        A scalar, or the shape of the class indices for `"none"`; in the type of `input` (computed in float32 if that
        has 16 bits, float32 under autocast).

    Raises:
        IndexError: A class index is outside 0 to K - 1 (checked in eager mode on the CPU).
        RuntimeError: Shape or type of `target` or `weight` does not fit, or `label_smoothing` is not a share.
        ValueError: The batch sizes differ, or `reduction` is unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> logits = torch.tensor([[2.0, 1.0, 0.1], [0.0, 30.0, 0.0]])
        >>> F.cross_entropy(logits, torch.tensor([0, 1]), reduction="none")
        tensor([4.1703e-01, 1.8715e-13])

    References:
        Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7 (label smoothing).
    """
    how = resolve_reduction("cross_entropy", reduction, size_average, reduce)
    check_tensors("cross_entropy", input=input, target=target, weight=weight)
    check_classes("cross_entropy", input, weight)
    check_smoothing("cross_entropy", label_smoothing)
    input, weight = autocast(input), autocast(weight)
    if target.shape == input.shape:
        check_probabilities("cross_entropy", target, ignore_index)
        check_some_class("cross_entropy", input)
        target = autocast(target)
        loss = _kernels.cross_entropy_probabilities(
            classes_last(input), classes_last(target), weight, label_smoothing, how
        )
        return loss.to(promoted(input, target, weight))
    check_indices("cross_entropy", input, target, weight, ignore_index)
    check_some_class("cross_entropy", input)
    try:
        loss = _kernels.cross_entropy_indices(
            classes_last(input), as_labels(input, target), weight, ignore_index, label_smoothing, how
        )
    except _kernels.LabelRangeError:
        raise out_of_range("cross_entropy", input, target, ignore_index) from None
    return loss if loss.dtype is input.dtype else loss.to(input.dtype)
