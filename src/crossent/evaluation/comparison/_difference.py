"""The difference of a figure between two models on the same rows, and how far off it could be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.special import bdtr  # scipy.stats has a binomtest, and takes 45 MB and a second to import

from ..._errors import InputError
from ..._seed import generator
from ..._task import Task
from .._evaluation import Evaluation
from ..figures._asked import Asked
from ..figures._curves import place_of
from ..figures._figure import figure_of, of_matrices
from ..intervals._bootstrap import DRAWS
from ..intervals._interval import summed_name
from ..intervals._wilson import normal_quantile
from ..metrics._agreement import AGREEMENT
from ..metrics._areas import AREAS
from ..metrics._cells import CLASS_FIGURES
from ..state._exact import Floats, Ints, as_float
from ..state._ranked_probability import RANKED
from ..state._state import LARGEST_SQUARED
from ._joint import Bools
from ._paired_ranking import area_error, resampled_precisions
from ._paired_rows import Pairs

_CELLS_AT_A_TIME = 1 << 22
_MANY_CELLS = 4096
_DRAWS_OF_MANY = 500
"""Of so many classes that more cells than that have rows, each drawing takes long."""
LOWER_IS_BETTER = frozenset(
    {
        "log_loss",
        "brier",
        RANKED,
        "hinge_loss",
        "zero_one_loss",
        "hamming_loss",
        "equal_error_rate",
        "false_positive_rate",
        "false_negative_rate",
        "false_discovery_rate",
        "false_omission_rate",
        "negative_likelihood_ratio",
        "coverage_error",
        "label_ranking_loss",
    }
)
_NEITHER_IS_BETTER = frozenset({"prevalence", "decided_share"})


@dataclass(frozen=True)
class Difference:
    """A figure of two models, and by how much b's is above a's, with the ends between which that lies.

    p_value: of the hypothesis that there is no difference, two-sided; NaN where the method has none.
    method: how the ends were found, or "none: " and why there are none.
    """

    name: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    confidence: float
    p_value: float
    method: str

    @property
    def better(self) -> Literal["a", "b"] | None:
        """The model that is better at this confidence; None where the rows do not tell."""
        if self.name in _NEITHER_IS_BETTER or not (self.low > 0 or self.high < 0):
            return None
        if self.p_value > 1 - self.confidence:  # the exact test is the stricter of the two
            return None
        return "b" if (self.difference > 0) != (self.name in LOWER_IS_BETTER) else "a"

    def words(self, a: str = "a", b: str = "b") -> str:
        """What the difference says, in words, with the names of the two models.

        Example:
            >>> Difference("log_loss", 0.5, 0.4, -0.1, -0.12, -0.08, 0.95, 1e-9, "normal").words("old", "new")
            'new is better: log loss 0.4000 against 0.5000, lower by 0.1000 (95 % interval 0.0800 to 0.1200)'
        """
        name = self.name.replace("_", " ")
        if math.isnan(self.low):
            return f"{name} {self.b:.4f} against {self.a:.4f}, without an interval ({self.method})"
        ends = f"{100 * self.confidence:g} % interval"
        if self.better is None:
            told = "differs" if self.name in _NEITHER_IS_BETTER else "the rows do not tell which is better:"
            return f"{told} {name} {self.b:.4f} against {self.a:.4f} ({ends} {self.low:+.4f} to {self.high:+.4f})"
        least, most = sorted((abs(self.low), abs(self.high)))
        values = f"{self.b:.4f} against {self.a:.4f}" if self.better == "b" else f"{self.a:.4f} against {self.b:.4f}"
        side = "lower" if self.name in LOWER_IS_BETTER else "higher"
        return (
            f"{b if self.better == 'b' else a} is better: {name} {values}, "
            f"{side} by {abs(self.difference):.4f} ({ends} {least:.4f} to {most:.4f})"
        )

    def to_dict(self) -> dict[str, Any]:
        """A plain record, with `better` and the name as `figure`."""
        record = asdict(self)
        return {"figure": record.pop("name")} | record | {"better": self.better}


@dataclass(frozen=True)
class _Ends:
    low: float
    high: float
    p_value: float
    method: str


def difference_of(
    a: Evaluation, b: Evaluation, pairs: Pairs, asked: Asked, *, confidence: float, seed: int
) -> Difference:
    """The difference of one figure; see `Comparison.difference`."""
    if not 0 < confidence < 1:
        raise InputError(f"confidence must be between 0 and 1; got {confidence}")
    of_a, of_b = (figure_of(each, asked) for each in (a, b))
    difference = of_b.value - of_a.value
    if math.isnan(difference):
        ends = _none(of_a.reason or of_b.reason)
    else:
        ends = _ends(a, b, pairs, asked, difference, confidence, seed)
    slack = of_a.half_width + of_b.half_width
    return Difference(
        asked.name,
        of_a.value,
        of_b.value,
        difference,
        ends.low - slack,
        ends.high + slack,
        confidence,
        ends.p_value if not slack else math.nan,
        ends.method,
    )


def _ends(
    a: Evaluation, b: Evaluation, pairs: Pairs, asked: Asked, difference: float, confidence: float, seed: int
) -> _Ends:
    task = a.task
    summed = summed_name(task, asked)
    shared = _shared(task, pairs, asked)
    if shared is not None:
        return _of_shares(*shared, confidence)
    if summed is not None:
        if summed not in pairs.squares:
            return _none("one model's scores have no such value")
        return _normal(difference, _spread(difference, pairs.squares[summed], a.rows), "normal", confidence)
    if asked.name in AREAS and asked.average is not None:
        return _none("an average over classes has one class by class only")
    if asked.name == "roc_auc":
        error, exact = area_error(a, b, pairs.joints, place_of(task, asked.label))
        if not error > 0:
            return _none("both models rank all rows of each side alike, or it has fewer than 2")
        return _normal(difference, error, "DeLong" if exact else "DeLong, from bins", confidence)
    draw = generator(seed)
    if asked.name == "average_precision":
        drawn = resampled_precisions(task, pairs.joints, place_of(task, asked.label), draw)
        return _quantiles(drawn + (difference - drawn[0]), confidence)
    if asked.name not in CLASS_FIGURES and asked.name not in AGREEMENT:
        return _none("how both models rank rows or classes together is not kept for it")
    if task.kind == "multilabel" and asked.label is None:
        return _none("how labels go together is not kept; it has one label by label")
    return _quantiles(_resampled(task, pairs, asked, draw), confidence)


def _none(reason: str) -> _Ends:
    return _Ends(math.nan, math.nan, math.nan, f"none: {reason}")


def _spread(difference: float, squares: int, rows: int) -> float:
    """The standard error of the mean of the rows' differences."""
    if abs(difference) > LARGEST_SQUARED:
        return math.inf
    variance = max(as_float(squares) - rows * difference**2, 0.0) / max(rows - 1, 1)
    return math.sqrt(variance / rows) if rows > 1 else math.inf


def _normal(difference: float, error: float, method: str, confidence: float) -> _Ends:
    reach = normal_quantile(confidence) * error if error else 0.0
    # A difference that is the same in all rows is certain; none at all says nothing against no difference.
    p_value = 2 * NormalDist().cdf(-abs(difference) / error) if error else float(difference == 0)
    return _Ends(difference - reach, difference + reach, p_value, method)


def _shared(task: Task, pairs: Pairs, asked: Asked) -> tuple[int, int, int] | None:
    """Of a share of rows that are the same for both: how many rows, and how many are in it by b alone, by a alone.

    Returns None where the figure is no such share.
    """
    name, single = asked.name, task.kind != "multilabel"
    if name == "exact_match" or (name == "accuracy" and not single):
        return int(pairs.right.sum()), int(pairs.right[0, 1]), int(pairs.right[1, 0])
    if name not in _EVENTS or asked.average is not None or (not single and name == "hamming_loss"):
        return None
    place = 0 if name in AGREEMENT else place_of(task, asked.label)
    true, a, b, counts = _decided(task, pairs, place)
    among, event = _EVENTS[name]
    of_class = place if single else 1
    rows, in_a, in_b = among(true, of_class), event(true, a, of_class), event(true, b, of_class)
    only_b, only_a = (counts[rows & cells].sum() for cells in (in_b & ~in_a, in_a & ~in_b))
    return int(counts[rows].sum()), int(only_b), int(only_a)


_Among = Callable[[Ints, int], Bools]
_Event = Callable[[Ints, Ints, int], Bools]


def _all(true: Ints, _: int) -> Bools:
    return true == true


_EVENTS: dict[str, tuple[_Among, _Event]] = {
    "accuracy": (_all, lambda t, d, _: d == t),
    "zero_one_loss": (_all, lambda t, d, _: d != t),
    "hamming_loss": (_all, lambda t, d, _: d != t),
    "recall": (lambda t, c: t == c, lambda _, d, c: d == c),
    "false_negative_rate": (lambda t, c: t == c, lambda _, d, c: d != c),
    "specificity": (lambda t, c: t != c, lambda _, d, c: d != c),
    "false_positive_rate": (lambda t, c: t != c, lambda _, d, c: d == c),
    "one_against_rest_accuracy": (_all, lambda t, d, c: (d == c) == (t == c)),
    "decided_share": (_all, lambda _, d, c: d == c),
}
"""Shares by the rows that they are of and those that are in them, given true class t, decision d and the class c."""


def _decided(task: Task, pairs: Pairs, place: int) -> tuple[Ints, Ints, Ints, Ints]:
    """True class, decision of a, decision of b, and the rows of each cell; of several labels a row, of one label."""
    if task.kind == "multilabel":
        mine = pairs.places // 8 == place
        cells = pairs.places[mine] % 8
        return cells // 4, cells // 2 % 2, cells % 2, pairs.counts[mine]
    size = len(task)
    return pairs.places // size**2, pairs.places // size % size, pairs.places % size, pairs.counts


def _of_shares(rows: int, only_b: int, only_a: int, confidence: float) -> _Ends:
    """Bonett and Price: with one row more on each side the interval keeps its confidence in small samples."""
    more, less = (only_b + 1) / (rows + 2), (only_a + 1) / (rows + 2)
    reach = normal_quantile(confidence) * math.sqrt((more + less - (more - less) ** 2) / (rows + 2))
    differ = only_a + only_b
    p_value = min(1.0, 2 * float(bdtr(min(only_b, differ - only_b), differ, 0.5)))  # both tails are alike at 1/2
    low, high = max(more - less - reach, -1.0), min(more - less + reach, 1.0)
    return _Ends(low, high, p_value, "Bonett-Price; McNemar's exact test")


def _resampled(task: Task, pairs: Pairs, asked: Asked, draw: np.random.Generator) -> Floats:
    """The difference in resamples of the rows, each drawn as counts by true class and both decisions."""
    several = task.kind == "multilabel"
    size, place = (2, place_of(task, asked.label)) if several else (len(task), 0)
    true, a, b, counts = _decided(task, pairs, place)
    alone = Task.multilabel([task.classes[place]]) if several else task
    draws = DRAWS if len(counts) <= _MANY_CELLS else _DRAWS_OF_MANY
    at_a_time = max(1, min(draws, _CELLS_AT_A_TIME // max(len(counts), size**2)))
    values = []
    for start in range(0, draws, at_a_time):
        drawn = draw.multinomial(counts.sum(), counts / counts.sum(), size=min(at_a_time, draws - start))
        of_a, of_b = (_matrices(drawn, size * true + decided, size) for decided in (a, b))
        if several:
            of_a, of_b = of_a[:, np.newaxis], of_b[:, np.newaxis]
        values.append(of_matrices(alone, of_b, asked) - of_matrices(alone, of_a, asked))
    return np.concatenate(values)


def _matrices(drawn: Ints, cells: Ints, size: int) -> Floats:
    """Confusion matrices `(draws, K, K)` of drawn counts `(draws, m)`, each of the m at its cell."""
    to = csr_array((np.ones(len(cells)), (np.arange(len(cells)), cells)), shape=(len(cells), size**2))
    return np.asarray(drawn @ to).reshape(-1, size, size)


def _quantiles(values: Floats, confidence: float) -> _Ends:
    if np.isnan(values).mean() > 0.5:
        return _none("undefined in most resamples")
    low, high = np.nanquantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return _Ends(float(low), float(high), math.nan, "bootstrap")
