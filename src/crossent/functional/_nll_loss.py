"""Negative log likelihood of log probabilities over K classes."""

import torch
from torch import Tensor

from .. import _kernels
from ._arguments import autocast, check_ignore_index, check_tensors, finished, resolve_reduction
from ._classes import as_labels, check_classes, check_indices, classes_last, out_of_range


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    *,
    weight_mean: str = "weights",
    all_ignored: str = "nan",
    loss_dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Negative log likelihood: picks $-w_t \log p_t$ out of log probabilities, as torch's does.

    Takes log probabilities, numbers up to 0, such as `log_softmax` gives. Prefer `cross_entropy` on logits: the log
    probability of a class that leads by far is 0 after rounding, and what is lost there cannot be found again here.

    $$\ell = -w_t \log p_t$$

    Args:
        input: Log probabilities `(N, K)`, `(N, K, d1, ...)`, or `(K,)` for one row.
        target: Class indices `(N,)`, `(N, d1, ...)` or `()`, integers of any width or bool.
        weight: `(K,)`, one weight a class: the larger, the more its rows count.
        size_average: Deprecated in torch; overrides `reduction`.
        ignore_index: Rows with this class index cost nothing and are not read.
        reduce: Deprecated in torch; overrides `reduction`.
        reduction: `"mean"` (by the sum of the rows' weights), `"sum"`, or `"none"` for one loss a row.
        weight_mean: As in `cross_entropy`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.

    Returns:
        A scalar, or the shape of `target` for `"none"`; in the type of `input` (float32 under autocast).

    Raises:
        IndexError: A class index is outside 0 to K - 1 (checked in eager mode on the CPU).
        RuntimeError: Shape or type of `target` or `weight` does not fit.
        ValueError: The batch sizes differ, or `reduction` is unknown.

    Example:
        >>> import torch
        >>> from crossent import functional as F
        >>> log_probabilities = torch.tensor([[0.7, 0.2, 0.1]]).log()
        >>> F.nll_loss(log_probabilities, torch.tensor([0]))
        tensor(0.3567)
    """
    how = resolve_reduction("nll_loss", reduction, size_average, reduce, weight_mean, all_ignored)
    check_tensors("nll_loss", input=input, target=target, weight=weight)
    check_classes("nll_loss", input, weight)
    check_ignore_index("nll_loss", ignore_index)
    input, weight = autocast(input), autocast(weight)
    check_indices("nll_loss", input, target, weight, ignore_index)
    try:
        loss = _kernels.nll(classes_last(input), as_labels(input, target), weight, ignore_index, how)
    except _kernels.LabelRangeError:
        raise out_of_range("nll_loss", input, target, ignore_index) from None
    return finished("nll_loss", loss, input.dtype, loss_dtype)
