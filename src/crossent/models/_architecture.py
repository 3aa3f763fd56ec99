"""What a network is made of, as a value that is saved with its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn

from .._errors import InputError
from ._linear import Linear
from ._mlp import MLP

Name = Literal["linear", "mlp"]


@dataclass(frozen=True)
class Architecture:
    """The shape of a network: enough to build it again before its weights are loaded.

    Attributes:
        name: "linear" or "mlp".
        width: Number columns of the features.
        codes: Code columns of the features.
        levels: Rows of the table that the codes index.
        outputs: Logits a row; None for one logit a row, of shape `(n,)`.
        hidden: Hidden units of the MLP.
    """

    name: Name
    width: int
    codes: int
    levels: int
    outputs: int | None
    hidden: int = 256

    def __post_init__(self) -> None:
        """Check the values, which may come from a file."""
        if self.name not in get_args(Name):
            raise InputError(f"model must be one of {', '.join(get_args(Name))}; got {self.name!r}")
        for field, least in (("width", 0), ("codes", 0), ("levels", 0), ("outputs", 1), ("hidden", 1)):
            value = getattr(self, field)
            if value is None and field == "outputs":
                continue
            if not isinstance(value, int) or value < least:
                raise InputError(f"{field} must be a whole number of at least {least}; got {value!r}")

    def build(self, *, seed: int = 0) -> nn.Module:
        """Build the network with random weights that depend on the seed alone.

        torch's own random generator is left as it was.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            match self.name:
                case "linear":
                    return Linear(self.width, self.codes, self.levels, self.outputs)
                case "mlp":
                    return MLP(self.width, self.codes, self.levels, self.outputs, self.hidden)
