"""The losses are functions torch can differentiate, map, trace and compile."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from crossent import functional as F

# torch scripts its own decompositions when forward-mode differentiation is first used, and warns of its own doing.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")

ROWS, CLASSES = 4, 3
LABELS = torch.tensor([0, 2, -100, 1])
YES = torch.tensor([[1.0, 0.0, 1.0]], dtype=torch.float64).expand(ROWS, CLASSES)
SHARES = torch.arange(12, dtype=torch.float64).reshape(ROWS, CLASSES).softmax(1)
WEIGHT = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
HEAD = torch.eye(CLASSES, dtype=torch.float64)

LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "indices": lambda x: F.cross_entropy(x, LABELS),
    "indices, weighted and smoothed": lambda x: F.cross_entropy(x, LABELS, WEIGHT, label_smoothing=0.1),
    "probabilities": lambda x: F.cross_entropy(x, SHARES, WEIGHT, label_smoothing=0.1),
    "adjusted, with z-loss": lambda x: F.cross_entropy(x, LABELS, logit_adjustment=WEIGHT.log(), z_loss=0.1),
    "nll": lambda x: F.nll_loss(x.log_softmax(1), LABELS, WEIGHT),
    "linear": lambda x: F.linear_cross_entropy(x, HEAD, LABELS),
    "linear, capped": lambda x: F.linear_cross_entropy(x, HEAD, LABELS, softcap=2.0, label_smoothing=0.1),
    "linear, a sequence": lambda x: F.linear_cross_entropy(x.view(2, 2, CLASSES), HEAD, LABELS.view(2, 2)),
    "linear, probabilities": lambda x: F.linear_cross_entropy(x, HEAD, SHARES, weight=WEIGHT),
    "sigmoid": lambda x: F.binary_cross_entropy_with_logits(x, YES, pos_weight=WEIGHT),
    "sigmoid, some ignored": lambda x: F.binary_cross_entropy_with_logits(x, YES, ignore_index=0, label_smoothing=0.1),
    "binary probabilities": lambda x: F.binary_cross_entropy(x.sigmoid(), YES),
    "focal": lambda x: F.focal_loss(x, LABELS, WEIGHT, gamma=0.5),
    "sigmoid focal": lambda x: F.sigmoid_focal_loss(x, YES, reduction="mean"),
}

each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def some_logits(*batch: int) -> Tensor:
    return torch.randn(*batch, ROWS, CLASSES, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@each_loss
def test_first_second_and_forward_derivatives_agree_with_differences(loss: Callable[[Tensor], Tensor]) -> None:
    logits = some_logits().requires_grad_()
    assert torch.autograd.gradcheck(loss, logits, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(loss, logits)


@each_loss
def test_functional_derivatives_agree_forward_over_reverse_and_reverse_over_reverse(
    loss: Callable[[Tensor], Tensor],
) -> None:
    logits = some_logits()
    reverse = torch.func.jacrev(torch.func.grad(loss))(logits)
    torch.testing.assert_close(torch.func.hessian(loss)(logits), reverse)


@each_loss
def test_a_mapped_loss_is_the_loss_of_each(loss: Callable[[Tensor], Tensor]) -> None:
    batch = some_logits(2)
    torch.testing.assert_close(torch.func.vmap(loss)(batch), torch.stack([loss(logits) for logits in batch]))
    gradients = torch.func.vmap(torch.func.grad(loss))(batch)
    torch.testing.assert_close(gradients, torch.stack([torch.func.grad(loss)(logits) for logits in batch]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_single_rows_with_labels_of_their_own_can_be_mapped(smoothing: float) -> None:
    logits = some_logits()

    def of_row(row: Tensor, label: Tensor) -> Tensor:
        return F.cross_entropy(row, label, WEIGHT, label_smoothing=smoothing, reduction="sum")

    rows = F.cross_entropy(logits, LABELS, WEIGHT, label_smoothing=smoothing, reduction="none")
    torch.testing.assert_close(torch.func.vmap(of_row)(logits, LABELS), rows)


@each_loss
def test_a_loss_compiles_into_one_graph_with_its_backward(loss: Callable[[Tensor], Tensor]) -> None:
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    logits = some_logits().requires_grad_()
    traced, eager = compiled(logits), loss(logits)
    torch.testing.assert_close(traced, eager, rtol=1e-14, atol=0)
    (of_traced,) = torch.autograd.grad(traced, logits)
    (of_eager,) = torch.autograd.grad(eager, logits)
    torch.testing.assert_close(of_traced, of_eager)
    torch.compiler.reset()


def test_targets_and_weights_get_gradients_too() -> None:
    shares, weight = SHARES.clone().requires_grad_(), WEIGHT.clone().requires_grad_()
    yes = (0.25 + YES / 2).requires_grad_()

    def of_shares(y: Tensor, w: Tensor) -> Tensor:
        return F.cross_entropy(some_logits(), y, w)

    def of_yes(y: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(some_logits(), y)

    assert torch.autograd.gradcheck(of_shares, (shares, weight))
    assert torch.autograd.gradcheck(of_yes, yes)


def test_shapes_alone_are_enough_on_the_meta_device() -> None:
    logits = torch.empty(2, 3, 4, device="meta")
    labels = torch.empty(2, 4, device="meta", dtype=torch.int64)
    assert F.cross_entropy(logits, labels, reduction="none").shape == (2, 4)
    assert F.binary_cross_entropy(logits, logits).shape == ()
