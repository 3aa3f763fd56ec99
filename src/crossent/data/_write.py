"""Frames -> one file, in bounded memory; the file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from .._errors import InputError
from .._files import check_place
from ._reason import reason


def write(frames: Iterable[pl.DataFrame], path: str | Path) -> int:
    """Write frames of one schema, one after the other, into a CSV or Parquet file.

    Args:
        frames: At least one frame; they are taken one at a time.
        path: Ends in .csv or .parquet. A file that is there is replaced, once the new one is complete.

    Returns:
        The number of rows written.

    Raises:
        InputError: The name ends in something else, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"the output must be a .csv or .parquet file; got {path.name!r}")
    try:
        check_place(path)
        with tempfile.TemporaryDirectory(prefix=".crossent-", dir=path.absolute().parent) as folder:
            whole = Path(folder) / path.name
            rows = _write_csv(frames, whole) if path.suffix == ".csv" else _write_parquet(frames, whole)
            os.replace(whole, path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path} cannot be written: {reason(error)}") from None
    return rows


def _write_csv(frames: Iterable[pl.DataFrame], path: Path) -> int:
    rows = 0
    with path.open("wb") as file:
        for number, frame in enumerate(frames):
            frame.write_csv(file, include_header=number == 0)
            rows += len(frame)
    return rows


def _write_parquet(frames: Iterable[pl.DataFrame], path: Path) -> int:
    """Write a part a frame, then stream the parts into one file: Polars has no writer that takes frames in turn."""
    rows = 0
    parts = []
    for number, frame in enumerate(frames):
        parts.append(path.with_name(f"{number}.parquet"))
        frame.write_parquet(parts[-1])
        rows += len(frame)
    pl.scan_parquet(parts).sink_parquet(path)
    return rows
