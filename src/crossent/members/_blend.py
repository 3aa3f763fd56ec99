"""The blend: a mean of the members' probabilities, with weights that rows nobody trained on have chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import Features, Split
from ..training import History, one_thread
from ._member import Member

_RESAMPLES = 20
_LEAST = 0.02
_STEPS = 300
_SETTLED = 1e-4
_ENOUGH_ROWS = 10_000


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
    """A mean of the probabilities of members.

    Attributes:
        parts: The members, in the order in which they were trained; their weights add up to 1.
        class_weight: The weight of each class in training, whose bias is undone; None if all weighed the same.
    """

    parts: tuple[Part, ...]
    class_weight: tuple[float, ...] | None = None

    @one_thread()
    def log_probabilities(self, features: Features) -> Tensor:
        """The log of each class's probability, `(n, K)` float64, on the true prior."""
        return self._mixed([member.log_probabilities(features) for member in self.members])

    @one_thread()
    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """The same of each row by the copies that have not trained on it; see `Member.held_out`."""
        return self._mixed([member.held_out(features, splits) for member in self.members])

    @property
    def members(self) -> list[Member]:
        """Those of weight."""
        return [part.member for part in self.parts if part.member is not None]

    def _mixed(self, made: Sequence[Tensor]) -> Tensor:
        weights = torch.tensor([part.weight for part in self.parts if part.member is not None], dtype=torch.float64)
        return mixed(torch.stack([on_true_prior(each, self.class_weight) for each in made]), weights.log())


def of_labels(log_probabilities: Tensor, labels: Tensor) -> Tensor:
    """What each member says of each row's own label, `(M, n, K)` to `(M, n)`."""
    return log_probabilities.gather(2, labels.view(1, -1, 1).expand(len(log_probabilities), -1, 1)).squeeze(2)


def mixed(log_probabilities: Tensor, log_weights: Tensor) -> Tensor:
    """The log of the weighted mean of probabilities, `(M, n, K)` to `(n, K)`."""
    return torch.logsumexp(log_probabilities + log_weights.view(-1, 1, 1), dim=0)


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


def blend_weights(held_out: Tensor, labels: Tensor, row_weights: Tensor | None = None, *, seed: int = 0) -> Tensor:
    """The weights of a mixture of the members under which the held-out labels are most likely.

    Maximise sum_i r_i log sum_m w_m p_m(y_i | x_i) over the simplex, by expectation and maximisation, with one more row
    for each member that it alone explains. The mean of these weights over resamples of the rows is taken, for of
    members that are nearly as good one sample picks one and another the other. Members of less than 2 % are left out.

    Args:
        held_out: `(M, n, K)` log probabilities by copies that have not trained on the row; the last member is what the
            blend falls back on, and never left out. Of more than 20,000 rows every second, third, ... is asked.
        labels: `(n,)` encoded.
        row_weights: `(n,)` r, how much each row counts; None for 1 each.
        seed: Of the resamples.

    Returns:
        `(M,)` float64 weights from 0 on that add up to 1.

    References:
        Dempster, Laird and Rubin 1977, section 4.3 (mixtures; here only the weights are unknown). Breiman 1996,
        "Stacked regressions" (weights from held-out predictions). Caruana et al. 2004, section 2.3 (bagged selection).
    """
    step = max(len(labels) // _ENOUGH_ROWS, 1)
    logs = of_labels(held_out[:, ::step], labels[::step])
    likely = (logs - logs.max(0).values).exp()
    rows = torch.ones(likely.shape[1], dtype=torch.float64) if row_weights is None else row_weights[::step].double()
    draw = np.random.default_rng(seed)
    counts = draw.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_RESAMPLES)
    weights = _most_likely(likely, rows * torch.from_numpy(counts)).mean(0)
    kept = weights >= _LEAST
    kept[-1] = True
    weights = torch.where(kept, weights, 0.0)
    return weights / weights.sum()


def _most_likely(likely: Tensor, rows: Tensor) -> Tensor:
    """The weights of most likelihood: each member's is its share of the rows that the mixture makes it explain.

    Args:
        likely: `(M, n)` how likely each member makes each row's label, up to a factor a row.
        rows: `(R, n)` how much each row counts in each resample.

    Returns:
        `(R, M)`.
    """
    members = len(likely)
    weights = torch.full((len(rows), members), 1 / members, dtype=torch.float64)
    of_all = rows.sum(1, keepdim=True) + members
    for _ in range(_STEPS):
        explained = weights * ((rows / (weights @ likely)) @ likely.T)
        after = (explained + 1) / of_all
        moved = float((after - weights).abs().max())
        weights = after
        if moved < _SETTLED:
            break
    return weights
