"""The model folder: written whole or not at all, checked when read, and never code."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from crossent import InputError, Model, fit, load


def table() -> pl.DataFrame:
    return pl.DataFrame(
        {"x": [float(i % 7) for i in range(80)], "c": ["é", "b", None, "d"] * 20, "y": ["no", "no", "oui", "no"] * 20}
    )


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(table(), target="y", members="linear")


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_is_the_saved_one(model: Model, folder: Path) -> None:
    loaded = load(folder)
    assert loaded.predict(table()).equals(model.predict(table()))
    for name in (
        "task",
        "target",
        "encoder",
        "recipe",
        "calibration",
        "rule",
        "metrics",
        "rows",
    ):
        assert getattr(loaded, name) == getattr(model, name), name


def test_two_equal_fits_give_equal_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        # Without a time limit: what a clock has cut short is not the same twice.
        fit(table(), target="y", quality="fast", epochs=3).save(tmp_path / name)
    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert len(written[0]) > 5
    assert written[0] == written[1]


def test_a_calibrated_model_comes_back_with_the_same_bits(tmp_path: Path) -> None:
    model = fit(table(), target="y", members="linear", calibration="isotonic", class_weight="balanced")
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.calibration == model.calibration
    assert loaded.predict(table()).equals(model.predict(table()))
    assert not loaded.predict(table(), calibrated=False).equals(model.predict(table()))


@pytest.mark.parametrize("number", [1, 2])
def test_a_folder_of_an_earlier_format_predicts_as_it_did(number: int) -> None:
    former = Path(__file__).parent / "former" / f"format-{number}"
    assert json.loads((former / "model" / "manifest.json").read_text())["format"] == number
    predictions = load(former / "model").predict(former / "rows.csv")
    before = pl.read_csv(former / "predictions.csv")
    assert predictions["decision"].equals(before["decision"])
    np.testing.assert_allclose(predictions["probability_yes"], before["probability_yes"], rtol=1e-5)


def test_the_folder_holds_json_and_safetensors_and_no_pickle(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "blend.json",
        "calibration.json",
        "decision.json",
        "encoder.json",
        "manifest.json",
        "metrics.json",
        "model.safetensors",
        "recipe.json",
        "task.json",
    ]
    for path in folder.glob("*.json"):
        json.loads(path.read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 3
    assert manifest["versions"]["torch"] == torch.__version__


def test_a_model_folder_is_overwritten_only_on_request_and_anything_else_never(model: Model, folder: Path) -> None:
    with pytest.raises(InputError, match="is there already: choose another name, or ask to overwrite it"):
        model.save(folder)
    model.save(folder, overwrite=True)
    assert load(folder).metrics == model.metrics
    precious = folder.parent / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is there already and is no model folder"):
        model.save(precious, overwrite=True)
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_nothing_is_left_behind_by_a_save_that_fails(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path / "model")
    before = {path: path.read_bytes() for path in (tmp_path / "model").iterdir()}

    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        model.save(tmp_path / "model", overwrite=True)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {path: path.read_bytes() for path in (tmp_path / "model").iterdir()} == before


@pytest.mark.parametrize("name", ["model.safetensors", "encoder.json", "task.json", "blend.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError) as error:
        load(folder)
    assert str(error.value) == (
        f"the model folder {folder} is damaged ({name} is missing): restore it, or fit the model again"
    )


@pytest.mark.parametrize("name", ["model.safetensors", "encoder.json", "recipe.json"])
@pytest.mark.parametrize("how", ["truncated", "one bit flipped"])
def test_a_damaged_file_is_named(folder: Path, name: str, how: str) -> None:
    content = bytearray((folder / name).read_bytes())
    if how == "truncated":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        load(folder)
    assert f"{name} is not as it was written" in str(error.value)


def test_a_damaged_manifest_is_an_error(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        load(folder)


def test_a_newer_format_asks_for_an_upgrade(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 4}))
    with pytest.raises(InputError, match=r"has format 4; this crossent .* reads up to 3: upgrade with"):
        load(folder)


def test_a_manifest_cannot_reach_outside_the_folder(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../secret.json"] = "0"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="names a file outside the folder"):
        load(folder)


def rewritten(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a record and its checksum, as someone with bad intentions would."""
    content = json.dumps(change(json.loads((folder / name).read_text()))).encode()
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("calibration.json", {"calibrator": {"method": "sms", "maps": [{}]}}),
        ("calibration.json", {"trials": 3}),
        ("decision.json", {"threshold": 2}),
        ("decision.json", {"threshold": "f1"}),
        ("decision.json", {"costs": [[1]]}),
        ("decision.json", {"choice": {}}),
        ("blend.json", {"class_weight": [1.0, 2.0, 3.0]}),
        ("blend.json", {"parts": []}),
        ("blend.json", {"parts": [{"name": "forest"}]}),
        ("recipe.json", {"epochs": -1}),
        ("recipe.json", {"surprise": 1}),
        ("encoder.json", {"encodings": []}),
        ("encoder.json", {"encodings": 3}),
        ("task.json", {"task": {"kind": "multiclass", "classes": ["a", "b", "c"], "ordered": False, "ignored": None}}),
    ],
)
def test_records_that_do_not_belong_together_are_an_error_at_once(folder: Path, name: str, change: Any) -> None:
    rewritten(folder, name, lambda record: record | change)
    with pytest.raises(InputError, match="is damaged"):
        load(folder)


def test_a_number_without_end_and_brackets_without_end_are_errors(folder: Path) -> None:
    for content in ("[" * 100_000, '{"epochs": ' + "9" * 5000 + "}"):
        rewritten(folder, "blend.json", lambda record: record)
        (folder / "blend.json").write_text(content)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["sha256"]["blend.json"] = hashlib.sha256(content.encode()).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(InputError, match="is damaged"):
            load(folder)
        (folder / "blend.json").write_text("{}")


def test_a_pipe_or_a_device_in_the_place_of_a_file_is_not_read(folder: Path) -> None:
    task = folder / "task.json"
    task.unlink()
    os.mkfifo(task)
    with pytest.raises(InputError, match=r"task\.json is missing"):
        load(folder)
    task.unlink()
    task.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"task\.json is missing"):
        load(folder)


def test_a_link_to_a_folder_is_followed_and_stays_a_link(model: Model, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    model.save(tmp_path / "link")
    model.save(tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
    assert load(tmp_path / "real").metrics == model.metrics


def test_what_the_user_put_into_a_model_folder_is_not_overwritten(model: Model, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds files that are not the model's: notes\.txt"):
        model.save(folder, overwrite=True)
    assert (folder / "notes.txt").read_text() == "mine"


def test_pages_come_and_go_with_the_folder(model: Model, folder: Path) -> None:
    model.save(folder, overwrite=True, pages={"report.html": "<p>é"})
    assert (folder / "report.html").read_text(encoding="utf-8") == "<p>é"
    assert load(folder).metrics == model.metrics


@pytest.mark.parametrize("place", ["file/model", "x" * 300])
def test_a_place_that_cannot_be_written_is_refused(model: Model, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        model.save(tmp_path / place)


@pytest.mark.parametrize(("path", "message"), [("nowhere", "there is no model folder"), (".", "is no model folder")])
def test_a_path_that_is_no_model_folder_is_an_error(tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path / path)


@pytest.mark.parametrize("levels", [9, 400])
@pytest.mark.parametrize("members", [("network",), ("trees", "linear")])
def test_a_category_of_many_levels_comes_back(levels: int, members: tuple[str, ...], tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "place": [f"p{i * i % levels}" for i in range(3 * levels)],
            "note": [f"a text of some words, number {i % 5} of many others" for i in range(3 * levels)],
            "y": ["no", "yes", "no"] * levels,
        }
    )
    model = fit(rows, target="y", members=members, quality="fast", epochs=1, kinds={"note": "text"})
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").predict(rows).equals(model.predict(rows))
