"""The training loop."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from .._errors import InputError
from .._task import Task
from ..data import Features
from ._examples import Examples
from ._history import Epoch, History
from ._interrupt import interruptible
from ._precision import Precision, bits_of, multiplying_in
from ._threads import Threads, on_threads, threads_for
from ._watch import Watch

_SWEEP = 8192
"""Rows of one batch where no gradient is wanted."""


def train(
    network: nn.Module,
    task: Task,
    training: Examples,
    validation: Examples,
    optimizer: torch.optim.Optimizer,
    *,
    batch_size: int = 256,
    epochs: int = 100,
    patience: int = 10,
    class_weight: Tensor | None = None,
    generator: torch.Generator | None = None,
    watch: Watch | None = None,
    threads: Threads = "size",
    precision: Precision = "auto",
) -> History:
    """Train a network and leave it with the weights of its best epoch.

    Each epoch permutes the rows once, and each step takes the next ones. The best epoch is the one of least validation
    loss; `patience` epochs without a better one end the training, and so does Ctrl-C, between two steps.

    Args:
        network: Takes `Features`, returns logits in the task's shape. Its weights are changed in place.
        task: Gives the loss.
        training: The rows to learn from, on the network's device.
        validation: The rows to choose the epoch by.
        optimizer: Holds the network's parameters.
        batch_size: Rows a step.
        epochs: The most epochs to train.
        patience: Epochs without a better validation loss before the training ends.
        class_weight: `(K,)` weight of each class in both losses; see `Task.loss` for what it does to probabilities.
        generator: Orders the rows; give a seeded one for a repeatable training.
        watch: Told of each step and epoch.
        threads: Of the processor, for a step: so many; "size": one while network and batch are small, else as many as
            torch has; "timed": one or as many as torch has, whichever is faster in a few steps on copies of network and
            optimizer. What is timed may come out otherwise the next time, and with it the last bits of the weights.
        precision: Of products: "float32", "bfloat16" (all else stays in float32), or "auto", bfloat16 on a GPU that
            has it.

    Raises:
        InputError: The loss is not finite in any epoch: the training diverged; or rows, labels or an option break a
            rule.
    """
    for name, rows in (("training", training), ("validation", validation)):
        if not len(rows):
            raise InputError(f"{name} must have at least 1 row; got none")
    for name, count in (("batch_size", batch_size), ("epochs", epochs), ("patience", patience)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InputError(f"{name} must be a whole number of at least 1; got {count!r}")
    watch = watch or Watch()
    watch.start(len(training), epochs)
    task.check_labels(training.labels)
    device = training.labels.device
    bits = bits_of(precision, device)
    products = multiplying_in(bits, device)
    if task.kind != "multiclass" and class_weight is None:  # once, for what each step would do
        training = replace(training, labels=training.labels.float())
    step = partial(_step, task=task, products=products, class_weight=class_weight)
    rehearsal = partial(_rehearsal, step, network, optimizer, training[:batch_size])
    threads = threads_for(threads, network, batch_size, rehearsal)
    records: list[Epoch] = []
    best, best_weights = Epoch(0, math.inf, math.inf, 0.0), dict[str, Tensor]()
    stopped = "finished"
    with interruptible() as interrupt, on_threads(threads):
        for number in range(1, epochs + 1):
            started, seen, losses = time.perf_counter(), 0, list[Tensor]()
            network.train()
            order = torch.randperm(len(training), generator=generator).to(device)
            for rows in order.split(batch_size):  # gathered here, not all at once, they are still in the cache
                batch = training[rows]
                losses.append(step(network, optimizer, batch))
                seen += len(batch)
                watch.step(len(batch))
                if interrupt.asked:
                    break
            mean = _mean(losses, seen, batch_size)
            speed = seen / (time.perf_counter() - started)
            record = Epoch(number, mean, validation_loss(network, task, validation, class_weight), speed)
            records.append(record)
            watch.epoch(record)
            if record.validation_loss < best.validation_loss:
                best, best_weights = record, copy.deepcopy(network.state_dict())
            if interrupt.asked:
                stopped = "interrupted"
                break
            if not math.isfinite(mean) or number - best.epoch >= patience:
                stopped = "early"
                break
    if not best.epoch:
        raise InputError(
            f"the training diverged: the loss was {records[0].loss} and the validation loss "
            f"{records[0].validation_loss} after the first epoch; take a smaller learning rate"
        )
    network.load_state_dict(best_weights)
    return History(tuple(records), best.epoch, stopped, threads, bits)


def _step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Examples,
    *,
    task: Task,
    products: AbstractContextManager[object],
    class_weight: Tensor | None,
) -> Tensor:
    """Take a step; the loss of the batch before it."""
    with products:
        logits = network(batch.features)
    logits = logits.float() if logits.dtype == torch.bfloat16 else logits
    loss = mean_loss(task, logits, batch, class_weight)
    for group in optimizer.param_groups:
        for weight in group["params"]:  # as zero_grad() does in ten times the time
            weight.grad = None
    loss.backward()
    optimizer.step()
    return loss.detach()


def _rehearsal(
    step: Callable[[nn.Module, torch.optim.Optimizer, Examples], Tensor],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Examples,
) -> Callable[[], None]:
    """What takes a step on copies, with chance of its own: it leaves no trace."""
    network, optimizer = copy.deepcopy((network, optimizer))
    network.train()
    device = batch.labels.device

    def rehearse() -> None:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            step(network, optimizer, batch)

    return rehearse


def _mean(losses: Sequence[Tensor], rows: int, batch_size: int) -> float:
    """The mean over rows of the losses of batches, of which the last may have fewer rows."""
    sizes = torch.full((len(losses),), float(batch_size), dtype=torch.float64)
    sizes[-1] = rows - batch_size * (len(losses) - 1)
    return float(torch.stack(list(losses)).double().cpu() @ sizes) / rows


def validation_loss(network: nn.Module, task: Task, examples: Examples, class_weight: Tensor | None = None) -> float:
    """The mean loss over all rows, without gradients, in the weights' precision and summed in float64."""
    task.check_labels(examples.labels)
    logits = predict_logits(network, examples.features).double()
    weight = None if class_weight is None else class_weight.double()
    return float(mean_loss(task, logits, examples, weight))


def mean_loss(task: Task, logits: Tensor, examples: Examples, class_weight: Tensor | None = None) -> Tensor:
    """The mean of the losses of rows whose labels were checked, each by how much the row counts."""
    if examples.weights is None:
        return task.loss_of_checked(logits, examples.labels, class_weight=class_weight)
    losses = task.loss_of_checked(logits, examples.labels, class_weight=class_weight, reduction="none")
    # Never 0, though a batch may hold no row that counts.
    return losses @ examples.weights.to(losses.dtype) / examples.weights.sum().clamp(min=1e-12)


def predict_logits(network: nn.Module, features: Features) -> Tensor:
    """The logits of all rows, without gradients, on the network's device."""
    network.eval()
    with torch.no_grad():
        return torch.cat(
            [network(features[start : start + _SWEEP]) for start in range(0, max(len(features), 1), _SWEEP)]
        )
