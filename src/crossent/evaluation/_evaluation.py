"""Evaluation: what the rows seen so far say about a model, as a value of fixed size that merges to the last bit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from .._errors import InputError
from .._files import write_whole
from .._labels import Label, as_series
from .._shapes import check_scores
from .._task import Task
from .metrics._cells import Cells, class_cells
from .metrics._compute import metrics_of
from .metrics._metrics import Metrics
from .state._batch import Batch, Plan
from .state._exact import Floats, check_weights
from .state._file import damaged, packed, read, scale_named
from .state._given import checked_decisions, judged
from .state._order import Scale
from .state._scores import as_scores
from .state._state import MOST_IN_PAIRS, State, appended, merged_states, state_of
from .state._sweep import swept

Threshold = float | Sequence[float] | Tensor
Group = Label | None
States = tuple[State, ...]

FEWEST_BINS = 16
_MOST_SCORES = 1 << 24
"""Scores that are worked on at a time."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Labels beside what a model said of them: a frozen value that grows by `update` and `merge`.

    What is kept does not grow with the rows: counts, exact sums, and a histogram of scores that is exact up to `bins`
    different scores a class and then as fine as so many bins allow (see `Metrics.half_widths`). Any split into batches
    and any order of merging gives the same bits. Rows whose label is the task's ignored one are counted and take no
    part.

    Example:
        >>> import torch
        >>> from crossent import Evaluation, Task
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = Evaluation.empty(task)
        >>> evaluation = evaluation.update(torch.tensor([0, 1]), probabilities=torch.tensor([0.2, 0.6]))
        >>> evaluation = evaluation.update(torch.tensor([0, 1]), probabilities=torch.tensor([0.7, 0.9]))
        >>> evaluation.rows, evaluation.compute().accuracy
        (4, 0.75)
    """

    task: Task
    threshold: float | tuple[float, ...]
    bins: int | None
    pairs: bool = False
    source: Scale | None = None
    given: bool = False
    _states: Mapping[Group, States] = field(default_factory=dict)

    @classmethod
    def empty(
        cls,
        task: Task,
        *,
        threshold: Threshold = 0.5,
        exact: bool = False,
        bins: int | None = None,
        pairs: bool = False,
    ) -> Evaluation:
        """An evaluation of no rows.

        Args:
            task: What the labels and scores belong to.
            threshold: The probability from which on a row is decided for the class; a multilabel task also takes one a
                label. A multiclass task decides for the most probable class and takes none.
            exact: Keep every different score, however many there are: 24 bytes each, and no figure has a half-width.
            bins: The most bins of one histogram, by default 65,536 for up to 16 classes and fewer for more (2^20 / K,
                at least 1,024).
            pairs: Keep each class's scores by true class too, for figures of pairs of classes (one against one). For a
                multiclass task of up to 64 classes.

        Raises:
            InputError: The threshold is not from 0 to 1, or not one that the task takes; or too few bins; or pairs of
                another task.
        """
        limits = torch.as_tensor(threshold, dtype=torch.float64)
        shape = (0,) if task.kind == "binary" else (0, len(task))
        task.decide(torch.empty(shape, dtype=torch.float64), limits if limits.ndim else float(limits))
        if bins is not None and (exact or bins < FEWEST_BINS):
            what = "bins has no meaning with exact=True" if exact else f"bins must be at least {FEWEST_BINS}"
            raise InputError(f"{what}; got {bins}: leave one of them out")
        if pairs and (task.kind != "multiclass" or len(task) > MOST_IN_PAIRS):
            raise InputError(
                f"pairs=True is for multiclass tasks of up to {MOST_IN_PAIRS} classes; "
                f"this one is {task.kind}, of {len(task)}"
            )
        most = None if exact else bins or max(2**10, min(2**16, 2**20 // len(task)))
        return cls(task, tuple(limits.tolist()) if limits.ndim else float(limits), most, pairs)

    @property
    def rows(self) -> int:
        """The number of rows that take part."""
        return sum(state.rows for states in self._states.values() for state in states)

    @property
    def ignored(self) -> int:
        """The number of rows with the ignored label."""
        return sum(state.ignored for states in self._states.values() for state in states)

    @property
    def weighted(self) -> bool:
        """Rows have weights."""
        return any(states[0].weighted for states in self._states.values())

    @property
    def groups(self) -> dict[Label, Evaluation]:
        """The evaluation of each group by its name, in order of the names; empty where rows have no groups."""
        return {name: replace(self, _states={None: self._states[name]}) for name in self._names()}

    def _names(self) -> list[Label]:
        return sorted((name for name in self._states if name is not None), key=lambda name: (type(name).__name__, name))

    @property
    def scale(self) -> Scale:
        """What the scores are; logits while there are none."""
        return self.source or "logits"

    @property
    def limits(self) -> float | Tensor:
        """The threshold as `Task.decide` takes it."""
        if isinstance(self.threshold, tuple):
            return torch.tensor(self.threshold, dtype=torch.float64)
        return self.threshold

    @property
    def lacking(self) -> str:
        """Why there is no figure of these rows; empty where there are figures."""
        if not self.rows:
            aside = f"; all {self.ignored} were of the ignored label" if self.ignored else ""
            return f"an evaluation needs at least one labelled row; got 0{aside}"
        states = [state for states in self._states.values() for state in states]
        if all(state.weighted and not state.sums["weight"] for state in states):
            return f"an evaluation needs a row that weighs more than 0; the weights of all {self.rows} are 0"
        return ""

    @cached_property
    def state(self) -> State:
        """What is kept of all rows.

        Raises:
            InputError: There are no rows, or none that weighs anything.
        """
        if self.lacking:
            raise InputError(self.lacking)
        return merged_states([state for states in self._states.values() for state in states], self.bins)

    @cached_property
    def cells(self) -> Cells:
        """The counts of each class against all others, which every figure of one class needs."""
        return class_cells(self.task, self.state.confusion.amounts)

    def update(
        self,
        labels: Tensor,
        *,
        logits: Tensor | None = None,
        probabilities: Tensor | None = None,
        decisions: Tensor | None = None,
        weights: object = None,
        groups: object = None,
    ) -> Evaluation:
        """Add rows; give the scores as logits or as probabilities, whichever the model returned.

        Logits are better where there are both: probabilities round to 1 while logits still tell rows apart.

        Args:
            labels: Encoded labels, as `task.encode` returns them.
            logits: `(n,)` if binary, else `(n, K)`.
            probabilities: `(n,)` if binary, else `(n, K)`.
            decisions: `(n,)` codes of a multiclass task, judged in place of the most probable class, such as those of
                least expected cost; with all rows or with none.
            weights: `(n,)` how much each row counts, from 0 to 2^31; with all rows or with none.
            groups: `(n,)` the name of each row's group, as labels are given; with all rows or with none.

        Returns:
            The evaluation of the rows so far and these; this one stays as it is.

        Raises:
            InputError: Not exactly one of logits and probabilities, or values that do not belong to the task.
        """
        if (logits is None) == (probabilities is None):
            raise InputError("give exactly one of logits and probabilities")
        source: Scale = "probabilities" if logits is None else "logits"
        if self.source not in (None, source):
            raise InputError(
                f"an evaluation takes {self.source} or {source} throughout; this one began with {self.source}"
            )
        scores = probabilities if logits is None else logits
        if not isinstance(labels, Tensor) or not isinstance(scores, Tensor):
            raise InputError("labels and scores must be tensors here; crossent.evaluate takes anything else")
        labels, scores = labels.detach().cpu(), scores.detach().cpu()
        self._check(labels, scores, source)
        decided = None if decisions is None else checked_decisions(self.task, decisions, len(labels))
        batch = Batch(labels, scores, _weights(weights, len(labels)), decided)
        plan = Plan(self.task, source, self.limits, self.bins, self.pairs)
        evaluation = replace(self, source=source)
        for name, places in _by_group(groups, len(labels)).items():
            mine = batch if places is None else batch.taken(places)
            for state in _states_of(plan, mine, batch):
                more = {name: (state,)}
                evaluation = evaluation._with(replace(self, source=source, given=decided is not None, _states=more))
        return evaluation

    def _check(self, labels: Tensor, scores: Tensor, source: Scale) -> None:
        self.task.check_labels(labels)
        check_scores(self.task.kind, len(self.task), scores, source)
        if len(labels) != len(scores):
            raise InputError(f"labels and {source} must have as many rows; got {len(labels)} and {len(scores)}")

    def merge(self, other: Evaluation) -> Evaluation:
        """The evaluation of the rows of both.

        Raises:
            InputError: They are of different tasks, thresholds, bins or kinds of scores, or only one has weights or
                groups.
        """
        if self.task != other.task:
            raise InputError("only evaluations of one task merge; these differ in kind, classes or their order")
        if self.threshold != other.threshold:
            raise InputError(f"only evaluations of one threshold merge; got {self.threshold} and {other.threshold}")
        if self.bins != other.bins:
            one, two = ("exact=True" if each.bins is None else f"{each.bins} bins" for each in (self, other))
            raise InputError(f"only evaluations of one fineness merge; got {one} and {two}")
        if self.pairs != other.pairs:
            raise InputError("only evaluations that keep the same merge; one was made with pairs=True")
        if None not in (self.source, other.source) and self.source != other.source:
            raise InputError(f"only evaluations of one kind of scores merge; got {self.source} and {other.source}")
        return self._with(other)

    def _with(self, other: Evaluation) -> Evaluation:
        if self._states and other._states:
            if (None in self._states) != (None in other._states):
                raise InputError("all rows must have a group, or none; got both: give groups with each update")
            if self.given != other.given:
                raise InputError(
                    "decisions are given with all rows, or with none; got both: give them with each update"
                )
            if self.weighted != other.weighted:
                raise InputError("all rows must have a weight, or none; got both: give weights with each update")
        states = dict(self._states)
        for name, more in other._states.items():
            states[name] = appended(states.get(name, ()), more, self.bins)
        given = self.given if self._states else other.given
        return replace(self, source=self.source or other.source, given=given, _states=states)

    def to_bytes(self) -> bytes:
        """All of this value; evaluations of the same rows, however they came, give the same bytes."""
        if not self.rows:
            raise InputError(f"an evaluation without rows has nothing to save; got {self.ignored} ignored rows")
        names = self._names() or [None]
        record = {
            "task": self.task.to_dict(),
            "threshold": self.threshold,
            "bins": self.bins,
            "pairs": self.pairs,
            "source": self.source,
            "given": self.given,
            "groups": names,
        }
        return packed(record, [merged_states(self._states[name], self.bins) for name in names])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write this evaluation to one file, to be merged or computed later; it appears there whole, or not at all.

        Raises:
            InputError: There are no rows, or the file cannot be written.
        """
        write_whole(path, self.to_bytes(), what="the evaluation")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Evaluation:
        """The evaluation that `save` wrote.

        Raises:
            InputError: There is no such file, it is not an evaluation, it is damaged, or of a later version.

        Example:
            >>> import pathlib, tempfile
            >>> from crossent import Evaluation, Task, evaluate
            >>> path = pathlib.Path(tempfile.mkdtemp()) / "monday.evaluation"
            >>> evaluate(Task.binary(["no", "yes"]), ["no", "yes"], probabilities=[0.1, 0.9]).save(path)
            >>> Evaluation.load(path).rows
            2
        """
        record, task, states = read(path)
        bins = record["bins"]
        try:
            empty = cls.empty(
                task,
                threshold=record["threshold"],
                exact=bins is None,
                bins=bins,
                pairs=record.get("pairs", False),
            )
        except (InputError, KeyError, TypeError, ValueError, RuntimeError):
            raise damaged(path) from None
        return replace(
            empty,
            source=scale_named(record["source"]),
            given=record.get("given", False),
            _states={name: (state,) for name, state in zip(record["groups"], states, strict=True)},
        )

    def compute(self) -> Metrics:
        """All figures of these rows.

        Raises:
            InputError: There are no rows.
        """
        return metrics_of(self.task, self.threshold, self.state, self.scale)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from ._html import html_of  # its intervals are made of evaluations

        return html_of(self)


def evaluate(
    task: Task,
    labels: object,
    *,
    probabilities: object = None,
    logits: object = None,
    weights: object = None,
    groups: object = None,
    threshold: Threshold = 0.5,
    exact: bool = False,
) -> Evaluation:
    """Evaluate raw labels and the scores of any model.

    Args:
        task: What the labels and scores belong to.
        labels: Class names as `task.encode` takes them.
        probabilities: `(n,)` of the positive class if binary, else `(n, K)` with a column a class in the order of
            `task.classes`: a tensor, NumPy array, nested list, or Polars or pandas series or frame.
        logits: The same before sigmoid or softmax. Exactly one of the two: which it is, is never guessed.
        weights: `(n,)` how much each row counts.
        groups: `(n,)` the name of each row's group.
        threshold: As in `Evaluation.empty`.
        exact: As in `Evaluation.empty`.

    Raises:
        InputError: Labels are unknown or missing, or scores do not belong to the task; the message holds the cure.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> metrics = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.3, 0.9]).compute()
        >>> metrics.accuracy, metrics.majority.accuracy
        (0.75, 0.5)
    """
    return Evaluation.empty(task, threshold=threshold, exact=exact).update(
        task.encode(labels),
        probabilities=None if probabilities is None else as_scores(task, probabilities, "probabilities"),
        logits=None if logits is None else as_scores(task, logits, "logits"),
        weights=weights,
        groups=groups,
    )


def _states_of(plan: Plan, mine: Batch, batch: Batch) -> Iterator[State]:
    """The states of some of a batch's rows, which merge to that of all of them.

    Raises:
        InputError: A score of the batch is none; the kernel only says that there is one.
    """
    state = swept(plan, mine)
    if state is not None:
        yield judged(state, mine)
        return
    _check_values(plan, batch.scores)
    for block in mine.blocks(_MOST_SCORES):
        yield judged(state_of(plan, block), block)


def _check_values(plan: Plan, scores: Tensor) -> None:
    if plan.scale == "probabilities":
        plan.task.check_probabilities(scores)
        return
    if not scores.is_floating_point():
        raise InputError(f"logits must be floating-point numbers; got {scores.dtype}")
    bad = int((~scores.isfinite()).sum())
    if bad:
        raise InputError(f"logits must be finite; {bad} of {scores.numel()} are NaN or infinite")


def _weights(weights: object, rows: int) -> Floats | None:
    if weights is None:
        return None
    values = np.asarray(weights.detach().cpu() if isinstance(weights, Tensor) else weights)
    if values.dtype.kind not in "fiub":
        raise InputError(f"weights must be numbers; got {values.dtype}")
    values = values.astype(np.float64)
    check_weights(values, rows)
    return values


def _by_group(groups: object, rows: int) -> dict[Group, Tensor | None]:
    """The places of each group's rows; of all rows None where there are no groups."""
    if groups is None:
        return {None: None}
    try:
        series = as_series(groups)
    except InputError:
        raise InputError(
            "groups must be strings, whole numbers, booleans or dates, one a row: "
            "cut numbers with a fraction into ranges"
        ) from None
    if len(series) != rows:
        raise InputError(f"groups must have as many rows as the labels; got {len(series)} and {rows}")
    if series.null_count():
        raise InputError(
            f"groups must not be missing; {series.null_count()} of {rows} are: name their group, such as 'unknown'"
        )
    places = series.to_frame("group").with_row_index("row").group_by("group", maintain_order=True).agg("row")
    rows_of = (torch.from_numpy(each.to_numpy().astype(np.int64)) for each in places["row"])
    return dict(zip(places["group"].to_list(), rows_of, strict=True))
