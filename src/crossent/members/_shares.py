"""The classes' shares, whatever the row: what the blend falls back on where no member can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import Features, Split
from ..training import Examples
from ._member import CrossFitted, Saved, held_out_mean


@dataclass(frozen=True)
class ClassShares:
    """The share of each class among the training rows, as a member of a blend.

    No number of rows that were all predicted right proves that the next one will be. In the blend the shares get the
    weight of one row at least, so that of n right rows no probability comes nearer to 1 than about 1/n.

    Attributes:
        shares: `(K,)`, above 0, adding up to 1.
    """

    shares: tuple[float, ...]

    @classmethod
    def fit(cls, examples: Examples, classes: int) -> ClassShares:
        """Count the classes, each with one row more than there are (Laplace), weighted by row if there are weights."""
        rows = None if examples.weights is None else examples.weights.double()
        counts = torch.bincount(examples.labels, rows, minlength=classes).double() + 1
        return cls(tuple((counts / counts.sum()).tolist()))

    def log_probabilities(self, features: Features) -> Tensor:
        """The log shares on each row, `(n, K)` float64."""
        return torch.tensor(self.shares, dtype=torch.float64).log().expand(len(features), -1)

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """The same on each row that a split validates; NaN on the others. No single row moves them by much."""
        made = [self.log_probabilities(features[split.validation]) for split in splits]
        return held_out_mean(made, splits, len(features))

    def save(self) -> Saved:
        """The shares."""
        return Saved({"shares": list(self.shares)})

    @classmethod
    def load(cls, saved: Saved) -> ClassShares:
        """The shares that were saved."""
        return cls(tuple(map(float, saved.record["shares"])))


def cross_fit_shares(examples: Examples, splits: Sequence[Split], classes: int) -> CrossFitted:
    """The classes' shares among all rows; each row is judged by those of the rows that trained beside it."""
    held_out = [
        ClassShares.fit(examples[split.training], classes).log_probabilities(examples.features[split.validation])
        for split in splits
    ]
    return CrossFitted(ClassShares.fit(examples, classes), held_out_mean(held_out, splits, len(examples)))
