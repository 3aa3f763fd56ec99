"""What `crossent fit` writes for people beside a model: its report, its card, its epochs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import crossent

if TYPE_CHECKING:
    from crossent import Evaluation, Explanation, Model, Table
    from crossent.data import Column

HISTORY = "history.jsonl"

_QUICK_PREDICTIONS, _QUICK_REPEATS = 50_000, 2
_QUICK_ROWS, _FEWEST_ROWS = 1000, 100


def judged(model: Model) -> Evaluation:
    """The evaluation that a model has from `fit`, and lacks only when it was loaded."""
    if model.evaluation is None:
        raise ValueError("this model was loaded, not fitted")
    return model.evaluation


def pages_of(model: Model, table: Table, folder: Path, *, explain: bool) -> dict[str, str]:
    """The report and the model card, by the names of their files."""
    from ._inspect import inspected  # imports torch

    title, facts = f"{folder.stem}: {model.target.name}", _facts(model, table)
    slices, suspects = inspected(model, table)
    page = crossent.report.html(
        judged(model),
        title=title,
        history=model.history,
        facts=facts,
        columns=_columns(model, table),
        members=members_of(model),
        costs=model.rule.costs,
        model=shlex.quote(str(folder)),
        slices=slices,
        suspects=suspects,
        explanation=_explanation(model, table, curves=explain),
    )
    card = crossent.report.model_card(judged(model), title=title, history=model.history, facts=facts, slices=slices)
    return {"report.html": page, "card.md": card, HISTORY: _history(model)}


def _explanation(model: Model, table: Table, *, curves: bool) -> Explanation | None:
    """What the model goes by on the rows that judged it; without curves, what a second or two can find of that."""
    if curves:
        return crossent.explain(model, table, held_out=True)
    rows = min(_QUICK_PREDICTIONS // (_QUICK_REPEATS * len(model.encoder.columns)), _QUICK_ROWS)
    if rows < _FEWEST_ROWS:
        return None
    return crossent.explain(model, table, held_out=True, rows=rows, repeats=_QUICK_REPEATS, columns=())


def _history(model: Model) -> str:
    """The epochs of each member that has epochs, a line of JSON each; without speeds, which no two trainings share."""
    records = [
        {"member": part.name, **asdict(record)}
        for part in model.blend.parts
        if part.history is not None
        for record in part.history.epochs
    ]
    lines = [{name: value for name, value in record.items() if name != "rows_per_second"} for record in records]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def members_of(model: Model) -> list[crossent.report.MemberFacts]:
    """What the model is a blend of."""
    return [
        crossent.report.MemberFacts(
            part.name,
            part.weight,
            part.log_loss,
            part.behind,
            part.error,
            _chosen(part.chosen),
        )
        for part in model.blend.parts
    ]


def columns_of(model: Model, table: Table) -> list[Column]:
    """The columns as the model took them: one that says how to treat a row is not learned from."""
    aside = {column.name: column for column in model.encoder.aside}
    return [aside.get(column.name, column) for column in table.columns if column.name != model.target.name]


def _chosen(facts: Mapping[str, Any]) -> str:
    shown = {name: value for name, value in facts.items() if name != "loss"}  # which stands beside it
    return ", ".join(
        f"{value:.3g} {name}" if isinstance(value, float) else f"{value} {name}" for name, value in shown.items()
    )


def _columns(model: Model, table: Table) -> list[crossent.report.ColumnFacts]:
    """What each column but the target was taken to be."""
    return [
        crossent.report.ColumnFacts(
            column.name,
            column.kind,
            missing=table.frame[column.name].null_count() / max(len(table), 1),
            note=column.note or ("set aside" if column.kind in ("identifier", "constant") else ""),
        )
        for column in columns_of(model, table)
    ]


def _facts(model: Model, table: Table) -> dict[str, str]:
    from ._show import decided_by, rows_of  # imports crossent.evaluation

    columns = columns_of(model, table)
    aside = [f"{c.name} ({c.note or c.kind})" for c in columns if c.kind in ("identifier", "constant")]
    return {
        "Rows": f"{len(table):,}: {rows_of(model)}",
        "Columns used": f"{len(columns) - len(aside):,}",
        "Set aside": ", ".join(aside) or "none",
        "Model": ", ".join(f"{part.name} {part.weight:.0%}" for part in model.blend.parts if part.weight),
        "Log odds of their mean": f"times {model.blend.slope:.3g}",
        "Quality": model.recipe.quality,
        "Class weight": _class_weight(model),
        "Calibration": model.calibration.reason if model.calibration else "none: not asked for",
        "Decision": decided_by(model.rule),
        "Seed": str(model.recipe.seed),
    }


def _class_weight(model: Model) -> str:
    weights = model.blend.class_weight
    if weights is None:
        return "none"
    return ", ".join(f"{name} {weight:.3g}" for name, weight in zip(model.task.classes, weights, strict=True))
