"""What features go through before a network sees them: fitted once, frozen."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ..data import Features, Layout
from ._columns import unseen_code

FrontKind = Literal["robust", "quantile"]

_MOST_POINTS = 512
_ROWS_A_POINT = 30
_LEAST_POINTS = 10
_ROWS_A_WORD = 4
_SWEEP = 1 << 20


class Front(nn.Module):
    """Numbers as they come, or as normal scores; codes that no training row has, as what was never seen.

    "robust" leaves the numbers as the encoder has scaled them. "quantile" makes each measurement a normal score: its
    place among the training rows on the scale of a normal distribution, linear between at most 512 points. A
    measurement that is 0 in nine rows of ten spreads its tenth row over the whole upper tail.

    A category that occurs in no training row, and a missing one where none was, get their column's unseen code; a word
    that is in fewer than 4 becomes padding: weights that hardly a row has trained would only be noise.

    Args:
        points: `(D, Q)`, ascending in each row, infinite past the last point.
        scores: `(D, Q)`, the normal scores of the points.
        scored: `(D,)`, whether a column is one that has scores.
        codes: `(L,)` int32, what each code becomes.
    """

    def __init__(self, points: Tensor, scores: Tensor, scored: Tensor, codes: Tensor) -> None:
        super().__init__()
        for name, values in (("points", points), ("scores", scores), ("scored", scored), ("codes", codes)):
            self.register_buffer(name, values)
        self.points: Tensor
        self.scores: Tensor
        self.scored: Tensor
        self.codes: Tensor

    @classmethod
    def fit(cls, kind: FrontKind, features: Features, layout: Layout) -> Front:
        """Measure the columns of the training rows.

        Args:
            kind: "robust" or "quantile".
            features: The rows.
            layout: What their columns are.
        """
        codes = _codes(features.codes, layout)
        width = len(layout.numbers)
        scored = torch.zeros(width, dtype=torch.bool)
        if kind == "robust":
            return cls(torch.empty(0, 0), torch.empty(0, 0), scored, codes)
        missing = {part.column: place for place, part in enumerate(layout.numbers) if part.part == "missing"}
        most = _points(len(features))
        points, scores = torch.full((width, most), torch.inf), torch.zeros(width, most)
        for place, part in enumerate(layout.numbers):
            values = features.numbers[:, place]
            if part.column in missing:
                values = values[features.numbers[:, missing[part.column]] == 0]
            if part.part == "value" and len(values):
                scored[place] = True
                found, normal = _normal_scores(values)
                points[place, : len(found)], scores[place, : len(found)] = found, normal
        return cls(points[scored], scores[scored], scored, codes)

    def forward(self, features: Features) -> Features:
        """Take features to features of the same shape."""
        numbers, codes = features.numbers, features.codes
        if len(self.points):
            numbers = numbers.clone()
            places = self.scored.nonzero().flatten()
            for place, points, scores in zip(places.tolist(), self.points, self.scores, strict=True):
                numbers[:, place] = _interpolated(numbers[:, place].contiguous(), points, scores)
        if codes.numel():
            codes = self.codes[codes]
        return Features(numbers, codes)


def _points(rows: int) -> int:
    return min(max(rows // _ROWS_A_POINT, _LEAST_POINTS), _MOST_POINTS)


def _normal_scores(values: Tensor) -> tuple[Tensor, Tensor]:
    """Points among the values, and the normal score of each point's middle rank."""
    ordered = values.sort().values
    spread = torch.linspace(0, len(ordered) - 1, _points(len(ordered)), dtype=torch.float64).round().long()
    points = ordered[spread].unique()
    below = torch.searchsorted(ordered, points)
    upto = torch.searchsorted(ordered, points, right=True)
    ranks = (below + upto).double() / (2 * len(ordered))
    return points, torch.special.ndtri(ranks).float()


def _interpolated(values: Tensor, points: Tensor, scores: Tensor) -> Tensor:
    """The scores of values: linear between points, constant beyond the first and the last."""
    if len(points) == 1:
        return scores.expand_as(values)
    after = torch.searchsorted(points, values).clamp(1, len(points) - 1)
    low, high = points[after - 1], points[after]
    share = ((values - low) / (high - low)).clamp(0, 1)
    return torch.lerp(scores[after - 1], scores[after], share)


def _codes(codes: Tensor, layout: Layout) -> Tensor:
    levels = 1 + sum(part.levels for part in layout.codes)
    counts = torch.zeros(levels, dtype=torch.int64)
    for start in range(0, len(codes), _SWEEP):
        counts += codes[start : start + _SWEEP].flatten().bincount(minlength=levels)
    kept = torch.arange(levels, dtype=torch.int32)
    for part in layout.codes:
        least, stand_in = (1, unseen_code(part)) if part.kind == "category" else (_ROWS_A_WORD, 0)
        own = slice(part.first, part.first + part.levels)
        kept[own] = torch.where(counts[own] >= least, kept[own], stand_in)
    return kept
