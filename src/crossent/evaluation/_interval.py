"""How far a figure could be off because other rows might have come: a confidence interval, from the state alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .._errors import InputError
from .._labels import Label
from .._task import Task
from ._areas import AREAS
from ._asked import PLACED, ROW_MEANS, SKILL, Asked, AverageName, checked
from ._cells import PROPORTIONS, SHARES, cells_of, label_cells_of
from ._curves import place_of
from ._evaluation import Evaluation
from ._exact import Floats, as_float
from ._figure import Figure, figure, of_matrices, of_ranks
from ._histogram import merged
from ._ranking import Ranking, average_precision, class_ranking
from ._state import State
from ._wilson import normal_quantile, wilson

DRAWS = 2000
_RANKING_DRAWS = 500
_RANKING_BINS = 1024
_CELLS_AT_A_TIME = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A figure and the ends between which it lies with this confidence. method: how they were found.

    Where the figure has a half-width, the ends lie so much farther apart.
    """

    value: float
    low: float
    high: float
    confidence: float
    method: str


def interval(
    evaluation: Evaluation,
    name: str,
    *,
    label: Label | None = None,
    average: AverageName | None = None,
    beta: float = 1.0,
    k: int = 1,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The confidence interval of one figure, if the rows are a random sample.

    - Shares of a fixed set of rows (accuracy, recall, precision, ...): Wilson's.
    - ROC AUC of a class: DeLong's, on the scale of log-odds; where it is 0 or 1, Wilson's of as many rows as the rarer
      side has, since its variance is at most A (1 - A) / min(P, N).
    - Means over rows (log loss, Brier score, ...): normal, with the rows' standard deviation.
    - All else: quantiles of 2,000 resamples (average precision: 500), for 95 % those at 2.5 % and 97.5 %.
      To resample rows is to draw the confusion matrix from a multinomial distribution, so that takes no rows.

    Args:
        evaluation: An evaluation with rows, without weights but for means over rows.
        name: The figure; this and the next four are those of `figure`.
        label: The class.
        average: The average.
        beta: Of the f_score.
        k: Of top_k_accuracy.
        confidence: Of the interval, between 0 and 1.
        seed: Of the resamples: the same state and seed give the same interval, on any number of machines.

    Raises:
        InputError: There is no such figure, or the state does not hold what its interval needs.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["yes"] * 10, probabilities=[0.9] * 8 + [0.1] * 2)
        >>> found = interval(evaluation, "recall")
        >>> f"{found.value} between {found.low:.4f} and {found.high:.4f} ({found.method})"
        '0.8 between 0.4902 and 0.9433 (Wilson)'

    References:
        Wilson, JASA 1927. DeLong, DeLong and Clarke-Pearson, Biometrics 1988; Sun and Xu, IEEE Signal Processing
        Letters 2014. Birnbaum and Klose, Annals of Mathematical Statistics 1957. Efron and Tibshirani, An Introduction
        to the Bootstrap, 1993.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence must be between 0 and 1; got {confidence}")
    asked = checked(evaluation.task, Asked(name, label, average, None, beta, k))
    found = figure(evaluation, name, label=label, average=average, beta=beta, k=k)
    state = evaluation.state
    summed = summed_name(evaluation.task, asked)
    if summed is not None:
        return _normal(state, found, summed, confidence)
    if state.weighted:
        raise InputError(f"the interval of {name} is of rows without weights; with them log_loss and brier have one")
    if math.isnan(found.value):
        return Interval(math.nan, math.nan, math.nan, confidence, f"none: {found.reason}")
    share = _share(evaluation.task, state, asked)
    if share is not None:
        return _wilson(found, *share, confidence)
    if name in AREAS:
        return _of_ranking(evaluation, asked, found, confidence, seed)
    return _bootstrap(evaluation.task, state, asked, found, confidence, np.random.default_rng(seed))


def summed_name(task: Task, asked: Asked) -> str | None:
    """The name under which the rows' values are summed, of a figure that is their mean."""
    if asked.average == "samples":
        return asked.samples_name
    if (asked.name, task.kind) == ("accuracy", "multilabel"):
        return "exact_match"
    return ROW_MEANS.get(asked.name)


def _normal(state: State, found: Figure, name: str, confidence: float) -> Interval:
    """The mean, give or take its standard error; of weighted rows sqrt(sum of w^2 (v - mean)^2) / sum of w."""
    squares, value = as_float(state.sums[f"{name}_squared"]), found.value
    if state.weighted:
        crossed, weights = (as_float(state.sums[each]) for each in (f"{name}_weighted", "weight_squared"))
        spread = squares - 2 * value * crossed + value**2 * weights
    else:
        spread = (squares - state.rows * value**2) * state.rows / max(state.rows - 1, 1)
    half = normal_quantile(confidence) * math.sqrt(max(spread, 0.0)) / state.weight if state.rows > 1 else math.inf
    return Interval(value, value - half, value + half, confidence, "normal")


def _share(task: Task, state: State, asked: Asked) -> tuple[float, float] | None:
    """How many of how many rows, of a figure that is such a share."""
    matrix = state.confusion.counts
    if asked.name in ("accuracy", "zero_one_loss", "hamming_loss") and task.kind != "multilabel":
        right = int(np.trace(matrix))
        return (right if asked.name == "accuracy" else state.rows - right), state.rows
    if asked.name == "top_k_accuracy" and state.ranks is not None:
        return int(state.ranks.counts[: asked.k].sum()), state.rows
    if asked.name in PROPORTIONS and asked.average is None:
        cells = label_cells_of(matrix) if task.kind == "multilabel" else cells_of(matrix)
        place = place_of(task, asked.label)
        above, below = SHARES[asked.name][0](cells, asked.beta)
        return (float(above[place]), float(below[place])) if below[place] else None
    return None


def _wilson(found: Figure, above: float, below: float, confidence: float) -> Interval:
    low, high = wilson(np.array([above / below]), np.array([below]), confidence)
    return Interval(found.value, low.item(), high.item(), confidence, "Wilson")


def _of_ranking(evaluation: Evaluation, asked: Asked, found: Figure, confidence: float, seed: int) -> Interval:
    task, state, scale = evaluation.task, evaluation.state, evaluation.source or "logits"
    if asked.average is not None:
        raise InputError(
            f"{asked.name} has an interval class by class: an average's needs the rows, which are not kept; give label"
        )
    if asked.name == "roc_auc":
        low, high, method = _delong(class_ranking(task, state, scale, place_of(task, asked.label)), confidence)
    else:
        low, high = _resampled_precision(evaluation, asked, confidence, np.random.default_rng(seed))
        method = "bootstrap"
    return _widened(Interval(found.value, low, high, confidence, method), found.half_width)


def _widened(of: Interval, half_width: float) -> Interval:
    low, high = max(of.low - half_width, 0.0), min(of.high + half_width, 1.0)
    return Interval(of.value, min(low, of.value), max(high, of.value), of.confidence, of.method)


def _delong(ranked: Ranking, confidence: float) -> tuple[float, float, str]:
    error, area = delong_error(ranked), _area(ranked)
    if not 0 < area < 1 or not error > 0:
        fewest = np.array([min(ranked.positives, ranked.negatives)], dtype=np.float64)
        low, high = wilson(np.array([area]), fewest, confidence)
        return low.item(), high.item(), "Wilson, of the rarer side"
    odds, reach = math.log(area / (1 - area)), normal_quantile(confidence) * error / (area * (1 - area))
    return _logistic(odds - reach), _logistic(odds + reach), "DeLong"


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > 0 else math.exp(odds) / (1 + math.exp(odds))


def _area(ranked: Ranking) -> float:
    positives, negatives = ranked.gained
    above = ranked.true_positives - positives / 2
    return float(np.dot(negatives, above)) / (ranked.positives * ranked.negatives)


def delong_error(ranked: Ranking) -> float:
    """The standard error of the ROC AUC: of each row the share of the other side that it beats, and their variances."""
    positives, negatives = ranked.gained
    beaten = 1 - (ranked.false_positives - negatives / 2) / ranked.negatives  # by a row of the class
    beating = (ranked.true_positives - positives / 2) / ranked.positives  # a row of the others
    area = float(np.dot(positives, beaten)) / ranked.positives
    if min(ranked.positives, ranked.negatives) < 2:
        return 0.0
    variance = float(np.dot(positives, np.square(beaten - area))) / (ranked.positives - 1) / ranked.positives
    variance += float(np.dot(negatives, np.square(beating - area))) / (ranked.negatives - 1) / ranked.negatives
    return math.sqrt(variance)


def _resampled_precision(
    evaluation: Evaluation, asked: Asked, confidence: float, draw: np.random.Generator
) -> tuple[float, float]:
    """Resample the histogram, in bins coarse enough to be quick; their own offset is taken off again."""
    task, state = evaluation.task, evaluation.state
    place = place_of(task, asked.label)
    coarse = merged([state.histograms[0 if task.kind == "binary" else place]], _RANKING_BINS)
    counts = coarse.tally.counts if place or task.kind != "binary" else coarse.tally.counts[::-1, ::-1]
    here = figure(evaluation, asked.name, label=asked.label).value
    offset = here - _precision(counts[::-1])
    shares = (counts / counts.sum()).ravel()
    values = [
        _precision(draw.multinomial(state.rows, shares).reshape(counts.shape)[::-1]) for _ in range(_RANKING_DRAWS)
    ]
    low, high = np.nanquantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low) + offset, float(high) + offset


def _precision(counts: np.ndarray) -> float:
    true, false = np.cumsum(counts[:, 1]), np.cumsum(counts[:, 0])
    return average_precision(Ranking(np.zeros(0), true, false, counts[:, 1], weighted=False, exact=True))[0]


def _bootstrap(
    task: Task, state: State, asked: Asked, found: Figure, confidence: float, draw: np.random.Generator
) -> Interval:
    """Quantiles over confusion matrices (or ranks) drawn as resampled rows would give them."""
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    if asked.name in PLACED and state.ranks is not None:
        values = of_ranks(_drawn(state.ranks.counts, DRAWS, draw).astype(np.float64), asked)
    elif asked.name in SKILL:
        raise InputError(f"{asked.name} has no interval here; {SKILL[asked.name]} has one")
    elif task.kind == "multilabel":
        values = _of_label(task, state, asked, draw)
    else:
        cells = int(np.count_nonzero(state.confusion.counts))
        at_a_time = max(1, min(DRAWS, _CELLS_AT_A_TIME // max(cells, state.confusion.counts.size)))
        blocks = [min(at_a_time, DRAWS - start) for start in range(0, DRAWS, at_a_time)]
        drawn = (_drawn(state.confusion.counts, block, draw) for block in blocks)
        values = np.concatenate([of_matrices(task, matrices, asked) for matrices in drawn])
    if np.isnan(values).mean() > 0.5:
        return Interval(found.value, math.nan, math.nan, confidence, "none: undefined in most resamples")
    low, high = np.nanquantile(values, ends)
    return Interval(found.value, float(low), float(high), confidence, "bootstrap")


def _of_label(task: Task, state: State, asked: Asked, draw: np.random.Generator) -> Floats:
    if asked.average is not None or asked.label is None:
        raise InputError(
            f"{asked.name} of several labels a row has an interval label by label: "
            "how labels go together is not kept; give label"
        )
    place = place_of(task, asked.label)
    drawn = _drawn(state.confusion.counts[place], DRAWS, draw)
    alone = Task.multilabel([asked.label])
    return of_matrices(alone, drawn[:, np.newaxis], asked)


def _drawn(counts: np.ndarray, draws: int, draw: np.random.Generator) -> np.ndarray:
    """Counts of resampled rows, `(draws, ...)`."""
    filled = np.flatnonzero(counts)
    shares = counts.ravel()[filled] / counts.sum()
    drawn = np.zeros((draws, counts.size), dtype=np.int64)
    drawn[:, filled] = draw.multinomial(int(counts.sum()), shares, size=draws)
    return drawn.reshape(draws, *counts.shape)
