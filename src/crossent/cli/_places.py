"""Where a command reads and where it writes, seen together before any work is done."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .._errors import InputError
from .._files import check_place


def check_places(inputs: Iterable[str | Path | None], outputs: Mapping[str, Path | None]) -> None:
    """Raise InputError unless every output can be written, and is neither an input nor another output.

    Args:
        inputs: Files, folders and globs that are read.
        outputs: The files that are written, by the options that name them.
    """
    written = {option: path for option, path in outputs.items() if path is not None}
    if not written:
        return
    for path in written.values():
        check_place(path)
    read = {place for source in inputs if source is not None for place in _files(str(source))}
    taken: dict[Path, str] = {}
    for option, path in written.items():
        place = path.resolve()
        if place in read:
            raise InputError(f"{option} must not write over what is read; got {path}: give it another name")
        if place in taken:
            raise InputError(f"{taken[place]} and {option} must write two files; both got {path}: rename one")
        taken[place] = option


def _files(source: str) -> Iterator[Path]:
    """All files that a path, a glob or a folder stands for."""
    for name in glob.glob(source, recursive=True) or [source]:
        path = Path(name)
        for each in path.rglob("*") if path.is_dir() else [path]:
            yield each.resolve()
