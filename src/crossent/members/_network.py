"""The network member: copies of one perceptron, one a split, trained side by side."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..data import CodePart, Features, Layout, NumberPart, Split
from ..models import Columns, Copies, Front, unseen_code
from ..training import Examples, Watch, held_out_logits, one_thread, sweep, train_copies
from ._member import CrossFitted, Saved, held_out_mean
from ._network_settings import NetworkSettings

_FEW_ROWS = 512


@dataclass(frozen=True, eq=False)
class Network:
    """Trained copies; they answer with the mean of their probabilities.

    Args:
        settings: What they are made of.
        layout: The columns that they take.
        classes: K.
        slope: What their logits are multiplied by: 1 / temperature.
        front: What features go through first.
        copies: The networks.
    """

    settings: NetworkSettings
    layout: Layout
    classes: int
    slope: float
    front: Front
    copies: Copies

    def log_probabilities(self, features: Features) -> Tensor:
        """`(n, K)` float64: the log of the mean over the copies of each class's probability."""
        self.copies.eval()
        # Of few rows in float64, which costs little then: a row's answer does not depend on those asked beside it.
        exact = len(features) <= _FEW_ROWS
        copies = copy.deepcopy(self.copies).double() if exact else self.copies
        step = sweep(self.copies)
        with torch.no_grad(), one_thread():
            starts = range(0, max(len(features), 1), step)
            return torch.cat([self._sweep(copies, features[start : start + step], exact) for start in starts])

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """`(n, K)` float64 log probabilities of each row by the copies that have not seen it; NaN where all have."""
        rows = self.front(features.to(self.copies.factors.device))
        with one_thread():
            made = held_out_logits(self.copies, rows, splits)
        return held_out_log_probabilities(made, self.slope, splits, len(features))

    def _sweep(self, copies: Copies, features: Features, exact: bool) -> Tensor:
        rows = self.front(features.to(copies.factors.device))
        shape = (copies.copies, -1, -1)
        numbers = rows.numbers.double() if exact else rows.numbers
        logits = copies(numbers.expand(shape), rows.codes.expand(shape))
        return mean_of_copies(self.slope * logits.double()).cpu()

    def save(self) -> Saved:
        """The settings and layout as JSON values, the weights by name."""
        record = {
            "settings": self.settings.to_dict(),
            "layout": asdict(self.layout),
            "classes": self.classes,
            "copies": self.copies.copies,
            "slope": self.slope,
        }
        weights = {f"front.{name}": values for name, values in self.front.state_dict().items()}
        return Saved(record, weights | {f"copies.{name}": w for name, w in self.copies.state_dict().items()})

    @classmethod
    def load(cls, saved: Saved) -> Network:
        """The network that `save` wrote, to the last bit."""
        record = saved.record
        settings, layout = NetworkSettings.from_dict(record["settings"]), _layout(record["layout"])
        front = Front(*(saved.weights[f"front.{name}"] for name in ("points", "scores", "scored", "codes")))
        copies = _built(settings, layout, torch.ones(record["classes"]), record["copies"], torch.Generator())
        names = {name: name.removeprefix("copies.") for name in saved.weights if name.startswith("copies.")}
        copies.load_state_dict({short: saved.weights[name] for name, short in names.items()})
        return cls(settings, layout, record["classes"], record["slope"], front, copies)


def cross_fit_network(
    examples: Examples,
    splits: Sequence[Split],
    *,
    layout: Layout,
    classes: int,
    settings: NetworkSettings,
    seed: int,
    watch: Watch | None = None,
    deadline: float | None = None,
    checkpoint: Path | None = None,
) -> CrossFitted:
    """Train one copy on each split; the held-out rows choose one epoch and one temperature for all.

    Args:
        examples: Encoded rows, on the device to train on.
        splits: Which rows train and which judge each copy.
        layout: What the columns of the features are.
        classes: K.
        settings: The shape of the network and the course of its training.
        seed: Decides the first weights and the order of the rows.
        watch: Told of each step and epoch.
        deadline: A time of `time.monotonic` by which to end; the course becomes as short as it must.
        checkpoint: A file for the state of the training, from which the same call goes on when it was killed.

    Returns:
        The network, and what each copy says of the rows that it has not seen. `chosen` holds "epochs" and "slope". The
        network's own settings have the course that was run: a shorter one than asked for, where the deadline was near.

    Raises:
        InputError: The training diverged, or the checkpoint cannot be written.
    """
    front, copies, rows = _prepared(examples, layout, classes, settings, len(splits), seed)
    trained = train_copies(
        copies,
        rows,
        splits,
        settings.course,
        unseen=_unseen(layout),
        seed=seed,
        watch=watch,
        deadline=deadline,
        checkpoint=checkpoint,
    )
    done = replace(settings, course=replace(settings.course, epochs=trained.epochs))
    member = Network(done, layout, classes, trained.slope, front, copies.cpu())
    held_out = held_out_log_probabilities(trained.held_out, trained.slope, splits, len(examples))
    chosen = {"epochs": trained.history.best_epoch, "slope": trained.slope}
    return CrossFitted(member, held_out, chosen, trained.history)


def fit_network(
    examples: Examples,
    *,
    copies: int,
    epochs: int,
    slope: float,
    layout: Layout,
    classes: int,
    settings: NetworkSettings,
    seed: int,
    deadline: float | None = None,
    watch: Watch | None = None,
) -> Network:
    """Train copies on all rows, for as many epochs, and with the temperature, that held-out rows have chosen.

    Args:
        examples: Encoded rows, on the device to train on.
        copies: How many.
        epochs: Where to stop; the schedules are those of `settings.course.epochs`.
        slope: What the logits are multiplied by, 1 / temperature, as `cross_fit_network` has chosen it.
        layout: What the columns of the features are.
        classes: K.
        settings: The shape of the network and the course of its training.
        seed: Decides the first weights and the order of the rows.
        deadline: A time of `time.monotonic` by which to end; the course becomes as short as it must.
        watch: Told of each step and epoch.

    Raises:
        InputError: The training diverged.
    """
    front, network, rows = _prepared(examples, layout, classes, settings, copies, seed)
    everything = Split(torch.arange(len(examples)), torch.empty(0, dtype=torch.int64))
    train_copies(
        network,
        rows,
        [everything] * copies,
        settings.course,
        unseen=_unseen(layout),
        seed=seed,
        until=epochs,
        watch=watch,
        deadline=deadline,
    )
    return Network(settings, layout, classes, slope, front, network.cpu())


def held_out_log_probabilities(logits: Sequence[Tensor], slope: float, splits: Sequence[Split], rows: int) -> Tensor:
    """What the copies say of `rows` rows they have not seen, from the logits of each split's validation rows."""
    log_probabilities = [torch.log_softmax(slope * each.double(), dim=1) for each in logits]
    return _finite(held_out_mean(log_probabilities, splits, rows))


def mean_of_copies(logits: Tensor) -> Tensor:
    """The log of the mean over the copies of each class's probability, `(M, n, K)` to `(n, K)`; finite."""
    log_probabilities = torch.log_softmax(logits, dim=2)
    return _finite(torch.logsumexp(log_probabilities, dim=0) - torch.tensor(len(logits)).double().log())


def _finite(log_probabilities: Tensor) -> Tensor:
    """As they are, but none below what float64 can be the exponential of."""
    return log_probabilities.clamp(min=-700.0)


def _prepared(
    examples: Examples, layout: Layout, classes: int, settings: NetworkSettings, copies: int, seed: int
) -> tuple[Front, Copies, Examples]:
    device, examples = examples.labels.device, examples.to(torch.device("cpu"))
    weights = torch.ones(len(examples)) if examples.weights is None else examples.weights
    counts = torch.zeros(classes).index_add(0, examples.labels, weights) + 1 / classes
    front = Front.fit(settings.front, examples.features, layout)
    network = _built(settings, layout, counts / counts.sum(), copies, torch.Generator().manual_seed(seed))
    rows = replace(examples, features=front(examples.features))
    return front, network.to(device), rows.to(device)


def _built(
    settings: NetworkSettings, layout: Layout, shares: Tensor, copies: int, generator: torch.Generator
) -> Copies:
    return Copies(
        layout,
        shares,
        copies=copies,
        hidden=settings.hidden,
        layers=settings.layers,
        frequencies=settings.frequencies,
        ordered=settings.ordered,
        generator=generator,
    )


def _unseen(layout: Layout) -> Tensor:
    codes = torch.zeros(sum(part.width for part in layout.codes), dtype=torch.int32)
    for part in (*Columns.of(layout).one_hot, *Columns.of(layout).embedded):
        codes[part.start] = unseen_code(part)
    return codes


def _layout(record: Mapping[str, Any]) -> Layout:
    numbers = tuple(NumberPart(**part) for part in record["numbers"])
    return Layout(numbers, tuple(CodePart(**part) for part in record["codes"]))
