"""The model folder: written whole or not at all, checked when read, and never code."""

import json
from pathlib import Path

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
    return fit(table(), target="y", epochs=3)


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_is_the_saved_one(model: Model, folder: Path) -> None:
    loaded = load(folder)
    assert loaded.predict(table()).equals(model.predict(table()))
    for name in ("task", "target", "encoder", "architecture", "recipe", "history", "metrics", "rows"):
        assert getattr(loaded, name) == getattr(model, name), name


def test_the_folder_holds_json_and_safetensors_and_no_pickle(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "architecture.json",
        "encoder.json",
        "history.json",
        "manifest.json",
        "metrics.json",
        "model.safetensors",
        "recipe.json",
        "task.json",
    ]
    for path in folder.glob("*.json"):
        json.loads(path.read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 1
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


@pytest.mark.parametrize("name", ["model.safetensors", "encoder.json", "task.json", "history.json"])
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
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
    with pytest.raises(InputError, match=r"has format 2; this crossent .* reads up to 1: upgrade with"):
        load(folder)


def test_a_manifest_cannot_reach_outside_the_folder(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../secret.json"] = "0"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="names a file outside the folder"):
        load(folder)


@pytest.mark.parametrize(("path", "message"), [("nowhere", "there is no model folder"), (".", "is no model folder")])
def test_a_path_that_is_no_model_folder_is_an_error(tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path / path)
