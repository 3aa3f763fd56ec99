"""Weights for imbalanced classes, from their counts."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._errors import InputError

Counts = Sequence[float] | Sequence[Sequence[float]] | NDArray[Any] | Tensor


def class_weights(
    counts: Counts, method: Literal["balanced", "inverse", "effective"] = "balanced", *, beta: float = 0.999
) -> Tensor:
    r"""One weight a class from the number of rows a class has: the rarer the class, the larger its weight.

    For `weight` of `cross_entropy`, `nll_loss` and `focal_loss`. With $n_c$ rows of class $c$, $n$ in all, K classes:

    - `"balanced"`: $n / (K n_c)$. Every class has the same total weight, and the weights of all rows sum to $n$:
      scikit-learn's `class_weight="balanced"`.
    - `"inverse"`: $1 / n_c$, scaled to sum to K. The same ratios as balanced; the average over classes is 1.
    - `"effective"`: $(1 - \beta) / (1 - \beta^{n_c})$, scaled to sum to K. Milder: between no weights ($\beta = 0$) and
      inverse ($\beta \to 1$), on the ground that the thousandth row of a class tells less than the first.

    Weights change what the probabilities mean: a model trained with them overstates the rare classes on purpose.

    Args:
        counts: `(K,)`, the rows of each class in the order of the class indices, each above 0
            (`torch.bincount(labels, minlength=K)`).
        method: Which of the three.
        beta: For `"effective"`, at least 0 and below 1; the paper tries 0.9, 0.99, 0.999, 0.9999.

    Returns:
        `(K,)` in torch's default type.

    Raises:
        InputError: A count is zero, negative or not finite, or `counts` is not one number a class (a ValueError).

    Example:
        >>> from crossent import functional as F
        >>> F.class_weights([900, 90, 10])
        tensor([ 0.3704,  3.7037, 33.3333])
        >>> F.class_weights([900, 90, 10], "effective")
        tensor([0.0444, 0.3063, 2.6493])

    References:
        King and Zeng, "Logistic Regression in Rare Events Data", 2001 (balanced).
        Cui et al., "Class-Balanced Loss Based on Effective Number of Samples", 2019, section 3, equation 2.
    """
    n = _counts("class_weights", counts)
    if n.dim() != 1:
        raise InputError(
            f"class_weights: counts must be one number a class, shape (K,), got shape {list(n.shape)}; "
            "use torch.bincount(labels, minlength=K)."
        )
    match method:
        case "balanced":
            weights = n.sum() / (len(n) * n)
        case "inverse":
            weights = _mean_1(1 / n)
        case "effective":
            weights = _mean_1(_effective(n, beta))
        case _:
            raise InputError(f"class_weights: method must be 'balanced', 'inverse' or 'effective', got {method!r}.")
    return weights.to(torch.get_default_dtype())


def logit_adjustment(counts: Counts, tau: float = 1.0) -> Tensor:
    r"""What to add to the logits in training so that the model treats all classes alike: $\tau \log \pi_c$.

    For `logit_adjustment` of `cross_entropy`, with $\pi_c$ the share of class $c$ among the rows. The model learns what
    remains beside the shares; its own logits, used without the adjustment, rank the classes as if all were equally
    frequent, and with it they are the probabilities of the data. Unlike class weights it also works where the model
    separates the classes of the training set.

    Args:
        counts: `(K,)`, the rows of each class in the order of the class indices, each above 0
            (`torch.bincount(labels, minlength=K)`).
        tau: How much of the shares; 1 is the theory, 0 none.

    Returns:
        `(K,)` in torch's default type.

    Raises:
        InputError: A count is zero, negative or not finite, or `counts` is not one number a class (a ValueError).

    Example:
        >>> from crossent import functional as F
        >>> F.logit_adjustment([900, 90, 10])
        tensor([-0.1054, -2.4079, -4.6052])

    References:
        Menon et al., "Long-tail learning via logit adjustment", 2021, section 4.2.
    """
    n = _counts("logit_adjustment", counts)
    if n.dim() != 1:
        raise InputError(
            f"logit_adjustment: counts must be one number a class, shape (K,), got shape {list(n.shape)}; "
            "use torch.bincount(labels, minlength=K)."
        )
    return (tau * (n / n.sum()).log()).to(torch.get_default_dtype())


def pos_weight(counts: Counts) -> Tensor:
    """The weight of the positives that balances them with the negatives: negatives / positives.

    For `pos_weight` of `binary_cross_entropy_with_logits`. Above 1 where positives are rare: with 90 negatives and 10
    positives it is 9, not 1/9. It shifts the logits by its logarithm: the model overstates the positives on purpose.

    Args:
        counts: `(2,)`, the negatives and the positives, in this order, as `torch.bincount(labels, minlength=2)` counts
            labels 0 and 1; or `(K, 2)`, one such pair a label for multilabel. Each above 0.

    Returns:
        A scalar tensor, or `(K,)`, in torch's default type.

    Raises:
        InputError: A count is zero, negative or not finite, or `counts` is not made of pairs (a ValueError).

    Example:
        >>> from crossent import functional as F
        >>> F.pos_weight([90, 10])
        tensor(9.)
        >>> F.pos_weight([[90, 10], [50, 50]])
        tensor([9., 1.])
    """
    n = _counts("pos_weight", counts)
    if n.dim() not in (1, 2) or n.shape[-1] != 2:
        raise InputError(
            "pos_weight: counts must be (negatives, positives), shape (2,), or one such pair a label, shape (K, 2), "
            f"got shape {list(n.shape)}; use torch.bincount(labels, minlength=2)."
        )
    negatives, positives = n.unbind(-1)
    return (negatives / positives).to(torch.get_default_dtype())


def _counts(name: str, counts: Counts) -> Tensor:
    values = counts.detach().cpu() if isinstance(counts, Tensor) else torch.from_numpy(_array(name, counts))
    n = values.to(torch.float64)
    bad = ~(n.isfinite() & (n > 0))
    if bad.any():
        place = bad.nonzero()[0].tolist()
        raise InputError(
            f"{name}: counts must be finite and above 0, but counts{place or ''} is {n[tuple(place)].item():g}; "
            "a class without rows has no weight: leave it out of the task, or give it one by hand."
        )
    if not n.numel():
        raise InputError(f"{name}: counts must hold at least one number, got none.")
    return n


def _array(name: str, counts: object) -> NDArray[np.float64]:
    try:
        return np.array(counts, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: counts must be numbers, got {counts!r}; use torch.bincount(labels).") from error


def _mean_1(weights: Tensor) -> Tensor:
    return weights * (len(weights) / weights.sum())


def _effective(n: Tensor, beta: float) -> Tensor:
    if not 0 <= beta < 1:
        raise InputError(f"class_weights: beta must be at least 0 and below 1, got {beta}; try 0.999.")
    if beta == 0:
        return torch.ones_like(n)
    return (1 - beta) / -torch.expm1(n * np.log(beta))
