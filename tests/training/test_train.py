"""The training loop."""

import math
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from typing_extensions import override

from crossent import InputError, Task
from crossent.data import Features
from crossent.models import Architecture
from crossent.training import Epoch, Examples, History, Watch, make_optimizer, predict_logits, train
from crossent.training._precision import bits_of

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


@pytest.mark.parametrize("name", ["batch_size", "epochs", "patience"])
@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_counts_that_are_none_are_refused(name: str, count: Any) -> None:
    with pytest.raises(InputError) as error:
        trained(**{name: count})
    assert str(error.value) == f"{name} must be a whole number of at least 1; got {count!r}"


@pytest.mark.parametrize("name", ["training", "validation"])
def test_a_training_needs_rows_on_both_sides(name: str) -> None:
    rows = {"training": examples(64, 1), "validation": examples(64, 2)}
    rows[name] = rows[name][:0]
    network = Architecture("linear", 4, 0, 1, None).build()
    with pytest.raises(InputError) as error:
        train(network, BINARY, **rows, optimizer=torch.optim.SGD(network.parameters(), lr=0.1))
    assert str(error.value) == f"{name} must have at least 1 row; got none"


def test_features_and_labels_of_different_lengths_are_refused() -> None:
    rows = examples(5, 1)
    with pytest.raises(InputError) as error:
        Examples(rows.features, rows.labels[:4])
    assert str(error.value) == "features and labels must have as many rows; got 5 and 4"


class Noisy(torch.nn.Module):
    """Draws from torch's own generator, and counts its steps in a buffer, as dropout and batch norm do."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, 8),
            torch.nn.BatchNorm1d(8),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.5),
            torch.nn.Linear(8, 1),
        )
        self.types = set[torch.dtype]()
        self.threads = set[int]()

    def forward(self, features: Features) -> torch.Tensor:
        logits = self.layers(features.numbers).squeeze(1)
        if self.training:
            self.types.add(logits.dtype)
            self.threads.add(torch.get_num_threads())
        return logits


def noisily_trained(**options: Any) -> tuple[Noisy, History]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Noisy()
        optimizer = make_optimizer("adamw", network, learning_rate=0.02, weight_decay=0.0)
        generator = torch.Generator().manual_seed(0)
        rows = examples(512, 1), examples(256, 2)
        return network, train(
            network, BINARY, *rows, optimizer, batch_size=64, epochs=3, generator=generator, **options
        )


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_timing_the_threads_leaves_no_trace_in_the_training() -> None:
    """Neither in weights, moments and counters, nor in the generators: a training on the chosen number is the same."""
    timed, history = noisily_trained(threads="timed")
    assert history.threads in (1, 2)
    assert timed.threads == {history.threads}
    again, repeated = noisily_trained(threads=history.threads)
    assert [epoch.loss for epoch in history.epochs] == [epoch.loss for epoch in repeated.epochs]
    for name, values in timed.state_dict().items():
        assert torch.equal(values, again.state_dict()[name]), name


@pytest.mark.usefixtures("two_threads")
def test_a_small_step_runs_on_one_thread_and_any_on_the_number_that_is_given() -> None:
    small, history = noisily_trained()
    assert small.threads == {history.threads} == {1}
    given, history = noisily_trained(threads=2)
    assert given.threads == {history.threads} == {2}
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("threads", [0, True, "many", 10**12])
def test_a_number_of_threads_that_is_none_is_refused(threads: Any) -> None:
    with pytest.raises(InputError) as error:
        noisily_trained(threads=threads)
    assert str(error.value) == f'threads must be "size", "timed", or a whole number from 1 to 1,024; got {threads!r}'


def test_in_bfloat16_only_products_are_of_fewer_bits() -> None:
    network, history = noisily_trained(precision="bfloat16")
    assert history.precision == "bfloat16"
    assert network.types == {torch.bfloat16}
    assert {values.dtype for values in network.parameters()} == {torch.float32}
    _, exact = noisily_trained(precision="float32")
    losses = [(one.loss, other.loss) for one, other in zip(history.epochs, exact.epochs, strict=True)]
    assert all(one != other and one == pytest.approx(other, rel=0.02) for one, other in losses)


@pytest.mark.parametrize(("able", "bits"), [(True, "bfloat16"), (False, "float32")])
def test_the_precision_is_bfloat16_by_itself_only_on_a_gpu_that_has_it(
    able: bool, bits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: able)
    assert bits_of("auto", torch.device("cuda")) == bits
    assert bits_of("auto", torch.device("cpu")) == "float32"
    assert noisily_trained()[1].precision == "float32"


def test_a_precision_that_is_none_is_refused() -> None:
    with pytest.raises(InputError) as error:
        noisily_trained(precision="float16")
    assert str(error.value) == "precision must be one of auto, float32, bfloat16; got 'float16'"


def test_labels_that_are_none_are_refused_before_the_first_step() -> None:
    rows, steps = examples(512, 1), Interrupting(0)
    wrong = Examples(rows.features, torch.where(torch.arange(512) == 500, 2, rows.labels))
    network = Architecture("linear", 4, 0, 1, None).build()
    optimizer = make_optimizer("sgd", network, learning_rate=0.1, weight_decay=0.0)
    with pytest.raises(InputError, match="labels must be codes from 0 to 1; got 2 at row 500"):
        train(network, BINARY, wrong, rows, optimizer, watch=steps)
    assert steps.steps == 0
