"""The network member."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typing_extensions import override

from crossent.data import CodePart, Features, Layout, NumberPart, Split, stratified_folds
from crossent.members import CrossFitted, Network, NetworkSettings, Saved, cross_fit_network, fit_network
from crossent.models import FrontKind
from crossent.training import Course, Epoch, Examples, Watch

LAYOUT = Layout(
    (NumberPart("x", "value"), NumberPart("x", "missing"), NumberPart("b", "flag")),
    (CodePart("few", "category", 0, 1, 1, 5), CodePart("many", "category", 1, 1, 6, 14)),
)
SMALL = NetworkSettings(hidden=16, layers=2, course=Course(epochs=4, batch_size=32, learning_rate=0.02))


def table(rows: int = 200, classes: int = 3, seed: int = 0) -> Examples:
    """A wave of x, a category of few levels and one of many decide the class, with some noise."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(rows, generator=generator) * 6 - 3
    few = torch.randint(3, 6, (rows,), generator=generator)
    many = torch.randint(8, 20, (rows,), generator=generator)
    score = (2 * x).sin() + 0.5 * (few - 4) + (many % 3 - 1) + 0.3 * torch.randn(rows, generator=generator)
    labels = torch.bucketize(score, torch.linspace(-1, 1, classes - 1) if classes > 2 else torch.zeros(1))
    missing = torch.rand(rows, generator=generator) < 0.1
    flag = torch.randint(2, (rows,), generator=generator).float() * 2 - 1
    numbers = torch.stack([x.masked_fill(missing, 0), missing.float(), flag], dim=1)
    return Examples(Features(numbers, torch.stack([few, many], dim=1).int()), labels)


def folds(examples: Examples, count: int = 3) -> tuple[Split, ...]:
    return stratified_folds(examples.labels, count, generator=torch.Generator().manual_seed(0))


def fitted(
    examples: Examples | None = None,
    settings: NetworkSettings = SMALL,
    *,
    classes: int = 3,
    seed: int = 0,
    deadline: float | None = None,
) -> CrossFitted:
    examples = table(classes=classes) if examples is None else examples
    return cross_fit_network(
        examples,
        folds(examples),
        layout=LAYOUT,
        classes=classes,
        settings=settings,
        seed=seed,
        deadline=deadline,
    )


def loss(log_probabilities: torch.Tensor, labels: torch.Tensor) -> float:
    return -log_probabilities.gather(1, labels.unsqueeze(1)).mean().item()


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("front", ["robust", "quantile"])
def test_it_gives_the_probability_of_each_class(classes: int, front: FrontKind) -> None:
    settings = replace(SMALL, front=front)
    examples = table(classes=classes)
    result = fitted(examples, settings, classes=classes)
    for log_probabilities in (result.held_out, result.member.log_probabilities(examples.features)):
        assert log_probabilities.shape == (200, classes)
        assert log_probabilities.dtype == torch.float64
        torch.testing.assert_close(log_probabilities.exp().sum(1), torch.ones(200).double(), rtol=1e-9, atol=0)


@pytest.mark.parametrize("ordered", [False, True])
def test_it_learns_what_is_there_to_be_learned(ordered: bool) -> None:
    course = Course(epochs=12, batch_size=32, learning_rate=0.02, dropout=0.0)
    settings = replace(SMALL, hidden=32, ordered=ordered, course=course)
    examples = table(600)
    result = fitted(examples, settings)
    assert loss(result.held_out, examples.labels) < 0.7
    fresh = table(600, seed=1)
    assert loss(result.member.log_probabilities(fresh.features), fresh.labels) < 0.7


def test_the_held_out_loss_is_that_of_the_history_at_the_chosen_epoch() -> None:
    examples = table()
    result = fitted(examples)
    assert result.history is not None
    best = result.history.epochs[result.history.best_epoch - 1]
    assert result.chosen["epochs"] == result.history.best_epoch == best.epoch
    assert loss(result.held_out, examples.labels) == pytest.approx(best.validation_loss, rel=1e-9)
    assert best.validation_loss == min(epoch.validation_loss for epoch in result.history.epochs)


def test_a_row_is_never_judged_by_a_copy_that_trained_on_it() -> None:
    """Labels are noise: a copy that had seen its judges' labels would do better than chance."""
    examples = table(120)
    labels = torch.randint(3, (120,), generator=torch.Generator().manual_seed(1))
    course = Course(epochs=30, batch_size=16, learning_rate=0.03, dropout=0.0, weight_decay=0.0)
    noise = replace(examples, labels=labels)
    result = fitted(noise, replace(SMALL, hidden=64, course=course))
    assert loss(result.held_out, labels) > 0.95 * torch.tensor(3.0).log()


def test_the_copies_can_be_asked_again_about_the_rows_that_each_has_not_seen() -> None:
    examples = table(120)
    result = fitted(examples, SMALL)
    again = result.member.held_out(examples.features, folds(examples))
    torch.testing.assert_close(again, result.held_out, rtol=1e-5, atol=1e-5)
    some = [Split(split.training, split.validation[:4]) for split in folds(examples)]
    asked = result.member.held_out(examples.features, some)
    assert (~asked.isnan()).all(dim=1).sum() == 12


def test_rows_that_no_split_validates_have_no_held_out_probabilities() -> None:
    examples = table(100)
    splits = [
        Split(torch.arange(0, 60), torch.arange(60, 80)),
        Split(torch.arange(0, 50), torch.arange(70, 90)),
    ]
    result = cross_fit_network(examples, splits, layout=LAYOUT, classes=3, settings=SMALL, seed=0)
    assert result.held_out[:60].isnan().all()
    assert result.held_out[60:90].isfinite().all()
    assert result.held_out[90:].isnan().all()


def test_equal_seeds_give_equal_bits_and_others_do_not() -> None:
    first, again, other = fitted(seed=3), fitted(seed=3), fitted(seed=4)
    assert torch.equal(first.held_out, again.held_out)
    rows = table(seed=5).features
    assert torch.equal(first.member.log_probabilities(rows), again.member.log_probabilities(rows))
    assert not torch.equal(first.held_out, other.held_out)


def test_a_saved_network_comes_back_to_the_last_bit() -> None:
    for settings in (SMALL, replace(SMALL, front="quantile", frequencies=(0.1, 10.0), ordered=True)):
        member = fitted(settings=settings).member
        saved = member.save()
        back = Network.load(Saved(json.loads(json.dumps(saved.record)), saved.weights, saved.texts))
        rows = table(seed=6).features
        assert torch.equal(member.log_probabilities(rows), back.log_probabilities(rows))
        assert back.settings == settings


def test_a_category_that_was_never_seen_is_taken_as_unseen_whatever_its_code() -> None:
    examples = table()
    codes = examples.features.codes.clone()
    codes[codes == 19] = 7  # no row of training has the last level of "many"
    member = fitted(replace(examples, features=Features(examples.features.numbers, codes))).member
    unseen, never = codes.clone(), codes.clone()
    unseen[:, 1], never[:, 1] = 7, 19
    numbers = examples.features.numbers
    assert torch.equal(
        member.log_probabilities(Features(numbers, unseen)), member.log_probabilities(Features(numbers, never))
    )


def test_a_weight_of_two_weighs_in_the_choice_as_two_rows_would() -> None:
    examples = table()
    ones = replace(examples, weights=torch.ones(len(examples)))
    plain, weighted = fitted(examples), fitted(ones)
    torch.testing.assert_close(plain.held_out, weighted.held_out, rtol=1e-3, atol=1e-3)
    heavy = torch.where(examples.labels == 2, 10.0, 1.0)
    tilted = fitted(replace(examples, weights=heavy))
    assert tilted.held_out[:, 2].exp().mean() > plain.held_out[:, 2].exp().mean() + 0.1


def test_a_fit_on_all_rows_has_as_many_copies_as_asked_and_predicts_like_the_cross_fitted_one() -> None:
    course = Course(epochs=10, batch_size=32, learning_rate=0.02)
    settings = replace(SMALL, hidden=32, course=course)
    examples = table(600)
    result = fitted(examples, settings)
    member = fit_network(
        examples,
        copies=2,
        epochs=result.chosen["epochs"],
        slope=result.chosen["slope"],
        layout=LAYOUT,
        classes=3,
        settings=settings,
        seed=1,
    )
    fresh = table(600, seed=1)
    one = loss(result.member.log_probabilities(fresh.features), fresh.labels)
    assert loss(member.log_probabilities(fresh.features), fresh.labels) == pytest.approx(one, abs=0.1)
    assert member.copies.copies == 2


def test_a_deadline_ends_the_training_with_what_there_is() -> None:
    result = fitted(deadline=time.monotonic())
    assert result.history is not None
    assert result.history.stopped == "deadline"
    assert len(result.history.epochs) == 1
    assert result.held_out.isfinite().all()


def test_it_trains_in_another_thread_to_the_same_bits() -> None:
    results: list[CrossFitted] = []
    thread = threading.Thread(target=lambda: results.append(fitted()))
    thread.start()
    thread.join()
    assert torch.equal(results[0].held_out, fitted().held_out)


def test_tables_of_one_kind_of_column_will_do() -> None:
    examples = table()
    nothing = torch.empty(200, 0)
    only_numbers = Features(examples.features.numbers, nothing.int())
    only_codes = Features(nothing, examples.features.codes)
    for features, layout in ((only_numbers, Layout(LAYOUT.numbers, ())), (only_codes, Layout((), LAYOUT.codes))):
        rows = replace(examples, features=features)
        result = cross_fit_network(rows, folds(rows), layout=layout, classes=3, settings=SMALL, seed=0)
        assert result.held_out.isfinite().all()


def test_words_are_learned_and_those_never_seen_are_left_out() -> None:
    generator = torch.Generator().manual_seed(0)
    layout = Layout((), (CodePart("t", "text", 0, 6, 1, 40),))
    codes = torch.randint(2, 30, (300, 6), generator=generator).int()
    codes[torch.rand(300, 6, generator=generator) < 0.3] = 0
    labels = (codes < 10).logical_and(codes > 0).any(1).long()
    rows = Examples(Features(torch.empty(300, 0), codes), labels)
    settings = replace(SMALL, hidden=32, course=replace(SMALL.course, epochs=12))
    result = cross_fit_network(rows, folds(rows), layout=layout, classes=2, settings=settings, seed=0)
    assert loss(result.held_out, labels) < 0.45
    more = torch.cat([codes, codes], dim=1)[:, :6].clone()
    more[:, 5], less = 35, codes.clone()
    less[:, 5] = 0
    nothing = torch.empty(300, 0)
    assert torch.equal(
        result.member.log_probabilities(Features(nothing, more)),
        result.member.log_probabilities(Features(nothing, less)),
    )


def test_two_ordered_classes_are_two_classes() -> None:
    examples = table(classes=2)
    result = fitted(examples, replace(SMALL, ordered=True), classes=2)
    assert result.held_out.isfinite().all()
    assert loss(result.held_out, examples.labels) < 0.65


def test_a_deadline_leaves_the_course_that_was_run_in_the_networks_settings() -> None:
    settings = replace(SMALL, course=replace(SMALL.course, epochs=500))
    member = fitted(settings=settings, deadline=time.monotonic()).member
    assert isinstance(member, Network)
    assert member.settings.course.epochs == 1


def test_the_same_call_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    class Killed(Watch):
        @override
        def epoch(self, record: Epoch) -> None:
            if record.epoch == 3:
                raise RuntimeError("killed")

    examples, place = table(), tmp_path / "network"

    def train(watch: Watch | None = None) -> CrossFitted:
        return cross_fit_network(
            examples,
            folds(examples),
            layout=LAYOUT,
            classes=3,
            settings=SMALL,
            seed=0,
            watch=watch,
            checkpoint=place,
        )

    with pytest.raises(RuntimeError, match="killed"):
        train(Killed())
    assert place.exists()
    assert torch.equal(train().held_out, fitted().held_out)
