"""Networks of any make, one a split, each trained by the plain loop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from .._errors import InputError
from .._task import Task
from ..data import Features, Split
from ..models import Architecture
from ..training import Examples, OptimizerName, Watch, make_optimizer, predict_logits, train
from ._member import CrossFitted, Saved, held_out_mean


@dataclass(frozen=True)
class ModuleSettings:
    """How each network is trained; see `training.train`."""

    optimizer: OptimizerName = "adamw"
    learning_rate: float = 0.001
    weight_decay: float = 0.01
    batch_size: int | None = None
    epochs: int = 100
    patience: int = 10

    def rows_a_step(self, rows: int) -> int:
        """The batch size in force for so many training rows."""
        if self.batch_size is not None:
            return self.batch_size
        return min(max(rows // 32, 16), 256) if rows < 100_000 else 1024


@dataclass(frozen=True, eq=False)
class Modules:
    """The mean of the probabilities of networks that take Features and return logits of one task.

    Attributes:
        task: What the logits belong to.
        networks: On the CPU, in evaluation mode.
        architecture: What they are made of, where it is crossent's own: then they can be saved.
    """

    task: Task
    networks: tuple[nn.Module, ...]
    architecture: Architecture | None = None

    def log_probabilities(self, features: Features) -> Tensor:
        """The log of each class's mean probability, `(n, K)` float64."""
        made = [both_classes(self.task, predict_logits(network, features).double()) for network in self.networks]
        return made[0] if len(made) == 1 else (torch.logsumexp(torch.stack(made), 0).log_softmax(1))

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """`(n, K)` float64 log probabilities of each row by the networks that have not seen it; NaN where all have."""
        made = [
            both_classes(self.task, predict_logits(network, features[split.validation]).double())
            for network, split in zip(self.networks, splits, strict=True)
        ]
        return held_out_mean(made, splits, len(features))

    def save(self) -> Saved:
        """What brings the networks back.

        Raises:
            InputError: They are of a class that is not crossent's.
        """
        if self.architecture is None:
            raise InputError(
                "a network of your own class cannot be saved in a model folder, which holds no code; "
                "pickle the Classifier instead, or save the networks' state_dict yourself"
            )
        weights = {
            f"{place}.{name}": weight
            for place, network in enumerate(self.networks)
            for name, weight in network.state_dict().items()
        }
        return Saved({"architecture": asdict(self.architecture), "copies": len(self.networks)}, weights)

    @classmethod
    def load(cls, task: Task, saved: Saved) -> Modules:
        """Bring the networks back.

        Raises:
            InputError: What was saved is not of this task.
        """
        architecture = Architecture(**saved.record["architecture"])
        networks: list[nn.Module] = []
        for place in range(saved.record["copies"]):
            with torch.device("meta"):  # laid out without memory first, so that wrong sizes cost nothing
                network = architecture.build()
            start = f"{place}."
            weights = {name.removeprefix(start): w for name, w in saved.weights.items() if name.startswith(start)}
            if any(weight.dtype != torch.float32 for weight in weights.values()):
                raise InputError("the weights are not float32")
            network.load_state_dict(weights, assign=True)
            networks.append(network.eval())
        return cls(task, tuple(networks), architecture)


def cross_fit_modules(
    examples: Examples,
    splits: Sequence[Split],
    *,
    task: Task,
    build: Callable[[int], nn.Module],
    settings: ModuleSettings,
    seed: int,
    architecture: Architecture | None = None,
    watch: Watch | None = None,
) -> CrossFitted:
    """Train a network on each split; its validation rows choose its epoch.

    Args:
        examples: All rows.
        splits: Which of them train and validate.
        task: Gives the loss.
        build: Makes a network from a seed: it takes `Features` and returns logits of the task's shape.
        settings: How each is trained.
        seed: Decides the first weights and the order of the rows.
        architecture: What `build` makes, if it is crossent's own.
        watch: Told how the training goes.
    """
    networks: list[nn.Module] = []
    held_out: list[Tensor] = []
    histories = []
    for place, split in enumerate(splits):
        network = build(seed + place)
        training, validation = examples[split.training], examples[split.validation]
        histories.append(
            train(
                network,
                task,
                training,
                validation,
                make_optimizer(
                    settings.optimizer,
                    network,
                    learning_rate=settings.learning_rate,
                    weight_decay=settings.weight_decay,
                ),
                batch_size=settings.rows_a_step(len(training)),
                epochs=settings.epochs,
                patience=settings.patience,
                generator=torch.Generator().manual_seed(seed + place),
                watch=watch,
            )
        )
        networks.append(copy.deepcopy(network).cpu().eval())
        held_out.append(both_classes(task, predict_logits(network, validation.features).double()))
    member = Modules(task, tuple(networks), architecture)
    chosen = {"epochs": [history.best_epoch for history in histories]}
    return CrossFitted(member, held_out_mean(held_out, splits, len(examples)), chosen, histories[0])


def both_classes(task: Task, logits: Tensor) -> Tensor:
    """Log probabilities of all K classes, `(n, K)`, also where a binary task has one logit a row."""
    if task.kind == "binary":
        logits = torch.stack([torch.zeros_like(logits), logits], 1)
    return logits.log_softmax(1)


def logits_of(task: Task, log_probabilities: Tensor) -> Tensor:
    """Log probabilities of all K classes as the task's logits: `(n,)`, their difference, if binary."""
    if task.kind == "binary":
        return log_probabilities[:, 1] - log_probabilities[:, 0]
    return log_probabilities
