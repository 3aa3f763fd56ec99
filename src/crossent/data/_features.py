"""Features: rows as the tensors that a model takes."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Features:
    """Rows, encoded.

    Args:
        numbers: `(n, D)` float32, about -3 to 3 each.
        codes: `(n, C)` int32, rows of one table of `Encoder.levels` codes; code 0 is padding and stands for nothing.
    """

    numbers: Tensor
    codes: Tensor

    def __len__(self) -> int:
        return self.numbers.shape[0]

    def __getitem__(self, rows: Tensor | slice) -> "Features":
        return Features(take(self.numbers, rows), take(self.codes, rows))

    def to(self, device: torch.device | str) -> "Features":
        """Return the same rows on another device."""
        return Features(self.numbers.to(device), self.codes.to(device))


def take(values: Tensor, rows: Tensor | slice) -> Tensor:
    """The rows of a slice, a mask, or an index tensor (not negative).

    For an index tensor `index_select` copies whole rows, five times as fast as `values[rows]`, which goes by element.
    """
    if isinstance(rows, slice) or rows.dtype == torch.bool:
        return values[rows]
    return values.index_select(0, rows)
