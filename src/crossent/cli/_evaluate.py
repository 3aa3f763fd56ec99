"""crossent evaluate: judge a model on a labelled table, scores that any model gave, or evaluations that were saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import crossent

from .._errors import InputError
from ._console import check_place, command, out, print_json
from ._costs import Costs, costs_of
from ._options import (
    Classes,
    CostFile,
    CostPairs,
    DropUnlabelled,
    IgnoreExtra,
    Json,
    Label,
    Logit,
    Positive,
    Probability,
    Quiet,
    Uncalibrated,
    Weight,
    one_or_all,
    threshold_of,
)

if TYPE_CHECKING:
    from ._judge import Judgement


@command
def evaluate(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR DATA | SCORED... | STATE...",
            help="A model folder and a labelled table; or tables with labels and scores; or, with --merge, evaluations "
            "that were saved.",
            show_default=False,
        ),
    ],
    label: Label = None,
    probability: Probability = None,
    logit: Logit = None,
    positive: Positive = None,
    class_: Classes = None,
    weight: Weight = None,
    group: Annotated[
        list[str] | None, typer.Option(help="SCORED: judge each group of this column too. Repeat it to cross two.")
    ] = None,
    cost: CostFile = None,
    costs: CostPairs = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|GOAL",
            help="The least probability that makes a decision positive, if there are two classes; SCORED: or a goal, "
            "such as recall>=0.9. By default the model's; for scores 0.5.",
            show_default=False,
        ),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="SCORED: keep every score, so that no figure has a half-width.")
    ] = False,
    drop_unlabelled: DropUnlabelled = False,
    merge: Annotated[bool, typer.Option("--merge", help="Merge evaluations that --save has written.")] = False,
    save: Annotated[Path | None, typer.Option(help="Save the evaluation to this file, to be merged later.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report to this file.")] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Of the report: html, png, svg, json, or markdown, a model card. By default as FILE is named.",
        ),
    ] = None,
    uncalibrated: Uncalibrated = False,
    ignore_extra: IgnoreExtra = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge a model on a labelled table, the scores of any model beside the labels, or what was saved of either.

    crossent evaluate churn.crossent new.csv

    crossent evaluate scored.csv --label churned --probability probability_yes --save monday.crossent-eval

    crossent evaluate --merge monday.crossent-eval tuesday.crossent-eval
    """
    for path in (save, report):
        check_place(path)
    wanted = None if threshold is None else threshold_of(threshold)
    amounts = costs_of(costs, cost)
    if merge:
        _refuse(
            "--merge", label=label, probability=probability, logit=logit, group=group, cost=amounts, threshold=wanted
        )
        from ._judge import merge as merged  # imports torch, as the next ones do

        judgement = merged(sources)
    elif label or probability or logit:
        judgement = _of_scores(
            sources,
            label,
            probability or [],
            logit or [],
            weight=weight,
            group=group or [],
            positive=positive,
            classes=class_,
            costs=amounts,
            threshold=wanted,
            exact=exact,
            drop_unlabelled=drop_unlabelled,
            shown=not (quiet or as_json),
        )
    else:
        _refuse(
            "a model folder",
            group=group,
            cost=amounts,
            weight=weight,
            class_=class_,
            positive=positive,
            exact=exact or None,
            drop_unlabelled=drop_unlabelled or None,
        )
        judgement = _of_model(sources, wanted, calibrated=not uncalibrated, ignore_extra=ignore_extra)
    _tell(judgement, sources, save, report, format_, as_json=as_json, quiet=quiet)


def _refuse(what: str, **options: object) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        option = given[0].strip("_").replace("_", "-")
        raise InputError(f"--{option} is for tables of scores; it has no meaning with {what}")


def _of_model(sources: list[str], threshold: float | str | None, *, calibrated: bool, ignore_extra: bool) -> Judgement:
    from ._judge import Judgement

    if len(sources) < 2:
        raise InputError(
            "give a model folder and a labelled table: crossent evaluate DIR DATA; "
            "or a table of scores: crossent evaluate SCORED --label COLUMN --probability COLUMN"
        )
    if isinstance(threshold, str):
        raise InputError(f"a model takes its goal when it is fitted: crossent fit --threshold {threshold!r}")
    model = crossent.load(sources[0])
    evaluation = model.evaluate(
        one_or_all(sources[1:]),
        threshold=threshold,
        calibrated=calibrated,
        extra="ignore" if ignore_extra else "error",
    )
    rule = model.rule if threshold is None else crossent.Rule(model.task, threshold)
    return Judgement(evaluation, rule)


def _of_scores(
    sources: list[str],
    label: str | None,
    probability: list[str],
    logit: list[str],
    *,
    weight: str | None,
    group: list[str],
    positive: str | None,
    classes: list[str] | None,
    costs: Costs | None,
    threshold: float | str | None,
    exact: bool,
    drop_unlabelled: bool,
    shown: bool,
) -> Judgement:
    from ._judge import judge
    from ._progress import RowsBar
    from ._scored import opened, scored_columns

    columns = scored_columns(label, probability, logit, weight=weight, group=group)
    table = opened(sources, columns, classes=classes, positive=positive, drop_unlabelled=drop_unlabelled)
    with RowsBar(shown=shown) as bar:
        return judge(table, threshold=threshold, costs=costs, exact=exact, bar=bar)


def _tell(
    judgement: Judgement,
    sources: list[str],
    save: Path | None,
    report: Path | None,
    form: str | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show what there is to show, and write what was asked for."""
    evaluation = judgement.evaluation
    if report:
        costs = judgement.rule.costs if judgement.rule else None
        crossent.report.write(report, evaluation, title=f"Evaluation of {sources[0]}", costs=costs, format=form)
    if save:
        evaluation.save(save)
    written = {name: str(path) for name, path in (("report", report), ("saved", save)) if path}
    if as_json:
        print_json(judgement.to_dict() | written)
    elif not quiet:
        from ._show import show_judgement

        show_judgement(judgement)
        for name, path in written.items():
            out.print(f"\n{name:<8} {path}", style="bold")
