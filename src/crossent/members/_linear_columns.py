"""What a linear model sees of a row: numbers, each also as a broken line, and the codes of categories and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from torch import Tensor

from ..data import Features, Layout, some_rows

Floats = NDArray[np.float32]
Places = NDArray[np.int32]

_MOST_BROKEN = 30_000_000  # numbers of the table that become broken lines: 16 bytes each
_WIDEST_BROKEN = 200  # columns; of pixels a line each costs much and gains little
_FEWEST_KNOTS = 3
_ROWS_FOR_KNOTS = 100_000
_LEAST_VARIANCE = 1e-6  # of a number within -3 and 3: what is below is rounding


@dataclass(frozen=True, eq=False)
class Seen:
    """Rows as the linear model sees them: dense columns `(n, D)`, and sparse ones `(n, S)`."""

    dense: Tensor
    sparse: csr_matrix

    def __len__(self) -> int:
        return len(self.dense)

    def logits(self, weights: Tensor) -> Tensor:
        """`(n, O)` for `(D + S + 1, O)`, the last row of which is the bias."""
        width = self.dense.shape[1]
        logits = torch.addmm(weights[-1], self.dense, weights[:width])
        if self.sparse.shape[1]:
            logits += torch.from_numpy(self.sparse @ weights[width:-1].numpy())
        return logits

    def gradient(self, slopes: Tensor) -> Tensor:
        """`(D + S + 1, O)` for what the loss changes by each logit, `(n, O)`."""
        sparse = torch.from_numpy(self.sparse.T @ slopes.numpy())
        return torch.cat([self.dense.T @ slopes, sparse, slopes.sum(dim=0, keepdim=True)])

    def squares(self) -> Tensor:
        """`(D + S + 1,)` float64, the sum of the squares of each column and of the ones that the bias goes with."""
        dense = torch.linalg.vector_norm(self.dense, dim=0).square()
        sparse = torch.from_numpy(np.bincount(self.sparse.indices, self.sparse.data**2, self.sparse.shape[1]))
        return torch.cat([dense.double(), sparse, torch.tensor([float(len(self))])])


@dataclass(frozen=True, eq=False)
class LinearColumns:
    """How Features become what the linear model sees.

    Attributes:
        center: `(D,)`, the mean of each number.
        scale: `(D,)`, one over its standard deviation; 0 where it does not vary.
        knots: Where the broken lines break, ascending, number by number, one after the other.
        counts: `(D,)`, how many of them each number has; 0 for a number without a broken line.
        shares: `(L,)`, how much each code counts: 1 for a category, and the rarer the word the more for a word.
        texts: `(T, 2)`, where each text column begins and ends in `Features.codes`.
    """

    center: Tensor
    scale: Tensor
    knots: Tensor
    counts: Tensor
    shares: Tensor
    texts: Tensor

    @classmethod
    def fit(cls, features: Features, layout: Layout) -> LinearColumns:
        """Measure the rows."""
        center = features.numbers.mean(dim=0)
        variance = torch.linalg.vector_norm(features.numbers, dim=0).square() / len(features) - center.square()
        scale = torch.where(variance > _LEAST_VARIANCE, variance.clamp(min=_LEAST_VARIANCE).rsqrt(), 0.0)
        knots = _knots(features, layout)
        texts = [part for part in layout.codes if part.kind == "text"]
        shares = torch.ones(max((part.first + part.levels for part in layout.codes), default=1))
        shares[0] = 0  # padding
        for part in texts:
            codes = features.codes[:, part.start : part.start + part.width]
            counts = torch.bincount(codes.flatten(), minlength=len(shares))[part.first : part.first + part.levels]
            shares[part.first : part.first + part.levels] = torch.log((1 + len(features)) / (1 + counts)) + 1
        spans = torch.tensor([[part.start, part.start + part.width] for part in texts], dtype=torch.int64)
        return cls(
            center,
            scale,
            torch.cat([*knots, torch.empty(0)]),
            torch.tensor([len(each) for each in knots], dtype=torch.int64),
            shares,
            spans.reshape(-1, 2),
        )

    @property
    def width(self) -> int:
        """D + S, the columns that the model sees."""
        return len(self.center) + len(self.knots) + len(self.shares)

    def see(self, features: Features) -> Seen:
        """The rows as the model sees them."""
        dense = (features.numbers - self.center).mul_(self.scale)
        places, shares = self._lines(features.numbers.numpy())
        code_places, code_shares = self._codes(features.codes)
        places = np.concatenate([places, code_places], axis=1)
        shares = np.concatenate([shares, code_shares], axis=1)
        kept = shares != 0
        ends = np.concatenate([[0], kept.sum(axis=1).cumsum()])
        shape = (len(features), len(self.knots) + len(self.shares))
        return Seen(dense, csr_matrix((shares[kept], places[kept], ends), shape=shape))

    def _lines(self, numbers: Floats) -> tuple[Places, Floats]:
        """Of each broken line the two columns that are not 0: the knots around the value, by how near they are."""
        broken = [place for place, count in enumerate(self.counts.tolist()) if count]
        ends = self.counts.cumsum(0).tolist()
        places = np.empty((len(numbers), 2 * len(broken)), np.int32)
        shares = np.empty((len(numbers), 2 * len(broken)), np.float32)
        for column, place in enumerate(broken):
            start, end = ends[place] - int(self.counts[place]), ends[place]
            knots = self.knots[start:end].numpy()
            left = np.searchsorted(knots[1:-1], numbers[:, place], side="right")
            way = np.clip((numbers[:, place] - knots[left]) / (knots[left + 1] - knots[left]), 0, 1)
            places[:, 2 * column], places[:, 2 * column + 1] = left + start, left + start + 1
            shares[:, 2 * column], shares[:, 2 * column + 1] = 1 - way, way
        return places, shares

    def _codes(self, codes: Tensor) -> tuple[Places, Floats]:
        known = torch.where(codes < len(self.shares), codes, 0)
        shares = self.shares[known.long()].reshape(codes.shape)
        for start, stop in self.texts.tolist():
            words = shares[:, start:stop]
            words /= words.norm(dim=1, keepdim=True).clamp(min=1e-12)  # a long text does not count for more
        return known.numpy() + np.int32(len(self.knots)), shares.numpy()

    def to_tensors(self) -> dict[str, Tensor]:
        """The tensors, by name."""
        return {name: getattr(self, name) for name in ("center", "scale", "knots", "counts", "shares", "texts")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> LinearColumns:
        """The columns that were saved."""
        return cls(*(tensors[name] for name in ("center", "scale", "knots", "counts", "shares", "texts")))


def _knots(features: Features, layout: Layout) -> list[Tensor]:
    """Where the line of each number breaks; nowhere for a number of few values or a table of too many numbers.

    Half of the knots are quantiles of the rows, half are quantiles of the distinct values: where nine rows of ten are
    zero, the tenth still gets its line.
    """
    rows, width = features.numbers.shape
    most = _most_knots(rows)
    if rows * width > _MOST_BROKEN or width > _WIDEST_BROKEN:
        return [torch.empty(0)] * width
    some = some_rows(rows, _ROWS_FOR_KNOTS)
    found: list[Tensor] = []
    for place, part in enumerate(layout.numbers):
        cuts = torch.empty(0)
        if part.part in ("value", "cycle"):
            sample = features.numbers[some, place].double()
            at = torch.linspace(0, 1, most // 2 + 1).double()
            between = torch.linspace(0, 1, most - most // 2 + 1).double()[1:-1]
            cuts = torch.cat([torch.quantile(sample, at), torch.quantile(sample.unique(), between)]).float().unique()
        found.append(cuts if len(cuts) >= _FEWEST_KNOTS else torch.empty(0))
    return found


def _most_knots(rows: int) -> int:
    """About 8 for a thousand rows, twice as many for eight times the rows."""
    return min(max(round(8 * (rows / 1000) ** (1 / 3)), 4), 64)
