"""The parts of the state: exact sums, scores in order, histograms; each against its definition."""

from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent import Evaluation, InputError, Task
from crossent.evaluation.state._elementary import exp, log, log1p
from crossent.evaluation.state._exact import amounts, as_float, carried, check_weights, exact_sum, limbs, mean
from crossent.evaluation.state._histogram import _SAMPLE, Histogram, histogram, merged
from crossent.evaluation.state._order import keys_of, scores_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def same(one: Histogram, two: Histogram) -> bool:
    weights = (one.tally.weights, two.tally.weights)
    return (
        one.level == two.level
        and np.array_equal(one.keys, two.keys)
        and np.array_equal(one.tally.counts, two.tally.counts)
        and (weights[0] is None) == (weights[1] is None)
        and (weights[0] is None or weights[1] is None or np.array_equal(weights[0], weights[1]))
    )


@settings(deadline=None)
@given(st.lists(FINITE, max_size=30))
def test_a_sum_is_the_sum_of_the_fractions(values: list[float]) -> None:
    """Subnormals beside 1e308, and what cancels."""
    exact = sum(map(Fraction, values), Fraction(0))
    assert Fraction(exact_sum(np.array(values, dtype=np.float64)), 2**1074) == exact


def test_a_sum_is_rounded_once() -> None:
    tenths = np.full(10, 0.1)
    assert as_float(exact_sum(tenths)) == float(10 * Fraction(0.1)) == 1.0
    assert mean(exact_sum(np.array([1e308, 1e308])), 2) == 1e308
    assert as_float(exact_sum(np.array([1e308, 1e308]))) == np.inf
    assert as_float(exact_sum(np.array([-1e308, -1e308]))) == -np.inf


@settings(deadline=None)
@given(st.lists(st.floats(0, 2**30), min_size=1, max_size=20))
def test_weights_are_kept_to_2_to_the_minus_64(weights: list[float]) -> None:
    cells = limbs(np.array(weights))
    for weight, (ones, middle, last) in zip(weights, cells.tolist(), strict=True):
        kept = Fraction(ones) + Fraction(middle, 2**32) + Fraction(last, 2**64)
        assert abs(kept - Fraction(weight)) <= Fraction(1, 2**65)
        assert weight < 2**-12 or kept == Fraction(weight)
    total = carried(cells.sum(axis=0))
    assert amounts(total) == pytest.approx(sum(weights), rel=1e-14, abs=1e-18)
    assert (total[1:] < 2**32).all()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -1.0], r"^weights must be from 0 to 2\^31; got -1 at row 1: divide all"),
        ([float("nan"), 1.0], "got nan at row 0"),
        ([1.0, 1e10], r"got 1e\+10 at row 1"),
        ([1.0], r"^weights must have shape \(2,\), one a row; got \(1,\)$"),
    ],
)
def test_what_is_no_weight_is_refused(weights: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_weights(np.array(weights), 2)


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=30))
def test_logits_keep_their_order_and_come_back(values: list[float]) -> None:
    scores = np.sort(np.array(values))
    keys = keys_of(scores, "logits")
    assert np.array_equal(scores_of(keys, "logits"), scores)
    for (low, high), (a, b) in zip(pairwise(scores), pairwise(keys), strict=True):
        assert (a < b) if low < high else (a == b)  # -0.0 and 0.0 are equal scores


@settings(deadline=None)
@given(st.lists(st.floats(0, 1) | st.floats(0, 1).map(lambda p: 1 - p * 1e-12), min_size=2, max_size=30))
def test_probabilities_keep_their_order_and_come_back(values: list[float]) -> None:
    scores = np.sort(np.array(values))
    keys = keys_of(scores, "probabilities")
    assert np.array_equal(scores_of(keys, "probabilities"), scores)
    for (low, high), (a, b) in zip(pairwise(scores), pairwise(keys), strict=True):
        assert (a < b) if low < high else (a == b)


def some_scores(kind: str, rows: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    scores = {
        "normal": draw.normal(size=rows),
        "ties": np.round(draw.normal(size=rows), 1),
        "equal": np.full(rows, 3.25),
        "subnormal": draw.integers(-99, 99, rows) * 5e-324,
        "infinite": draw.choice([-np.inf, -1.0, 0.0, 1e-300, 1.0, np.inf], rows),
        "offset": 1e6 + draw.normal(size=rows),
        "heavy tails": draw.normal(size=rows) * 10.0 ** draw.uniform(-300, 300, rows),
    }
    return scores[kind]


KINDS = ["normal", "ties", "equal", "subnormal", "infinite", "offset", "heavy tails"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 99), st.sampled_from([16, 60, None]), st.booleans(), st.data())
def test_histograms_merge_to_the_same_bits_in_any_order_and_any_grouping(
    kind: str, seed: int, limit: int | None, weighted: bool, data: st.DataObject
) -> None:
    rows = 200
    keys = keys_of(some_scores(kind, rows, seed), "logits")
    draw = np.random.default_rng(seed)
    of_class = (draw.random(rows) < 0.3).astype(np.int64)
    weights = limbs(draw.exponential(size=rows)) if weighted else None
    whole = histogram(keys, of_class, 2, weights, limit)
    order = draw.permutation(rows)
    cuts = sorted(data.draw(st.lists(st.integers(0, rows), max_size=6)))
    parts = [
        histogram(keys[at], of_class[at], 2, None if weights is None else weights[at], limit)
        for at in np.split(order, cuts)
    ]
    while len(parts) > 1:
        one, two = data.draw(st.sampled_from(list(pairwise(range(len(parts))))))
        pair = merged([parts[two], parts[one]], limit)
        parts = [*parts[:one], pair, *parts[two + 1 :]]
    assert same(parts[0], whole)
    assert limit is None or len(whole) <= limit
    assert whole.tally.counts.sum() == rows


@pytest.mark.parametrize("kind", KINDS)
def test_the_level_is_the_least_that_keeps_the_limit(kind: str) -> None:
    keys = keys_of(some_scores(kind, 500, 1), "logits")
    found = histogram(keys, np.zeros(500, dtype=np.int64), 2, None, 40)
    assert len(np.unique(keys >> found.level)) == len(found) <= 40
    assert found.level == 0 or len(np.unique(keys >> (found.level - 1))) > 40


@pytest.mark.parametrize("kind", KINDS)
def test_a_bin_says_which_scores_it_can_hold(kind: str) -> None:
    scores = some_scores(kind, 500, 2)
    keys = keys_of(scores, "logits")
    found = histogram(keys, np.zeros(500, dtype=np.int64), 2, None, 40)
    place = np.searchsorted(found.keys, keys >> found.level)
    assert (found.lowest("logits")[place] <= scores).all()
    assert (found.highest("logits")[place] >= scores).all()
    assert (found.lowest("logits")[1:] > found.highest("logits")[:-1]).all()


@pytest.mark.parametrize("kind", ["normal", "ties", "heavy tails"])
@pytest.mark.parametrize("limit", [64, 1 << 16])
def test_many_rows_are_counted_as_few_are(kind: str, limit: int) -> None:
    """Above a size the level is guessed from the first rows, and the rest counted without a sort."""
    rows = 2 * _SAMPLE + 5
    keys = keys_of(some_scores(kind, rows, 3), "logits")
    of_class = np.random.default_rng(3).integers(0, 2, rows)
    half = rows // 2
    parts = [histogram(keys[at], of_class[at], 2, None, limit) for at in (slice(half), slice(half, None))]
    assert same(histogram(keys, of_class, 2, None, limit), merged(parts, limit))


def ulps(found: np.ndarray, function: str, arguments: np.ndarray) -> float:
    """The largest error, in units of the last place of the true value."""
    with mpmath.workdps(40):
        exact = [getattr(mpmath, function)(mpmath.mpf(x)) for x in arguments.tolist()]
        gaps = [abs(mpmath.mpf(y) - z) / np.spacing(abs(float(z))) for y, z in zip(found.tolist(), exact, strict=True)]
    return float(max(gaps))


def test_the_elementary_functions_are_right_to_the_last_digits() -> None:
    draw = np.random.default_rng(0)
    below = -np.concatenate([draw.exponential(5, 500), draw.uniform(0, 708, 500), 10.0 ** draw.uniform(-30, 0, 200)])
    assert ulps(exp(below), "exp", below) <= 2
    above = np.concatenate([10.0 ** draw.uniform(-307, 307, 500), 1 + draw.normal(size=300) * 1e-3, draw.random(300)])
    assert ulps(log(above), "log", above) <= 4
    ratios = np.concatenate([draw.random(500), 10.0 ** draw.uniform(-300, 0, 300)])
    assert ulps(log1p(ratios), "log1p", ratios) <= 4


def test_exp_ends_in_0_and_begins_with_1() -> None:
    assert exp(np.array([0.0, -0.0, -746.0, -1e308, -np.inf])).tolist() == [1, 1, 0, 0, 0]
    assert exp(np.array([-744.0])) == pytest.approx(1e-323, abs=5e-324)


def test_a_loss_beyond_what_a_weight_leaves_room_for_stays_a_number() -> None:
    made = Evaluation.empty(Task.binary(["no", "yes"])).update(
        torch.tensor([0, 1]), logits=torch.tensor([1e308, 1e308], dtype=torch.float64), weights=[2.0**31 - 1, 1.0]
    )
    assert np.isfinite(made.compute().log_loss)
