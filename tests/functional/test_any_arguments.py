"""Any shape, layout, type and arguments: the losses of the same numbers by torch in float64, and nothing written to."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

pytestmark = [
    pytest.mark.usefixtures("each_kernel"),
    pytest.mark.filterwarnings("ignore:.*size_average.*:UserWarning"),
    pytest.mark.filterwarnings("ignore::crossent.WiringWarning"),
]

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
REDUCTIONS = ["none", "mean", "sum"]

# The kernel is set for all examples of a test, which is what is wanted.
examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Loss = Callable[..., Tensor]


def laid_out(draw: st.DrawFn, values: Tensor) -> Tensor:
    """The same shape in other memory: turned, a slice of something larger, every second element, or one row for all."""
    kind = draw(st.sampled_from(["contiguous", "turned", "sliced", "stepped", "expanded"]))
    dims = values.dim()
    match kind:
        case "turned":
            order = draw(st.permutations(range(dims)))
            return values.permute(order).contiguous().permute([order.index(dim) for dim in range(dims)])
        case "sliced":
            beside = torch.nan if values.is_floating_point() else 10**12
            room = torch.full([size + 2 for size in values.shape], beside, dtype=values.dtype)
            inside = room[tuple(slice(1, size + 1) for size in values.shape)]
            return inside.copy_(values)
        case "stepped":
            dim = draw(st.integers(0, dims - 1))
            return values.repeat_interleave(2, dim)[(slice(None),) * dim + (slice(None, None, 2),)]
        case "expanded":
            dim = draw(st.sampled_from([at for at in range(dims) if at != 1 or dims == 1]))
            return values.narrow(dim, 0, min(1, values.shape[dim])).expand(values.shape)
    return values


def normal(draw: st.DrawFn, shape: tuple[int, ...], dtype: torch.dtype, spread: float = 3.0) -> Tensor:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    return (spread * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)


def shapes() -> st.SearchStrategy[tuple[int, ...]]:
    rows, classes = st.sampled_from([0, 1, 2, 7, 17, 65]), st.sampled_from([1, 2, 3, 5, 16, 33, 65, 70])
    rest = st.lists(st.sampled_from([0, 1, 2, 3]), max_size=3)
    return st.tuples(rows, classes, rest).map(lambda sizes: (sizes[0], sizes[1], *sizes[2]))


@st.composite
def softmax_cases(draw: st.DrawFn) -> tuple[Tensor, Tensor, dict[str, Any]]:
    shape, dtype = draw(shapes()), draw(st.sampled_from(DTYPES))
    classes = shape[1]
    x = laid_out(draw, normal(draw, shape, dtype))
    options: dict[str, Any] = {"reduction": draw(st.sampled_from(REDUCTIONS))}
    if draw(st.booleans()):
        options["weight"] = normal(draw, (classes,), dtype).abs() + 0.25
    if draw(st.booleans()):
        options["label_smoothing"] = draw(st.sampled_from([0.125, 0.5, 1.0]))
    if draw(st.booleans()):
        return x, laid_out(draw, normal(draw, shape, dtype).float().softmax(1).to(dtype)), options
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    label = torch.randint(0, classes, (shape[0], *shape[2:]), generator=generator)
    options["ignore_index"] = draw(st.sampled_from([-100, 0, classes - 1, 255]))
    ignored = torch.rand(label.shape, generator=generator) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    return x, laid_out(draw, label.masked_fill(ignored, options["ignore_index"])), options


@st.composite
def sigmoid_cases(draw: st.DrawFn) -> tuple[Tensor, Tensor, dict[str, Any]]:
    shape, dtype = draw(shapes()), draw(st.sampled_from(DTYPES))
    x = laid_out(draw, normal(draw, shape, dtype))
    y = laid_out(draw, normal(draw, shape, dtype).float().sigmoid().to(dtype))
    y = y.round() if draw(st.booleans()) else y
    options: dict[str, Any] = {"reduction": draw(st.sampled_from(REDUCTIONS))}
    for name in ("weight", "pos_weight"):
        if draw(st.booleans()):
            onto = shape[draw(st.integers(0, len(shape))) :]
            onto = tuple(1 if draw(st.booleans()) else size for size in onto)
            options[name] = normal(draw, onto, dtype).abs() + 0.25
    return x, y, options


def check(ours: Loss, torchs: Loss, x: Tensor, target: Tensor, options: dict[str, Any]) -> None:
    given = [x, target, *(value for value in options.values() if isinstance(value, Tensor))]
    versions, copies = [tensor._version for tensor in given], [tensor.clone() for tensor in given]
    leaf = x.detach().requires_grad_()
    loss = ours(leaf, target, **options)
    (gradient,) = torch.autograd.grad(loss.sum(), leaf)
    assert [tensor._version for tensor in given] == versions
    assert all(torch.equal(tensor, copy) for tensor, copy in zip(given, copies, strict=True))
    assert loss.dtype == gradient.dtype == x.dtype
    assert gradient.shape == x.shape

    wide = x.detach().double().contiguous().requires_grad_()
    wide_target = target.double().contiguous() if target.is_floating_point() else target.contiguous()
    wide_options = {name: value.double() if isinstance(value, Tensor) else value for name, value in options.items()}
    exact = torchs(wide, wide_target, **wide_options)
    (exact_gradient,) = torch.autograd.grad(exact.sum(), wide)
    epsilon, least = torch.finfo(x.dtype).eps, torch.finfo(x.dtype).tiny
    scale = torchs(wide.detach(), wide_target, **{**wide_options, "reduction": "sum"}) / exact.detach().sum()
    largest = 1 / scale.abs().item() if scale.isfinite() and scale != 0 else 1.0  # a slope of a row of weight 1
    for name in ("weight", "pos_weight"):
        largest *= wide_options[name].max().item() if name in options and options[name].numel() else 1.0
    within = exact.detach().to(x.dtype).double()  # a float16 sum may be infinite
    torch.testing.assert_close(loss.detach().double(), within, rtol=16 * epsilon, atol=1e-14, equal_nan=True)
    torch.testing.assert_close(
        gradient.double(), exact_gradient, rtol=32 * epsilon, atol=8 * epsilon * largest + least, equal_nan=True
    )


@examples
@given(softmax_cases())
def test_cross_entropy(case: tuple[Tensor, Tensor, dict[str, Any]]) -> None:
    check(F.cross_entropy, torch_losses.cross_entropy, *case)


@examples
@given(sigmoid_cases())
def test_binary_cross_entropy_with_logits(case: tuple[Tensor, Tensor, dict[str, Any]]) -> None:
    check(F.binary_cross_entropy_with_logits, torch_losses.binary_cross_entropy_with_logits, *case)


@examples
@given(softmax_cases())
def test_nll_loss(case: tuple[Tensor, Tensor, dict[str, Any]]) -> None:
    x, target, options = case
    if target.is_floating_point():
        return
    options = {name: value for name, value in options.items() if name != "label_smoothing"}
    # Of one sign, as logarithms of probabilities are: a sum of both cancels as far as it likes.
    check(F.nll_loss, torch_losses.nll_loss, -x.abs(), target, options)


@examples
@given(sigmoid_cases())
def test_binary_cross_entropy(case: tuple[Tensor, Tensor, dict[str, Any]]) -> None:
    x, target, options = case
    options = {name: value for name, value in options.items() if name != "pos_weight"}
    # Hard targets only: of a soft one the two slopes cancel, as far as they like.
    p = x.sigmoid().clamp(0.02, 0.98)
    check(F.binary_cross_entropy, torch_losses.binary_cross_entropy, p, target.round(), options)
