"""The members of a blend as modules: Features to log probabilities."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from ..._errors import InputError
from ...data import Features
from ...members import (
    Blend,
    ClassShares,
    Linear,
    Member,
    Modules,
    Network,
    Trees,
    both_classes,
    mean_of_copies,
    on_true_prior,
)
from ...models import Front
from ._linear import LinearLogits
from ._trees import TreeProbabilities


class Blended(nn.Module):
    """Features to `(n, K)` float64: the log of the pool of the members' probabilities; see `Pool`.

    Args:
        blend: The members; those without weight are left out.
    """

    def __init__(self, blend: Blend) -> None:
        super().__init__()
        self.members = nn.ModuleList(_module(each.name, each.member) for each in blend.parts if each.member is not None)
        self.pool = blend.pool
        self.class_weight = blend.class_weight

    def forward(self, rows: Features) -> Tensor:
        """Ask all members."""
        logs = torch.stack([on_true_prior(member(rows), self.class_weight) for member in self.members])
        return self.pool(logs)


class _Front(nn.Module):
    """As `Front`, whose loop over columns would be a thousand operators of a wide table: all columns at once."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self.points, self.scores, self.codes = front.points, front.scores, front.codes
        self.scored = front.scored.nonzero().flatten()
        width = len(front.scored)
        self.order = torch.arange(width)
        self.order[self.scored] = width + torch.arange(len(self.scored))

    def forward(self, rows: Features) -> Features:
        numbers, codes = rows.numbers, rows.codes
        if len(self.scored):
            values = numbers.index_select(1, self.scored).T.contiguous()
            after = torch.searchsorted(self.points, values).clamp(1, self.points.shape[1] - 1)
            low, high = self.points.gather(1, after - 1), self.points.gather(1, after)
            share = ((values - low) / (high - low)).clamp(0, 1)
            made = torch.lerp(self.scores.gather(1, after - 1), self.scores.gather(1, after), share)
            numbers = torch.cat([numbers, made.T], 1).index_select(1, self.order)
        if codes.shape[1]:
            codes = self.codes.index_select(0, codes.flatten()).view(codes.shape)
        return Features(numbers, codes)


class _Network(nn.Module):
    def __init__(self, member: Network) -> None:
        super().__init__()
        self.front, self.slope = _Front(member.front), member.slope
        self.copies = copy.deepcopy(member.copies).requires_grad_(False)

    def forward(self, rows: Features) -> Tensor:
        seen = self.front(rows)
        shape = (self.copies.copies, -1, -1)
        logits = self.copies(seen.numbers.expand(shape), seen.codes.expand(shape))
        return mean_of_copies(self.slope * logits.double())


class _Trees(nn.Module):
    def __init__(self, member: Trees) -> None:
        super().__init__()
        self.trees = TreeProbabilities(member)

    def forward(self, rows: Features) -> Tensor:
        return self.trees(rows).log()


class _Linear(nn.Module):
    def __init__(self, member: Linear) -> None:
        super().__init__()
        self.logits = LinearLogits(member)

    def forward(self, rows: Features) -> Tensor:
        logits = self.logits(rows)
        if logits.shape[2] == 1:
            logits = torch.cat([-logits / 2, logits / 2], dim=2)
        return logits.log_softmax(2).logsumexp(0) - math.log(len(logits))


class _Shares(nn.Module):
    def __init__(self, member: ClassShares) -> None:
        super().__init__()
        self.logs = torch.tensor(member.shares, dtype=torch.float64).log()

    def forward(self, rows: Features) -> Tensor:
        return self.logs.expand(rows.numbers.shape[0], -1)


class _Modules(nn.Module):
    def __init__(self, member: Modules) -> None:
        super().__init__()
        self.task, networks = member.task, nn.ModuleList(member.networks)
        self.networks = copy.deepcopy(networks).requires_grad_(False)

    def forward(self, rows: Features) -> Tensor:
        logs = torch.stack([both_classes(self.task, network(rows).double()) for network in self.networks])
        return logs.logsumexp(0).log_softmax(1)


def _module(name: str, member: Member) -> nn.Module:
    match member:
        case Network():
            return _Network(member)
        case Trees():
            return _Trees(member)
        case Linear():
            return _Linear(member)
        case ClassShares():
            return _Shares(member)
        case Modules():
            return _Modules(member)
        case _:
            raise InputError(f"the member {name!r} cannot be exported to torch: it is a {type(member).__name__}")
