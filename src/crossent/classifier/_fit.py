"""From a labelled table to a trained model, from top to bottom."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl
import torch
from torch import Tensor, nn

from .._errors import DataWarning, InputError
from .._labels import Label, as_series, class_named, in_type_of, shown_names
from .._task import Task
from ..calibration import Calibration, calibrate
from ..data import Encoder, Kind, Table, read, stratified_split
from ..decisions import Goal, Rule, choose_threshold, judge
from ..evaluation import Evaluation
from ..functional import class_weights
from ..models import Architecture
from ..training import Examples, Watch, make_optimizer, predict_logits, train
from ._model import JudgedRows, Model
from ._recipe import Recipe

Device = Literal["auto", "cpu", "cuda"]


def fit(
    data: Any,
    *,
    target: str,
    positive: str | int | bool | None = None,
    classes: Sequence[str | int | bool] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    drop_unlabelled: bool = False,
    threshold: float | str = 0.5,
    confidence: float | None = None,
    costs: Any = None,
    abstain_below: float = 0.0,
    device: Device = "auto",
    watch: Watch | None = None,
    **recipe: Any,
) -> Model:
    """Train a classifier on a labelled table.

    The rows are split three ways, each class in proportion: the training rows teach, the validation rows choose the
    epoch and calibrate the logits, and the test rows, which neither has seen, judge the model. What the encoder knows
    of the table (medians, levels of categories) it has from the training rows alone.

    Args:
        data: Anything that `read` takes, or the `Table` that it returned.
        target: The column that holds the labels.
        positive: The class that a high probability stands for, if there are two; see `Task.infer`.
        classes: The class names, where they are not simply the labels that occur: some look like missing labels ("NA"),
            differ only in case, or have no row. Two are binary, the second positive unless `positive` says otherwise.
        kinds: Kinds of columns, where the inferred ones are wrong: `{"zip": "category"}`.
        drop_unlabelled: Leave rows without a label out, instead of refusing the table.
        threshold: The probability from which on a row is decided for the positive class; or a goal, for which the
            validation rows choose it: "metric:f1", "precision>=0.9" and the others of `choose_threshold`.
        confidence: For a goal with a limit: such as 0.95, to keep the limit on rows to come with this probability. Half
            of the validation rows then choose the threshold and do nothing else, for rows that have also chosen the
            epoch prove nothing.
        costs: What decisions cost, by true class and decision, as `expected_costs` takes them: decide by least cost.
        abstain_below: Leave rows undecided whose most probable class is less probable than this.
        device: "cpu", "cuda", or "auto" for a GPU where there is one.
        watch: Told how the training goes.
        **recipe: Any field of `Recipe`: `epochs=20`, `class_weight="balanced"`, `seed=7`.

    Returns:
        The model, with its `history`, its `evaluation` on the test rows (on the validation rows if `test_share=0`) and
        that evaluation's `metrics`.

    Raises:
        InputError: The table, the labels or an option break a rule; nothing has been written.

    Warns:
        DataWarning: No threshold reaches the goal on the validation rows; the model then decides at 0.5.

    Example:
        >>> from crossent import fit
        >>> table = {"hours": [float(i % 9) for i in range(90)], "passed": ["no", "yes", "yes"] * 30}
        >>> model = fit(table, target="passed", epochs=3)
        >>> model.predict({"hours": [1.0, 8.0]}).columns
        ['decision', 'probability_no', 'probability_yes']
    """
    choices = Recipe.of(recipe)
    place = _device(device)
    table = _table(data, target, kinds)
    frame = _labelled(table.frame, target, drop=drop_unlabelled)
    task = _task(frame[target], classes, positive)
    labels = task.encode(frame[target])
    given = _given_rule(task, threshold, costs, confidence, abstain_below)

    generator = torch.Generator().manual_seed(choices.seed)
    training_rows, validation_rows, test_rows = _split(labels, choices, generator)
    choosing_rows = validation_rows
    if confidence is not None:
        kept, apart = stratified_split(labels[validation_rows], 0.5, generator=generator)
        validation_rows, choosing_rows = validation_rows[kept], validation_rows[apart]
    columns = [column for column in table.columns if column.name != target]
    encoder = Encoder.fit(frame[training_rows.numpy()], columns)
    # Levels that only the held-out rows have are no news here: they are what the held-out rows are for.
    features, _ = encoder.encode_counted(frame, known=[target])
    examples = Examples(features, labels)

    outputs = None if task.kind == "binary" else len(task)
    shape = (encoder.width, encoder.codes, encoder.levels, outputs)
    architecture = Architecture(choices.model, *shape, hidden=choices.hidden)
    network = architecture.build(seed=choices.seed).to(place)
    training, validation = (examples[rows].to(place) for rows in (training_rows, validation_rows))
    history = train(
        network,
        task,
        training,
        validation,
        make_optimizer(choices.optimizer, network, learning_rate=choices.step_size, weight_decay=choices.weight_decay),
        batch_size=choices.rows_a_step(len(training)),
        epochs=choices.epochs,
        patience=choices.patience,
        class_weight=_class_weight(choices, task, training.labels),
        generator=generator,
        watch=watch,
    )

    network.cpu()
    validation = examples[validation_rows]
    calibration = _calibration(choices, task, network, validation)
    rule = given
    if rule is None:
        choosing = examples[choosing_rows]
        logits = _logits(network, calibration, choosing)
        rule = _chosen_rule(task, str(threshold), confidence, abstain_below, logits, choosing.labels)
    judging_rows = test_rows if len(test_rows) else validation_rows
    judged = examples[judging_rows]
    logits = _logits(network, calibration, judged)
    evaluation = judge(rule, judged.labels, logits)
    places = table.frame[target].is_not_null().arg_true().to_torch().long()  # in the table, which has unlabelled rows
    return Model(
        task=task,
        target=table.column(target),
        encoder=encoder,
        architecture=architecture,
        network=network,
        recipe=choices,
        history=history,
        calibration=calibration,
        rule=rule,
        metrics=evaluation.compute().to_dict(),
        rows={
            "training": len(training),
            "validation": len(validation),
            **({} if confidence is None else {"threshold": len(choosing_rows)}),
            "test": len(test_rows),
        },
        evaluation=evaluation,
        judged=JudgedRows(places[judging_rows], judged.labels, logits),
    )


def _device(name: Device) -> torch.device:
    match name:
        case "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        case "cpu":
            return torch.device("cpu")
        case "cuda":
            if not torch.cuda.is_available():
                raise InputError(
                    "device 'cuda' needs a GPU that this torch can use; there is none: take 'cpu' or 'auto'"
                )
            return torch.device("cuda")
        case _:
            raise InputError(f"device must be 'auto', 'cpu' or 'cuda'; got {name!r}")


def _table(data: Any, target: str, kinds: Mapping[str, Kind] | None) -> Table:
    if not isinstance(target, str):
        raise InputError(f"target must be the name of a column; got {target!r}")
    if isinstance(data, Table) and kinds:
        raise InputError("kinds are for a table that is yet to be read; give them to crossent.read")
    table = data if isinstance(data, Table) else read(data, kinds=kinds)
    table.column(target)  # suggests the nearest name where there is none
    if len(table.columns) < 2:
        raise InputError(f"the table must hold a column to learn from; {target!r}, the labels, is the only one")
    return table


def _task(labels: pl.Series, classes: Sequence[Label] | None, positive: Label | None) -> Task:
    if classes is None:
        return Task.infer(labels, positive=positive)
    names = [in_type_of(as_series(labels), name) for name in classes]
    if len(names) == 2:
        return Task.binary(names, positive=class_named(positive, names))
    if positive is not None:
        raise InputError(f"positive is for two classes; there are {len(names)}: {shown_names(names)}")
    return Task.multiclass(names)


def _labelled(frame: pl.DataFrame, target: str, *, drop: bool) -> pl.DataFrame:
    missing = frame[target].null_count()
    if not missing:
        return frame
    if drop:
        return frame.filter(frame[target].is_not_null())
    raise InputError(
        f"labels must not be missing; column {target!r} has no label in {missing} of {len(frame)} rows: "
        "remove these rows, or leave them out with --drop-unlabelled (drop_unlabelled=True)"
    )


def _split(labels: Tensor, recipe: Recipe, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Rows to train on, to choose the epoch by, and to judge by."""
    rest, test = torch.arange(len(labels)), torch.empty(0, dtype=torch.int64)
    if recipe.test_share:
        rest, test = stratified_split(labels, recipe.test_share, generator=generator)
    kept, held = stratified_split(labels[rest], recipe.validation_share, generator=generator)
    return rest[kept], rest[held], test


def _calibration(recipe: Recipe, task: Task, network: nn.Module, validation: Examples) -> Calibration | None:
    if recipe.calibration == "none":
        return None
    logits = predict_logits(network, validation.features).double()
    return calibrate(task, logits, validation.labels, method=recipe.calibration, seed=recipe.seed)


def _logits(network: nn.Module, calibration: Calibration | None, examples: Examples) -> Tensor:
    logits = predict_logits(network, examples.features).double()
    return calibration(logits) if calibration else logits


def _given_rule(
    task: Task, threshold: float | str, costs: Any, confidence: float | None, abstain_below: float
) -> Rule | None:
    """The rule that takes no rows to choose; None for a goal, checked."""
    if costs is not None or not isinstance(threshold, str):
        if isinstance(threshold, str):
            raise InputError(f"give a goal for the threshold or costs; got {threshold!r} and costs")
        if confidence is not None:
            raise InputError("confidence is for a threshold that a goal with a limit chooses, such as recall>=0.9")
        return Rule.of(task, threshold=threshold, costs=costs, abstain_below=abstain_below)
    if task.kind != "binary":
        raise InputError(f"a threshold is for two classes; this task is {task.kind}: give costs")
    aim = Goal.parse(threshold)
    if confidence is not None and (aim.limit is None or not 0 < confidence < 1):
        raise InputError(f"confidence must be between 0 and 1, and for a goal with a limit; got {confidence} for {aim}")
    Rule(task, abstain_below=abstain_below)  # checks it before the work
    return None


def _chosen_rule(
    task: Task, goal: str, confidence: float | None, abstain_below: float, logits: Tensor, labels: Tensor
) -> Rule:
    seen = Evaluation.empty(task, exact=True).update(labels, logits=logits)
    try:
        choice = choose_threshold(seen, goal, confidence=confidence)
    except InputError as error:  # the training is done: what it made must not be lost for this
        warnings.warn(f"on the validation rows {error}; this model decides at 0.5", DataWarning, stacklevel=3)
        return Rule(task, abstain_below=abstain_below)
    return Rule.of(task, threshold=choice.threshold, choice=choice, abstain_below=abstain_below)


def _class_weight(recipe: Recipe, task: Task, labels: Tensor) -> Tensor | None:
    if recipe.class_weight is None:
        return None
    return class_weights(labels.bincount(minlength=len(task)), method=recipe.class_weight)
