"""Cross entropy of yes or no: of logits, and of probabilities."""

import torch
from torch import Tensor

from .. import _kernels
from ._arguments import autocast, check_ignored_target, check_real, check_tensors, finished, promoted, resolve_reduction
from ._classes import check_smoothing


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    *,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    all_ignored: str = "nan",
    loss_dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Cross entropy between logits and yes-or-no targets: torch's, exact on both sides.

    Takes logits, any real numbers; the link to probabilities is the sigmoid, and it is inside: do not apply it before.
    With weight $w$ and positive weight $q$, an element costs

    $$\ell = w \left( q\, y \log(1 + e^{-x}) + (1 - y) \log(1 + e^{x}) \right).$$

    Args:
        input: Logits of any shape; one label a column for multilabel.
        target: The shape of `input`, 0 to 1; integers and bool too.
        weight: Broadcasts onto `input`; multiplies each element's loss.
        size_average: Deprecated in torch; overrides `reduction`.
        reduce: Deprecated in torch; overrides `reduction`.
        reduction: `"mean"` over the elements, `"sum"`, or `"none"`.
        pos_weight: Broadcasts onto `input`; multiplies the loss of the positives only. Rare positives want it large:
            negatives / positives (`crossent.functional.pos_weight`).
        ignore_index: Elements with this target cost nothing, are not read, and do not count in the mean; None ignores
            nothing. Labels that nobody gave are often -1.
        label_smoothing: The share $s$ of the even chance in the target, 0 to 1: $y$ becomes $(1 - s)\,y + s / 2$.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.

    Returns:
        A scalar, or the shape of `input` for `"none"`; in the type of `input`, promoted with a floating target's
        (computed in float32 if that has 16 bits, float32 under autocast).

    Raises:
        RuntimeError: `weight` or `pos_weight` does not broadcast onto `input`, or `label_smoothing` is not a share.
        ValueError: The shapes of `input` and `target` differ, or `reduction` or `all_ignored` is unknown.

    Warns:
        WiringWarning: `pos_weight` has one dimension, and dimension 1 of `input` is as long as its last.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> logits = torch.tensor([2.0, -30.0])
        >>> F.binary_cross_entropy_with_logits(logits, torch.tensor([1.0, 0.0]), reduction="none")
        tensor([1.2693e-01, 9.3576e-14])
    """
    name = "binary_cross_entropy_with_logits"
    how = resolve_reduction(name, reduction, size_average, reduce, all_ignored=all_ignored)
    if weight is None and pos_weight is None and ignore_index is None and not label_smoothing and loss_dtype is None:
        usual = _kernels.usual_sigmoid_cross_entropy(input, target, how)
        if usual is not None:
            return usual
    check_tensors(name, input=input, target=target, weight=weight, pos_weight=pos_weight)
    if target.shape != input.shape:
        raise ValueError(
            f"{name}: Target size ({target.shape}) must be the same as input size ({input.shape}){_cure(input, target)}"
        )
    check_real(name, input)
    _check_broadcasts(name, "weight", weight, input)
    _check_broadcasts(name, "pos_weight", pos_weight, input)
    _check_pos_weight_dim(input, pos_weight)
    check_smoothing(name, label_smoothing)
    check_ignored_target(name, target, ignore_index)
    input, target = autocast(input), autocast(target)
    loss = _kernels.sigmoid_cross_entropy(input, target, weight, pos_weight, ignore_index, label_smoothing, how)
    return finished(name, loss, promoted(input, target), loss_dtype)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    *,
    loss_dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Cross entropy between probabilities and yes-or-no targets, as torch's.

    Takes probabilities, 0 to 1, such as a sigmoid gives. Prefer `binary_cross_entropy_with_logits`: a probability that
    was rounded to 0 or 1 has lost how sure the model was.

    $$\ell = -w \left( y \log p + (1 - y) \log(1 - p) \right),$$

    with each logarithm held at -100 and above, so that no loss is infinite. The gradient is exact down to the smallest
    normal number; where p is exactly 0 against a positive (or 1 against a negative) it is 1e12 (in float16, infinite).

    Args:
        input: Probabilities of any shape.
        target: The shape of `input`, 0 to 1; integers and bool too.
        weight: Broadcasts onto `input`; multiplies each element's loss.
        size_average: Deprecated in torch; overrides `reduction`.
        reduce: Deprecated in torch; overrides `reduction`.
        reduction: `"mean"` over the elements, `"sum"`, or `"none"`.
        loss_dtype: As in `cross_entropy`.

    Returns:
        A scalar, or the shape of `input` for `"none"`; in the type of `input`, promoted with a floating target's
        (computed in float32 if that has 16 bits, float32 under autocast).

    Raises:
        RuntimeError: A value of `input` or `target` is outside 0 to 1 (checked in eager mode on the CPU), or `weight`
            does not broadcast onto `input`.
        ValueError: The shapes of `input` and `target` differ, or `reduction` is unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> F.binary_cross_entropy(torch.tensor([0.9, 0.2]), torch.tensor([1.0, 0.0]), reduction="none")
        tensor([0.1054, 0.2231])
    """
    name = "binary_cross_entropy"
    how = resolve_reduction(name, reduction, size_average, reduce)
    check_tensors(name, input=input, target=target, weight=weight)
    if target.shape != input.shape:
        raise ValueError(
            f"{name}: Using a target size ({target.shape}) that is different to the input size ({input.shape}) "
            f"is an error{_cure(input, target)}"
        )
    check_real(name, input)
    _check_broadcasts(name, "weight", weight, input)
    input, target = autocast(input), autocast(target)
    try:
        loss = _kernels.binary_cross_entropy(input, target, weight, how)
    except _kernels.ProbabilityRangeError:
        raise _out_of_range(name, input, target) from None
    return finished(name, loss, promoted(input, target), loss_dtype)


def _cure(input: Tensor, target: Tensor) -> str:
    if input.numel() == target.numel():
        return "; use input.reshape(target.shape) if both hold the same elements in the same order."
    return "; give one target an element."


def _check_broadcasts(name: str, argument: str, weight: Tensor | None, input: Tensor) -> None:
    if weight is None:
        return
    onto = input.shape[input.dim() - weight.dim() :] if weight.dim() <= input.dim() else ()
    if len(onto) != weight.dim() or any(
        size not in (1, wanted) for size, wanted in zip(weight.shape, onto, strict=True)
    ):
        raise RuntimeError(
            f"{name}: {argument} must broadcast onto input's shape {list(input.shape)}, got {list(weight.shape)}; "
            "its dimensions are matched from the last, each 1 or equal."
        )


def _check_pos_weight_dim(input: Tensor, pos_weight: Tensor | None) -> None:
    if pos_weight is not None and pos_weight.dim() == 1 and input.dim() > 2:
        labels, last = input.shape[1], input.shape[-1]
        if labels == last == len(pos_weight) > 1:
            _kernels.warn(
                f"binary_cross_entropy_with_logits: pos_weight [{last}] is taken along the last dimension of input "
                f"{list(input.shape)}; if the labels are in dimension 1, use "
                f"pos_weight.view({', '.join(['-1'] + ['1'] * (input.dim() - 2))})."
            )


def _out_of_range(name: str, input: Tensor, target: Tensor) -> RuntimeError:
    argument, values, cure = "input", input, "for logits use binary_cross_entropy_with_logits"
    if ((input >= 0) & (input <= 1)).all():
        argument, values, cure = "target", target, "a target is the probability of yes"
    place = (~((values >= 0) & (values <= 1))).nonzero()[0].tolist()
    return RuntimeError(
        f"{name}: all elements of {argument} should be between 0 and 1, but {argument}{place or ''} is "
        f"{float(values[tuple(place)])}; {cure}."
    )
