"""What each column contributed to the prediction of one row: Shapley values, by the shap library."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from .._errors import InputError
from ..data import Features
from ._dependence import in_words
from ._sample import Places, Sample, copied

BACKGROUND_ROWS = 50
SCHEMA = {
    "row": pl.Int64,
    "class": pl.String,
    "column": pl.String,
    "value": pl.String,
    "contribution": pl.Float64,
    "average": pl.Float64,
    "probability": pl.Float64,
}


def contributions(sample: Sample, places: dict[str, Places], rows: int, seed: int) -> pl.DataFrame:
    """A row a row, class and column: by how much the column's value moves the probability.

    The contributions of a row add up to its probability less `average`, the mean over 50 rows of the sample. What is
    unknown of a row is taken from those 50, each column by itself.

    References:
        Lundberg and Lee 2017, "A unified approach to interpreting model predictions". Strumbelj and Kononenko 2014,
        section 3 (permutations).
    """
    shap = _library()
    background = np.linspace(0, len(sample) - 1, min(BACKGROUND_ROWS, len(sample))).astype(int)
    explained = np.linspace(0, len(sample) - 1, min(rows, len(sample))).astype(int)
    columns = list(places)

    def probabilities(donors: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Of rows that are put together: each cell names the row of the sample that the column's value is from."""
        features = Features(torch.empty(len(donors), sample.features.numbers.shape[1]), _no_codes(sample, len(donors)))
        for place, name in zip(donors.T, columns, strict=True):
            places[name].put(features, sample.features[torch.from_numpy(place.astype(np.int64))])
        return sample.probabilities(features).numpy()

    masker = shap.maskers.Independent(_rows_whole(background, len(columns)), max_samples=len(background))
    explainer = shap.explainers.Permutation(probabilities, masker, seed=seed)
    found = explainer(_rows_whole(explained, len(columns)), max_evals=_evaluations(len(columns)), silent=True)
    return _as_frame(sample, explained, columns, found)


def _evaluations(columns: int) -> int:
    """So many that each column is added 20 times, from first to last and back."""
    return 10 * (2 * columns + 1)


def _rows_whole(rows: npt.NDArray[np.int64], columns: int) -> npt.NDArray[np.int64]:
    return np.repeat(rows[:, None], columns, axis=1)


def _no_codes(sample: Sample, rows: int) -> torch.Tensor:
    return torch.zeros(rows, sample.features.codes.shape[1], dtype=torch.int32)


def _as_frame(sample: Sample, rows: npt.NDArray[np.int64], columns: list[str], found: Any) -> pl.DataFrame:
    probabilities = sample.probabilities(copied(sample.features[torch.from_numpy(rows)]))
    values = {name: sample.column(name) for name in columns}
    records = [
        (
            sample.numbers[row],
            str(label),
            name,
            in_words(values[name][int(row)]),
            float(found.values[place, at, k]),
            float(found.base_values[place, k]),
            float(probabilities[place, k]),
        )
        for place, row in enumerate(rows)
        for k, label in enumerate(sample.model.task.classes)
        for at, name in enumerate(columns)
    ]
    return pl.DataFrame(records, schema=SCHEMA, orient="row")


def _library() -> Any:
    try:
        import shap  # an extra, which compiles for seconds when it is imported
    except ImportError:
        raise InputError(
            "contributions need the package shap, which is not installed: pip install 'crossent[explain]'"
        ) from None
    return shap
