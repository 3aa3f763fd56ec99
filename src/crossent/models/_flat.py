"""A network of anyone's, fed with rows as plain vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from .._errors import InputError
from ..data import Features

ModuleFactory: TypeAlias = Callable[[int, int], nn.Module]

_WIDEST = 20_000


class Flat(nn.Module):
    """A network that takes one vector a row: the numbers, then 1 or 0 for each code that is not padding.

    Args:
        make: Called with the number of inputs and of outputs; its module takes `(n, inputs)` float32 and returns
            logits.
        width: Number columns.
        codes: Code columns.
        levels: Rows of the table that the codes index, the padding row 0 included.
        outputs: K logits a row; None for one logit a row, of a binary task.

    Raises:
        InputError: A vector would be wider than 20,000; or `make` makes no module.
    """

    def __init__(self, make: ModuleFactory, width: int, codes: int, levels: int, outputs: int | None) -> None:
        super().__init__()
        self.levels = levels if codes else 1
        self.outputs = outputs
        inputs = width + self.levels - 1
        if inputs > _WIDEST:
            raise InputError(
                f"a network of your own takes rows as vectors of at most {_WIDEST:,} numbers; these would be "
                f"{inputs:,}, for the categories and texts have {self.levels - 1:,} levels: leave such columns out, or "
                f"encode them"
            )
        self.inner = make(inputs, outputs or 1)
        if not isinstance(self.inner, nn.Module):
            raise InputError(
                "module must be a class of nn.Module, or a function of inputs and outputs that returns one; it "
                f"returned {type(self.inner).__name__}"
            )

    def forward(self, features: Features) -> Tensor:
        """Return `(n, outputs)`, or `(n,)` for one logit a row."""
        columns = [features.numbers]
        if self.levels > 1:
            hot = one_hot(features.codes.long(), self.levels).amax(dim=1)[:, 1:]
            columns.append(hot.to(features.numbers.dtype))
        logits = self.inner(torch.cat(columns, dim=1))
        shape = (features.numbers.shape[0], self.outputs or 1)  # not len, which torch.export would hold on to
        if logits.shape != shape and not (self.outputs is None and logits.shape == shape[:1]):
            raise InputError(f"the module must return logits of shape {shape}; it returned {tuple(logits.shape)}")
        return logits.reshape(-1) if self.outputs is None else logits
