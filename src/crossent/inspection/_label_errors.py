"""Labels that are likely wrong: confident learning, by Northcutt, Jiang and Chuang."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from torch import Tensor

from .._errors import InputError
from .._task import IGNORED, Task
from ..evaluation import Evaluation, as_scores

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NO_SKILL = "the scores say no more of the labels than the shares of the classes do"
_ONE_SIDED_95 = 1.645


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Rows whose label is likely wrong, the surest first, and how often labels of each class are.

    Attributes:
        suspects: A frame with a row for each: `row` (counted from 0), the label `given`, the one `suggested`, and
            `margin`, how much more probable the label given is than the best other one, from -1 to 0. For a multilabel
            task also `label`, which of the labels; given and suggested then say whether it holds.
        joint: Estimated shares of all rows by the label given and the true one, `(K, K)`; for a multilabel task
            `(K, 2, 2)`, each label's own.
        rows: How many rows were looked at.
        reason: Why nothing could be said, of a multilabel task of which labels; else empty. The joint shares are then
            NaN, and no row is a suspect.
    """

    suspects: pl.DataFrame
    joint: Tensor
    rows: int
    reason: str = ""

    @property
    def share(self) -> float:
        """The estimated share of labels that are wrong; where classes overlap an upper bound, and not a close one."""
        right = self.joint.diagonal(dim1=-2, dim2=-1).sum(-1)
        return float((1 - right).nanmean())

    @property
    def noise(self) -> Tensor:
        """Of the rows truly of a class (column) the estimated shares that were given each label (row)."""
        return self.joint / self.joint.sum(dim=-2, keepdim=True)


def label_errors(task: Task, labels: object, *, probabilities: object = None, logits: object = None) -> LabelErrors:
    """Find labels that are likely wrong.

    A row counts as confidently of class j if its p_j is at least the mean p_j of the rows labelled j, and of several
    such classes as the most probable one. Rows labelled i and confidently of j are counted, and the counts scaled so
    that each label has as many as it has rows: that estimates how many of the rows labelled i truly are of j. So many
    of them, those with the largest p_j - p_i, are suspects, if their label is not the most probable class anyway.

    The scores must come from a model that was not trained on these rows (held out, or cross-validated): one that was
    has learned the wrong labels too. They need not be calibrated, but must say something of the labels: where their
    Brier score is not below that of the plain shares of the classes, beyond chance, no row is listed.

    Args:
        task: What the labels and scores belong to.
        labels: Class names as `task.encode` takes them; rows of the ignored label are passed over.
        probabilities: `(n,)` of the positive class if binary, else `(n, K)`, in any type that `evaluate` takes.
        logits: The same before sigmoid or softmax; exactly one of the two.

    Raises:
        InputError: Labels are unknown or missing, or scores do not belong to the task.

    Example:
        >>> from crossent import Task
        >>> task = Task.binary(["cat", "dog"])
        >>> given = ["cat"] * 10 + ["dog"] * 10
        >>> probability_of_dog = [0.1] * 9 + [0.95] + [0.9] * 10
        >>> found = label_errors(task, given, probabilities=probability_of_dog)
        >>> found.suspects.select("row", "given", "suggested").rows()
        [(9, 'cat', 'dog')]

    References:
        Northcutt, Jiang and Chuang, Confident learning: estimating uncertainty in dataset labels, Journal of Artificial
        Intelligence Research 2021, sections 3.1 and 3.2 (prune by noise rate).
    """
    if (logits is None) == (probabilities is None):
        raise InputError("give exactly one of logits and probabilities")
    codes = task.encode(labels)
    source = "probabilities" if logits is None else "logits"
    scores = as_scores(task, probabilities if logits is None else logits, source)
    if len(codes) != len(scores):
        raise InputError(f"labels and scores must have as many rows; got {len(codes)} and {len(scores)}")
    # The checks are those of an evaluation.
    if logits is None:
        Evaluation.empty(task).update(codes, probabilities=scores)
    else:
        Evaluation.empty(task).update(codes, logits=scores)
        scores = task.probabilities(scores.double())
    p = scores.detach().cpu().double()
    kept = (codes != IGNORED if codes.ndim == 1 else torch.ones(len(codes), dtype=torch.bool)).nonzero()[:, 0]
    if not len(kept):
        raise InputError("label errors are looked for among labelled rows; got 0")
    if task.kind == "multilabel":
        return _of_labels(task, codes.numpy(), p.numpy())
    columns = torch.stack([1 - p, p], 1) if task.kind == "binary" else p
    joint, wrong = _confident(codes[kept].numpy(), columns[kept].numpy())
    names = pl.Series(task.classes)
    frame = pl.DataFrame(
        {
            "row": kept.numpy()[wrong.rows],
            "given": names.gather(wrong.given),
            "suggested": names.gather(wrong.suggested),
            "margin": wrong.margin,
        }
    )
    return LabelErrors(frame, torch.from_numpy(joint), len(kept), _NO_SKILL if np.isnan(joint).any() else "")


@dataclass(frozen=True, eq=False)
class _Wrong:
    """Suspects, the surest first."""

    rows: Ints
    given: Ints
    suggested: Ints
    margin: Floats


def _confident(labels: Ints, p: Floats) -> tuple[Floats, _Wrong]:
    """The joint distribution of labels and true classes, and the suspects, of labels `(n,)` and p `(n, K)`."""
    if not _skilled(labels, p):
        none = np.empty(0, dtype=np.int64)
        return np.full((p.shape[1], p.shape[1]), np.nan), _Wrong(none, none, none, np.empty(0))
    joint = _joint(labels, p)
    best = p.argmax(axis=1)
    suspect = np.zeros(len(p), dtype=np.bool_)
    for rows in _pruned(labels, p, joint):
        suspect[rows] = True
    found = np.flatnonzero(suspect & (best != labels))
    margin = p[found, labels[found]] - p[found, best[found]]
    order = np.argsort(margin, kind="stable")
    found = found[order]
    return joint, _Wrong(found, labels[found], best[found], margin[order])


def _skilled(labels: Ints, p: Floats) -> bool:
    """The Brier score is below that of the shares of the classes, beyond chance.

    It is bounded where the log loss is not: a boastful model that knows much may have the larger log loss.
    """
    true = np.eye(p.shape[1])[labels]
    gain = (np.square(true.mean(axis=0) - true) - np.square(p - true)).sum(axis=1)
    return bool(gain.mean() > _ONE_SIDED_95 * gain.std() / len(gain) ** 0.5 + 1e-12)


def _joint(labels: Ints, p: Floats) -> Floats:
    rows, size = p.shape
    support = np.bincount(labels, minlength=size)
    own = np.bincount(labels, weights=p[np.arange(rows), labels], minlength=size)
    # A class without rows has no threshold, and no row is confidently of it. Means of equal numbers may miss by a bit.
    thresholds = np.where(support > 0, own / np.maximum(support, 1) - 1e-12, np.inf)
    confident = np.where(p >= thresholds, p, -1.0)
    sure = confident.max(axis=1) >= 0
    counts = np.bincount(labels[sure] * size + confident.argmax(axis=1)[sure], minlength=size**2).reshape(size, size)
    counts = counts + np.diag((counts.sum(axis=1) == 0).astype(np.int64))  # without a confident row the label is right
    return counts / counts.sum(axis=1, keepdims=True) * (support / rows)[:, np.newaxis]


def _pruned(labels: Ints, p: Floats, joint: Floats) -> Iterator[Ints]:
    """Of each label and each other class, so many rows as are estimated to be of it, those where it leads most."""
    wrong = np.rint(joint * len(p)).astype(np.int64)
    np.fill_diagonal(wrong, 0)
    for given in np.flatnonzero(wrong.any(axis=1)):
        mine = np.flatnonzero(labels == given)
        for true in np.flatnonzero(wrong[given]):
            most = min(int(wrong[given, true]), len(mine))
            lead = p[mine, true] - p[mine, given]
            yield mine[np.argsort(-lead, kind="stable")[:most]]


def _of_labels(task: Task, labels: Ints, p: Floats) -> LabelErrors:
    """Each label by itself, as a binary task."""
    joints: list[Floats] = []
    frames: list[pl.DataFrame] = []
    for place, name in enumerate(task.classes):
        joint, wrong = _confident(labels[:, place], np.stack([1 - p[:, place], p[:, place]], axis=1))
        joints.append(joint)
        columns = {"row": wrong.rows, "given": wrong.given == 1, "suggested": wrong.suggested == 1}
        frame = pl.DataFrame(columns | {"margin": wrong.margin})
        frames.append(frame.insert_column(1, pl.repeat(name, len(frame), eager=True).alias("label")))
    suspects = pl.concat(frames).sort("margin", maintain_order=True)
    blind = [str(name) for name, joint in zip(task.classes, joints, strict=True) if np.isnan(joint).any()]
    reason = f"of {', '.join(blind)}: {_NO_SKILL}" if blind else ""
    return LabelErrors(suspects, torch.from_numpy(np.stack(joints)), len(labels), reason)
