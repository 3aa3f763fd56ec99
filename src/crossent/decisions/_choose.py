"""The choice of a threshold, from all cut points of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .._errors import InputError
from .._labels import Label
from .._seed import generator
from ..evaluation import Cells, Evaluation, squared_weights
from ._cuts import Cuts, Floats, cuts_of, figure_of
from ._goal import LIMITED, Goal
from ._guarantee import guaranteed

SHOWN = ("precision", "recall", "specificity", "f1", "accuracy", "alerts")


@dataclass(frozen=True)
class Choice:
    """A threshold, what it was chosen for, and what it gives on the rows that chose it.

    Attributes:
        goal: As `Goal.parse` reads it.
        label: The class that it decides for.
        threshold: Decide for the class from this probability on.
        low, high: Between them lie 95 % of the thresholds that resampled rows would choose by the same rule; with a
            guarantee, of those that could give one.
        figures: Precision, recall, specificity, f1, accuracy, alerts (the share of rows decided for the class) and the
            goal's own figure, at this threshold.
        regret: How much better at most the goal's figure could be at a threshold that is no cut point; where a limit
            is kept, the figure that is to be high then. 0 where every score is a cut point.
        rows: How many rows chose it.
        confidence: With which the limit is kept on rows to come; None without a guarantee.
    """

    goal: str
    label: Label
    threshold: float
    low: float
    high: float
    figures: dict[str, float]
    rows: int
    confidence: float | None = None
    regret: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Choice:
        """What `to_dict` recorded."""
        return cls(**record)


def choose_threshold(
    evaluation: Evaluation,
    goal: str | Goal,
    *,
    label: Label | None = None,
    confidence: float | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> Choice:
    """Choose the probability from which on a row is decided for a class.

    All cut points between the evaluation's scores are compared, not a grid. The rows should be ones that the model was
    not trained on; the figures at the threshold that they choose are a little too good for them, so judge on others.

    Args:
        evaluation: An evaluation with rows; `exact=True` keeps every score as a cut point, otherwise the cut points are
            the edges of its bins, at which all counts are exact.
        goal: "metric:f1" (f2, f0.5, jaccard, g_mean, informedness, accuracy, balanced_accuracy, matthews_correlation,
            kappa), "precision>=0.9", "recall>=0.9", "specificity>=0.9", or "alerts<=0.05", the share of rows decided
            for the class. Of thresholds that are equally good, the highest is taken.
        label: The class; by default the positive one of a binary task. Each label of a multilabel task has its own.
        confidence: Such as 0.95: take a threshold that keeps the limit on rows to come with this probability
            (Learn-then-Test, by exact binomial tests), instead of one that keeps it on these rows.
        resamples: How many times the rows are resampled for `low` and `high`, by one multinomial draw each.
        seed: Of the resampling, 0 or more.

    Raises:
        InputError: No threshold keeps the limit (the message says what can be had), the rows are all of one class, or
            the goal is none.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["stayed", "churned"])
        >>> labels = ["stayed", "stayed", "churned", "stayed", "churned", "churned"]
        >>> evaluation = evaluate(task, labels, probabilities=[0.1, 0.2, 0.3, 0.4, 0.6, 0.7])
        >>> choice = choose_threshold(evaluation, "recall>=1")
        >>> choice.threshold, choice.figures["precision"]
        (0.25, 0.75)

    References:
        Angelopoulos et al., Learn then Test, Annals of Applied Statistics 2025.
    """
    aim = goal if isinstance(goal, Goal) else Goal.parse(goal)
    cuts = cuts_of(evaluation, label)
    named = evaluation.task.positive if label is None else label
    if not (cuts.hits[-1] and cuts.alarms[-1]):
        raise InputError(f"choosing a threshold needs rows of {named!r} and others; all are of one kind")
    draw = generator(seed)
    if resamples < 2:
        raise InputError(f"resamples must be at least 2; got {resamples}")
    if confidence is None:
        place = int(_best(cuts, aim))
        if place < 0:
            raise InputError(_out_of_reach(cuts, aim))
        threshold = cuts.threshold(place)
    else:
        if aim.limit is None or not 0 < confidence < 1:
            raise InputError(
                f"confidence must be between 0 and 1, and for a goal with a limit; got {confidence} for {aim}"
            )
        threshold, place = guaranteed(cuts, aim, 1 - confidence)
    drawn = _drawn(cuts, squared_weights(evaluation), resamples, draw)
    found = [_found(each, aim, confidence) for each in drawn]
    low, high = _ends([each for each in found if each is not None], threshold)
    figures = {name: float(figure_of(cuts.cells, name)[place]) for name in dict.fromkeys((*SHOWN, aim.figure))}
    regret = 0.0 if confidence is not None else _regret(cuts, aim, place)
    return Choice(str(aim), named, threshold, low, high, figures, evaluation.rows, confidence, regret)


def _regret(cuts: Cuts, goal: Goal, place: int) -> float:
    """How much better a cut inside a bin can be: at best all of its rows of the class stand above the others.

    Every goal's figure but the share of alerts rises with the hits and falls with the alarms, so that no order of the
    bin's rows is better.
    """
    if cuts.exact:
        return 0.0
    here, between = float(_worth(cuts.cells, goal)[place]), cuts.between
    if goal.figure == "alerts" and goal.limit is not None:  # hits are alerts too: as many as the limit has room for
        room = goal.limit * (cuts.hits[-1] + cuts.alarms[-1]) - between.alarms
        possible = np.where(room < np.append(0.0, cuts.hits[:-1]), -1.0, np.minimum(cuts.hits, room) / cuts.hits[-1])
    else:
        possible = _worth(between, goal)
    return max(float(possible.max()) - here, 0.0)


def _best(cuts: Cuts, goal: Goal) -> Floats:
    """The place of the best cut, `(...)`; -1 where none keeps the limit."""
    worth = _worth(cuts.cells, goal)
    return np.where((worth >= 0).any(axis=-1) | (goal.limit is None), worth.argmax(axis=-1), -1)


def _worth(cells: Cells, goal: Goal) -> Floats:
    """What is to be as high as can be; -1 where the limit is not kept."""
    values = figure_of(cells, goal.figure)
    if goal.limit is None:
        return values
    kept = values >= goal.limit if LIMITED[goal.figure] == ">=" else values <= goal.limit
    if goal.figure == "precision":
        kept &= cells.hits + cells.alarms > 0  # of no decisions there is no precision
    # Recall grows with every cut; a limit on it is kept best by as high a precision as can be.
    worth = figure_of(cells, "precision" if goal.figure == "recall" else "recall")
    return np.where(kept, worth, -1.0)


def _out_of_reach(cuts: Cuts, goal: Goal) -> str:
    values = figure_of(cuts.cells, goal.figure)
    place = int(values.argmax() if LIMITED[goal.figure] == ">=" else values.argmin())
    return (
        f"no threshold gives {goal}; the nearest is {goal.figure} {values[place]:.4g} at the threshold "
        f"{cuts.threshold(place)}: take a looser limit, or a better model"
    )


def _drawn(cuts: Cuts, squared: float | None, resamples: int, draw: np.random.Generator) -> Iterator[Cuts]:
    """The cuts if the rows were drawn anew: each drawing is one multinomial draw of the rows between them.

    Rows between two cuts weigh alike, as far as is kept. Where they do not, the sum of all squared weights says how
    many rows fewer would vary as much, and so many are drawn.
    """
    rows, amounts = cuts.rows, np.diff(np.array([cuts.hits, cuts.alarms]), prepend=0.0)
    each = np.where(rows == 0, 0.0, amounts / np.where(rows == 0, 1.0, rows))
    alike = 1.0 if squared is None else min(float((rows * np.square(each)).sum()) / squared, 1.0)
    count = max(round(rows.sum() * alike), 1)
    for _ in range(resamples):
        drawn = draw.multinomial(count, (rows / rows.sum()).ravel()).reshape(rows.shape)
        hits, alarms = np.cumsum(drawn * each, axis=1)
        if hits[-1] and alarms[-1]:
            yield replace(cuts, hits=hits, alarms=alarms)


def _found(cuts: Cuts, goal: Goal, confidence: float | None) -> float | None:
    """The threshold that these rows would choose; None where there is no guarantee to be had."""
    if confidence is None:
        return cuts.threshold(max(int(_best(cuts, goal)), 0))
    try:
        return guaranteed(cuts, goal, 1 - confidence)[0]
    except InputError:
        return None


def _ends(found: Sequence[float], threshold: float) -> tuple[float, float]:
    if not found:
        return 0.0, 1.0
    low, high = np.quantile(found, [0.025, 0.975], method="inverted_cdf").tolist()
    return min(low, threshold), max(high, threshold)
