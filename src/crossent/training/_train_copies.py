"""The loop that trains copies side by side, each on the rows of its split."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from .._errors import InputError
from ..data import Features, Split
from ..functional import cross_entropy
from ..models import Copies
from ._course import Course
from ._history import Epoch, History
from ._interrupt import interruptible
from ._loop import Examples
from ._schedules import coslog4, flat_cos
from ._temperature import best_slope
from ._threads import one_thread
from ._watch import Watch

_ROWS_TO_ADAPT = 2048
_SWEEP = 16_000_000
"""Numbers in the widest layer of a batch where no gradient is wanted: 64 MB."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training of copies has found.

    Attributes:
        history: Its epochs. The validation loss is that of all validation rows, each judged by its own copy, after
            one slope for them all.
        slope: What the logits are multiplied by: 1 / temperature.
        held_out: For each split the `(v, K)` float64 logits of its validation rows at the best epoch.
    """

    history: History
    slope: float
    held_out: tuple[Tensor, ...]


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
) -> Trained:
    """Train each copy on the training rows of its split, all in lockstep, and keep the epoch that suits all best.

    The loss is the mean over the copies. After each epoch every split's validation rows are judged by its copy; one
    temperature is fitted to them all, and the log loss after it chooses the epoch: one for all copies, so that the
    choice has seen no copy's rows more than another's. Where no row validates, the last epoch is kept.

    Args:
        network: M copies; their weights are changed in place.
        examples: All rows, as the network takes them.
        splits: M, one a copy.
        course: Epochs, batches and rates.
        unseen: `(C,)` int32: the code of each code column that stands for what was never seen; 0 where there is none.
        seed: Orders the rows, and draws what is dropped.
        until: End after so many epochs of the course.
        watch: Told of each step and epoch.
        deadline: A time of `time.monotonic` by which to end.

    Raises:
        InputError: The loss is not finite in any epoch: the training diverged.
    """
    watch = watch or Watch()
    generator = torch.Generator().manual_seed(seed)
    rows = max(len(split.training) for split in splits)
    steps = math.ceil(rows / course.batch_size)
    last = course.epochs if until is None else min(until, course.epochs)
    watch.start(rows * len(splits), last)
    adapt(network, examples.features, generator)
    groups = network.groups()
    optimizer = torch.optim.AdamW(
        [{"params": list(group.weights)} for group in groups], lr=0.0, betas=(0.9, 0.95), fused=True
    )
    validated = any(len(split.validation) for split in splits)
    records: list[Epoch] = []
    best = _Best(Epoch(0, math.inf, math.inf, 0.0), {}, 1.0, ())
    stopped = "finished"
    with interruptible() as interrupt, one_thread():
        for number in range(1, last + 1):
            started, seen = time.perf_counter(), 0
            total = torch.zeros((), dtype=torch.float64)
            network.train()
            order = _orders(splits, rows, generator)
            for step, batch in enumerate(order.tensor_split(steps, dim=1)):
                done = ((number - 1) * steps + step) / (course.epochs * steps)
                for group, pace in zip(optimizer.param_groups, groups, strict=True):
                    group["lr"] = course.learning_rate * pace.pace * coslog4(done)
                    group["weight_decay"] = course.weight_decay * flat_cos(done) if pace.decay else 0.0
                numbers, codes, labels, weights = _taken(examples, batch)
                codes = _masked(codes, unseen, course.masking, generator)
                masks = _dropout(network, batch.shape[1], course.dropout * flat_cos(done), generator)
                logits = network(numbers, codes, masks)
                loss = _loss(logits, labels, weights, course.label_smoothing)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * batch.shape[1]
                seen += batch.shape[1]
                watch.step(batch.numel())
                stop = interrupt.asked or (deadline is not None and time.monotonic() >= deadline)
                if stop:
                    break
            mean, speed = float(total) / seen, seen * len(splits) / (time.perf_counter() - started)
            held_out = held_out_logits(network, examples.features, splits) if validated else ()
            slope, loss_after = _pooled(held_out, examples, splits) if validated else (1.0, mean)
            records.append(Epoch(number, mean, loss_after, speed))
            watch.epoch(records[-1])
            if math.isfinite(loss_after) and (not validated or loss_after <= best.epoch.validation_loss):
                best = _Best(records[-1], _copied(network), slope, held_out)
            if stop:
                stopped = "interrupted" if interrupt.asked else "deadline"
                break
            if not math.isfinite(mean):
                stopped = "early"
                break
    if not best.epoch.epoch:
        raise InputError(
            f"the training diverged: the loss was {records[0].loss} and the validation loss "
            f"{records[0].validation_loss} after the first epoch; take a smaller learning rate"
        )
    network.load_state_dict(best.weights)
    return Trained(History(tuple(records), best.epoch.epoch, stopped), best.slope, best.held_out)


@dataclass(frozen=True, eq=False)
class _Best:
    epoch: Epoch
    weights: dict[str, Tensor]
    slope: float
    held_out: tuple[Tensor, ...]


def adapt(network: Copies, features: Features, generator: torch.Generator) -> None:
    """Fit each hidden unit's scale and place to some rows, drawn at random."""
    some = features[torch.randperm(len(features), generator=generator)[:_ROWS_TO_ADAPT]]
    shape = (network.copies, -1, -1)
    network.adapt(some.numbers.expand(shape), some.codes.expand(shape), generator=generator)


def held_out_logits(network: Copies, features: Features, splits: Sequence[Split]) -> tuple[Tensor, ...]:
    """For each split the logits of its validation rows by its copy, `(v, K)` float64."""
    most = max(len(split.validation) for split in splits)
    rows = torch.stack([_wrapped(split.validation, most) for split in splits])
    network.eval()
    with torch.no_grad():
        parts = [network(*_batch(features, part)).double() for part in rows.split(sweep(network), dim=1)]
    logits = torch.cat(parts, dim=1)
    return tuple(each[: len(split.validation)] for each, split in zip(logits, splits, strict=True))


def sweep(network: Copies) -> int:
    """Rows of a batch of all copies where no gradient is wanted."""
    return max(_SWEEP // (network.copies * network.widest), 1)


def _wrapped(rows: Tensor, count: int) -> Tensor:
    """The rows over again until there are so many; row 0 where there is none."""
    if not len(rows):
        return torch.zeros(count, dtype=torch.int64)
    return rows.repeat(math.ceil(count / len(rows)))[:count]


def _orders(splits: Sequence[Split], rows: int, generator: torch.Generator) -> Tensor:
    """Each split's training rows in an order of its own, `(M, rows)`; where there are fewer, the first come again."""
    return torch.stack(
        [_wrapped(split.training[torch.randperm(len(split.training), generator=generator)], rows) for split in splits]
    )


def _batch(features: Features, rows: Tensor) -> tuple[Tensor, Tensor]:
    flat = rows.flatten()
    numbers, codes = features.numbers.index_select(0, flat), features.codes.index_select(0, flat)
    return numbers.view(*rows.shape, -1), codes.view(*rows.shape, -1)


def _taken(examples: Examples, rows: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    weights = None if examples.weights is None else examples.weights[rows]
    return *_batch(examples.features, rows), examples.labels[rows], weights


def _masked(codes: Tensor, unseen: Tensor, share: float, generator: torch.Generator) -> Tensor:
    if not share or not unseen.any():
        return codes
    hidden = (torch.rand(codes.shape, generator=generator) < share) & (unseen > 0)
    return torch.where(hidden, unseen, codes)


def _dropout(network: Copies, rows: int, share: float, generator: torch.Generator) -> Tensor | None:
    """One mask for all copies: to draw them for each took a fifth of a step."""
    if not share:
        return None
    drawn = torch.rand(network.layers, rows, network.units, generator=generator)
    return (drawn >= share).float() / (1 - share)


def _loss(logits: Tensor, labels: Tensor, weights: Tensor | None, smoothing: float) -> Tensor:
    """The mean over copies and rows; with weights, of those that count."""
    flat, target = logits.flatten(0, 1), labels.flatten()
    if weights is None:
        return cross_entropy(flat, target, label_smoothing=smoothing)
    losses = cross_entropy(flat, target, label_smoothing=smoothing, reduction="none")
    return losses @ weights.flatten() / weights.sum().clamp(min=1e-12)


def _pooled(held_out: Sequence[Tensor], examples: Examples, splits: Sequence[Split]) -> tuple[float, float]:
    """The slope for all validation rows, and their mean log loss after it."""
    rows = torch.cat([split.validation for split in splits])
    logits, labels = torch.cat(list(held_out)), examples.labels[rows]
    weights = None if examples.weights is None else examples.weights[rows].double()
    if not logits.isfinite().all():
        return 1.0, math.nan
    slope = best_slope(logits, labels, weights)
    losses = -log_softmax(slope * logits, dim=1).gather(1, labels.unsqueeze(1)).squeeze(1)
    return slope, float(losses.mean() if weights is None else losses @ weights / weights.sum())


def _copied(network: Copies) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in network.state_dict().items()}
