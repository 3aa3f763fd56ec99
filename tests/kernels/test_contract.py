"""What the compiled kernels promise besides the numbers."""

# ruff: noqa: B023 (each function is called before its loop goes on)

import math
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from crossent import functional as F
from crossent._kernels import Reduction, _compiled, _cpu_classes, _plain_softmax
from crossent.cli._main import app

MEAN = Reduction("mean")
SHAPES = [(150_000, 2), (30_000, 10), (5_000, 70), (300, 1000), (2, 21, 128, 128)]


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def some(*shape: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(*shape, generator=generator)
    return logits, torch.randint(0, shape[1], (shape[0], *shape[2:]), generator=generator)


def loss_and_gradient(loss: Callable[[Tensor], Tensor], logits: Tensor) -> tuple[Tensor, Tensor]:
    x = logits.detach().requires_grad_()
    value = loss(x)
    return value.detach(), torch.autograd.grad(value, x)[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_number_of_threads_changes_no_bit(shape: tuple[int, ...], threads: Callable[[int], None]) -> None:
    logits, labels = some(*shape)
    weight = torch.rand(shape[1], generator=torch.Generator().manual_seed(1))
    yes = (logits > 0).float()

    def losses(x: Tensor) -> Tensor:
        parts = [
            F.cross_entropy(x, labels, weight, ignore_index=1),
            F.cross_entropy(x, labels, label_smoothing=0.1, reduction="sum"),
            F.binary_cross_entropy_with_logits(x, yes, pos_weight=torch.tensor(3.0)),
        ]
        return torch.stack(parts).sum()

    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append(loss_and_gradient(losses, logits))
    for loss, gradient in results[1:]:
        assert torch.equal(loss, results[0][0])
        assert torch.equal(gradient, results[0][1])


def test_the_mean_of_many_rows_is_summed_in_float64() -> None:
    logits, labels = torch.zeros(3_000_000, 2), torch.zeros(3_000_000, dtype=torch.int64)
    assert F.cross_entropy(logits, labels).item() == pytest.approx(math.log(2), rel=6e-8)


def test_nothing_outside_the_tensors_is_read_or_written(native: ModuleType) -> None:
    for rows, classes in [(1, 1), (5, 3), (64, 2), (67, 10), (3, 65), (2, 1001)]:
        for class_first in (False, True):
            room = 64
            memory = torch.full((rows * classes + 2 * room,), math.nan)
            held = torch.full((rows * classes + 2 * room,), 77.0)
            of = (classes, rows) if class_first else (rows, classes)
            logits, gradient = (block[room : room + rows * classes].view(of) for block in (memory, held))
            logits.copy_(torch.randn(of))
            if class_first:
                logits, gradient = logits.t(), gradient.t()
            labels = torch.full((rows + 2 * room,), 10**12)
            labels[room : room + rows] = torch.arange(rows) % classes
            # Memory beside the logits is NaN, beside the labels far out of range.
            kept = labels[room : room + rows]
            tensors = _cpu_classes.Tensors(kept, None, None)
            loss = _cpu_classes.sweep(logits, tensors, _cpu_classes.Options("softmax", MEAN, -100), gradient)
            expected = _plain_softmax.cross_entropy_indices(logits, kept, None, None, -100, 0.0, 0.0, MEAN)
            torch.testing.assert_close(loss, expected)
            assert held[:room].eq(77).all()
            assert held[room + rows * classes :].eq(77).all()
            assert gradient.ne(77).all()


def test_arguments_are_left_as_they_were() -> None:
    for shape in [(70, 10), (3, 200)]:
        logits, labels = some(*shape)
        weight, before = torch.ones(shape[1]), logits.clone()
        tensors = logits, labels, weight
        versions = [tensor._version for tensor in tensors]
        loss_and_gradient(lambda x: F.cross_entropy(x, labels, weight, label_smoothing=0.1), logits)
        loss_and_gradient(lambda x: F.binary_cross_entropy_with_logits(x, before, pos_weight=weight), logits)
        assert [tensor._version for tensor in tensors] == versions
        assert torch.equal(logits, before)


@pytest.mark.parametrize("shape", [(5, 3), (70, 10), (4, 100)])
def test_an_ignored_row_is_not_read_whatever_the_layout(shape: tuple[int, int]) -> None:
    logits, labels = some(*shape)
    labels[1] = 255
    expected, slope = loss_and_gradient(lambda x: F.cross_entropy(x, labels, ignore_index=255), logits)
    logits[1] = math.nan
    logits[1, 0] = math.inf
    for given in (logits, logits.t().contiguous().t()):
        loss, gradient = loss_and_gradient(lambda x: F.cross_entropy(x, labels, ignore_index=255), given)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(gradient, slope)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_graph_that_is_kept_gives_the_same_gradient_again(reduction: str, dtype: torch.dtype) -> None:
    logits, labels = some(9, 4)
    x = logits.to(dtype).requires_grad_()
    loss = F.cross_entropy(x, labels, reduction=reduction).sum()
    (first,) = torch.autograd.grad(loss, x, retain_graph=True)
    kept = first.clone()
    (doubled,) = torch.autograd.grad(2 * loss, x, retain_graph=True)
    (again,) = torch.autograd.grad(loss, x)
    assert torch.equal(first, kept)
    assert torch.equal(again, kept)
    assert torch.equal(doubled, 2 * kept)


def test_a_sixteen_bit_gradient_is_rounded_after_it_is_scaled() -> None:
    logits = torch.zeros(60_000, 2, dtype=torch.float16, requires_grad=True)
    (F.cross_entropy(logits, torch.zeros(60_000, dtype=torch.int64)) * 2.0**14).backward()
    assert logits.grad is not None
    expected = 2.0**13 / 60_000  # unscaled, 8.3e-6 has 7 bits left in float16
    assert logits.grad[0].tolist() == [-torch.tensor(expected).half().item(), torch.tensor(expected).half().item()]


def test_a_gradient_goes_into_tensors_of_the_logits_own_layout() -> None:
    logits, labels = some(2, 5, 4, 4)
    x = logits.contiguous(memory_format=torch.channels_last).requires_grad_()
    (gradient,) = torch.autograd.grad(F.cross_entropy(x, labels), x)
    assert gradient.stride() == x.stride()


def test_many_gradients_at_once_are_each_of_them() -> None:
    logits, labels = some(3, 4)
    x = logits.requires_grad_()
    loss = F.cross_entropy(x, labels, reduction="none")
    rows = torch.autograd.grad(loss, x, torch.eye(3), retain_graph=True, is_grads_batched=True)[0]
    for row in range(3):
        torch.testing.assert_close(rows[row], torch.autograd.grad(loss[row], x, retain_graph=True)[0])


def test_what_the_kernels_do_not_take_is_left_to_the_definition() -> None:
    logits, labels = some(4, 3)
    weight = torch.ones(3, requires_grad=True)
    negative = torch.randn(4, 3, dtype=torch.complex64).conj().imag  # a view that says "minus what is stored"
    assert negative.is_neg()
    for given, weights in ((logits, weight), (logits.to("meta"), None), (negative, None), (logits[:0], None)):
        assert (
            _cpu_classes.cross_entropy_indices(given, labels[: len(given)], weights, None, -100, 0.0, 0.0, MEAN) is None
        )
    expected = torch.nn.functional.cross_entropy(negative, labels)
    torch.testing.assert_close(F.cross_entropy(negative, labels), expected)
    with torch.autograd.forward_ad.dual_level():
        assert _cpu_classes.cross_entropy_indices(logits, labels, None, None, -100, 0.0, 0.0, MEAN) is None


def test_the_environment_can_ask_for_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _compiled.kernels_in_use().startswith("compiled, ")
    monkeypatch.setattr(_compiled, "native", None)
    monkeypatch.setattr(_compiled, "_why_not", "a reason")
    assert _compiled.kernels_in_use() == "torch operations: a reason"


def test_the_first_row_that_is_out_of_range_is_named_among_very_many() -> None:
    logits, labels = torch.zeros(200_000, 2), torch.zeros(200_000, dtype=torch.int64)
    labels[[170_001, 150_007]] = 2
    with pytest.raises(IndexError, match=r"Target 2 is out of bounds: target\[150007\] must"):
        F.cross_entropy(logits, labels)


def test_the_command_line_says_which_kernels_are_in_use() -> None:
    result = CliRunner().invoke(app, ["env"])
    assert result.exit_code == 0
    assert f"torch    {torch.__version__}" in result.stdout
    assert f"losses   {F.kernels_in_use()}" in result.stdout
