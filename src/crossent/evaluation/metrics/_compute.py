"""From the state to Metrics: each figure by its own short function, put together here."""

from __future__ import annotations

import numpy as np
import torch

from ..._task import Task
from ..state._exact import Amounts, Floats
from ..state._order import Scale
from ..state._ranked_probability import RANKED, ranked_score_of_shares
from ..state._state import State
from ._agreement import quadratic_kappa
from ._confusion import (
    Counts,
    balanced_accuracy,
    counts_of,
    matthews_correlation,
    mean,
    pooled,
    precision_recall_f1,
    ratio,
)
from ._metrics import Average, ClassScores, Majority, Metrics
from ._ranking import average_precision, rankings, roc_auc
from ._reasons import reasons_of


def metrics_of(task: Task, threshold: float | tuple[float, ...], state: State, scale: Scale) -> Metrics:
    """All figures of the rows in this state."""
    confusion = torch.from_numpy(state.confusion.amounts)
    counts = counts_of(confusion)
    ranked = [(*roc_auc(each), *average_precision(each)) for each in rankings(task, state, scale)]
    auc, auc_half, precision, precision_half = (np.array(column) for column in zip(*ranked, strict=True))
    single = task.kind != "multilabel"
    return Metrics(
        task=task,
        rows=state.rows,
        ignored=state.ignored,
        weight=state.weight,
        threshold=None if task.kind == "multiclass" else threshold,
        log_loss=state.mean("log_loss"),
        brier=state.mean("brier"),
        accuracy=float(counts.hits.sum() / state.weight) if single else state.mean("exact_match"),
        balanced_accuracy=balanced_accuracy(counts) if single else float("nan"),
        matthews_correlation=matthews_correlation(confusion) if single else float("nan"),
        roc_auc=float(auc[1]) if task.kind == "binary" else _defined_mean(auc),
        average_precision=float(precision[1]) if task.kind == "binary" else _defined_mean(precision),
        per_class=_per_class(task, counts, auc, precision),
        macro=_average(counts, auc, precision, weights=None),
        micro=_micro(counts),
        weighted=_average(counts, auc, precision, weights=counts.support),
        samples=None if single else _samples(state, counts),
        confusion_matrix=confusion,
        majority=_majority(task, counts) if single else None,
        half_widths=_half_widths(
            task, counts, {"roc_auc": (auc, auc_half), "average_precision": (precision, precision_half)}
        ),
        reasons=reasons_of(task, counts, confusion, state),
        ranked_probability_score=_ranked(state) if task.ordered else None,
        quadratic_kappa=float(quadratic_kappa(confusion.double().numpy())) if task.ordered else None,
    )


def _ranked(state: State) -> float:
    """NaN where it was not kept when the state was saved."""
    return state.mean(RANKED) if RANKED in state.sums else float("nan")


def _per_class(task: Task, counts: Counts, auc: Floats, precision: Floats) -> tuple[ClassScores, ...]:
    columns = (*precision_recall_f1(counts), counts.support, auc, precision)
    return tuple(
        ClassScores(label, float(p), float(r), float(f1), n.item(), float(area), float(average))
        for label, p, r, f1, n, area, average in zip(task.classes, *columns, strict=True)
    )


def _average(counts: Counts, auc: Floats, precision: Floats, weights: Amounts | None) -> Average:
    p, r, f1 = (mean(values, weights) for values in precision_recall_f1(counts))
    return Average(
        p, r, f1, counts.support.sum().item(), _defined_mean(auc, weights), _defined_mean(precision, weights)
    )


def _micro(counts: Counts) -> Average:
    p, r, f1 = (float(values[0]) for values in precision_recall_f1(pooled(counts)))
    return Average(p, r, f1, counts.support.sum().item())


def _samples(state: State, counts: Counts) -> Average:
    p, r, f1 = (state.mean(f"samples_{name}") for name in ("precision", "recall", "f1"))
    return Average(p, r, f1, counts.support.sum().item())


def _half_widths(task: Task, counts: Counts, ranked: dict[str, tuple[Floats, Floats]]) -> dict[str, float]:
    """What the figures that are not exact may be off by, by their path in `Metrics.to_dict()`."""
    widths: dict[str, float] = {}
    for name, (values, half) in ranked.items():
        if not half.any():
            continue
        mine = np.where(np.isnan(values), np.nan, half)
        widths[name] = float(half[1]) if task.kind == "binary" else _defined_mean(mine)
        widths[f"macro.{name}"] = _defined_mean(mine)
        widths[f"weighted.{name}"] = _defined_mean(mine, counts.support)
        for label, width in zip(task.classes, half.tolist(), strict=True):
            widths[f"per_class.{label}.{name}"] = width
    return {path: width for path, width in widths.items() if width > 0}


def _defined_mean(values: Floats, weights: Amounts | None = None) -> float:
    """The mean over the classes for which the figure is defined; NaN if there is none."""
    defined = ~np.isnan(values)
    if not defined.any():
        return float("nan")
    return mean(values[defined], None if weights is None else weights[defined])


def _majority(task: Task, counts: Counts) -> Majority:
    """Score the majority class as the decision of all rows, and the classes' shares as the probabilities of all."""
    rows = counts.support.sum().item()
    place = int(counts.support.argmax())
    hits, decided = np.zeros_like(counts.support), np.zeros_like(counts.support)
    hits[place], decided[place] = counts.support[place], rows
    constant = Counts(hits, decided, counts.support)
    shares = ratio(counts.support, rows)
    present = shares[shares > 0]
    gini = 1 - float(np.square(shares).sum())
    p, r, f1 = (mean(values) for values in precision_recall_f1(constant))
    return Majority(
        label=task.classes[place],
        accuracy=float(shares[place]),
        balanced_accuracy=balanced_accuracy(constant),
        log_loss=-float((present * np.log(present)).sum()) + 0.0,
        brier=gini / 2 if len(task) == 2 else gini,
        macro=Average(p, r, f1, rows),
        ranked_probability_score=ranked_score_of_shares(shares) if task.ordered else None,
    )
