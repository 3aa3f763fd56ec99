"""What the losses have beyond torch's arguments, and the warnings about calls that are valid and mostly mistakes."""

import math
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as torch_losses

import crossent
from crossent import functional as F
from crossent import nn

pytestmark = pytest.mark.usefixtures("each_kernel")

ROWS, CLASSES = 6, 4


def some(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3


@pytest.fixture
def logits() -> Tensor:
    return some(ROWS, CLASSES).requires_grad_()


@pytest.fixture
def labels() -> Tensor:
    return torch.tensor([0, 1, -100, 3, 3, 1])


def gradient(loss: Tensor, of: Tensor) -> Tensor:
    return torch.autograd.grad(loss, of)[0]


# ------------------------------------------------------------------------------------------------------- the mean


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss, F.focal_loss])
def test_means_by_rows_of_equal_parts_average_to_the_mean_of_the_whole(
    loss: Callable[..., Tensor], logits: Tensor, labels: Tensor
) -> None:
    weight = torch.tensor([0.5, 1.0, 3.0, 2.0], dtype=torch.float64)
    given = -logits.abs() if loss is F.nll_loss else logits
    whole = loss(given, labels, weight, weight_mean="rows")
    parts = [loss(given[rows], labels[rows], weight, weight_mean="rows") for rows in (slice(0, 3), slice(3, 6))]
    torch.testing.assert_close(whole, torch.stack(parts).mean())
    torch.testing.assert_close(whole, loss(given, labels, weight, reduction="sum") / ROWS)


def test_a_mean_by_rows_is_the_same_for_indices_and_for_one_hot_rows(logits: Tensor, labels: Tensor) -> None:
    weight = torch.tensor([0.5, 1.0, 3.0, 2.0], dtype=torch.float64)
    onehot = torch.nn.functional.one_hot(labels.clamp(min=0), CLASSES).double() * (labels >= 0).unsqueeze(1)
    by_index = F.cross_entropy(logits, labels, weight, weight_mean="rows")
    torch.testing.assert_close(by_index, F.cross_entropy(logits, onehot, weight))


@pytest.mark.parametrize("rows", [0, 3])
def test_a_mean_over_nothing_is_zero_on_request_with_gradient_zero(rows: int) -> None:
    x = some(rows, CLASSES).requires_grad_()
    nothing = torch.full((rows,), -100)
    minus = torch.full((rows, CLASSES), -1)
    for loss in (F.cross_entropy, F.focal_loss):
        assert math.isnan(loss(x, nothing).item())
        zero = loss(x, nothing, all_ignored="zero")
        assert zero.item() == 0
        assert gradient(zero, x).eq(0).all()
    assert math.isnan(F.binary_cross_entropy_with_logits(x, minus, ignore_index=-1).item())
    for zero in (
        F.binary_cross_entropy_with_logits(x, minus, ignore_index=-1, all_ignored="zero"),
        F.sigmoid_focal_loss(x, minus, ignore_index=-1, all_ignored="zero", reduction="mean"),
        F.nll_loss(x, nothing, all_ignored="zero"),
    ):
        assert zero.item() == 0
        assert gradient(zero, x).eq(0).all()


def test_all_ignored_changes_nothing_where_a_row_counts(logits: Tensor, labels: Tensor) -> None:
    assert torch.equal(F.cross_entropy(logits, labels), F.cross_entropy(logits, labels, all_ignored="zero"))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_sixteen_bit_loss_can_be_had_in_float32(dtype: torch.dtype, labels: Tensor) -> None:
    x = some(ROWS, CLASSES).to(dtype).requires_grad_()
    loss = F.cross_entropy(x, labels, loss_dtype=torch.float32)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, F.cross_entropy(x.float(), labels), rtol=1e-6, atol=0)
    assert gradient(loss, x).dtype == dtype
    yes = torch.ones_like(x)
    for other in (
        F.binary_cross_entropy_with_logits(x, yes, loss_dtype=torch.float32),
        F.sigmoid_focal_loss(x, yes, loss_dtype=torch.float32),
        F.binary_cross_entropy(x.sigmoid(), yes, loss_dtype=torch.float32),
        F.nll_loss(x, labels, loss_dtype=torch.float32),
        F.focal_loss(x, labels, loss_dtype=torch.float32),
    ):
        assert other.dtype == torch.float32


# ------------------------------------------------------------------------------------- z-loss and logit adjustment


def test_z_loss_adds_the_square_of_the_logarithm_of_the_sum(logits: Tensor, labels: Tensor) -> None:
    weight = torch.tensor([0.5, 1.0, 3.0, 2.0], dtype=torch.float64)
    square = logits.logsumexp(1).square()
    rows = F.cross_entropy(logits, labels, weight, reduction="none")
    kept = torch.where(labels >= 0, weight[labels.clamp(min=0)], 0.0)
    with_z = F.cross_entropy(logits, labels, weight, z_loss=0.1, reduction="none")
    torch.testing.assert_close(with_z, rows + 0.1 * kept * square)
    torch.testing.assert_close(gradient(with_z.sum(), logits), gradient((rows + 0.1 * kept * square).sum(), logits))


def test_z_loss_is_the_same_for_indices_and_for_one_hot_rows(logits: Tensor) -> None:
    labels = torch.arange(ROWS) % CLASSES
    onehot = torch.nn.functional.one_hot(labels, CLASSES).double()
    for smoothing in (0.0, 0.2):
        ours = F.cross_entropy(logits, labels, z_loss=0.1, label_smoothing=smoothing)
        theirs = F.cross_entropy(logits, onehot, z_loss=0.1, label_smoothing=smoothing)
        torch.testing.assert_close(ours, theirs)
        torch.testing.assert_close(gradient(ours, logits), gradient(theirs, logits))


def test_a_logit_adjustment_is_added_to_every_row(logits: Tensor, labels: Tensor) -> None:
    added = F.logit_adjustment([900, 60, 30, 10]).double()
    assert added.exp().sum().item() == pytest.approx(1)
    for target in (labels, logits.detach().softmax(1)):
        ours = F.cross_entropy(logits, target, logit_adjustment=added, label_smoothing=0.1)
        theirs = F.cross_entropy(logits + added, target, label_smoothing=0.1)
        torch.testing.assert_close(ours, theirs)
        torch.testing.assert_close(gradient(ours, logits), gradient(theirs, logits))
    image = some(2, CLASSES, 3, 5)
    classes = torch.zeros(2, 3, 5, dtype=torch.int64)
    torch.testing.assert_close(
        F.cross_entropy(image, classes, logit_adjustment=added),
        F.cross_entropy(image + added.view(-1, 1, 1), classes),
    )


def test_a_logit_adjustment_can_be_learned(logits: Tensor, labels: Tensor) -> None:
    added = torch.zeros(CLASSES, dtype=torch.float64, requires_grad=True)
    loss = F.cross_entropy(logits, labels, logit_adjustment=added)
    torch.testing.assert_close(gradient(loss, added), gradient(F.cross_entropy(logits, labels), logits).sum(0))


# -------------------------------------------------------------------------------------------------------- yes or no


def test_an_ignored_yes_or_no_costs_nothing_and_is_not_read() -> None:
    x = torch.tensor([1.0, math.nan, -2.0, math.inf], requires_grad=True)
    target = torch.tensor([1, 255, 0, 255], dtype=torch.uint8)
    kept = torch.tensor([1.0, -2.0], requires_grad=True)
    for loss in (F.binary_cross_entropy_with_logits, F.sigmoid_focal_loss):
        ours = loss(x, target, ignore_index=255, reduction="mean")
        theirs = loss(kept, torch.tensor([1.0, 0.0]), reduction="mean")
        torch.testing.assert_close(ours, theirs)
        slopes, expected = gradient(ours, x), gradient(theirs, kept)
        torch.testing.assert_close(slopes[::2], expected)
        assert slopes[1::2].eq(0).all()


def test_smoothing_of_yes_or_no_is_towards_an_even_chance(logits: Tensor) -> None:
    yes = (some(ROWS, CLASSES) > 1).double()
    ours = F.binary_cross_entropy_with_logits(logits, yes, label_smoothing=0.2)
    torch.testing.assert_close(ours, torch_losses.binary_cross_entropy_with_logits(logits, 0.8 * yes + 0.1))


# ------------------------------------------------------------------------------------------------------- as modules


def test_modules_take_the_same_options(logits: Tensor, labels: Tensor) -> None:
    added = F.logit_adjustment([4, 3, 2, 1]).double()
    options = {"z_loss": 0.1, "weight_mean": "rows", "all_ignored": "zero", "loss_dtype": torch.float32}
    module = nn.CrossEntropyLoss(logit_adjustment=added, **options)
    assert list(module.state_dict()) == ["logit_adjustment"]
    assert torch.equal(module(logits, labels), F.cross_entropy(logits, labels, logit_adjustment=added, **options))
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    yes = torch.tensor([[1, 0, -1, 1]]).expand(ROWS, CLASSES)
    binary = nn.BCEWithLogitsLoss(ignore_index=-1, label_smoothing=0.1)
    expected = F.binary_cross_entropy_with_logits(logits, yes, ignore_index=-1, label_smoothing=0.1)
    assert torch.equal(binary(logits, yes), expected)
    focal = nn.SigmoidFocalLoss(ignore_index=-1)
    assert torch.equal(focal(logits, yes), F.sigmoid_focal_loss(logits, yes, ignore_index=-1, reduction="mean"))
    rows = nn.FocalLoss(weight_mean="rows")
    assert torch.equal(rows(logits, labels), F.focal_loss(logits, labels, weight_mean="rows"))
    likelihood = nn.NLLLoss(weight_mean="rows")
    assert torch.equal(likelihood(logits, labels), F.nll_loss(logits, labels, weight_mean="rows"))


# ---------------------------------------------------------------------------------------------------------- errors


def test_options_that_do_not_exist_are_refused(logits: Tensor, labels: Tensor) -> None:
    with pytest.raises(ValueError, match="batch is not a valid value for weight_mean; it must be 'weights' or 'rows'"):
        F.cross_entropy(logits, labels, weight_mean="batch")
    with pytest.raises(ValueError, match="none is not a valid value for all_ignored; it must be 'nan' or 'zero'"):
        F.nll_loss(logits, labels, all_ignored="none")
    with pytest.raises(ValueError, match="z_loss must be a finite number, 0 or more, got -1"):
        F.cross_entropy(logits, labels, z_loss=-1)
    with pytest.raises(TypeError, match=r"loss_dtype must be a floating point type, got torch\.int64"):
        F.cross_entropy(logits, labels, loss_dtype=torch.int64)
    with pytest.raises(RuntimeError, match=r"logit_adjustment must be one floating point number a class, shape \(4,\)"):
        F.cross_entropy(logits, labels, logit_adjustment=torch.zeros(3))
    with pytest.raises(RuntimeError, match="label_smoothing must be between"):
        F.binary_cross_entropy_with_logits(logits, logits.detach(), label_smoothing=2.0)
    with pytest.raises(crossent.InputError, match="one number a class"):
        F.logit_adjustment([[1, 2]])


# -------------------------------------------------------------------------------------------------------- warnings


@pytest.mark.parametrize("target", ["indices", "probabilities", "smoothed", "focal"])
def test_logits_that_went_through_a_softmax_are_warned_of_where_the_loss_is_called(target: str, logits: Tensor) -> None:
    labels = torch.arange(ROWS) % CLASSES
    calls: dict[str, Callable[[Tensor], Tensor]] = {
        "indices": lambda x: F.cross_entropy(x, labels),
        "probabilities": lambda x: F.cross_entropy(x, logits.detach().softmax(1)),
        "smoothed": lambda x: F.cross_entropy(x, labels, label_smoothing=0.1),
        "focal": lambda x: F.focal_loss(x, labels),
    }
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        softmaxed = logits.to(dtype).softmax(1)
        if target == "probabilities":
            softmaxed = logits.softmax(1)
        for given in (softmaxed, softmaxed.detach()):
            with pytest.warns(crossent.WiringWarning, match="input looks like probabilities") as caught:
                calls[target](given)
            assert caught[0].filename == __file__


def test_logits_that_only_resemble_probabilities_are_let_pass() -> None:
    labels = torch.tensor([0, 1, 0, 1, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.cross_entropy(torch.eye(2)[labels], labels)
        F.cross_entropy(torch.full((3, 2), 0.5), labels[:3])
        F.cross_entropy(torch.full((5, 2), 0.6), labels)
        F.nll_loss(torch.full((5, 2), 0.5), labels)
        F.cross_entropy(torch.rand(5, 2) - 0.1, labels)


def test_a_single_class_is_warned_of() -> None:
    with pytest.warns(crossent.WiringWarning, match="input has one class"):
        F.cross_entropy(torch.zeros(3, 1), torch.zeros(3, dtype=torch.int64))


def test_classes_that_could_be_in_either_dimension_are_warned_of() -> None:
    with pytest.warns(crossent.WiringWarning, match=r"if they are last, use input\.movedim\(-1, 1\)"):
        F.cross_entropy(some(2, 5, 5), torch.zeros(2, 5, dtype=torch.int64))


def test_a_pos_weight_that_could_lie_along_either_dimension_is_warned_of() -> None:
    x = some(2, 3, 4, 3)
    with pytest.warns(crossent.WiringWarning, match=r"use pos_weight\.view\(-1, 1, 1\)"):
        F.binary_cross_entropy_with_logits(x, torch.ones_like(x), pos_weight=torch.ones(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.binary_cross_entropy_with_logits(x, torch.ones_like(x), pos_weight=torch.ones(3, 1, 1))


# ---------------------------------------------------------------------------------- what a backward leaves behind


def test_a_gradient_that_is_given_away_can_be_changed_and_the_graph_asked_again() -> None:
    x = torch.randn(12, requires_grad=True, generator=torch.Generator().manual_seed(0))
    yes = (torch.arange(12) % 2).float()
    for loss in (
        F.cross_entropy(x.view(4, 3), torch.tensor([0, 1, 2, 0])),
        F.binary_cross_entropy_with_logits(x, yes),
    ):
        x.grad = None
        loss.backward(retain_graph=True)
        assert x.grad is not None
        first = x.grad.clone()
        loss.backward(retain_graph=True)
        torch.testing.assert_close(x.grad, 2 * first)
        (given,) = torch.autograd.grad(loss, x, retain_graph=True)
        given.mul_(7)
        torch.testing.assert_close(torch.autograd.grad(loss, x)[0], first)


def test_zeros_that_nobody_stored_are_read_as_zeros() -> None:
    nothing = torch._efficientzerotensor((4, 3))
    labels = torch.tensor([0, 1, 2, 0])
    assert F.cross_entropy(nothing, labels).item() == pytest.approx(math.log(3))
    assert F.binary_cross_entropy_with_logits(nothing, torch.ones(4, 3)).item() == pytest.approx(math.log(2))
    x = torch.randn(4, 3, requires_grad=True)
    rows = F.cross_entropy(x, labels, reduction="none")
    (slope,) = torch.autograd.grad(rows, x, torch._efficientzerotensor((4,)))
    assert slope.eq(0).all()


def test_layouts_that_no_two_steps_walk_and_mixed_types_are_brought_into_form() -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 5, 12, 12, generator=generator, requires_grad=True)
    classes = torch.randint(0, 5, (2, 10, 10), generator=generator)
    few = torch.randn(300, 2, generator=generator, requires_grad=True)
    shares = torch.rand(2, 5, generator=generator, dtype=torch.float64).softmax(1)
    half = torch.randn(2, 5, generator=generator, requires_grad=True)
    for ours, theirs, x in (
        (F.cross_entropy(image[:, :, 1:-1, 1:-1], classes), (image[:, :, 1:-1, 1:-1].double(), classes), image),
        (F.cross_entropy(few.t(), torch.tensor([3, 299])), (few.t().double(), torch.tensor([3, 299])), few),
        (F.cross_entropy(half, shares), (half.double(), shares), half),
    ):
        truth = torch_losses.cross_entropy(*theirs)
        torch.testing.assert_close(ours.double(), truth, rtol=1e-6, atol=0)
        torch.testing.assert_close(gradient(ours, x), gradient(truth, x), rtol=1e-5, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_options_and_mistaken_calls_compile_into_one_graph() -> None:
    x, labels = some(4, 3), torch.tensor([0, 1, 2, 0])
    for z_loss in (0.1, 0.2, 0.3):
        compiled = torch.compile(F.cross_entropy, fullgraph=True, dynamic=True, backend="aot_eager")
        torch.testing.assert_close(compiled(x, labels, z_loss=z_loss), F.cross_entropy(x, labels, z_loss=z_loss))
    single = torch.compile(F.cross_entropy, fullgraph=True, backend="aot_eager")
    assert single(some(4, 1), torch.zeros(4, dtype=torch.int64)).item() == 0


def test_arguments_of_the_wrong_kind_are_named() -> None:
    x, labels = some(4, 3), torch.tensor([0, 1, 2, 0])
    with pytest.raises(TypeError, match=r"cross_entropy: target must be a torch\.Tensor, got NoneType"):
        F.cross_entropy(x, None)  # type: ignore
    with pytest.raises(TypeError, match="ignore_index must be an int, got NoneType"):
        F.cross_entropy(x, labels, ignore_index=None)  # type: ignore
    with pytest.raises(ValueError, match="ignore_index must fit in 64 bits"):
        F.nll_loss(x, labels, ignore_index=2**63)
    with pytest.raises(ValueError, match="ignore_index=-1 cannot occur in a uint8 target"):
        F.binary_cross_entropy_with_logits(x, torch.ones(4, 3, dtype=torch.uint8), ignore_index=-1)
    with pytest.raises(TypeError, match="gamma must be a number, got a tensor"):
        F.focal_loss(x, labels, gamma=torch.tensor(2.0))  # type: ignore
