"""What scikit-learn takes for features, as a frame with named columns."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors

from ..data import Kind, frame_of


def columns_of(estimator: Any, features: Any, *, reset: bool) -> tuple[pl.DataFrame, dict[str, Kind]]:
    """Return features as a frame, and the kinds that are no question of their values.

    A frame keeps its columns. An array has columns x0, x1, ...; those that hold numbers are numbers.

    Args:
        estimator: Told how many features there are and what they are called, or asked if these are the same.
        features: A pandas or Polars frame or PyArrow table, an array, or a list of lists.
        reset: Whether this is a fit.

    Raises:
        ValueError: The features are not those of the fit, infinite, complex, or none; messages of scikit-learn.
        TypeError: They are sparse.
    """
    from sklearn.utils.validation import validate_data  # heavy

    if _is_frame(features):
        validate_data(estimator, features, skip_check_array=True, reset=reset)
        # Levels as they are written, not by their numbers, which depend on what else has been read.
        frame = frame_of(features).with_columns(selectors.by_dtype(pl.Categorical, pl.Enum).cast(pl.String))
        if not min(frame.shape):
            validate_data(estimator, np.empty(frame.shape), reset=reset)  # has a message for what is empty
        return frame.rename(dict(zip(frame.columns, _names(estimator), strict=True))), {}
    array = validate_data(estimator, features, dtype=None, ensure_all_finite="allow-nan", reset=reset)
    columns = [_column(array[:, place]) for place in range(array.shape[1])]
    names = _names(estimator)
    numbers = {name: column.dtype.is_numeric() for name, column in zip(names, columns, strict=True)}
    frame = pl.DataFrame(dict(zip(names, columns, strict=True)))
    return frame, {name: "number" for name, is_number in numbers.items() if is_number}


def _is_frame(features: Any) -> bool:
    # A pandas frame or a PyArrow table can only be here if its package is loaded: it is not for us to load it.
    pandas, pyarrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    return (
        isinstance(features, pl.DataFrame)
        or (pandas is not None and isinstance(features, pandas.DataFrame))
        or (pyarrow is not None and isinstance(features, pyarrow.Table))
    )


def _names(estimator: Any) -> list[str]:
    """Return the names of the fit: those of its frame, else x0, x1, ..."""
    count = estimator.n_features_in_
    return [str(name) for name in getattr(estimator, "feature_names_in_", (f"x{place}" for place in range(count)))]


def _column(values: NDArray[Any]) -> pl.Series:
    if values.dtype != object:
        return pl.Series(values)
    present = [value for value in values if value is not None and value == value]
    if all(isinstance(value, str) for value in present):
        return pl.Series([value if isinstance(value, str) else None for value in values], dtype=pl.String)
    if any(isinstance(value, str) for value in present):
        return pl.Series([None if value is None or value != value else str(value) for value in values])
    # NumPy's own error for what is no number, such as a dict, is the one that scikit-learn's users know.
    return pl.Series(np.array([np.nan if value is None else value for value in values]).astype(np.float64))
