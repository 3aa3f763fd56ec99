"""Probabilities back to logits."""

import pytest
import torch

from crossent import Evaluation, InputError, Task, calibrate
from crossent.calibration import logits_of

BINARY, THREE, LABELS = Task.binary(["a", "b"]), Task.multiclass(["a", "b", "c"]), Task.multilabel(["a", "b", "c"])


@pytest.mark.parametrize("task", [BINARY, THREE, LABELS])
def test_the_probabilities_come_back(task: Task) -> None:
    logits = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 5
    probabilities = task.probabilities(logits[:, 0] if task.kind == "binary" else logits)
    torch.testing.assert_close(task.probabilities(logits_of(task, probabilities)), probabilities, rtol=1e-12, atol=0)


def test_small_probabilities_keep_their_digits_and_the_ends_are_finite() -> None:
    p = torch.tensor([0.0, 1e-15, 1e-9, 1.0], dtype=torch.float64)
    logits = logits_of(BINARY, p)
    assert logits.isfinite().all()
    assert bool((logits.diff() > 0).all())
    torch.testing.assert_close(logits[1:3], (p / (1 - p))[1:3].log(), rtol=1e-14, atol=0)
    certain = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    assert torch.equal(THREE.probabilities(logits_of(THREE, certain)).round(decimals=12), certain)


@pytest.mark.parametrize("task", [BINARY, THREE, LABELS])
def test_probabilities_of_0_and_1_have_the_log_loss_of_an_evaluation(task: Task) -> None:
    """A wrong certainty costs 36, and not 708, so that a calibrator is no giant gain beside the evaluation."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 3, (60,), generator=draw)
    p = torch.nn.functional.one_hot(torch.randint(0, 3, (60,), generator=draw), 3).double()
    if task.kind == "binary":
        labels, p = (labels > 0).long(), p[:, 0]
    elif task.kind == "multilabel":
        labels = torch.randint(0, 2, (60, 3), generator=draw)
    evaluated = Evaluation.empty(task).update(labels, probabilities=p).compute().log_loss
    calibrated = calibrate(task, logits_of(task, p), labels).log_loss
    assert calibrated == pytest.approx(evaluated, rel=1e-9)


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(InputError) as error:
        logits_of(BINARY, torch.tensor([0.5, 2.0]))
    assert "probabilities must be from 0 to 1; got 0.5 to 2" in str(error.value)
