"""A member that has been trained, on disk, so that a fit that was killed need not train it again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from .._task import Task
from ..training import read_state, write_state
from ._member import CrossFitted, Saved
from ._saved_blend import history_of, kind_of, load_member


def keep(path: Path, fitted: CrossFitted, call: str) -> None:
    """Put a trained member on disk, whole.

    Args:
        path: The file.
        fitted: The member and what it says of held-out rows.
        call: What it was trained on, in words; see `read_state`.
    """
    saved = fitted.member.save()
    record = {
        "kind": kind_of(fitted.member),
        "record": saved.record,
        "texts": saved.texts,
        "chosen": dict(fitted.chosen),
        "history": None if fitted.history is None else asdict(fitted.history),
    }
    tensors = {f"weights/{name}": values for name, values in saved.weights.items()}
    write_state(path, record, tensors | {"held_out": fitted.held_out}, call)


def kept(path: Path, task: Task, call: str) -> CrossFitted | None:
    """The member that `keep` put there; None if there is none, or it was trained on anything else."""
    found = read_state(path, call)
    if found is None:
        return None
    record, tensors = found
    weights = {name.removeprefix("weights/"): values for name, values in tensors.items() if name != "held_out"}
    member = load_member(task, record["kind"], Saved(record["record"], weights, record["texts"]))
    if member is None:
        return None
    return CrossFitted(member, tensors["held_out"], record["chosen"], history_of(record["history"]))
