"""Fit a linear model on every split at once, along a path of strengths of which the held-out rows choose one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor
from torch.nn.functional import softplus

from ..data import Layout, Split
from ..training import Examples, Watch, interruptible
from ._linear import Linear, log_softmax
from ._linear_columns import LinearColumns, Seen
from ._member import CrossFitted, held_out_mean

# From strong to weak, each starting where the last one ended; weaker ones are not tried once the loss rises.
STRENGTHS = (1000.0, 250.0, 60.0, 15.0, 4.0, 1.0, 0.25, 0.06, 0.015)
# Ten times as close costs twice the time and changes the held-out loss in the fourth place.
_MOST_STEPS = 40
_CLOSE_ENOUGH = 1e-5  # of the mean loss


def cross_fit_linear(
    examples: Examples,
    splits: Sequence[Split],
    *,
    layout: Layout,
    classes: int,
    seed: int = 0,
    deadline: float | None = None,
    watch: Watch | None = None,
) -> CrossFitted:
    """Fit one copy a split, all with the strength of regularisation at which the loss over all validated rows is least.

    Args:
        examples: All rows.
        splits: Which of them train and validate each copy.
        layout: What their columns are.
        classes: K.
        seed: Changes nothing: the loss has one minimum.
        deadline: When to stop, as `time.monotonic()` tells the time; the strongest is fitted in any case.
        watch: Who is told of each strength; one of them is a pass over the rows of all copies.

    Returns:
        The copies, and what each says of the rows it has not trained on.
    """
    columns = LinearColumns.fit(examples.features, layout)
    problem = _Problem.of(columns, examples, splits, classes)
    watch = watch or Watch()
    watch.start(len(examples) * len(splits), len(STRENGTHS))
    x, best, best_loss, chosen = problem.start(), problem.start(), np.inf, STRENGTHS[0]
    with interruptible() as interrupt:
        for strength in STRENGTHS:
            x = problem.solve(strength, x)
            watch.step(len(examples) * len(splits))
            loss = problem.held_out_loss(x, splits)
            if loss < best_loss:
                best, best_loss, chosen = x, loss, strength
            elif loss > best_loss * 1.002:
                break
            if interrupt.asked or (deadline is not None and time.monotonic() >= deadline):
                break
    member = problem.member(best, columns)
    held_out = held_out_mean(problem.held_out(best, splits), splits, len(examples))
    return CrossFitted(member, held_out, {"strength": chosen, "loss": best_loss})


def fit_linear(
    examples: Examples, *, strength: float, layout: Layout, classes: int, seed: int = 0, watch: Watch | None = None
) -> Linear:
    """Fit one copy on all rows, with a strength that was chosen before.

    Args:
        examples: All rows.
        strength: Of the regularisation.
        layout: What the columns are.
        classes: K.
        seed: Changes nothing: the loss has one minimum.
        watch: Who is told when it is done.
    """
    columns = LinearColumns.fit(examples.features, layout)
    every = Split(torch.arange(len(examples)), torch.empty(0, dtype=torch.int64))
    problem = _Problem.of(columns, examples, [every], classes)
    watch = watch or Watch()
    watch.start(len(examples), 1)
    x = problem.solve(strength, problem.start())
    watch.step(len(examples))
    return problem.member(x, columns)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The losses of all copies as one function of all their weights.

    One product over all rows serves all copies, whose weights lie side by side; a row's loss counts only for the copies
    that it trains.
    """

    seen: Seen
    labels: Tensor
    rows: Tensor  # (n,): how much each row counts
    weights: Tensor  # (n, M): the same, and 0 for a copy that it does not train
    curvatures: NDArray[np.float64]  # (F + 1, 1): about how much a copy's loss curves along each weight
    outputs: int

    @classmethod
    def of(cls, columns: LinearColumns, examples: Examples, splits: Sequence[Split], classes: int) -> _Problem:
        rows = torch.ones(len(examples)) if examples.weights is None else examples.weights
        weights = torch.zeros(len(examples), len(splits))
        for copy, split in enumerate(splits):
            weights[split.training, copy] = rows[split.training]
        seen = columns.see(examples.features)
        # Of a logit where all classes are as likely; the labels have no say, for the judged rows' are among them.
        spread = (1 - 1 / classes) / classes
        curvatures = seen.squares().numpy()[:, None] * spread * float(weights.sum()) / weights.numel()
        return cls(seen, examples.labels, rows, weights, curvatures, classes if classes > 2 else 1)

    @property
    def width(self) -> int:
        return len(self.curvatures)

    @property
    def copies(self) -> int:
        return self.weights.shape[1]

    def start(self) -> NDArray[np.float64]:
        return np.zeros((self.width, self.copies * self.outputs))

    def logits(self, x: NDArray[np.float64]) -> Tensor:
        """`(n, M, O)`."""
        weights = torch.from_numpy(x).float()
        return self.seen.logits(weights).view(len(self.seen), self.copies, self.outputs)

    def solve(self, strength: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the mean loss and the penalty together are least, from x on.

        The steps are taken in units of each weight's own: one over the root of about how much the loss curves along it.
        So a level of ten rows moves as fast as one of ten thousand, and three steps do the work of ten.
        """
        total = float(self.weights.sum())
        penalties = np.full((self.width, 1), strength)
        penalties[-1] = 0  # the bias
        units = 1 / np.sqrt(self.curvatures + penalties)

        def value(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights = at.reshape(self.width, -1) * units
            loss, slopes = self._loss(self.logits(weights))
            gradient = self.seen.gradient(slopes.view(len(self.seen), -1)).numpy() + penalties * weights
            penalty = 0.5 * float((penalties * weights * weights).sum())
            return (loss + penalty) / total, (gradient * (units / total)).ravel()

        start = x.reshape(self.width, -1) / units
        options = {"maxiter": _MOST_STEPS, "ftol": _CLOSE_ENOUGH, "gtol": 1e-7}
        found = minimize(value, start.ravel(), jac=True, method="L-BFGS-B", options=options).x
        return found.reshape(self.width, -1) * units

    def _loss(self, logits: Tensor) -> tuple[float, Tensor]:
        """The summed loss of all copies, and what it changes by each logit."""
        if self.outputs == 1:
            values, labels = logits[..., 0], self.labels[:, None].float()
            losses, slopes = softplus(values) - labels * values, (values.sigmoid() - labels)[..., None]
        else:
            labels = self.labels[:, None, None].expand(-1, self.copies, 1)
            logs = logits.log_softmax(dim=2)
            losses = -logs.gather(2, labels)[..., 0]
            slopes = logs.exp_().scatter_add_(2, labels, torch.full_like(labels, -1, dtype=logs.dtype))
        return float((losses * self.weights).sum(dtype=torch.float64)), slopes.mul_(self.weights[..., None])

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
