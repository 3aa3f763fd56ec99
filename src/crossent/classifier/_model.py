"""A trained model: the task, the encoder and the blend of members that belong together."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
import torch
from torch import Tensor

from .._errors import DataWarning, InputError
from .._task import Task
from ..calibration import Calibration
from ..data import Column, Encoder, Features, Oddities, Split, Table, batches, describe, typed
from ..decisions import Rule, judge
from ..evaluation import Evaluation
from ..members import Blend, Saved, load_blend, logits_of, saved_blend
from ..training import History
from ._folder import Contents, damaged, read_folder, write_folder
from ._former import blend_of_former, recipe_of_former
from ._recipe import Recipe

Extra = Literal["error", "ignore"]


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """Rows that judged a model.

    Attributes:
        rows: `(n,)` their places in the table that it was fitted on.
        labels: `(n,)` encoded.
        logits: Calibrated, in the shape of the task.
        blend: What judged them: the model's own blend, but of splits by time the one before it was trained anew.
        splits: Of each copy, which of these rows it has not seen, by their places in `rows`; None where none of them
            has seen any.
    """

    rows: Tensor
    labels: Tensor
    logits: Tensor
    blend: Blend
    splits: tuple[Split, ...] | None = None

    def taken(self, places: Tensor) -> JudgedRows:
        """Some of them, by their places in ascending order."""
        splits = None if self.splits is None else tuple(_taken(split, places) for split in self.splits)
        return replace(
            self, rows=self.rows[places], labels=self.labels[places], logits=self.logits[places], splits=splits
        )


@dataclass(frozen=True, eq=False)
class Model:
    """What `fit` returns and `load` reads back.

    Attributes:
        task: The classes and their order.
        target: The column that held the labels.
        encoder: Turns a table's columns into the members' input.
        blend: The members that learned the table, with their weights.
        recipe: How it was trained.
        calibration: What the held-out rows did to the logits; None if it was not asked for.
        rule: How probabilities become decisions.
        metrics: The figures on the rows that judged it, by name.
        rows: How many rows trained, were held out from some copies ("validation"), and did nothing but judge ("test").
        evaluation: The evaluation on the test rows, or on the held-out rows if there are none; None in a model that was
            loaded.
        judged: Those rows themselves, to be looked at; None in a model that was loaded.
    """

    task: Task
    target: Column
    encoder: Encoder
    blend: Blend
    recipe: Recipe
    calibration: Calibration | None
    rule: Rule
    metrics: dict[str, Any]
    rows: dict[str, int]
    evaluation: Evaluation | None = None
    judged: JudgedRows | None = None

    @property
    def history(self) -> History | None:
        """The epochs of the member of most weight that has epochs."""
        parts = [part for part in self.blend.parts if part.history is not None]
        return max(parts, key=lambda part: part.weight).history if parts else None

    def predict(
        self,
        data: Any,
        *,
        threshold: float | None = None,
        calibrated: bool = True,
        keep_columns: bool = False,
        extra: Extra = "error",
    ) -> pl.DataFrame:
        """Decide for each row of a table.

        Args:
            data: Anything that `read` takes; the label column may be absent.
            threshold: The least probability of the positive class that makes a binary decision positive; None to
                decide by the model's own rule.
            calibrated: Apply the calibrator that the validation rows have chosen.
            keep_columns: Put the table's own columns first.
            extra: What to do about columns that were not there at fit time: "error", or "ignore".

        Returns:
            A frame with the column `decision`, and `probability_CLASS` for every class.

        Raises:
            InputError: A column is missing, unknown, or of another type than at fit time.

        Warns:
            DataWarning: Values that were never seen at fit time, with their counts.
        """
        frames = self.predict_batches(
            data, threshold=threshold, calibrated=calibrated, keep_columns=keep_columns, extra=extra
        )
        return pl.concat(list(frames))

    def predict_batches(
        self,
        data: Any,
        *,
        threshold: float | None = None,
        calibrated: bool = True,
        keep_columns: bool = False,
        extra: Extra = "error",
    ) -> Iterator[pl.DataFrame]:
        """Decide for each row of a table of any size, in bounded memory; see `predict`."""
        rule = self.rule if threshold is None else Rule(self.task, threshold)
        for frame, logits in self._logits(data, extra, calibrated):
            result = self._decisions(logits, rule)
            if keep_columns:
                _check_no_clash(frame.columns, result.columns)
                result = frame.hstack(result.get_columns())
            yield result

    def evaluate(
        self, data: Any, *, threshold: float | None = None, calibrated: bool = True, extra: Extra = "error"
    ) -> Evaluation:
        """Judge the model on a labelled table, which holds the target column; see `predict`.

        The decisions that are judged are those that `predict` makes. Where the model abstains, the evaluation has the
        groups "decided" and "undecided", and `decisions.coverage` sums them up; its own figures are of all rows, as if
        each had to be decided.
        """
        rule = self.rule if threshold is None else Rule(self.task, threshold)
        evaluation = Evaluation.empty(self.task, threshold=rule.threshold)
        for _, labels, logits in self.labelled_batches(data, calibrated=calibrated, extra=extra):
            evaluation = judge(rule, labels, logits, evaluation=evaluation)
        return evaluation

    def labelled_batches(
        self, data: Any, *, calibrated: bool = True, extra: Extra = "error"
    ) -> Iterator[tuple[pl.DataFrame, Tensor, Tensor]]:
        """The rows of a labelled table of any size, their encoded labels and their logits; see `predict`.

        Raises:
            InputError: The table lacks the target column or a label.
        """
        first_row = 1
        for frame, logits in self._logits(data, extra, calibrated):
            if self.target.name not in frame.columns:
                raise InputError(
                    f"to be judged, the table must hold the labels in column {self.target.name!r}; "
                    f"it has {', '.join(map(repr, frame.columns))}"
                )
            yield frame, self._labels(frame, first_row), logits
            first_row += len(frame)

    def logits(self, features: Features, *, calibrated: bool = True) -> Tensor:
        """The logits of encoded rows, float64, in the shape of the task.

        Args:
            features: Rows as `encoder` gives them.
            calibrated: Apply the calibrator that the held-out rows have chosen.
        """
        logits = logits_of(self.task, self.blend.log_probabilities(features))
        return self.calibration(logits) if calibrated and self.calibration else logits

    def held_out_logits(self, features: Features, judged: JudgedRows) -> Tensor:
        """The logits of rows that judged it, changed or not, by the copies that have not trained on them.

        Args:
            features: Of `judged.rows`, as `encoder` gives them.
            judged: The rows, or some of them.
        """
        if judged.splits is None:
            made = judged.blend.log_probabilities(features)
        else:
            made = judged.blend.held_out(features, judged.splits)
        logits = logits_of(self.task, made)
        return self.calibration(logits) if self.calibration else logits

    def save(self, path: str | Path, *, overwrite: bool = False, pages: Mapping[str, str] | None = None) -> None:
        """Write the model folder, whole or not at all: `model.safetensors` and JSON, no pickle.

        Args:
            path: The folder; its parents are made.
            overwrite: Replace a model folder that is there.
            pages: Texts for people to put into the folder, by file name: a report.

        Raises:
            InputError: There is something at `path` already, and it is no model folder or `overwrite` is not set.
        """
        blend = saved_blend(self.blend)
        records = {
            "task.json": {"task": self.task.to_dict(), "target": self.target.to_dict()},
            "encoder.json": self.encoder.to_dict(),
            "blend.json": blend.record,
            "recipe.json": asdict(self.recipe),
            "calibration.json": None if self.calibration is None else self.calibration.to_dict(),
            "decision.json": self.rule.to_dict(),
            "metrics.json": {"rows": self.rows, "metrics": self.metrics},
        }
        write_folder(Path(path), Contents(records, blend.weights, blend.texts), pages=pages or {}, overwrite=overwrite)

    def _logits(self, data: Any, extra: Extra, calibrated: bool) -> Iterator[tuple[pl.DataFrame, Tensor]]:
        oddities, first_row = Oddities(), 1
        source = data.frame if isinstance(data, Table) else data
        for frame in batches(source):
            features, odd = self.encoder.encode_counted(
                frame, extra=extra, known=[self.target.name], first_row=first_row
            )
            oddities += odd
            first_row += len(frame)
            yield frame, self.logits(features, calibrated=calibrated)
        if oddities:
            warnings.warn(describe(oddities), DataWarning, stacklevel=4)

    def _labels(self, frame: pl.DataFrame, first_row: int) -> Tensor:
        labels = typed(frame[self.target.name], self.target, first_row=first_row)
        if labels.null_count():
            row = first_row + int(labels.is_null().arg_true()[0])
            raise InputError(f"labels must not be missing; row {row} has none in column {self.target.name!r}")
        return self.task.encode(labels)

    def _decisions(self, logits: Tensor, rule: Rule) -> pl.DataFrame:
        probabilities = self.task.probabilities(logits)
        decisions = rule.decide(probabilities)
        columns = torch.stack([1 - probabilities, probabilities], 1) if self.task.kind == "binary" else probabilities
        classes = pl.Series("decision", self.task.classes)
        named = {f"probability_{name}": columns[:, k].numpy() for k, name in enumerate(self.task.classes)}
        places = pl.Series(decisions.numpy())
        named_decisions = classes.gather(places.set(places < 0, None))  # a row left undecided has no class
        return pl.DataFrame([named_decisions]).hstack(pl.DataFrame(named).get_columns())


def _taken(split: Split, places: Tensor) -> Split:
    return Split(split.training, torch.isin(places, split.validation).nonzero().flatten())


def _check_no_clash(there: Collection[str], added: Collection[str]) -> None:
    clash = [name for name in added if name in there]
    if clash:
        raise InputError(f"the table has a column {clash[0]!r} already: rename it, or do not keep the table's columns")


def load(path: str | Path) -> Model:
    """Read the model folder that `Model.save` or `crossent fit` wrote.

    Nothing in the folder is code, so one from a stranger can be opened; every file's checksum is compared.

    Raises:
        InputError: The folder is not there, no model's, damaged, or written by a newer crossent.
    """
    folder = Path(path)
    contents = read_folder(folder)
    records = contents.records
    try:
        task = Task.from_dict(records["task.json"]["task"])
        encoder = Encoder.from_dict(records["encoder.json"])
        if "blend.json" in records:
            blend = load_blend(task, Saved(records["blend.json"], contents.weights, contents.texts))
            recipe = Recipe.of(records["recipe.json"])
        else:
            blend = blend_of_former(task, contents)
            recipe = recipe_of_former(records["recipe.json"])
        calibration = records.get("calibration.json")  # folders of format 1 have none
        model = Model(
            task=task,
            target=Column.from_dict(records["task.json"]["target"]),
            encoder=encoder,
            blend=blend,
            recipe=recipe,
            calibration=None if calibration is None else Calibration.from_dict(task, calibration),
            rule=Rule.from_dict(task, records["decision.json"]) if "decision.json" in records else Rule(task),
            metrics=records["metrics.json"]["metrics"],
            rows=records["metrics.json"]["rows"],
        )
        _check_fit(model)
    except (LookupError, TypeError, ValueError, ArithmeticError, RuntimeError, AttributeError) as error:
        raise damaged(folder, str(error).splitlines()[0]) from None
    return model


def _check_fit(model: Model) -> None:
    """The encoder, the members and the task belong together if a row passes through all of them."""
    encoder = model.encoder
    codes = torch.zeros(1, encoder.codes, dtype=torch.int32)
    for part in encoder.layout.codes:
        codes[:, part.start] = part.first  # a missing value; 0, the padding, is for the words of a text
    row = Features(torch.zeros(1, encoder.width), codes)
    made = model.blend.log_probabilities(row)
    if made.shape != (1, len(model.task)) or not made.isfinite().all():
        raise InputError(
            f"a row of {encoder.width} numbers and {encoder.codes} codes does not pass through the members"
        )
