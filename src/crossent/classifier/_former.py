"""Model folders of formats 1 and 2, which hold one network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .._errors import InputError
from .._task import Task
from ..data import Encoder
from ..members import Blend, Modules, Part, Saved, history_of
from ..models import Architecture
from ._folder import Contents
from ._recipe import Recipe

_KEPT = ("class_weight", "test_share", "seed")


def blend_of_former(task: Task, contents: Contents) -> Blend:
    """The one network, as a blend of itself."""
    architecture = Architecture(**contents.records["architecture.json"])
    _check_fit(task, Encoder.from_dict(contents.records["encoder.json"]), architecture)
    weights = {f"0.{name}": weight for name, weight in contents.weights.items()}
    member = Modules.load(task, Saved({"architecture": asdict(architecture), "copies": 1}, weights))
    history = history_of(contents.records["history.json"])
    return Blend((Part(architecture.name, 1.0, float("nan"), member, history=history),))


def recipe_of_former(record: Mapping[str, Any]) -> Recipe:
    """What there is of an earlier recipe in this one; how the network was trained is in its history."""
    kept = {name: record[name] for name in _KEPT}
    return Recipe(members=("network",), epochs=record["epochs"], calibration=record.get("calibration", "none"), **kept)


def _check_fit(task: Task, encoder: Encoder, architecture: Architecture) -> None:
    outputs = None if task.kind == "binary" else len(task)
    wanted = (encoder.width, encoder.codes, encoder.levels, outputs)
    found = (architecture.width, architecture.codes, architecture.levels, architecture.outputs)
    if wanted != found:
        raise InputError(f"the encoder and the task need an architecture of {wanted}, not {found}")
