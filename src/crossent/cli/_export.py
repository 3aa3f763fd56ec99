"""crossent export: a model as one file for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import crossent

from .._errors import InputError
from ._console import command, out, print_json
from ._options import IgnoreExtra, Json, Quiet, one_or_all
from ._places import check_places

if TYPE_CHECKING:
    from ..export import Format

_MOST = 1e-4
_SUFFIXES: dict[str, Format] = {".onnx": "onnx", ".pt2": "torch"}


@command
def export(
    model: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that crossent fit wrote.")],
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA", help="Rows to check the file on; without them it is not checked.", show_default=False
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help="The format: onnx or torch; by default as the file's name ends.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The file to write, .onnx or .pt2; by default as DIR, with .onnx.", show_default=False
        ),
    ] = None,
    ignore_extra: IgnoreExtra = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a model as one file for other runtimes: its preprocessing, calibration and decisions included.

    crossent export churn.crossent new.csv -o churn.onnx

    crossent export churn.crossent new.csv -o churn.pt2
    """
    kind = _format(to, output)
    path = output or model.with_suffix(next(suffix for suffix, each in _SUFFIXES.items() if each == kind))
    check_places([model, *(data or [])], {"--out": path})
    loaded = crossent.load(model)
    exported = crossent.export.to_onnx(loaded) if kind == "onnx" else crossent.export.to_torch(loaded)
    difference = None
    if data:
        extra = "ignore" if ignore_extra else "error"
        difference = crossent.export.largest_difference(exported, loaded, one_or_all(data), to=kind, extra=extra)
        if not difference <= _MOST:
            raise InputError(
                f"the exported model differs from the model by {difference:.2g} in a probability, which is a fault of "
                "crossent: nothing was written; please report it"
            )
    write = crossent.export.write_onnx if kind == "onnx" else crossent.export.write_torch
    write(path, exported)
    if as_json:
        record = {"output": str(path), "format": kind, "bytes": len(exported), "largest_difference": difference}
        print_json(record)
    elif not quiet:
        checked = "not checked: give a table" if difference is None else f"at most {difference:.1g} from the model's"
        out.print(f"{path} written, {len(exported) / 2**20:.1f} MiB; probabilities {checked}")


def _format(to: str | None, output: Path | None) -> Format:
    """What was asked for, or else what the file's name says."""
    suffix = "" if output is None else output.suffix
    named = _SUFFIXES.get(suffix)
    for each in _SUFFIXES.values():
        if to == each:
            if named not in (None, each):
                raise InputError(f"--to {to} and --out {output} do not go together: {suffix} is for --to {named}")
            return each
    if to is not None:
        raise InputError(f"--to takes onnx or torch; got {to!r}")
    if output is not None and named is None:
        raise InputError(f"--out must end in .onnx or .pt2, or --to say the format; got {output}")
    return named or "onnx"
