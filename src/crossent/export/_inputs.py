"""Rows as the exported files take them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from torch import Tensor

from ..classifier import Model
from ..data import CategoryEncoding, Column, typed
from ._torch import FIRST_LEVEL, MISSING, UNSEEN

OnnxInputs = dict[str, npt.NDArray[np.float64 | np.object_]]


def onnx_inputs(model: Model, frame: pl.DataFrame) -> OnnxInputs:
    """Rows as the ONNX file takes them: a vector a column; see `to_onnx`.

    Args:
        model: The model that was exported.
        frame: Rows with the columns of the training rows, raw or typed.
    """
    found: OnnxInputs = {}
    for column in model.encoder.columns:
        values = typed(frame[column.name], column)
        if column.kind == "category":
            found[column.name] = values.fill_null("").to_numpy().astype(object)
        else:
            found[column.name] = _floats(values, column)
    return found


def torch_inputs(model: Model, frame: pl.DataFrame) -> dict[str, Tensor]:
    """Rows as the file of torch takes them: a tensor a column; see `to_torch`.

    Args:
        model: The model that was exported.
        frame: Rows with the columns of the training rows, raw or typed.
    """
    found: dict[str, Tensor] = {}
    for encoding in model.encoder.encodings:
        column = encoding.column
        values = typed(frame[column.name], column)
        if isinstance(encoding, CategoryEncoding):
            places = values.cast(pl.Enum(encoding.names), strict=False).to_physical().cast(pl.Int64) + FIRST_LEVEL
            codes = places.fill_null(UNSEEN).set(values.is_null(), MISSING)
            found[column.name] = torch.from_numpy(codes.to_numpy(writable=True))
        else:
            found[column.name] = torch.from_numpy(_floats(values, column))
    return found


def _floats(values: pl.Series, column: Column) -> npt.NDArray[np.float64]:
    if column.kind == "datetime":
        return (values.to_physical().cast(pl.Float64) / 1e6).to_numpy(writable=True)
    return values.cast(pl.Float64).to_numpy(writable=True)
