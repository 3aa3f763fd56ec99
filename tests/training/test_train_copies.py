"""The loop that trains copies side by side."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from typing_extensions import override

from crossent import InputError
from crossent.data import Features, Layout, NumberPart, Split, stratified_folds
from crossent.models import Copies
from crossent.training import Course, Epoch, Examples, Trained, Watch, train_copies

COURSE = Course(epochs=4, batch_size=16, learning_rate=0.02)
NOTHING = torch.zeros(0, dtype=torch.int32)


def examples(rows: int = 120, seed: int = 0) -> Examples:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(rows, 2, generator=generator)
    labels = (numbers.square().sum(1) > 1.5).long() + (numbers[:, 0] > 1).long()
    return Examples(Features(numbers, torch.empty(rows, 0, dtype=torch.int32)), labels)


def network(copies: int = 3, *, hidden: int = 8, seed: int = 0) -> Copies:
    layout = Layout((NumberPart("a", "value"), NumberPart("b", "value")), ())
    return Copies(
        layout,
        torch.tensor([0.5, 0.3, 0.2]),
        copies=copies,
        hidden=hidden,
        layers=2,
        frequencies=(0.2,),
        generator=torch.Generator().manual_seed(seed),
    )


def folds(rows: Examples, count: int = 3) -> tuple[Split, ...]:
    return stratified_folds(rows.labels, count, generator=torch.Generator().manual_seed(0))


def trained(course: Course = COURSE, **options: Any) -> tuple[Copies, Trained]:
    rows, copies = examples(), network()
    return copies, train_copies(copies, rows, folds(rows), course, unseen=NOTHING, seed=1, **options)


def same(first: tuple[Copies, Trained], second: tuple[Copies, Trained]) -> bool:
    weights = zip(first[0].parameters(), second[0].parameters(), strict=True)
    held_out = zip(first[1].held_out, second[1].held_out, strict=True)
    losses = [[(e.loss, e.validation_loss) for e in each.history.epochs] for _, each in (first, second)]
    return all(torch.equal(a, b) for a, b in (*weights, *held_out)) and losses[0] == losses[1]


def test_a_copy_learns_from_the_rows_of_its_split_alone() -> None:
    """A copy's weights are the same whatever the labels of the rows that only other copies train on."""
    rows = examples()
    splits = [Split(torch.arange(0, 60), torch.arange(60, 70)), Split(torch.arange(60, 120), torch.arange(0, 10))]
    changed = Examples(rows.features, torch.where(torch.arange(120) < 60, rows.labels, 2 - rows.labels))
    last = Course(epochs=2, batch_size=60, learning_rate=0.02)
    weights = list[torch.Tensor]()
    for each in (rows, changed):
        copies = network(2)
        no_validation = [Split(split.training, torch.empty(0, dtype=torch.int64)) for split in splits]
        train_copies(copies, each, no_validation, last, unseen=NOTHING, seed=1)
        weights.append(copies.output.weight.detach().clone())
    assert torch.equal(weights[0][0], weights[1][0])
    assert not torch.equal(weights[0][1], weights[1][1])


def test_the_kept_epoch_is_that_of_least_loss_after_the_temperature() -> None:
    copies, result = trained(Course(epochs=8, batch_size=16, learning_rate=0.05))
    losses = [epoch.validation_loss for epoch in result.history.epochs]
    assert result.history.best_epoch == 1 + losses.index(min(losses))
    rows = examples()
    splits = folds(rows)
    copies.eval()
    with torch.no_grad():
        logits = copies(rows.features.numbers.expand(3, -1, -1), rows.features.codes.expand(3, -1, -1))
    total = 0.0
    for copy, split in enumerate(splits):
        own = result.slope * logits[copy, split.validation].double()
        total += torch.nn.functional.cross_entropy(own, rows.labels[split.validation], reduction="sum").item()
    assert total / len(rows) == pytest.approx(min(losses), rel=1e-5)


def test_without_rows_that_validate_the_last_epoch_is_kept() -> None:
    rows, copies = examples(), network(2)
    everything = Split(torch.arange(len(rows)), torch.empty(0, dtype=torch.int64))
    result = train_copies(copies, rows, [everything] * 2, COURSE, unseen=NOTHING, seed=0, until=3)
    assert (result.history.best_epoch, len(result.history.epochs)) == (3, 3)
    assert result.slope == 1
    assert result.held_out == ()


def test_a_training_that_stops_early_has_done_what_the_whole_one_did_until_then() -> None:
    rows = examples()
    everything = [Split(torch.arange(len(rows)), torch.empty(0, dtype=torch.int64))] * 3
    losses = list[list[float]]()
    for until in (2, None):
        result = train_copies(network(), rows, everything, COURSE, unseen=NOTHING, seed=0, until=until)
        losses.append([epoch.loss for epoch in result.history.epochs])
    assert losses[0] == losses[1][:2]


def test_splits_of_different_sizes_train_side_by_side() -> None:
    rows = examples(50)
    splits = [Split(torch.arange(0, 9), torch.arange(9, 50)), Split(torch.arange(0, 41), torch.arange(41, 50))]
    result = train_copies(network(2), rows, splits, COURSE, unseen=NOTHING, seed=0)
    assert [len(logits) for logits in result.held_out] == [41, 9]


def test_the_unit_of_the_weights_does_not_matter_and_a_row_of_weight_0_does_not_count() -> None:
    rows, splits = examples(), folds(examples())
    weights = torch.rand(len(rows), generator=torch.Generator().manual_seed(2)).round(decimals=1)
    results = list[Trained]()
    for each in (weights, 1024 * weights):
        weighted = Examples(rows.features, rows.labels, each)
        results.append(train_copies(network(), weighted, splits, COURSE, unseen=NOTHING, seed=0))
    assert all(torch.equal(a, b) for a, b in zip(results[0].held_out, results[1].held_out, strict=True))
    none = Examples(rows.features, torch.where(weights == 0, 0, rows.labels), weights)
    again = train_copies(network(), none, splits, COURSE, unseen=NOTHING, seed=0)
    assert (weights == 0).any()
    assert all(torch.equal(a, b) for a, b in zip(results[0].held_out, again.held_out, strict=True))


def test_a_diverging_training_is_an_error_that_says_so() -> None:
    with pytest.raises(InputError, match=r"the training diverged: the loss was .* take a smaller learning rate"):
        trained(Course(epochs=2, batch_size=16, learning_rate=math.inf))


class Stopping(Watch):
    """Does something at a step."""

    def __init__(self, step: int) -> None:
        self.steps, self.at = 0, step

    @override
    def step(self, rows: int) -> None:
        self.steps += 1
        if self.steps == self.at:
            self.stop()

    def stop(self) -> None:
        raise RuntimeError("killed")


class Interrupting(Stopping):
    @override
    def stop(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_ends_the_training_and_keeps_the_best_so_far() -> None:
    _, result = trained(watch=Interrupting(12))
    assert result.history.stopped == "interrupted"
    assert len(result.history.epochs) == 2, "part of an epoch is not judged"
    assert all(logits.isfinite().all() for logits in result.held_out)
    whole = train_copies(network(), examples(), folds(examples()), COURSE, unseen=NOTHING, seed=1, until=2)
    assert all(torch.equal(a, b) for a, b in zip(result.held_out, whole.held_out, strict=True))


def test_an_interrupt_in_the_first_epoch_leaves_what_it_has_learned() -> None:
    _, result = trained(watch=Interrupting(2))
    assert [epoch.epoch for epoch in result.history.epochs] == [1]
    assert result.history.stopped == "interrupted"


@pytest.mark.parametrize("step", [3, 8, 20])
def test_a_training_that_was_killed_goes_on_to_the_same_bits(step: int, tmp_path: Path) -> None:
    whole = trained()
    with pytest.raises(RuntimeError, match="killed"):
        trained(watch=Stopping(step), checkpoint=tmp_path / "state")
    watch = Stopping(0)
    again = trained(watch=watch, checkpoint=tmp_path / "state")
    assert same(whole, again)
    assert watch.steps == 4 * 5 - (step - 1) // 5 * 5, "epochs that were done are not done again"
    assert same(whole, trained(checkpoint=tmp_path / "state")), "nor is a training that has ended"


def test_a_training_goes_on_after_kill_9(tmp_path: Path) -> None:
    code = f"""
import importlib.util, os, signal, sys
spec = importlib.util.spec_from_file_location("here", {__file__!r})
here = importlib.util.module_from_spec(spec); spec.loader.exec_module(here)
class Killing(here.Stopping):
    def stop(self): os.kill(os.getpid(), signal.SIGKILL)
from pathlib import Path
here.trained(watch=Killing(12), checkpoint=Path({str(tmp_path / "state")!r}))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert os.listdir(tmp_path) == ["state"]
    watch = Stopping(0)
    assert same(trained(), trained(watch=watch, checkpoint=tmp_path / "state"))
    assert watch.steps == 10


@pytest.mark.parametrize("what", ["another", "damaged"])
def test_a_checkpoint_that_is_not_this_trainings_is_not_used(what: str, tmp_path: Path) -> None:
    place = tmp_path / "state"
    if what == "another":
        trained(Course(epochs=2, batch_size=16, learning_rate=0.01), checkpoint=place)
    else:
        trained(checkpoint=place)
        place.write_bytes(place.read_bytes()[:100])
    assert same(trained(), trained(checkpoint=place))


def test_in_bfloat16_copies_learn_the_same_but_for_rounding() -> None:
    exact, rounded = trained(), trained(precision="bfloat16")
    assert (exact[1].history.precision, rounded[1].history.precision) == ("float32", "bfloat16")
    losses = [[epoch.loss for epoch in result.history.epochs] for _, result in (exact, rounded)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert {weight.dtype for weight in rounded[0].parameters()} == {torch.float32}
    assert {logits.dtype for logits in rounded[1].held_out} == {torch.float32}


def test_the_watch_is_told_of_every_row_and_epoch() -> None:
    class Counting(Watch):
        def __init__(self) -> None:
            self.rows, self.records = 0, list[Epoch]()

        @override
        def start(self, rows: int, epochs: int) -> None:
            assert (rows, epochs) == (3 * 80, 4)

        @override
        def step(self, rows: int) -> None:
            self.rows += rows

        @override
        def epoch(self, record: Epoch) -> None:
            self.records.append(record)

    watch = Counting()
    _, result = trained(watch=watch)
    assert watch.rows == 4 * 3 * 80
    assert tuple(watch.records) == result.history.epochs


class Slow(Watch):
    """Takes its time at each step."""

    @override
    def step(self, rows: int) -> None:
        time.sleep(0.01)


def test_a_deadline_shortens_the_course_so_that_it_comes_to_its_end() -> None:
    _, result = trained(Course(epochs=1000, batch_size=16), watch=Slow(), deadline=time.monotonic() + 1)
    assert result.history.stopped == "deadline"
    assert len(result.history.epochs) == result.epochs < 1000


def test_a_deadline_that_is_past_leaves_one_step() -> None:
    _, result = trained(deadline=time.monotonic())
    assert result.history.stopped == "deadline"
    assert len(result.history.epochs) == 1
    assert all(logits.isfinite().all() for logits in result.held_out)


def test_the_last_wave_of_the_learning_rate_is_left_out_where_half_the_training_was_better() -> None:
    rows = examples(90)
    wrong = torch.rand(90, generator=torch.Generator().manual_seed(5)) < 0.5
    rows = dataclasses.replace(rows, labels=torch.where(wrong, 2 - rows.labels, rows.labels))
    course = Course(epochs=40, batch_size=8, learning_rate=0.1, dropout=0.0)
    result = train_copies(network(hidden=64), rows, folds(rows), course, unseen=NOTHING, seed=0)
    assert result.history.stopped == "early"
    assert len(result.history.epochs) == math.ceil(40 * 7 / 15)
    assert result.history.best_epoch <= 40 * 7 / 15 / 2
    on_a_plateau = dataclasses.replace(course, epochs=20, schedule="plateau")
    whole = train_copies(network(hidden=64), rows, folds(rows), on_a_plateau, unseen=NOTHING, seed=0)
    assert len(whole.history.epochs) == 20
