"""Why a figure is undefined, in words: everything follows from the counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ..._labels import Label
from ..._task import Task
from ..state._exact import as_float
from ..state._ranked_probability import RANKED
from ..state._state import State
from ._confusion import Counts

NOT_KEPT = "undefined: it was not kept when this was saved"
_SHOWN = 5


def reasons_of(task: Task, counts: Counts, confusion: Tensor, state: State) -> dict[str, str]:
    """For each undefined figure, by its path in `Metrics.to_dict()`, the reason and the value that stands for it."""
    reasons = dict(_of_classes(task, counts, state.weight))
    reasons.update(_of_rankings(task, counts, state.weight))
    reasons.update(_of_samples(state) if task.kind == "multilabel" else _of_decisions(task, counts, confusion))
    if task.ordered:
        reasons.update(_of_ordered(confusion, state))
    return reasons


def _of_classes(task: Task, counts: Counts, rows: float) -> Iterator[tuple[str, str]]:
    for name, decided, support in zip(task.classes, counts.decided.tolist(), counts.support.tolist(), strict=True):
        path = f"per_class.{name}"
        if not decided:
            yield f"{path}.precision", f"set to 0: no row was decided as {name!r}"
        if not support:
            yield f"{path}.recall", f"set to 0: no row is {name!r}"
            yield f"{path}.average_precision", f"undefined: no row is {name!r}"
        if not decided and not support:
            yield f"{path}.f1", f"set to 0: no row is {name!r} or was decided so"
        if support in (0, rows):
            which = "no row" if not support else "every row"
            yield f"{path}.roc_auc", f"undefined: {which} is {name!r}, so there are no pairs to rank"


def _of_rankings(task: Task, counts: Counts, rows: float) -> Iterator[tuple[str, str]]:
    absent = [name for name, n in zip(task.classes, counts.support.tolist(), strict=True) if n == 0]
    one_sided = [name for name, n in zip(task.classes, counts.support.tolist(), strict=True) if n in (0, rows)]
    for figure, left_out in (("roc_auc", one_sided), ("average_precision", absent)):
        if not left_out:
            continue
        if task.kind == "binary" and (figure == "roc_auc" or task.positive in left_out):
            yield figure, f"undefined: {'no' if counts.support[1] == 0 else 'every'} row is {task.positive!r}"
        text = (
            "undefined: no class has it"
            if len(left_out) == len(task)
            else f"leaves out {listed(left_out)}: undefined there"
        )
        paths = ("macro", "weighted") if task.kind == "binary" else ("", "macro", "weighted")
        yield from ((f"{path}.{figure}" if path else figure, text) for path in paths)


def _of_decisions(task: Task, counts: Counts, confusion: Tensor) -> Iterator[tuple[str, str]]:
    absent = [name for name, n in zip(task.classes, counts.support.tolist(), strict=True) if n == 0]
    if absent:
        yield "balanced_accuracy", f"leaves out {listed(absent)}: no row is of that class"
    for axis, what in ((1, "labels"), (0, "decisions")):
        if int(torch.count_nonzero(confusion.sum(axis))) == 1:
            yield "matthews_correlation", f"set to 0: all {what} are one class"


def _of_ordered(confusion: Tensor, state: State) -> Iterator[tuple[str, str]]:
    if RANKED not in state.sums:
        yield RANKED, NOT_KEPT
    if int(torch.count_nonzero(confusion.sum(0) + confusion.sum(1))) == 1:
        yield "quadratic_kappa", "set to 0: all labels and decisions are one class"


def _of_samples(state: State) -> Iterator[tuple[str, str]]:
    for figure in ("balanced_accuracy", "matthews_correlation"):
        yield figure, "not defined for several labels a row; see per_class"
    for figure, name, what in (("precision", "decision", "decided label"), ("recall", "label", "label")):
        count = int(as_float(state.sums[f"without_{name}"]))
        if count:
            yield f"samples.{figure}", f"counts {count} of {state.rows} rows as 0: they have no {what}"
        if count == state.rows:
            yield f"micro.{figure}", f"set to 0: no row has a {what}"


def listed(names: Sequence[Label]) -> str:
    """A few of these names."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + more
