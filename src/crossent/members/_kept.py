"""A member that has been trained, on disk, so that a fit that was killed need not train it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from .. import __version__
from .._files import write_whole
from .._task import Task
from ..data import Split
from ..training import Examples, checksum
from ._member import CrossFitted, Saved
from ._saved_blend import history_of, kind_of, load_member


def digest_of(examples: Examples, splits: Sequence[Split], settings: object) -> str:
    """A digest of all that decides what a member learns: equal for the same call, and for hardly any other."""
    digest = hashlib.sha256(f"{__version__} {torch.__version__} {settings!r}".encode())
    tensors = [examples.features.numbers, examples.features.codes, examples.labels]
    tensors += [] if examples.weights is None else [examples.weights]
    tensors += [rows for split in splits for rows in (split.training, split.validation)]
    for values in tensors:
        digest.update(str(tuple(values.shape)).encode())
        digest.update(np.ascontiguousarray(values.cpu().numpy()).data)
    return digest.hexdigest()


def keep(path: Path, fitted: CrossFitted, call: str) -> None:
    """Put a trained member on disk, whole.

    Args:
        path: The file.
        fitted: The member and what it says of held-out rows.
        call: The `digest_of` what it was trained on.
    """
    saved = fitted.member.save()
    record = {
        "call": call,
        "kind": kind_of(fitted.member),
        "record": saved.record,
        "texts": saved.texts,
        "chosen": dict(fitted.chosen),
        "history": None if fitted.history is None else asdict(fitted.history),
    }
    tensors = {f"weights/{name}": values.detach().cpu().contiguous() for name, values in saved.weights.items()}
    tensors["held_out"] = fitted.held_out.contiguous()
    record["sha256"] = checksum(tensors)
    write_whole(path, save(tensors, {"record": json.dumps(record)}), what="the checkpoint")


def kept(path: Path, task: Task, call: str) -> CrossFitted | None:
    """The member that `keep` put there; None if there is none, or it was trained on anything else."""
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads((file.metadata() or {}).get("record", "{}"))
            if record.get("call") != call:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (SafetensorError, OSError, ValueError):
        return None
    if record.get("sha256") != checksum(tensors):
        return None
    weights = {name.removeprefix("weights/"): values for name, values in tensors.items() if name != "held_out"}
    member = load_member(task, record["kind"], Saved(record["record"], weights, record["texts"]))
    if member is None:
        return None
    return CrossFitted(member, tensors["held_out"], record["chosen"], history_of(record["history"]))
