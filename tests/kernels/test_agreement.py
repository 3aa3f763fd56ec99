"""The compiled kernels against the definition, computed in float64 from the same numbers, over everything they take."""

# ruff: noqa: B023 (each function is called before its loop goes on)

import itertools
import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from crossent import _kernels
from crossent._kernels import Reduction, _compiled, _cpu, _plain_binary, _plain_softmax

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
REDUCTIONS: list[Reduction] = ["none", "mean", "sum"]
SETS: list[str] = [] if _compiled.native is None else _compiled.native.instruction_sets()

# Around the widths of vectors and tiles, on both sides of the change from lanes over rows to lanes over classes.
SHAPES = [(1, 1), (1, 2), (3, 2), (63, 3), (64, 4), (65, 5), (130, 10), (7, 63), (5, 64), (9, 65), (3, 100), (2, 1003)]


@pytest.fixture(params=SETS, autouse=True)
def instruction_set(request: pytest.FixtureRequest) -> Iterator[None]:
    native = _compiled.native
    assert native is not None
    before = native.instruction_set()
    assert native.use_instruction_set(request.param)
    yield
    native.use_instruction_set(before)


def layouts(logits: Tensor) -> dict[str, Tensor]:
    """The same logits `(N, K)` in memory of several kinds, class-last."""
    rows, classes = logits.shape
    wide = torch.full((rows, classes + 3), math.nan, dtype=logits.dtype)
    wide[:, 1 : classes + 1] = logits
    steps = torch.full((rows, 2 * classes), math.nan, dtype=logits.dtype)
    steps[:, ::2] = logits
    return {
        "contiguous": logits,
        "columns of a wider matrix": wide[:, 1 : classes + 1],
        "class-first": logits.t().contiguous().t(),
        "every second column": steps[:, ::2],
    }


def images(logits: Tensor) -> dict[str, Tensor]:
    """Rows as the pixels of two images, class-last views."""
    rows, classes = logits.shape
    pixels = logits[: rows // 6 * 6].reshape(2, 3, rows // 6, classes).movedim(-1, 1)
    return {
        "planes": pixels.contiguous().movedim(1, -1),
        "channels last": pixels.contiguous(memory_format=torch.channels_last).movedim(1, -1),
        "cropped": torch.nn.functional.pad(pixels, (1, 1, 1, 1), value=math.nan)[:, :, 1:-1, 1:-1].movedim(1, -1),
    }


def assert_agrees(ours: Tensor, truth: Tensor, epsilons: float, cancels: bool) -> None:
    """Relative to each value; where terms of both signs may cancel, relative to the largest."""
    info = torch.finfo(ours.dtype)
    least = 4 * info.eps * truth.abs().nan_to_num().max().item() if cancels else info.tiny
    torch.testing.assert_close(ours.double(), truth.double(), rtol=epsilons * info.eps, atol=least, equal_nan=True)


def check(
    compiled: Callable[[Tensor], Tensor | None],
    plain: Callable[[Tensor], Tensor],
    logits: Tensor,
    cancels: bool = False,
) -> None:
    ours_in, truth_in = logits.detach().requires_grad_(), logits.detach().double().requires_grad_()
    ours, truth = compiled(ours_in), plain(truth_in)
    assert ours is not None
    assert ours.dtype == (torch.float64 if logits.dtype == torch.float64 else torch.float32)
    assert_agrees(ours.detach(), truth.detach(), 8, False)
    generator = torch.Generator().manual_seed(1)
    factor = torch.rand(ours.shape, generator=generator, dtype=torch.float64).to(ours.dtype)
    ours.backward(factor)
    truth.backward(factor.double())
    assert ours_in.grad is not None
    assert truth_in.grad is not None
    assert ours_in.grad.dtype == logits.dtype
    assert_agrees(ours_in.grad, truth_in.grad, 24, cancels)


def some(rows: int, classes: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows + classes)
    logits = (3 * torch.randn(rows, classes, generator=generator, dtype=torch.float64)).to(dtype)
    label = torch.randint(0, classes, (rows,), generator=generator)
    label[::3] = -100
    weight = torch.rand(classes, generator=generator, dtype=torch.float64).to(dtype)
    target = torch.rand(rows, classes, generator=generator, dtype=torch.float64).to(dtype)
    return logits, label, weight, target


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_cross_entropy_is_the_definitions(shape: tuple[int, int], dtype: torch.dtype) -> None:
    given, label, class_weight, target = some(*shape, dtype)
    for smoothing, weight, reduction in itertools.product([0.0, 0.1], [None, class_weight], REDUCTIONS):
        wide = None if weight is None else weight.double()
        for logits in layouts(given).values():
            check(
                lambda x: _cpu.cross_entropy_indices(x, label, weight, -100, smoothing, reduction),
                lambda x: _plain_softmax.cross_entropy_indices(x, label, wide, -100, smoothing, reduction),
                logits,
                cancels=smoothing > 0,
            )
            check(
                lambda x: _cpu.cross_entropy_probabilities(x, target, weight, smoothing, reduction),
                lambda x: _plain_softmax.cross_entropy_probabilities(x, target.double(), wide, smoothing, reduction),
                logits,
                cancels=True,
            )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [2, 21, 70])
def test_images_need_no_copy_and_give_the_definitions_loss(classes: int, dtype: torch.dtype) -> None:
    given, label, weight, _ = some(60, classes, dtype)
    label = label.reshape(2, 3, 10)
    for reduction in REDUCTIONS:
        for name, logits in images(given).items():
            if name == "cropped":  # rows that no two strides reach: the plain kernel's
                assert _cpu.cross_entropy_indices(logits, label, weight, -100, 0.0, reduction) is None
                continue
            check(
                lambda x: _cpu.cross_entropy_indices(x, label, weight, -100, 0.0, reduction),
                lambda x: _plain_softmax.cross_entropy_indices(x, label, weight.double(), -100, 0.0, reduction),
                logits,
            )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (7,), (513,), (1100,), (40, 33), (2, 3, 5, 7)])
def test_sigmoid_cross_entropy_is_the_definitions(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(len(shape))
    logits = (5 * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)
    soft = torch.rand(shape, generator=generator, dtype=torch.float64).to(dtype)
    shapes: list[tuple[int, ...]] = [(), shape[-1:], shape, (shape[0], *[1] * (len(shape) - 1))]
    weights = [torch.rand(size, generator=generator, dtype=torch.float64).to(dtype) + 0.5 for size in shapes]
    pairs = [(None, None), *((None, weight) for weight in weights), *((weight, weights[0]) for weight in weights)]
    for (weight, positive), target, reduction in itertools.product(pairs, [soft, soft > 0.5], REDUCTIONS):
        wide = [None if w is None else w.double() for w in (weight, positive)]
        check(
            lambda x: _cpu.sigmoid_cross_entropy(x, target, weight, positive, reduction),
            lambda x: _plain_binary.sigmoid_cross_entropy(x, target.double(), wide[0], wide[1], reduction),
            logits,
            cancels=True,
        )


def test_every_sixteen_bit_number_is_read_and_written_as_torch_does() -> None:
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    for dtype in (torch.float16, torch.bfloat16):
        x = bits.view(dtype)
        x = x[x.abs() < 1e38]  # so that twice as much is finite in float32
        logits = x.clone().requires_grad_()
        zeros = torch.zeros_like(x)
        loss = _kernels.sigmoid_cross_entropy(logits, zeros, None, None, "none")
        expected = _plain_binary.sigmoid_cross_entropy(x.double(), zeros.double(), None, None, "none")
        torch.testing.assert_close(loss, expected.float(), rtol=4e-7, atol=1e-44)
        # dloss/dx at 0 is 1/2: the factors 2 x come back as x, rounded to the type's own numbers.
        middle = torch.zeros_like(x).requires_grad_()
        _kernels.sigmoid_cross_entropy(middle, zeros, None, None, "none").backward(2 * x.float())
        assert middle.grad is not None
        assert torch.equal(middle.grad, x)
        between = x.float() * (1 + 2.0**-9.5)
        (slope,) = torch.autograd.grad(
            _kernels.sigmoid_cross_entropy(middle, zeros, None, None, "none"), middle, 2 * between
        )
        assert torch.equal(slope, between.to(dtype))
