"""The encoder as a module: columns of a table to numbers and codes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..._errors import InputError
from ...data import BooleanEncoding, CategoryEncoding, DateEncoding, Encoder, Features, NumberEncoding
from ._dates import date_parts

MISSING, UNSEEN, FIRST_LEVEL = 0, 1, 2
"""What a category's codes mean from outside; the encoder's own count from 1, and on from column to column."""

_FARTHEST = 1e9


class Columns(nn.Module):
    """Columns by name to Features, as the encoder makes them; columns of one kind go through together.

    Args:
        encoder: What to do.

    Raises:
        InputError: A column is text.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.numbers, self.booleans, self.dates = list[NumberEncoding](), list[BooleanEncoding](), list[DateEncoding]()
        self.categories: list[CategoryEncoding] = []
        places: dict[str, list[int]] = {"scaled": [], "absent": [], "signs": [], "dates": []}
        firsts, place, first = list[int](), 0, 0
        for encoding in encoder.encodings:
            made = list(range(place, place + encoding.numbers))
            match encoding:
                case NumberEncoding():
                    self.numbers.append(encoding)
                    places["scaled"] += made[:1]
                    places["absent"] += made[1:]
                case BooleanEncoding():
                    self.booleans.append(encoding)
                    places["signs"] += made
                case DateEncoding():
                    self.dates.append(encoding)
                    places["dates"] += made
                case CategoryEncoding():
                    self.categories.append(encoding)
                    firsts.append(first)
                case _:
                    raise InputError(
                        f"text cannot be exported to torch, and column {encoding.column.name!r} is text: fit without it"
                    )
            place, first = place + encoding.numbers, first + encoding.levels
        order = torch.tensor([each for part in places.values() for each in part], dtype=torch.int64)
        self.order = order.argsort()
        self.center = torch.tensor([each.scale.center for each in self.numbers], dtype=torch.float64)
        self.spread = torch.tensor([each.scale.spread for each in self.numbers], dtype=torch.float64)
        gaps = [place for place, each in enumerate(self.numbers) if each.missing]
        self.gaps = torch.tensor(gaps, dtype=torch.int64)
        self.levels = torch.tensor([len(each.names) for each in self.categories], dtype=torch.int64)
        self.firsts = torch.tensor(firsts, dtype=torch.int64) + 1

    def forward(self, columns: Mapping[str, Tensor]) -> Features:
        """Encode `(n,)` a column."""
        some = next(iter(columns.values()))
        parts = [some.new_empty((some.shape[0], 0), dtype=torch.float64)]
        if self.numbers:
            values = torch.stack([columns[each.column.name] for each in self.numbers], 1)
            parts += [_scaled(values, self.center, self.spread), values.index_select(1, self.gaps).isnan().double()]
        if self.booleans:
            truths = torch.stack([columns[each.column.name] for each in self.booleans], 1)
            parts.append((2 * truths - 1).nan_to_num(0.0))
        # Numbers of any type do, but float32 has no room for the seconds since 1970: `double` fails on what is not one.
        parts += [self._date(each, columns[each.column.name].double()) for each in self.dates]
        numbers = torch.cat(parts, 1).index_select(1, self.order).float()
        return Features(numbers, self._codes(columns, some))

    def _date(self, encoding: DateEncoding, seconds: Tensor) -> Tensor:
        days, cycles = date_parts(seconds, hours=encoding.hours)
        first = _scaled(days, encoding.scale.center, encoding.scale.spread)
        absent = [seconds.isnan().double()] if encoding.missing else []
        return torch.stack([first, *cycles, *absent], 1)

    def _codes(self, columns: Mapping[str, Tensor], some: Tensor) -> Tensor:
        if not self.categories:
            return some.new_empty((some.shape[0], 0), dtype=torch.int32)
        codes = torch.stack([columns[each.column.name] for each in self.categories], 1)
        known = (codes >= MISSING) & (codes < FIRST_LEVEL + self.levels)
        return (torch.where(known, codes, UNSEEN) + self.firsts).int()


def _scaled(values: Tensor, center: Tensor | float, spread: Tensor | float) -> Tensor:
    """z / sqrt(1 + (z / 3)^2), and 0 where missing, as the encoder has it; see `Scale.apply`."""
    z = ((values - center) / spread).clamp(-_FARTHEST, _FARTHEST)
    return (z / (1 + (z / 3).square()).sqrt()).nan_to_num(0.0)
