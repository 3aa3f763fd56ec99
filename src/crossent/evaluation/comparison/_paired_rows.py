"""What is kept of rows that two models have scored, besides the evaluation of each: how the two go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from ..._task import Task
from ..state._exact import Floats, Ints, exact_sum
from ..state._order import keys_of
from ..state._ranked_probability import RANKED, ranked_probability_scores
from ..state._rows import Rows, brier_scores, log_losses
from ..state._samples import sample_scores
from ._joint import Bools, Joint, counted, joint, merged_joints

_BINS = 512
_LEAST_BINS = 32


@dataclass(frozen=True, eq=False)
class Pairs:
    """Sums over rows that both models have scored.

    places, counts: `(m,)` rows by true class t and the two decisions a and b, at the place (t K + a) K + b, of the
    places that occur; of several labels a row 8 l + 4 t + 2 a + b for label l. right: `(2, 2)` rows by whether a and b
    have all of it right. squares: exact sums of the squared difference of the rows' values, by the name of the value,
    in units of 2^-1074. joints: of the positive class's scores if binary, else one a class.
    """

    places: Ints
    counts: Ints
    right: Ints
    squares: Mapping[str, int]
    joints: tuple[Joint, ...]


def bins_of(task: Task, *, exact: bool) -> int | None:
    """The most bins of an axis: so many that all classes together have about as many cells as one has."""
    return None if exact else max(_LEAST_BINS, _BINS // max(isqrt(len(task)), 1))


def pairs_of(task: Task, a: Rows, b: Rows, limit: int | None) -> Pairs:
    """The sums of these rows, all of them labelled, as a and b have scored them."""
    places = _places(task, a, b)
    occur, counts = counted(places, np.ones(len(places), dtype=np.int64))
    mine, theirs = _values(task, a), _values(task, b)
    return Pairs(
        occur,
        counts,
        _right(a, b),
        {name: _square(mine[name], theirs[name]) for name in mine if name in theirs},
        tuple(_joints(task, a, b, limit)),
    )


def merged_pairs(parts: Sequence[Pairs], limit: int | None) -> Pairs:
    """The sums of the rows of all parts."""
    occur, counts = counted(
        np.concatenate([part.places for part in parts]), np.concatenate([part.counts for part in parts])
    )
    return Pairs(
        occur,
        counts,
        np.sum([part.right for part in parts], axis=0),
        {name: sum(part.squares[name] for part in parts) for name in parts[0].squares},
        tuple(merged_joints(each, limit) for each in zip(*(part.joints for part in parts), strict=True)),
    )


def _places(task: Task, a: Rows, b: Rows) -> Ints:
    size = len(task)
    if task.kind != "multilabel":
        return (a.labels * size + a.decisions) * size + b.decisions
    return (8 * np.arange(size)[:, np.newaxis] + 4 * a.labels + 2 * a.decisions + b.decisions).ravel()


def _right(a: Rows, b: Rows) -> Ints:
    first, second = (_all(rows.labels == rows.decisions) for rows in (a, b))
    return np.bincount(2 * first + second, minlength=4).astype(np.int64).reshape(2, 2)


def _all(right: Bools) -> Ints:
    return np.logical_and.reduce(np.atleast_2d(right)).astype(np.int64)


def _values(task: Task, rows: Rows) -> dict[str, Floats]:
    """The values of each row of which figures are means."""
    values = {"log_loss": log_losses(rows), "brier": brier_scores(rows)}
    if task.ordered:
        values[RANKED] = ranked_probability_scores(rows.labels, rows.probabilities)
    if rows.margins is not None:
        values["hinge_loss"] = np.maximum(0, 1 - rows.margins)
    return values | (sample_scores(rows) if task.kind == "multilabel" else {})


def _square(a: Floats, b: Floats) -> int:
    # A square that no float can hold would only widen an interval that is as wide as all numbers anyway.
    return exact_sum(np.square(np.clip(a - b, -1e150, 1e150)))


def _joints(task: Task, a: Rows, b: Rows, limit: int | None) -> list[Joint]:
    of_class = a.labels[np.newaxis] == (1 if task.kind == "binary" else np.arange(len(task))[:, np.newaxis])
    if task.kind == "multilabel":
        of_class = a.labels == 1
    return [
        joint(keys_of(mine, a.scale), keys_of(theirs, b.scale), side, limit)
        for mine, theirs, side in zip(a.scores, b.scores, of_class, strict=True)
    ]
