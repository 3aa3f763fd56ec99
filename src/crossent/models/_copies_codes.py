"""Categories and words as vectors, a table of its own for each copy."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, embedding_bag

from ..data import CodePart
from ._columns import unseen_code

CATEGORY_DIMENSIONS = 8
TEXT_DIMENSIONS = 32
_FIRST_CATEGORIES, _FIRST_WORDS = 0.3, 0.1
"""The spread of the first vectors: small, so that what a rare one says is what rows have taught it."""


class OneHot(nn.Module):
    """Categories of few levels as 0 and 1; one that was never seen is 0 in all columns.

    Args:
        parts: The categories.
    """

    def __init__(self, parts: Sequence[CodePart]) -> None:
        super().__init__()
        pairs = [
            (part.start, part.first + level)
            for part in parts
            for level in range(part.levels)
            if part.first + level != unseen_code(part)
        ]
        self.outputs = len(pairs)
        places, codes = torch.tensor(pairs, dtype=torch.int32).reshape(-1, 2).unbind(1)
        self.register_buffer("places", places.contiguous(), persistent=False)
        self.register_buffer("codes", codes.contiguous(), persistent=False)
        self.places: Tensor
        self.codes: Tensor

    def forward(self, codes: Tensor) -> Tensor:
        """Take codes `(M, B, C)` to `(M, B, outputs)`."""
        return (codes.index_select(2, self.places) == self.codes).float()


class CategoryEmbedding(nn.Module):
    """Categories of many levels, each level a vector of 8 that each copy learns.

    Args:
        copies: M.
        parts: The categories.
        generator: Draws the vectors.
    """

    def __init__(self, copies: int, parts: Sequence[CodePart], *, generator: torch.Generator) -> None:
        super().__init__()
        self.outputs = CATEGORY_DIMENSIONS * len(parts)
        rows = sum(part.levels for part in parts)
        self.table = nn.Parameter(
            _FIRST_CATEGORIES * torch.randn(copies * rows, CATEGORY_DIMENSIONS, generator=generator)
        )
        shifts, start = list[int](), 0
        for part in parts:
            shifts.append(start - part.first)
            start += part.levels
        shift = torch.tensor(shifts) + rows * torch.arange(copies).view(-1, 1, 1)
        self.register_buffer("shift", shift.int(), persistent=False)
        self.register_buffer("places", torch.tensor([part.start for part in parts]), persistent=False)
        self.shift: Tensor
        self.places: Tensor

    def forward(self, codes: Tensor) -> Tensor:
        """Take codes `(M, B, C)` to `(M, B, outputs)`."""
        return embedding(codes.index_select(2, self.places) + self.shift, self.table).flatten(2)


class TextEmbedding(nn.Module):
    """A set of words as the sum of its words' vectors over the root of their number, so that its length says little.

    Args:
        copies: M.
        part: The columns of codes.
        generator: Draws the vectors.
    """

    def __init__(self, copies: int, part: CodePart, *, generator: torch.Generator) -> None:
        super().__init__()
        self.outputs = TEXT_DIMENSIONS
        self.start, self.width = part.start, part.width
        self.padding = copies * part.levels
        table = _FIRST_WORDS * torch.randn(self.padding + 1, TEXT_DIMENSIONS, generator=generator)
        table[self.padding] = 0
        self.table = nn.Parameter(table)
        shift = part.levels * torch.arange(copies).view(-1, 1, 1) - part.first
        self.register_buffer("shift", shift.int(), persistent=False)
        self.shift: Tensor

    def forward(self, codes: Tensor) -> Tensor:
        """Take codes `(M, B, C)` to `(M, B, outputs)`."""
        words = codes[:, :, self.start : self.start + self.width]
        copies, rows, _ = words.shape
        # A batch's longest text is often far shorter than the longest of all.
        taken = (words > 0).flatten(0, 1).any(0).nonzero()
        width = int(taken.amax()) + 1 if len(taken) else 1
        words = words[:, :, :width]
        places = torch.where(words > 0, words + self.shift, self.padding).reshape(copies * rows, width)
        total = embedding_bag(places, self.table, mode="sum", padding_idx=self.padding)
        count = (words > 0).sum(2, keepdim=True).clamp(min=1)
        return total.view(copies, rows, self.outputs) * count.rsqrt()
