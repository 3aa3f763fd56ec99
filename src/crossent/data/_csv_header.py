"""The first line of a CSV file: what separates the fields, and what the columns are called."""

from collections import Counter
from pathlib import Path

from .._errors import InputError
from ._names import listed
from ._sources import is_gzip


def separator_of(path: Path, data: bytes) -> bytes:
    """Return the separator that the first line with text uses most; nothing while that line is not complete."""
    if (path.stem if is_gzip(path) else path.name).lower().endswith((".tsv", ".tab")):
        return b"\t"
    line, newline, _ = data.lstrip(b"\r\n").partition(b"\n")
    if not newline:
        return b""
    outside = b"".join(line.split(b'"')[::2])
    return max((b",", b";", b"\t", b"|"), key=outside.count)


def header_names(path: Path, fields: list[str]) -> list[str]:
    """Return the names of the columns; a first column without a name, as pandas writes its index, is called index."""
    stripped = [field.strip() for field in fields]
    places = ["index" if place == 0 else f"column_{place + 1}" for place in range(len(fields))]
    names = [name or place for name, place in zip(stripped, places, strict=True)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if any("\r" in name for name in names):
        raise InputError(f"{path}: lines must end in a newline, but these end in a carriage return. Convert the file.")
    if twice:
        raise InputError(
            f"{path}: every column must have its own name, but more than one is {listed(twice)}. Rename them."
        )
    return names
