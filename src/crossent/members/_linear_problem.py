"""What a linear model's copies minimise: the losses of all of them as one function of all their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor
from torch.nn.functional import softplus

from ..data import Split
from ..training import Examples
from ._linear import Linear, log_softmax
from ._linear_columns import LinearColumns, Seen

# Ten times as close costs twice the time and changes the held-out loss in the fourth place.
_MOST_STEPS = 40
_CLOSE_ENOUGH = 1e-5  # of the mean loss
# Rows are taken through a step in blocks, so that what stands in memory is of 2 million logits, or of 4096 rows.
_LOGITS_AT_ONCE = 2_000_000
_FEWEST_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Block:
    """Some of the rows."""

    seen: Seen
    labels: Tensor
    weights: Tensor  # (n, M): how much a row counts, and 0 for a copy that it does not train
    outputs: int

    def logits(self, weights: Tensor) -> Tensor:
        """`(n, M, O)`."""
        return self.seen.logits(weights).view(len(self.seen), -1, self.outputs)

    def loss(self, weights: Tensor) -> tuple[float, Tensor]:
        """The summed loss of all copies, and what it changes by each weight."""
        logits = self.logits(weights)
        if self.outputs == 1:
            values, labels = logits[..., 0], self.labels[:, None].float()
            losses, slopes = softplus(values) - labels * values, (values.sigmoid() - labels)[..., None]
        else:
            labels = self.labels[:, None, None].expand(-1, logits.shape[1], 1)
            logs = logits.log_softmax(dim=2)
            losses = -logs.gather(2, labels)[..., 0]
            slopes = logs.exp_().scatter_add_(2, labels, torch.full_like(labels, -1, dtype=logs.dtype))
        slopes = slopes.mul_(self.weights[..., None]).view(len(self.seen), -1)
        return float((losses * self.weights).sum(dtype=torch.float64)), self.seen.gradient(slopes)


@dataclass(frozen=True, eq=False)
class Problem:
    """The losses of all copies as one function of all their weights.

    One product over all rows serves all copies, whose weights lie side by side; a row's loss counts only for the copies
    that it trains.
    """

    blocks: tuple[Block, ...]
    rows: Tensor  # (n,): how much each row counts
    labels: Tensor
    total: float  # the sum of the rows' weights over the copies that they train
    curvatures: NDArray[np.float64]  # (F + 1, 1): about how much a copy's loss curves along each weight
    outputs: int

    @classmethod
    def of(cls, columns: LinearColumns, examples: Examples, splits: Sequence[Split], classes: int) -> Problem:
        rows = torch.ones(len(examples)) if examples.weights is None else examples.weights
        weights = torch.zeros(len(examples), len(splits))
        for copy, split in enumerate(splits):
            weights[split.training, copy] = rows[split.training]
        outputs = classes if classes > 2 else 1
        step = max(_LOGITS_AT_ONCE // (len(splits) * outputs), _FEWEST_ROWS)
        slices = (slice(start, start + step) for start in range(0, len(examples), step))
        blocks = tuple(
            Block(columns.see(examples.features[some]), examples.labels[some], weights[some], outputs)
            for some in slices
        )
        # Of a logit where all classes are as likely; the labels have no say, for the judged rows' are among them.
        spread = (1 - 1 / classes) / classes
        squares = torch.stack([block.seen.squares() for block in blocks]).sum(dim=0).numpy()[:, None]
        total = float(weights.sum(dtype=torch.float64))
        return cls(blocks, rows, examples.labels, total, squares * spread * total / weights.numel(), outputs)

    @property
    def width(self) -> int:
        return len(self.curvatures)

    @property
    def copies(self) -> int:
        return self.blocks[0].weights.shape[1]

    def start(self) -> NDArray[np.float64]:
        return np.zeros((self.width, self.copies * self.outputs))

    def logits(self, x: NDArray[np.float64]) -> Tensor:
        """`(n, M, O)`."""
        weights = torch.from_numpy(x).float()
        return torch.cat([block.logits(weights) for block in self.blocks])

    def solve(self, strength: float, x: NDArray[np.float64], late: Callable[[], bool]) -> NDArray[np.float64]:
        """Where the mean loss and the penalty together are least, from x on, or how far that came until it was late.

        The steps are taken in units of each weight's own: one over the root of about how much the loss curves along it.
        So a level of ten rows moves as fast as one of ten thousand, and three steps do the work of ten.
        """
        penalties = np.full((self.width, 1), strength)
        penalties[-1] = 0  # the bias
        units = 1 / np.sqrt(self.curvatures + penalties)

        def value(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights = at.reshape(self.width, -1) * units
            loss = 0.5 * float((penalties * weights * weights).sum())
            gradient = penalties * weights
            for block in self.blocks:
                more, slopes = block.loss(torch.from_numpy(weights).float())
                loss += more
                gradient += slopes.numpy()
            return loss / self.total, (gradient * (units / self.total)).ravel()

        def after_a_step(_: NDArray[np.float64]) -> None:
            if late():
                raise StopIteration

        start = x.reshape(self.width, -1) / units
        options = {"maxiter": _MOST_STEPS, "ftol": _CLOSE_ENOUGH, "gtol": 1e-7}
        found = minimize(value, start.ravel(), jac=True, method="L-BFGS-B", options=options, callback=after_a_step).x
        return found.reshape(self.width, -1) * units

    def held_out(self, x: NDArray[np.float64], splits: Sequence[Split]) -> list[Tensor]:
        logits = self.logits(x)
        return [log_softmax(logits[split.validation, copy]) for copy, split in enumerate(splits)]

    def held_out_loss(self, x: NDArray[np.float64], splits: Sequence[Split]) -> float:
        total, weight = 0.0, 0.0
        for logs, split in zip(self.held_out(x, splits), splits, strict=True):
            rows = self.rows[split.validation].double()
            total -= float(rows @ logs.gather(1, self.labels[split.validation][:, None])[:, 0])
            weight += float(rows.sum())
        return total / weight

    def member(self, x: NDArray[np.float64], columns: LinearColumns) -> Linear:
        weights = torch.from_numpy(x).float().view(self.width, self.copies, self.outputs)
        return Linear(columns, weights.movedim(1, 0).contiguous())
