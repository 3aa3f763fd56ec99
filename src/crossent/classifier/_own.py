"""A network of the user's own as the one member of a blend."""

from __future__ import annotations

import torch
from torch import nn

from .._errors import InputError
from .._task import Task
from ..data import Encoder
from ..members import CrossFitted, Member, ModuleSettings, cross_fit_modules
from ..models import Flat, ModuleFactory
from ..training import Watch
from ._learn import Ground, Learner
from ._recipe import Recipe


def own_learner(make: ModuleFactory, task: Task, encoder: Encoder, recipe: Recipe, on: Ground) -> Learner:
    """What trains the user's network on each split, with the task's loss; see `Flat` for what the network gets.

    Raises:
        InputError: There is to be a checkpoint, which holds no code and so no such network.
    """
    if on.checkpoint is not None:
        raise InputError("a network of your own cannot be kept in a checkpoint, which holds no code: leave it out")
    outputs = None if task.kind == "binary" else len(task)

    def build(seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Flat(make, encoder.width, encoder.codes, encoder.levels, outputs)

    def cross_fit(deadline: float | None, watch: Watch) -> CrossFitted:
        settings = ModuleSettings() if recipe.epochs is None else ModuleSettings(epochs=recipe.epochs)
        return cross_fit_modules(
            on.examples, on.splits, task=task, build=build, settings=settings, seed=on.seed, watch=watch
        )

    def fit(fitted: CrossFitted, deadline: float | None, watch: Watch) -> Member:
        raise InputError(
            "a network of your own cannot be trained anew on all rows, which splits by time need: "
            "split by groups or folds"
        )

    return Learner("module", None, 1.0, cross_fit, fit)
