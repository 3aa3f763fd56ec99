"""Focal loss: cross entropy at gamma 0, the paper's formula elsewhere, and finite everywhere."""

import pytest
import torch
from torch import Tensor

from crossent import functional as F

LABELS = torch.tensor([0, 2, 1, 2])
WEIGHT = torch.tensor([0.25, 1.0, 2.0], dtype=torch.float64)


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_without_focus_it_is_cross_entropy_to_the_last_bit(logits: Tensor) -> None:
    for reduction in ("none", "mean", "sum"):
        focal = F.focal_loss(logits, LABELS, WEIGHT, gamma=0.0, reduction=reduction)
        assert torch.equal(focal, F.cross_entropy(logits, LABELS, WEIGHT, reduction=reduction))
    yes = (logits > 0).double()
    focal = F.sigmoid_focal_loss(logits, yes, alpha=None, gamma=0.0)
    assert torch.equal(focal, F.binary_cross_entropy_with_logits(logits, yes, reduction="none"))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_it_is_the_formula_of_the_paper(logits: Tensor, gamma: float) -> None:
    p = logits.softmax(1).gather(1, LABELS.unsqueeze(1)).squeeze(1)
    rows = F.focal_loss(logits, LABELS, gamma=gamma, reduction="none")
    torch.testing.assert_close(rows, (1 - p) ** gamma * -p.log())
    yes = logits.sigmoid()
    of_yes = F.sigmoid_focal_loss(logits, torch.ones_like(logits), alpha=0.25, gamma=gamma)
    torch.testing.assert_close(of_yes, 0.25 * (1 - yes) ** gamma * -yes.log())
    of_no = F.sigmoid_focal_loss(logits, torch.zeros_like(logits), alpha=0.25, gamma=gamma)
    torch.testing.assert_close(of_no, 0.75 * yes**gamma * -(1 - yes).log())


def test_two_classes_of_softmax_are_one_sigmoid(logits: Tensor) -> None:
    two, labels = logits[:, :2], torch.tensor([0, 1, 1, 0])
    sigmoid = F.sigmoid_focal_loss(two[:, 1] - two[:, 0], labels, alpha=None, gamma=1.5)
    torch.testing.assert_close(F.focal_loss(two, labels, gamma=1.5, reduction="none"), sigmoid)


def test_alpha_minus_one_is_torchvisions_word_for_none(logits: Tensor) -> None:
    yes = (logits > 0).double()
    assert torch.equal(F.sigmoid_focal_loss(logits, yes, alpha=-1), F.sigmoid_focal_loss(logits, yes, alpha=None))


def test_the_right_and_sure_row_counts_less_than_the_wrong_one(logits: Tensor) -> None:
    row = torch.tensor([[3.0, 0.0]])
    right, wrong = torch.tensor([0]), torch.tensor([1])
    eased = F.focal_loss(row, right) / F.cross_entropy(row, right)
    kept = F.focal_loss(row, wrong) / F.cross_entropy(row, wrong)
    assert eased < 0.01 < 0.9 < kept


@pytest.mark.parametrize("gamma", [0.0, 0.25, 0.5, 1.0, 2.0, 7.0])
def test_gradients_are_finite_in_every_tail(gamma: float) -> None:
    far = torch.tensor([-1e30, -200.0, -90.0, -20.0, 0.0, 17.0, 90.0, 200.0, 1e30, torch.inf])
    x = far.clone().requires_grad_()
    loss = F.sigmoid_focal_loss(x.repeat(2), torch.tensor([0.0, 1.0]).repeat_interleave(10), gamma=gamma)
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    assert gradient.isfinite().all()
    rows = torch.stack([far, torch.zeros(10)], 1).requires_grad_()
    (gradient,) = torch.autograd.grad(F.focal_loss(rows, torch.ones(10).long(), gamma=gamma, reduction="sum"), rows)
    assert gradient.isfinite().all()


def test_second_derivatives_are_finite_too_for_a_small_gamma() -> None:
    x = torch.tensor([-90.0, -20.0, 0.0, 20.0, 90.0], requires_grad=True)
    loss = F.sigmoid_focal_loss(x, torch.ones(5), gamma=0.5, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
    (second,) = torch.autograd.grad(gradient.sum(), x)
    assert second.isfinite().all()
