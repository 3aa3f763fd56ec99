"""From a model and a table to an Explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from .._errors import InputError
from ..classifier import Extra, Model
from ..evaluation import RowLoss
from ..training import one_thread
from ._contributions import BACKGROUND_ROWS, contributions
from ._dependence import dependence
from ._explanation import Explanation
from ._importance import importance, losses_of
from ._sample import Places, Sample, held_out_sample, places_of, sample_of

_MOST_PREDICTIONS = 200_000
_FEWEST_ROWS, _MOST_ROWS, _MOST_REPEATS = 300, 2000, 5
_DEPENDENCE_ROWS = 500
_CURVES = 6


@one_thread()
def explain(
    model: Model,
    data: Any,
    *,
    rows: int | None = None,
    repeats: int | None = None,
    loss: RowLoss = "log_loss",
    columns: Sequence[str] | None = None,
    contributions_of: int = 0,
    seed: int = 0,
    extra: Extra = "error",
    held_out: bool = False,
) -> Explanation:
    """Say what a model goes by: which columns matter, how its probabilities follow each, and what made single rows'.

    Give it rows that the model has not been trained on: of others it says what the model remembers. Or, right after
    `fit`, the table itself and `held_out=True`: each row is then judged by the copies that have not seen it.

    Args:
        model: A trained model.
        data: Anything that `read` takes, with the labels; without them there is no importance.
        rows: At most so many rows are drawn, each as likely as any other; None for 2,000, or fewer, but 300, where a
            prediction of each with each column permuted would be more than 200,000.
        repeats: How often each column is permuted; None for 5, or fewer where that would be more than 200,000
            predictions.
        loss: What the importance is the increase of: "log_loss", "brier", "error" (the share of wrong decisions), or of
            ordered classes "ranked_probability_score".
        columns: The columns whose partial dependence is shown; None for the 6 most important.
        contributions_of: For so many rows, what each column contributed; needs the package shap.
        seed: Decides which rows are drawn, and how they are permuted.
        extra: What to do about columns that were not there at fit time: "error", or "ignore".
        held_out: The table is the one that the model was fitted on. The importance is that for the copies that have not
            trained on a row; the dependence and the contributions are those of the whole model all the same.

    Returns:
        The tables.

    Raises:
        InputError: The table is not like that at fit time, a column is unknown, an option is out of range, shap is
            needed and not there, or with `held_out` the model was loaded or the table is another.

    Example:
        >>> from crossent import explain, fit
        >>> table = {"hours": [i % 9 for i in range(180)], "shoes": [38 + i % 7 for i in range(180)]}
        >>> table["passed"] = ["yes" if hours > 4 else "no" for hours in table["hours"]]
        >>> found = explain(fit(table, target="passed", members="linear"), table)
        >>> found.importance["column"].to_list()
        ['hours', 'shoes']
    """
    _check(loss, rows=rows, repeats=repeats, contributions_of=contributions_of or None)
    places = places_of(model)
    for name in columns or ():
        if name not in places:
            raise InputError(f"there is no column {name!r} that the model learned from; there are {', '.join(places)}")
    most_rows = min(max(_MOST_PREDICTIONS // len(places), _FEWEST_ROWS), _MOST_ROWS) if rows is None else rows
    if held_out:
        sample = held_out_sample(model, data, most_rows, seed)
    else:
        sample = sample_of(model, data, most_rows, seed, extra)
    if not len(sample):
        raise InputError(f"a model is explained by rows, and the table has none with a label in {model.target.name!r}")
    times = min(max(_MOST_PREDICTIONS // (len(sample) * len(places)), 1), _MOST_REPEATS) if repeats is None else repeats
    found = None
    if sample.labels is not None:
        found = importance(sample, places, labels=sample.labels, loss=loss, repeats=times, seed=seed)
    shown = list(columns) if columns is not None else _foremost(sample, places, found)
    return Explanation(
        task=model.task,
        rows=len(sample),
        total=sample.total,
        repeats=times,
        loss=loss,
        before=_before(sample, loss),
        importance=found,
        dependence=dependence(sample, places, shown, _DEPENDENCE_ROWS),
        dates=tuple(column.name for column in model.encoder.columns if column.kind == "datetime"),
        contributions=contributions(sample, places, contributions_of, seed) if contributions_of else None,
        background=min(BACKGROUND_ROWS, len(sample)) if contributions_of else 0,
        held_out=sample.judged is not None and sample.judged.splits is not None,
    )


def _check(loss: str, **counts: int | None) -> None:
    if loss not in get_args(RowLoss):
        raise InputError(f"loss must be one of {', '.join(get_args(RowLoss))}; got {loss!r}")
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or count < 1):
            raise InputError(f"{name} must be a whole number from 1 on; got {count!r}")


def _foremost(sample: Sample, places: dict[str, Places], found: Any) -> list[str]:
    """The most important columns, or the first, that have values to show."""
    order = list(places) if found is None else found["column"].to_list()
    texts = {column.name for column in sample.model.encoder.columns if column.kind == "text"}
    return [name for name in order if name not in texts][:_CURVES]


def _before(sample: Sample, loss: RowLoss) -> float | None:
    if sample.labels is None:
        return None
    labels = sample.model.task.decode(sample.labels)
    return float(losses_of(sample, sample.unseen_logits(sample.features), labels, loss).mean())
