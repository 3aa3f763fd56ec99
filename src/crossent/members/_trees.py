"""Trees: boosted trees as a member; of several copies it gives the mean of the probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data import Features, Split
from ._member import Saved, held_out_mean
from ._trees_columns import Matrix, TreeColumns

if TYPE_CHECKING:
    from lightgbm import Booster

_ROWS_AT_ONCE = 65_536
# No class is impossible, and the log of no probability infinite: a class that a copy has not met has exp(-34) in it.
_LEAST = 1e-9


class Trees:
    """Boosted trees, one ensemble a copy.

    Args:
        columns: What they see of a row.
        copies: Each copy in LightGBM's text format.
        classes: K.
        threads: Threads that predict.
    """

    def __init__(self, columns: TreeColumns, copies: Sequence[str], classes: int, threads: int = 1) -> None:
        self.columns = columns
        self.copies = tuple(copies)
        self.classes = classes
        self.threads = threads
        self._boosters = tuple(_booster(text) for text in copies)

    def __reduce__(self) -> tuple[type[Trees], tuple[TreeColumns, tuple[str, ...], int, int]]:
        """Pickle the texts, not what was read from them."""
        return Trees, (self.columns, self.copies, self.classes, self.threads)

    @property
    def boosters(self) -> tuple[Booster, ...]:
        """The ensembles that were read from the texts."""
        return self._boosters

    def log_probabilities(self, features: Features) -> Tensor:
        """`(n, K)` float64: the log of the mean of the copies' probabilities."""
        starts = range(0, max(len(features), 1), _ROWS_AT_ONCE)
        return torch.cat([self._logs(features[start : start + _ROWS_AT_ONCE]) for start in starts])

    def _logs(self, features: Features) -> Tensor:
        matrix = self.columns.matrix(features)
        total = torch.zeros(len(features), self.classes, dtype=torch.float64)
        for booster in self._boosters if len(features) else ():
            total += probabilities_of(_predicted(booster, matrix, self.threads))
        return (total / len(self.copies)).log()

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """`(n, K)` float64 log probabilities of each row by the copies that have not seen it; NaN where all have."""
        matrix = self.columns.matrix(features)
        made = [
            probabilities_of(_predicted(booster, matrix[split.validation.numpy()], self.threads)).log()
            if len(split.validation)
            else torch.empty(0, self.classes, dtype=torch.float64)
            for booster, split in zip(self._boosters, splits, strict=True)
        ]
        return held_out_mean(made, splits, len(features))

    def save(self) -> Saved:
        """The columns, and one text a copy."""
        texts = {f"trees-{number}.txt": text for number, text in enumerate(self.copies)}
        return Saved({"columns": self.columns.to_dict(), "classes": self.classes, "copies": list(texts)}, texts=texts)

    @classmethod
    def load(cls, saved: Saved, *, threads: int = 1) -> Trees:
        """The member that was saved."""
        record: Mapping[str, Any] = saved.record
        copies = tuple(saved.texts[name] for name in record["copies"])
        return cls(TreeColumns.from_dict(record["columns"]), copies, int(record["classes"]), threads)


def probabilities_of(predicted: NDArray[np.float64]) -> Tensor:
    """`(n, K)` from what LightGBM predicts, for two classes `(n,)` of class 1; none below the least."""
    values = predicted if predicted.ndim == 2 else np.stack([1 - predicted, predicted], axis=1)
    return torch.from_numpy(np.maximum(values, _LEAST))


def _booster(text: str) -> Booster:
    from lightgbm import Booster  # a second of imports that a model without trees does not need

    return Booster(model_str=text)


def _predicted(booster: Booster, matrix: Matrix, threads: int) -> NDArray[np.float64]:
    return np.asarray(booster.predict(matrix, num_threads=threads), np.float64)
