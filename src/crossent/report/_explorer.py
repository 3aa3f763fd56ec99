"""What a reader moves: the cut points of each class, as the page's script and its first view take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..evaluation import Evaluation, Metrics, cost_matrix, score_histogram
from ._class_cuts import ClassCuts, class_cuts
from ._interval_words import decided_intervals
from ._thin import Floats
from ._words import counted, figure, percent, quoted, short_names

_MOST_CUTS = 2_000
_MOST_OF_ALL = 24_000
_FEWEST_CUTS = 100
_BARS = 40


@dataclass(frozen=True, eq=False)
class ExploredClass:
    """A class against all others.

    bars: rows of the class, and others, by score in 40 bins of equal width. intervals: in words, by figure, at the
    threshold in use; only of weighted rows, whose counts alone do not give them.
    """

    name: str
    short: str
    place: int
    others: str
    table: ClassCuts
    bars: tuple[list[float], list[float]]
    roc_auc: float
    average_precision: float
    intervals: dict[str, str]


@dataclass(frozen=True, eq=False)
class Explorer:
    """The classes that can be explored, and what a decision costs at first.

    costs: of a false alarm and a miss. gains: of a hit and of a row rightly left out. left_out: classes beyond the most
    that a page holds.
    """

    metrics: Metrics
    classes: list[ExploredClass]
    start: int
    costs: tuple[float, float]
    gains: tuple[float, float]
    left_out: int

    @property
    def first(self) -> ExploredClass:
        """The class at which the page opens."""
        return self.classes[self.start]


def explorer(evaluation: Evaluation, metrics: Metrics, costs: object = None) -> Explorer | None:
    """Gather the cuts of every class that has rows in and out of it; None where there is no such class."""
    places = [place for place, scores in enumerate(metrics.per_class) if scores.roc_auc == scores.roc_auc]
    if metrics.task.kind == "binary":
        places = [place for place in places if place == 1]
    if not places:
        return None
    room = _MOST_OF_ALL // _FEWEST_CUTS
    shown = sorted(sorted(places, key=lambda place: -metrics.per_class[place].support)[:room])
    most = max(_FEWEST_CUTS, min(_MOST_CUTS, _MOST_OF_ALL // len(shown)))
    short = short_names(metrics.task.classes)
    classes = [_explored(evaluation, metrics, place, short[place], most) for place in shown]
    wrong, right = _costs(metrics, costs)
    return Explorer(metrics, classes, 0, wrong, right, len(places) - len(shown))


def _explored(evaluation: Evaluation, metrics: Metrics, place: int, short: str, most: int) -> ExploredClass:
    task, scores = metrics.task, metrics.per_class[place]
    bars = score_histogram(evaluation, label=scores.label, bins=_BARS)
    others = quoted(task.classes[0]) if task.kind == "binary" else "all others"
    cuts = class_cuts(evaluation, metrics, place, most)
    return ExploredClass(
        name=str(scores.label),
        short=short,
        place=place,
        others=others if task.kind != "multilabel" else "rows without it",
        table=cuts,
        bars=(bars.positives.tolist(), bars.negatives.tolist()),
        roc_auc=scores.roc_auc,
        average_precision=scores.average_precision,
        intervals=decided_intervals(evaluation, scores.label) if evaluation.weighted and cuts.fitted else {},
    )


def _costs(metrics: Metrics, costs: object) -> tuple[tuple[float, float], tuple[float, float]]:
    """False alarm and miss; gains of a hit and of a row left out. Without costs each mistake costs 1."""
    if costs is None or metrics.task.kind != "binary":
        return (1.0, 1.0), (0.0, 0.0)
    (quiet, alarm), (miss, hit) = cost_matrix(metrics.task, costs).tolist()
    return (alarm, miss), (0.0 - hit, 0.0 - quiet)


def cut_rows(of: Explorer) -> list[dict[str, float]]:
    """The points that charts draw, one for each cut of the first class; the script makes the same from the counts."""
    table, cells = of.first.table, of.first.table.cuts.cells
    made = table.figures()
    share = table.cuts.hits[-1] / (table.cuts.hits[-1] + table.cuts.alarms[-1])
    # Of no rows there is no lift: the curve begins with the first rows that are decided.
    lift = made["precision"][np.maximum(np.arange(len(table)), int((made["alerts"] > 0).argmax()))] / share
    precision = np.where(cells.hits + cells.alarms == 0, 1.0, made["precision"])  # where the curve begins
    columns = {
        "t": table.thresholds,
        "fpr": 1 - made["specificity"],
        "recall": made["recall"],
        "precision": precision,
        "alerts": made["alerts"],
        "lift": lift,
        "cost": costs_of_cuts(of),
        "share": np.full(len(table), share),
    }
    step = max(1, len(table) // 150)
    return [
        {"i": place, **{name: round(float(value[place]), 5) for name, value in columns.items()}}
        | ({"touch": 1} if place % step == 0 or place == len(table) - 1 else {})
        for place in range(len(table))
    ]


def bar_rows(of: ExploredClass) -> list[dict[str, Any]]:
    """The bars of the score distributions: the share of each side's rows in each bin."""
    width = 1 / len(of.bars[0])
    return [
        {"a": round(place * width, 4), "b": round((place + 1) * width, 4), "side": side, "n": count,
         "share": round(count / max(sum(counts), 1), 5)}
        for side, counts in zip(("of the class", "others"), of.bars, strict=True)
        for place, count in enumerate(counts)
        if count
    ]  # fmt: skip


def record(of: Explorer, evaluation: Evaluation, words: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the page's script reads; `words` are each class's chart captions."""
    task = of.metrics.task
    return {
        "kind": task.kind,
        "rows": of.metrics.rows,
        "weighted": evaluation.weighted,
        "start": of.start,
        "classes": [_class_record(each, said) for each, said in zip(of.classes, words, strict=True)],
    }


def _class_record(of: ExploredClass, words: Mapping[str, str]) -> dict[str, Any]:
    table = of.table
    made: dict[str, Any] = {
        "name": of.name,
        "short": of.short,
        "others": of.others,
        "thresholds": table.thresholds.tolist(),
        "hits": [_whole(each) for each in table.cuts.hits.tolist()],
        "alarms": [_whole(each) for each in table.cuts.alarms.tolist()],
        "start": table.start,
        "fitted": table.fitted,
        "bars": of.bars,
        "note": cuts_note(table),
        "intervals": of.intervals,
        "words": dict(words),
    }
    if table.complete:
        made["scores"] = [min(each, 2.0) for each in table.cuts.scores.tolist()]
    return made


def _whole(count: float) -> int | float:
    return int(count) if count == int(count) else count


def cuts_note(table: ClassCuts) -> str:
    """How fine the slider is, and what was left out."""
    if len(table) == table.of:
        of = "one for each score" if table.cuts.exact else "one for each edge of the score's bins"
        return f"The slider has {counted(len(table), 'position')}, {of}; every figure is exact at each."
    return (
        f"The slider has {len(table):,} of {table.of:,} cut points; every figure is exact at each. Among them are the "
        "best for F1 and the cheapest for any costs."
    )


def class_words(of: ExploredClass, metrics: Metrics) -> dict[str, str]:
    """What each chart of a class says, by the chart's name."""
    name = quoted(of.name)
    share = metrics.per_class[of.place].support / metrics.weight
    tenth = _recall_at(of, 0.1)
    return {
        "scores": f"Scores: how the probability of {name} is spread over rows that are {name} and over {of.others}, "
        f"each as shares of their own rows. The farther apart, the better.",
        "roc": f"ROC curve of {name}: area under it {figure(of.roc_auc)}; a coin has 0.5.",
        "precision-recall": f"Precision-recall curve of {name}: average precision {figure(of.average_precision)}; "
        f"a coin has {figure(share)}, the share of the class.",
        "gain": f"Cumulative gain: the tenth of the rows with the highest scores holds {percent(tenth)} of {name}. "
        "A coin follows the dashed line.",
        "lift": f"Lift: among the tenth with the highest scores {name} is {tenth / 0.1:.1f} times as frequent as "
        "among all.",
        "cost": "What a row costs on average at each threshold, with the costs set above.",
    }


def _recall_at(of: ExploredClass, share: float) -> float:
    """The share of the class's rows among this share of rows that score highest; between two cuts on a line."""
    cuts = of.table.cuts
    decided = cuts.hits + cuts.alarms
    return float(np.interp(share, decided / decided[-1], cuts.hits / cuts.hits[-1]))


def costs_of_cuts(of: Explorer) -> Floats:
    """The mean cost of a row at each cut of the first class, with the costs at first."""
    cells = of.first.table.cuts.cells
    (alarm, miss), (hit, quiet) = of.costs, of.gains
    total = alarm * cells.alarms + miss * cells.misses - hit * cells.hits - quiet * cells.rest
    return total / (cells.hits[-1] + cells.alarms[-1])
