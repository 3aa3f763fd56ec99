"""crossent predict: decisions and probabilities for a table of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import crossent

from ._console import command, out, print_json
from ._options import Data, IgnoreExtra, Json, Quiet, Threshold, Uncalibrated, one_or_all
from ._places import check_places


@command
def predict(
    model: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that crossent fit wrote.")],
    data: Data,
    output: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .csv or .parquet.")],
    threshold: Threshold = None,
    keep_columns: Annotated[bool, typer.Option("--keep-columns", help="Put the table's own columns first.")] = False,
    uncalibrated: Uncalibrated = False,
    ignore_extra: IgnoreExtra = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the decision and the probability of every class for each row of a table."""
    check_places([model, *data], {"--out": output})
    loaded = crossent.load(model)
    frames = loaded.predict_batches(
        one_or_all(data),
        threshold=threshold,
        calibrated=not uncalibrated,
        keep_columns=keep_columns,
        extra="ignore" if ignore_extra else "error",
    )
    rows = crossent.data.write(frames, output)
    if as_json:
        print_json(
            {
                "rows": rows,
                "output": str(output),
                "threshold": loaded.rule.threshold if threshold is None else threshold,
            }
        )
    elif not quiet:
        out.print(f"{rows:,} rows written to {output}")
