"""Probabilities back to logits."""

import pytest
import torch

from crossent import InputError, Task
from crossent.calibration import logits_of

BINARY, THREE, LABELS = Task.binary(["a", "b"]), Task.multiclass(["a", "b", "c"]), Task.multilabel(["a", "b", "c"])


@pytest.mark.parametrize("task", [BINARY, THREE, LABELS])
def test_the_probabilities_come_back(task: Task) -> None:
    logits = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 5
    probabilities = task.probabilities(logits[:, 0] if task.kind == "binary" else logits)
    torch.testing.assert_close(task.probabilities(logits_of(task, probabilities)), probabilities, rtol=1e-12, atol=0)


def test_small_probabilities_keep_their_digits_and_the_ends_are_finite() -> None:
    p = torch.tensor([0.0, 1e-300, 1e-20, 1.0], dtype=torch.float64)
    logits = logits_of(BINARY, p)
    assert logits.isfinite().all()
    assert bool((logits.diff() > 0).all())
    torch.testing.assert_close(logits[1:3], p[1:3].log(), rtol=1e-14, atol=0)
    certain = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    assert torch.equal(THREE.probabilities(logits_of(THREE, certain)).round(decimals=12), certain)


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(InputError) as error:
        logits_of(BINARY, torch.tensor([0.5, 2.0]))
    assert "probabilities must be from 0 to 1; got 0.5 to 2" in str(error.value)
