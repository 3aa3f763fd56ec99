"""What is wrong with a file of JSON lines."""

import json
from pathlib import Path

from .._errors import InputError


def json_fault(path: Path) -> InputError | None:
    """Return what is wrong with the first line that is not one JSON object; nothing if every line is."""
    lines = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            lines += 1
            if fault := _line_fault(line):
                return InputError(f"{path}, line {number}: every line must be one JSON object, but this one {fault}.")
    return None if lines else InputError(f"{path} is empty. It must hold one JSON object a line.")


def _line_fault(line: bytes) -> str:
    try:
        value = json.loads(line.rstrip(b"\r\n"))
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte {error.start + 1})"
    except json.JSONDecodeError as error:
        return f"is not JSON ({error.msg}, column {error.colno})"
    return "" if isinstance(value, dict) else f"is a {type(value).__name__}"
