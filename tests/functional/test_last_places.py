"""Errors in units of the last place of float32, against float64; and that the tests would see one.

The truth is softplus of the log odds against the label, a formula of its own, from the very numbers that float32 holds.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

pytestmark = pytest.mark.usefixtures("each_kernel")

LEADS = [-80.0, -30.0, -5.0, -0.5, 0.0, 0.5, 2.0, 5.0, 10.0, 15.0, 17.0, 25.0, 40.0, 60.0, 80.0]
OFFSETS = [0.0, 100.0, 1e4, 1e6]
EPSILON = torch.finfo(torch.float32).eps

Loss = Callable[..., Tensor]


def led_by(leads: list[float], offset: float, classes: int) -> tuple[Tensor, Tensor]:
    """One row a lead, the label's logit that far ahead of the best other."""
    generator = torch.Generator().manual_seed(classes)
    x = torch.randn(len(leads), classes, generator=generator, dtype=torch.float64)
    label = torch.randint(0, classes, (len(leads),), generator=generator)
    best = x.scatter(1, label.unsqueeze(1), -torch.inf).amax(1) + torch.tensor(leads, dtype=torch.float64)
    return (x.scatter(1, label.unsqueeze(1), best.unsqueeze(1)) + offset).float(), label


def truth(x: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    others = x.double().scatter(1, label.unsqueeze(1), -torch.inf)
    z = others.logsumexp(1) - x.double().gather(1, label.unsqueeze(1)).squeeze(1)
    wrong = z.sigmoid().unsqueeze(1)
    return torch.logaddexp(z, torch.zeros_like(z)), (wrong * others.softmax(1)).scatter(1, label.unsqueeze(1), -wrong)


def ulps(value: Tensor, exact: Tensor) -> Tensor:
    """How many float32 numbers apart; below the normal ones, in steps of the least of those."""
    step = 2.0 ** (exact.abs().clamp(min=torch.finfo(torch.float32).tiny).log2().floor() - 23)
    return (value.double() - exact).abs() / step


def loss_and_gradient(loss: Loss, x: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    given = x.clone().requires_grad_()
    rows = loss(given, label, reduction="none")
    return rows.detach(), torch.autograd.grad(rows.sum(), given)[0]


def assert_exact(loss: Loss, x: Tensor, label: Tensor) -> None:
    """The loss within 4 ulp, the label's gradient within 8; the others' too, and a half for each unit of distance."""
    rows, gradient = loss_and_gradient(loss, x, label)
    exact, exact_gradient = truth(x, label)
    assert ulps(rows, exact).max() <= 4
    best = x.scatter(1, label.unsqueeze(1), -torch.inf).amax(1, keepdim=True)
    allowed = 8 + (best - x).clamp(min=0)  # an epsilon is up to two ulp: half of one an epsilon
    assert (ulps(gradient, exact_gradient) <= allowed.scatter(1, label.unsqueeze(1), 8.0)).all()


@pytest.mark.parametrize("classes", [2, 3, 10, 64, 65, 1000])
def test_every_row_is_right_to_the_last_places(classes: int) -> None:
    for offset in OFFSETS:
        x, label = led_by(LEADS * 8, offset, classes)
        assert_exact(F.cross_entropy, x, label)


def test_a_row_of_a_language_models_classes_is_right_to_the_last_places() -> None:
    for offset in (0.0, 1e4):
        assert_exact(F.cross_entropy, *led_by([-80.0, 0.0, 5.0, 17.0, 70.0], offset, 128_256))


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_the_worst_of_many_rows_is_never_further_from_the_truth_than_torchs(classes: int) -> None:
    """Of rows with one lead: a single one of torch's may be exact by chance. 2 ulp are an epsilon, just below 1."""
    for lead in LEADS:
        x, label = led_by([lead] * 64, 0.0, classes)
        exact, exact_gradient = truth(x, label)
        ours, torchs = (loss_and_gradient(losses.cross_entropy, x, label) for losses in (F, torch_losses))
        assert ulps(ours[0], exact).max() <= ulps(torchs[0], exact).max() + 2, lead
        assert ulps(ours[1], exact_gradient).max() <= ulps(torchs[1], exact_gradient).max() + 2, lead


@pytest.mark.parametrize("size", [1e-3, 16 * EPSILON], ids=["a thousandth", "16 ulp"])
def test_a_loss_or_a_gradient_that_is_a_little_wrong_is_seen(size: float) -> None:
    def wrong_loss(x: Tensor, label: Tensor, *, reduction: str) -> Tensor:
        loss = F.cross_entropy(x, label, reduction=reduction)
        return loss + size * loss.detach()

    def wrong_gradient(x: Tensor, label: Tensor, *, reduction: str) -> Tensor:
        loss = F.cross_entropy(x, label, reduction=reduction)
        return loss + size * (loss - loss.detach())

    x, label = led_by(LEADS, 0.0, 10)
    assert_exact(F.cross_entropy, x, label)
    for mutant in (wrong_loss, wrong_gradient, torch_losses.cross_entropy):
        with pytest.raises(AssertionError):
            assert_exact(mutant, x, label)


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_yes_or_no_is_right_to_the_last_places_and_a_thousandth_more_is_seen(y: float) -> None:
    x = torch.arange(-87, 87.25, 0.25)
    exact = torch.logaddexp(x.double() * (1 - 2 * y), torch.zeros(len(x), dtype=torch.float64))
    exact_slope = (x.double() * (1 - 2 * y)).sigmoid() * (1 - 2 * y)
    given = x.clone().requires_grad_()
    loss = F.binary_cross_entropy_with_logits(given, torch.full_like(x, y), reduction="none")
    (slope,) = torch.autograd.grad(loss.sum(), given)
    assert ulps(loss.detach(), exact).max() <= 4
    assert ulps(slope, exact_slope).max() <= 4
    assert ulps(loss.detach() * 1.001, exact).min() > 4
    assert ulps(slope * 1.001, exact_slope).min() > 4


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_shifting_a_row_by_what_its_numbers_can_hold_changes_no_bit(classes: int) -> None:
    x, label = led_by(LEADS, 0.0, classes)
    x = (x * 1024).round() / 1024
    given = loss_and_gradient(F.cross_entropy, x, label)
    shifted = loss_and_gradient(F.cross_entropy, x + 1024, label)
    assert torch.equal(given[0], shifted[0])
    assert torch.equal(given[1], shifted[1])


def test_two_classes_are_one_sigmoid_in_the_tails_too() -> None:
    x, label = led_by(LEADS, 0.0, 2)
    x = (x * 1024).round() / 1024  # so that their difference is a float32 number
    of_two, _ = loss_and_gradient(F.cross_entropy, x, label)
    of_one = F.binary_cross_entropy_with_logits(x[:, 1] - x[:, 0], label.float(), reduction="none")
    assert ulps(of_one, of_two.double()).max() <= 4


def test_one_hot_targets_and_any_order_of_the_classes_give_the_same_tails() -> None:
    x, label = led_by(LEADS, 100.0, 10)
    by_index = loss_and_gradient(F.cross_entropy, x, label)
    onehot = torch.nn.functional.one_hot(label, 10).float()
    rows, gradient = loss_and_gradient(F.cross_entropy, x, onehot)
    assert ulps(rows, by_index[0].double()).max() <= 4
    leads = torch.tensor(LEADS) > 0  # elsewhere the leader's slope is a difference
    assert ulps(gradient, by_index[1].double())[leads].max() <= 8
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0))
    rows, gradient = loss_and_gradient(F.cross_entropy, x[:, order], order.argsort()[label])
    assert ulps(rows, by_index[0].double()).max() <= 4
    assert ulps(gradient, by_index[1][:, order].double()).max() <= 8
