"""crossent fit: from a labelled table to a model folder with a report."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import crossent

from .._errors import InputError
from ._console import command, out, print_json
from ._costs import costs_of
from ._fit_pages import HISTORY, columns_of, judged, pages_of
from ._options import CostFile, CostPairs, Data, Json, Kinds, Quiet, Seed, kinds_of, one_or_all, threshold_of

if TYPE_CHECKING:
    from crossent import Model, Table
    from crossent.training import Watch


@command
def fit(
    data: Data,
    target: Annotated[str, typer.Option("--target", "-t", help="The column that holds the labels.")],
    out_dir: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the model and its report. By default DATA.crossent.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="The class that a high probability stands for, if there are two.")
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option(
            "--class", help="Name all classes, where some look like missing labels or have no row. Repeat it."
        ),
    ] = None,
    kind: Kinds = None,
    ordered: Annotated[
        bool, typer.Option("--ordered", help="The classes go from low to high: numbers, or in the order of --class.")
    ] = False,
    quality: Annotated[
        str, typer.Option(help="fast, default or best: about 10 s, 2 min or 10 min for 20,000 rows of 20 columns.")
    ] = "default",
    time_limit: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time to train, in place of that of the quality.")
    ] = None,
    members: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="What is trained and blended.")
    ] = "network,trees,linear",
    weight: Annotated[str | None, typer.Option(help="A column that says how much each row counts.")] = None,
    group: Annotated[
        str | None, typer.Option(help="A column whose rows of one value belong together: a customer, a patient.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="A column by which the past trains and what comes after judges.")
    ] = None,
    fold: Annotated[str | None, typer.Option(help="A column that names each row's fold.")] = None,
    folds: Annotated[
        int | None, typer.Option(help="Parts that the rows are dealt into. By default 5; fast 3, best 8.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="The most passes of a network over its rows. By default what the time allows.")
    ] = None,
    class_weight: Annotated[
        str | None, typer.Option(help="balanced: weigh rare classes up in training. Probabilities stay true.")
    ] = None,
    pos_weight: Annotated[
        float | None, typer.Option(help="Weigh the positive class of two so much in training. Probabilities stay true.")
    ] = None,
    test_share: Annotated[
        float, typer.Option(help="Share of rows kept away from everything to judge the model by.")
    ] = 0.0,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show in the report how the probability follows the columns, too.")
    ] = False,
    calibration: Annotated[
        str, typer.Option(help="auto, none, or a method: what the held-out rows do to the probabilities.")
    ] = "auto",
    threshold: Annotated[
        str,
        typer.Option(
            metavar="NUMBER|GOAL",
            help="A probability; or a goal for which the held-out rows choose it: metric:f1, precision>=0.9, "
            "recall>=0.9, specificity>=0.9, alerts<=0.05.",
        ),
    ] = "0.5",
    confidence: Annotated[
        float | None,
        typer.Option(
            help="With a limit such as recall>=0.9: keep it on rows to come with this probability, such as 0.95. "
            "A fifth of the rows is kept away for the proof."
        ),
    ] = None,
    cost: CostFile = None,
    costs: CostPairs = None,
    abstain_below: Annotated[
        float, typer.Option(help="Leave rows undecided whose most probable class is less probable than this.")
    ] = 0.0,
    seed: Seed = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="tensorboard|mlflow", help="Log each epoch there as well. TensorBoard: in OUT.runs."),
    ] = None,
    drop_unlabelled: Annotated[bool, typer.Option("--drop-unlabelled", help="Leave rows without a label out.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model folder if it is there.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier on a labelled table, judge it on rows it has not seen, and write a model folder."""
    folder = out_dir or default_folder(data)
    fit_and_report(
        one_or_all(data),
        folder,
        logs=log or [],
        overwrite=overwrite,
        explain=explain,
        as_json=as_json,
        quiet=quiet,
        kinds=kinds_of(kind),
        target=target,
        positive=positive,
        classes=class_,
        ordered=ordered,
        weight=weight,
        group=group,
        time=time,
        fold=fold,
        drop_unlabelled=drop_unlabelled,
        threshold=threshold_of(threshold),
        confidence=confidence,
        costs=costs_of(costs, cost),
        abstain_below=abstain_below,
        device=device,
        recipe={
            "quality": quality,
            "members": tuple(name.strip() for name in members.split(",")),
            "time_limit": time_limit,
            "folds": folds,
            "epochs": epochs,
            "class_weight": class_weight,
            "pos_weight": pos_weight,
            "test_share": test_share,
            "calibration": calibration,
            "seed": seed,
        },
    )


def _logger(name: str, folder: Path) -> Watch:
    from ..training import MLflow, TensorBoard  # imports torch

    match name:
        case "tensorboard":
            return TensorBoard(folder.with_name(f"{folder.name}.runs"))
        case "mlflow":
            return MLflow()
        case _:
            raise InputError(f"--log must be tensorboard or mlflow; got {name!r}")


def default_folder(data: list[str]) -> Path:
    """DATA.crossent in the current folder; "table.crossent" where the name of the data gives none."""
    name = Path(data[0]).name.split(".")[0].strip("*?[] ")
    return Path(f"{name or 'table'}.crossent")


def fit_and_report(
    source: Any,
    folder: Path,
    *,
    target: str,
    recipe: dict[str, Any],
    logs: Sequence[str] = (),
    kinds: dict[str, Any],
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    explain: bool = False,
    **options: Any,
) -> None:
    """Fit, save, write the report, and say what came of it."""
    from ..training import JsonLines, Several  # imports torch
    from ._progress import Bar  # imports torch
    from ._show import show_columns, show_figures, show_training  # imports crossent.evaluation

    # Before the work, not after it:
    crossent.classifier.check_free(folder, overwrite=overwrite)
    crossent.Recipe.of(recipe)
    loggers = [_logger(name, folder) for name in logs]
    table = crossent.read(source, kinds=kinds)
    show = not (quiet or as_json)
    if show:
        show_columns(table, target)
    state = folder.with_name(f"{folder.name}.training")
    if show and state.exists():
        out.print(f"going on from {state}, if it is of the same table and options", style="dim")
    state.mkdir(parents=True, exist_ok=True)
    try:
        with Bar(shown=show) as bar:
            watch = Several([bar, JsonLines(state / HISTORY), *loggers])
            model = crossent.fit(table, target=target, watch=watch, checkpoint=state, **options, **recipe)
    finally:
        if not any(state.iterdir()):  # nothing was trained: an option was wrong
            state.rmdir()
    report = folder / "report.html"
    model.save(folder, overwrite=overwrite, pages=pages_of(model, table, folder, explain=explain))
    shutil.rmtree(state, ignore_errors=True)
    if as_json:
        print_json(_record(model, table, folder, report))
    elif show:
        show_training(model)
        show_figures(judged(model), rows=judging_rows(model), rule=model.rule)
        out.print(f"\nreport   {report}\nmodel    {folder}", style="bold")
        out.print(f"\nnext     crossent predict {shlex.quote(str(folder))} NEW.csv -o predictions.csv")


def judging_rows(model: Model) -> str:
    """What the rows are that a new model was judged by."""
    return "test rows" if model.rows["test"] else "rows, each by copies that had not seen it"


def _record(model: Model, table: Table, folder: Path, report: Path) -> dict[str, Any]:
    return {
        "model": str(folder),
        "report": str(report),
        "task": model.task.to_dict(),
        "columns": [column.to_dict() for column in (*columns_of(model, table), model.target)],
        "rows": model.rows,
        "members": [
            {"name": part.name, "weight": part.weight, "log_loss": part.log_loss, "chosen": dict(part.chosen)}
            for part in model.blend.parts
        ],
        "calibration": None if model.calibration is None else model.calibration.to_dict(),
        "decision": model.rule.to_dict(),
        "metrics": model.metrics,
    }
