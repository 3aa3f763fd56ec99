"""What the exported file says beside the model, on real rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from .._errors import InputError
from ..classifier import Extra, Model
from ..data import batches, typed

Inputs = dict[str, npt.NDArray[np.float64 | np.object_]]


def onnx_inputs(model: Model, frame: pl.DataFrame) -> Inputs:
    """Rows as the exported file takes them: a vector a column; see `to_onnx`.

    Args:
        model: The model that was exported.
        frame: Rows with the columns of the training rows, raw or typed.
    """
    found: Inputs = {}
    for column in model.encoder.columns:
        values = typed(frame[column.name], column)
        if column.kind == "category":
            found[column.name] = values.fill_null("").to_numpy().astype(object)
        elif column.kind == "datetime":
            found[column.name] = (values.to_physical().cast(pl.Float64) / 1e6).to_numpy()
        else:
            found[column.name] = values.cast(pl.Float64).to_numpy()
    return found


def largest_difference(exported: bytes, model: Model, data: Any, *, rows: int = 1000, extra: Extra = "error") -> float:
    """The largest difference between a probability of the exported file and the model's, over a table's first rows.

    Raises:
        InputError: The package onnxruntime is not there.
    """
    frame = next(iter(batches(data, rows=rows)))
    wanted = model.predict(frame, extra=extra).select(pl.selectors.starts_with("probability_")).to_numpy()
    runtime = _library()
    session = runtime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    (made,) = session.run(["probabilities"], onnx_inputs(model, frame))
    return float(np.abs(made - wanted).max())


def _library() -> Any:
    try:
        import onnxruntime  # an extra
    except ImportError:
        raise InputError(
            "to check an exported model takes the package onnxruntime, which is not installed: "
            "pip install 'crossent[export]'"
        ) from None
    return onnxruntime
