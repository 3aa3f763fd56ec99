"""The linear model as a member: its mathematics, what it sees, what it chooses, and that it comes back as it was."""

import math
import time

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from crossent.data import Encoder, Layout, Split, read, stratified_folds
from crossent.members import CrossFitted, Linear, cross_fit_linear, fit_linear
from crossent.training import Examples


def encoded(
    columns: dict[str, object], labels: np.ndarray, weights: np.ndarray | None = None
) -> tuple[Examples, Layout]:
    table = read(pl.DataFrame(columns))
    encoder = Encoder.fit(table.frame, table.columns)
    given = None if weights is None else torch.from_numpy(weights).float()
    return Examples(encoder.encode(table.frame), torch.from_numpy(labels).long(), given), encoder.layout


def flags(rows: int = 400, classes: int = 3) -> tuple[Examples, Layout]:
    """Two flags and a category, which a linear model takes as they are."""
    chance = np.random.default_rng(0)
    wet, cold, color = chance.random(rows) < 0.3, chance.random(rows) < 0.6, chance.integers(4, size=rows)
    labels = (wet.astype(int) + (color == 2) + (chance.random(rows) < 0.2)) % classes
    names = [f"color {each}" for each in color]
    return encoded({"wet": wet, "cold": cold, "color": names}, labels, weights=chance.uniform(0.5, 2, size=rows))


def folds(examples: Examples, count: int = 3) -> tuple[Split, ...]:
    return stratified_folds(examples.labels, count, generator=torch.Generator().manual_seed(0))


def mean_loss(fitted: CrossFitted, examples: Examples) -> float:
    return -float(fitted.held_out.gather(1, examples.labels[:, None]).mean())


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_logistic_regression_with_a_quadratic_penalty(classes: int) -> None:
    examples, layout = flags(classes=classes)
    member = fit_linear(examples, strength=2.0, layout=layout, classes=classes)
    numbers = examples.features.numbers.numpy()
    one_hot = np.eye(7)[examples.features.codes.numpy()[:, 0]]
    inputs = np.hstack([(numbers - numbers.mean(0)) / numbers.std(0), one_hot])
    reference = LogisticRegression(C=1 / 2.0, tol=1e-8, max_iter=1000)
    reference.fit(inputs, examples.labels.numpy(), sample_weight=None if examples.weights is None else examples.weights)
    found = member.log_probabilities(examples.features).exp().numpy()
    np.testing.assert_allclose(found, reference.predict_proba(inputs), atol=5e-3)


@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns_and_gives_probabilities_of_every_class(classes: int) -> None:
    examples, layout = flags(classes=classes)
    fitted = cross_fit_linear(examples, folds(examples), layout=layout, classes=classes, seed=0)
    logs = fitted.member.log_probabilities(examples.features)
    assert logs.shape == fitted.held_out.shape == (400, classes)
    assert logs.dtype == fitted.held_out.dtype == torch.float64
    torch.testing.assert_close(logs.exp().sum(dim=1), torch.ones(400, dtype=torch.float64))
    assert mean_loss(fitted, examples) < 0.95 * math.log(classes)


def test_a_row_is_never_judged_by_a_copy_that_trained_on_it() -> None:
    examples, layout = flags()
    splits = folds(examples)
    fitted = cross_fit_linear(examples, splits, layout=layout, classes=3, seed=0)
    assert isinstance(fitted.member, Linear)
    for weights, split in zip(fitted.member.weights, splits, strict=True):
        said = Linear(fitted.member.columns, weights[None]).log_probabilities(examples.features[split.validation])
        torch.testing.assert_close(fitted.held_out[split.validation], said, rtol=1e-5, atol=1e-5)
    again = fitted.member.held_out(examples.features, splits)
    torch.testing.assert_close(again, fitted.held_out, rtol=1e-5, atol=1e-5)


def test_each_copy_learns_from_its_own_training_rows_only() -> None:
    examples, layout = flags()
    split = Split(torch.arange(300), torch.arange(300, 400))
    fitted = cross_fit_linear(examples, [split], layout=layout, classes=3, seed=0)
    turned = Examples(examples.features, examples.labels.clone(), examples.weights)
    turned.labels[300:] = (turned.labels[300:] + 1) % 3
    other = cross_fit_linear(turned, [split], layout=layout, classes=3, seed=0, deadline=time.monotonic())
    same = cross_fit_linear(examples, [split], layout=layout, classes=3, seed=0, deadline=time.monotonic())
    torch.testing.assert_close(other.held_out[300:], same.held_out[300:])
    assert fitted.held_out[:300].isnan().all()


def test_the_strength_is_the_one_of_least_loss_over_the_held_out_rows_by_their_weights() -> None:
    examples, layout = flags()
    fitted = cross_fit_linear(examples, folds(examples), layout=layout, classes=3, seed=0)
    assert examples.weights is not None
    losses = -fitted.held_out.gather(1, examples.labels[:, None])[:, 0]
    weights = examples.weights.double()
    assert fitted.chosen["loss"] == pytest.approx(float(losses @ weights / weights.sum()))
    first = cross_fit_linear(examples, folds(examples), layout=layout, classes=3, seed=0, deadline=time.monotonic())
    assert first.chosen["strength"] > fitted.chosen["strength"]
    assert first.chosen["loss"] > fitted.chosen["loss"]


def test_noise_is_answered_with_the_shares_of_the_classes() -> None:
    chance = np.random.default_rng(0)
    examples, layout = encoded({f"noise {i}": chance.normal(size=500) for i in range(20)}, chance.integers(2, size=500))
    fitted = cross_fit_linear(examples, folds(examples), layout=layout, classes=2, seed=0)
    assert mean_loss(fitted, examples) < math.log(2) + 0.01


def test_a_curve_is_learned_by_broken_lines() -> None:
    chance = np.random.default_rng(0)
    size = chance.normal(size=600)
    examples, layout = encoded({"size": size}, (np.abs(size) < 0.6).astype(int))
    fitted = cross_fit_linear(examples, folds(examples), layout=layout, classes=2, seed=0)
    assert mean_loss(fitted, examples) < 0.15


def test_a_word_is_found_in_a_text() -> None:
    chance = np.random.default_rng(0)
    labels = np.arange(400) % 2
    words = np.array(["plain", "tea", "cup", "brown", "leaf", "pot", "warm", "old"])
    texts = [" ".join([*chance.choice(words, 4), "awful" if label else "fine"]) for label in labels]
    examples, layout = encoded({"review": texts}, labels)
    fitted = cross_fit_linear(examples, folds(examples), layout=layout, classes=2, seed=0)
    assert mean_loss(fitted, examples) < 0.1


def test_it_comes_back_from_what_it_is_saved_as() -> None:
    examples, layout = flags()
    member = cross_fit_linear(examples, folds(examples), layout=layout, classes=3, seed=0).member
    expected = member.log_probabilities(examples.features)
    assert torch.equal(Linear.load(member.save()).log_probabilities(examples.features), expected)
    assert member.log_probabilities(examples.features[:0]).shape == (0, 3)


def test_two_runs_are_equal() -> None:
    examples, layout = flags()
    runs = [cross_fit_linear(examples, folds(examples), layout=layout, classes=3, seed=0).held_out for _ in range(2)]
    assert torch.equal(*runs)


def test_codes_that_were_not_there_at_fit_time_say_nothing() -> None:
    examples, layout = flags()
    member = fit_linear(examples, strength=1.0, layout=layout, classes=3)
    strange, padded = examples.features[:5], examples.features[:5]
    strange.codes.fill_(100)
    padded.codes.fill_(0)
    assert torch.equal(member.log_probabilities(strange), member.log_probabilities(padded))


def test_it_takes_one_step_when_the_time_is_up_already() -> None:
    examples, layout = flags()
    now = time.monotonic()
    done = fit_linear(examples, strength=0.1, layout=layout, classes=3)
    late = fit_linear(examples, strength=0.1, layout=layout, classes=3, deadline=now)
    losses = [
        -each.log_probabilities(examples.features).gather(1, examples.labels[:, None]).mean() for each in (done, late)
    ]
    assert losses[0] < losses[1] < math.log(3)
