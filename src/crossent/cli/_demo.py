"""crossent demo: the main job on a real table that ships with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from ._console import command, out
from ._fit import fit_and_report
from ._options import Json, Quiet, Seed

_TABLE = "birdstrike_damage.parquet"


@command
def demo(
    out_dir: Annotated[Path, typer.Option("--out", "-o", help="Folder for the model and its report.")] = Path(
        "birdstrike.crossent"
    ),
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train and judge a classifier on 10,000 bird strikes: was the aircraft damaged? (10.6 % were.)"""
    with resources.as_file(resources.files("crossent.cli") / "demo" / _TABLE) as table:
        if not (as_json or quiet):
            out.print(
                f"crossent fit {table} --target target --positive damage --quality fast --out {out_dir} --overwrite\n"
            )
        fit_and_report(
            str(table),
            out_dir,
            target="target",
            positive="damage",
            recipe={"quality": "fast", "seed": seed},
            kinds={},
            overwrite=True,
            as_json=as_json,
            quiet=quiet,
        )
