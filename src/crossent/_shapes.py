"""The shapes and ranges of the four spaces; an error holds the cure."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ._errors import InputError

Kind = Literal["binary", "multiclass", "multilabel"]

IGNORED = -100
"""The code of the ignored label: rows that carry it take no part in the loss."""


def check_scores(kind: Kind, classes: int, scores: Tensor, name: str) -> None:
    """Raise InputError unless logits or probabilities have the task's shape: `(n,)` if binary, else `(n, K)`."""
    got = tuple(scores.shape)
    if kind == "binary":
        if len(got) != 1:
            raise InputError(f"binary {name} must have shape (n,); got {got}{_cure_to_one_column(got, name)}")
    elif len(got) != 2 or got[1] != classes:
        raise InputError(
            f"{kind} {name} must have shape (n, {classes}); got {got}{_cure_to_columns(got, classes, name)}"
        )


def _cure_to_one_column(got: tuple[int, ...], name: str) -> str:
    match got:
        case (_, 1):
            return f": take the one column with {name}.squeeze(1)"
        case (_, 2):
            difference = "; or take the difference logits[:, 1] - logits[:, 0]" if name == "logits" else ""
            return f": two columns belong to Task.multiclass with these two classes{difference}"
    return ""


def _cure_to_columns(got: tuple[int, ...], classes: int, name: str) -> str:
    match got:
        case (size,) if size == classes:
            return f": make one row of it with {name}.unsqueeze(0)"
        case (_,) if classes == 2:
            return ": one number a row belongs to Task.binary"
        case (_, _):
            return ": a column for each class, in the order of task.classes"
        case (_, _, _, *_):
            return ": flatten the positions into rows, with the classes last"
    return ""


def check_codes(kind: Kind, classes: int, codes: Tensor, name: str) -> None:
    """Raise InputError unless these are codes of the task: integers of its shape and in its range."""
    if codes.is_floating_point() or codes.is_complex() or codes.dtype == torch.bool:
        raise InputError(f"{name} must be integer codes, as task.encode returns them; got {codes.dtype}")
    if kind == "multilabel":
        check_scores(kind, classes, codes, name)
    elif codes.ndim != 1:
        got = tuple(codes.shape)
        raise InputError(f"{kind} {name} must have shape (n,); got {got}{_cure_to_one_column(got, name)}")
    # On an accelerator the check would wait for the device at each step; there the kernel's own error must do.
    if codes.device.type == "cpu" and codes.numel() and not torch.compiler.is_compiling():
        _check_range(kind, classes - 1 if kind == "multiclass" else 1, codes, name)


def _check_range(kind: Kind, top: int, codes: Tensor, name: str) -> None:
    low, high = (int(bound) for bound in codes.aminmax())
    if low >= 0 and high <= top:
        return
    allowed = (codes >= 0) & (codes <= top)
    if kind == "multiclass":
        allowed |= codes == IGNORED
    if not bool(allowed.all()):
        where = tuple(int(axis) for axis in (~allowed).nonzero()[0])
        raise InputError(
            f"{name} must be codes from 0 to {top}; got {int(codes[where])} at row {where[0]}: "
            "encode class names with task.encode first"
        )
