"""An evaluation on disk: one small compressed file of plain arrays and one JSON record, without pickle."""

from __future__ import annotations

import io
import itertools
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from ..._errors import InputError
from ..._task import Task
from ._exact import LIMBS
from ._histogram import Histogram
from ._order import Scale
from ._ranked_probability import RANKED
from ._sound import check_record, check_state
from ._state import State
from ._tally import Tally

Arrays = dict[str, npt.NDArray[np.int64]]

_FORMAT = "crossent evaluation"
_VERSION = 3
"""1: neither decided nor pairs, and no hinge loss of several classes. 2: no ranked probability score. Else as here."""


def packed(record: Mapping[str, Any], states: list[State]) -> bytes:
    """The file's content: the same evaluation gives the same bytes."""
    arrays: Arrays = {}
    written = [_state_record(state, f"{place}", arrays) for place, state in enumerate(states)]
    # Files without it can still be read by a crossent that knows version 2 only.
    version = _VERSION if any(RANKED in state.sums for state in states) else _VERSION - 1
    text = json.dumps({"format": _FORMAT, "version": version, **record, "states": written})
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as members:
        for name, values in {"record": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}.items():
            # Opened by name alone, a member bears no time of writing.
            with members.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
    return held.getvalue()


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Task, list[State]]:
    """The record, the task and the states of a file.

    Raises:
        InputError: There is no such file, it is not an evaluation, or it is damaged, or of a later version.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"the evaluation {path} cannot be read: {error.strerror or error}") from None
    try:
        # Every member has a checksum, so that what is read is what was written.
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(members.read(name)), allow_pickle=False)
                for name in members.namelist()
            }
        record = json.loads(arrays.pop("record").tobytes())
        if record["format"] != _FORMAT:
            raise ValueError("another format")
        version = record["version"]
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, EOFError, NotImplementedError):
        raise InputError(
            f"{path} must be an evaluation that Evaluation.save wrote; it is another kind of file, or damaged"
        ) from None
    if version not in range(1, _VERSION + 1):
        raise InputError(
            f"{path} must be of version {_VERSION} or earlier; it is of {version}: read it with a newer crossent"
        )
    try:
        task = Task.from_dict(record["task"])
        states = [_state(each, f"{place}", arrays, task) for place, each in enumerate(record["states"])]
        check_record(record, states)
        scale, given, pairs = scale_named(record["source"]), record.get("given", False), record.get("pairs", False)
        for state in states:
            check_state(state, task, scale, given=given, pairs=pairs)
        if arrays:
            raise ValueError("arrays of no state")
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError):
        raise damaged(path) from None
    return record, task, states


def damaged(path: str | os.PathLike[str]) -> InputError:
    """What is said of a file whose parts contradict each other."""
    return InputError(f"the evaluation {path} is damaged: its parts do not belong together")


def scale_named(name: object) -> Scale:
    """The scale of that name.

    Raises:
        ValueError: There is none.
    """
    for scale in get_args(Scale):
        if scale == name:
            return scale
    raise ValueError("another scale")


def _state_record(state: State, name: str, arrays: Arrays) -> dict[str, Any]:
    _keep(state.confusion, f"{name}.confusion", arrays)
    if state.ranks is not None:
        _keep(state.ranks, f"{name}.ranks", arrays)
    bins = [*state.histograms, *([] if state.top is None else [state.top]), *state.decided, *state.pairs]
    for place, each in enumerate(bins):
        arrays[f"{name}.{place}.keys"] = np.diff(each.keys, prepend=0)  # small numbers, which compress
        _keep(each.tally, f"{name}.{place}", arrays)
    return {
        "rows": state.rows,
        "ignored": state.ignored,
        "levels": [each.level for each in bins],
        "decided": len(state.decided),
        "pairs": len(state.pairs),
        "sums": {each: format(total, "x") for each, total in sorted(state.sums.items())},
    }


def _keep(tally: Tally, name: str, arrays: Arrays) -> None:
    arrays[f"{name}.counts"] = tally.counts
    if tally.weights is not None:
        arrays[f"{name}.weights"] = tally.weights


def _state(record: Mapping[str, Any], name: str, arrays: Arrays, task: Task) -> State:
    size = len(task)
    cells = (size, 2, 2) if task.kind == "multilabel" else (size, size)
    single = task.kind == "multiclass"
    given = iter(enumerate(record["levels"]))

    def taken(count: int, sides: int = 2) -> tuple[Histogram, ...]:
        levels = [*itertools.islice(given, count)]
        if len(levels) != count:
            raise ValueError("histograms are missing")
        return tuple(_histogram(level, sides, f"{name}.{place}", arrays) for place, level in levels)

    state = State(
        rows=record["rows"],
        ignored=record["ignored"],
        confusion=_tally(f"{name}.confusion", cells, arrays),
        histograms=taken(1 if task.kind == "binary" else size),
        top=taken(1)[0] if single else None,
        decided=taken(record.get("decided", 0)),
        pairs=taken(record.get("pairs", 0), size),
        ranks=_tally(f"{name}.ranks", (size,), arrays) if single else None,
        sums={each: int(total, 16) for each, total in record["sums"].items()},
    )
    if [*given]:
        raise ValueError("histograms of no part")
    return state


def _histogram(level: int, sides: int, name: str, arrays: Arrays) -> Histogram:
    steps = arrays.pop(f"{name}.keys")
    if steps.ndim != 1 or steps.dtype != np.int64:
        raise ValueError("keys of another type")
    keys = np.cumsum(steps)
    return Histogram(level, keys, _tally(name, (len(keys), sides), arrays))


def _tally(name: str, shape: tuple[int, ...], arrays: Arrays) -> Tally:
    counts, weights = arrays.pop(f"{name}.counts"), arrays.pop(f"{name}.weights", None)
    if counts.shape != shape or counts.dtype != np.int64 or (counts < 0).any():
        raise ValueError("another shape")
    if weights is not None and (weights.shape != (*shape, LIMBS) or weights.dtype != np.int64):
        raise ValueError("another shape")
    return Tally(counts, weights)
