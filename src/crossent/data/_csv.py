"""CSV, checked and read in bounded memory: chunks of bytes in, frames of strings out."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from .._errors import InputError
from ._csv_header import header_names, separator_of
from ._csv_scan import NEWLINE, RETURN, Records, scan
from ._names import listed
from ._sources import is_gzip

CHUNK: Final = 16 << 20
LONGEST_RECORD: Final = 64 << 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False)
class Chunk:
    """Whole records of a file: their bytes, the line that these begin on, and where each record is in them."""

    path: Path
    separator: bytes
    line: int
    data: bytes
    records: Records

    def line_of(self, position: int) -> int:
        """Return the number of the line that holds a byte of the chunk."""
        return self.line + self.data.count(b"\n", 0, position)


def csv_frames(path: Path, *, chunk_bytes: int = CHUNK) -> Iterator[pl.DataFrame]:
    """Read a CSV file as frames whose columns are all String; blank lines are skipped.

    Raises:
        InputError: when a line breaks a rule; it says which file, which line, what was found and what to do.
    """
    names: list[str] = []
    rows = 0
    for chunk in _chunks(path, chunk_bytes):
        chunk = _without_blank_lines(chunk)
        if not names and chunk.records.ends.size:
            names = header_names(path, _fields(chunk, 0))
            chunk = replace(chunk, records=chunk.records[1:])
        if chunk.records.ends.size:
            _check_widths(chunk, names)
            rows += chunk.records.ends.size
            yield _parsed(chunk, names)
    if not names:
        raise InputError(f"{path} is empty. It must hold a line of column names, then one line a row.")
    if not rows:
        raise InputError(f"{path} holds column names but no rows. It must hold at least one row.")


def _chunks(path: Path, chunk_bytes: int) -> Iterator[Chunk]:
    """Cut a file where records end."""
    separator, held, line = b"", b"", 1
    for block in _blocks(path, chunk_bytes):
        held += block
        separator = separator or separator_of(path, held)
        if not separator:
            continue
        chunk = Chunk(path, separator, line, held, scan(held, separator))
        end = int(chunk.records.ends[-1]) if chunk.records.ends.size else 0
        if len(held) - end > LONGEST_RECORD:
            raise _unended(chunk, end)
        if end:
            _check_encoding(replace(chunk, data=held[:end]))
            yield replace(chunk, data=held[:end])
            held, line = held[end:], chunk.line_of(end)
    if held:
        raise _unended(Chunk(path, separator, line, held, scan(held, separator)), 0)


def _blocks(path: Path, chunk_bytes: int) -> Iterator[bytes]:
    """Read a file piece by piece, without a byte order mark, and with a newline at its end."""
    last = b""
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as stream:
            while block := stream.read(max(chunk_bytes, len(_BYTE_ORDER_MARK))):
                yield block if last else block.removeprefix(_BYTE_ORDER_MARK)
                last = block[-1:]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is not a complete gzip file ({error}). Copy or compress it again.") from error
    if last not in (b"", b"\n"):
        yield b"\n"


def _unended(chunk: Chunk, start: int) -> InputError:
    quote = chunk.records.open_quote
    if quote < 0:
        return InputError(
            f"{chunk.path}, line {chunk.line_of(start)} is longer than {LONGEST_RECORD >> 20} MB. Is this a CSV file?"
        )
    return InputError(
        f"{chunk.path}, line {chunk.line_of(quote)}: a quote opens a field here and is never closed. Close it, "
        f'or write it twice ("") inside quotes if it is part of the text.'
    )


def _check_encoding(chunk: Chunk) -> None:
    try:
        chunk.data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = error.start - chunk.data.rfind(b"\n", 0, error.start)
        guess = "UTF-16" if chunk.data[:2] in (b"\xff\xfe", b"\xfe\xff") else "WINDOWS-1252"
        raise InputError(
            f"{chunk.path}, line {chunk.line_of(error.start)}: byte {place} of the line "
            f"(0x{chunk.data[error.start]:02X}) is not UTF-8. Save the file as UTF-8, for example: "
            f"iconv -f {guess} -t UTF-8 {chunk.path.name} > utf8.csv"
        ) from error


def _check_widths(chunk: Chunk, names: list[str]) -> None:
    wrong = np.flatnonzero(chunk.records.fields != len(names))
    if not wrong.size:
        return
    record = int(wrong[0])
    start, end = int(chunk.records.starts[record]), int(chunk.records.ends[record])
    spans = chunk.data.count(b"\n", start, end)
    hint = f" The row runs over {spans} lines: is a quote not closed?" if spans > 1 else ""
    raise InputError(
        f"{chunk.path}, line {chunk.line_of(start)}: every line must hold {len(names)} fields "
        f"({listed(names, limit=6)}), but this one holds {chunk.records.fields[record]}.{hint} Correct the line; "
        f"a field that holds the separator '{chunk.separator.decode()}' must stand in quotes."
    )


def _without_blank_lines(chunk: Chunk) -> Chunk:
    records = chunk.records
    if not records.ends.size:
        return chunk
    content = np.frombuffer(chunk.data, np.uint8)
    lengths = records.ends - records.starts
    first = content[records.starts]
    blank = (first == NEWLINE) | ((first == RETURN) & (lengths == 2))
    return replace(chunk, records=records[~blank]) if blank.any() else chunk


def _parsed(chunk: Chunk, names: list[str]) -> pl.DataFrame:
    try:
        return pl.read_csv(
            _body(chunk),
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=chunk.separator.decode(),
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{chunk.path}, from line {chunk.line_of(int(chunk.records.starts[0]))}: {error}") from error


def _body(chunk: Chunk) -> bytes:
    """Return the bytes of the records; those with stray quotes are written anew, for readers disagree on them."""
    records = chunk.records
    starts, ends = records.starts, records.ends
    if not records.stray.any() and (starts[1:] == ends[:-1]).all():
        return chunk.data[int(starts[0]) : int(ends[-1])]
    return b"".join(
        _rewritten(chunk, record) if stray else chunk.data[start:end]
        for record, (start, end, stray) in enumerate(
            zip(starts.tolist(), ends.tolist(), records.stray.tolist(), strict=True)
        )
    )


def _rewritten(chunk: Chunk, record: int) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=chunk.separator.decode(), lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(
        _fields(chunk, record)
    )
    return text.getvalue().encode()


def _fields(chunk: Chunk, record: int) -> list[str]:
    start, end = int(chunk.records.starts[record]), int(chunk.records.ends[record])
    text = io.StringIO(chunk.data[start:end].decode(), newline="")
    try:
        return next(csv.reader(text, delimiter=chunk.separator.decode()))
    except csv.Error as error:
        raise InputError(f"{chunk.path}, line {chunk.line_of(start)}: {error}. Put the field in quotes.") from error
