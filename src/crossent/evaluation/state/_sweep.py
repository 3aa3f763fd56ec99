"""The state of a batch by the compiled kernel, which gives the same bits as the definition in `_state`."""

from __future__ import annotations

import numpy as np
import torch

from ..._kernels import sweep
from ._batch import Batch, Plan
from ._exact import Ints, carried
from ._histogram import Histogram
from ._ranked_probability import RANKED, ranked_probability_scores
from ._rows import codes_of, columns_of, softmax
from ._state import State, bins_of_decided, bins_of_pairs, moments
from ._tally import Tally

_SCORES_AT_A_TIME = 1 << 17
"""As many as stay in the cache."""


def swept(plan: Plan, batch: Batch) -> State | None:
    """The state of a batch, or None where the kernel cannot say it, or must not: a score is none."""
    if plan.task.kind == "multilabel" or isinstance(plan.threshold, torch.Tensor):
        return None
    labelled, size = batch.labelled(), len(plan.task)
    found = sweep(
        labelled.labels,
        labelled.scores,
        labelled.weights,
        logits=plan.scale == "logits",
        threshold=_as_compared(plan.threshold, plan, labelled.scores.dtype),
        limits=(plan.bins, bins_of_decided(plan.bins, size), bins_of_pairs(plan.bins, size) if plan.pairs else 0),
    )
    if found is None:
        return None
    bins = [Histogram(level, keys, _tally(cells)) for level, keys, cells in found.bins]
    binary = plan.task.kind == "binary"
    sums = dict(zip(_names(plan, weighted=batch.weights is not None), found.sums, strict=True))
    return State(
        rows=len(labelled),
        ignored=len(batch) - len(labelled),
        confusion=_tally(found.confusion.reshape(size, size, -1)),
        histograms=tuple(bins[: 1 if binary else size]),
        top=None if binary else bins[size],
        decided=() if binary else tuple(bins[size + 1 : 2 * size + 1]),
        pairs=tuple(bins[2 * size + 1 :]) if plan.pairs else (),
        ranks=None if binary else _tally(found.ranks),
        sums=sums | _ranked(plan, labelled) if plan.task.ordered else sums,
    )


def _as_compared(threshold: float, plan: Plan, kind: torch.dtype) -> float:
    """The threshold in the type of the probabilities, as `Task.decide` has it; those of logits are float64."""
    return float(torch.tensor(threshold, dtype=kind)) if plan.scale == "probabilities" else threshold


def _names(plan: Plan, *, weighted: bool) -> list[str]:
    """What the kernel sums, in its order."""
    names = ["weight", "weight_squared"] if weighted else []
    for figure in ("log_loss", "brier", *(["hinge_loss"] if plan.scale == "logits" else [])):
        names += [figure, f"{figure}_squared", *([f"{figure}_weighted"] if weighted else [])]
    return names + (["spiegelhalter", "spiegelhalter_variance"] if plan.task.kind == "binary" else [])


def _ranked(plan: Plan, batch: Batch) -> dict[str, int]:
    """The sums of ranked probability scores, which few tasks have and the kernel does not know."""
    sums: dict[str, int] = {}
    for block in batch.blocks(_SCORES_AT_A_TIME):
        columns = columns_of(block.scores)
        probabilities = columns if plan.scale == "probabilities" else softmax(columns)
        values = ranked_probability_scores(codes_of(block.labels), probabilities)
        for name, total in moments(RANKED, values, block.weights).items():
            sums[name] = sums.get(name, 0) + total
    return sums


def _tally(cells: Ints) -> Tally:
    if cells.shape[-1] == 1:
        return Tally(cells[..., 0])
    return Tally(np.ascontiguousarray(cells[..., 0]), carried(cells[..., 1:]))
