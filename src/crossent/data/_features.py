"""Features: rows as the tensors that a model takes."""

from dataclasses import dataclass

from torch import Tensor, device


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
        return Features(self.numbers[rows], self.codes[rows])

    def to(self, device: device | str) -> "Features":
        """Return the same rows on another device."""
        return Features(self.numbers.to(device), self.codes.to(device))
