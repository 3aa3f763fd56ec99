"""Split: hold out a share of the rows, each class in proportion."""

import torch
from torch import Tensor

from .._errors import InputError


def stratified_split(labels: Tensor, share: float, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Choose at random which rows to hold out, so that every class has its share on both sides.

    A class of c rows gives share * c of them, rounded by largest remainder so that the sum is right, but at least one
    and not all if it has two or more; a class of one row stays. Multilabel labels are split without regard to them.

    Args:
        labels: `(n,)`, one class a row, or `(n, K)`, multilabel.
        share: The share to hold out, between 0 and 1.
        generator: Where the randomness comes from; equal seeds give equal splits.

    Returns:
        The numbers of the rows kept and of the rows held out, each in ascending order.

    Raises:
        InputError: when `share` is not between 0 and 1, or either side would have no rows.

    Example:
        >>> import torch
        >>> labels = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1])
        >>> kept, held = stratified_split(labels, 0.25, generator=torch.Generator().manual_seed(0))
        >>> labels[kept].tolist(), labels[held].tolist()
        ([0, 0, 0, 0, 0, 1], [0, 1])
    """
    if not 0 < share < 1:
        raise InputError(f"The share to hold out must lie between 0 and 1, both excluded, but it is {share}.")
    classes = labels.cpu() if labels.ndim == 1 else torch.zeros(labels.shape[0])
    _, places, counts = torch.unique(classes, return_inverse=True, return_counts=True)
    order = torch.randperm(places.numel(), generator=generator)
    ranks = torch.empty_like(order)
    grouped = order[torch.argsort(places[order], stable=True)]
    ranks[grouped] = torch.arange(places.numel()) - (torch.cumsum(counts, 0) - counts)[places[grouped]]
    held = ranks < _quotas(counts, share)[places]
    if held.all() or not held.any():
        raise InputError(
            f"The split must leave rows on both sides, but {places.numel()} rows of {counts.numel()} classes are too "
            f"few to hold out {share:.0%} of them. Give more rows."
        )
    return torch.nonzero(~held).flatten(), torch.nonzero(held).flatten()


def _quotas(counts: Tensor, share: float) -> Tensor:
    """Return how many rows of each class to hold out, by largest remainder."""
    exact, most = counts.double() * share, counts - 1
    quotas = exact.floor().long().clamp(min=1).minimum(most)
    left = max(round(int(counts.sum()) * share) - int(quotas.sum()), 0)
    remainders = torch.where(quotas < most, exact - quotas, -1)
    quotas[torch.argsort(remainders, descending=True, stable=True)[:left]] += 1
    return quotas.minimum(most)
