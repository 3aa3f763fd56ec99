"""A calibrator that was fitted on a file of scores, kept with the columns that it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl
import torch
from torch import Tensor

from .._errors import InputError
from .._files import write_whole
from .._task import Task
from ..calibration import Calibration, Method, calibrate, logits_of
from ..data import batches
from ..evaluation import ScoredColumns
from ._progress import RowsBar
from ._scored import ROWS, ScoredTable, as_numbers

_FORMAT, _VERSION = "crossent calibrator", 1


@dataclass(frozen=True, eq=False)
class FileCalibrator:
    """A calibration, and the columns of scores that it was fitted on and is applied to."""

    task: Task
    columns: ScoredColumns
    calibration: Calibration

    @classmethod
    def fit(cls, table: ScoredTable, *, method: str, seed: int, bar: RowsBar) -> FileCalibrator:
        """Fit on all rows of a table, whose scores are held in memory."""
        task, columns = table.task, table.columns
        labels: list[Tensor] = []
        logits: list[Tensor] = []
        weights: list[pl.Series] = []
        for part in table.parts(bar):
            labels.append(task.encode(part.frame[columns.label]))
            logits.append(_logits(task, columns, part.frame))
            if columns.weight is not None:
                weights.append(part.frame[columns.weight])
        found = calibrate(
            task,
            torch.cat(logits),
            torch.cat(labels),
            method=_named(method),
            weights=pl.concat(weights).to_numpy() if weights else None,
            seed=seed,
        )
        return cls(task, columns, found)

    def frames(self, sources: list[str], bar: RowsBar) -> Iterator[pl.DataFrame]:
        """All columns of some files as they stand, and the calibrated probability of every class beside them."""
        first = 1
        bar.start(None, "writing")
        for raw in batches(sources, rows=ROWS):
            added = self._probabilities(raw, first)
            clash = [name for name in added.columns if name in raw.columns]
            if clash:
                raise InputError(f"the table has a column {clash[0]!r} already: rename it, or leave it out")
            yield raw.hstack(added.get_columns())
            bar.step(len(raw))
            first += len(raw)

    def _probabilities(self, raw: pl.DataFrame, first: int) -> pl.DataFrame:
        missing = [name for name in self.columns.scores if name not in raw.columns]
        if missing:
            raise InputError(f"the calibrator is for the column {missing[0]!r}, which the table lacks")
        frame = raw.select(as_numbers(raw[name], first) for name in self.columns.scores)
        made = self.task.probabilities(self.calibration(_logits(self.task, self.columns, frame)))
        every = torch.stack([1 - made, made], dim=1) if self.task.kind == "binary" else made
        return pl.DataFrame({f"calibrated_{name}": every[:, k].numpy() for k, name in enumerate(self.task.classes)})

    def save(self, path: Path) -> None:
        """Write a file of JSON, whole or not at all."""
        columns = {"label": self.columns.label, "probability": self.columns.probability, "logit": self.columns.logit}
        record = {"format": _FORMAT, "version": _VERSION, "task": self.task.to_dict(), "columns": columns}
        text = json.dumps(record | {"calibration": self.calibration.to_dict()}, ensure_ascii=False, indent=1)
        write_whole(path, text + "\n")

    @classmethod
    def load(cls, path: Path) -> FileCalibrator:
        """Read what `save` wrote."""
        record = _record(path)
        try:
            task = Task.from_dict(record["task"])
            named = record["columns"]
            columns = ScoredColumns(str(named["label"]), tuple(named["probability"]), tuple(named["logit"]))
            return cls(task, columns, Calibration.from_dict(task, record["calibration"]))
        except (KeyError, TypeError, AttributeError, InputError) as error:
            raise InputError(f"{path} is damaged ({error}): restore it, or fit it again") from None

    def on(self, probability: list[str] | None, logit: list[str] | None) -> FileCalibrator:
        """The same for other columns, where they are named: as many, and of the same kind."""
        if not (probability or logit):
            return self
        columns = ScoredColumns(self.columns.label, tuple(probability or ()), tuple(logit or ()))
        if columns.scale != self.columns.scale or len(columns.scores) != len(self.columns.scores):
            raise InputError(
                f"the calibrator is for {len(self.columns.scores)} columns of {self.columns.scale}; "
                f"got {len(columns.scores)} of {columns.scale}"
            )
        return replace(self, columns=columns)


def _record(path: Path) -> dict[str, Any]:
    """What stands in the file, if it is one of ours and of a version that is known."""
    try:
        record = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise InputError(f"{path} must be a calibrator that crossent calibrate --save wrote; it is another file")
    if record.get("version") != _VERSION:
        raise InputError(
            f"{path} must be of version {_VERSION}; it is of {record.get('version')}: read it with a newer crossent"
        )
    return record


def _named(method: str) -> Method | Literal["auto"]:
    names: tuple[Method | Literal["auto"], ...] = ("auto", *get_args(Method))
    for name in names:
        if name == method:
            return name
    raise InputError(f"the method must be one of {', '.join(names)}; got {method!r}")


def _logits(task: Task, columns: ScoredColumns, frame: pl.DataFrame) -> Tensor:
    scores = columns.tensor(task, frame).double()
    return scores if columns.scale == "logits" else logits_of(task, scores)
