"""CSV, checked and read in bounded memory: blocks of bytes in, frames of strings out."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from .._errors import InputError
from ._csv_chunk import Chunk, check_encoding, check_quotes, check_widths, unended
from ._csv_header import header_names, separator_of
from ._csv_scan import scan
from ._csv_sniff import check_text
from ._sources import is_gzip

BLOCK: Final = 16 << 20
LONGEST_RECORD: Final = 64 << 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def csv_frames(path: Path, *, block: int = BLOCK) -> Iterator[pl.DataFrame]:
    """Read a CSV file as frames whose columns are all String.

    Blank lines are skipped; but in a file of one column a blank line is a missing value, unless only such lines follow.

    Raises:
        InputError: when a line breaks a rule; it says which file, which line, what was found and what to do.
    """
    names: list[str] = []
    empty = True
    for chunk in _chunks(path, block):
        if not names:
            first = int(chunk.written().argmax())
            names, chunk = header_names(path, chunk.fields(first)), chunk[first + 1 :]
        if len(names) > 1:
            chunk = chunk[chunk.written()]
        if len(chunk):
            empty = False
            check_quotes(chunk)
            check_widths(chunk, names)
            yield chunk.frame(names)
    if not names:
        raise InputError(f"{path} is empty. It must hold a line of column names, then one line a row.")
    if empty:
        raise InputError(f"{path} holds column names but no rows. It must hold at least one row.")


def _chunks(path: Path, block: int) -> Iterator[Chunk]:
    """Cut a file after records that are more than a blank line."""
    separator, held, line = b"", b"", 1
    for data in _blocks(path, block):
        held += data
        separator = separator or separator_of(path, held)
        if not separator:
            continue
        chunk = Chunk(path, separator, line, held, scan(held, separator))
        written = np.flatnonzero(chunk.written())
        end = int(chunk.records.ends[written[-1]]) if written.size else 0
        if len(held) - end > LONGEST_RECORD:
            raise unended(chunk, end, LONGEST_RECORD)
        if end:
            chunk = replace(chunk[: written[-1] + 1], data=held[:end])
            check_encoding(chunk)
            yield chunk
            held, line = held[end:], chunk.line_of(end)
    if held.strip(b"\r\n"):
        raise unended(Chunk(path, separator, line, held, scan(held, separator)), 0, LONGEST_RECORD)


def _blocks(path: Path, block: int) -> Iterator[bytes]:
    """Read a file piece by piece, without a byte order mark, and with a newline at its end."""
    last = b""
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as stream:
            while data := stream.read(max(block, len(_BYTE_ORDER_MARK))):
                if not last:
                    check_text(path, data)
                yield data if last else data.removeprefix(_BYTE_ORDER_MARK)
                last = data[-1:]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is not a complete gzip file ({error}). Copy or compress it again.") from error
    if last not in (b"", b"\n"):
        yield b"\n"
