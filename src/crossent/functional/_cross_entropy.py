"""Cross entropy of logits over K classes."""

import torch
from torch import Tensor

from .. import _kernels
from ._arguments import autocast, check_ignore_index, check_tensors, dtype_name, finished, promoted, resolve_reduction
from ._classes import (
    as_labels,
    check_classes,
    check_indices,
    check_probabilities,
    check_several_classes,
    check_smoothing,
    check_some_class,
    check_wiring,
    check_z_loss,
    class_dim,
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
    *,
    logit_adjustment: Tensor | None = None,
    z_loss: float = 0.0,
    weight_mean: str = "weights",
    all_ignored: str = "nan",
    loss_dtype: torch.dtype | None = None,
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
        logit_adjustment: `(K,)`, added to the logits of every row: the logarithms of the classes' shares
            (`crossent.functional.logit_adjustment`) make a model that is trained with them treat all classes alike
            when it is used without.
        z_loss: At least 0; adds `z_loss` times the square of $\log \sum_c e^{x_c}$ to the cost of a row before its
            weight, which keeps logits from drifting. 1e-4 is usual.
        weight_mean: `"weights"`, or `"rows"`: the mean divides by the number of all rows, ignored ones too, so that the
            means of equal parts of a batch average to the mean of the whole (gradient accumulation).
        all_ignored: The mean over nothing: `"nan"`, or `"zero"`, with gradient zero.
        loss_dtype: The type of the loss; `torch.float32` spares a 16-bit loss its rounding. By default that of `input`.

    Returns:
        A scalar, or the shape of the class indices for `"none"`; in the type of `input`, promoted with that of class
        probabilities (computed in float32 if that has 16 bits, float32 under autocast).

    Warns:
        WiringWarning: `input` looks like probabilities; it has a single class; or `(N, T, T)` comes with a target
            `(N, T)`, so that the classes could be the last dimension.

    Raises:
        IndexError: A class index is outside 0 to K - 1 (checked in eager mode on the CPU).
        RuntimeError: Shape or type of `target`, `weight` or `logit_adjustment` does not fit, or `label_smoothing` is
            not a share.
        ValueError: The batch sizes differ, `z_loss` is negative or not finite, or `reduction`, `weight_mean` or
            `all_ignored` is unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> logits = torch.tensor([[2.0, 1.0, 0.1], [0.0, 30.0, 0.0]])
        >>> F.cross_entropy(logits, torch.tensor([0, 1]), reduction="none")
        tensor([4.1703e-01, 1.8715e-13])

    References:
        Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7 (label smoothing).
        Menon et al., "Long-tail learning via logit adjustment", 2021, section 4.2 (logit adjustment).
        Chowdhery et al., "PaLM: Scaling Language Modeling with Pathways", 2022, section 5 (z-loss).
    """
    name = "cross_entropy"
    how = resolve_reduction(name, reduction, size_average, reduce, weight_mean, all_ignored)
    check_smoothing(name, label_smoothing)
    check_z_loss(name, z_loss)
    if weight is None and logit_adjustment is None and not z_loss and loss_dtype is None:
        try:
            usual = _kernels.usual_cross_entropy(input, target, ignore_index, label_smoothing, how)
        except _kernels.LabelRangeError:
            raise out_of_range(name, input, target, ignore_index) from None
        if usual is not None:
            return usual
    check_tensors(name, input=input, target=target, weight=weight, logit_adjustment=logit_adjustment)
    check_classes(name, input, weight)
    _check_adjustment(input, logit_adjustment)
    check_several_classes(name, input)
    check_ignore_index(name, ignore_index)
    input, weight = autocast(input), autocast(weight)
    if target.shape == input.shape:
        check_probabilities(name, target, ignore_index)
        check_some_class(name, input)
        target = autocast(target)
        loss = _kernels.cross_entropy_probabilities(
            classes_last(input), classes_last(target), weight, logit_adjustment, label_smoothing, z_loss, how
        )
        return finished(name, loss, promoted(input, target, weight), loss_dtype)
    check_indices(name, input, target, weight, ignore_index)
    check_some_class(name, input)
    check_wiring(name, input, target)
    try:
        loss = _kernels.cross_entropy_indices(
            classes_last(input),
            as_labels(input, target),
            weight,
            logit_adjustment,
            ignore_index,
            label_smoothing,
            z_loss,
            how,
        )
    except _kernels.LabelRangeError:
        raise out_of_range(name, input, target, ignore_index) from None
    return finished(name, loss, input.dtype, loss_dtype)


def _check_adjustment(input: Tensor, adjustment: Tensor | None) -> None:
    if adjustment is None:
        return
    classes = input.shape[class_dim(input)]
    if adjustment.shape != (classes,) or not adjustment.is_floating_point():
        raise RuntimeError(
            f"cross_entropy: logit_adjustment must be one floating point number a class, shape ({classes},), got "
            f"{dtype_name(adjustment)} of shape {list(adjustment.shape)}; use functional.logit_adjustment(counts)."
        )
