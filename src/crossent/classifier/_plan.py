"""What a fit does in the time that it has: a rule, by the rows, columns and classes of the table alone.

Under a time limit the work may still take longer than planned: cores are slow, or busy. Members train as many at a time
as there are processors, in the order of the plan, and each has a deadline of its own: what waits for its processor has
the same share of the limit as of the plan (`ends`). All members are slowed down alike, and none has nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..data import Layout
from ..members import NetworkSettings, TreeSettings, network_settings, tree_settings
from ._recipe import MemberName, Quality, Recipe

_ROWS = 20_000
_FOLDS: dict[Quality, int] = {"fast": 3, "default": 5, "best": 8}
_MOST_REPEATS: dict[Quality, int] = {"fast": 1, "default": 4, "best": 8}
_FEW_ROWS = 6_000
# Seconds by the clock on two cores, and how many processor seconds of them networks and trees may take.
_SECONDS: dict[Quality, float] = {"fast": 10.0, "default": 120.0, "best": 600.0}
_NETWORK, _TREES = 1.15, 0.4
_LINEAR = 0.1
_APART = 2.0
"""Seconds that are not for networks and trees: reading, encoding, blending, calibrating."""

# Of a time limit: what blending, calibrating and judging take, by rows, and at least that share of it.
_AFTER = 0.15
_CALIBRATED_ROWS = 100_000
_A_ROW_OF_TWO, _A_ROW, _A_CLASS = 2e-5, 6e-5, 6e-6
_FIRST = 0.45
"""The share of the training before the one on all rows, of splits by time; that one takes a little longer."""


@dataclass(frozen=True)
class Plan:
    """The work of one fit.

    Attributes:
        folds: Into how many parts the rows are dealt.
        repeats: How often they are dealt anew: rows are few, and one deal is a matter of luck.
        seconds: By the clock on two cores; what the work is chosen for, not what it is stopped at.
        networks: The networks' settings, one for each kind of network.
        trees: The boosted trees' settings.
        linear: Whether a linear model is trained.
    """

    folds: int
    repeats: int
    seconds: float
    networks: tuple[NetworkSettings, ...]
    trees: tuple[TreeSettings, ...]
    linear: bool

    def work(self, kind: MemberName) -> float:
        """The processor seconds that one member of a kind may take, by those that the clock has for training."""
        if kind == "network":
            return min(_NETWORK / len(self.networks), 1.0)
        return _TREES / len(self.trees) if kind == "trees" else _LINEAR


def ends(work: Sequence[float], processors: int) -> list[float]:
    """At which share of a time limit each piece of work is to end, so that what comes after it has its share too.

    Each piece goes to the processor that is free first, and the pieces of a processor share all of the time.

    Args:
        work: Seconds of each piece, in the order in which they begin.
        processors: Pieces that are worked on at a time.

    Example:
        >>> ends([6.0, 6.0, 2.0], 2)  # the third begins when the first has ended
        [0.75, 1.0, 1.0]
    """
    free = [0.0] * processors
    placed: list[tuple[int, float]] = []
    for seconds in work:
        first = free.index(min(free))
        free[first] += seconds
        placed.append((first, free[first]))
    return [end / free[which] if end else 1.0 for which, end in placed]


def plan(
    recipe: Recipe, rows: int, layout: Layout, classes: int, *, ordered: bool = False, forward: bool = False
) -> Plan:
    """The work for a table.

    10, 120 or 600 seconds are for 20,000 rows; below that they go with the square root of the rows, above with their
    power 0.8: a large table gets more time, but not a row of it. Tables of n rows are dealt 6,000 / n times, up to 4
    with "default" and 8 with "best". Networks and trees choose epochs, batch sizes, widths and rounds by their shares
    of the processor seconds.

    Args:
        recipe: The quality or the time, and the members.
        rows: n, rows that train or validate.
        layout: What the encoded columns are.
        classes: K.
        ordered: The order of the classes means something.
        forward: The splits go forward in time, and are not dealt anew.
    """
    folds = min(recipe.folds or _FOLDS[recipe.quality], max(rows, 2))
    repeats = 1 if forward else max(1, min(_FEW_ROWS // max(rows, 1), _MOST_REPEATS[recipe.quality]))
    seconds = recipe.time_limit or _SECONDS[recipe.quality] * (rows / _ROWS) ** (0.5 if rows < _ROWS else 0.8)
    copies, to_train = folds * repeats, max(seconds - _APART, seconds / 2)
    if forward and recipe.time_limit is not None:
        to_train *= _FIRST
    networks, trees = (), ()
    if "network" in recipe.members:
        networks = network_settings(rows, layout, classes, copies, _NETWORK * to_train, most=to_train)
        networks = tuple(replace(each, ordered=ordered) for each in networks)
        if recipe.epochs is not None:
            networks = tuple(_of_length(each, recipe.epochs) for each in networks)
    if "trees" in recipe.members:
        trees = tree_settings(rows, layout, classes, copies, _TREES * to_train)
    return Plan(folds, repeats, seconds, networks, trees, "linear" in recipe.members)


def deadlines(recipe: Recipe, rows: int, classes: int, *, forward: bool = False) -> tuple[float, float] | None:
    """Seconds from its start in which a fit with a time limit is to be done with training; None without a limit.

    Args:
        recipe: The limit.
        rows: n, rows that train or validate.
        classes: K.
        forward: The splits go forward in time, and all members are trained anew on all rows.

    Returns:
        When the training on the splits ends, and when all training.
    """
    if recipe.time_limit is None:
        return None
    a_row = _A_ROW + _A_CLASS * classes if classes > 2 else _A_ROW_OF_TWO
    after = max(_AFTER * recipe.time_limit, min(a_row * min(rows, _CALIBRATED_ROWS), recipe.time_limit / 2))
    last = recipe.time_limit - after
    return (_FIRST * last if forward else last), last


def _of_length(settings: NetworkSettings, epochs: int) -> NetworkSettings:
    return replace(settings, course=replace(settings.course, epochs=epochs))
