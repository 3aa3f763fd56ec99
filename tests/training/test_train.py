"""The training loop."""

import math
import os
import signal
import threading
from typing import Any

import pytest
import torch
from typing_extensions import override

from crossent import InputError, Task
from crossent.data import Features
from crossent.models import Architecture
from crossent.training import Epoch, Examples, History, Watch, make_optimizer, predict_logits, train

BINARY = Task.binary([0, 1])


def examples(rows: int, seed: int, task: Task = BINARY) -> Examples:
    """Rows that a linear model can tell apart, but for some noise."""
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(rows, 4, generator=generator)
    slopes = torch.tensor([2.0, -1.0, 0.5, 0.0])
    scores = numbers @ slopes + torch.randn(rows, generator=generator)
    cuts = torch.linspace(-1, 1, len(task) - 1) if len(task) > 2 else torch.zeros(1)
    return Examples(Features(numbers, torch.empty(rows, 0, dtype=torch.int32)), torch.bucketize(scores, cuts))


def trained(
    *, task: Task = BINARY, model: Any = "mlp", seed: int = 0, **options: Any
) -> tuple[torch.nn.Module, History]:
    outputs = None if task.kind == "binary" else len(task)
    network = Architecture(model, 4, 0, 1, outputs, hidden=16).build(seed=seed)
    optimizer = make_optimizer(options.pop("optimizer", "adamw"), network, learning_rate=0.02, weight_decay=0.0)
    history = train(
        network,
        task,
        examples(512, 1, task),
        examples(256, 2, task),
        optimizer,
        generator=torch.Generator().manual_seed(seed),
        **dict[str, Any]({"batch_size": 64, "epochs": 5} | options),
    )
    return network, history


def loss_of(network: torch.nn.Module, rows: Examples, task: Task = BINARY) -> float:
    return task.loss(predict_logits(network, rows.features).double(), rows.labels).item()


@pytest.mark.parametrize("model", ["linear", "mlp"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("task", [BINARY, Task.multiclass("abc")], ids=["binary", "multiclass"])
def test_training_learns(model: str, optimizer: str, task: Task) -> None:
    network, history = trained(task=task, model=model, optimizer=optimizer)
    assert history.epochs[-1].loss < history.epochs[0].loss
    assert loss_of(network, examples(1000, 3, task), task) < 0.8 * math.log(len(task))


def test_the_network_is_left_with_the_weights_of_its_best_epoch() -> None:
    network, history = trained(epochs=60, patience=60)
    losses = [epoch.validation_loss for epoch in history.epochs]
    assert history.best_epoch == 1 + losses.index(min(losses))
    assert history.best_epoch < len(losses), "the test needs a training that goes on past its best"
    assert loss_of(network, examples(256, 2)) == pytest.approx(min(losses), rel=1e-12)


def test_training_ends_when_the_validation_loss_stops_falling() -> None:
    _, history = trained(epochs=500, patience=3)
    assert history.stopped == "early"
    assert len(history.epochs) == history.best_epoch + 3


def test_all_epochs_are_done_where_nothing_stops_them() -> None:
    _, history = trained(epochs=4, patience=4)
    assert history.stopped == "finished"
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4]


def test_equal_seeds_give_equal_bits_and_others_do_not() -> None:
    (first, history), (again, repeated), (other, _) = trained(seed=5), trained(seed=5), trained(seed=6)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    assert [(e.loss, e.validation_loss) for e in history.epochs] == [
        (e.loss, e.validation_loss) for e in repeated.epochs
    ]


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows_whatever_the_batches() -> None:
    network = Architecture("linear", 4, 0, 1, None).build()
    rows = examples(10, 1)
    still = torch.optim.SGD(network.parameters(), lr=0.0)
    history = train(network, BINARY, rows, rows, still, batch_size=3, epochs=1)
    assert history.epochs[0].loss == pytest.approx(math.log(2), rel=1e-6)
    assert history.epochs[0].validation_loss == pytest.approx(math.log(2), rel=1e-6)


def test_class_weights_move_the_mean_probability_towards_the_weighted_class() -> None:
    plain, _ = trained(epochs=20)
    weighted, _ = trained(epochs=20, class_weight=torch.tensor([1.0, 5.0]))
    rows = examples(1000, 3).features
    assert predict_logits(weighted, rows).sigmoid().mean() > predict_logits(plain, rows).sigmoid().mean() + 0.05


class Interrupting(Watch):
    """Presses Ctrl-C after so many steps."""

    def __init__(self, step: int) -> None:
        self.steps = 0
        self.at = step

    @override
    def step(self, rows: int) -> None:
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("step", [1, 3, 20])
def test_an_interrupt_ends_the_training_and_keeps_the_best_so_far(step: int) -> None:
    watch = Interrupting(step)
    network, history = trained(epochs=50, watch=watch)
    assert watch.steps == step
    assert history.stopped == "interrupted"
    assert history.best_epoch >= 1
    best = history.epochs[history.best_epoch - 1].validation_loss
    assert loss_of(network, examples(256, 2)) == pytest.approx(best, rel=1e-12)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_training_in_another_thread_needs_no_signal_handler() -> None:
    results: list[History] = []
    thread = threading.Thread(target=lambda: results.append(trained(epochs=2)[1]))
    thread.start()
    thread.join()
    assert len(results[0].epochs) == 2


def test_the_watch_is_told_of_every_row_and_epoch() -> None:
    class Counting(Watch):
        def __init__(self) -> None:
            self.rows = 0
            self.records: list[Epoch] = []

        @override
        def start(self, rows: int, epochs: int) -> None:
            assert (rows, epochs) == (512, 3)

        @override
        def step(self, rows: int) -> None:
            self.rows += rows

        @override
        def epoch(self, record: Epoch) -> None:
            self.records.append(record)

    watch = Counting()
    _, history = trained(epochs=3, watch=watch, batch_size=100)
    assert watch.rows == 3 * 512
    assert tuple(watch.records) == history.epochs


def test_the_number_of_threads_is_given_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        trained(epochs=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_diverging_training_is_an_error_that_says_so() -> None:
    network = Architecture("linear", 4, 0, 1, None).build()
    optimizer = torch.optim.SGD(network.parameters(), lr=math.inf)
    with pytest.raises(InputError, match=r"the training diverged: the loss was .* take a smaller learning rate"):
        train(network, BINARY, examples(64, 1), examples(64, 2), optimizer, batch_size=8, epochs=3)


def test_features_and_labels_of_different_lengths_are_refused() -> None:
    rows = examples(5, 1)
    with pytest.raises(InputError) as error:
        Examples(rows.features, rows.labels[:4])
    assert str(error.value) == "features and labels must have as many rows; got 5 and 4"
