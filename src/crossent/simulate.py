"""Logits and labels made up to order, for lessons, tests and benchmarks."""

from __future__ import annotations

import torch
from torch import Tensor

from ._errors import InputError

__all__ = ["classification_logits"]

# The winning logit must stay above the runner-up after rounding to float32, whose spacing around 8 is 1e-6.
_LEAST_LEAD = 1e-5


def classification_logits(
    classes: int, rows: int, accuracy: float, confidence: float = 1.0, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Make up logits of which a given share is right.

    Labels are uniform over the classes and logits uniform in [-5, 5]. With m the largest absolute logit of a row, the
    row is made right, with probability `accuracy`, by setting its label's logit to m + confidence * u, and otherwise
    wrong, by setting another class's logit to m + u / 10, where u is uniform in (0, 1].

    Args:
        classes: The number of classes K, at least 2.
        rows: The number of rows n.
        accuracy: The probability, from 0 to 1, that a row's largest logit is its label's.
        confidence: How far the right logit may lead; above 0.
        seed: Two calls with the same arguments return the same tensors.

    Returns:
        Logits `(n, K)` float32, and labels `(n,)` int64.

    Raises:
        InputError: An argument is out of its range.

    Example:
        >>> logits, labels = classification_logits(3, 1000, accuracy=0.8)
        >>> logits.shape, labels.shape
        (torch.Size([1000, 3]), torch.Size([1000]))
        >>> bool(abs((logits.argmax(dim=1) == labels).float().mean() - 0.8) < 0.05)
        True
    """
    _check(classes, rows, accuracy, confidence)
    generator = torch.Generator().manual_seed(seed)
    logits = torch.empty(rows, classes).uniform_(-5, 5, generator=generator)
    labels = torch.randint(classes, (rows,), generator=generator)
    low, high = torch.aminmax(logits, dim=1)
    largest = torch.maximum(-low, high)

    right = torch.rand(rows, generator=generator) < accuracy
    another = (labels + torch.randint(1, classes, (rows,), generator=generator)) % classes
    lead = torch.rand(rows, generator=generator) * torch.where(right, confidence, 0.1)
    winner = torch.where(right, labels, another).unsqueeze(1)
    return logits.scatter_(1, winner, (largest + lead.clamp(min=_LEAST_LEAD)).unsqueeze(1)), labels


def _check(classes: int, rows: int, accuracy: float, confidence: float) -> None:
    if classes < 2:
        raise InputError(f"classes must be at least 2; got {classes}")
    if rows < 0:
        raise InputError(f"rows must be at least 0; got {rows}")
    if not 0 <= accuracy <= 1:
        raise InputError(f"accuracy must be from 0 to 1; got {accuracy}")
    if not confidence > 0:
        raise InputError(f"confidence must be above 0; got {confidence}")
