"""Chunk: some whole records of a CSV file, and what can be wrong with them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .._errors import InputError
from ._csv_repair import fields_of, rewritten
from ._csv_scan import NEWLINE, RETURN, Records
from ._csv_sniff import WIDE_MARKS, binary
from ._names import listed


@dataclass(frozen=True, eq=False)
class Chunk:
    """Whole records of a file: their bytes, the line that these begin on, and where each record is in them."""

    path: Path
    separator: bytes
    line: int
    data: bytes
    records: Records

    def __len__(self) -> int:
        return self.records.ends.size

    def __getitem__(self, which: slice | NDArray[np.bool_]) -> "Chunk":
        return replace(self, records=self.records[which])

    def line_of(self, position: int) -> int:
        """Return the number of the line that holds a byte of the chunk."""
        return self.line + self.data.count(b"\n", 0, position)

    def fields(self, record: int) -> list[str]:
        """Return the fields of one record."""
        start, end = int(self.records.starts[record]), int(self.records.ends[record])
        return fields_of(self.data[start:end].decode(), self.separator.decode())

    def written(self) -> NDArray[np.bool_]:
        """Return which records are more than an empty line."""
        content = np.frombuffer(self.data, np.uint8)
        first, lengths = content[self.records.starts], self.records.ends - self.records.starts
        return (first != NEWLINE) & ((first != RETURN) | (lengths != 2))

    def frame(self, names: list[str]) -> pl.DataFrame:
        """Return the records as a frame of strings."""
        schema = dict.fromkeys(names, pl.String)
        try:
            return pl.read_csv(self._body(), has_header=False, schema=schema, separator=self.separator.decode())
        except pl.exceptions.PolarsError as error:
            first = self.line_of(int(self.records.starts[0]))
            raise InputError(
                f"{self.path}, from line {first} on: these lines cannot be read as CSV ({error})."
            ) from error

    def _body(self) -> bytes:
        """Return the bytes of the records; those with stray quotes are written anew, for readers disagree on them."""
        starts, ends, stray = self.records.starts, self.records.ends, self.records.stray
        if not stray.any() and (starts[1:] == ends[:-1]).all():
            return self.data[int(starts[0]) : int(ends[-1])]
        spans = zip(starts.tolist(), ends.tolist(), stray.tolist(), strict=True)
        return b"".join(self._repaired(start, end) if odd else self.data[start:end] for start, end, odd in spans)

    def _repaired(self, start: int, end: int) -> bytes:
        return rewritten(self.data[start:end].decode(), self.separator.decode()).encode()


def check_encoding(chunk: Chunk) -> None:
    """Check that all bytes are UTF-8."""
    try:
        chunk.data.decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in chunk.data and not chunk.data.startswith(WIDE_MARKS):
            raise binary(chunk.path) from error
        place = error.start - chunk.data.rfind(b"\n", 0, error.start)
        guess = "UTF-16" if chunk.data.startswith(WIDE_MARKS) else "WINDOWS-1252"
        raise InputError(
            f"{chunk.path}, line {chunk.line_of(error.start)}: byte {place} of the line "
            f"(0x{chunk.data[error.start]:02X}) is not UTF-8. Save the file as UTF-8, for example: "
            f"iconv -f {guess} -t UTF-8 {chunk.path.name} > utf8.csv"
        ) from error


def check_quotes(chunk: Chunk) -> None:
    """Check that no quoted field runs over lines and on after its quote: there a quote is missing on the first line."""
    for record in np.flatnonzero(chunk.records.overrun).tolist():
        start, end = int(chunk.records.starts[record]), int(chunk.records.ends[record])
        if chunk.data.count(b"\n", start, end) > 1:
            raise InputError(
                f"{chunk.path}, line {chunk.line_of(start)}: a quoted field begins here and runs to line "
                f"{chunk.line_of(end - 1)}, where text follows its quote. Close the quote, or write it twice "
                f'("") inside quotes if it is part of the text.'
            )


def check_widths(chunk: Chunk, names: list[str]) -> None:
    """Check that every record has as many fields as there are columns."""
    wrong = np.flatnonzero(chunk.records.fields != len(names))
    if not wrong.size:
        return
    record = int(wrong[0])
    start, end = int(chunk.records.starts[record]), int(chunk.records.ends[record])
    lines = chunk.data.count(b"\n", start, end)
    hint = f" The row runs over {lines} lines: is a quote not closed?" if lines > 1 else ""
    raise InputError(
        f"{chunk.path}, line {chunk.line_of(start)}: every line must hold {len(names)} fields "
        f"({listed(names, limit=6)}), but this one holds {chunk.records.fields[record]}.{hint} Correct the line; "
        f"a field that holds the separator {chunk.separator.decode()!r} must stand in quotes."
    )


def unended(chunk: Chunk, start: int, limit: int) -> InputError:
    """Return the error for bytes from `start` on in which no record ends."""
    quote = chunk.records.open_quote
    if quote < 0:
        line = chunk.line_of(start)
        return InputError(f"{chunk.path}, line {line} is longer than {limit >> 20} MB. Is this a CSV file?")
    return InputError(
        f"{chunk.path}, line {chunk.line_of(quote)}: a quote opens a field here and is never closed. Close it, "
        f'or write it twice ("") inside quotes if it is part of the text.'
    )
