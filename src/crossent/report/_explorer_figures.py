"""The figures that follow the threshold, as the page shows them before anything is moved, or without a script."""

from __future__ import annotations

from dataclasses import dataclass

from ..evaluation import Evaluation
from ._explorer import Explorer, costs_of_cuts
from ._figures import Tile
from ._interval_words import wilson_words
from ._words import amount, figure, percent, tally

ROWS_A_DAY = 1_000


@dataclass(frozen=True)
class MovingTile:
    """A figure that the script finds by its name."""

    name: str
    tile: Tile


@dataclass(frozen=True)
class MovingCell:
    """A cell of the confusion matrix: its count, and its shares of the true class and of the decision."""

    name: str
    count: str
    of_row: str
    of_column: str
    shade: float


def moving_tiles(of: Explorer, evaluation: Evaluation) -> list[MovingTile]:
    """The figures at the cut at which the page opens."""
    table = of.first.table
    cells, at = table.cuts.cells, table.start
    hits, alarms, misses, rest = (float(each[at]) for each in (cells.hits, cells.alarms, cells.misses, cells.rest))
    made = {name: float(values[at]) for name, values in table.figures().items()}
    rows, price = hits + alarms + misses + rest, float(costs_of_cuts(of)[at])

    def interval(name: str, part: float, whole: float) -> str:
        return of.first.intervals.get(name, "") if evaluation.weighted else wilson_words(part, whole)

    unit = "weight" if evaluation.weighted else "rows"
    daily = f"{amount(price * rows)} for these rows, {amount(price * ROWS_A_DAY)} a day"
    of_decided = interval("precision", hits, hits + alarms) if hits + alarms else "no row is decided so"
    shown = {
        "precision": Tile("Precision", percent(made["precision"]), of_decided),
        "recall": Tile("Recall", percent(made["recall"]), interval("recall", hits, hits + misses)),
        "specificity": Tile("Specificity", percent(made["specificity"]), interval("specificity", rest, rest + alarms)),
        "f1": Tile("F1", figure(made["f1"]), "their harmonic mean"),
        "accuracy": Tile("Accuracy", percent(made["accuracy"]), interval("accuracy", hits + rest, rows)),
        "balanced_accuracy": Tile("Balanced accuracy", percent(made["balanced_accuracy"]), "a coin: 50.0%"),
        "matthews_correlation": Tile("Matthews correlation", figure(made["matthews_correlation"]), "by chance: 0"),
        "cost": Tile("Expected cost of a row", amount(price), daily),
        "alerts": Tile("Alerts", tally(hits + alarms), f"{percent(made['alerts'])} of the {unit}"),
        "alerts_a_day": Tile("Alerts a day", amount(made["alerts"] * ROWS_A_DAY), f"of {ROWS_A_DAY:,} rows a day"),
    }
    return [MovingTile(name, tile) for name, tile in shown.items()]


def moving_matrix(of: Explorer) -> list[list[MovingCell]]:
    """The confusion matrix of the class against all others, at the same cut: the others' row first."""
    table = of.first.table
    cells, at = table.cuts.cells, table.start
    hits, alarms, misses, rest = (float(each[at]) for each in (cells.hits, cells.alarms, cells.misses, cells.rest))
    return [
        [_cell("rest", rest, rest + alarms, rest + misses), _cell("alarms", alarms, rest + alarms, hits + alarms)],
        [_cell("misses", misses, hits + misses, rest + misses), _cell("hits", hits, hits + misses, hits + alarms)],
    ]


def _cell(name: str, count: float, row: float, column: float) -> MovingCell:
    of_row, of_column = (count / whole if whole else float("nan") for whole in (row, column))
    return MovingCell(name, tally(count), percent(of_row), percent(of_column), of_row if row else 0.0)
