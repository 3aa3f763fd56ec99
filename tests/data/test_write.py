"""Frames, written one after the other into one file."""

import resource
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from crossent import InputError
from crossent.data import write


def frames(count: int = 3) -> list[pl.DataFrame]:
    return [pl.DataFrame({"n": [k, k + 1], "word": ["é,", '"x"\n']}) for k in range(count)]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_the_file_holds_all_frames_in_order(tmp_path: Path, name: str) -> None:
    assert write(iter(frames()), tmp_path / name) == 6
    written = pl.read_csv(tmp_path / name) if name.endswith("csv") else pl.read_parquet(tmp_path / name)
    assert written.equals(pl.concat(frames()))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_more_than_ten_parts_keep_their_order(tmp_path: Path, name: str) -> None:
    write(frames(25), tmp_path / name)
    written = pl.read_csv(tmp_path / name) if name.endswith("csv") else pl.read_parquet(tmp_path / name)
    assert written["n"].to_list() == [n for k in range(25) for n in (k, k + 1)]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_error_on_the_way_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("before")

    def failing() -> Iterator[pl.DataFrame]:
        yield frames()[0]
        raise InputError("the second part is broken")

    with pytest.raises(InputError, match="the second part is broken"):
        write(failing(), tmp_path / name)
    assert (tmp_path / name).read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.txt", "the output must be a .csv or .parquet file; got 'out.txt'"),
        ("folder.csv", "folder.csv cannot be written: it is a folder"),
        ("nowhere/out.csv", "out.csv cannot be written: its folder is not there"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError) as error:
        write(frames(), tmp_path / name)
    assert str(error.value).endswith(message)


def test_names_that_are_too_long_are_refused_and_long_ones_are_not(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.csv cannot be written: File name too long$"):
        write(frames(), tmp_path / ("x" * 300 + ".csv"))
    assert write(frames(), tmp_path / ("x" * 250 + ".csv")) == 6


def test_a_folder_that_may_not_be_entered_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", denied)
    with pytest.raises(InputError, match=r"out\.csv cannot be written: Permission denied$"):
        write(frames(), tmp_path / "out.csv")


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_full_disk_is_one_clear_error_and_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    # A limit on the size of files is what a full disk looks like to those who write them.
    (tmp_path / name).write_text("before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(InputError) as error:
            write([pl.DataFrame({"n": range(100_000)})], tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(error.value).startswith(f"{tmp_path / name} cannot be written: ")
    assert str(error.value).endswith("File too large")
    assert (tmp_path / name).read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == [name]
