"""Judging: from scores beside labels, from a model, or from evaluations that were saved, to what there is to show."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._errors import DataWarning, InputError
from ..decisions import Rule, choose_threshold, coverage
from ..evaluation import Evaluation, expected_cost
from ._costs import Costs
from ._progress import RowsBar
from ._scored import ScoredTable


@dataclass(frozen=True, eq=False)
class Judgement:
    """An evaluation with what was decided by, where that is known.

    unlabelled: rows without a label, which are not in it. files: the rows of each evaluation that was merged.
    """

    evaluation: Evaluation
    rule: Rule | None = None
    unlabelled: int = 0
    files: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The figures, and what they depend on, for machines."""
        record = self.evaluation.compute().to_dict() | {"unlabelled": self.unlabelled}
        if self.rule is not None:
            record["decision"] = self.rule.to_dict()
            if self.rule.costs is not None:
                record["expected_cost"] = expected_cost(self.evaluation, self.rule.costs).value
            if self.rule.abstain_below:
                found = coverage(self.evaluation)
                record |= {"coverage": found.coverage, "risk": None if found.risk != found.risk else found.risk}
        if self.files:
            record["files"] = self.files
        groups = {
            str(name): {"rows": each.rows, "lacking": each.lacking} if each.lacking else each.compute().to_dict()
            for name, each in self.evaluation.groups.items()
        }
        return record | ({"groups": groups} if groups else {})


def judge(
    table: ScoredTable, *, threshold: float | str | None, costs: Costs | None, exact: bool, bar: RowsBar
) -> Judgement:
    """Judge scores; a goal takes one pass to choose its threshold and another to judge it."""
    task = table.task
    if isinstance(threshold, str):
        if task.kind != "binary":
            raise InputError(
                f"a goal such as {threshold} chooses a threshold between two classes; there are {len(task)}: "
                "decide by least cost with --cost FILE, or leave --threshold out"
            )
        if costs is not None:
            raise InputError(f"give a threshold or costs; got {threshold!r} and costs")
        choice = choose_threshold(read(table, Evaluation.empty(task, exact=exact), bar)[0], threshold)
        rule = Rule.of(task, threshold=choice.threshold, choice=choice)
        warnings.warn(
            f"these rows have chosen the threshold {choice.threshold}: its figures on them are a little too good",
            DataWarning,
            stacklevel=2,
        )
    else:
        rule = Rule.of(task, threshold=0.5 if threshold is None else threshold, costs=costs)
    evaluation, unlabelled = read(table, Evaluation.empty(task, threshold=rule.threshold, exact=exact), bar, rule)
    return Judgement(evaluation, rule, unlabelled)


def read(table: ScoredTable, evaluation: Evaluation, bar: RowsBar, rule: Rule | None = None) -> tuple[Evaluation, int]:
    """Add all rows to an evaluation, and count those without a label."""
    decide = None
    if rule is not None and rule.costs is not None and rule.task.kind == "multiclass":
        decide = rule.forced
    unlabelled = 0
    for part in table.parts(bar):
        try:
            evaluation = table.columns.update(evaluation, part.frame, decide=decide)
        except InputError as error:  # it counts rows from the first of this part
            raise InputError(str(error) if part.first == 1 else f"{error} (from row {part.first:,} on)") from None
        unlabelled += part.unlabelled
    return evaluation, unlabelled


def merge(paths: list[str]) -> Judgement:
    """Merge evaluations that were saved."""
    (_, merged), *others = loaded = [(path, Evaluation.load(path)) for path in _once(paths)]
    for path, evaluation in others:
        merged = _joined(merged, evaluation, f"{path} does not merge with {paths[0]}")
    return Judgement(merged, files={path: evaluation.rows for path, evaluation in loaded})


def _joined(one: Evaluation, other: Evaluation, what: str) -> Evaluation:
    try:
        return one.merge(other)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def _once(paths: list[str]) -> list[str]:
    """Rows that are counted twice would be worth two."""
    resolved = [Path(path).resolve() for path in paths]
    twice = [path for path, place in zip(paths, resolved, strict=True) if resolved.count(place) > 1]
    if twice:
        raise InputError(f"each evaluation is to be counted once; {twice[0]} is named twice")
    return paths
