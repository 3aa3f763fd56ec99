"""What is refused, with the whole message: what must hold, what came, what to do."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from crossent import functional as F

pytestmark = pytest.mark.usefixtures("each_kernel")

ROWS = torch.zeros(2, 3)
LABELS = torch.tensor([0, 1])
IMAGE = torch.zeros(2, 3, 4)

Case = tuple[str, Callable[[], object], type[Exception], str]

CASES: list[Case] = [
    (
        "a class index too large",
        lambda: F.cross_entropy(ROWS, torch.tensor([0, 7])),
        IndexError,
        "cross_entropy: Target 7 is out of bounds: target[1] must be a class index from 0 to 2, since input has 3 "
        "classes, or ignore_index=-100; count classes from 0, or widen input.",
    ),
    (
        "a negative class index in an image",
        lambda: F.nll_loss(IMAGE, torch.tensor([[0, 1, 2, 0], [1, 1, -1, -2]])),
        IndexError,
        "nll_loss: Target -1 is out of bounds: target[1, 2] must be a class index from 0 to 2, since input has 3 "
        "classes, or ignore_index=-100; count classes from 0, or widen input.",
    ),
    (
        "a class index of one row",
        lambda: F.cross_entropy(ROWS[0], torch.tensor(3), ignore_index=-1),
        IndexError,
        "cross_entropy: Target 3 is out of bounds: target must be a class index from 0 to 2, since input has 3 "
        "classes, or ignore_index=-1; count classes from 0, or widen input.",
    ),
    (
        "a list",
        lambda: F.cross_entropy(ROWS, [0, 1]),  # pyrefly: ignore[bad-argument-type]
        TypeError,
        "cross_entropy: target must be a torch.Tensor, got list; use torch.as_tensor(target).",
    ),
    (
        "integer logits",
        lambda: F.cross_entropy(ROWS.long(), LABELS),
        NotImplementedError,
        "cross_entropy: not implemented for int64: input must be floating point (float16, bfloat16, float32 or "
        "float64); use input.float().",
    ),
    (
        "another number of rows",
        lambda: F.cross_entropy(ROWS, torch.tensor([0, 1, 2])),
        ValueError,
        "cross_entropy: Expected input batch_size (2) to match target batch_size (3): input has shape [2, 3], target "
        "[3]; give one class index a row.",
    ),
    (
        "a column of labels",
        lambda: F.cross_entropy(ROWS, LABELS.unsqueeze(1)),
        RuntimeError,
        "cross_entropy: 0D or 1D target tensor expected, multi-target not supported: Expected target size [2], "
        "got [2, 1]; use target.squeeze(1).",
    ),
    (
        "one-hot rows of another width",
        lambda: F.cross_entropy(ROWS, torch.zeros(2, 4, dtype=torch.int64)),
        RuntimeError,
        "cross_entropy: 0D or 1D target tensor expected, multi-target not supported: Expected target size [2], "
        "got [2, 4]; give one class index a row; for one-hot rows use target.argmax(1).",
    ),
    (
        "classes in the last dimension",
        lambda: F.cross_entropy(torch.zeros(2, 5, 3), torch.zeros(2, 5, dtype=torch.int64)),
        RuntimeError,
        "cross_entropy: Expected target size [2, 3], got [2, 5]; the classes must be in dimension 1: "
        "use input.movedim(-1, 1).",
    ),
    (
        "many labels for one row",
        lambda: F.cross_entropy(ROWS[0], LABELS),
        RuntimeError,
        "cross_entropy: 0D or 1D target tensor expected, multi-target not supported: input [3] is one row and takes "
        "one class index, got target [2].",
    ),
    (
        "class indices that are not whole",
        lambda: F.cross_entropy(ROWS, LABELS.float()),
        RuntimeError,
        "cross_entropy: expected target dtype to be Long or Byte, or any integer or bool, but got float32; "
        "class indices are whole numbers: use target.long(). Class probabilities need the shape of input.",
    ),
    (
        "class probabilities that are whole",
        lambda: F.cross_entropy(ROWS, ROWS.long()),
        RuntimeError,
        "cross_entropy: Expected floating point type for target with class probabilities, got int64; target has the "
        "shape of input. For class indices drop the class dimension (target.argmax(1)); for probabilities use "
        "target.to(input.dtype).",
    ),
    (
        "an ignored class among probabilities",
        lambda: F.cross_entropy(ROWS, ROWS, ignore_index=1),
        RuntimeError,
        "cross_entropy: ignore_index is not supported for floating point target, got ignore_index=1; leave it out, and "
        "give the rows to ignore a target of zeros.",
    ),
    (
        "weights for other classes",
        lambda: F.cross_entropy(ROWS, LABELS, torch.ones(2)),
        RuntimeError,
        "cross_entropy: weight tensor should be defined either for all 3 classes or no classes but got weight tensor "
        "of shape: [2]; give one number a class.",
    ),
    (
        "weights of another type",
        lambda: F.cross_entropy(ROWS, LABELS, torch.ones(3, dtype=torch.float64)),
        RuntimeError,
        "cross_entropy: weight must have the input's type: expected scalar type float32 but found float64; "
        "use weight.to(input.dtype).",
    ),
    (
        "too much smoothing",
        lambda: F.cross_entropy(ROWS, LABELS, label_smoothing=1.5),
        RuntimeError,
        "cross_entropy: label_smoothing must be between 0.0 and 1.0. Got: 1.5.",
    ),
    (
        "negative smoothing, which torch takes in silence",
        lambda: F.cross_entropy(ROWS, LABELS, label_smoothing=-0.5),
        RuntimeError,
        "cross_entropy: label_smoothing must be between 0.0 and 1.0. Got: -0.5.",
    ),
    (
        "an unknown reduction",
        lambda: F.cross_entropy(ROWS, LABELS, reduction="average"),
        ValueError,
        "cross_entropy: average is not a valid value for reduction; it must be 'none', 'mean' or 'sum'.",
    ),
    (
        "no class at all",
        lambda: F.cross_entropy(torch.zeros(2, 0), torch.zeros(2, 0)),
        ValueError,
        "cross_entropy: input must have at least one class, got shape [2, 0].",
    ),
    (
        "a single number",
        lambda: F.nll_loss(torch.tensor(1.0), torch.tensor(0)),
        ValueError,
        "nll_loss: input: Expected 1 or more dimensions (got 0); the classes are in dimension 1, or 0.",
    ),
    (
        "a column of logits",
        lambda: F.binary_cross_entropy_with_logits(torch.zeros(2, 1), torch.zeros(2)),
        ValueError,
        "binary_cross_entropy_with_logits: Target size (torch.Size([2])) must be the same as input size "
        "(torch.Size([2, 1])); use input.reshape(target.shape) if both hold the same elements in the same order.",
    ),
    (
        "probabilities of another shape",
        lambda: F.binary_cross_entropy(torch.zeros(2, 3), torch.zeros(2)),
        ValueError,
        "binary_cross_entropy: Using a target size (torch.Size([2])) that is different to the input size "
        "(torch.Size([2, 3])) is an error; give one target an element.",
    ),
    (
        "logits for probabilities",
        lambda: F.binary_cross_entropy(torch.tensor([0.5, -2.0]), torch.zeros(2)),
        RuntimeError,
        "binary_cross_entropy: all elements of input should be between 0 and 1, but input[1] is -2.0; for logits use "
        "binary_cross_entropy_with_logits.",
    ),
    (
        "a NaN for a probability",
        lambda: F.binary_cross_entropy(torch.tensor(float("nan")), torch.tensor(0.0)),
        RuntimeError,
        "binary_cross_entropy: all elements of input should be between 0 and 1, but input is nan; for logits use "
        "binary_cross_entropy_with_logits.",
    ),
    (
        "a target beyond yes",
        lambda: F.binary_cross_entropy(torch.zeros(2), torch.tensor([0.0, 2.0])),
        RuntimeError,
        "binary_cross_entropy: all elements of target should be between 0 and 1, but target[1] is 2.0; a target is the "
        "probability of yes.",
    ),
    (
        "positive weights for other labels",
        lambda: F.binary_cross_entropy_with_logits(ROWS, ROWS, pos_weight=torch.ones(2)),
        RuntimeError,
        "binary_cross_entropy_with_logits: pos_weight must broadcast onto input's shape [2, 3], got [2]; its "
        "dimensions are matched from the last, each 1 or equal.",
    ),
    (
        "weights that would widen the input",
        lambda: F.binary_cross_entropy(ROWS, ROWS, torch.ones(5, 2, 3)),
        RuntimeError,
        "binary_cross_entropy: weight must broadcast onto input's shape [2, 3], got [5, 2, 3]; its dimensions are "
        "matched from the last, each 1 or equal.",
    ),
    (
        "a head for other features",
        lambda: F.linear_cross_entropy(ROWS, torch.zeros(3, 5), LABELS),
        RuntimeError,
        "linear_cross_entropy: expected equal input and linear_weight last dimensions (in_features), got 3 and 5, "
        "respectively; linear_weight is (classes, in_features).",
    ),
    (
        "a negative focus",
        lambda: F.focal_loss(ROWS, LABELS, gamma=-1.0),
        ValueError,
        "focal_loss: gamma must be a finite number, 0 or more, got -1.0; 0 is plain cross entropy.",
    ),
    (
        "an alpha beyond a share",
        lambda: F.sigmoid_focal_loss(ROWS, ROWS, alpha=2.0),
        ValueError,
        "sigmoid_focal_loss: alpha must be between 0 and 1, got 2.0; it is the share of the positives. "
        "Use None (or -1) for none.",
    ),
    (
        "focal targets of another shape",
        lambda: F.sigmoid_focal_loss(ROWS, LABELS),
        ValueError,
        "sigmoid_focal_loss: targets must have the shape of inputs, got [2] and [2, 3]; give one target an element.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_wrong_call_is_refused_with_the_rule_the_fact_and_the_cure(case: Case) -> None:
    _, call, error, message = case
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_an_ignored_label_outside_the_classes_is_no_error() -> None:
    assert F.cross_entropy(ROWS, torch.tensor([255, 0], dtype=torch.uint8), ignore_index=255).isfinite()


def test_values_are_not_looked_at_where_that_would_break_a_transform() -> None:
    def of_row(row: Tensor, probability: Tensor) -> Tensor:
        return F.binary_cross_entropy(row.sigmoid(), probability.expand(3))

    assert torch.func.vmap(of_row)(ROWS, torch.tensor([0.0, 1.0])).shape == (2,)
