"""The blend: weights of the greatest likelihood, on the true prior, and never surer than its rows allow."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import Tensor

from crossent.data import Features, Split, stratified_folds
from crossent.members import (
    Blend,
    ClassShares,
    Part,
    Pool,
    cross_fit_shares,
    fit_pool,
    held_out_mean,
    on_true_prior,
    pool_weights,
)
from crossent.training import Examples


def features(rows: int) -> Features:
    return Features(torch.zeros(rows, 1), torch.zeros(rows, 0, dtype=torch.int32))


def members(rows: int, *noises: float, classes: int = 3, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Log probabilities of members that know the truth but for their own noise, and labels drawn by the truth."""
    generator = torch.Generator().manual_seed(seed)
    truth = 2 * torch.randn(rows, classes, generator=generator, dtype=torch.float64)
    labels = truth.softmax(1).multinomial(1, generator=generator).squeeze(1)
    made = [truth + noise * torch.randn(truth.shape, generator=generator, dtype=torch.float64) for noise in noises]
    shares = torch.full_like(truth, 1 / classes).log()
    return torch.stack([*(each.log_softmax(1) for each in made), shares]), labels


def test_the_weights_are_those_of_the_greatest_likelihood() -> None:
    held_out, labels = members(4000, 1.0, 1.2, 2.0)
    weights = pool_weights(held_out, labels)
    likely = held_out.gather(2, labels.view(1, -1, 1).expand(4, -1, 1)).squeeze(2).exp().numpy()

    def loss(free: np.ndarray) -> float:
        shares = np.exp(free - free.max())
        return -float(np.log(shares @ likely / shares.sum()).mean())

    best = minimize(loss, np.zeros(4), method="BFGS").x
    expected = np.exp(best - best.max())
    np.testing.assert_allclose(weights, expected / expected.sum(), atol=0.03)


def test_a_member_that_knows_nothing_is_left_out() -> None:
    held_out, labels = members(2000, 0.0, 6.0)
    weights = pool_weights(held_out, labels)
    assert weights[1:].tolist() == [0, 0]
    assert float(weights.sum()) == pytest.approx(1)


def test_of_two_equal_members_each_has_half() -> None:
    held_out, labels = members(500, 0.5)
    weights = pool_weights(held_out[[0, 0, 1]], labels)
    assert float(weights[0]) == pytest.approx(float(weights[1]))


def test_rows_without_weight_have_no_say() -> None:
    held_out, labels = members(600, 0.3, 3.0)
    swapped = torch.cat([held_out[:, :300], held_out[[1, 0, 2], 300:]], dim=1)
    first = torch.cat([torch.ones(300), torch.zeros(300)])
    assert pool_weights(swapped, labels, first)[0] > 0.8
    assert pool_weights(swapped, labels, 1 - first)[1] > 0.8


def test_a_table_with_a_rhythm_in_its_rows_gets_the_weights_that_it_would_get_shuffled() -> None:
    labels = torch.arange(60_000) % 2
    draw = torch.Generator().manual_seed(0)
    knows = torch.where(torch.rand(60_000, generator=draw) < 0.9, labels, 1 - labels)
    named = torch.where(torch.arange(2) == knows[:, None], 0.9, 0.1).double().log()
    always_first = torch.tensor([0.99, 0.01], dtype=torch.float64).log().expand(60_000, 2)
    held_out = torch.stack([named, always_first])
    pool = fit_pool(held_out, labels)
    assert pool.weights[0] > 0.97
    assert pool.slope == pytest.approx(1, abs=0.05)
    shuffled = torch.randperm(60_000, generator=draw)
    again = fit_pool(held_out[:, shuffled], labels[shuffled])
    torch.testing.assert_close(pool.weights, again.weights, atol=0.02, rtol=0)


def test_where_members_differ_their_mean_is_made_surer_as_the_labels_ask() -> None:
    """Each knows its half of what decides, and is calibrated; so the truth is surer than both."""
    draw = torch.Generator().manual_seed(0)
    known = torch.randn(2, 20_000, generator=draw, dtype=torch.float64)
    odds = 1.5 * known.sum(0)
    labels = (torch.rand(20_000, generator=draw) < odds.sigmoid()).long()
    of_other = 1.5 * torch.randn(400, generator=draw, dtype=torch.float64)
    alone = torch.stack([(1.5 * each[:, None] + of_other).sigmoid().mean(1) for each in known])
    held_out = torch.stack([(1 - alone).log(), alone.log()], dim=2)
    pool = fit_pool(held_out, labels)
    mean = Pool(pool.weights)(held_out)

    def loss(made: Tensor) -> float:
        return -float(made.gather(1, labels[:, None]).mean())

    assert pool.slope > 1.5
    assert loss(pool(held_out)) < 0.98 * loss(mean)

    def at(slope: np.ndarray) -> float:
        return loss((float(slope[0]) * mean).log_softmax(1))

    best = minimize(at, [1.0], method="Nelder-Mead").x[0]
    assert pool.slope == pytest.approx(best, rel=0.01)


def test_few_rows_that_are_all_predicted_right_make_the_mean_hardly_surer() -> None:
    labels = torch.arange(120) % 2
    right = torch.where(torch.arange(2) == labels[:, None], 0.95, 0.05).double().log()
    assert 1 < fit_pool(right[None], labels).slope < 1.7
    assert fit_pool(right[None].repeat(1, 100, 1), labels.repeat(100)).slope > 2


def test_no_probability_comes_nearer_to_1_than_the_number_of_right_rows_allows() -> None:
    labels = torch.arange(200) % 2
    sure = torch.where(torch.arange(2) == labels[:, None], 0.0, -60.0).double()
    pool = fit_pool(sure[None], labels)
    made = pool(sure[None]).exp()
    torch.testing.assert_close(made.sum(1), torch.ones(200, dtype=torch.float64))
    assert float(1 - made.max()) == pytest.approx(0.5 / 201, rel=1e-3)


def test_without_rows_to_choose_by_all_members_count_the_same() -> None:
    pool = fit_pool(torch.empty(3, 0, 2, dtype=torch.float64), torch.empty(0, dtype=torch.int64))
    assert pool.weights.tolist() == pytest.approx([1 / 3] * 3)
    assert (pool.slope, pool.least) == (1.0, None)


def test_the_bias_of_class_weights_is_undone_exactly() -> None:
    true = torch.tensor([[0.9, 0.1], [0.4, 0.6]], dtype=torch.float64)
    biased = true * torch.tensor([1.0, 9.0])
    biased /= biased.sum(1, keepdim=True)
    torch.testing.assert_close(on_true_prior(biased.log(), [1.0, 9.0]).exp(), true)
    torch.testing.assert_close(on_true_prior(biased.log(), [5.0, 45.0]).exp(), true)
    assert on_true_prior(true.log(), None).exp().equal(true.log().exp())


def test_a_blend_is_the_mean_of_its_members_probabilities() -> None:
    parts = (Part("a", 0.75, 0.1, ClassShares((0.2, 0.8))), Part("b", 0.25, 0.2, ClassShares((0.6, 0.4))))
    blend = Blend((*parts, Part("c", 0.0, 0.3, None)))
    torch.testing.assert_close(
        blend.log_probabilities(features(2)).exp(), torch.tensor([[0.3, 0.7]] * 2, dtype=torch.float64)
    )
    surer = replace(blend, slope=2.0, least=(0.01, 0.03)).log_probabilities(features(1)).exp()
    assert surer[0].tolist() == pytest.approx([0.96 * 0.09 / 0.58 + 0.01, 0.96 * 0.49 / 0.58 + 0.03])
    weighed = replace(blend, class_weight=(1.0, 4.0)).log_probabilities(features(1)).exp()
    assert float(weighed.sum()) == pytest.approx(1)
    assert float(weighed[0, 1]) < 0.7


def test_held_out_probabilities_are_the_mean_over_the_deals_and_missing_where_a_row_is_never_held_out() -> None:
    splits = [Split(torch.tensor([0, 1]), torch.tensor([2])), Split(torch.tensor([0, 2]), torch.tensor([1, 2]))]
    said = [torch.tensor([[0.2, 0.8]]).log(), torch.tensor([[0.5, 0.5], [0.6, 0.4]]).log()]
    made = held_out_mean(said, splits, 3).exp()
    assert made[0].isnan().all()
    torch.testing.assert_close(made[1:], torch.tensor([[0.5, 0.5], [0.4, 0.6]], dtype=torch.float64))


def test_class_shares_are_counted_with_weights_and_without_the_rows_they_judge() -> None:
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    rows = Examples(features(6), labels, torch.tensor([1.0, 1, 1, 2, 2, 0]))
    assert ClassShares.fit(rows, 3).shares == pytest.approx((4 / 10, 5 / 10, 1 / 10))
    splits = stratified_folds(labels, 3, generator=torch.Generator().manual_seed(0))
    fitted = cross_fit_shares(rows, splits, 3)
    for split in splits:
        own = ClassShares.fit(rows[split.training], 3).shares
        assert fitted.held_out[split.validation[0]].exp().tolist() == pytest.approx(own)
    assert math.isclose(sum(ClassShares.load(fitted.member.save()).shares), 1)
