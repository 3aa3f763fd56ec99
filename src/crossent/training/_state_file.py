"""Tensors and a JSON record in one file: whole or not there, checked, and only for the call that wrote it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .._files import write_whole
from ..data import Split
from ._examples import Examples


def digest(examples: Examples, splits: Sequence[Split], *, also: Iterable[Tensor] = ()) -> str:
    """The SHA-256 of all that a training sees: equal for the same rows and splits, and for hardly any other.

    Args:
        examples: All rows.
        splits: Which rows train and which judge.
        also: What else decides the training, such as first weights.
    """
    found = hashlib.sha256(torch.__version__.encode())
    tensors = [*also, examples.features.numbers, examples.features.codes, examples.labels]
    tensors += [] if examples.weights is None else [examples.weights]
    tensors += [rows for split in splits for rows in (split.training, split.validation)]
    for values in tensors:
        found.update(str(tuple(values.shape)).encode())
        found.update(_bytes(values))
    return found.hexdigest()


def write_state(path: Path, record: Mapping[str, Any], tensors: Mapping[str, Tensor], call: str) -> None:
    """Put a state on disk, whole.

    Args:
        path: The file.
        record: JSON values.
        tensors: By name, on any device.
        call: What the state is of: with another, `read_state` does not take it.

    Raises:
        InputError: The file cannot be written.
    """
    apart = {name: values.detach().cpu().clone().contiguous() for name, values in tensors.items()}
    text = json.dumps({"call": call, "sha256": _checksum(apart), "record": record})
    write_whole(path, save(apart, {"state": text}), what="the checkpoint")


def read_state(path: Path, call: str) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """The record and the tensors of the same call.

    Returns:
        None if there is no file, or one that is of another call, damaged, or no state at all.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {}).get("state", "{}"))
            if state.get("call") != call:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (SafetensorError, OSError, ValueError):
        return None
    return (state["record"], tensors) if state["sha256"] == _checksum(tensors) else None


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    """Of tensors with their names: safetensors has none, and a disk may turn a bit."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(_bytes(tensors[name]))
    return found.hexdigest()


def _bytes(values: Tensor) -> memoryview:
    return values.detach().cpu().contiguous().numpy().data
