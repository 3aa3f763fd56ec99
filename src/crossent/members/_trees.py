"""Trees: boosted trees as a member; of several copies it gives the mean of the probabilities."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..data import Features, Split
from ._member import Saved, held_out_mean
from ._trees_columns import TreeColumns
from ._trees_predict import Ensemble

if TYPE_CHECKING:
    from lightgbm import Booster

_ROWS_AT_ONCE = 16_384
_ROWS_FOR_THREADS = 1024


class Trees:
    """Boosted trees, one ensemble a copy.

    Args:
        columns: What they see of a row.
        copies: Each copy in LightGBM's text format.
        classes: K.
    """

    def __init__(self, columns: TreeColumns, copies: Sequence[str], classes: int) -> None:
        self.columns = columns
        self.copies = tuple(copies)
        self.classes = classes
        self._ensembles = tuple(Ensemble(text, columns.width) for text in copies)

    def __reduce__(self) -> tuple[type[Trees], tuple[TreeColumns, tuple[str, ...], int]]:
        """Pickle the texts, not what was read from them."""
        return Trees, (self.columns, self.copies, self.classes)

    @property
    def boosters(self) -> tuple[Booster, ...]:
        """The ensembles that were read from the texts."""
        return tuple(each.booster for each in self._ensembles)

    def log_probabilities(self, features: Features) -> Tensor:
        """`(n, K)` float64: the log of the mean of the copies' probabilities."""
        starts = range(0, max(len(features), 1), _ROWS_AT_ONCE)
        with ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, len(self.copies)))) as pool:
            return torch.cat([self._logs(features[start : start + _ROWS_AT_ONCE], pool) for start in starts])

    def _logs(self, features: Features, pool: Executor) -> Tensor:
        matrix = self.columns.matrix(features)
        total = torch.zeros(len(features), self.classes, dtype=torch.float64)
        copies = self._ensembles if len(features) else ()
        answers = partial(Ensemble.probabilities, matrix=matrix)
        for each in (pool.map if len(features) >= _ROWS_FOR_THREADS else map)(answers, copies):
            total += each
        return total.div_(len(self.copies)).log_()

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """`(n, K)` float64 log probabilities of each row by the copies that have not seen it; NaN where all have."""
        matrix = self.columns.matrix(features)
        made = [
            ensemble.probabilities(matrix[split.validation.numpy()]).log()
            if len(split.validation)
            else torch.empty(0, self.classes, dtype=torch.float64)
            for ensemble, split in zip(self._ensembles, splits, strict=True)
        ]
        return held_out_mean(made, splits, len(features))

    def save(self) -> Saved:
        """The columns, and one text a copy."""
        texts = {f"trees-{number}.txt": text for number, text in enumerate(self.copies)}
        return Saved({"columns": self.columns.to_dict(), "classes": self.classes, "copies": list(texts)}, texts=texts)

    @classmethod
    def load(cls, saved: Saved) -> Trees:
        """The member that was saved."""
        record: Mapping[str, Any] = saved.record
        copies = tuple(saved.texts[name] for name in record["copies"])
        return cls(TreeColumns.from_dict(record["columns"]), copies, int(record["classes"]))
