"""The training loop."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._errors import InputError
from .._task import Task
from ..data import Features, take
from ._history import Epoch, History
from ._interrupt import interruptible
from ._threads import fitting_threads
from ._watch import Watch

_SWEEP = 8192
"""Rows of one batch where no gradient is wanted."""


@dataclass(frozen=True)
class Examples:
    """Encoded features and labels, row by row, and how much each row counts: `(n,)` float32, or None for 1 each."""

    features: Features
    labels: Tensor
    weights: Tensor | None = None

    def __post_init__(self) -> None:
        """Check that they belong together."""
        if len(self.features) != len(self.labels):
            raise InputError(
                f"features and labels must have as many rows; got {len(self.features)} and {len(self.labels)}"
            )
        if self.weights is not None and len(self.weights) != len(self.labels):
            raise InputError(f"weights and labels must have as many rows; got {len(self.weights)} and {len(self)}")

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.labels)

    def __getitem__(self, rows: Tensor | slice) -> Examples:
        """The rows of a slice, a mask, or an index tensor."""
        weights = None if self.weights is None else take(self.weights, rows)
        return Examples(self.features[rows], take(self.labels, rows), weights)

    def to(self, device: torch.device) -> Examples:
        """The same rows on another device."""
        weights = None if self.weights is None else self.weights.to(device)
        return Examples(self.features.to(device), self.labels.to(device), weights)


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
) -> History:
    """Train a network and leave it with the weights of its best epoch.

    Each epoch permutes the rows once and slices batches from the permuted tensors. The best epoch is the one of least
    validation loss; `patience` epochs without a better one end the training, and so does Ctrl-C, between two steps.

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

    Raises:
        InputError: The loss is not finite in any epoch: the training diverged.
    """
    watch = watch or Watch()
    watch.start(len(training), epochs)
    records: list[Epoch] = []
    best, best_weights = Epoch(0, math.inf, math.inf, 0.0), dict[str, Tensor]()
    stopped = "finished"
    with interruptible() as interrupt, fitting_threads(network, batch_size):
        for number in range(1, epochs + 1):
            started, seen = time.perf_counter(), 0
            total = torch.zeros((), dtype=torch.float64, device=training.labels.device)
            network.train()
            shuffled = training[torch.randperm(len(training), generator=generator).to(training.labels.device)]
            for start in range(0, len(training), batch_size):
                batch = shuffled[start : start + batch_size]
                loss = mean_loss(task, network(batch.features), batch, class_weight)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(batch)
                seen += len(batch)
                watch.step(len(batch))
                if interrupt.asked:
                    break
            mean = float(total) / seen
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
    return History(tuple(records), best.epoch, stopped)


def validation_loss(network: nn.Module, task: Task, examples: Examples, class_weight: Tensor | None = None) -> float:
    """The mean loss over all rows, without gradients, in the weights' precision and summed in float64."""
    logits = predict_logits(network, examples.features).double()
    weight = None if class_weight is None else class_weight.double()
    return float(mean_loss(task, logits, examples, weight))


def mean_loss(task: Task, logits: Tensor, examples: Examples, class_weight: Tensor | None = None) -> Tensor:
    """The mean of the rows' losses, each by how much the row counts."""
    if examples.weights is None:
        return task.loss(logits, examples.labels, class_weight=class_weight)
    losses = task.loss(logits, examples.labels, class_weight=class_weight, reduction="none")
    # Never 0, though a batch may hold no row that counts.
    return losses @ examples.weights.to(losses.dtype) / examples.weights.sum().clamp(min=1e-12)


def predict_logits(network: nn.Module, features: Features) -> Tensor:
    """The logits of all rows, without gradients, on the network's device."""
    network.eval()
    with torch.no_grad():
        return torch.cat(
            [network(features[start : start + _SWEEP]) for start in range(0, max(len(features), 1), _SWEEP)]
        )
