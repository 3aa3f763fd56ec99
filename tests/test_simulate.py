"""The simulator of the lessons."""

import pytest
import torch

from crossent import InputError
from crossent.simulate import classification_logits


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("accuracy", [0.0, 0.1, 0.8, 1.0])
def test_the_share_that_is_right_is_the_one_asked_for(classes: int, accuracy: float) -> None:
    rows = 200_000
    logits, labels = classification_logits(classes, rows, accuracy, seed=3)
    share = (logits.argmax(dim=1) == labels).double().mean().item()
    spread = (accuracy * (1 - accuracy) / rows) ** 0.5
    assert abs(share - accuracy) <= 4.5 * spread


def test_a_row_is_right_or_wrong_without_ties_whatever_the_confidence() -> None:
    logits, _ = classification_logits(2, 500_000, 0.5, confidence=1e-9)
    assert (logits[:, 0] != logits[:, 1]).all()


def test_a_larger_confidence_gives_larger_leads_and_a_smaller_loss() -> None:
    losses = []
    for confidence in (0.1, 1.0, 10.0):
        logits, labels = classification_logits(4, 20_000, 1.0, confidence=confidence)
        losses.append(torch.nn.functional.cross_entropy(logits, labels).item())
    assert losses[0] > losses[1] > losses[2]


def test_every_class_is_as_common_as_the_others() -> None:
    _, labels = classification_logits(5, 100_000, 0.7)
    assert ((labels.bincount() / len(labels) - 0.2).abs() < 0.006).all()


def test_the_losing_logits_are_uniform_between_minus_five_and_five() -> None:
    logits, _ = classification_logits(10, 50_000, 0.5)
    losing = logits.sort(dim=1).values[:, :-1]
    assert losing.min() >= -5
    assert losing.max() <= 5


def test_the_seed_decides_everything_and_the_global_generator_nothing() -> None:
    first = classification_logits(3, 100, 0.8, seed=1)
    torch.manual_seed(99)
    again = classification_logits(3, 100, 0.8, seed=1)
    other = classification_logits(3, 100, 0.8, seed=2)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 10, 0.5), "classes must be at least 2; got 1"),
        ((3, -1, 0.5), "rows must be at least 0; got -1"),
        ((3, 10, 1.5), "accuracy must be from 0 to 1; got 1.5"),
        ((3, 10, 0.5, 0.0), "confidence must be above 0; got 0.0"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments: tuple[int, int, float], message: str) -> None:
    with pytest.raises(InputError) as error:
        classification_logits(*arguments)
    assert str(error.value) == message
