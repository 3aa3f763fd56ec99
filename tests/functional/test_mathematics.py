"""What must be true of a cross entropy whatever computes it."""

import math

import pytest
import torch
from torch import Tensor

from crossent import functional as F

pytestmark = pytest.mark.usefixtures("each_kernel")


def close(a: Tensor, b: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3


@pytest.fixture
def labels() -> Tensor:
    return torch.tensor([0, 1, 2, 3, 3, 1])


@pytest.fixture
def weight() -> Tensor:
    return torch.tensor([0.5, 1.0, 3.0, 2.0], dtype=torch.float64)


@pytest.mark.filterwarnings("ignore::crossent.WiringWarning")
def test_equal_logits_cost_the_logarithm_of_the_number_of_classes() -> None:
    for classes in (1, 2, 7):
        loss = F.cross_entropy(torch.zeros(1, classes, dtype=torch.float64), torch.tensor([0]))
        assert loss.item() == pytest.approx(math.log(classes), abs=1e-15)


def test_a_hand_computed_row_costs_what_the_hand_says() -> None:
    # p = softmax(ln 7, ln 2, ln 1) = 0.7, 0.2, 0.1
    row = torch.tensor([[7.0, 2.0, 1.0]], dtype=torch.float64).log()
    for label, p in enumerate([0.7, 0.2, 0.1]):
        close(F.cross_entropy(row, torch.tensor([label])), torch.tensor(-math.log(p), dtype=torch.float64))
        close(F.nll_loss(row - math.log(10), torch.tensor([label])), torch.tensor(-math.log(p), dtype=torch.float64))


def test_a_perfect_prediction_costs_nothing() -> None:
    sure = torch.tensor([[1e4, 0.0, 0.0]])
    assert F.cross_entropy(sure, torch.tensor([0])).item() == 0.0
    assert F.cross_entropy(sure, torch.tensor([[1.0, 0.0, 0.0]])).item() == 0.0
    assert F.binary_cross_entropy(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])).item() == 0.0
    assert F.binary_cross_entropy_with_logits(torch.tensor([-1e4, 1e4]), torch.tensor([0.0, 1.0])).item() == 0.0


def test_binary_is_the_softmax_of_two_classes(logits: Tensor) -> None:
    yes, no = logits[:, 1], logits[:, 0]
    for label in (0, 1):
        labels = torch.full((6,), label)
        of_two = F.cross_entropy(logits[:, :2], labels, reduction="none")
        close(F.binary_cross_entropy_with_logits(yes - no, labels, reduction="none"), of_two)
        close(F.binary_cross_entropy((yes - no).sigmoid(), labels, reduction="none"), of_two)


def test_adding_a_number_to_a_row_changes_nothing(logits: Tensor, labels: Tensor) -> None:
    shifted = logits + torch.arange(6).unsqueeze(1)
    close(F.cross_entropy(shifted, labels, reduction="none"), F.cross_entropy(logits, labels, reduction="none"))


def test_permuting_the_classes_permutes_nothing_but_their_names(logits: Tensor, labels: Tensor, weight: Tensor) -> None:
    order = torch.tensor([2, 0, 3, 1])
    renamed = order.argsort()[labels]
    for smoothing in (0.0, 0.1):
        given = F.cross_entropy(logits, labels, weight, label_smoothing=smoothing)
        close(F.cross_entropy(logits[:, order], renamed, weight[order], label_smoothing=smoothing), given)


def test_the_gradient_of_a_row_sums_to_zero_even_far_in_the_tail() -> None:
    logits = torch.tensor([[0.0, 1.0, 30.0], [3.0, -50.0, 2.0]], requires_grad=True)
    F.cross_entropy(logits, torch.tensor([2, 1]), reduction="sum").backward()
    assert logits.grad is not None
    scale = logits.grad.abs().amax(1)
    assert (logits.grad.sum(1).abs() <= 2e-7 * scale).all()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_class_indices_are_one_hot_class_probabilities(logits: Tensor, labels: Tensor, smoothing: float) -> None:
    onehot = torch.nn.functional.one_hot(labels, 4).double()
    for weight in (None, torch.tensor([0.5, 1.0, 3.0, 2.0], dtype=torch.float64)):
        by_index = F.cross_entropy(logits, labels, weight, label_smoothing=smoothing, reduction="none")
        close(F.cross_entropy(logits, onehot, weight, label_smoothing=smoothing, reduction="none"), by_index)


def test_cross_entropy_is_the_negative_log_likelihood_of_log_softmax(
    logits: Tensor, labels: Tensor, weight: Tensor
) -> None:
    for reduction in ("none", "mean", "sum"):
        likelihood = F.nll_loss(logits.log_softmax(1), labels, weight, reduction=reduction)
        close(F.cross_entropy(logits, labels, weight, reduction=reduction), likelihood)


def test_a_whole_weight_is_a_repeated_row(logits: Tensor, labels: Tensor) -> None:
    weight = torch.tensor([1.0, 2.0, 3.0, 1.0], dtype=torch.float64)
    times = weight[labels].long()
    repeated = F.cross_entropy(logits.repeat_interleave(times, 0), labels.repeat_interleave(times))
    close(F.cross_entropy(logits, labels, weight), repeated)


def test_a_whole_positive_weight_is_a_repeated_positive() -> None:
    logits, labels = torch.tensor([0.3, -2.0, 1.0]), torch.tensor([1.0, 0.0, 1.0])
    weighted = F.binary_cross_entropy_with_logits(logits, labels, pos_weight=torch.tensor(3.0), reduction="sum")
    times = torch.tensor([3, 1, 3])
    plain = F.binary_cross_entropy_with_logits(
        logits.repeat_interleave(times), labels.repeat_interleave(times), reduction="sum"
    )
    close(weighted, plain, 1e-6)


def test_the_mean_over_class_probabilities_divides_by_the_rows_whatever_the_weights(
    logits: Tensor, weight: Tensor
) -> None:
    target = torch.rand(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).softmax(1)
    rows = F.cross_entropy(logits, target, weight, reduction="none")
    close(F.cross_entropy(logits, target, weight), rows.sum() / 6)


def test_the_class_dimension_is_the_second_of_an_image(logits: Tensor, labels: Tensor) -> None:
    image = logits.t().reshape(1, 4, 2, 3)
    rows = F.cross_entropy(logits, labels, reduction="none")
    for layout in (torch.contiguous_format, torch.channels_last):
        pixels = F.cross_entropy(image.contiguous(memory_format=layout), labels.reshape(1, 2, 3), reduction="none")
        close(pixels, rows.reshape(1, 2, 3))


def test_a_row_without_a_batch_is_a_batch_of_one(logits: Tensor) -> None:
    one = F.cross_entropy(logits[:1], torch.tensor([2]), reduction="none")
    for label in (torch.tensor(2), torch.tensor([2])):
        assert F.cross_entropy(logits[0], label, reduction="none").shape == ()
        close(F.cross_entropy(logits[0], label), one[0])


@pytest.mark.parametrize(
    "dtype", [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32]
)
def test_class_indices_of_any_width_are_the_same_labels(logits: Tensor, labels: Tensor, dtype: torch.dtype) -> None:
    close(F.cross_entropy(logits, labels.to(dtype)), F.cross_entropy(logits, labels))
    close(F.nll_loss(logits, labels.to(dtype)), F.nll_loss(logits, labels))
    close(F.focal_loss(logits, labels.to(dtype)), F.focal_loss(logits, labels))


def test_bool_and_integer_targets_are_yes_and_no(logits: Tensor) -> None:
    x, yes = logits[:, 0], torch.tensor([True, False, True, True, False, False])
    for target in (yes, yes.to(torch.uint8), yes.long()):
        close(F.binary_cross_entropy_with_logits(x, target), F.binary_cross_entropy_with_logits(x, yes.double()))
        close(F.binary_cross_entropy(x.sigmoid(), target), F.binary_cross_entropy(x.sigmoid(), yes.double()))
        close(F.sigmoid_focal_loss(x, target), F.sigmoid_focal_loss(x, yes.double()))
    close(F.cross_entropy(logits, yes), F.cross_entropy(logits, yes.long()))


def test_a_byte_label_is_not_mistaken_for_the_ignored_one() -> None:
    logits = torch.zeros(1, 200)
    assert F.cross_entropy(logits, torch.tensor([156], dtype=torch.uint8)).item() == pytest.approx(math.log(200))


def test_ignored_rows_neither_cost_nor_count(logits: Tensor, labels: Tensor, weight: Tensor) -> None:
    ignored = labels.clone()
    ignored[[1, 4]] = 9
    kept = [0, 2, 3, 5]
    for smoothing in (0.0, 0.2):
        loss = F.cross_entropy(logits, ignored, weight, ignore_index=9, label_smoothing=smoothing)
        close(loss, F.cross_entropy(logits[kept], labels[kept], weight, label_smoothing=smoothing))
    close(F.focal_loss(logits, ignored, ignore_index=9), F.focal_loss(logits[kept], labels[kept]))
    assert F.cross_entropy(logits, ignored, ignore_index=9, reduction="none")[[1, 4]].tolist() == [0.0, 0.0]


def test_linear_cross_entropy_is_a_linear_layer_and_cross_entropy(logits: Tensor, labels: Tensor) -> None:
    head, bias = torch.arange(20.0).double().reshape(5, 4) / 10, torch.arange(5.0).double()
    close(
        F.linear_cross_entropy(logits, head, labels, linear_bias=bias, label_smoothing=0.1),
        F.cross_entropy(logits @ head.t() + bias, labels, label_smoothing=0.1),
    )


def test_the_inputs_are_left_as_they_were(logits: Tensor, labels: Tensor, weight: Tensor) -> None:
    tensors = (logits, labels, weight)
    versions = [tensor._version for tensor in tensors]
    F.cross_entropy(logits, labels, weight, label_smoothing=0.1)
    F.focal_loss(logits, labels, weight)
    assert [tensor._version for tensor in tensors] == versions


def test_under_autocast_a_sixteen_bit_loss_is_float32_as_torch_has_it() -> None:
    logits, labels = torch.zeros(2, 3, dtype=torch.bfloat16), torch.tensor([0, 1])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert F.cross_entropy(logits, labels, torch.ones(3)).dtype == torch.float32
        assert F.nll_loss(logits, labels).dtype == torch.float32
        assert F.focal_loss(logits, labels).dtype == torch.float32
        assert F.binary_cross_entropy_with_logits(logits[0], logits[0]).dtype == torch.float32
    assert F.cross_entropy(logits, labels).dtype == torch.bfloat16
