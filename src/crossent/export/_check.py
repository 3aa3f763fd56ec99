"""What the exported file says beside the model, on real rows."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from .._errors import InputError
from ..classifier import Extra, Model
from ..data import batches
from ._inputs import onnx_inputs, torch_inputs

Format = Literal["onnx", "torch"]


def largest_difference(
    exported: bytes, model: Model, data: Any, *, to: Format = "onnx", rows: int = 1000, extra: Extra = "error"
) -> float:
    """The largest difference between a probability of the exported file and the model's, over a table's first rows.

    Args:
        exported: What `to_onnx` or `to_torch` returned.
        model: The model that it was made of.
        data: Anything that `read` takes; the label column may be absent.
        to: Which of the two.
        rows: How many rows are asked.
        extra: What to do about columns that were not there at fit time: "error", or "ignore".

    Raises:
        InputError: The format is none of the two, `exported` is not of it, or the package onnxruntime is not there.
    """
    if to not in get_args(Format):
        raise InputError(f"to must be 'onnx' or 'torch'; got {to!r}")
    # A file of torch is a zip archive; one of ONNX never begins as an archive does.
    if not (isinstance(exported, bytes) and exported) or zipfile.is_zipfile(io.BytesIO(exported)) != (to == "torch"):
        raise InputError(f"exported must be the bytes that to_{to} returned, or to name the other format; got others")
    frame = next(iter(batches(data, rows=rows)))
    wanted = model.predict(frame, extra=extra).select(pl.selectors.starts_with("probability_")).to_numpy()
    made = _onnx(exported, model, frame) if to == "onnx" else _torch(exported, model, frame)
    return float(np.abs(made - wanted).max())


def _onnx(exported: bytes, model: Model, frame: pl.DataFrame) -> npt.NDArray[np.float64]:
    session = _library().InferenceSession(exported, providers=["CPUExecutionProvider"])
    (made,) = session.run(["probabilities"], onnx_inputs(model, frame))
    return made


def _torch(exported: bytes, model: Model, frame: pl.DataFrame) -> npt.NDArray[np.float64]:
    loaded = torch.export.load(io.BytesIO(exported)).module()
    with torch.no_grad():
        return loaded(torch_inputs(model, frame))["probabilities"].numpy()


def _library() -> Any:
    try:
        import onnxruntime  # an extra
    except ImportError:
        raise InputError(
            "to check an exported model takes the package onnxruntime, which is not installed: "
            "pip install 'crossent[export]'"
        ) from None
    return onnxruntime
