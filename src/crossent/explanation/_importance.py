"""Permutation importance: how much worse the model gets when a column says nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import torch
from torch import Tensor

from .._seed import generator
from ..evaluation import RowLoss, row_losses
from ._sample import Places, Sample, copied, permutation

NORMAL_95 = 1.959963984540054
SCHEMA = {"column": pl.String, "importance": pl.Float64, "low": pl.Float64, "high": pl.Float64}


def losses_of(sample: Sample, logits: Tensor, labels: Sequence[object], loss: RowLoss) -> Tensor:
    """`(n,)`, what each row costs."""
    threshold = sample.model.rule.threshold
    at = 0.5 if isinstance(threshold, tuple) else threshold  # a tuple has one for each of several labels a row
    return row_losses(sample.model.task, labels, logits=logits, loss=loss, threshold=at)


def importance(
    sample: Sample, places: dict[str, Places], *, labels: Tensor, loss: RowLoss, repeats: int, seed: int
) -> pl.DataFrame:
    """A row a column, the most important first: the mean increase of the loss, and its 95 % interval.

    Each repeat gives every row the value that another row has in this column. The interval is of the rows: of a new
    sample of the table, not of a new training of the model.
    """
    names = sample.model.task.decode(labels)
    before = losses_of(sample, sample.unseen_logits(sample.features), names, loss)
    # One stream of chance a column, so that the figures of one do not depend on which others are asked for.
    found = [
        (name, *_increase(sample, place, before, names, loss, repeats, generator(seed + 1 + number)))
        for number, (name, place) in enumerate(places.items())
    ]
    return pl.DataFrame(found, schema=SCHEMA, orient="row").sort("importance", descending=True, maintain_order=True)


def _increase(
    sample: Sample,
    place: Places,
    before: Tensor,
    labels: Sequence[object],
    loss: RowLoss,
    repeats: int,
    draw: np.random.Generator,
) -> tuple[float, float, float]:
    """The mean increase d of the loss, and its interval.

    d estimates E h(i, j), h the increase of row i's loss with the value of row j: of two rows, so that its variance
    is that of g1(i) + g2(i) over n, where g1 is what row i suffers by others' values, and g2 what others suffer by
    its own.

    References:
        Fisher, Rudin and Dominici 2019, "All models are wrong, but many are useful", JMLR 20, section 3 and appendix A
        (model reliance as a U-statistic).
    """
    suffered, caused = torch.zeros(repeats, len(before)).double(), torch.zeros(repeats, len(before)).double()
    for repeat in range(repeats):
        donors = permutation(len(sample), draw)
        features = copied(sample.features)
        place.put(features, sample.features[donors])
        increase = losses_of(sample, sample.unseen_logits(features), labels, loss) - before
        suffered[repeat], caused[repeat, donors] = increase, increase
    mean = float(suffered.mean())
    error = _error(suffered, caused) if len(before) > 1 else math.nan
    return mean, mean - NORMAL_95 * error, mean + NORMAL_95 * error


def _error(suffered: Tensor, caused: Tensor) -> float:
    """The standard error, from `(repeats, n)` each.

    The chance of the repeats is in both g1 and g2, and in the mean once: it is taken away once, where there are repeats
    to tell it by.
    """
    repeats, rows = suffered.shape
    variance = float((suffered + caused).mean(0).var())
    if repeats > 1:
        chance = max(float(each.var(0).mean()) / repeats for each in (suffered, caused))
        variance = max(variance - chance, variance / 4)
    return math.sqrt(variance / rows)
