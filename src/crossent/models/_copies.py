"""Copies of one network side by side, each with weights of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data import Layout
from ._bend import Bend
from ._columns import Columns
from ._copies_codes import CategoryEmbedding, OneHot, TextEmbedding
from ._copies_linear import CopiesLinear
from ._cumulative import Cumulative
from ._periodic import DIMENSIONS, WAVES, Periodic


@dataclass(frozen=True)
class Group:
    """Weights that learn at one pace.

    Args:
        weights: The weights.
        pace: What the learning rate is multiplied by.
        decay: Whether weight decay is for them.
    """

    weights: tuple[nn.Parameter, ...]
    pace: float
    decay: bool


class Copies(nn.Module):
    r"""M perceptrons of one shape, which M batches of rows go through at once.

    Numbers become waves and categories vectors; then a factor for each input; then hidden layers, each linear and
    bent; then logits, or for ordered classes a score and thresholds. The first answer of all copies is the classes'
    shares.

    Args:
        layout: What the columns of the features are.
        shares: `(K,)`, the share of each class.
        copies: M.
        hidden: Units of a hidden layer.
        layers: How many hidden layers.
        frequencies: Of the waves; see `Periodic`.
        ordered: The classes are ordered.
        generator: Draws the weights.

    References:
        Holzmueller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted trees on tabular
        data", arXiv 2407.04491, section 3.
    """

    def __init__(
        self,
        layout: Layout,
        shares: Tensor,
        *,
        copies: int,
        hidden: int,
        layers: int,
        frequencies: tuple[float, ...],
        ordered: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        columns = Columns.of(layout)
        self.copies, self.units, self.layers = copies, hidden, layers
        self.periodic_places, self.plain_places = list(columns.periodic), list(columns.plain)
        self.periodic = (
            Periodic(copies, len(columns.periodic), frequencies, generator=generator) if columns.periodic else None
        )
        embeddings: list[OneHot | CategoryEmbedding | TextEmbedding] = []
        if columns.one_hot:
            embeddings.append(OneHot(columns.one_hot))
        if columns.embedded:
            embeddings.append(CategoryEmbedding(copies, columns.embedded, generator=generator))
        embeddings += [TextEmbedding(copies, part, generator=generator) for part in columns.texts]
        self.embeddings = nn.ModuleList(embeddings)
        inputs = (1 + DIMENSIONS) * len(columns.periodic) + len(columns.plain)
        inputs += sum(embedding.outputs for embedding in embeddings)
        self.factors = nn.Parameter(torch.ones(copies, 1, inputs))
        self.widest = max(inputs, WAVES * len(columns.periodic), hidden)
        widths = [inputs] + [hidden] * layers
        self.linears = nn.ModuleList(
            CopiesLinear(copies, before, hidden, generator=generator) for before in widths[:-1]
        )
        self.bends = nn.ModuleList(Bend(copies, hidden) for _ in range(layers))
        self.output = CopiesLinear(copies, widths[-1], 1 if ordered else len(shares), generator=generator)
        nn.init.zeros_(self.output.weight)
        self.thresholds = Cumulative(copies, shares) if ordered else None
        if not ordered:
            self.output.bias.data += shares.clamp(min=1e-6).log()

    def forward(self, numbers: Tensor, codes: Tensor, masks: Sequence[Tensor] | None = None) -> Tensor:
        """The logits of a batch a copy.

        Args:
            numbers: `(M, B, D)`.
            codes: `(M, B, C)`.
            masks: For each hidden layer `(B, hidden)`, which its units are multiplied by in all copies: dropout.

        Returns:
            `(M, B, K)`.
        """
        rows = self._inputs(numbers, codes)
        for place, (linear, bend) in enumerate(zip(self.linears, self.bends, strict=True)):
            rows = bend(linear(rows))
            if masks is not None:
                rows = rows * masks[place]
        rows = self.output(rows)
        return rows if self.thresholds is None else self.thresholds(rows)

    @torch.no_grad()
    def adapt(self, numbers: Tensor, codes: Tensor, *, generator: torch.Generator) -> None:
        """Fit the scale and place of each hidden unit to some rows `(M, B, ...)`; see `CopiesLinear.adapt`."""
        rows = self._inputs(numbers, codes)
        for linear, bend in zip(self.linears, self.bends, strict=True):
            if isinstance(linear, CopiesLinear):
                linear.adapt(rows, generator=generator)
            rows = bend(linear(rows))

    def groups(self) -> list[Group]:
        """The weights by the pace that they learn at, as the recipe has it."""
        linears = [module for module in self.modules() if isinstance(module, CopiesLinear)]
        tables = [module for module in self.modules() if isinstance(module, CategoryEmbedding | TextEmbedding)]
        bends = [module for module in self.modules() if isinstance(module, Bend)]
        waves = () if self.periodic is None else tuple(self.periodic.parameters())
        thresholds = () if self.thresholds is None else tuple(self.thresholds.parameters())
        found = [
            Group(tuple(linear.weight for linear in linears), 1.0, decay=True),
            Group(tuple(linear.bias for linear in linears), 0.1, decay=False),
            Group(tuple(bend.strength for bend in bends), 0.1, decay=True),
            Group((self.factors,), 6.0, decay=True),
            Group(waves, 0.1, decay=True),
            Group(tuple(table.table for table in tables), 1.0, decay=True),
            Group(thresholds, 0.1, decay=False),
        ]
        return [group for group in found if group.weights]

    def _inputs(self, numbers: Tensor, codes: Tensor) -> Tensor:
        parts: list[Tensor] = []
        if self.periodic is not None:
            parts.append(self.periodic(numbers[:, :, self.periodic_places]))
        if self.plain_places:
            parts.append(numbers if self.periodic is None else numbers[:, :, self.plain_places])
        parts += [embedding(codes) for embedding in self.embeddings]
        return torch.cat(parts, dim=2) * self.factors
