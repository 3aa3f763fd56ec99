"""Files that appear on disk whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from uuid import uuid4

from ._errors import InputError


def check_place(path: Path) -> None:
    """Before the work, not after it: a file can be written here.

    Raises:
        InputError: It is a folder, or its folder is not there or takes no files.
    """
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir():
        why = "it is a folder" if path.is_dir() else "its folder is not there"
        raise InputError(f"{path} cannot be written: {why}")
    try:
        # A file system may refuse what the folder's permissions allow: only trying tells.
        with tempfile.TemporaryFile(prefix=".crossent-", dir=folder):
            pass
    except OSError as error:
        raise InputError(f"{path} cannot be written: its folder takes no files ({error.strerror or error})") from None


def write_whole(path: str | os.PathLike[str], content: str | bytes, *, what: str = "") -> None:
    """Put a file on disk; an older one is replaced only when the new one is complete.

    Args:
        path: The file, in a folder that is there.
        content: All of it; text is written as UTF-8.
        what: What it is, for the message: "the report".

    Raises:
        InputError: It cannot be written.
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(draft, target)
    except OSError as error:
        named = f"{what} {path}" if what else str(path)
        raise InputError(f"{named} cannot be written: {error.strerror or error}") from None
    finally:
        # Where not even the draft could be made, its folder may be no folder.
        if draft.exists():
            draft.unlink()
