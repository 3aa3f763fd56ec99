"""Which networks a table gets: recipes, epochs, batches and width by a cost model."""

from __future__ import annotations

import math
from dataclasses import replace

from ..data import Layout
from ..models import Columns
from ..training import Course
from ._network_settings import NetworkSettings

_BOLD = NetworkSettings("robust", (0.1,), course=Course(learning_rate=0.04, label_smoothing=0.1))
_CALM = NetworkSettings("quantile", (0.1, 10.0), course=Course(learning_rate=0.015, label_smoothing=0.0))

# Nanoseconds of one thread that a row takes of one copy, forward and backward, by what it goes through; measured.
_ROW = 600.0
_MULTIPLY_ADD = 0.1
_UNIT = 6.0
_NUMBER = 100.0
_WORD = 20.0
# And of a step, whatever its rows: by operation, and by weight of a copy.
_STEP = 1.5e6
_WEIGHT = 3.0

_BATCHES = ((1_000, 64), (8_000, 128), (30_000, 256), (100_000, 512))
_LARGEST_BATCH = 1024


def network_settings(
    rows: int, layout: Layout, classes: int, copies: int, seconds: float
) -> tuple[NetworkSettings, ...]:
    """The networks to train on a table: a bold one, which fits fine structure, and a calm one, which bears noise.

    The bold one takes two thirds of the time. Each has at most so many epochs that more would not help; where the time
    is short for both, only one is trained, and where it is short even for that, it is narrower and has larger batches.

    Args:
        rows: Rows to train on.
        layout: What the columns of the features are.
        classes: K.
        copies: How many are trained side by side.
        seconds: Of one thread, for all of them together.
    """
    batch = batch_size(rows)
    bold, calm = (replace(each, course=replace(each.course, batch_size=batch)) for each in (_BOLD, _CALM))
    if seconds >= 10 * epoch_seconds(bold, rows, layout, classes, copies):
        return (
            _fitting(bold, rows, layout, classes, copies, seconds * 2 / 3, most=32),
            _fitting(calm, rows, layout, classes, copies, seconds / 3, most=16),
        )
    return (_fitting(bold if classes > 2 else calm, rows, layout, classes, copies, seconds, most=8),)


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


def _fitting(
    settings: NetworkSettings,
    rows: int,
    layout: Layout,
    classes: int,
    copies: int,
    seconds: float,
    *,
    most: int,
) -> NetworkSettings:
    """The settings with as many epochs as there is time for; narrower, where that would be fewer than 4."""
    narrow = replace(
        settings, hidden=128, course=replace(settings.course, batch_size=min(4 * settings.course.batch_size, 4096))
    )
    for each in (settings, narrow):
        epochs = math.floor(seconds / epoch_seconds(each, rows, layout, classes, copies))
        if epochs >= 4 or each is narrow:
            break
    return replace(each, course=replace(each.course, epochs=min(max(epochs, 2), most)))
