"""The commands, put together."""

from typing import Annotated

import typer

import crossent

from ._calibrate import calibrate
from ._compare import compare
from ._demo import demo
from ._env import env
from ._evaluate import evaluate
from ._explain import explain
from ._export import export
from ._fit import fit
from ._predict import predict
from ._threshold import threshold

app = typer.Typer(
    name="crossent",
    help="Classification done right: from a labelled table to a trained model, probabilities, decisions and a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (fit, predict, evaluate, compare, calibrate, threshold, explain, export, demo, env):
    app.command()(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"crossent {crossent.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # `| head` has read what it wanted of the help
            raise SystemExit(0) from None
        raise
