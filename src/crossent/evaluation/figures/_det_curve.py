"""Detection error trade-off: the two kinds of errors against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..._labels import Label
from .._evaluation import Evaluation
from ..metrics._areas import equal_error_rate
from ._curves import place_of, ranking_of, share, turns


@dataclass(frozen=True, eq=False)
class DetCurve:
    """The share of others decided for the class against the share of the class that is missed, at each threshold.

    thresholds: from the lowest up; it ends at the highest at which not all of the others stand below, which is infinite
    if the highest score is one of theirs. equal_error_rate: where both are equal, with its half_width.
    """

    label: Label
    thresholds: Tensor
    false_positive_rate: Tensor
    false_negative_rate: Tensor
    equal_error_rate: float
    half_width: float


def det_curve(evaluation: Evaluation, *, label: Label | None = None, drop_intermediate: bool = False) -> DetCurve:
    """The detection error trade-off of one class against all others, as scikit-learn's `det_curve`.

    It is drawn on normal deviates, where the curves of two normal distributions are straight lines.

    Args:
        evaluation: An evaluation with rows.
        label: The class; by default the positive one of a binary task.
        drop_intermediate: Leave out points between two others with the same share of misses.

    Returns:
        float64 tensors of one length; the rates are NaN where there are no rows to take a share of.

    Raises:
        InputError: The label is not a class of the task, or it must be named and is not.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> curve = det_curve(evaluate(task, ["no", "no", "yes", "yes"], probabilities=[0.1, 0.4, 0.35, 0.8]))
        >>> curve.false_positive_rate.tolist(), curve.false_negative_rate.tolist(), curve.thresholds.tolist()
        ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.35, 0.4, 0.8])

    References:
        Martin et al., The DET curve in assessment of detection task performance, Eurospeech 1997.
    """
    place = place_of(evaluation.task, label)
    ranked = ranking_of(evaluation, place)
    hits, alarms = np.append(0, ranked.true_positives), np.append(0, ranked.false_positives)
    kept = turns(hits) if drop_intermediate else np.arange(len(hits))
    # From the last threshold without a false alarm to the first without a miss.
    first = int(np.searchsorted(alarms[kept], 0, side="right")) - 1
    last = int(np.searchsorted(hits[kept], ranked.positives)) + 1
    upwards = kept[first:last][::-1]
    rate, half_width = equal_error_rate(ranked, (0.0, 1.0))
    return DetCurve(
        label=evaluation.task.classes[place],
        thresholds=torch.from_numpy(np.append(np.inf, ranked.thresholds)[upwards]),
        false_positive_rate=share(alarms[upwards], ranked.negatives),
        false_negative_rate=share(ranked.positives - hits[upwards], ranked.positives),
        equal_error_rate=rate,
        half_width=half_width,
    )
