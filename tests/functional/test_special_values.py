"""Infinities and NaN, as a table: what goes in, what comes out, and what the gradient is."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from crossent import functional as F

pytestmark = pytest.mark.usefixtures("each_kernel")

INF, NAN = math.inf, math.nan
BIG = 3e38  # stands for a number of which two are out of the type's range
P = 1 / (1 + math.exp(-1))

Options = dict[str, float | list[float]]
SoftmaxCase = tuple[str, list[float], int | list[float], Options, float, list[float] | None]
SigmoidCase = tuple[str, float, float, dict[str, float], float, float]

S: Options = {"label_smoothing": 0.3}

# what it is, the row, the target, options, loss, gradient
SOFTMAX: list[SoftmaxCase] = [
    ("a class ruled out", [-INF, 0.0, 1.0], 1, {}, math.log(1 + math.e), [0.0, -P, P]),
    ("a class ruled out, probabilities", [-INF, 0.0, 1.0], [0.0, 1.0, 0.0], {}, math.log(1 + math.e), [0.0, -P, P]),
    ("the right class ruled out", [-INF, 0.0, 1.0], 0, {}, INF, [-1.0, 1 - P, P]),
    ("the right class ruled out, weight 0", [-INF, 0.0], 0, {"weight": [0.0, 1.0]}, 0.0, [0.0, 0.0]),
    ("only the right class possible", [-INF, 0.0], 1, {}, 0.0, [0.0, 0.0]),
    ("only one class", [3.0], 0, {}, 0.0, [0.0]),
    ("the right class certain", [INF, 0.0, 1.0], 0, {}, 0.0, [0.0, 0.0, 0.0]),
    ("the right class certain, probabilities", [INF, 0.0, 1.0], [1.0, 0.0, 0.0], {}, 0.0, [0.0, 0.0, 0.0]),
    ("a wrong class certain", [INF, 0.0, 1.0], 1, {}, INF, [0.0, -1.0, 0.0]),
    ("smoothing towards a class ruled out", [-INF, 0.0, 1.0], 1, {"label_smoothing": 0.3}, INF, None),
    ("smoothing towards a class ruled out, weight 0", [-INF, 0.0], 1, {**S, "weight": [0.0, 1.0]}, 0.0, [0.0, 0.0]),
    ("a share for a class ruled out", [-INF, 0.0, 1.0], [0.5, 0.5, 0.0], {}, INF, [-0.5, 0.5 - P, P]),
    ("a share for a class ruled out, weight 0", [-INF, 0.0], [0.5, 0.5], {"weight": [0.0, 1.0]}, 0.0, [0.0, 0.0]),
    ("one class certain, another ruled out", [INF, -INF], 0, {}, 0.0, [0.0, 0.0]),
    ("one class certain, another ruled out, wrong", [INF, -INF], 1, {}, INF, [0.0, -1.0]),
    ("no shares", [0.0, 1.0], [0.0, 0.0], {}, 0.0, [0.0, 0.0]),
    ("no shares, a class certain", [INF, 0.0], [0.0, 0.0], {}, 0.0, [0.0, 0.0]),
    ("weight 0", [0.0, 1.0], 0, {"weight": [0.0, 0.0]}, 0.0, [0.0, 0.0]),
    ("the largest numbers", [BIG, -BIG], 0, {}, 0.0, [0.0, 0.0]),
    ("the largest numbers, wrong", [BIG, -BIG], 1, {}, INF, [1.0, -1.0]),
    ("the largest numbers, shared", [BIG, -BIG], [0.5, 0.5], {}, INF, [0.5, -0.5]),
    ("nothing possible", [-INF, -INF], 0, {}, NAN, [NAN, NAN]),
    ("nothing possible, probabilities", [-INF, -INF], [1.0, 0.0], {}, NAN, [NAN, NAN]),
    ("a NaN", [NAN, 0.0], 1, {}, NAN, [NAN, NAN]),
    ("a NaN of the right class", [NAN, 0.0], 0, {}, NAN, [NAN, NAN]),
    ("a NaN of a class without a share", [NAN, 0.0], [0.0, 1.0], {}, NAN, [NAN, NAN]),
    ("a NaN, smoothed", [0.0, NAN], 0, S, NAN, [NAN, NAN]),
    ("a NaN that weight 0 does not hide", [0.0, NAN], 0, {"weight": [0.0, 1.0]}, NAN, [NAN, NAN]),
    ("a NaN in the target", [0.0, 1.0], [NAN, 1.0], {}, NAN, [NAN, NAN]),
]

SIGMOID: list[SigmoidCase] = [
    ("certain and right", INF, 1.0, {}, 0.0, 0.0),
    ("certain and right, no", -INF, 0.0, {}, 0.0, 0.0),
    ("certain and wrong", -INF, 1.0, {}, INF, -1.0),
    ("certain and wrong, no", INF, 0.0, {}, INF, 1.0),
    ("certain, half of it wrong", INF, 0.5, {}, INF, 0.5),
    ("certain, half of it wrong, no", -INF, 0.5, {}, INF, -0.5),
    ("certain and right, pos_weight 0", INF, 1.0, {"pos_weight": 0.0}, 0.0, 0.0),
    ("certain and wrong, no, weighed out", INF, 0.0, {"weight": 0.0}, 0.0, 0.0),
    ("the largest number", BIG, 1.0, {}, 0.0, 0.0),
    ("the largest number, wrong, by a double weight", BIG, 0.0, {"weight": 2.0}, INF, 2.0),
    ("certain, wrong and weighed out", -INF, 1.0, {"pos_weight": 0.0}, 0.0, 0.0),
    ("certain, wrong and weighed out, weight", -INF, 1.0, {"weight": 0.0}, 0.0, 0.0),
    ("a NaN", NAN, 1.0, {}, NAN, NAN),
    ("a NaN that weight 0 does not hide", NAN, 1.0, {"weight": 0.0}, NAN, NAN),
    ("a NaN in the target", 0.0, NAN, {}, NAN, NAN),
]


# Options are data here, so the losses are taken as functions of anything.
softmax_loss: Callable[..., Tensor] = F.cross_entropy
sigmoid_loss: Callable[..., Tensor] = F.binary_cross_entropy_with_logits


def of_type(values: float | list[float], dtype: torch.dtype) -> Tensor:
    given = torch.tensor(values, dtype=torch.float64)
    big = 0.9 * torch.finfo(dtype).max
    return torch.where(given.abs() == BIG, given.sign() * big, given).to(dtype)


def assert_same(value: Tensor, expected: float | list[float]) -> None:
    least = 4e-3 if value.dtype == torch.bfloat16 else 1e-6
    truth = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(value.double(), truth, rtol=least, atol=least, equal_nan=True)


@pytest.mark.filterwarnings("ignore::crossent.WiringWarning")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("beside", [0, 500], ids=["", "beside 500 classes ruled out"])
@pytest.mark.parametrize("case", SOFTMAX, ids=lambda case: case[0])
def test_softmax_is_right_at_the_edge_of_the_numbers(case: SoftmaxCase, beside: int, dtype: torch.dtype) -> None:
    """Many classes take another way through the kernels; those that are ruled out change nothing."""
    _, row, target, given, loss, gradient = case
    if beside and "label_smoothing" in given:
        return  # which gives every class a share
    options = dict[str, Any](given)
    if "weight" in given:
        options["weight"] = torch.cat([of_type(options["weight"], dtype), torch.ones(beside, dtype=dtype)])
    logits = torch.cat([of_type(row, dtype), torch.full((beside,), -INF, dtype=dtype)]).unsqueeze(0).requires_grad_()
    shares = torch.tensor([target])
    if shares.is_floating_point():
        shares = torch.cat([shares, torch.zeros(1, beside)], 1).to(dtype)
    out = softmax_loss(logits, shares, reduction="none", **options)
    out.sum().backward()
    assert logits.grad is not None
    assert_same(out.detach(), [loss])
    if gradient is not None:
        assert_same(logits.grad[0, : len(row)], gradient)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("case", SIGMOID, ids=lambda case: case[0])
def test_sigmoid_is_right_at_the_edge_of_the_numbers(case: SigmoidCase, dtype: torch.dtype) -> None:
    _, logit, target, given, loss, gradient = case
    x = of_type(logit, dtype).requires_grad_()
    options = {name: of_type(value, dtype) for name, value in given.items()}
    out = sigmoid_loss(x, of_type(target, dtype), **options)
    out.backward()
    assert x.grad is not None
    assert_same(out.detach(), loss)
    assert_same(x.grad, gradient)


def test_a_mean_by_weights_that_are_all_0_is_nan_and_a_sum_is_0() -> None:
    logits = torch.tensor([[0.0, 1.0]], requires_grad=True)
    label, weight = torch.tensor([0]), torch.zeros(2)
    for loss in (F.cross_entropy, F.nll_loss, F.focal_loss):
        assert loss(logits, label, weight).isnan()
        total = loss(logits, label, weight, reduction="sum")
        (gradient,) = torch.autograd.grad(total, logits)
        assert total.item() == 0.0
        assert gradient.tolist() == [[0.0, 0.0]]


def test_what_stands_in_an_ignored_row_reaches_neither_loss_nor_gradient() -> None:
    for loss in (F.cross_entropy, F.focal_loss, F.nll_loss):
        logits = torch.tensor([[INF, NAN, -INF], [-3.0, -1.0, -0.5]], requires_grad=True)
        out = loss(logits, torch.tensor([-100, 1]))
        out.backward()
        assert logits.grad is not None
        assert out.isfinite()
        assert logits.grad[0].tolist() == [0.0, 0.0, 0.0]
        assert logits.grad[1].isfinite().all()


def test_a_mean_over_nothing_is_nan_as_torch_has_it() -> None:
    two = torch.zeros(2, 3)
    assert F.cross_entropy(two, torch.tensor([-100, -100])).isnan()
    assert F.cross_entropy(two, torch.tensor([0, 1]), torch.zeros(3)).isnan()
    assert F.cross_entropy(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)).isnan()
    assert F.cross_entropy(torch.zeros(0, 3), torch.zeros(0, 3)).isnan()
    assert F.binary_cross_entropy_with_logits(torch.zeros(0), torch.zeros(0)).isnan()
    assert F.cross_entropy(two, torch.tensor([-100, -100]), reduction="sum").item() == 0.0
    assert F.cross_entropy(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), reduction="none").shape == (0,)


def test_probabilities_of_exactly_0_and_1_keep_torchs_bounds_and_get_the_right_slope() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        p = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=dtype, requires_grad=True)
        loss = F.binary_cross_entropy(p, torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=dtype), reduction="none")
        assert loss.tolist() == [0.0, 0.0, 100.0, 100.0]
        (slope,) = torch.autograd.grad(loss.sum(), p)
        assert slope[:2].tolist() == [1.0, -1.0]
        if dtype != torch.float16:  # whose largest number is 65504
            assert slope[2:].tolist() == pytest.approx([-1e12, 1e12], rel=4e-3)
