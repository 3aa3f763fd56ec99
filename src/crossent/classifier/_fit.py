"""From a labelled table to a trained model, from top to bottom."""

from __future__ import annotations

import time as clock
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
import torch
from torch import Tensor

from .._errors import DataWarning, InputError
from .._labels import Label, as_series, class_named, in_type_of, shown_names
from .._task import Task
from ..calibration import Calibration
from ..data import Column, Encoder, Kind, Split, Table, copies_warning, read
from ..decisions import Goal, Rule, choose_threshold, judge
from ..evaluation import Evaluation
from ..functional import class_weights
from ..members import Blend, logits_of
from ..models import ModuleFactory
from ..training import Examples, Watch
from ._judged import HeldOut, blended, calibrated, judged_logits
from ._learn import Ground, learn
from ._model import JudgedRows, Model
from ._own import own_learner
from ._plan import plan
from ._recipe import Recipe
from ._rows import Roles, check_weighed, dealt

Device = Literal["auto", "cpu", "cuda"]

_TO_TRAIN = 0.85
"""The share of a time limit that is for training; the rest is for blending, calibrating and judging."""


def fit(
    data: Any,
    *,
    target: str,
    positive: str | int | bool | None = None,
    classes: Sequence[str | int | bool] | None = None,
    ordered: bool = False,
    kinds: Mapping[str, Kind] | None = None,
    weight: str | None = None,
    group: str | None = None,
    time: str | None = None,
    fold: str | None = None,
    drop_unlabelled: bool = False,
    threshold: float | str = 0.5,
    confidence: float | None = None,
    costs: Any = None,
    abstain_below: float = 0.0,
    device: Device = "auto",
    module: ModuleFactory | None = None,
    checkpoint: str | Path | None = None,
    watch: Watch | None = None,
    **recipe: Any,
) -> Model:
    """Train a classifier on a labelled table.

    The rows are dealt into folds, each class in proportion. Every member (networks, boosted trees, a linear model)
    trains a copy on all folds but one, for each of them; so every row both trains and validates, and is judged by
    copies that have not seen it. These held-out probabilities choose each member's length of training, the members'
    weights in the blend, the calibration and the threshold, and judge the model.

    Args:
        data: Anything that `read` takes, or the `Table` that it returned.
        target: The column that holds the labels.
        positive: The class that a high probability stands for, if there are two; see `Task.infer`.
        classes: The class names, where they are not simply the labels that occur: some look like missing labels ("NA"),
            differ only in case, or have no row. Two are binary, the second positive unless `positive` says otherwise.
        ordered: The order of the classes means something, from low to high: that of `classes`, or of the numbers that
            the labels are.
        kinds: Kinds of columns, where the inferred ones are wrong: `{"zip": "category"}`.
        weight: A column that says how much each row counts, in training and in every figure.
        group: A column whose rows of one value belong together (a customer, a patient): they are never on both sides.
        time: A column by which the past trains and what comes after judges.
        fold: A column that names each row's fold; where it is missing, a row always trains.
        drop_unlabelled: Leave rows without a label out, instead of refusing the table.
        threshold: The probability from which on a row is decided for the positive class; or a goal, for which the
            held-out rows choose it: "metric:f1", "precision>=0.9" and the others of `choose_threshold`.
        confidence: For a goal with a limit: such as 0.95, to keep the limit on rows to come with this probability. A
            fifth of the rows is then kept away from all else to choose the threshold.
        costs: What decisions cost, by true class and decision, as `expected_costs` takes them: decide by least cost.
        abstain_below: Leave rows undecided whose most probable class is less probable than this.
        device: "cpu", "cuda", or "auto" for a GPU where there is one; networks train there.
        module: A network of your own in place of the members: a class of `nn.Module`, or a function, called with the
            numbers of inputs and outputs. It takes `(n, inputs)` float32 rows (scaled numbers, then 1 or 0 for each
            level) and returns logits; of two classes one a row. It is trained on the CPU.
        checkpoint: A folder for the state of the training, written every minute or so. Where the same call was killed,
            it goes on from there, to the same bits. It is left to you to remove. Not used with a `time_limit`.
        watch: Told how the training goes.
        **recipe: Any field of `Recipe`: `quality="fast"`, `members=("network",)`, `seed=7`.

    The columns that `weight`, `group`, `time` and `fold` name are not learned from.

    Returns:
        The model, with its `evaluation` on the held-out rows (on the test rows if there is a `test_share`) and that
        evaluation's `metrics`.

    Raises:
        InputError: The table, the labels or an option break a rule; nothing has been written.

    Warns:
        DataWarning: No threshold reaches the goal on the held-out rows (the model then decides at 0.5); or equal rows
            stand on both sides of the folds.

    Example:
        >>> from crossent import fit
        >>> table = {"hours": [float(i % 9) for i in range(90)], "passed": ["no", "yes", "yes"] * 30}
        >>> model = fit(table, target="passed", members=("linear",))
        >>> model.predict({"hours": [1.0, 8.0]}).columns
        ['decision', 'probability_no', 'probability_yes']
    """
    started = clock.monotonic()
    choices = Recipe.of(recipe)
    place = _device(device)
    table = _table(data, target, kinds)
    roles = Roles(weight=weight, group=group, time=time, fold=fold).check(table, target)
    roles.check_shares(test_share=choices.test_share, proof=confidence is not None)
    frame = _labelled(table.frame, target, drop=drop_unlabelled)
    task = _task(frame[target], classes, positive, ordered=ordered)
    labels = task.encode(frame[target])
    given = _given_rule(task, threshold, costs, confidence, abstain_below)
    class_weight = _class_weight(choices, task, labels)
    biases = None if class_weight is None else class_weight.tolist()

    generator = torch.Generator().manual_seed(choices.seed)
    rows = dealt(frame, labels, roles, choices, proof=confidence is not None, generator=generator)
    columns = [_aside(column) if column.name in roles.names else column for column in table.columns]
    encoder = Encoder.fit(frame[rows.learning.numpy()], [column for column in columns if column.name != target])
    # Levels that only the held-out rows have are no news here: they are what the held-out rows are for.
    features, _ = encoder.encode_counted(frame, known=[target])
    examples = Examples(features, labels, roles.weights(frame))

    learning = _of_mean_weight_1(examples[rows.learning])
    work = plan(choices, len(learning), encoder.layout, len(task), ordered=task.ordered, forward=time is not None)
    splits = rows.splits(frame, labels, roles, work, generator=generator)
    check_weighed(splits, learning.weights)
    compared = frame[rows.learning.numpy()].select(column.name for column in encoder.columns)
    _warn_of_copies(compared, splits, learning.labels)
    ground = Ground(
        _weighted(learning, class_weight),
        splits,
        encoder.layout,
        len(task),
        seed=choices.seed,
        deadline=None if choices.time_limit is None else started + _TO_TRAIN * choices.time_limit,
        # What the clock has cut short is not what the same call would have learned.
        checkpoint=None if choices.time_limit is not None else _folder(checkpoint),
    )
    own = None if module is None else own_learner(module, task, encoder, choices, ground)
    learned = learn(work, ground, task=task, device=place, watch=watch or Watch(), own=own)

    held = HeldOut.of(learned.cross_fitted, learning.labels, learning.weights, biases)
    blend = blended(learned.names, learned.cross_fitted, held, biases)
    if time is not None:
        blend = learned.on_all_rows(blend)
    calibration = calibrated(choices, task, held, blend, structured=roles.structured)
    judging_splits = rows.judging(frame, labels, roles, splits, held.rows, seed=choices.seed)
    out_of_fold = judged_logits(task, held, calibration, judging_splits)
    rule = given
    if rule is None:
        choosing, logits = learning[held.rows], out_of_fold
        if confidence is not None:
            choosing = examples[rows.proof]
            logits = _logits(task, blend, calibration, choosing)
        rule = _chosen_rule(task, str(threshold), confidence, abstain_below, logits, choosing)
    judging, logits = rows.learning[held.rows], out_of_fold
    if len(rows.test):
        judging, logits = rows.test, _logits(task, blend, calibration, examples[rows.test])
    judged = examples[judging]
    evaluation = judge(rule, judged.labels, logits, weights=judged.weights)
    places = table.frame[target].is_not_null().arg_true().to_torch().long()  # in the table, which has unlabelled rows
    return Model(
        task=task,
        target=table.column(target),
        encoder=encoder,
        blend=blend,
        recipe=choices,
        calibration=calibration,
        rule=rule,
        metrics=evaluation.compute().to_dict(),
        rows=rows.counts(held.rows),
        evaluation=evaluation,
        judged=JudgedRows(places[judging], judged.labels, logits),
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


def _folder(path: str | Path | None) -> Path | None:
    if path is None:
        return None
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the checkpoint folder {path} cannot be made: {error.strerror or error}") from None
    return Path(path)


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


def _aside(column: Column) -> Column:
    return replace(column, kind="identifier", note="set aside: it says how to treat a row")


def _task(labels: pl.Series, classes: Sequence[Label] | None, positive: Label | None, *, ordered: bool) -> Task:
    if classes is None:
        task = Task.infer(labels, positive=positive)
        return _in_order(task) if ordered else task
    names = [in_type_of(as_series(labels), name) for name in classes]
    if len(names) == 2:
        return Task.binary(names, positive=class_named(positive, names))
    if positive is not None:
        raise InputError(f"positive is for two classes; there are {len(names)}: {shown_names(names)}")
    return Task.multiclass(names, ordered=ordered)


def _in_order(task: Task) -> Task:
    """The task with its classes in the order of the numbers that they are."""
    if task.kind == "binary":
        return task
    if not all(isinstance(name, int | float) for name in task.classes):
        raise InputError(
            "ordered classes must be numbers, or be named from low to high; the labels are "
            f"{shown_names(task.classes)}: give classes=[...] (--class, once for each) in their order"
        )
    return Task.multiclass(sorted(task.classes, key=float), ordered=True)


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


def _class_weight(recipe: Recipe, task: Task, labels: Tensor) -> Tensor | None:
    if recipe.pos_weight is not None:
        if task.kind != "binary":
            raise InputError(f"pos_weight is for two classes; this task has {len(task)}: take class_weight")
        return torch.tensor([1.0, recipe.pos_weight])
    if recipe.class_weight is None:
        return None
    return class_weights(labels.bincount(minlength=len(task)), method=recipe.class_weight)


def _warn_of_copies(frame: pl.DataFrame, splits: Sequence[Split], labels: Tensor) -> None:
    copies = copies_warning(frame, splits, labels)
    if copies is not None:
        warnings.warn(copies, DataWarning, stacklevel=3)


def _of_mean_weight_1(examples: Examples) -> Examples:
    """The same rows, so weighted that all that is measured in rows (a penalty, a pseudo-row) means what it says."""
    if examples.weights is None:
        return examples
    return replace(examples, weights=examples.weights / examples.weights.double().mean().clamp(min=1e-30).float())


def _weighted(examples: Examples, class_weight: Tensor | None) -> Examples:
    if class_weight is None:
        return examples
    weights = class_weight.float()[examples.labels]
    return replace(examples, weights=weights if examples.weights is None else weights * examples.weights)


def _logits(task: Task, blend: Blend, calibration: Calibration | None, examples: Examples) -> Tensor:
    logits = logits_of(task, blend.log_probabilities(examples.features))
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
    task: Task,
    goal: str,
    confidence: float | None,
    abstain_below: float,
    logits: Tensor,
    choosing: Examples,
) -> Rule:
    seen = Evaluation.empty(task, exact=True).update(choosing.labels, logits=logits, weights=choosing.weights)
    try:
        choice = choose_threshold(seen, goal, confidence=confidence)
    except InputError as error:  # the training is done: what it made must not be lost for this
        warnings.warn(f"on the held-out rows {error}; this model decides at 0.5", DataWarning, stacklevel=3)
        return Rule(task, abstain_below=abstain_below)
    return Rule.of(task, threshold=choice.threshold, choice=choice, abstain_below=abstain_below)
