"""Which trees a table gets for its seconds: a cost model, and the settings that follow from it."""

from __future__ import annotations

import math
from dataclasses import replace

from ..data import Layout
from ._trees_columns import TreeColumns
from ._trees_settings import TreeSettings

# Seconds on one core of 2020s hardware; measured with LightGBM 4.7.
_A_ROW_A_COLUMN_A_LEVEL = 1.5e-9
_A_LEAF_A_COLUMN_A_BIN = 13e-9
_A_ROW = 20e-9
_HELD_OUT = 1.25  # the validation rows walk down each tree too, and their losses are summed
_BINNING = 70e-9  # of a number

_FEWEST_ROUNDS = 60  # with fewer, even at the highest learning rate, the trees have not learned what they can
_STEPS = 30.0  # learning rate * rounds that most tables have enough of
_FASTEST, _SLOWEST = 0.2, 0.02

_REGULAR = TreeSettings()
_RANDOM = TreeSettings("random", learning_rate=0.05, leaves=31, least_rows=20, l2=3.0, column_share=0.5, random=True)
# Ways to a cheaper tree, dearest first: fewer columns a tree, coarser numbers, fewer leaves.
_THRIFT = ((1.0, 255, 1.0), (0.6, 127, 1.0), (0.3, 63, 1.0), (0.1, 63, 0.5), (0.03, 31, 0.5))


def tree_settings(rows: int, layout: Layout, classes: int, copies: int, seconds: float) -> tuple[TreeSettings, ...]:
    """The settings, one a member, whose trees fit into the time; none where no trees worth having do.

    Two kinds, trees of the best cuts and trees of random ones, share the time: their mean is better than either. The
    learning rate falls with the rounds that the time allows; where it allows few, trees become cheaper first. Where
    there is time for one kind only, it is the first.

    Args:
        rows: Rows of the table.
        layout: What its columns are.
        classes: K.
        copies: How many copies are trained at once, on `1 - 1 / copies` of the rows each or so.
        seconds: CPU seconds for all of it.
    """
    both = tuple(_within(settings, rows, layout, classes, copies, seconds / 2) for settings in (_REGULAR, _RANDOM))
    if all(both):
        return tuple(each for each in both if each)
    alone = _within(_REGULAR, rows, layout, classes, copies, seconds)
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
    used = max(1.0, settings.column_share * columns)
    filling = _A_ROW_A_COLUMN_A_LEVEL * rows * used * math.log2(settings.leaves)
    comparing = _A_LEAF_A_COLUMN_A_BIN * settings.leaves * used * min(settings.bins, rows / 3)
    return _HELD_OUT * (filling + comparing + _A_ROW * rows) * (classes if classes > 2 else 1)


def _within(
    settings: TreeSettings, rows: int, layout: Layout, classes: int, copies: int, seconds: float
) -> TreeSettings | None:
    """The settings with the thrift that the time demands, and a learning rate that the rounds suffice for."""
    columns = TreeColumns.most_columns(rows, layout)
    left = seconds - _BINNING * rows * columns
    for share, bins, leaves in _THRIFT:
        cheaper = replace(
            settings,
            column_share=max(settings.column_share * share, min(1.0, 3 / columns)),
            bins=min(settings.bins, bins),
            leaves=max(7, round(settings.leaves * leaves)),
        )
        rounds = int(left / (copies * tree_seconds(cheaper, rows, columns, classes)))
        if rounds >= _STEPS / _FASTEST * (0.4 if share < 0.1 else 1):
            break
    if rounds < _FEWEST_ROUNDS:
        return None
    rate = min(max(_STEPS / rounds, _SLOWEST, settings.learning_rate), _FASTEST)
    return replace(cheaper, learning_rate=rate, rounds=min(rounds, 4000), patience=round(max(3 / rate, 20)))
