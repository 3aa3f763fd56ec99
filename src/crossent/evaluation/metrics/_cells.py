"""One class against all others: hits, false alarms, misses and the rest, and every share that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._task import Task
from ..state._exact import Floats


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of each class, `(..., K)`: float64 whatever is counted, so that a product cannot overflow."""

    hits: Floats
    alarms: Floats
    misses: Floats
    rest: Floats

    @property
    def support(self) -> Floats:
        """Rows that are of the class."""
        return self.hits + self.misses

    def taken(self, places: Sequence[int]) -> Cells:
        """Those of some of the classes."""
        return Cells(*(each[..., places] for each in (self.hits, self.alarms, self.misses, self.rest)))

    def pooled(self) -> Cells:
        """The classes' cells added up, `(..., 1)`, as the micro average takes them."""
        return Cells(*(each.sum(axis=-1, keepdims=True) for each in (self.hits, self.alarms, self.misses, self.rest)))


def cells_of(matrices: npt.NDArray[np.int64 | np.float64]) -> Cells:
    """The cells of confusion matrices `(..., K, K)`, each class against all others."""
    counts = np.asarray(matrices, dtype=np.float64)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    decided, support = counts.sum(axis=-2), counts.sum(axis=-1)
    total = counts.sum(axis=(-2, -1))[..., np.newaxis]
    return Cells(hits, decided - hits, support - hits, total - decided - support + hits)


def label_cells_of(matrices: npt.NDArray[np.int64 | np.float64]) -> Cells:
    """The cells of a 2 x 2 matrix a label, `(..., K, 2, 2)`."""
    counts = np.asarray(matrices, dtype=np.float64)
    return Cells(counts[..., 1, 1], counts[..., 0, 1], counts[..., 1, 0], counts[..., 0, 0])


def class_cells(task: Task, matrices: npt.NDArray[np.int64 | np.float64]) -> Cells:
    """The cells of each class against all others, of confusion matrices as the task has them."""
    return label_cells_of(matrices) if task.kind == "multilabel" else cells_of(matrices)


Share = Callable[[Cells, float], tuple[Floats, Floats]]
"""Numerator and denominator, by the cells and beta."""

SHARES: dict[str, tuple[Share, str]] = {
    "precision": (lambda c, _: (c.hits, c.hits + c.alarms), "no row was decided as {}"),
    "recall": (lambda c, _: (c.hits, c.support), "no row is {}"),
    "specificity": (lambda c, _: (c.rest, c.rest + c.alarms), "every row is {}"),
    "negative_predictive_value": (lambda c, _: (c.rest, c.rest + c.misses), "every row was decided as {}"),
    "false_positive_rate": (lambda c, _: (c.alarms, c.rest + c.alarms), "every row is {}"),
    "false_negative_rate": (lambda c, _: (c.misses, c.support), "no row is {}"),
    "false_discovery_rate": (lambda c, _: (c.alarms, c.hits + c.alarms), "no row was decided as {}"),
    "false_omission_rate": (lambda c, _: (c.misses, c.rest + c.misses), "every row was decided as {}"),
    "f_score": (
        lambda c, beta: (
            (1 + beta**2) * c.hits,
            (1 + beta**2) * c.hits + beta**2 * c.misses + c.alarms,
        ),
        "no row is {} or was decided so",
    ),
    "jaccard": (lambda c, _: (c.hits, c.hits + c.alarms + c.misses), "no row is {} or was decided so"),
    "one_against_rest_accuracy": (lambda c, _: (c.hits + c.rest, c.support + c.alarms + c.rest), "there are no rows"),
    "prevalence": (lambda c, _: (c.support, c.support + c.alarms + c.rest), "there are no rows"),
    "decided_share": (lambda c, _: (c.hits + c.alarms, c.support + c.alarms + c.rest), "there are no rows"),
}
"""Each with what its denominator lacks where it is 0. The share is then 0, as scikit-learn's with `zero_division=0`."""

PROPORTIONS = frozenset(SHARES) - {"f_score", "jaccard"}
"""Shares of a fixed set of rows, to which Wilson's interval applies; of the others the denominator varies too."""


def _positive_likelihood(c: Cells, _: float) -> tuple[Floats, Floats]:
    return c.hits * (c.rest + c.alarms), c.alarms * c.support


def _negative_likelihood(c: Cells, _: float) -> tuple[Floats, Floats]:
    return c.misses * (c.rest + c.alarms), c.rest * c.support


def _odds_ratio(c: Cells, _: float) -> tuple[Floats, Floats]:
    return c.hits * c.rest, c.alarms * c.misses


RATIOS: dict[str, tuple[Share, str]] = {
    "positive_likelihood_ratio": (_positive_likelihood, "no row is {} or there is no false alarm"),
    "negative_likelihood_ratio": (_negative_likelihood, "no row is {} or none of the others was decided so"),
    "diagnostic_odds_ratio": (_odds_ratio, "there is no false alarm or no miss"),
}
"""Without an upper end; undefined (NaN) where the denominator is 0."""


_DOMINANCE = 0.1
"""How much the index of balanced accuracy makes of recall being above specificity."""


def of_cells(cells: Cells, name: str, beta: float) -> Floats:
    """A figure of each class, `(..., K)`."""
    match name:
        case "g_mean":  # Kubat and Matwin, 1997
            return np.sqrt(of_cells(cells, "recall", 1) * of_cells(cells, "specificity", 1))
        case "informedness":  # Youden's J, 1950
            return of_cells(cells, "recall", 1) + of_cells(cells, "specificity", 1) - 1
        case "markedness":
            return of_cells(cells, "precision", 1) + of_cells(cells, "negative_predictive_value", 1) - 1
        case "phi_coefficient":  # Matthews' correlation of one class against all others
            sides = (cells.support, cells.rest + cells.alarms, cells.hits + cells.alarms, cells.rest + cells.misses)
            spread = np.sqrt(sides[0]) * np.sqrt(sides[1]) * np.sqrt(sides[2]) * np.sqrt(sides[3])
            covariance = cells.hits * cells.rest - cells.alarms * cells.misses
            return np.where(spread == 0, 0.0, covariance / np.where(spread == 0, 1, spread))
        case "index_of_balanced_accuracy":  # Garcia, Mollineda and Sanchez, 2009
            recall, specificity = of_cells(cells, "recall", 1), of_cells(cells, "specificity", 1)
            return (1 + _DOMINANCE * (recall - specificity)) * recall * specificity
    share, _ = (SHARES | RATIOS)[name]
    above, below = share(cells, beta)
    empty = below == 0
    return np.where(empty, np.nan if name in RATIOS else 0.0, above / np.where(empty, 1, below))


COMPOSED = {
    "g_mean": ("recall", "specificity"),
    "index_of_balanced_accuracy": ("recall", "specificity"),
    "informedness": ("recall", "specificity"),
    "phi_coefficient": ("recall", "specificity", "precision", "negative_predictive_value"),
    "markedness": ("precision", "negative_predictive_value"),
}
"""Figures made of several shares, each of which must be defined."""

CLASS_FIGURES = (*SHARES, *RATIOS, *COMPOSED)


def empty_reason(cells: Cells, name: str, beta: float, label: str) -> str:
    """Why a class's figure is not what its formula says; "" where it is. The cells are of that class, `(1,)`."""
    if name in COMPOSED:
        return "; ".join(filter(None, (empty_reason(cells, each, beta, label) for each in COMPOSED[name])))
    share, lacks = (SHARES | RATIOS)[name]
    if share(cells, beta)[1].item() != 0:
        return ""
    return f"{'undefined' if name in RATIOS else 'set to 0'}: {lacks.format(label)}"
