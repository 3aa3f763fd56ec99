"""Grow trees on every split at once, a round of each in turn, so that one number of rounds can serve all copies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._seed import generator
from ..data import Layout, Split
from ..training import Examples, Watch, interruptible
from ._member import CrossFitted, held_out_mean
from ._trees import Trees
from ._trees_columns import TreeColumns
from ._trees_predict import probabilities_of
from ._trees_settings import TreeSettings

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

_MOST_SEED = 2**31 - 1


def cross_fit_trees(
    examples: Examples,
    splits: Sequence[Split],
    *,
    layout: Layout,
    classes: int,
    settings: TreeSettings,
    seed: int,
    threads: int = 1,
    deadline: float | None = None,
    watch: Watch | None = None,
) -> CrossFitted:
    """Train one copy a split, all with the number of rounds at which the loss over all validated rows is least.

    Args:
        examples: All rows.
        splits: Which of them train and validate each copy.
        layout: What their columns are.
        classes: K.
        settings: How trees are grown.
        seed: Decides which columns each tree may split on, and the cuts that are drawn by chance.
        threads: Threads that train.
        deadline: When to stop growing, as `time.monotonic()` tells the time; a first round is grown in any case.
        watch: Who is told of each round; a round of all copies is a pass over the rows of all copies.

    Returns:
        The copies, and what each says of the rows it has not trained on.
    """
    columns = TreeColumns.fit(examples.features, layout)
    seeds = generator(seed).integers(_MOST_SEED, size=len(splits))
    all_rows = _dataset(
        examples, columns, settings, settings.parameters(classes, seed=seed % _MOST_SEED, threads=threads)
    )
    copies = [
        _Copy.start(all_rows, split, settings.parameters(classes, seed=int(each), threads=threads))
        for split, each in zip(splits, seeds, strict=True)
    ]
    judge = _Judge(examples, splits)
    watch = watch or Watch()
    passed = sum(len(split.training) for split in splits)
    grown: list[int] = []
    watch.start(passed, settings.rounds)
    with interruptible() as interrupt:
        for rounds in range(1, settings.rounds + 1):
            for copy in copies:
                copy.booster.update()  # adds no tree where no cut that was drawn gains anything; the next draw may
            watch.step(passed)
            if judge.see(rounds, [copy.held_out() for copy in copies]):
                grown = [copy.booster.current_iteration() for copy in copies]
            late = interrupt.asked or (deadline is not None and time.monotonic() >= deadline)
            if late or rounds - judge.best_rounds >= settings.patience:
                break
    texts = tuple(copy.booster.model_to_string(num_iteration=n) for copy, n in zip(copies, grown, strict=True))
    held_out = held_out_mean([probabilities.log() for probabilities in judge.best], splits, len(examples))
    return CrossFitted(
        Trees(columns, texts, classes),
        held_out,
        {"settings": settings.name, "rounds": judge.best_rounds, "loss": judge.best_loss},
    )


def fit_trees(
    examples: Examples,
    *,
    copies: int,
    rounds: int,
    layout: Layout,
    classes: int,
    settings: TreeSettings,
    seed: int,
    threads: int = 1,
    deadline: float | None = None,
    watch: Watch | None = None,
) -> Trees:
    """Train copies on all rows, each by a chance of its own, for a number of rounds that was chosen before.

    Args:
        examples: All rows.
        copies: How many.
        rounds: Rounds of each.
        layout: What the columns are.
        classes: K.
        settings: How trees are grown; its rounds and patience do not matter here.
        seed: Decides which columns each tree may split on, and the cuts that are drawn by chance.
        threads: Threads that train.
        deadline: When to stop growing, as `time.monotonic()` tells the time; of each copy a round is grown in any case.
        watch: Who is told of each round of a copy.
    """
    columns = TreeColumns.fit(examples.features, layout)
    seeds = generator(seed).integers(_MOST_SEED, size=copies)
    rows = _dataset(examples, columns, settings, settings.parameters(classes, seed=seed % _MOST_SEED, threads=threads))
    watch = watch or Watch()
    watch.start(len(examples), copies * rounds)
    texts: list[str] = []
    with interruptible() as interrupt:
        for each in seeds:
            booster = _booster(rows, settings.parameters(classes, seed=int(each), threads=threads))
            for _ in range(rounds):
                watch.step(len(examples))
                booster.update()
                if interrupt.asked or (deadline is not None and time.monotonic() >= deadline):
                    break
            texts.append(booster.model_to_string())
    return Trees(columns, tuple(texts), classes)


@dataclass(frozen=True, eq=False)
class _Copy:
    """The trees of one split, while they grow."""

    booster: Booster

    @classmethod
    def start(cls, all_rows: Dataset, split: Split, parameters: dict[str, object]) -> _Copy:
        booster = _booster(all_rows.subset(split.training.tolist()), parameters)
        booster.add_valid(all_rows.subset(split.validation.tolist()), "held out")
        return cls(booster)

    def held_out(self) -> Tensor:
        """The probabilities of the validation rows, `(v, K)`, which LightGBM keeps up to date as the trees grow."""
        seen: list[Tensor] = []

        def see(predicted: NDArray[np.float64], _: Dataset) -> tuple[str, float, bool]:
            seen.append(probabilities_of(predicted))  # makes a copy of it
            return "", 0.0, False

        self.booster.eval_valid(see)
        return seen[0]


class _Judge:
    """Keeps the round at which the mean loss over all validated rows was least, and what was said then."""

    def __init__(self, examples: Examples, splits: Sequence[Split]) -> None:
        self._labels = [examples.labels[split.validation][:, None] for split in splits]
        weights = torch.ones(len(examples)) if examples.weights is None else examples.weights
        self._weights = [weights[split.validation].double() for split in splits]
        self._weight = float(sum(each.sum() for each in self._weights))
        self.best_loss = np.inf
        self.best_rounds = 0
        self.best: list[Tensor] = []

    def see(self, rounds: int, probabilities: list[Tensor]) -> bool:
        """Whether this round is the best so far."""
        of_labels = zip(probabilities, self._labels, self._weights, strict=True)
        losses = [-(weights @ values.gather(1, labels)[:, 0].log()) for values, labels, weights in of_labels]
        loss = float(sum(losses)) / self._weight
        if not loss < self.best_loss:  # of no number either
            return False
        self.best_loss, self.best_rounds, self.best = loss, rounds, probabilities
        return True


def _dataset(
    examples: Examples, columns: TreeColumns, settings: TreeSettings, parameters: dict[str, object]
) -> Dataset:
    from lightgbm import Dataset  # a second of imports that a model without trees does not need

    return Dataset(
        columns.matrix(examples.features),
        examples.labels.numpy(),
        weight=None if examples.weights is None else examples.weights.numpy(),
        categorical_feature=columns.categorical,
        params=parameters,
    ).construct()


def _booster(rows: Dataset, parameters: dict[str, object]) -> Booster:
    from lightgbm import Booster  # as above

    return Booster(parameters, rows)
