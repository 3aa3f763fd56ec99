"""A model folder: JSON records, a safetensors file, texts such as LightGBM's; written whole, checked when read.

There is no pickle in it: loading a folder from a stranger can run no code.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from .. import __version__
from .._errors import InputError

FORMAT = 3
"""The number of this layout; a later layout counts on, and reads the earlier ones."""

_MANIFEST = "manifest.json"
_WEIGHTS = "model.safetensors"
_CARD = "card.md"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a model folder holds.

    Attributes:
        records: JSON values by file name.
        weights: Tensors by name.
        texts: Texts by file name, each ending in .txt.
    """

    records: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    texts: Mapping[str, str] = field(default_factory=dict)


def write_folder(
    path: Path,
    contents: Contents,
    *,
    pages: Mapping[str, str],
    overwrite: bool,
) -> None:
    """Write a model's contents and pages into a folder.

    Args:
        path: The folder; its parents are made.
        contents: What `read_folder` gives back.
        pages: Texts for people by file name; they are not read back.
        overwrite: Replace a model folder that is there.

    Raises:
        InputError: `path` is taken, or cannot be written.
    """
    path = Path(os.path.realpath(path))
    check_free(path, overwrite=overwrite)
    files = {name: _to_json(record) for name, record in contents.records.items()}
    files[_WEIGHTS] = save({name: weight.detach().cpu().contiguous() for name, weight in contents.weights.items()})
    files |= {name: text.encode() for name, text in contents.texts.items()}
    manifest = {
        "format": FORMAT,
        "versions": {"crossent": __version__, "torch": torch.__version__},
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    try:
        with _replacing(path) as folder:
            texts = {name: page.encode() for name, page in pages.items()}
            for name, content in (files | {_MANIFEST: _to_json(manifest)} | texts).items():
                (folder / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"the model folder {path} cannot be written: {error.strerror or error}") from None


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise InputError unless a model folder can be written at `path`. Only a model folder is ever overwritten."""
    try:
        _check_place(Path(os.path.realpath(path)))
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return
        if not (path / _MANIFEST).is_file():
            raise InputError(f"{path} is there already and is no model folder: choose another name")
        if not overwrite:
            raise InputError(f"the model folder {path} is there already: choose another name, or ask to overwrite it")
        _check_only_ours(path)
    except OSError as error:
        raise InputError(f"the model folder {path} cannot be written: {error.strerror or error}") from None


def _check_place(path: Path) -> None:
    """The nearest folder above that is there must take new files."""
    above = next(parent for parent in path.parents if parent.exists())
    if not above.is_dir():
        raise InputError(f"the model folder {path} cannot be written: {above} is a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"the model folder {path} cannot be written: {above} may not be written to")


def _check_only_ours(path: Path) -> None:
    """What the user has put beside the model must not vanish with it."""
    try:
        ours = {*_read_manifest(path)["sha256"], _MANIFEST}
    except InputError:
        ours = {_MANIFEST, _WEIGHTS}
    theirs = [
        file.name
        for file in path.iterdir()
        if file.name not in {*ours, _CARD} and file.suffix not in (".json", ".jsonl", ".html")
    ]
    if theirs:
        raise InputError(
            f"the model folder {path} holds files that are not the model's: {', '.join(sorted(theirs)[:5])}; "
            "move them elsewhere, or choose another name"
        )


def read_folder(path: Path) -> Contents:
    """Read what `write_folder` wrote.

    Raises:
        InputError: The folder is not there, not a model's, damaged, or of a newer format.
    """
    manifest = _read_manifest(path)
    contents = {name: _read_file(path, name, digest) for name, digest in manifest["sha256"].items()}
    try:
        weights = load(contents.pop(_WEIGHTS))
        texts = {name: contents.pop(name).decode() for name in list(contents) if name.endswith(".txt")}
        return Contents({name: json.loads(content) for name, content in contents.items()}, weights, texts)
    except (KeyError, ValueError, RecursionError, SafetensorError) as error:
        raise damaged(path, str(error)) from None


def damaged(path: Path, what: str) -> InputError:
    """The error for a folder whose contents do not hold together."""
    return InputError(f"the model folder {path} is damaged ({what}): restore it, or fit the model again")


def _read_manifest(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise InputError(f"there is no model folder {path}: give the folder that crossent fit wrote")
    if not (path / _MANIFEST).is_file():
        raise InputError(f"{path} is no model folder: it holds no {_MANIFEST}")
    try:
        manifest = json.loads((path / _MANIFEST).read_bytes())
        number, digests = manifest["format"], manifest["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise damaged(path, f"{_MANIFEST} cannot be read") from None
    if isinstance(number, int) and number > FORMAT:
        raise InputError(
            f"the model folder {path} has format {number}; this crossent {__version__} reads up to {FORMAT}: "
            "upgrade with pip install --upgrade crossent"
        )
    if not isinstance(number, int) or number < 1 or not isinstance(digests, dict):
        raise damaged(path, f"{_MANIFEST} cannot be read")
    return manifest


def _read_file(path: Path, name: str, digest: str) -> bytes:
    if Path(name).name != name or "\0" in name:  # a manifest from a stranger must not name files elsewhere
        raise damaged(path, f"{_MANIFEST} names a file outside the folder")
    try:
        # Not a pipe or a device, which could be read for ever.
        content = (path / name).read_bytes() if (path / name).is_file() else None
    except OSError as error:
        raise damaged(path, f"{name!r} cannot be read: {error}") from None
    if content is None:
        raise damaged(path, f"{name} is missing")
    if hashlib.sha256(content).hexdigest() != digest:
        raise damaged(path, f"{name} is not as it was written")
    return content


def _to_json(record: Any) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A new folder beside `path` that takes its place at the end, or vanishes on an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield folder
        folder.chmod(0o755)  # mkdtemp makes it private
        if path.exists():
            former = folder.with_name(folder.name + "-former")
            path.rename(former)
            try:
                folder.rename(path)
            except OSError:
                former.rename(path)
                raise
            shutil.rmtree(former)
        else:
            os.replace(folder, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
