"""The whole model as one file of torch: columns of the table in, probabilities and decisions out."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ... import __version__
from ..._errors import InputError
from ..._files import write_whole
from ...classifier import Model
from ...data import CategoryEncoding
from ...decisions import Rule
from ...members import Modules, logits_of
from ._calibration import calibrated
from ._columns import Columns
from ._members import Blended

NOTES = "notes.json"
UNDECIDED = -1

_KINDS = {
    "number": ("float64", "NaN where missing"),
    "boolean": ("float64", "1 for true, 0 for false, NaN where missing"),
    "datetime": ("float64", "seconds since 1970 (UTC), NaN where missing"),
    "category": ("int64", "0 missing, 1 never seen, from 2 on the place among the levels"),
}


def to_torch(model: Model) -> bytes:
    """The model as the bytes of a file that `torch.export.load` reads.

    What it loads takes one mapping of the columns of the table by name, each `(rows,)`, from one row on: numbers as
    float64, NaN where missing; true and false as 1.0 and 0.0; dates as seconds since 1970 (UTC); categories as int64
    codes: 0 missing, 1 never seen, from 2 on the place among the levels of the notes. It returns `probabilities`
    `(rows, K)` float64 and `decision` `(rows,)` int64, the place of a class, -1 for a row left undecided. The notes are
    the extra file `notes.json`.

    Raises:
        InputError: The model holds a column of text, several labels a row, or a network of your own that
            `torch.export` cannot take.
    """
    whole = _Whole(model).eval()
    some = {
        column.name: torch.zeros(3, dtype=torch.int64 if column.kind == "category" else torch.float64)
        for column in model.encoder.columns
    }
    program = _traced(whole, some, model)
    for node in program.graph.nodes:  # where each came from: this machine's paths, a third of the file
        for note in ("stack_trace", "nn_module_stack", "torch_fn", "source_fn_stack", "from_node"):
            node.meta.pop(note, None)
    written = io.BytesIO()
    torch.export.save(program, written, extra_files={NOTES: json.dumps(_notes(model), indent=1)})
    return written.getvalue()


def write_torch(path: str | os.PathLike[str], model: Model | bytes) -> None:
    """Write a model, or what `to_torch` made of it; an older file is replaced only when the new one is complete."""
    exported = model if isinstance(model, bytes) else to_torch(model)
    write_whole(path, exported, what="the exported model")


class _Whole(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        if isinstance(model.rule.threshold, tuple):
            raise InputError("a model of several labels a row cannot be exported to torch")
        self.task, self.rule, self.threshold = model.task, model.rule, model.rule.threshold
        self.calibrator = None if model.calibration is None else model.calibration.calibrator
        self.columns, self.blended = Columns(model.encoder), Blended(model.blend)

    def forward(self, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
        logits = calibrated(self.calibrator, logits_of(self.task, self.blended(self.columns(columns))))
        if self.task.kind == "binary":
            positive = logits.sigmoid()
            probabilities = torch.stack([1 - positive, positive], 1)
        else:
            probabilities = logits.softmax(1)
        return {"probabilities": probabilities, "decision": _decided(self.rule, self.threshold, probabilities)}


def _traced(whole: _Whole, some: dict[str, Tensor], model: Model) -> torch.export.ExportedProgram:
    rows = torch.export.Dim("rows", min=1)
    try:
        with torch.no_grad():
            return torch.export.export(whole, (some,), dynamic_shapes=({name: {0: rows} for name in some},))
    except Exception as error:
        if not any(isinstance(part.member, Modules) for part in model.blend.parts):
            raise
        why = str(error).strip().splitlines()[0]
        raise InputError(f"torch.export cannot take a network of your own class: {why}") from error


def _decided(rule: Rule, threshold: float, probabilities: Tensor) -> Tensor:
    """See `Rule.decide`, which also checks what it is given."""
    if rule.task.kind == "binary":
        decided = (probabilities[:, 1] >= threshold).long()
    elif rule.costs is None:
        decided = probabilities.argmax(1)
    else:
        costs = torch.tensor(rule.costs, dtype=torch.float64)
        each = (probabilities.unsqueeze(2) * costs).sum(1)
        least = each == each.amin(1, keepdim=True)
        decided = probabilities.masked_fill(~least, -1.0).argmax(1)
    if not rule.abstain_below:
        return decided
    return decided.masked_fill(probabilities.amax(1) < rule.abstain_below, UNDECIDED)


def _notes(model: Model) -> dict[str, Any]:
    """What whoever runs the file must know."""
    columns = []
    for encoding in model.encoder.encodings:
        kind = encoding.column.kind
        dtype, values = _KINDS[kind]
        levels = {"levels": encoding.names} if isinstance(encoding, CategoryEncoding) else {}
        columns.append({"name": encoding.column.name, "kind": kind, "dtype": dtype, "values": values, **levels})
    return {
        "crossent": __version__,
        "torch": torch.__version__,
        "target": model.target.name,
        "classes": model.task.to_dict()["classes"],
        "positive": model.task.classes[1] if model.task.kind == "binary" else None,
        "decision": f"the place of a class, {UNDECIDED} for a row left undecided",
        "rule": {key: value for key, value in model.rule.to_dict().items() if key != "choice"},
        "columns": columns,
    }
