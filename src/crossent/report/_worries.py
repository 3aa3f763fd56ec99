"""What to worry about, in plain words, each with the number that says so and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._labels import Label
from ..evaluation import Evaluation, Metrics, reliability, smooth_calibration_error, spiegelhalter, wilson
from ._explorer import Explorer, costs_of_cuts
from ._figures import only_class
from ._interval_words import interval_of
from ._words import amount, counted, figure, percent, quoted, tally

_FEW_ROWS = 30
_NAMED = 5
_ENOUGH_ROWS = 2_000
"""Of so many rows the interval of any share is less than 0.05 wide."""


@dataclass(frozen=True)
class Worry:
    """A finding: what it is called, the numbers that say so, and what to do about it."""

    title: str
    words: str
    cure: str


def worries(evaluation: Evaluation, metrics: Metrics, of: Explorer | None, *, costs_given: bool) -> list[Worry]:
    """Everything that a careful reader would ask about, the gravest first; empty where nothing stands out."""
    return [
        *_too_good(metrics),
        *_one_class(metrics),
        *_no_skill(metrics),
        *_imbalance(metrics),
        *_never_decided(metrics),
        *_uncertain(evaluation, metrics),
        *_few_rows(metrics, weighted=evaluation.weighted),
        *_miscalibration(evaluation, metrics),
        *_threshold(metrics, of, costs_given=costs_given),
        *_half_widths(metrics),
        *_set_aside(metrics),
    ]


def _too_good(metrics: Metrics) -> Iterator[Worry]:
    if metrics.rows >= 20 and metrics.roc_auc >= 0.9995:
        yield Worry(
            "Too good to be true?",
            f"The ROC AUC is {figure(metrics.roc_auc, 4)}: nearly every row of a class scores higher than every other.",
            "Look for a column that is known only once the label is, for rows that stand in the training rows too, and "
            "for labels that were made from the columns.",
        )


def _one_class(metrics: Metrics) -> Iterator[Worry]:
    only = only_class(metrics)
    if only is not None:
        yield Worry(
            "All rows are of one class",
            f"{counted(metrics.rows, 'row')}, all of them {quoted(only)}: nothing can be said about the others, nor "
            "about how well the model tells them apart.",
            "Evaluate rows of every class; curves, and the slider for the threshold, need rows of a class and others.",
        )


def _no_skill(metrics: Metrics) -> Iterator[Worry]:
    none = metrics.majority
    if none is None or only_class(metrics) is not None:  # shares of rows that are all alike cannot be beaten
        return
    if metrics.log_loss >= none.log_loss:
        yield Worry(
            "Probabilities no better than none",
            f"The log loss is {figure(metrics.log_loss)}; giving every row the plain shares of the classes has "
            f"{figure(none.log_loss)}.",
            "Calibrate the model, or look for what changed between the rows it was fitted on and these.",
        )


def _imbalance(metrics: Metrics) -> Iterator[Worry]:
    none = metrics.majority
    if none is None or only_class(metrics) is not None:
        return
    if none.accuracy < 0.75 or metrics.accuracy - none.accuracy > 0.25 * (1 - none.accuracy):
        return
    than = "no more than" if metrics.accuracy <= none.accuracy else "hardly more than"
    yield Worry(
        "Accuracy says little here",
        f"{percent(metrics.accuracy)} of the decisions are right, {than} the {percent(none.accuracy)} of always "
        f"deciding {quoted(none.label)}.",
        "Judge by recall and precision of the rarer classes, by average precision, or by what mistakes cost.",
    )


def _never_decided(metrics: Metrics) -> Iterator[Worry]:
    decided = (
        metrics.confusion_matrix[:, :, 1].sum(1)
        if metrics.task.kind == "multilabel"
        else metrics.confusion_matrix.sum(0)
    )
    never = [
        each.label
        for each, count in zip(metrics.per_class, decided.tolist(), strict=True)
        if each.support and not count
    ]
    if never:
        yield Worry(
            "Never predicted",
            f"{_listed([quoted(each) for each in never])}: {'it has' if len(never) == 1 else 'they have'} rows, and no "
            "row is ever decided so.",
            f"{_to_decide_more(metrics, never[0])}, or give more rows of "
            + ("the class." if len(never) == 1 else "these classes."),
        )


def _to_decide_more(metrics: Metrics, label: Label) -> str:
    """What makes a class be decided more often; several classes have no threshold."""
    match metrics.task.kind:
        case "binary":
            way = "Lower" if label == metrics.task.positive else "Raise"
            return f"{way} the threshold, decide by costs"
        case "multiclass":
            return "Decide by costs"
        case "multilabel":
            return "Lower the threshold"


def _uncertain(evaluation: Evaluation, metrics: Metrics) -> Iterator[Worry]:
    """The recall of the positive class, or of the rarest that has rows, is known only roughly."""
    present = [each for each in metrics.per_class if each.support]
    rarest = (
        metrics.per_class[1]
        if metrics.task.kind == "binary"
        else min(present, key=lambda each: each.support, default=None)
    )
    found = None if rarest is None or not rarest.support else interval_of(evaluation, "recall", label=rarest.label)
    if rarest is None or found is None or found.high - found.low <= 0.15:
        return
    width = found.high - found.low
    half, tenth = (_rows_for(found.value, each) for each in (width / 2, 0.1))
    weight = f"a weight of {tally(rarest.support)} in rows"
    rows = f"{weight if evaluation.weighted else counted(int(rarest.support), 'row')} of"
    alike = " that weigh alike" if evaluation.weighted else ""
    yield Worry(
        "Too few rows to be sure",
        f"With {rows} {quoted(rarest.label)}, its recall of {percent(found.value)} lies between "
        f"{percent(found.low)} and {percent(found.high)} (95%): {100 * width:.0f} points.",
        f"At this recall about {half:,} rows{alike} would halve that; about {tenth:,} would make it 10 points.",
    )


def _rows_for(share: float, width: float) -> int:
    """The fewest rows whose interval (Wilson's) of such a share is no wider."""
    rows = np.arange(1, _ENOUGH_ROWS + 1)
    low, high = wilson(np.full(len(rows), share), rows)
    return int(rows[(high - low <= width).argmax()])


def _few_rows(metrics: Metrics, *, weighted: bool) -> Iterator[Worry]:
    few = [each for each in metrics.per_class if each.support < _FEW_ROWS]  # of weights, nobody knows how many rows
    if not few or weighted or metrics.task.kind == "binary" or only_class(metrics) is not None:
        return
    named = [f"{quoted(each.label)} ({each.support:,.0f})" for each in sorted(few, key=lambda each: each.support)]
    yield Worry(
        f"Classes with fewer than {_FEW_ROWS} rows",
        f"{counted(len(few), 'class', 'classes')}: {_listed(named)}. What is said of them, and the macro "
        "averages, depends on a few rows.",
        "Read their intervals before their figures; gather more of them, or put them together where the use allows it.",
    )


def _miscalibration(evaluation: Evaluation, metrics: Metrics) -> Iterator[Worry]:
    error = smooth_calibration_error(evaluation)
    if error.value < 0.02 or metrics.rows < 20:
        return
    if metrics.task.kind == "binary" and not evaluation.weighted:
        test = spiegelhalter(evaluation)
        proof = f"Spiegelhalter's z is {test.z:.1f}, p = {test.p_value:.1g}"
        found = test.p_value < 0.01
    else:
        bins = reliability(evaluation)
        out = int(((bins.observed < bins.consistent_low) | (bins.observed > bins.consistent_high)).sum())
        proof = f"{out} of {len(bins.count)} bins of the reliability diagram lie outside their band"
        found = out >= 3
    if found:
        yield Worry(
            "Probabilities do not mean what they say",
            f"They are off by {100 * error.value:.1f} points on average (SmoothECE); {proof}.",
            "Calibrate on rows that the model was not fitted on: crossent.calibrate.",
        )


def _threshold(metrics: Metrics, of: Explorer | None, *, costs_given: bool) -> Iterator[Worry]:
    if of is None or metrics.task.kind != "binary" or not of.first.table.fitted:
        return
    table = of.first.table
    if costs_given:
        costs = costs_of_cuts(of)
        used, best = float(costs[table.start]), int(costs.argmin())
        if used - float(costs[best]) > 0.05 * abs(float(costs[best])):
            yield Worry(
                "The threshold does not cost least",
                f"At {table.thresholds[table.start]} a row costs {amount(used)}; at {table.thresholds[best]} it "
                f"would cost {amount(float(costs[best]))}.",
                "Move the threshold below, or fit with --costs; choose it on other rows than these.",
            )
        return
    f1 = table.figures()["f1"]
    best = int(f1.argmax())
    if f1[best] - f1[table.start] > 0.05:
        yield Worry(
            "Another threshold finds more",
            f"At {table.thresholds[table.start]} the F1 is {figure(float(f1[table.start]))}; at "
            f"{table.thresholds[best]} it would be {figure(float(f1[best]))}.",
            "Say what a false alarm and a miss cost and take the cheapest; choose it on other rows than these.",
        )


def _half_widths(metrics: Metrics) -> Iterator[Worry]:
    wide = {name: width for name, width in metrics.half_widths.items() if width >= 0.005}
    if wide:
        name, width = max(wide.items(), key=lambda each: each[1])
        yield Worry(
            "Figures that are not exact",
            f"{counted(len(wide), 'figure')} may be off by 0.005 or more, the most {name}, by {width:.2g}.",
            "Evaluate with exact=True, or with more bins.",
        )


def _set_aside(metrics: Metrics) -> Iterator[Worry]:
    if metrics.ignored:
        share = metrics.ignored / (metrics.ignored + metrics.rows)
        yield Worry(
            "Rows set aside",
            f"{counted(metrics.ignored, 'row')} with the ignored label took no part, {percent(share)} of all.",
            "Make sure that they are not rows of one kind: what is said here holds for the others.",
        )


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
