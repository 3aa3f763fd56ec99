"""From what the members say of rows they did not train on: the blend, its calibration, and logits to judge both by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .._task import Task
from ..calibration import Calibration, calibrate, fit_calibrator
from ..data import Split, some_rows
from ..members import Blend, CrossFitted, Part, Pool, fit_pool, logits_of, of_labels, on_true_prior
from ._recipe import Recipe

_ERRORS = 2.0
_FEWEST_WRONG = 10
_ENOUGH_ROWS = 100_000
"""Of more rows so many fit a calibrator: it is a few numbers."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What the members say of the rows that each did not train on.

    Attributes:
        rows: `(v,)` the rows that were held out at all; of a split by time the first are not.
        log_probabilities: `(M, v, K)` by member, on the true prior; the last are the class shares.
        labels: `(v,)` encoded.
        weights: `(v,)` how much each row counts; None for 1 each.
    """

    rows: Tensor
    log_probabilities: Tensor
    labels: Tensor
    weights: Tensor | None

    @classmethod
    def of(
        cls,
        fitted: Sequence[CrossFitted],
        labels: Tensor,
        weights: Tensor | None,
        class_weight: Sequence[float] | None,
    ) -> HeldOut:
        """Bring them together."""
        rows = torch.nonzero(~fitted[0].held_out[:, 0].isnan()).flatten()
        made = torch.stack([on_true_prior(each.held_out[rows], class_weight) for each in fitted])
        return cls(rows, made, labels[rows], None if weights is None else weights[rows])

    def taken(self, places: Tensor) -> HeldOut:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[places]
        return HeldOut(self.rows[places], self.log_probabilities[:, places], self.labels[places], weights)

    def sample(self) -> HeldOut:
        """At most 100,000 of the rows: enough for a calibrator."""
        rows = len(self.labels)
        return self if rows <= _ENOUGH_ROWS else self.taken(some_rows(rows, _ENOUGH_ROWS))

    def unseen(self, splits: Sequence[Split]) -> tuple[Split, ...]:
        """Which of these rows each copy has not seen, as the validation rows of a split, by their places here."""
        none = torch.empty(0, dtype=torch.int64)
        return tuple(Split(none, torch.searchsorted(self.rows, split.validation)) for split in splits)

    def chosen(self) -> Pool:
        """The pool of the members that these rows choose."""
        return fit_pool(self.log_probabilities, self.labels, self.weights)

    def losses(self) -> Tensor:
        """The log loss of each row under each member, `(M, v)`."""
        return -of_labels(self.log_probabilities, self.labels)

    def shares(self) -> Tensor:
        """How much each row counts of the whole, `(v,)` float64."""
        weights = torch.ones(len(self.labels)) if self.weights is None else self.weights
        return weights.double() / weights.double().sum()


def blended(
    names: Sequence[str],
    fitted: Sequence[CrossFitted],
    held: HeldOut,
    pool: Pool,
    class_weight: Sequence[float] | None,
) -> Blend:
    """The blend by the pool that the held-out rows have chosen."""
    losses, shares = held.losses(), held.shares()
    (blend_losses,) = -of_labels(pool(held.log_probabilities)[None], held.labels)
    parts: list[Part] = []
    for name, each, weight, own in zip(names, fitted, pool.weights, losses, strict=True):
        behind = float(shares @ (own - blend_losses))
        error = float((shares.square() @ (own - blend_losses - behind).square()).sqrt())
        member = each.member if weight > 0 else None
        loss = float(shares @ own)
        parts.append(Part(name, float(weight), loss, member, behind, error, each.chosen, each.history))
    least = None if pool.least is None else tuple(pool.least.tolist())
    return Blend(tuple(parts), None if class_weight is None else tuple(class_weight), pool.slope, least)


def calibrated(recipe: Recipe, task: Task, held: HeldOut, pool: Pool, *, structured: bool) -> Calibration | None:
    """What the held-out rows do to the blend; None if it was not asked for.

    The members are calibrated already, and so is their pool, in one number; so "auto" takes a calibrator only if it
    gains twice the standard error. And it takes none where fewer than 10 rows are decided wrong, too few to judge one
    by. Nor where rows belong together or follow one another (`structured`): a calibrator is judged as if each spoke for
    itself.
    """
    if recipe.calibration == "none":
        return None
    held = held.sample()
    logits = logits_of(task, pool(held.log_probabilities))
    found = calibrate(task, logits, held.labels, method=recipe.calibration, weights=held.weights, seed=recipe.seed)
    if recipe.calibration != "auto" or found.method is None:
        return found
    if structured:
        why = "none: a calibrator is judged row by row, and these rows belong together or follow one another"
        return replace(found, calibrator=None, reason=why)
    wrong = int((task.decide(task.probabilities(logits)) != held.labels).sum())
    if wrong < _FEWEST_WRONG:
        why = f"none: {wrong} of {len(held.labels)} held-out rows are decided wrong, too few to judge a calibrator by"
        return replace(found, calibrator=None, reason=why)
    trial = next(trial for trial in found.trials if trial.method == found.method)
    if trial.gain <= _ERRORS * trial.error:
        why = f"none: {trial.method} lowers the held-out log loss by less than twice its standard error"
        return replace(found, calibrator=None, reason=why)
    return found


def judged_logits(task: Task, held: HeldOut, calibration: Calibration | None, splits: Sequence[Split]) -> Tensor:
    """Logits of the held-out rows, each by shares of the members and a calibrator that other rows have chosen.

    Args:
        task: What logits are of.
        held: The rows.
        calibration: Whose method is fitted anew.
        splits: Which of the rows choose, and which are judged by that.
    """
    logits = torch.empty(len(held.labels) if task.kind == "binary" else (len(held.labels), len(task))).double()
    for split in splits:
        others, mine = held.taken(split.training), held.taken(split.validation)
        pool = others.chosen()
        made = logits_of(task, pool(mine.log_probabilities))
        if calibration is not None and calibration.method is not None and len(others.labels.unique()) > 1:
            some = others.sample()
            made = fit_calibrator(
                task,
                logits_of(task, pool(some.log_probabilities)),
                some.labels,
                method=calibration.method,
                weights=some.weights,
            )(made)
        logits[split.validation] = made
    return logits
