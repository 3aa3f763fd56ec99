"""crossent export: a model as one file for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import crossent

from .._errors import InputError
from ._console import command, out, print_json
from ._options import IgnoreExtra, Json, Quiet, one_or_all
from ._places import check_places

_MOST = 1e-4


@command
def export(
    model: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that crossent fit wrote.")],
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA", help="Rows to check the file on; without them it is not checked.", show_default=False
        ),
    ] = None,
    to: Annotated[str, typer.Option(help="The format: onnx.")] = "onnx",
    output: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to write; by default as DIR, with .onnx.", show_default=False),
    ] = None,
    ignore_extra: IgnoreExtra = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a model as one file for other runtimes: its preprocessing, calibration and decisions included.

    crossent export churn.crossent new.csv --to onnx -o churn.onnx
    """
    if to != "onnx":
        raise InputError(f"--to takes onnx; got {to!r}")
    path = output or model.with_suffix(".onnx")
    check_places([model, *(data or [])], {"--out": path})
    loaded = crossent.load(model)
    exported = crossent.export.to_onnx(loaded)
    extra = "ignore" if ignore_extra else "error"
    difference = crossent.export.largest_difference(exported, loaded, one_or_all(data), extra=extra) if data else None
    if difference is not None and not difference <= _MOST:
        raise InputError(
            f"the exported model differs from the model by {difference:.2g} in a probability, which is a fault of "
            "crossent: nothing was written; please report it"
        )
    crossent.export.write_onnx(path, exported)
    if as_json:
        print_json({"output": str(path), "bytes": len(exported), "largest_difference": difference})
    elif not quiet:
        checked = "not checked: give a table" if difference is None else f"at most {difference:.1g} from the model's"
        out.print(f"{path} written, {len(exported) / 2**20:.1f} MiB; probabilities {checked}")
