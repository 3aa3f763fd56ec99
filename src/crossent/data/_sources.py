"""Which files a path, a glob or a folder stands for, and of which format."""

import glob
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from .._errors import InputError
from ._names import did_you_mean, listed
from ._reason import reason

Format: TypeAlias = Literal["csv", "parquet", "arrow", "json"]

FORMATS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}


Paths: TypeAlias = Sequence[str | os.PathLike[str]]


def files(sources: Paths) -> tuple[Format, list[Path]]:
    """Return the format and the files that paths, globs and folders name, sorted within each.

    Raises:
        InputError: when nothing is there, a file's format is unknown, or the formats differ.
    """
    found = [path for source in sources for path in _readable(source)]
    return _one_format(found), found


def _readable(source: str | os.PathLike[str]) -> list[Path]:
    if not os.fspath(source):
        raise InputError("A path must name a file, a folder or a glob, but this one is empty. Is a variable not set?")
    try:
        return _files(Path(source))
    except OSError as error:
        raise InputError(f"{error.filename or source} cannot be read: {reason(error)}.") from error


def _files(path: Path) -> list[Path]:
    if (mode := _mode(path)) is not None:
        return _in_folder(path) if stat.S_ISDIR(mode) else [path]
    if any(mark in str(path) for mark in "*?["):
        return _matching(str(path))
    raise InputError(f"There is no file {path}.{_nearest_file(path)}")


def _mode(path: Path) -> int | None:
    """Return what is at a path, None if nothing; not Path.exists, which on some Pythons hides why it cannot tell."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _in_folder(folder: Path) -> list[Path]:
    # Names such as _SUCCESS and .part.crc are how other tools keep their books.
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] not in "._")
    if not found:
        raise InputError(f"The folder {folder} must hold the files of a table, but it holds none.")
    return found


def _matching(pattern: str) -> list[Path]:
    found = sorted(path for path in map(Path, glob.glob(pattern, recursive=True)) if path.is_file())
    if not found:
        raise InputError(f"No file matches {pattern}. Check the pattern and the folder that it starts from.")
    return found


def _nearest_file(path: Path) -> str:
    try:
        return did_you_mean(path.name, os.listdir(path.parent))
    except (FileNotFoundError, NotADirectoryError):
        return f" There is no folder {path.parent} either."
    except OSError:  # a folder whose names cannot be listed has none to suggest
        return ""


def _one_format(paths: list[Path]) -> Format:
    formats = {_format(path): path for path in reversed(paths)}
    if len(formats) > 1:
        raise InputError(
            f"All files of a table must have one format, but these differ: {listed(formats.values())}. Use a glob."
        )
    return next(iter(formats))


def _format(path: Path) -> Format:
    suffix = Path(path.stem).suffix if is_gzip(path) else path.suffix
    format = FORMATS.get(suffix.lower())
    if format is None or (is_gzip(path) and format != "csv"):
        raise InputError(
            f"{path}: the format is told by the end of the name, which must be one of {', '.join(FORMATS)} or .csv.gz."
        )
    return format


def is_gzip(path: Path) -> bool:
    """Whether the name says that the file is compressed."""
    return path.suffix.lower() == ".gz"
