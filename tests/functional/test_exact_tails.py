"""Against 60 digits of mpmath, by formulas of their own, from exactly represented inputs; and beside torch."""

from collections.abc import Callable

import mpmath as mp
import pytest
import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

pytestmark = pytest.mark.usefixtures("each_kernel")

mp.mp.dps = 60

LEADS = [-90.0, -40.0, -10.0, -1.0, 0.0, 0.5, 2.0, 5.0, 10.0, 15.0, 17.0, 25.0, 40.0, 60.0, 80.0]
OFFSETS = [0.0, 100.0, 1e4, 1e6]
EPSILONS = 4.0

Loss = Callable[..., Tensor]


def relative_error(value: Tensor, exact: mp.mpf) -> float:
    """Relative to the exact value; below the normal numbers, where a type has fewer digits, to the least of those."""
    least = mp.mpf(torch.finfo(value.dtype).tiny)
    return float(abs(mp.mpf(value.item()) - exact) / max(abs(exact), least))


def row_led_by(lead: float, classes: int, offset: float, dtype: torch.dtype) -> tuple[Tensor, int]:
    label = classes // 2
    generator = torch.Generator().manual_seed(classes)
    row = torch.randn(classes, generator=generator, dtype=torch.float64)
    row[label] = row[torch.arange(classes) != label].max() + lead
    return (row + offset).to(dtype), label


def exact_softmax(row: Tensor, label: int) -> tuple[mp.mpf, list[mp.mpf]]:
    """The loss as the logarithm of a ratio of sums, and the gradient as ratios of sums: no softplus, no shift."""
    terms = [mp.exp(mp.mpf(x)) for x in row.tolist()]
    others = mp.fsum(term for c, term in enumerate(terms) if c != label)
    total = others + terms[label]
    gradient = [-others / total if c == label else term / total for c, term in enumerate(terms)]
    return mp.log(total / terms[label]) if others > total / 10**20 else others / terms[label], gradient


def loss_and_gradient(loss: Loss, row: Tensor, target: Tensor, **options: object) -> tuple[Tensor, Tensor]:
    row = row.clone().requires_grad_()
    value = loss(row.unsqueeze(0), target.unsqueeze(0), reduction="none", **options)
    return value.detach(), torch.autograd.grad(value.sum(), row)[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_loss_and_gradients_of_cross_entropy_are_exact_at_every_lead_and_offset(
    dtype: torch.dtype, classes: int
) -> None:
    epsilon = torch.finfo(dtype).eps
    for offset in OFFSETS:
        for lead in LEADS if classes < 1000 else LEADS[::4]:
            row, label = row_led_by(lead, classes, offset, dtype)
            exact, exact_gradient = exact_softmax(row, label)
            loss, gradient = loss_and_gradient(F.cross_entropy, row, torch.tensor(label))
            assert relative_error(loss, exact) <= EPSILONS * epsilon, (offset, lead)
            assert relative_error(gradient[label], exact_gradient[label]) <= EPSILONS * epsilon, (offset, lead)
            best = max(x for c, x in enumerate(row.tolist()) if c != label)
            for c in {0, classes - 1} - {label}:
                bound = (EPSILONS + (best - row[c].item()) / 2) * epsilon
                assert relative_error(gradient[c], exact_gradient[c]) <= bound, (offset, lead, c)


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("classes", [2, 10])
def test_cross_entropy_is_never_further_from_the_truth_than_torch(classes: int, offset: float) -> None:
    rounding = 2 * torch.finfo(torch.float32).eps  # the noise within which two right answers differ
    for lead in LEADS:
        row, label = row_led_by(lead, classes, offset, torch.float32)
        exact, exact_gradient = exact_softmax(row, label)
        ours, our_gradient = loss_and_gradient(F.cross_entropy, row, torch.tensor(label))
        torchs, torch_gradient = loss_and_gradient(torch_losses.cross_entropy, row, torch.tensor(label))
        assert relative_error(ours, exact) <= relative_error(torchs, exact) + rounding
        for c, truth in enumerate(exact_gradient):
            assert relative_error(our_gradient[c], truth) <= relative_error(torch_gradient[c], truth) + rounding


def test_torch_itself_loses_the_confident_row_that_crossent_keeps() -> None:
    row = torch.tensor([0.0, 17.5])
    lost, _ = loss_and_gradient(torch_losses.cross_entropy, row, torch.tensor(1))
    kept, gradient = loss_and_gradient(F.cross_entropy, row, torch.tensor(1))
    assert lost.item() == 0.0
    assert kept.item() == pytest.approx(2.5109990926e-08, rel=1e-6)
    assert gradient.tolist() == pytest.approx([2.5109990296e-08, -2.5109990296e-08], rel=1e-6)


@pytest.mark.parametrize("lead", [-90.0, 0.0, 5.0, 17.0, 80.0])
@pytest.mark.parametrize("target", [[0.0, 1.0, 0.0], [0.05, 0.9, 0.05], [0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])
def test_cross_entropy_with_class_probabilities_is_exact(target: list[float], lead: float) -> None:
    row, _ = row_led_by(lead, 3, 0.0, torch.float32)
    terms = [mp.exp(mp.mpf(x)) for x in row.tolist()]
    given = torch.tensor(target)
    exact = mp.fsum(mp.mpf(y) * mp.log(mp.fsum(terms) / term) for y, term in zip(given.tolist(), terms, strict=True))
    loss, _ = loss_and_gradient(F.cross_entropy, row, given)
    assert relative_error(loss, exact) <= EPSILONS * torch.finfo(torch.float32).eps


@pytest.mark.parametrize("lead", [-20.0, 0.0, 5.0, 17.0, 40.0])
def test_smoothed_and_weighted_cross_entropy_is_exact(lead: float) -> None:
    row, label = row_led_by(lead, 4, 0.0, torch.float32)
    weight, smoothing = torch.tensor([0.5, 2.0, 1.0, 0.25]), 0.125
    total = mp.fsum(mp.exp(mp.mpf(x)) for x in row.tolist())
    costs = [w * mp.log(total / mp.exp(mp.mpf(x))) for w, x in zip(weight.tolist(), row.tolist(), strict=True)]
    exact = (1 - smoothing) * costs[label] + smoothing / 4 * mp.fsum(costs)
    options = {"weight": weight, "label_smoothing": smoothing}
    loss, _ = loss_and_gradient(F.cross_entropy, row, torch.tensor(label), **options)
    assert relative_error(loss, exact) <= EPSILONS * torch.finfo(torch.float32).eps


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("positive_weight", [1.0, 1e-8, 1e4])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_binary_cross_entropy_with_logits_is_exact_on_both_sides(
    y: float, positive_weight: float, dtype: torch.dtype
) -> None:
    weight = torch.tensor(positive_weight, dtype=dtype)
    factor = mp.mpf(weight.item()) if y else mp.mpf(1)
    for logit in [-85.0, -40.0, -17.0, -10.0, -3.0, 0.0, 0.5, 10.0, 17.0, 25.0, 40.0, 85.0]:
        x = torch.tensor(logit, dtype=dtype, requires_grad=True)
        loss = F.binary_cross_entropy_with_logits(x, torch.tensor(y, dtype=dtype), pos_weight=weight)
        (gradient,) = torch.autograd.grad(loss, x)
        odds = mp.exp(mp.mpf(-logit if y else logit))
        bound = EPSILONS * torch.finfo(dtype).eps
        assert relative_error(loss.detach(), factor * mp.log1p(odds)) <= bound, logit
        assert relative_error(gradient, (-factor if y else factor) * odds / (1 + odds)) <= bound, logit


def test_the_curvature_of_a_confident_row_is_kept_too() -> None:
    def of_softmax(x: Tensor) -> Tensor:
        return F.cross_entropy(torch.stack([torch.zeros(()), x]), torch.tensor(1))

    def of_sigmoid(x: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(x, torch.ones(()))

    for loss in (of_softmax, of_sigmoid):
        curvature = torch.func.grad(torch.func.grad(loss))(torch.tensor(20.0))
        assert curvature.item() == pytest.approx(2.0611536e-09, rel=1e-6)  # p (1 - p)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sixteen_bit_losses_are_rounded_once_from_float32(dtype: torch.dtype) -> None:
    for lead in [0.0, 4.0, 5.0, 8.0, 9.0]:
        row, label = row_led_by(lead, 3, 0.0, dtype)
        exact, exact_gradient = exact_softmax(row, label)
        loss, gradient = loss_and_gradient(F.cross_entropy, row, torch.tensor(label))
        assert loss.dtype == gradient.dtype == dtype
        assert relative_error(loss, exact) <= 0.51 * torch.finfo(dtype).eps
        assert relative_error(gradient[label], exact_gradient[label]) <= 0.51 * torch.finfo(dtype).eps


def test_a_float16_mean_over_many_rows_neither_overflows_nor_vanishes() -> None:
    logits = torch.zeros(70_000, 2, dtype=torch.float16, requires_grad=True)
    loss = F.cross_entropy(logits, torch.zeros(70_000, dtype=torch.int64))
    assert loss.item() == pytest.approx(0.6931, abs=4e-4)
    smoothed = F.cross_entropy(torch.zeros(4, 5000, dtype=torch.float16), torch.zeros(4).long(), label_smoothing=0.1)
    assert smoothed.item() == pytest.approx(8.517, abs=4e-3)


@pytest.mark.parametrize("p", [1e-44, 1e-38, 1e-30, 1e-13, 1e-3, 0.5, 0.99999994])
def test_binary_cross_entropy_of_probabilities_and_its_slope_are_exact(p: float) -> None:
    for y in (0.0, 1.0):
        x = torch.tensor(p, requires_grad=True)
        loss = F.binary_cross_entropy(x, torch.tensor(y))
        (slope,) = torch.autograd.grad(loss, x)
        given = mp.mpf(x.item())
        bound = EPSILONS * torch.finfo(torch.float32).eps
        exact = min(-mp.log(given) if y else -mp.log1p(-given), mp.mpf(100))
        exact_slope = -1 / max(given, mp.mpf(torch.finfo(torch.float32).tiny)) if y else 1 / (1 - given)
        assert relative_error(loss.detach(), exact) <= bound
        assert relative_error(slope, exact_slope) <= bound


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_focal_loss_is_exact_and_its_gradient_too(gamma: float) -> None:
    for lead in [-60.0, -5.0, 0.0, 3.0, 10.0, 16.0]:
        row, label = row_led_by(lead, 3, 0.0, torch.float32)
        _, softmax_gradient = exact_softmax(row, label)
        loss, gradient = loss_and_gradient(F.focal_loss, row, torch.tensor(label), gamma=gamma)
        wrong = -softmax_gradient[label]
        right = 1 - wrong
        exact = wrong**gamma * -mp.log(right)
        slope = -(wrong**gamma) * (wrong - gamma * right * mp.log(right))
        bound = (EPSILONS + 2 * gamma * max(lead, 1.0)) * torch.finfo(torch.float32).eps
        assert relative_error(loss, exact) <= bound
        assert relative_error(gradient[label], slope) <= bound
