"""Which networks a table gets: recipes, epochs, batches and width by a cost model."""

from __future__ import annotations

import math
from dataclasses import replace

from ..data import Layout
from ..models import Columns
from ..training import Course
from ._network_settings import NetworkSettings

# Three recipes, each the best of the three on some tables. The bold one fits fine structure where labels are clean; its
# smoothing is for many classes (a temperature mends what smoothing does to these, but not to rare ones).
_BOLD = NetworkSettings("robust", (0.1,), course=Course(learning_rate=0.08, label_smoothing=0.1, schedule="plateau"))
_UNSMOOTHED = NetworkSettings("robust", (0.1,), course=Course(learning_rate=0.04, schedule="plateau"))
_PLAIN = NetworkSettings("robust", (0.05, 2.0), course=Course(learning_rate=0.015))
_RANKS = NetworkSettings("quantile", (0.1, 10.0), course=Course(learning_rate=0.025))
_LARGE = Course(learning_rate=0.03, schedule="plateau")
"""The course of the two calm recipes on large tables."""

_MOST_EPOCHS = 32
_ENOUGH_EPOCHS = 10
_FEW_EPOCHS = 5
_LEAST_EPOCHS = 2
_NARROW, _NARROWEST = 128, 64
_FEW_ROWS = 8_000
"""Tables of up to so many rows get narrow networks, for wide ones did no better at twice the cost, and waves of the
learning rate, for many are too noisy for a long training. Beyond, the rate stays high for half of the time."""

# Nanoseconds of one thread that a row takes of one copy, forward and backward, by what it goes through; measured.
_ROW = 2400.0
_MULTIPLY_ADD = 0.07
_UNIT = 4.4
_NUMBER = 115.0
_WORD = 60.0
# And of a step, whatever its rows: once, and by weight of a copy.
_STEP = 500_000.0
_WEIGHT = 5.3

_BATCHES = ((1_000, 64), (8_000, 128), (50_000, 256), (150_000, 512))
_LARGEST_BATCH = 1024


def network_settings(
    rows: int, layout: Layout, classes: int, copies: int, seconds: float, *, most: float = math.inf
) -> tuple[NetworkSettings, ...]:
    """The networks to train on a table, and for how long.

    Three recipes share the time evenly: numbers as normal scores, which suits skewed columns, and numbers as they are
    scaled, trained boldly or calmly. Each has at most 32 epochs, for more hardly help. Where there is no time for 32,
    two recipes share it, the second bold for three classes or more. Where either would get fewer than 10, the networks
    are narrower; then there is one network only; where that would get fewer than 5, it is narrower still, and then has
    larger batches. The last gets as many epochs as there is time for, at least 2.

    Args:
        rows: Rows to train on.
        layout: What the columns of the features are.
        classes: K.
        copies: How many are trained side by side.
        seconds: Of one thread, for all of them together.
        most: Of one thread, for any of them.

    Example:
        >>> from crossent.data import NumberPart
        >>> layout = Layout(tuple(NumberPart(f"x{place}", "value") for place in range(20)), ())
        >>> for seconds in (8, 140, 700):
        ...     plan = network_settings(20_000, layout, 2, 5, seconds)
        ...     print([(each.front, each.hidden, each.course.epochs) for each in plan])
        [('quantile', 128, 7)]
        [('quantile', 256, 30), ('robust', 256, 30)]
        [('quantile', 256, 32), ('robust', 256, 32), ('robust', 256, 32)]
    """
    few, batch = rows <= _FEW_ROWS, batch_size(rows)
    wide = _NARROW if few else _BOLD.hidden
    ranks, plain = (each if few else replace(each, course=_LARGE) for each in (_RANKS, _PLAIN))
    bold = _BOLD if classes > 2 else _UNSMOOTHED
    scaled = _BOLD if classes > 2 else plain
    plan = tuple[NetworkSettings, ...]()
    for recipes, hidden, size, enough in (
        ((ranks, bold, plain), wide, batch, _MOST_EPOCHS),
        ((ranks, scaled), wide, batch, _ENOUGH_EPOCHS),
        ((ranks, scaled), _NARROW, batch, _ENOUGH_EPOCHS),
        ((ranks,), _NARROW, batch, _FEW_EPOCHS),
        ((ranks,), _NARROWEST, batch, _FEW_EPOCHS),
        ((_faster(ranks),), _NARROWEST, 4 * batch, _LEAST_EPOCHS),
    ):
        plan = tuple(
            _fitting(
                replace(each, hidden=hidden), size, rows, layout, classes, copies, min(seconds / len(recipes), most)
            )
            for each in recipes
        )
        if min(each.course.epochs for each in plan) >= enough:
            break
    return plan


def _faster(settings: NetworkSettings) -> NetworkSettings:
    """At twice the rate, for four times the batch."""
    return replace(settings, course=replace(settings.course, learning_rate=2 * settings.course.learning_rate))


def _fitting(
    settings: NetworkSettings, batch: int, rows: int, layout: Layout, classes: int, copies: int, seconds: float
) -> NetworkSettings:
    """The settings with as many epochs as there is time for."""
    sized = replace(settings, course=replace(settings.course, batch_size=batch))
    epochs = math.floor(seconds / epoch_seconds(sized, rows, layout, classes, copies))
    return replace(sized, course=replace(sized.course, epochs=min(max(epochs, _LEAST_EPOCHS), _MOST_EPOCHS)))


def batch_size(rows: int) -> int:
    """Rows of a step: 64 up to 1,000 rows, then more.

    Example:
        >>> [batch_size(rows) for rows in (300, 5_000, 20_000, 600_000)]
        [64, 128, 256, 1024]
    """
    return next((size for most, size in _BATCHES if rows <= most), _LARGEST_BATCH)


def epoch_seconds(settings: NetworkSettings, rows: int, layout: Layout, classes: int, copies: int) -> float:
    """About how many CPU seconds an epoch of all copies takes, validation included.

    Args:
        settings: The network.
        rows: Rows of the table; a copy trains on most of them, and validates the others.
        layout: What the columns of the features are.
        classes: K.
        copies: How many are trained side by side.
    """
    columns = Columns.of(layout)
    hidden, layers = settings.hidden, settings.layers
    inputs = 4 * len(columns.periodic) + len(columns.plain)
    inputs += sum(part.levels for part in columns.one_hot) + 8 * len(columns.embedded) + 32 * len(columns.texts)
    first = inputs * hidden
    others = (layers - 1) * hidden**2 + hidden * classes
    tables = 8 * sum(part.levels for part in columns.embedded) + 32 * sum(part.levels for part in columns.texts)
    words = sum(part.width for part in columns.texts)
    row = _ROW + _MULTIPLY_ADD * (first + others) + _UNIT * (hidden * layers + inputs)
    row += _NUMBER * len(columns.periodic) + _WORD * words
    step = _STEP + _WEIGHT * copies * (first + others + tables)
    return 1e-9 * (rows * copies * row + math.ceil(rows / settings.course.batch_size) * step)
