"""A proper score taken apart: what is lost by miscalibration, and what is gained by telling rows apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .._labels import Label
from ._curves import place_of
from ._evaluation import Evaluation
from ._exact import Floats
from ._outcomes import Outcomes, outcomes


@dataclass(frozen=True)
class Decomposition:
    """score = miscalibration - discrimination + uncertainty = miscalibration + refinement.

    uncertainty: the score of the plain share of the class. refinement: what is left after the best monotone
    recalibration of these rows (which, fitted to the rows that it is judged on, is a little too good). half_width: how
    far at most miscalibration, discrimination and refinement lie off; infinite where no bound is known, which is for
    the log loss of a state that is not exact.
    """

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    half_width: float = 0.0

    @property
    def refinement(self) -> float:
        """The score less its miscalibration."""
        return self.score - self.miscalibration


def decompose(
    evaluation: Evaluation, *, score: Literal["brier", "log_loss"] = "brier", label: Label | None = None
) -> Decomposition:
    """Take the Brier score or the log loss of one class apart by isotonic regression (CORP).

    Args:
        evaluation: An evaluation with rows.
        score: Which.
        label: The class, against all others; by default the positive one of a binary task.

    Raises:
        InputError: The label is not a class, or it must be named and is not.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary([0, 1])
        >>> evaluation = evaluate(task, [0, 0, 0, 1, 1, 1], probabilities=[0.4, 0.3, 0.2, 0.1, 0.5, 0.9])
        >>> found = decompose(evaluation)
        >>> round(found.miscalibration, 7), round(found.discrimination, 7), found.uncertainty
        (0.1016667, 0.125, 0.25)

    References:
        Dimitriadis, Gneiting and Jordan, Stable reliability diagrams for probabilistic classifiers, PNAS 2021.
        Barlow et al., Statistical Inference under Order Restrictions, 1972 (pool adjacent violators).
    """
    place_of(evaluation.task, label)
    of = outcomes(evaluation, label)
    cost = _SCORES[score]
    binary = evaluation.task.kind == "binary"
    whole = evaluation.state.mean(score) if binary else _mean(cost, of, of.middle)
    best = _mean(cost, of, isotonic(of))
    share = float(of.happened.sum() / of.amount.sum())
    plain = _mean(cost, of, np.full(len(of.middle), share))
    if of.exact:
        return Decomposition(whole, whole - best, plain - best, plain)
    if score == "log_loss":
        return Decomposition(whole, whole - best, plain - best, plain, float("inf"))
    # A monotone fit rises by at most 1 in all, so replacing it by its mean in each bin costs at most twice the fullest
    # bin's share; and a probability off by d moves a square by at most 2 d.
    gain = min(2 * float((of.amount / of.amount.sum()).max()), best)
    off = 0.0 if binary else float((of.amount * (of.high - of.low)).sum() / of.amount.sum())
    return Decomposition(whole, whole - best + gain / 2, plain - best + gain / 2, plain, gain / 2 + off)


def isotonic(of: Outcomes) -> Floats:
    """The monotone shares that are closest to what happened, bin by bin (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # of each, what happened, the rows, and how many bins
    for happened, amount in zip(of.happened.tolist(), of.amount.tolist(), strict=True):
        size = 1
        # Shares are compared by their cross products, so that rows of weight 0 do no harm.
        while blocks and blocks[-1][0] * amount >= happened * blocks[-1][1]:
            before, rows, bins = blocks.pop()
            happened, amount, size = happened + before, amount + rows, size + bins
        blocks.append((happened, amount, size))
    shares = [happened / amount if amount else 0.0 for happened, amount, _ in blocks]
    return np.repeat(np.array(shares), [size for _, _, size in blocks])


def _mean(cost: Callable[[Floats], tuple[Floats, Floats]], of: Outcomes, probabilities: Floats) -> float:
    if_so, if_not = cost(probabilities)
    # What never happened costs nothing, even where it would cost without limit.
    costs = np.where(of.happened > 0, if_so, 0) * of.happened + np.where(of.missed > 0, if_not, 0) * of.missed
    return float(costs.sum() / of.amount.sum())


def _brier(p: Floats) -> tuple[Floats, Floats]:
    return np.square(1 - p), np.square(p)


def _log_loss(p: Floats) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore"):
        return -np.log(p), -np.log1p(-p)


_SCORES = {"brier": _brier, "log_loss": _log_loss}
