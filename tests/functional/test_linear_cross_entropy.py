"""The loss of a linear head, in tiles: the unfused loss and its gradients, whatever the tiles."""

import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F
from crossent import nn
from crossent._kernels import Reduction
from crossent._kernels import _linear_tiles as tiles

# torch scripts its own decompositions when forward-mode differentiation is first used, and warns of its own doing.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")

WIDTH, IGNORED = 5, -100


@pytest.fixture(params=["one tile", "tiles of two rows", "tiles of one row"])
def each_tiling(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows at once; or few, and the head in blocks of 64 classes."""
    if request.param != "one tile":
        set_tiles(monkeypatch, 2 * 70 * 8 if request.param == "tiles of two rows" else 1)


def set_tiles(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(tiles, "_TILE_BYTES", size)
    monkeypatch.setattr(tiles, "_PLAIN_TILE_BYTES", size)
    monkeypatch.setattr(tiles, "_SHARE_OF_HEAD", 1 << 40)
    monkeypatch.setattr(tiles, "_BLOCK", 1)


def normal(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def some_labels(rows: int, classes: int) -> Tensor:
    return torch.randint(0, classes, (rows,), generator=torch.Generator().manual_seed(1))


def unfused(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    softcap: float | None = None,
    **options: Any,
) -> Tensor:
    logits = torch_losses.linear(input, linear_weight, linear_bias)
    if softcap is not None:
        logits = softcap * torch.tanh(logits / softcap)
    return torch_losses.cross_entropy(logits, target, **options)


def gradients(loss: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad((loss * torch.linspace(0.5, 2.0, loss.numel()).reshape(loss.shape)).sum(), inputs)


def every_option(classes: int) -> Iterator[dict[str, Any]]:
    biases = None, normal(classes, seed=2).requires_grad_()
    weights = None, normal(classes, seed=3).abs()
    reductions = "none", "mean", "sum"
    for bias, weight, reduction, smoothing, softcap in itertools.product(
        biases, weights, reductions, (0.0, 0.1), (None, 1.5)
    ):
        yield {
            "linear_bias": bias,
            "weight": weight,
            "reduction": reduction,
            "label_smoothing": smoothing,
            "softcap": softcap,
        }


@pytest.mark.filterwarnings("ignore:.*one class:crossent.WiringWarning")
@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("classes", [1, 6, 70])
def test_every_combination_of_options_is_the_unfused_loss_with_its_gradients(classes: int) -> None:
    x, head = normal(7, WIDTH).requires_grad_(), normal(classes, WIDTH, seed=1).requires_grad_()
    labels = some_labels(7, classes)
    labels[[1, 4, 5]] = IGNORED
    for target, options in itertools.product((labels, normal(7, classes).softmax(1)), every_option(classes)):
        ours, theirs = F.linear_cross_entropy(x, head, target, **options), unfused(x, head, target, **options)
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
        inputs = [x, head] if options["linear_bias"] is None else [x, head, options["linear_bias"]]
        for our, their in zip(gradients(ours, *inputs), gradients(theirs, *inputs), strict=True):
            torch.testing.assert_close(our, their, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_options_beyond_torchs_are_those_of_cross_entropy(smoothing: float) -> None:
    x, head = normal(7, WIDTH).requires_grad_(), normal(6, WIDTH, seed=1).requires_grad_()
    weight = normal(6, seed=3).abs()
    labels, nothing = some_labels(7, 6), torch.full((7,), IGNORED)
    labels[[1, 4]] = IGNORED
    options: dict[str, Any] = {"z_loss": 0.05, "label_smoothing": smoothing, "weight": weight}
    for target, mean, how in itertools.product(
        (labels, nothing, normal(7, 6).softmax(1)), ("weights", "rows"), ("mean", "sum", "none")
    ):
        options |= {"weight_mean": mean, "all_ignored": "zero", "reduction": how}
        ours = F.linear_cross_entropy(x, head, target, **options, loss_dtype=torch.float32)
        theirs = F.cross_entropy(x @ head.t(), target, **options)
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs.float())
        for our, their in zip(gradients(ours, x, head), gradients(theirs, x, head), strict=True):
            torch.testing.assert_close(our, their, rtol=1e-6, atol=1e-7)


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 2), (2, 2, 1, 2)])
def test_any_leading_shape_is_its_rows(shape: tuple[int, ...]) -> None:
    rows, classes = math.prod(shape), 6
    x, head = normal(*shape, WIDTH).requires_grad_(), normal(classes, WIDTH, seed=1)
    labels, shares = some_labels(rows, classes), normal(rows, classes).softmax(1)
    for flat, target in ((labels, labels.reshape(shape)), (shares, shares.reshape(*shape, classes))):
        for reduction in ("none", "mean", "sum"):
            ours = F.linear_cross_entropy(x, head, target, reduction=reduction)
            theirs = unfused(x.reshape(rows, WIDTH), head, flat, reduction=reduction)
            torch.testing.assert_close(ours, theirs.reshape(shape if reduction == "none" else ()))
            torch.testing.assert_close(gradients(ours, x), gradients(theirs, x))


def test_one_row_may_have_its_class_in_brackets_and_labels_any_integer_type() -> None:
    x, head = normal(WIDTH), normal(6, WIDTH)
    expected = F.linear_cross_entropy(x, head, torch.tensor(3))
    for dtype in (torch.uint8, torch.int8, torch.int32, torch.int64):
        assert F.linear_cross_entropy(x, head, torch.tensor([3], dtype=dtype)) == expected


# ------------------------------------------------------------------------------------------------------ precision


@pytest.mark.usefixtures("each_kernel", "each_tiling")
def test_float32_errs_by_a_few_roundings() -> None:
    x, head = normal(40, 64, dtype=torch.float32), normal(70, 64, dtype=torch.float32, seed=1) / 8
    labels = some_labels(40, 70)
    exact = x.double().requires_grad_(), head.double().requires_grad_()
    loss, truth = F.linear_cross_entropy(x.requires_grad_(), head.requires_grad_(), labels), unfused(*exact, labels)
    torch.testing.assert_close(loss.double(), truth, rtol=2e-7, atol=0)
    for our, their in zip(torch.autograd.grad(loss, (x, head)), torch.autograd.grad(truth, exact), strict=True):
        torch.testing.assert_close(our.double(), their, rtol=1e-5, atol=1e-6 * their.abs().max().item())


@pytest.mark.usefixtures("each_kernel")
@pytest.mark.parametrize("products", ["float32", "bfloat16"])
@pytest.mark.parametrize("count", [1, 4, 64])
def test_bfloat16_gradients_err_by_less_than_two_roundings_however_many_tiles(
    products: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "_multiplies_bfloat16", lambda: products == "bfloat16")
    rows, classes = 256, 70
    set_tiles(monkeypatch, rows // count * classes * (2 if products == "bfloat16" else 4))
    x, head = normal(rows, 32, dtype=torch.bfloat16), normal(classes, 32, seed=1).div(8).bfloat16()
    labels = some_labels(rows, classes)
    exact = x.double().requires_grad_(), head.double().requires_grad_()
    loss, truth = F.linear_cross_entropy(x.requires_grad_(), head.requires_grad_(), labels), unfused(*exact, labels)
    assert loss.dtype == torch.bfloat16
    assert abs(loss.item() / truth.item() - 1) < 2**-8
    for our, their in zip(torch.autograd.grad(loss, (x, head)), torch.autograd.grad(truth, exact), strict=True):
        assert (our - their).norm() < 2 * (their.bfloat16() - their).norm()


@pytest.mark.usefixtures("each_kernel")
def test_float16_gradients_are_scaled_before_they_are_rounded() -> None:
    x, head = normal(8, WIDTH, dtype=torch.float16) / 512, normal(70, WIDTH, dtype=torch.float16, seed=1) / 512
    labels = some_labels(8, 70)
    exact = x.double().requires_grad_(), head.double().requires_grad_()
    loss = F.linear_cross_entropy(x.requires_grad_(), head.requires_grad_(), labels)
    truth = unfused(*exact, labels)
    scaled = torch.autograd.grad(loss.float() * 2.0**14, (x, head))  # unscaled, the smallest have 5 bits left
    for our, their in zip(scaled, torch.autograd.grad(truth * 2.0**14, exact), strict=True):
        torch.testing.assert_close(our.double(), their, rtol=2**-10, atol=1e-4)


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_probabilities_may_be_of_another_type(dtype: torch.dtype) -> None:
    x, head = normal(8, WIDTH, dtype=dtype).requires_grad_(), normal(70, WIDTH, dtype=dtype, seed=1).requires_grad_()
    for other in (torch.float64, torch.float32, torch.bfloat16):
        shares = normal(8, 70).softmax(1).to(other)
        exact = x.double(), head.double(), shares.double()
        ours, theirs = F.linear_cross_entropy(x, head, shares), unfused(*exact)
        assert ours.dtype == torch.promote_types(dtype, other)
        close = {"rtol": 4 * torch.finfo(dtype).eps, "atol": 4 * torch.finfo(dtype).eps}
        torch.testing.assert_close(ours.double(), theirs, **close)
        torch.testing.assert_close(gradients(ours, x, head), gradients(theirs, x, head), **close)


@pytest.mark.usefixtures("each_kernel", "each_tiling")
def test_a_confident_row_keeps_its_loss_and_its_gradient() -> None:
    x, head = torch.tensor([[30.0]], requires_grad=True), torch.tensor([[0.0], [1.0]])
    loss = F.linear_cross_entropy(x, head, torch.tensor([1]))
    assert loss.item() == pytest.approx(math.exp(-30), rel=1e-6)
    assert torch.autograd.grad(loss, x)[0].item() == pytest.approx(-math.exp(-30), rel=1e-6)


# ------------------------------------------------------------------------------------------------------- backward


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_backward_can_be_repeated_and_scaled_and_leaves_what_it_gave_alone(reduction: str) -> None:
    x, head = normal(5, WIDTH).requires_grad_(), normal(70, WIDTH, seed=1).requires_grad_()
    labels = some_labels(5, 70)
    once = torch.autograd.grad(unfused(x, head, labels, reduction=reduction).sum(), (x, head))
    loss = F.linear_cross_entropy(x, head, labels, reduction=reduction).sum()
    (3 * loss).backward(retain_graph=True)
    loss.backward(retain_graph=True)
    for found in torch.autograd.grad(0.5 * loss, (x, head), retain_graph=True):
        found.fill_(math.nan)
    for found in torch.autograd.grad(loss, (x, head), retain_graph=True):
        found.fill_(math.nan)
    (-2 * loss).backward()
    for tensor, gradient in zip((x, head), once, strict=True):
        torch.testing.assert_close(tensor.grad, 2 * gradient)
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


@pytest.mark.usefixtures("each_kernel")
def test_only_the_gradients_that_are_asked_for_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    for name in ("back", "add_outer"):
        original = getattr(tiles._Products, name)

        def noted(*args: Any, original: Callable[..., Any] = original, name: str = name) -> Any:
            computed.append(name)
            return original(*args)

        monkeypatch.setattr(tiles._Products, name, noted)
    x, head, labels = normal(5, WIDTH), normal(70, WIDTH, seed=1), some_labels(5, 70)
    bias = normal(70)
    cases: list[tuple[list[Tensor], list[str]]] = [([x], ["back"]), ([head], ["add_outer"]), ([bias], []), ([], [])]
    for asked, expected in cases:
        for reduction in ("mean", "none"):
            computed.clear()
            for tensor in (x, head, bias):
                tensor.requires_grad_(any(tensor is one for one in asked))
            loss = F.linear_cross_entropy(x, head, labels, linear_bias=bias, reduction=reduction).sum()
            assert loss.requires_grad == bool(asked)
            if asked:
                (ours,) = torch.autograd.grad(loss, asked)
                theirs = unfused(x, head, labels, linear_bias=bias, reduction=reduction).sum()
                torch.testing.assert_close(ours, torch.autograd.grad(theirs, asked)[0])
            assert computed == expected


@pytest.mark.usefixtures("each_kernel", "each_tiling")
def test_strided_inputs_are_their_copies() -> None:
    x = normal(WIDTH, 3, 4).permute(2, 1, 0).requires_grad_()
    head = normal(WIDTH, 70, seed=1).t().requires_grad_()
    labels = some_labels(24, 70)[::2].reshape(3, 4).t()
    bias = normal(140)[::2].requires_grad_()
    shares = normal(70, 3, 4).softmax(0).permute(2, 1, 0)
    for target in (labels, shares):
        for reduction in ("mean", "none"):
            ours = F.linear_cross_entropy(x, head, target, linear_bias=bias, reduction=reduction)
            given = x.reshape(12, WIDTH).contiguous(), head.contiguous(), target.reshape(12, *target.shape[2:])
            theirs = unfused(*given, linear_bias=bias, reduction=reduction).reshape(ours.shape)
            torch.testing.assert_close(ours, theirs)
            torch.testing.assert_close(gradients(ours, x, head, bias), gradients(theirs, x, head, bias))


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("may_wait", [True, False])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_an_ignored_row_is_not_read(may_wait: bool, reduction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(features: Tensor) -> bool:
        return may_wait and features.is_cpu

    monkeypatch.setattr(tiles, "_can_look", answer)  # False: as on another device
    x, head, labels = normal(5, WIDTH), normal(70, WIDTH, seed=1).requires_grad_(), some_labels(5, 70)
    ignored, kept = [0, 3], [1, 2, 4]
    labels[ignored] = IGNORED
    x[0], x[3] = math.nan, math.inf
    x.requires_grad_()
    loss = F.linear_cross_entropy(x, head, labels, reduction=reduction).sum()
    expected = unfused(x[kept], head, labels[kept], reduction=reduction).sum()
    torch.testing.assert_close(loss, expected)
    truth = torch.autograd.grad(expected, (x, head))
    for create_graph in (True, False):
        torch.testing.assert_close(torch.autograd.grad(loss, (x, head), create_graph=create_graph), truth)


@pytest.mark.usefixtures("each_kernel")
def test_nothing_kept_is_a_mean_over_nothing_and_a_sum_of_0() -> None:
    for rows in (0, 3):
        x, head = normal(rows, WIDTH).requires_grad_(), normal(70, WIDTH, seed=1).requires_grad_()
        labels = torch.full((rows,), IGNORED)
        assert F.linear_cross_entropy(x, head, labels).isnan()
        assert F.linear_cross_entropy(x, head, labels, reduction="none").tolist() == [0.0] * rows
        loss = F.linear_cross_entropy(x, head, labels, reduction="sum")
        assert loss == 0
        assert [g.abs().sum() for g in torch.autograd.grad(loss, (x, head))] == [0.0, 0.0]


def test_arguments_are_left_as_they_were() -> None:
    given = normal(5, WIDTH).requires_grad_(), normal(70, WIDTH, seed=1).requires_grad_(), some_labels(5, 70)
    F.linear_cross_entropy(*given).backward()
    assert [tensor._version for tensor in given] == [0, 0, 0]


# ----------------------------------------------------------------------------------------------- derivatives beyond


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("kind", ["indices", "probabilities"])
def test_first_second_and_forward_derivatives_agree_with_differences(reduction: str, kind: str) -> None:
    labels = torch.tensor([1, IGNORED, 3])
    target = labels if kind == "indices" else normal(3, 4).softmax(1)

    def loss(x: Tensor, head: Tensor, bias: Tensor) -> Tensor:
        return F.linear_cross_entropy(x, head, target, linear_bias=bias, softcap=2.0, reduction=reduction)

    given = [tensor.requires_grad_() for tensor in (normal(3, 2), normal(4, 2, seed=1), normal(4, seed=2))]
    assert torch.autograd.gradcheck(loss, given, check_forward_ad=True, check_batched_grad=True)
    assert torch.autograd.gradgradcheck(loss, given)


@pytest.mark.usefixtures("each_kernel")
def test_a_head_that_the_features_come_from_gets_both_gradients_once() -> None:
    head, labels = normal(6, WIDTH).requires_grad_(), some_labels(3, 6)
    expected = torch.autograd.grad(unfused(head[1:4].tanh(), head, labels), head)
    for create_graph in (False, True):
        loss = F.linear_cross_entropy(head[1:4].tanh(), head, labels)
        torch.testing.assert_close(torch.autograd.grad(loss, head, create_graph=create_graph), expected)


def test_class_weights_and_probabilities_get_gradients_too() -> None:
    shares, weight = normal(3, 4).softmax(1).requires_grad_(), normal(4).abs().requires_grad_()

    def loss(y: Tensor, w: Tensor) -> Tensor:
        return F.linear_cross_entropy(normal(3, 2), normal(4, 2, seed=1), y, weight=w)

    assert torch.autograd.gradcheck(loss, (shares, weight))


@pytest.mark.usefixtures("each_kernel")
def test_functional_transforms_agree_with_backward() -> None:
    x, head, labels = normal(2, 3, WIDTH), normal(6, WIDTH, seed=1), some_labels(6, 6).reshape(2, 3)
    leaves = x.clone().requires_grad_(), head.clone().requires_grad_()
    expected = torch.autograd.grad(F.linear_cross_entropy(*leaves, labels), leaves)
    found = torch.func.grad(F.linear_cross_entropy, argnums=(0, 1))(x, head, labels)
    torch.testing.assert_close(found, expected)

    losses = torch.stack([F.linear_cross_entropy(rows, head, own) for rows, own in zip(x, labels, strict=True)])
    mapped = torch.func.vmap(F.linear_cross_entropy, in_dims=(0, None, 0))
    torch.testing.assert_close(mapped(x, head, labels), losses)
    slopes = torch.func.jacrev(mapped)(x, head, labels)
    torch.testing.assert_close(slopes.sum(0) / 2, expected[0])
    torch.testing.assert_close(torch.func.jacfwd(mapped)(x, head, labels), slopes)


def test_shapes_alone_are_enough_on_the_meta_device() -> None:
    x, head = torch.empty(2, 3, 4, device="meta"), torch.empty(6, 4, device="meta")
    labels = torch.empty(2, 3, device="meta", dtype=torch.int64)
    assert F.linear_cross_entropy(x, head, labels, reduction="none").shape == (2, 3)


# ---------------------------------------------------------------------------------------------------------- memory


@pytest.mark.usefixtures("each_kernel")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_the_logits_are_never_held(reduction: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, classes = 256, 512
    set_tiles(monkeypatch, rows * classes * 4 // 16)
    x, head = normal(rows, WIDTH, dtype=dtype).requires_grad_(), normal(classes, WIDTH, dtype=dtype).requires_grad_()
    labels = some_labels(rows, classes)

    def largest_piece(loss: Callable[..., Tensor]) -> int:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
            loss(x, head, labels, reduction=reduction).sum().backward()
        return max(event.self_cpu_memory_usage for event in profile.events() or ())

    assert largest_piece(unfused) >= rows * classes * dtype.itemsize
    assert largest_piece(F.linear_cross_entropy) <= rows * classes * 4 // 16
    with torch.inference_mode():
        F.linear_cross_entropy(x, head, labels, reduction=reduction)


def test_a_tile_is_bounded_and_the_tiles_are_of_one_size() -> None:
    def size(rows: int, width: int, classes: int) -> tuple[int, int]:
        labels = torch.zeros(rows, dtype=torch.int64)
        rule = tiles.LinearRule(None, IGNORED, 0.0, 0.0, None, Reduction("mean"))
        given = torch.empty(rows, width, dtype=torch.float16), torch.empty(1).expand(classes, width)
        each, found = tiles._tiles(*given, labels, rule, torch.float32, 64 << 20)
        return each, len(found)

    assert size(2048, 1024, 128_256) == (128, 16)  # at most 130 rows in 64 MiB
    assert size(100, 1024, 128_256) == (100, 1)
    assert size(2048, 8192, 128_256) == (512, 4)  # a sixteenth of the head
    assert size(3, 1, 1 << 40) == (1, 3)


# ---------------------------------------------------------------------------------------------- options and errors


@pytest.mark.usefixtures("each_kernel", "each_tiling")
def test_a_k_dimensional_head_is_capped_too() -> None:
    x, head, bias = normal(3, WIDTH).requires_grad_(), normal(4, 2, WIDTH, seed=1), normal(4, 2)
    labels = some_labels(6, 4).reshape(3, 2)
    ours = F.linear_cross_entropy(x, head, labels, linear_bias=bias, softcap=1.5)
    logits = 1.5 * torch.tanh((torch.einsum("nd,kpd->nkp", x, head) + bias) / 1.5)
    theirs = torch_losses.cross_entropy(logits, labels)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, x), gradients(theirs, x))


@pytest.mark.usefixtures("each_kernel", "each_tiling")
@pytest.mark.parametrize("kind", ["indices", "probabilities"])
def test_under_autocast_the_layer_has_16_bits_and_the_loss_32(kind: str) -> None:
    x, head = (
        normal(5, WIDTH, dtype=torch.float32).requires_grad_(),
        normal(70, WIDTH, dtype=torch.float32).requires_grad_(),
    )
    target = some_labels(5, 70) if kind == "indices" else normal(5, 70, dtype=torch.float32).softmax(1)
    with torch.autocast("cpu", torch.bfloat16):
        ours = F.linear_cross_entropy(x, head, target)
        theirs = unfused(x, head, target)
        rounded = unfused(x.bfloat16().float(), head.bfloat16().float(), target)
    assert ours.dtype == theirs.dtype == torch.float32
    torch.testing.assert_close(ours, rounded, rtol=1e-2, atol=0)
    for our, their in zip(gradients(ours, x, head), gradients(theirs, x, head), strict=True):
        assert our.dtype == torch.float32
        torch.testing.assert_close(our, their, rtol=2e-2, atol=2e-2 * their.abs().max().item())


def test_the_module_is_the_function_and_shows_its_cap() -> None:
    module = nn.LinearCrossEntropyLoss(WIDTH, 6, bias=True, softcap=2.0, dtype=torch.float64)
    x, labels = normal(2, 3, WIDTH), some_labels(6, 6).reshape(2, 3)
    expected = F.linear_cross_entropy(x, module.linear.weight, labels, linear_bias=module.linear.bias, softcap=2.0)
    assert module(x, labels) == expected
    assert "options=None, softcap=2.0" in repr(module)


X, HEAD, ONES = torch.zeros(2, 3, 4), torch.zeros(5, 4), torch.ones(2, 3, dtype=torch.int64)
Case = tuple[str, Callable[[], object], type[Exception], str]
CASES: list[Case] = [
    (
        "labels without their shape",
        lambda: F.linear_cross_entropy(X, HEAD, ONES.flatten()),
        ValueError,
        "Expected input batch_size (2) to match target batch_size (6): input [2, 3, 4] takes class indices [2, 3] or "
        "class probabilities [2, 3, 5], got target [6]; use target.reshape(input.shape[:-1]).",
    ),
    (
        "labels in a column",
        lambda: F.linear_cross_entropy(X, HEAD, ONES.unsqueeze(-1)),
        RuntimeError,
        "0D or 1D target tensor expected, multi-target not supported: input [2, 3, 4] takes class indices [2, 3] or "
        "class probabilities [2, 3, 5], got target [2, 3, 1]; use target.squeeze(-1).",
    ),
    (
        "probabilities with classes in the middle",
        lambda: F.linear_cross_entropy(X, HEAD, torch.ones(2, 5, 3)),
        RuntimeError,
        "0D or 1D target tensor expected, multi-target not supported: input [2, 3, 4] takes class indices [2, 3] or "
        "class probabilities [2, 3, 5], got target [2, 5, 3]; the classes come last here: use target.movedim(1, -1).",
    ),
    (
        "labels for a single row",
        lambda: F.linear_cross_entropy(X[0, 0], HEAD, ONES),
        RuntimeError,
        "0D or 1D target tensor expected, multi-target not supported: input [4] takes class indices [] or class "
        "probabilities [5], got target [2, 3]; give one class index, or K class probabilities, a row.",
    ),
    (
        "a sequence for a K-dimensional head",
        lambda: F.linear_cross_entropy(X, torch.zeros(5, 2, 4), ONES),
        RuntimeError,
        "K-dimensional loss defined by linear_weight shape (5, 2, 4) requires batched input, (N, 4), got batched input "
        "with shape (2, 3, 4); use input.flatten(0, -2).",
    ),
    (
        "floating labels",
        lambda: F.linear_cross_entropy(X, HEAD, ONES.float()),
        RuntimeError,
        "expected target dtype to be Long or Byte, or any integer or bool, but got float32; class indices are whole "
        "numbers: use target.long(). Class probabilities need the shape [2, 3, 5].",
    ),
    (
        "whole probabilities",
        lambda: F.linear_cross_entropy(X, HEAD, torch.ones(2, 3, 5, dtype=torch.int64)),
        RuntimeError,
        "Expected floating point type for target with class probabilities, got int64; target has the shape of the "
        "logits. For class indices drop the class dimension (target.argmax(-1)); for probabilities use "
        "target.to(input.dtype).",
    ),
    (
        "an ignored class with probabilities",
        lambda: F.linear_cross_entropy(X, HEAD, torch.ones(2, 3, 5), ignore_index=1),
        RuntimeError,
        "ignore_index cannot be specified when target contains probabilities, got ignore_index=1; leave it out, and "
        "give the rows to ignore a target of zeros.",
    ),
    (
        "a class that is none",
        lambda: F.linear_cross_entropy(X, HEAD, torch.tensor([[0, 1, 2], [3, 7, 9]]), ignore_index=9),
        IndexError,
        "Target 7 is out of bounds: target[1, 1] must be a class index from 0 to 4, since linear_weight has 5 classes, "
        "or ignore_index=9; count classes from 0, or widen linear_weight.",
    ),
    (
        "weights for other classes",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, weight=torch.ones(4)),
        RuntimeError,
        "weight tensor should be defined either for all 5 classes or no classes but got weight tensor of shape: [4]; "
        "give one number a class.",
    ),
    (
        "weights of another type",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, weight=torch.ones(5).double()),
        RuntimeError,
        "weight must have the input's type: expected scalar type float32 but found float64; use "
        "weight.to(input.dtype).",
    ),
    (
        "a head of another type",
        lambda: F.linear_cross_entropy(X.bfloat16(), HEAD, ONES),
        RuntimeError,
        "linear_weight must have the input's type: expected bfloat16 but found float32; use "
        "linear_weight.to(input.dtype).",
    ),
    (
        "whole features",
        lambda: F.linear_cross_entropy(X.long(), HEAD.long(), ONES),
        NotImplementedError,
        "not implemented for int64: input must be floating point (float16, bfloat16, float32 or float64); use "
        "input.float().",
    ),
    (
        "a number for features",
        lambda: F.linear_cross_entropy(torch.tensor(1.0), HEAD, ONES),
        RuntimeError,
        "expected equal input and linear_weight last dimensions (in_features), got none and 4, respectively; "
        "linear_weight is (classes, in_features).",
    ),
    (
        "no class at all",
        lambda: F.linear_cross_entropy(X, HEAD[:0], ONES),
        ValueError,
        "linear_weight must have at least one class, got shape [0, 4].",
    ),
    (
        "a cap at nothing",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, softcap=0.0),
        ValueError,
        "softcap must be a finite number above 0, got 0.0; None leaves the logits as they are.",
    ),
    (
        "a cap at infinity",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, softcap=math.inf),
        ValueError,
        "softcap must be a finite number above 0, got inf; None leaves the logits as they are.",
    ),
    (
        "smoothing beyond the uniform distribution",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, label_smoothing=1.5),
        RuntimeError,
        "label_smoothing must be between 0.0 and 1.0. Got: 1.5.",
    ),
    (
        "an unknown reduction",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, reduction="average"),
        ValueError,
        "average is not a valid value for reduction; it must be 'none', 'mean' or 'sum'.",
    ),
    (
        "a list of weights",
        lambda: F.linear_cross_entropy(X, HEAD, ONES, weight=[1.0] * 5),  # pyrefly: ignore[bad-argument-type]
        TypeError,
        "weight must be a torch.Tensor, got list; use torch.as_tensor(weight).",
    ),
]


@pytest.mark.usefixtures("each_kernel")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_wrong_call_is_refused_with_the_rule_the_fact_and_the_cure(case: Case) -> None:
    _, call, error, message = case
    with pytest.raises(error, match=f"^{re.escape('linear_cross_entropy: ' + message)}$"):
        call()
