"""A blend as JSON, tensors and texts, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor

from .._errors import InputError
from .._task import Task
from ..training import Epoch, History
from ._blend import Blend, Part
from ._linear import Linear
from ._member import Member, Saved
from ._modules import Modules
from ._network import Network
from ._shares import ClassShares
from ._trees import Trees

_FIGURES = ("log_loss", "behind", "error")
_KINDS: dict[str, type[Member]] = {
    "network": Network,
    "trees": Trees,
    "linear": Linear,
    "module": Modules,
    "shares": ClassShares,
}


def saved_blend(blend: Blend) -> Saved:
    """What brings a blend back: its members' weights and texts are named after their places."""
    parts: list[dict[str, Any]] = []
    weights: dict[str, Tensor] = {}
    texts: dict[str, str] = {}
    for place, part in enumerate(blend.parts):
        saved = None if part.member is None else part.member.save()
        kind = None if part.member is None else kind_of(part.member)
        parts.append(
            {
                "name": part.name,
                "weight": part.weight,
                **{name: _finite(getattr(part, name)) for name in _FIGURES},
                "chosen": dict(part.chosen),
                "history": None if part.history is None else _history_record(part.history),
                "kind": kind,
                "record": None if saved is None else saved.record,
            }
        )
        if saved is not None:
            weights |= {f"{place}/{name}": weight for name, weight in saved.weights.items()}
            texts |= {f"{place}-{name}": text for name, text in saved.texts.items()}
    class_weight = None if blend.class_weight is None else list(blend.class_weight)
    pool = {"slope": blend.slope, "least": None if blend.least is None else list(blend.least)}
    return Saved({"class_weight": class_weight, **pool, "parts": parts}, weights, texts)


def load_blend(task: Task, saved: Saved) -> Blend:
    """Bring a blend back.

    Raises:
        InputError: What was saved is not of this task.
    """
    parts: list[Part] = []
    for place, record in enumerate(saved.record["parts"]):
        mine = Saved(
            record["record"] or {},
            {name.removeprefix(f"{place}/"): w for name, w in saved.weights.items() if name.startswith(f"{place}/")},
            {name.removeprefix(f"{place}-"): t for name, t in saved.texts.items() if name.startswith(f"{place}-")},
        )
        member = load_member(task, record["kind"], mine)
        if (member is None) != (record["weight"] == 0):
            raise InputError(f"the member {record['name']!r} of weight {record['weight']} is {record['kind']}")
        parts.append(
            Part(
                record["name"],
                float(record["weight"]),
                log_loss=_number(record["log_loss"]),
                member=member,
                behind=_number(record["behind"]),
                error=_number(record["error"]),
                chosen=record["chosen"],
                history=history_of(record["history"]),
            )
        )
    class_weight, least = (_by_class(task, saved.record, name) for name in ("class_weight", "least"))
    return Blend(tuple(parts), class_weight, float(saved.record.get("slope", 1.0)), least)


def _by_class(task: Task, record: Mapping[str, Any], name: str) -> tuple[float, ...] | None:
    """A number for each class, if there are any."""
    values = record.get(name)
    if values is None:
        return None
    if len(values) != len(task):
        raise InputError(f"the task has {len(task)} classes, and {name} has {len(values)} numbers")
    return tuple(map(float, values))


def _history_record(history: History) -> dict[str, Any]:
    """Without the clock's figures: two equal fits give the same bytes."""
    record = asdict(history)
    for epoch in record["epochs"]:
        del epoch["rows_per_second"]
    return record


def _finite(value: float) -> float | None:
    """As JSON has it, which knows no NaN."""
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def history_of(record: Mapping[str, Any] | None) -> History | None:
    """The history that was saved."""
    if record is None:
        return None
    epochs = tuple(Epoch(**epoch) for epoch in record["epochs"])
    # The first folders do not have the last two.
    arithmetic = {name: record[name] for name in ("threads", "precision") if name in record}
    return History(epochs, record["best_epoch"], record["stopped"], **arithmetic)


def kind_of(member: Member) -> str:
    """What kind a member is, by the name that it is saved under."""
    return next(name for name, of in _KINDS.items() if isinstance(member, of))


def load_member(task: Task, kind: str | None, saved: Saved) -> Member | None:
    """Bring a member of a kind back; None where there was none."""
    match kind:
        case None:
            return None
        case "network":
            return Network.load(saved)
        case "trees":
            return Trees.load(saved)
        case "linear":
            return Linear.load(saved)
        case "shares":
            return ClassShares.load(saved)
        case "module":
            return Modules.load(task, saved)
        case _:
            raise InputError(f"there is no member of kind {kind!r}")
