"""The compiled kernels against the definition, computed in float64 from the same numbers, over everything they take."""

# ruff: noqa: B023 (each function is called before its loop goes on)

import itertools
import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from crossent import _kernels
from crossent._kernels import (
    Reduction,
    _compiled,
    _cpu_binary,
    _cpu_classes,
    _plain_binary,
    _plain_focal,
    _plain_softmax,
)

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
NONE, MEAN, SUM = Reduction("none"), Reduction("mean"), Reduction("sum")
REDUCTIONS = [NONE, MEAN, SUM, Reduction("mean", by_rows=True), Reduction("mean", zero_of_nothing=True)]
SETS: list[str] = [] if _compiled.native is None else _compiled.native.instruction_sets()

# Around the widths of vectors and tiles, on both sides of the change from lanes over rows to lanes over classes.
SHAPES = [
    (1, 1),
    (1, 2),
    (3, 2),
    (63, 3),
    (64, 4),
    (65, 5),
    (130, 10),
    (7, 63),
    (3, 100),
    (5, 256),
    (9, 257),
    (19, 300),
    (2, 1003),
]


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
    epsilons: float = 8,
) -> None:
    ours_in, truth_in = logits.detach().requires_grad_(), logits.detach().double().requires_grad_()
    ours, truth = compiled(ours_in), plain(truth_in)
    assert ours is not None
    assert ours.dtype == (torch.float64 if logits.dtype == torch.float64 else torch.float32)
    assert_agrees(ours.detach(), truth.detach(), epsilons, False)
    generator = torch.Generator().manual_seed(1)
    factor = torch.rand(ours.shape, generator=generator, dtype=torch.float64).to(ours.dtype)
    ours.backward(factor)
    truth.backward(factor.double())
    assert ours_in.grad is not None
    assert truth_in.grad is not None
    assert ours_in.grad.dtype == logits.dtype
    assert_agrees(ours_in.grad, truth_in.grad, 3 * epsilons, cancels)


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
    choices = itertools.product([0.0, 0.1], [0.0, 0.25], [None, class_weight], [None, -class_weight], REDUCTIONS)
    for smoothing, z_loss, weight, adjustment, reduction in choices:
        wide, added = (None if w is None else w.double() for w in (weight, adjustment))
        for logits in layouts(given).values() if reduction in REDUCTIONS[:2] else [given]:
            options = smoothing, z_loss, reduction
            check(
                lambda x: _cpu_classes.cross_entropy_indices(x, label, weight, adjustment, -100, *options),
                lambda x: _plain_softmax.cross_entropy_indices(x, label, wide, added, -100, *options),
                logits,
                cancels=smoothing + z_loss > 0,
            )
            check(
                lambda x: _cpu_classes.cross_entropy_probabilities(x, target, weight, adjustment, *options),
                lambda x: _plain_softmax.cross_entropy_probabilities(x, target.double(), wide, added, *options),
                logits,
                cancels=True,
            )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_focal_loss_and_nll_are_the_definitions(shape: tuple[int, int], dtype: torch.dtype) -> None:
    given, label, class_weight, _ = some(*shape, dtype)
    for weight, reduction in itertools.product([None, class_weight], REDUCTIONS):
        wide = None if weight is None else weight.double()
        for logits in layouts(given).values():
            for gamma in (0.5, 1.0, 2.0, 3.7, 20.0):
                check(
                    lambda x: _cpu_classes.softmax_focal(x, label, weight, -100, gamma, reduction),
                    lambda x: _plain_focal.softmax_focal(x, label, wide, -100, gamma, reduction),
                    logits,
                    epsilons=8 * (2 + gamma),
                )
            check(
                lambda x: _cpu_classes.nll(x, label, weight, -100, reduction),
                lambda x: _plain_softmax.nll(x, label, wide, -100, reduction),
                -logits.abs(),
            )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [2, 21, 70])
def test_images_give_the_definitions_loss(classes: int, dtype: torch.dtype) -> None:
    given, label, weight, _ = some(60, classes, dtype)
    label = label.reshape(2, 3, 10)
    for reduction in REDUCTIONS:
        for logits in images(given).values():
            check(
                lambda x: _cpu_classes.cross_entropy_indices(x, label, weight, None, -100, 0.0, 0.0, reduction),
                lambda x: _plain_softmax.cross_entropy_indices(
                    x, label, weight.double(), None, -100, 0.0, 0.0, reduction
                ),
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
    some_ignored = soft.clone()
    some_ignored.view(-1)[::3] = 255
    targets = [(soft, None, 0.0), (soft > 0.5, None, 0.0), (some_ignored, 255, 0.0), (soft, None, 0.3)]
    reductions = [reduction for reduction in REDUCTIONS if not reduction.by_rows]
    choices = itertools.product(pairs, targets, reductions)
    for (weight, positive), (target, ignored, smoothing), reduction in choices:
        wide = [None if w is None else w.double() for w in (weight, positive)]
        options = ignored, smoothing, reduction
        check(
            lambda x: _cpu_binary.sigmoid_cross_entropy(x, target, weight, positive, *options),
            lambda x: _plain_binary.sigmoid_cross_entropy(x, target.double(), wide[0], wide[1], *options),
            logits,
            cancels=True,
        )
    for (target, ignored, _), reduction in itertools.product(targets[:3], reductions):
        for gamma, alpha in ((0.5, None), (2.0, 0.25), (0.0, 0.25)):
            check(
                lambda x: _cpu_binary.sigmoid_focal(x, target, alpha, ignored, gamma, reduction),
                lambda x: _plain_focal.sigmoid_focal(x, target.double(), alpha, ignored, gamma, reduction),
                logits,
                cancels=True,
                epsilons=16,
            )


@pytest.mark.parametrize("dtype", DTYPES)
def test_binary_cross_entropy_is_the_definitions(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    least = torch.finfo(dtype).smallest_normal
    edges = [0.0, 1.0, least, 2 * least, 1e-3, 0.5, 0.499, 0.501, 0.999]
    given = torch.cat([torch.tensor(edges, dtype=torch.float64), torch.rand(700, generator=generator)]).to(dtype)
    weight = torch.rand(given.shape, generator=generator, dtype=torch.float64).to(dtype)
    for target in (torch.ones_like(given), torch.zeros_like(given, dtype=torch.bool), given.flip(0)):
        for weights, reduction in itertools.product([None, weight], REDUCTIONS):
            ours, expected = (given.detach().clone().requires_grad_() for _ in range(2))
            loss = _cpu_binary.binary_cross_entropy(ours, target, weights, reduction)
            truth = _plain_binary.binary_cross_entropy(expected, target, weights, reduction)
            assert loss is not None
            torch.testing.assert_close(loss, truth, rtol=1e-6, atol=0)
            factor = torch.rand(loss.shape, generator=generator, dtype=loss.dtype)
            loss.backward(factor)
            truth.backward(factor)
            torch.testing.assert_close(ours.grad, expected.grad)


def test_every_sixteen_bit_number_is_read_and_written_as_torch_does() -> None:
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    for dtype in (torch.float16, torch.bfloat16):
        x = bits.view(dtype)
        x = x[x.abs() < 1e38]  # so that twice as much is finite in float32
        logits = x.clone().requires_grad_()
        zeros = torch.zeros_like(x)
        loss = _kernels.sigmoid_cross_entropy(logits, zeros, None, None, None, 0.0, NONE)
        expected = _plain_binary.sigmoid_cross_entropy(x.double(), zeros.double(), None, None, None, 0.0, NONE)
        torch.testing.assert_close(loss, expected.float(), rtol=4e-7, atol=1e-44)
        # dloss/dx at 0 is 1/2: the factors 2 x come back as x, rounded to the type's own numbers.
        middle = torch.zeros_like(x).requires_grad_()
        _kernels.sigmoid_cross_entropy(middle, zeros, None, None, None, 0.0, NONE).backward(2 * x.float())
        assert middle.grad is not None
        assert torch.equal(middle.grad, x)
        between = x.float() * (1 + 2.0**-9.5)
        (slope,) = torch.autograd.grad(
            _kernels.sigmoid_cross_entropy(middle, zeros, None, None, None, 0.0, NONE), middle, 2 * between
        )
        assert torch.equal(slope, between.to(dtype))
