"""The blend: members, and how their probabilities become one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..data import Features, Split
from ..training import History, one_thread
from ._member import Member
from ._pool import Pool


@dataclass(frozen=True, eq=False)
class Part:
    """One member of a blend.

    Attributes:
        name: What it is called: "network", "trees 2".
        weight: Its share of the blend's probabilities; 0 for a member that did not help and is not asked.
        log_loss: Its own mean log loss on the rows that it did not train on; NaN where it is not known.
        behind: By how much that is above the blend's on the same rows.
        error: The standard error of `behind`.
        member: What predicts; None if its weight is 0.
        chosen: What the held-out rows have chosen of it: `{"epochs": 17}`.
        history: The epochs of a training that has epochs.
    """

    name: str
    weight: float
    log_loss: float
    member: Member | None
    behind: float = math.nan
    error: float = math.nan
    chosen: Mapping[str, Any] = field(default_factory=dict)
    history: History | None = None


@dataclass(frozen=True, eq=False)
class Blend:
    """The mean of the probabilities of members, made surer; see `Pool`.

    Attributes:
        parts: The members, in the order in which they were trained; their weights add up to 1.
        class_weight: The weight of each class in training, whose bias is undone; None if all weighed the same.
        slope: What the log of the mean is multiplied by.
        least: `(K,)` what each class has in any case; None for 0.
    """

    parts: tuple[Part, ...]
    class_weight: tuple[float, ...] | None = None
    slope: float = 1.0
    least: tuple[float, ...] | None = None

    def log_probabilities(self, features: Features) -> Tensor:
        """The log of each class's probability, `(n, K)` float64, on the true prior."""
        return self._pooled([member.log_probabilities(features) for member in self.members])

    @one_thread()
    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """The same of each row by the copies that have not trained on it; see `Member.held_out`."""
        return self._pooled([member.held_out(features, splits) for member in self.members])

    @property
    def members(self) -> list[Member]:
        """Those of weight."""
        return [part.member for part in self.parts if part.member is not None]

    @property
    def pool(self) -> Pool:
        """What makes one of the members of weight."""
        weights = torch.tensor([part.weight for part in self.parts if part.member is not None], dtype=torch.float64)
        least = None if self.least is None else torch.tensor(self.least, dtype=torch.float64)
        return Pool(weights, self.slope, least)

    def _pooled(self, made: Sequence[Tensor]) -> Tensor:
        return self.pool(torch.stack([on_true_prior(each, self.class_weight) for each in made]))


def on_true_prior(log_probabilities: Tensor, class_weight: Sequence[float] | None) -> Tensor:
    """Undo the bias that class weights in training put on probabilities.

    Training with weights w learns q_k proportional to w_k p_k, so p_k is proportional to q_k / w_k.

    References:
        Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities",
        Neural Computation 14, equation 2.4, for w as the ratio of priors.
    """
    if class_weight is None:
        return log_probabilities
    return (log_probabilities - torch.tensor(class_weight, dtype=torch.float64).log()).log_softmax(1)
