"""What a member of a blend is: it has learned a table in its own way, and gives the probability of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from ..data import Features, Split
from ..training import History


@dataclass(frozen=True, eq=False)
class Saved:
    """What a member is saved as.

    Attributes:
        record: JSON values.
        weights: Tensors by name, for the model's safetensors file.
        texts: Files of text, by name.
    """

    record: Mapping[str, Any]
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


class Member(Protocol):
    """A trained member. Of its copies, one a split, it gives the mean of the probabilities."""

    def log_probabilities(self, features: Features) -> Tensor:
        """`(n, K)` float64, also for two classes: the log of each class's probability; finite."""
        ...

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """What the copies say of rows that they have not trained on; see `held_out_mean`.

        Args:
            features: n rows, as they were in training or changed.
            splits: Of each copy, which of these rows it has not seen: its validation rows.

        Returns:
            `(n, K)` float64; NaN in a row that no copy validates.
        """
        ...

    def save(self) -> Saved:
        """What brings the member back, to the last bit."""
        ...


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """A member that was trained on the splits of a table.

    Attributes:
        member: What predicts.
        held_out: `(n, K)` float64 log probabilities of each row by the copies that have not trained on it: the log of
            the mean of their probabilities; NaN in a row that no split validates.
        chosen: What the held-out rows have chosen, in words for the report: `{"epochs": 17}`.
        history: The epochs of a training that has epochs.
    """

    member: Member
    held_out: Tensor
    chosen: Mapping[str, Any] = field(default_factory=dict)
    history: History | None = None


def held_out_mean(log_probabilities: Sequence[Tensor], splits: Sequence[Split], rows: int) -> Tensor:
    """Bring what each split's copy says of its validation rows together, one row a row of the table.

    Args:
        log_probabilities: For each split `(v, K)`, of its validation rows.
        splits: Their rows.
        rows: n, the rows of the table.

    Returns:
        `(n, K)` float64: the log of the mean probability over the splits that validate a row; NaN where none does.
    """
    classes = log_probabilities[0].shape[1]
    total = torch.zeros(rows, classes, dtype=torch.float64)
    count = torch.zeros(rows, 1, dtype=torch.float64)
    for values, split in zip(log_probabilities, splits, strict=True):
        total[split.validation] += values.double().exp()
        count[split.validation] += 1
    return torch.where(count > 0, (total / count).log(), torch.nan)
