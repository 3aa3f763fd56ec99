"""A saved evaluation whose parts contradict each other is refused, in one sentence, whichever part was changed."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crossent import Evaluation, InputError, Task, evaluate

TASKS = {
    "binary": Task.binary(["no", "yes"]),
    "multiclass": Task.multiclass(["a", "b", "c"]),
    "multilabel": Task.multilabel(["x", "y", "z"]),
}
Arrays = dict[str, np.ndarray]


def saved(kind: str, *, weighted: bool = False) -> bytes:
    task, draw = TASKS[kind], np.random.default_rng(0)
    p = draw.random(60) if kind == "binary" else draw.dirichlet(np.ones(3), 60)
    labels = draw.integers(0, 2, (60, 3)) if kind == "multilabel" else draw.choice(list(task.classes), 60)
    weights = draw.random(60) if weighted else None
    groups = draw.choice(["north", "south"], 60)
    return evaluate(task, labels, probabilities=p, weights=weights, groups=groups).to_bytes()


def opened(content: bytes) -> tuple[dict[str, Any], Arrays]:
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        arrays = {name: np.lib.format.read_array(io.BytesIO(members.read(name))) for name in members.namelist()}
    return json.loads(arrays.pop("record.npy").tobytes()), arrays


def closed(record: dict[str, Any], arrays: Arrays) -> bytes:
    held = io.BytesIO()
    text = np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)
    with zipfile.ZipFile(held, "w") as members:
        for name, values in {"record.npy": text, **arrays}.items():
            with members.open(name, "w") as member:
                np.lib.format.write_array(member, values)
    return held.getvalue()


def refused(content: bytes, path: Path, words: str = "is damaged: its parts do not belong together") -> None:
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        Evaluation.load(path)
    assert words in str(caught.value)


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("weighted", [True, False])
def test_a_number_changed_in_any_array_is_noticed(kind: str, weighted: bool, tmp_path: Path) -> None:
    record, arrays = opened(saved(kind, weighted=weighted))
    (tmp_path / "x").write_bytes(closed(record, arrays))
    assert Evaluation.load(tmp_path / "x").rows == 60  # unchanged, it loads
    for name in (each for each in arrays if each.endswith((".counts.npy", ".weights.npy"))):
        for amount in (50, -50):
            changed = arrays[name].copy()
            changed.flat[changed.argmax()] += amount
            refused(closed(record, arrays | {name: changed}), tmp_path / "x")
        refused(closed(record, arrays | {name: arrays[name].astype(np.float64)}), tmp_path / "x")


CHANGES: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda keys: np.diff(np.cumsum(keys)[::-1], prepend=0),
    lambda keys: keys.astype(np.float64),
    lambda keys: np.zeros_like(keys),
    lambda keys: -keys,
    lambda keys: keys[:-1],
    lambda keys: keys[:, np.newaxis],
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", TASKS)
def test_bins_ascend(kind: str, change: Callable[[np.ndarray], np.ndarray], tmp_path: Path) -> None:
    record, arrays = opened(saved(kind))
    refused(closed(record, arrays | {"0.0.keys.npy": change(arrays["0.0.keys.npy"])}), tmp_path / "x")


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "abc"},
        {"threshold": None},
        {"threshold": 1.5},
        {"threshold": [0.5, "abc"]},
        {"bins": "abc"},
        {"bins": 3},
        {"bins": 100.5},
        {"source": "zzz"},
        {"source": None},
        {"source": "logits"},
        {"pairs": True},
        {"pairs": "abc"},
        {"given": 3},
        {"groups": ["x", "x"]},
        {"groups": ["x"]},
        {"groups": ["x", "y", "z"]},
        {"groups": ["x", None]},
        {"groups": ["x", ["y"]]},
        {"groups": None},
        {"task": {}},
        {"states": []},
        {"states": None},
    ],
    ids=str,
)
def test_options_are_those_of_the_rows(change: dict[str, object], tmp_path: Path) -> None:
    record, arrays = opened(saved("binary"))
    refused(closed(record | change, arrays), tmp_path / "x")


@pytest.mark.parametrize("name", ["threshold", "bins", "groups", "source", "task", "states"])
def test_a_part_of_the_record_is_missing(name: str, tmp_path: Path) -> None:
    record, arrays = opened(saved("binary"))
    del record[name]
    refused(closed(record, arrays), tmp_path / "x")


def test_without_a_version_it_is_no_evaluation(tmp_path: Path) -> None:
    record, arrays = opened(saved("binary"))
    del record["version"]
    refused(closed(record, arrays), tmp_path / "x", "it is another kind of file, or damaged")


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(
    "change",
    [{"ignored": -5}, {"ignored": "abc"}, {"rows": 7}, {"rows": 30.0}, {"levels": []}, {"decided": 1}, {"sums": {}}],
    ids=str,
)
def test_a_states_numbers_are_those_of_its_arrays(kind: str, change: dict[str, object], tmp_path: Path) -> None:
    record, arrays = opened(saved(kind))
    record["states"][0] |= change
    refused(closed(record, arrays), tmp_path / "x")


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("weighted", [True, False])
def test_every_sum_is_there(kind: str, weighted: bool, tmp_path: Path) -> None:
    record, arrays = opened(saved(kind, weighted=weighted))
    sums = record["states"][0]["sums"]
    for name in sums:
        record["states"][0]["sums"] = {each: total for each, total in sums.items() if each != name}
        refused(closed(record, arrays), tmp_path / "x")
    for total in ("-5", "xyz", 5):
        record["states"][0]["sums"] = sums | {"log_loss": total}
        refused(closed(record, arrays), tmp_path / "x")


def test_rows_moved_to_another_class_are_noticed(tmp_path: Path) -> None:
    """The number of rows is right, and only what two parts say of the classes differs."""
    record, arrays = opened(saved("multiclass"))
    for name in ("0.confusion.counts.npy", "0.0.counts.npy"):
        turned = arrays[name][:, ::-1] if name.startswith("0.0") else arrays[name][[1, 2, 0]]
        refused(closed(record, arrays | {name: np.ascontiguousarray(turned)}), tmp_path / "x")


def test_a_state_and_its_group_left_out_are_noticed(tmp_path: Path) -> None:
    record, arrays = opened(saved("multiclass"))
    record["groups"], record["states"] = record["groups"][:1], record["states"][:1]
    refused(closed(record, arrays), tmp_path / "x")


def test_the_message_in_full(tmp_path: Path) -> None:
    record, arrays = opened(saved("binary"))
    path = tmp_path / "x"
    path.write_bytes(closed(record | {"groups": ["x", "x"]}, arrays))
    with pytest.raises(InputError, match=f"^the evaluation {re.escape(str(path))} is damaged: its parts do not belong"):
        Evaluation.load(path)
