"""The state of a training of copies on disk, so that one that was killed can go on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..data import Split
from ..models import Copies
from ._course import Course
from ._examples import Examples
from ._history import Epoch, Stopped
from ._precision import Bits
from ._state_file import digest, read_state, write_state


@dataclass(frozen=True, eq=False)
class Best:
    """The epoch that is kept: its record, weights, slope and held-out logits."""

    epoch: Epoch
    weights: dict[str, Tensor]
    slope: float
    held_out: tuple[Tensor, ...]


@dataclass(eq=False)
class State:
    """All that the next epoch depends on, and what is kept of the epochs so far.

    Attributes:
        network: The copies.
        optimizer: With the moments of their weights.
        generator: Orders the rows, and draws what is dropped.
        records: The epochs so far.
        best: The one that is kept.
        last: The epoch to end after.
        length: The epochs that the schedules are laid over.
        stopped: Why `last` is where it is.
    """

    network: Copies
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    records: list[Epoch]
    best: Best
    last: int
    length: float
    stopped: Stopped = "finished"


def fingerprint(
    network: Copies,
    examples: Examples,
    splits: Sequence[Split],
    course: Course,
    until: int | None,
    seed: int,
    bits: Bits,
) -> str:
    """What decides a training, in words: equal for the same call, and for hardly any other.

    Args:
        network: With its first weights.
        examples: All rows.
        splits: Which rows train and which judge.
        course: Epochs, batches and rates.
        until: Where it ends before the course does.
        seed: Orders the rows.
        bits: Of the products in a step.
    """
    words = json.dumps([dataclasses.asdict(course), until, seed, bits])
    return f"{digest(examples, splits, also=network.state_dict().values())} {words}"


def write_checkpoint(path: Path, state: State, call: str) -> None:
    """Put the state on disk, whole.

    Args:
        path: The file.
        state: As it is after an epoch.
        call: The `fingerprint` of the training.

    Raises:
        InputError: The file cannot be written.
    """
    tensors = {f"network.{name}": values for name, values in state.network.state_dict().items()}
    tensors |= {f"best.{name}": values for name, values in state.best.weights.items()}
    tensors |= {f"held_out.{place}": values for place, values in enumerate(state.best.held_out)}
    for place, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{name}": values for name, values in moments.items()}
    tensors["generator"] = state.generator.get_state()
    record = {
        "epochs": [dataclasses.asdict(epoch) for epoch in state.records],
        "best": [dataclasses.asdict(state.best.epoch), state.best.slope, len(state.best.held_out)],
        "end": [state.last, state.length, state.stopped],
    }
    write_state(path, record, tensors, call)


def read_checkpoint(path: Path, state: State, call: str) -> bool:
    """Bring the state of the same training back from disk.

    Args:
        path: The file.
        state: Changed in place.
        call: The `fingerprint` of the training.

    Returns:
        Whether there was one. A file of another training, or none that can be read, counts as none.
    """
    found = read_state(path, call)
    if found is None:
        return False
    _restore(state, *found)
    return True


def _restore(state: State, record: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    def under(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): values for name, values in tensors.items() if name.startswith(prefix)}

    state.network.load_state_dict(under("network."))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, values in under("optimizer.").items():
        place, _, moment = name.partition(".")
        moments.setdefault(int(place), {})[moment] = values
    groups = state.optimizer.state_dict()["param_groups"]
    state.optimizer.load_state_dict({"state": moments, "param_groups": groups})
    state.generator.set_state(tensors["generator"])
    state.records[:] = [Epoch(**epoch) for epoch in record["epochs"]]
    state.last, state.length, state.stopped = record["end"]
    epoch, slope, count = record["best"]
    held_out = tuple(tensors[f"held_out.{place}"] for place in range(count))
    state.best = Best(Epoch(**epoch), under("best."), slope, held_out)
