"""From a labelled table to a trained model, from top to bottom."""

from __future__ import annotations

import time as clock
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import torch
from torch import Tensor

from .._errors import DataWarning
from .._task import Task
from ..calibration import Calibration
from ..data import Column, Encoder, Kind, Split, copies_warning
from ..decisions import judge
from ..members import Blend, logits_of
from ..models import ModuleFactory
from ..training import Examples, Watch, one_thread
from ._given import Device, class_weight_of, device_named, folder_made, labelled, table_of, task_of
from ._judged import HeldOut, blended, calibrated, judged_logits
from ._learn import Ground, learn
from ._model import JudgedRows, Model
from ._own import check_own, own_learner
from ._plan import deadlines, plan
from ._recipe import Recipe
from ._rows import Roles, check_weighed, dealt
from ._rules import chosen_rule, given_rule


@one_thread()
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
            level) and returns logits; of two classes one a row. It is trained on the CPU, for at most `epochs` and
            without a `time_limit`, `time` or `checkpoint`.
        checkpoint: A folder for the state of the training, written every minute or so. Where the same call was killed,
            it goes on from there, to the same bits; with a `time_limit`, which is for all runs together, with what is
            left of it, and then not to the same bits. It is left to you to remove.
        watch: Told how the training goes.
        **recipe: Any field of `Recipe`: `quality="fast"`, `members=("network",)`, `seed=7`.

    The columns that `weight`, `group`, `time` and `fold` name are not learned from.

    Returns:
        The model, with its `evaluation` on the held-out rows (on the test rows if there is a `test_share`) and that
        evaluation's `metrics`.

    Raises:
        InputError: The table, the labels or an option break a rule; nothing has been written.

    Ctrl-C ends the training with what it has learned by then: members that have not begun are left out, and with `time`
    the copies of the splits are kept where those on all rows were not done. A second one ends it at once.

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
    if module is not None:
        check_own(choices, time=time, checkpoint=checkpoint)
    place = device_named(device)
    table = table_of(data, target, kinds)
    roles = Roles(weight=weight, group=group, time=time, fold=fold).check(table, target)
    roles.check_shares(test_share=choices.test_share, proof=confidence is not None)
    frame = labelled(table.frame, target, drop=drop_unlabelled)
    task = task_of(frame[target], classes, positive, ordered=ordered)
    labels = task.encode(frame[target])
    given = given_rule(task, threshold, costs, confidence, abstain_below)
    class_weight = class_weight_of(choices, task, labels)
    biases = None if class_weight is None else class_weight.tolist()

    generator = torch.Generator().manual_seed(choices.seed)
    rows = dealt(frame, labels, roles, choices, proof=confidence is not None, generator=generator)
    taught = frame[rows.learning.numpy()]
    columns = [_aside(column) if column.name in roles.names else column for column in table.columns]
    encoder = Encoder.fit(taught, [column for column in columns if column.name != target])
    # Levels that only the held-out rows have are no news here: they are what the held-out rows are for.
    features, _ = encoder.encode_counted(frame, known=[target])
    examples = Examples(features, labels, roles.weights(frame))

    learning = _of_mean_weight_1(examples[rows.learning])
    work = plan(choices, len(learning), encoder.layout, len(task), ordered=task.ordered, forward=time is not None)
    splits = rows.splits(frame, labels, roles, work, generator=generator)
    check_weighed(splits, learning.weights)
    _warn_of_copies(taught.select(column.name for column in encoder.columns), splits, learning.labels)
    ends = deadlines(choices, len(learning), len(task), forward=time is not None)
    ground = Ground(
        _weighted(learning, class_weight),
        splits,
        encoder.layout,
        len(task),
        seed=choices.seed,
        deadline=None if ends is None else started + ends[0],
        last_deadline=None if ends is None else started + ends[1],
        checkpoint=folder_made(checkpoint, choices.time_limit),
    )
    own = None if module is None else own_learner(module, task, encoder, choices, ground)
    learned = learn(work, ground, task=task, device=place, watch=watch or Watch(), own=own)

    held = HeldOut.of(learned.cross_fitted, learning.labels, learning.weights, biases)
    pool = held.chosen()
    judge_blend = blended(learned.names, learned.cross_fitted, held, pool, biases)
    blend = judge_blend if time is None else learned.on_all_rows(judge_blend)
    calibration = calibrated(choices, task, held, pool, structured=roles.structured)
    judging_splits = rows.judging(frame, labels, roles, splits, held.rows, seed=choices.seed)
    out_of_fold = judged_logits(task, held, calibration, judging_splits)

    def logits_by(kept_away: Tensor) -> tuple[Tensor, Tensor]:
        """Rows to choose or to judge by, and their logits: those that were kept away for it, else the held-out ones."""
        if len(kept_away):
            return kept_away, _logits(task, blend, calibration, examples[kept_away])
        return rows.learning[held.rows], out_of_fold

    rule = given
    if rule is None:
        choosing, logits = logits_by(rows.proof)
        rule = chosen_rule(task, str(threshold), confidence, abstain_below, logits, examples[choosing])
    judging, logits = logits_by(rows.test)
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
        judged=JudgedRows(
            places[judging],
            judged.labels,
            logits,
            blend if len(rows.test) else judge_blend,
            None if len(rows.test) else held.unseen(splits),
        ),
    )


def _aside(column: Column) -> Column:
    return replace(column, kind="identifier", note="set aside: it says how to treat a row")


def _warn_of_copies(frame: pl.DataFrame, splits: Sequence[Split], labels: Tensor) -> None:
    copies = copies_warning(frame, splits, labels)
    if copies is not None:
        warnings.warn(copies, DataWarning, stacklevel=4)


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
