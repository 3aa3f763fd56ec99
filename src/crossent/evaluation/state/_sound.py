"""What must hold between the parts of an evaluation that was read from a file: each must tell of the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..._task import Task
from ._exact import Ints
from ._histogram import Histogram
from ._order import Scale, keys_of
from ._ranked_probability import RANKED
from ._state import State, sum_names
from ._tally import Tally

_SIGNED = frozenset({"spiegelhalter"})
_LATER = ("hinge_loss", RANKED)
"""What an earlier version did not sum over rows of one class among several."""
_LIMB = 1 << 32


def check_record(record: Mapping[str, Any], states: Sequence[State]) -> None:
    """Raise ValueError unless the record is one of these states."""
    bins, groups = record["bins"], record["groups"]
    kinds = (isinstance(record.get(name, False), bool) for name in ("pairs", "given"))
    if not all(kinds) or not (bins is None or type(bins) is int):
        raise ValueError("options of another kind")
    named = isinstance(groups, list) and all(isinstance(name, (str, int, float)) for name in groups)
    if not (groups == [None] or named) or len(set(groups)) != len(groups) or len(groups) != len(states):
        raise ValueError("groups and states do not match")
    if not sum(state.rows for state in states) or len({state.weighted for state in states}) > 1:
        raise ValueError("no rows, or weights of some states only")


def check_state(state: State, task: Task, scale: Scale, *, given: bool, pairs: bool) -> None:
    """Raise ValueError unless all parts of the state are of the same rows."""
    size = len(task)
    kept = [len(state.histograms), len(state.decided), len(state.pairs)]
    some = (0, size) if task.kind == "multiclass" else (0,)
    if kept[0] != (1 if task.kind == "binary" else size) or kept[1] not in some or kept[2] != size * pairs:
        raise ValueError("histograms are missing")
    if any(type(each) is not int or each < 0 for each in (state.rows, state.ignored)):
        raise ValueError("numbers of rows are none")
    _check_sums(state, task, scale)
    tallies = [state.confusion, *([] if state.ranks is None else [state.ranks])]
    for each in _histograms(state):
        _check_keys(each, scale)
        tallies.append(each.tally)
    for tally in tallies:
        _check_tally(tally, weighted=state.weighted)
    counted = [_total(tally) for tally in _whole(state, task)]
    if any(int(each[0]) != state.rows or not np.array_equal(each, counted[0]) for each in counted):
        raise ValueError("rows are missing")
    if not all(np.array_equal(one, two) for one, two in _twice_told(state, task, given=given)):
        raise ValueError("parts are of other rows")


def _histograms(state: State) -> list[Histogram]:
    return [*state.histograms, *([] if state.top is None else [state.top]), *state.decided, *state.pairs]


def _check_sums(state: State, task: Task, scale: Scale) -> None:
    names = sum_names(task, scale, weighted=state.weighted)
    for figure in _LATER if task.kind == "multiclass" else ():
        spare = {name for name in names if name.startswith(figure)}
        if not spare & {*state.sums}:
            names -= spare
    if {*state.sums} != names:
        raise ValueError("sums are missing")
    if any(total < 0 for name, total in state.sums.items() if name not in _SIGNED):
        raise ValueError("a sum is negative")


def _check_keys(histogram: Histogram, scale: Scale) -> None:
    keys, level = histogram.keys, histogram.level
    if type(level) is not int or not 0 <= level < 64 or (keys[1:] <= keys[:-1]).any():
        raise ValueError("bins are out of order")
    ends = np.array([-np.inf, np.inf] if scale == "logits" else [0.0, 1.0])
    lowest, highest = keys_of(ends, scale) >> level
    if len(keys) and not (lowest <= keys[0] and keys[-1] <= highest and histogram.tally.counts.any(axis=1).all()):
        raise ValueError("bins hold no score, or no row")


def _check_tally(tally: Tally, *, weighted: bool) -> None:
    if (tally.weights is not None) != weighted:
        raise ValueError("weights of some parts only")
    if tally.weights is None:
        return
    limbs = tally.weights
    if (limbs < 0).any() or (limbs[..., 1:] >= _LIMB).any() or limbs[tally.counts == 0].any():
        raise ValueError("weights are none")


def _whole(state: State, task: Task) -> Iterable[Tally]:
    """The tallies in which each row is counted once."""
    if task.kind == "multilabel":
        weights = state.confusion.weights
        for place, counts in enumerate(state.confusion.counts):
            yield Tally(counts, None if weights is None else weights[place])
    else:
        yield state.confusion
    for each in (*state.histograms, *([] if state.top is None else [state.top]), *state.pairs):
        yield each.tally
    if state.ranks is not None:
        yield state.ranks


def _total(tally: Tally) -> Ints:
    """The number of rows, and the limbs of their weight."""
    return _by_side(Tally(tally.counts.reshape(-1, 1), _flat(tally)))[0]


def _flat(tally: Tally) -> Ints | None:
    return None if tally.weights is None else tally.weights.reshape(-1, 1, tally.weights.shape[-1])


def _by_side(tally: Tally) -> Ints:
    """Of each place of the last axis the number of rows, and their weight in whole units of 2^-64."""
    counts = tally.counts.reshape(-1, tally.counts.shape[-1]).sum(axis=0).astype(object)
    if tally.weights is None:
        return counts[:, np.newaxis]
    limbs = tally.weights.reshape(-1, *tally.weights.shape[-2:]).sum(axis=0).astype(object)
    return np.stack([counts, (limbs[:, 0] << 64) + (limbs[:, 1] << 32) + limbs[:, 2]], axis=1)


def _twice_told(state: State, task: Task, *, given: bool) -> Iterable[tuple[Ints, Ints]]:
    """Pairs of what two parts say of the same rows: of each true class, and of each class decided for."""
    confusion = state.confusion
    if task.kind == "multilabel":
        for place, each in enumerate(state.histograms):
            weights = None if confusion.weights is None else confusion.weights[place].swapaxes(0, 1)
            yield _by_side(each.tally), _by_side(Tally(confusion.counts[place].T, weights))
        return
    turned = None if confusion.weights is None else confusion.weights.swapaxes(0, 1)
    true, decided = _by_side(Tally(confusion.counts.T, turned)), _by_side(confusion)
    if task.kind == "binary":
        yield _by_side(state.histograms[0].tally), true
        return
    yield np.stack([_by_side(each.tally)[1] for each in state.histograms]), true
    for each in state.pairs:
        yield _by_side(each.tally), true
    if state.decided and not given:
        yield np.stack([_by_side(each.tally).sum(axis=0) for each in state.decided]), decided
