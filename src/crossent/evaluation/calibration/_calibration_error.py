"""The expected calibration error: how far, on average, probabilities lie from the shares that came true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..._errors import InputError
from ..._labels import Label
from .._evaluation import Evaluation
from ..figures._choice import check_choice
from ..figures._figure import Figure
from ..state._exact import Floats
from ._outcomes import Outcomes, Strategy, decided_outcomes, outcomes, quantiles

Norm = Literal["l1", "l2", "max"]
ByClass = Literal["classwise", "toplabel"]


def calibration_error(
    evaluation: Evaluation,
    *,
    label: Label | None = None,
    average: ByClass | None = None,
    bins: int = 15,
    strategy: Strategy = "uniform",
    norm: Norm = "l1",
) -> Figure:
    """Sort rows into bins by their probability; compare each bin's mean probability with what came true.

    With N rows, n_b of them in bin b, and the difference d_b of its sums of outcomes and probabilities:
    l1: sum of |d_b| / N, the expected calibration error. l2: square root of the sum of d_b^2 / (n_b N). max: the
    largest |d_b| / n_b.

    Without a label: of the positive class if binary; of the confidence, whether the decision is right, if multiclass;
    of all labels together if multilabel. It depends on the bins, and constant probabilities have none of it: look at
    it beside the log loss.

    Args:
        evaluation: An evaluation with rows.
        label: One class against all others.
        average: "classwise": the mean over the classes, each against all others. "toplabel" (multiclass): of the
            confidence, with bins for each class decided for by itself: over-confidence in one class does not make up
            for under-confidence in another.
        bins: How many; bin b holds probabilities above (b - 1) / bins up to b / bins.
        strategy: "uniform": bins of equal width. "quantile": of about as many rows each.
        norm: How the bins' differences are put together.

    Returns:
        The figure. Of a state that is not exact, the value is the middle of what it can be.

    Raises:
        InputError: There is not at least one bin, an option has no such value, or a label and an average, or the task
            is not multiclass and "toplabel" asked for.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.2, 0.2, 0.7, 0.7])
        >>> round(calibration_error(evaluation).value, 12)
        0.25

    References:
        Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, section 2; Kull et al., NeurIPS 2019
        (classwise); Kumar, Liang and Ma, NeurIPS 2019 (l2); Gupta and Ramdas, ICLR 2022 (toplabel).
    """
    if not isinstance(bins, int) or bins < 1:
        raise InputError(f"bins must be a whole number, at least 1; got {bins}")
    check_choice("strategy", strategy, Strategy)
    check_choice("norm", norm, Norm)
    check_choice("average", average or "classwise", ByClass)
    if average is None:
        return _figure(*_ends([outcomes(evaluation, label)], bins, strategy, norm))
    if label is not None:
        raise InputError(f"give a label or an average; got {label!r} and {average!r}")
    if average == "toplabel":
        return _figure(*_ends(_by_decision(evaluation), bins, strategy, norm))
    ends = [_ends([outcomes(evaluation, each)], bins, strategy, norm) for each in evaluation.task.classes]
    low, high = np.mean(ends, axis=0).tolist()
    return _figure(low, high)


def _by_decision(evaluation: Evaluation) -> list[Outcomes]:
    decided = evaluation.state.decided
    if not decided:
        raise InputError(f"toplabel is of what a multiclass task decides for; this one is {evaluation.task.kind}")
    return [decided_outcomes(evaluation, place) for place, bins in enumerate(decided) if len(bins)]


def _figure(low: float, high: float) -> Figure:
    return Figure((low + high) / 2, (high - low) / 2)


def _ends(parts: Sequence[Outcomes], bins: int, strategy: Strategy, norm: Norm) -> tuple[float, float]:
    """The least and the largest that the error can be, knowing of a probability no more than its fine bin.

    Each part has bins of its own; their differences are put together.
    """
    inner = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    columns = [_differences(of, inner if strategy == "uniform" else quantiles(of, inner)) for of in parts]
    gap, doubt, rows, moving = (np.concatenate(each) for each in zip(*columns, strict=True))
    return _put_together(np.maximum(gap - doubt, 0), gap + doubt, rows, moving, norm)


def _differences(of: Outcomes, edges: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each bin the difference, what it can be off by, its rows, and how many of these may be a neighbour's."""
    place, bins = np.searchsorted(edges, of.middle), len(edges) + 1
    rows, happened, promised = (
        _sums(place, each, bins) for each in (of.amount, of.happened.astype(np.float64), of.amount * of.middle)
    )
    doubt, moving = (np.zeros(bins), np.zeros(bins)) if of.exact else _doubt(of, edges, place, bins)
    return np.abs(happened - promised), doubt, rows, moving


def _doubt(of: Outcomes, edges: Floats, place: np.ndarray, bins: int) -> tuple[Floats, Floats]:
    """What a bin's difference can be off by, and how many of its rows may belong to a neighbour or the reverse.

    A probability differs from its fine bin's middle by half its width. Of a fine bin that an edge runs through, any of
    the rows may stand on either side.
    """
    doubt = _sums(place, of.amount * (of.high - of.low) / 2, bins)
    moving = np.zeros(bins)
    most = np.maximum(of.happened * (1 - of.low), of.missed * of.high)
    lowest, highest = np.searchsorted(edges, of.low), np.searchsorted(edges, of.high)
    # An edge at a quantile of the middles may itself be off by the width of its fine bin.
    edged = np.isin(of.middle, edges) | (lowest != highest)
    for row in np.flatnonzero(edged).tolist():
        touched = slice(int(lowest[row]), max(int(highest[row]), int(lowest[row]) + 1) + 1)
        doubt[touched] += most[row]
        moving[touched] += of.amount[row]
    return doubt, moving


def _sums(place: np.ndarray, values: Floats, bins: int) -> Floats:
    return np.bincount(place, weights=values, minlength=bins).astype(np.float64)


def _put_together(low: Floats, high: Floats, rows: Floats, moving: Floats, norm: Norm) -> tuple[float, float]:
    total = rows.sum()
    if norm == "l1":
        return float(low.sum() / total), float(high.sum() / total)
    # No bin's mean can be off by more than 1.
    least = low / np.where(rows + moving == 0, 1, rows + moving)
    sure = rows > moving
    most = np.where(sure, np.minimum(1.0, high / np.where(sure, rows - moving, 1)), np.where(high > 0, 1.0, 0.0))
    if norm == "max":
        return float(least.max()), float(most.max())
    return float(np.sqrt((low * least).sum() / total)), float(np.sqrt((high * most).sum() / total))
