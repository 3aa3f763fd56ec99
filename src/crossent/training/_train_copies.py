"""The loop that trains copies side by side, each on the rows of its split."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from .._errors import InputError
from ..data import Features, Split
from ..functional import cross_entropy
from ..models import Copies
from ._batches import dropout, features_of, masked, orders, targets_of
from ._checkpoint import Best, State, fingerprint, read_checkpoint, write_checkpoint
from ._course import Course
from ._examples import Examples
from ._held_out import held_out_logits, pooled_loss
from ._history import Epoch, History
from ._interrupt import Interrupt, interruptible
from ._precision import Precision, bits_of, multiplying_in
from ._schedules import LAST_WAVE, flat_cos
from ._threads import one_thread
from ._watch import Watch

_ROWS_TO_ADAPT = 2048
_SECONDS_A_CHECKPOINT = 60.0
_SMALL = 1_000_000
"""Weights of all copies up to which every epoch ends with a checkpoint: writing them takes milliseconds."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training of copies has found.

    Attributes:
        history: Its epochs. The validation loss is that of all validation rows, each judged by its own copy, after
            one slope for them all.
        slope: What the logits are multiplied by: 1 / temperature.
        held_out: For each split the `(v, K)` float32 logits of its validation rows at the best epoch.
        epochs: Those of the course, fewer than asked for where the deadline has shortened it.
    """

    history: History
    slope: float
    held_out: tuple[Tensor, ...]
    epochs: int


def train_copies(
    network: Copies,
    examples: Examples,
    splits: Sequence[Split],
    course: Course,
    *,
    unseen: Tensor,
    seed: int,
    until: int | None = None,
    watch: Watch | None = None,
    deadline: float | None = None,
    checkpoint: Path | None = None,
    precision: Precision = "auto",
) -> Trained:
    """Train each copy on the training rows of its split, all in lockstep, and keep the epoch that suits all best.

    The loss is the mean over the copies. After each epoch every split's validation rows are judged by its copy; one
    temperature is fitted to them all, and the log loss after it chooses the epoch: one for all copies, so that the
    choice has seen no copy's rows more than another's. Where no row validates, the last epoch is kept.

    Args:
        network: M copies; their weights are changed in place.
        examples: All rows, as the network takes them, on its device.
        splits: M, one a copy.
        course: Epochs, batches and rates.
        unseen: `(C,)` int32: the code of each code column that stands for what was never seen; 0 where there is none.
        seed: Orders the rows, and draws what is dropped.
        until: End after so many epochs of the course.
        watch: Told of each step and epoch.
        deadline: A time of `time.monotonic` by which to end. Where the epochs take too long for it, there are fewer.
        checkpoint: A file for the state, written after an epoch when a minute has passed since it was last written.
            Where it holds the state of this same training, that goes on from there, to the same bits.
        precision: Of the products in a step; see `train`. What is said of held-out rows is in float32.

    Raises:
        InputError: The loss is not finite in any epoch: the training diverged; or the checkpoint cannot be written.
    """
    watch = watch or Watch()
    examples = _with_mean_weight_1(examples)
    rows = max(len(split.training) for split in splits)
    validated = any(len(split.validation) for split in splits)
    state = _begun(network, course, until, seed)
    bits = bits_of(precision, examples.labels.device)
    products = multiplying_in(bits, examples.labels.device)
    call = "" if checkpoint is None else fingerprint(network, examples, splits, course, until, seed, bits)
    watch.start(rows * len(splits), state.last)
    with interruptible() as interrupt, one_thread():
        if checkpoint is None or not read_checkpoint(checkpoint, state, call):
            _adapt(network, examples.features, state.generator)
        written = time.monotonic()
        while (number := len(state.records) + 1) <= state.last:
            started = time.monotonic()
            order = orders(splits, rows, state.generator)
            mean, seen = _epoch(state, examples, order, course, unseen, products, watch, interrupt, deadline)
            if interrupt.asked and seen < rows and validated and state.best.epoch.epoch:  # judging takes seconds
                state.stopped = "interrupted"
                break
            speed = seen * len(splits) / max(time.monotonic() - started, 1e-9)
            held_out = held_out_logits(network, examples.features, splits) if validated else ()
            slope, loss_after = pooled_loss(held_out, examples, splits) if validated else (1.0, mean)
            state.records.append(Epoch(number, mean, loss_after, speed))
            watch.epoch(state.records[-1])
            if math.isfinite(loss_after) and (not validated or loss_after <= state.best.epoch.validation_loss):
                state.best = Best(state.records[-1], _copied(network), slope, held_out)
            if interrupt.asked or not math.isfinite(mean):
                state.stopped = "interrupted" if interrupt.asked else "early"
                break
            if deadline is not None:
                _shorten(state, time.monotonic() - started, deadline)
            if validated and _learned_by_heart(state, course):
                state.last, state.stopped = number, "early"
            if checkpoint is not None and seen == rows and _due(network, written, number == state.last):
                write_checkpoint(checkpoint, state, call)
                written = time.monotonic()
    if not state.best.epoch.epoch:
        raise InputError(
            f"the training diverged: the loss was {state.records[0].loss} and the validation loss "
            f"{state.records[0].validation_loss} after the first epoch; take a smaller learning rate"
        )
    network.load_state_dict(state.best.weights)
    history = History(tuple(state.records), state.best.epoch.epoch, state.stopped, 1, bits)
    return Trained(history, state.best.slope, state.best.held_out, round(state.length))


def _epoch(
    state: State,
    examples: Examples,
    order: Tensor,
    course: Course,
    unseen: Tensor,
    products: AbstractContextManager[object],
    watch: Watch,
    interrupt: Interrupt,
    deadline: float | None,
) -> tuple[float, int]:
    """Take each copy through its rows once, or until time is up; the mean loss, and how many rows of each were seen."""
    network, groups = state.network, state.network.groups()
    steps = math.ceil(order.shape[1] / course.batch_size)
    device = examples.labels.device
    total, seen = torch.zeros((), dtype=torch.float64, device=device), 0
    network.train()
    for step, batch in enumerate(order.tensor_split(steps, dim=1)):
        done = min((len(state.records) + step / steps) / state.length, 1.0)
        for group, pace in zip(state.optimizer.param_groups, groups, strict=True):
            group["lr"] = course.rate(done) * pace.pace
            group["weight_decay"] = course.weight_decay * flat_cos(done) if pace.decay else 0.0
        numbers, codes = features_of(examples.features, batch)
        codes = masked(codes, unseen, course.masking, state.generator)
        share = course.dropout * flat_cos(done)
        masks = dropout(network.layers, batch.shape[1], network.units, share, state.generator)
        masks = None if masks is None else masks.to(device)
        with products:
            logits = network(numbers, codes, masks).float()
        loss = _loss(logits, *targets_of(examples, batch), course.label_smoothing)
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        total += loss.detach() * batch.shape[1]
        seen += batch.shape[1]
        watch.step(batch.numel())
        if interrupt.asked or (deadline is not None and time.monotonic() >= deadline):
            break
    return float(total) / seen, seen


def _shorten(state: State, seconds: float, deadline: float) -> None:
    """Shorten the course where the epochs left, each of so many seconds, would not end by the deadline.

    The schedules shrink with it: a training that is cut off while its rate is high has learned little.
    """
    done = len(state.records)
    last = done + max(math.floor((deadline - time.monotonic()) / seconds), 0)
    if last < state.last:
        state.length *= last / state.last
        state.last, state.stopped = last, "deadline"


def _learned_by_heart(state: State, course: Course) -> bool:
    """Whether the last wave of the learning rate, as long as all before it, may be left out.

    So it is where a training of half the length was better than the one that has just come to the end of its wave.
    """
    number = len(state.records)
    here = course.schedule == "waves" and number - 1 < LAST_WAVE * state.length <= number
    return here and 2 * state.best.epoch.epoch <= number


def _begun(network: Copies, course: Course, until: int | None, seed: int) -> State:
    groups = [{"params": list(group.weights)} for group in network.groups()]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), fused=True)
    nothing = Best(Epoch(0, math.inf, math.inf, 0.0), {}, 1.0, ())
    last = course.epochs if until is None else min(until, course.epochs)
    return State(network, optimizer, torch.Generator().manual_seed(seed), [], nothing, last, course.epochs)


def _adapt(network: Copies, features: Features, generator: torch.Generator) -> None:
    """Fit each hidden unit's scale and place to some rows, drawn at random."""
    drawn = torch.randperm(len(features), generator=generator)[:_ROWS_TO_ADAPT]
    some = features[drawn.to(features.numbers.device)]
    shape = (network.copies, -1, -1)
    network.adapt(some.numbers.expand(shape), some.codes.expand(shape), generator=generator)


def _with_mean_weight_1(examples: Examples) -> Examples:
    """So that the size of a step does not depend on the unit of the weights."""
    if examples.weights is None:
        return examples
    return replace(examples, weights=examples.weights / examples.weights.mean().clamp(min=1e-30))


def _loss(logits: Tensor, labels: Tensor, weights: Tensor | None, smoothing: float) -> Tensor:
    """The mean over copies and rows, each times its weight."""
    if weights is None:
        return cross_entropy(logits.flatten(0, 1), labels, label_smoothing=smoothing)
    losses = cross_entropy(logits.flatten(0, 1), labels, label_smoothing=smoothing, reduction="none")
    return (losses * weights).mean()


def _due(network: Copies, written: float, last: bool) -> bool:
    """Whether a checkpoint is worth its time."""
    small = sum(weight.numel() for weight in network.parameters()) <= _SMALL
    return small or last or time.monotonic() - written >= _SECONDS_A_CHECKPOINT


def _copied(network: Copies) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in network.state_dict().items()}
