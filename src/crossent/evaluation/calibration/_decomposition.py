"""A proper score taken apart: what is lost by miscalibration, and what is gained by telling rows apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..._labels import Label
from .._evaluation import Evaluation
from ..figures._curves import place_of
from ..state._exact import Floats
from ._outcomes import Outcomes, outcomes

Cost = Callable[[Floats], tuple[Floats, Floats]]
"""What a probability costs if it happens, and if it does not."""

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Decomposition:
    """score = miscalibration - discrimination + uncertainty = miscalibration + refinement.

    uncertainty: the score of the plain share of the class. refinement: what is left after the best monotone
    recalibration of these rows (which, fitted to the rows that it is judged on, is a little too good). half_width: how
    far at most any of the other figures lies off.
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
    whole, off = _score(evaluation, of, score)
    best, gain = _refinement(cost, of)
    share = float(of.happened.sum() / of.amount.sum())
    plain = _mean(cost, of, np.full(len(of.middle), share))
    return Decomposition(whole, whole - best, plain - best, plain, off + gain)


def _score(evaluation: Evaluation, of: Outcomes, score: Literal["brier", "log_loss"]) -> tuple[float, float]:
    """The score itself, and how far at most it lies off: of a probability no more is known than its bin."""
    if evaluation.task.kind == "binary":
        return evaluation.state.mean(score), 0.0
    low, high = of.low, of.high
    if score == "log_loss" and evaluation.source == "probabilities":  # as the log loss of the task takes them
        low, high = (np.clip(each, _EPS, 1 - _EPS) for each in (low, high))
    least, most = (_mean(_SCORES[score], of, *each) for each in ((high, low), (low, high)))
    return (least + most) / 2, (most - least) / 2


def _refinement(cost: Cost, of: Outcomes) -> tuple[float, float]:
    """The least score of any monotone recalibration, and how far at most it lies off.

    To know more of the order within a bin lets a monotone fit do better, and it does best if all of the bin's rows of
    the class stand above the others: in any other order, swapping two rows that stand the wrong way round lowers what
    the same fit costs, since the cost of a row of the class falls with the probability and that of another rises.
    """
    most = _mean(cost, of, isotonic(of))
    if of.exact:
        return most, 0.0
    split = replace(
        of,
        low=np.repeat(of.low, 2),
        high=np.repeat(of.high, 2),
        count=np.repeat(of.count, 2),
        happened=np.stack([np.zeros_like(of.happened), of.happened], axis=1).ravel(),
        missed=np.stack([of.missed, np.zeros_like(of.missed)], axis=1).ravel(),
    )
    least = _mean(cost, split, isotonic(split))
    return (least + most) / 2, (most - least) / 2


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


def _mean(cost: Cost, of: Outcomes, probabilities: Floats, otherwise: Floats | None = None) -> float:
    """The mean cost with these probabilities; of rows in which it did not happen, with others if there are any."""
    if_so, _ = cost(probabilities)
    _, if_not = cost(probabilities if otherwise is None else otherwise)
    # What never happened costs nothing, even where it would cost without limit.
    costs = np.where(of.happened > 0, if_so, 0) * of.happened + np.where(of.missed > 0, if_not, 0) * of.missed
    return float(costs.sum() / of.amount.sum())


def _brier(p: Floats) -> tuple[Floats, Floats]:
    return np.square(1 - p), np.square(p)


def _log_loss(p: Floats) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore"):
        return -np.log(p), -np.log1p(-p)


_SCORES: dict[str, Cost] = {"brier": _brier, "log_loss": _log_loss}
