"""What each row of a table is for: to learn from, to prove a threshold by, or to judge the model by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import torch
from torch import Tensor

from .._errors import InputError
from ..data import (
    Split,
    Table,
    given_folds,
    group_folds,
    group_split,
    plain,
    stratified_folds,
    stratified_split,
    time_folds,
    time_split,
)
from ._plan import Plan
from ._recipe import Recipe

_PROOF_SHARE = 0.2
_JUDGED_PARTS = 5
_MOST_WEIGHT = 2**31


@dataclass(frozen=True)
class Roles:
    """Columns that say how to treat a row, and are not learned from.

    Attributes:
        weight: How much each row counts.
        group: Rows of one value are never on both sides of a split.
        time: What comes first trains, what comes after judges.
        fold: Each row's fold.
    """

    weight: str | None = None
    group: str | None = None
    time: str | None = None
    fold: str | None = None

    @property
    def names(self) -> set[str]:
        """The columns."""
        return {name for name in (self.weight, self.group, self.time, self.fold) if name is not None}

    def check(self, table: Table, target: str) -> Roles:
        """These roles, if the table can play them.

        Raises:
            InputError: A column is not there, is the target, or two of them say how to split.
        """
        for name in self.names:
            if table.column(name).name == target:
                raise InputError(f"the target {target!r} cannot be the weight, group, time or fold of a row as well")
        splitting = {"group": self.group, "time": self.time, "fold": self.fold}
        given = [f"{what} {name!r}" for what, name in splitting.items() if name is not None]
        if len(given) > 1:
            raise InputError(f"the rows are split in one way; got {' and '.join(given)}")
        return self

    def check_shares(self, *, test_share: float, proof: bool) -> None:
        """Raise InputError where rows are to be kept away, but the folds say which rows belong together."""
        if self.fold is not None and (test_share or proof):
            what = "test_share" if test_share else "confidence"
            raise InputError(
                f"with given folds no further rows can be kept away, as {what} asks: "
                "leave such rows out of the table, and judge the model by them with crossent evaluate"
            )

    def weights(self, frame: pl.DataFrame) -> Tensor | None:
        """`(n,)` how much each row counts, float32; None for 1 each.

        Raises:
            InputError: They are no numbers from 0 on, or all are 0.
        """
        if self.weight is None:
            return None
        values = plain(frame[self.weight])
        wanted = f"weights must be numbers from 0 to 2^31; column {self.weight!r}"
        if not values.dtype.is_numeric():
            raise InputError(f"{wanted} holds {values.dtype}")
        if values.null_count():
            raise InputError(f"{wanted} is missing in row {int(values.is_null().arg_true()[0]) + 1}")
        counts = values.cast(pl.Float64)  # 2^31 is more than a short integer can be compared with
        wrong = ~(counts.is_finite() & (counts >= 0) & (counts <= _MOST_WEIGHT))
        if wrong.any():
            row = int(wrong.arg_true()[0])
            raise InputError(f"{wanted} holds {values[row]} in row {row + 1}")
        if not (counts.cast(pl.Float32) > 0).any():
            raise InputError(f"{wanted} holds nothing but 0")
        return counts.cast(pl.Float32).to_torch().clone()

    @property
    def structured(self) -> bool:
        """Whether rows belong together or follow one another, so that they prove less than as many rows alone."""
        return self.group is not None or self.time is not None or self.fold is not None


@dataclass(frozen=True, eq=False)
class Rows:
    """Row numbers by what they are for, each in ascending order.

    Attributes:
        learning: Trained on and held out, fold by fold.
        proof: Kept away to choose a threshold with confidence.
        test: Kept away to judge the model.
    """

    learning: Tensor
    proof: Tensor
    test: Tensor

    def splits(
        self, frame: pl.DataFrame, labels: Tensor, roles: Roles, plan: Plan, *, generator: torch.Generator
    ) -> tuple[Split, ...]:
        """How the learning rows train and validate, by their places among the learning rows."""
        rows = self.learning.numpy()
        labels = labels[self.learning]
        if roles.group is not None:
            return group_folds(frame[roles.group][rows], labels, plan.folds, repeats=plan.repeats, generator=generator)
        if roles.time is not None:
            return time_folds(frame[roles.time][rows], plan.folds)
        if roles.fold is not None:
            return given_folds(frame[roles.fold][rows])
        return stratified_folds(labels, plan.folds, repeats=plan.repeats, generator=generator)

    def judging(
        self, frame: pl.DataFrame, labels: Tensor, roles: Roles, splits: Sequence[Split], held: Tensor, *, seed: int
    ) -> tuple[Split, ...]:
        """Which held-out rows choose the blend and its calibrator by which others are judged, by places in `held`.

        As the members were split: whole groups and folds on one side, and by time the earlier for the later; before the
        first held-out rows there is nothing to choose by.
        """
        rows = self.learning[held]
        generator = torch.Generator().manual_seed(seed)
        if roles.time is not None:
            places = [torch.searchsorted(held, split.validation) for split in splits]
            return tuple(Split(torch.cat([held[:0], *places[:k]]), mine) for k, mine in enumerate(places))
        if roles.group is not None:
            return group_folds(frame[roles.group][rows.numpy()], labels[rows], _JUDGED_PARTS, generator=generator)
        if roles.fold is not None:
            column = frame[roles.fold][rows.numpy()]
            return given_folds(column) if column.n_unique() > 1 else (Split(held[:0], torch.arange(len(held))),)
        if len(rows) < 2 * _JUDGED_PARTS:  # too few to choose anything without a row
            return (Split(torch.arange(len(held)), torch.arange(len(held))),)
        return stratified_folds(labels[rows], _JUDGED_PARTS, generator=generator)

    def counts(self, held: Tensor) -> dict[str, int]:
        """How many rows did what: `held` are those of the learning rows that were held out from some copies."""
        counts = {"training": len(self.learning), "validation": len(held)}
        return counts | ({"threshold": len(self.proof)} if len(self.proof) else {}) | {"test": len(self.test)}


def dealt(
    frame: pl.DataFrame, labels: Tensor, roles: Roles, recipe: Recipe, *, proof: bool, generator: torch.Generator
) -> Rows:
    """Deal the rows out: test rows first, then, of the rest, those that prove a threshold."""
    rest, none = torch.arange(len(labels)), torch.empty(0, dtype=torch.int64)
    rest, test = (
        _kept_away(frame, labels, roles, rest, recipe.test_share, generator) if recipe.test_share else (rest, none)
    )
    rest, apart = _kept_away(frame, labels, roles, rest, _PROOF_SHARE, generator) if proof else (rest, none)
    return Rows(rest, apart, test)


def _kept_away(
    frame: pl.DataFrame, labels: Tensor, roles: Roles, rows: Tensor, share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    places = rows.numpy()
    if roles.group is not None:
        kept, held = group_split(frame[roles.group][places], labels[rows], share, generator=generator)
    elif roles.time is not None:
        kept, held = time_split(frame[roles.time][places], share)
    else:
        kept, held = stratified_split(labels[rows], share, generator=generator)
    return rows[kept], rows[held]


def check_weighed(splits: Sequence[Split], weights: Tensor | None) -> None:
    """Raise InputError unless both sides of each split have a row that counts."""
    if weights is None:
        return
    for number, split in enumerate(splits, start=1):
        for name, rows in (("trains", split.training), ("judges", split.validation)):
            if not float(weights[rows].sum()) > 0:
                raise InputError(
                    f"on both sides of a fold rows must count; of fold {number} each row that {name} has the weight 0: "
                    "take fewer folds, or leave rows of weight 0 out"
                )
