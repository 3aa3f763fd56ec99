"""A sample of the rows of a table of any size, and the values of a column put in the place of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from .._errors import InputError
from .._seed import generator
from ..classifier import Extra, JudgedRows, Model
from ..data import Features, Table, batches, read, typed

_ROWS_AT_ONCE = 65_536

_KEY, _ROW = "\0key", "\0row"  # no name in a file holds the character 0


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of a table.

    Attributes:
        model: The model to be explained.
        frame: The rows as they came.
        numbers: Their places in the table, counted from 1.
        total: How many rows the table has, of those that could be drawn.
        features: The rows, encoded.
        labels: `(n,)` encoded; None if the table has no labels.
        judged: The same rows, where they are some that judged the model; else None.
    """

    model: Model
    frame: pl.DataFrame
    numbers: list[int]
    total: int
    features: Features
    labels: Tensor | None
    judged: JudgedRows | None = None

    def __len__(self) -> int:
        """How many rows were drawn."""
        return len(self.frame)

    def column(self, name: str) -> pl.Series:
        """A column as the model reads it."""
        return typed(self.frame[name], next(each for each in self.model.encoder.columns if each.name == name))

    def logits(self, features: Features) -> Tensor:
        """The model's calibrated logits, a part at a time."""
        starts = range(0, max(len(features), 1), _ROWS_AT_ONCE)
        return torch.cat([self.model.logits(features[start : start + _ROWS_AT_ONCE]) for start in starts])

    def unseen_logits(self, features: Features) -> Tensor:
        """Calibrated logits of the rows of the sample, changed or not, by copies that have not trained on them."""
        return self.logits(features) if self.judged is None else self.model.held_out_logits(features, self.judged)

    def probabilities(self, features: Features) -> Tensor:
        """`(n, K)`, also for two classes."""
        found = self.model.task.probabilities(self.logits(features))
        return torch.stack([1 - found, found], dim=1) if found.ndim == 1 else found


@dataclass(frozen=True)
class Places:
    """Where a column of the table stands in `Features.numbers` and in `Features.codes`."""

    numbers: list[int]
    codes: list[int]

    def put(self, features: Features, values: Features) -> None:
        """Write this column of `values` into `features`, row by row."""
        if self.numbers:
            features.numbers[:, self.numbers] = values.numbers[:, self.numbers]
        if self.codes:
            features.codes[:, self.codes] = values.codes[:, self.codes]


def places_of(model: Model) -> dict[str, Places]:
    """The places of every column that the model learned from, by name."""
    layout = model.encoder.layout
    found = {column.name: Places([], []) for column in model.encoder.columns}
    for place, part in enumerate(layout.numbers):
        found[part.column].numbers.append(place)
    for part in layout.codes:
        found[part.column].codes.extend(range(part.start, part.start + part.width))
    return found


def copied(features: Features, repeats: int = 1) -> Features:
    """The rows, so many times one after the other, to be written to."""
    return Features(features.numbers.repeat(repeats, 1), features.codes.repeat(repeats, 1))


def sample_of(model: Model, data: Any, rows: int, seed: int, extra: Extra) -> Sample:
    """Draw rows by chance, each as likely as any other; the table is read once, in bounded memory.

    Where the table has labels, rows without one are not drawn.
    """
    frame, total = _drawn(_labelled(model, data), rows, seed)
    target = model.target.name
    rows_drawn = frame.drop(_KEY, _ROW)
    features = model.encoder.encode(rows_drawn, extra=extra, known=[target])
    labels = model.task.encode(typed(rows_drawn[target], model.target)) if target in rows_drawn.columns else None
    return Sample(model, rows_drawn, frame[_ROW].to_list(), total, features, labels)


def held_out_sample(model: Model, data: Any, rows: int, seed: int) -> Sample:
    """Draw from the rows that judged the model, from the table that it was fitted on.

    Raises:
        InputError: The model was loaded, and knows its rows no more; or the table is another one.
    """
    judged = model.judged
    if judged is None:
        raise InputError("held-out rows are known to a model from fit alone, and this one was loaded: give it new rows")
    frame = (data if isinstance(data, Table) else read(data)).frame
    if len(frame) <= int(judged.rows.max()) or model.target.name not in frame.columns:
        raise InputError("held_out takes the table that the model was fitted on; this one is another")
    drawn = sample_of(model, frame[judged.rows.numpy()], rows, seed, "ignore")
    places = torch.tensor(drawn.numbers) - 1
    taken = judged.taken(places)
    if drawn.labels is None or not drawn.labels.equal(taken.labels):
        raise InputError("held_out takes the table that the model was fitted on; the labels of this one are others")
    return replace(drawn, numbers=(taken.rows + 1).tolist(), judged=taken)


def _labelled(model: Model, data: Any) -> Iterator[pl.DataFrame]:
    """The rows that may be drawn, with their places in the table."""
    read = 0
    for frame in batches(data.frame if isinstance(data, Table) else data):
        numbered = frame.with_columns(pl.int_range(read + 1, read + 1 + len(frame)).alias(_ROW))
        read += len(frame)
        target = model.target.name
        if target in frame.columns:
            known = typed(frame[target], model.target, first_row=read + 1 - len(frame)).is_not_null()
            numbered = numbered.filter(known)
        yield numbered


def _drawn(frames: Iterator[pl.DataFrame], rows: int, seed: int) -> tuple[pl.DataFrame, int]:
    """The rows of the least random keys, in their order in the table, and how many there were."""
    draw, total, kept = generator(seed), 0, list[pl.DataFrame]()
    for frame in frames:
        total += len(frame)
        keyed = frame.with_columns(pl.Series(_KEY, draw.random(len(frame)), dtype=pl.Float64))
        kept = [pl.concat([*kept, keyed]).bottom_k(rows, by=_KEY)]
    return kept[0].sort(_ROW), total


def permutation(rows: int, draw: np.random.Generator) -> Tensor:
    """Which row each takes its value from."""
    return torch.from_numpy(draw.permutation(rows))
