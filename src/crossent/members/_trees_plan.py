"""Which trees a table gets for its seconds: a cost model, and the settings that follow from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..data import Layout
from ._trees_columns import TreeColumns
from ._trees_settings import TreeSettings

# Seconds on one core of 2020s hardware; measured with LightGBM 4.7 on 20,000, 200,000 and 600,000 rows.
_A_ROW_A_COLUMN_A_LEVEL = 1.5e-9
_A_LEAF_A_COLUMN_A_BIN = 18e-9
_A_ROW = 20e-9
# Where trees are grown on some of the rows: these are drawn and copied, and the others walk down the tree.
_A_ROW_DRAWN = 25e-9
_A_ROW_A_COLUMN_COPIED = 4e-9
_A_ROW_A_LEVEL_WALKED = 10e-9
_WORTH_DRAWING = 1.5  # times cheaper: fewer rows also tell less
# Of a number, the copies' share of the rows included; where it is cut is found from a sample.
_BINNING, _SAMPLED, _SAMPLE = 70e-9, 180e-9, 200_000

_FEWEST_ROUNDS = 60  # with fewer, even at the highest learning rate, the trees have not learned what they can
_STEPS = 30.0  # learning rate * rounds that most tables have enough of
_FASTEST = 0.15
_MOST_ROUNDS = 4000

_REGULAR = TreeSettings()
_RANDOM = TreeSettings(
    "random",
    learning_rate=0.05,
    leaves=31,
    least_rows=5,
    l2=3.0,
    column_share=1.0,
    column_share_of_a_cut=1.0,
    random=True,
)
_COARSE = TreeSettings("coarse", leaves=31, column_share=0.5, column_share_of_a_cut=1.0, bins=63)
_MANY_ROWS = 20_000  # enough for the best cuts to be true ones; random ones gain nothing from here on
# Where there are many classes and most rows have found theirs, the curvature of a class's loss, p (1 - p), is far below
# 1/4: the same l2 would stop the trees, and they would need ten times the rounds.
_L2_OF_CLASSES = 0.03
_MANY_COLUMNS = 30  # of which a tree that may cut on half still finds its partners


@dataclass(frozen=True)
class _Thrift:
    """A way to cheaper trees: fewer columns a tree, coarser numbers, fewer leaves, fewer rows but not below so many."""

    columns: float = 1.0
    bins: int = 255
    leaves: float = 1.0
    rows: float = 1.0
    least_rows: int = 0


_THRIFT = (
    _Thrift(),
    _Thrift(0.6, 127, 1.0, 0.5, 100_000),
    _Thrift(0.4, 63, 1.0, 0.2, 50_000),
    _Thrift(0.2, 63, 0.5, 0.1, 30_000),
    _Thrift(0.05, 63, 0.5, 0.05, 20_000),
)


def tree_settings(rows: int, layout: Layout, classes: int, copies: int, seconds: float) -> tuple[TreeSettings, ...]:
    """The settings, one a member, whose trees fit into the time; none where no trees worth having do.

    Two kinds share the time where it suffices for both at little thrift, for their mean is better than either: trees of
    the best cuts, and trees of random ones, or where there are many rows of coarse ones. Else all of it is for trees of
    the best cuts. Where the time allows too few rounds, trees become cheaper; then the learning rate falls with the
    rounds that it allows.

    Args:
        rows: Rows of the table.
        layout: What its columns are.
        classes: K.
        copies: How many copies are trained at once, on `1 - 1 / copies` of the rows each or so.
        seconds: CPU seconds for all of it.
    """
    kinds = (_REGULAR, _COARSE if rows > _MANY_ROWS else _RANDOM)
    both = tuple(_within(each, _THRIFT[:2], rows, layout, classes, copies, seconds / 2) for each in kinds)
    if all(both):
        return tuple(each for each in both if each)
    alone = _within(_REGULAR, _THRIFT, rows, layout, classes, copies, seconds)
    return (alone,) if alone else ()


def tree_seconds(settings: TreeSettings, rows: int, columns: int, classes: int) -> float:
    """What a round of one copy costs on one core, its held-out rows included.

    Of each level all rows are added up into the bins of the columns that the tree may use, of each leaf all bins are
    compared, and all rows get their new scores.

    Args:
        settings: How the trees are grown.
        rows: Rows of the table.
        columns: Columns of it as trees see them.
        classes: K; there is a tree for each of more than two.
    """
    filled = max(1.0, settings.column_share * columns)
    compared = max(1.0, settings.column_share_of_a_cut * filled)
    levels = math.log2(settings.leaves)
    filling = _A_ROW_A_COLUMN_A_LEVEL * rows * filled * levels * settings.row_share
    comparing = _A_LEAF_A_COLUMN_A_BIN * settings.leaves * compared * min(settings.bins, rows / 3)
    scoring = _A_ROW * rows
    if settings.row_share < 1:
        copied = _A_ROW_A_COLUMN_COPIED * filled * settings.row_share
        scoring += (_A_ROW_DRAWN + copied + _A_ROW_A_LEVEL_WALKED * levels * (1 - settings.row_share)) * rows
    return (filling + comparing + scoring) * (classes if classes > 2 else 1)


def _within(
    settings: TreeSettings,
    ways: Sequence[_Thrift],
    rows: int,
    layout: Layout,
    classes: int,
    copies: int,
    seconds: float,
) -> TreeSettings | None:
    """The settings with the least thrift at which the time suffices for trees that have learned; None if at none."""
    columns = TreeColumns.most_columns(rows, layout)
    suited = _suited(settings, columns, classes)
    left = seconds - (_BINNING * rows + _SAMPLED * min(rows, _SAMPLE)) * columns
    for way in ways:
        cheaper = _cheaper(suited, way, rows, columns)
        on_all_rows = replace(cheaper, row_share=1.0)
        a_round, of_all_rows = (tree_seconds(each, rows, columns, classes) for each in (cheaper, on_all_rows))
        if of_all_rows <= _WORTH_DRAWING * a_round:
            cheaper, a_round = on_all_rows, of_all_rows
        rounds = int(left / (copies * a_round))
        enough = _FEWEST_ROUNDS if way is _THRIFT[-1] else _STEPS / _FASTEST
        if rounds >= enough:
            rate = min(max(_STEPS / rounds, settings.learning_rate), _FASTEST)
            return replace(
                cheaper, learning_rate=rate, rounds=min(rounds, _MOST_ROUNDS), patience=max(round(2 / rate), 20)
            )
    return None


def _suited(settings: TreeSettings, columns: int, classes: int) -> TreeSettings:
    return replace(
        settings,
        l2=settings.l2 * (_L2_OF_CLASSES if classes > 2 else 1),
        column_share=min(settings.column_share, 1.0 if columns <= _MANY_COLUMNS else 0.5),
    )


def _cheaper(settings: TreeSettings, way: _Thrift, rows: int, columns: int) -> TreeSettings:
    return replace(
        settings,
        column_share=max(settings.column_share * way.columns, min(1.0, 4 / columns)),
        bins=min(settings.bins, way.bins),
        leaves=max(7, round(settings.leaves * way.leaves)),
        row_share=min(1.0, max(way.rows, way.least_rows / rows)),
    )
