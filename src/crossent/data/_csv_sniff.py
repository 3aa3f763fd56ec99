"""What a file that is called CSV is, when its first bytes say that it is something else."""

import re
from pathlib import Path
from typing import Final

from .._errors import InputError

WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_START: Final = 4096
_LOOKS: Final = (
    # A column may be called PAR1: in Parquet a control character follows.
    (re.compile(rb"PAR1[\x00-\x08\x0e-\x1f]"), "Parquet: name it .parquet"),
    (re.compile(rb"ARROW1\x00"), "Arrow IPC: name it .arrow"),
    (re.compile(rb"\x1f\x8b"), "gzip: name it .csv.gz"),
    (re.compile(rb"PK\x03\x04"), "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV"),
    (re.compile(rb"(?:[^\x00]\x00){2}"), "UTF-16: save it as UTF-8, for example: iconv -f UTF-16LE -t UTF-8"),
    (re.compile(rb"(?:\x00[^\x00]){2}"), "UTF-16: save it as UTF-8, for example: iconv -f UTF-16BE -t UTF-8"),
)


def check_text(path: Path, data: bytes) -> None:
    """Check that the first bytes of a file are not those of another format; UTF-16 with its mark is told later."""
    if data.startswith(WIDE_MARKS):
        return
    for pattern, what in _LOOKS:
        if pattern.match(data):
            raise InputError(f"{path} must be CSV, but it looks like {what}.")
    if b"\0" in data[:_START]:
        raise binary(path)


def binary(path: Path) -> InputError:
    """Return the error for a file that holds bytes that text never has."""
    return InputError(f"{path} must be CSV, but it holds NUL bytes, so it is no text. Write it as CSV in UTF-8.")
