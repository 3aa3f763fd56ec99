"""crossent threshold: the one that a goal or costs ask for, how sure it is, and what its neighbours would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .._errors import InputError
from ._console import command, print_json
from ._costs import Costs, costs_of
from ._options import (
    Classes,
    CostFile,
    CostPairs,
    DropUnlabelled,
    Json,
    Label,
    Logit,
    Positive,
    Probability,
    Quiet,
    Scored,
    Weight,
)

if TYPE_CHECKING:
    from ..decisions import Rule
    from ..evaluation import Evaluation


@command
def threshold(
    sources: Scored,
    label: Label = None,
    probability: Probability = None,
    logit: Logit = None,
    positive: Positive = None,
    class_: Classes = None,
    weight: Weight = None,
    goal: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="GOAL",
            help="metric:f1, precision>=0.9, recall>=0.9, specificity>=0.9 or alerts<=0.05, for instance.",
        ),
    ] = None,
    cost: CostFile = None,
    costs: CostPairs = None,
    confidence: Annotated[
        float | None,
        typer.Option(help="Keep the goal's limit on rows to come with this probability, such as 0.95."),
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Keep every score as a cut point.")] = False,
    drop_unlabelled: DropUnlabelled = False,
    seed: Annotated[int, typer.Option(help="Of the resampling that says how sure the threshold is.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose a threshold for a goal, or for what decisions cost; show how sure it is and what others would give.

    crossent threshold scored.csv --label churned --probability probability_yes --for "recall>=0.9"
    """
    amounts = costs_of(costs, cost)
    if (goal is None) == (amounts is None):
        raise InputError("say what the threshold is for: --for GOAL, or what decisions cost: --costs or --cost")
    if confidence is not None and goal is None:
        raise InputError("--confidence is for a goal with a limit, such as --for recall>=0.9")
    from ..decisions import frontier, threshold_of_costs  # imports torch, as the next ones do
    from ..evaluation import Evaluation
    from ._judge import read
    from ._progress import RowsBar
    from ._scored import opened, scored_columns
    from ._show import show_threshold

    columns = scored_columns(label, probability, logit, weight=weight)
    table = opened(sources, columns, classes=class_, positive=positive, drop_unlabelled=drop_unlabelled)
    if table.task.kind != "binary":
        raise InputError(
            f"a threshold is for two classes; there are {len(table.task)}: "
            "crossent evaluate --cost judges the decisions of least cost"
        )
    with RowsBar(shown=not (quiet or as_json)) as bar:
        # A guarantee needs every score.
        evaluation, unlabelled = read(table, Evaluation.empty(table.task, exact=exact or confidence is not None), bar)
    rule = _rule(evaluation, goal, amounts, confidence, seed)
    chosen = rule.choice.threshold if rule.choice else threshold_of_costs(table.task, rule.costs)
    points = frontier(evaluation, chosen, costs=rule.costs)
    if as_json:
        print_json(
            {
                "rows": evaluation.rows,
                "unlabelled": unlabelled,
                "positive": table.task.positive,
                **rule.to_dict(),
                "frontier": [point.to_dict() for point in points],
            }
        )
    elif not quiet:
        show_threshold(evaluation, rule, points, unlabelled)


def _rule(evaluation: Evaluation, goal: str | None, costs: Costs | None, confidence: float | None, seed: int) -> Rule:
    from ..decisions import Rule, choose_threshold  # imports torch

    if goal is None:
        return Rule.of(evaluation.task, costs=costs)
    choice = choose_threshold(evaluation, goal, confidence=confidence, seed=seed)
    return Rule.of(evaluation.task, threshold=choice.threshold, choice=choice)
