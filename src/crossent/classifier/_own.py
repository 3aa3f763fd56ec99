"""A network of the user's own as the one member of a blend."""

from __future__ import annotations

from pathlib import Path

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


def check_own(recipe: Recipe, *, time: str | None, checkpoint: str | Path | None) -> None:
    """Raise InputError where what a fit is asked for cannot be done with a network of the user's own."""
    if time is not None:
        raise InputError(
            "a network of your own cannot be trained anew on all rows, which splits by time need: "
            "split by groups or folds"
        )
    if checkpoint is not None:
        raise InputError("a network of your own cannot be kept in a checkpoint, which holds no code: leave it out")
    if recipe.time_limit is not None:
        raise InputError(
            f"a network of your own cannot be held to a time limit; got time_limit={recipe.time_limit:g}: "
            "give epochs=..., the most passes over the rows, instead"
        )


def own_learner(make: ModuleFactory, task: Task, encoder: Encoder, recipe: Recipe, on: Ground) -> Learner:
    """What trains the user's network on each split, with the task's loss; see `Flat` for what the network gets."""
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
        raise NotImplementedError("only splits by time need it, and check_own refuses these")

    return Learner("module", None, 1.0, cross_fit, fit)
