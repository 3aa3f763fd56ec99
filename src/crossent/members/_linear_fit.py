"""Fit a linear model on every split at once, along a path of strengths of which the held-out rows choose one."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch

from ..data import Layout, Split
from ..training import Examples, Watch, interruptible
from ._linear import Linear
from ._linear_columns import LinearColumns
from ._linear_problem import Problem
from ._member import CrossFitted, held_out_mean

# From strong to weak, each starting where the last one ended; weaker ones are not tried once the loss rises.
STRENGTHS = (1000.0, 250.0, 60.0, 15.0, 4.0, 1.0, 0.25, 0.06, 0.015)


def cross_fit_linear(
    examples: Examples,
    splits: Sequence[Split],
    *,
    layout: Layout,
    classes: int,
    seed: int = 0,
    deadline: float | None = None,
    watch: Watch | None = None,
) -> CrossFitted:
    """Fit one copy a split, all with the strength of regularisation at which the loss over all validated rows is least.

    Args:
        examples: All rows.
        splits: Which of them train and validate each copy.
        layout: What their columns are.
        classes: K.
        seed: Changes nothing: the loss has one minimum.
        deadline: When to stop, as `time.monotonic()` tells the time; a first step is taken in any case.
        watch: Who is told of each strength; one of them is a pass over the rows of all copies.

    Returns:
        The copies, and what each says of the rows it has not trained on.
    """
    columns = LinearColumns.fit(examples.features, layout)
    problem = Problem.of(columns, examples, splits, classes)
    watch = watch or Watch()
    watch.start(len(examples) * len(splits), len(STRENGTHS))
    x, best, best_loss, chosen = problem.start(), problem.start(), np.inf, STRENGTHS[0]
    with interruptible() as interrupt:

        def late() -> bool:
            return interrupt.asked or (deadline is not None and time.monotonic() >= deadline)

        for strength in STRENGTHS:
            x = problem.solve(strength, x, late)
            watch.step(len(examples) * len(splits))
            loss = problem.held_out_loss(x, splits)
            if loss < best_loss:
                best, best_loss, chosen = x, loss, strength
            elif loss > best_loss * 1.002:
                break
            if late():
                break
    member = problem.member(best, columns)
    held_out = held_out_mean(problem.held_out(best, splits), splits, len(examples))
    return CrossFitted(member, held_out, {"strength": chosen, "loss": best_loss})


def fit_linear(
    examples: Examples,
    *,
    strength: float,
    layout: Layout,
    classes: int,
    seed: int = 0,
    deadline: float | None = None,
    watch: Watch | None = None,
) -> Linear:
    """Fit one copy on all rows, with a strength that was chosen before.

    Args:
        examples: All rows.
        strength: Of the regularisation.
        layout: What the columns are.
        classes: K.
        seed: Changes nothing: the loss has one minimum.
        deadline: When to stop, as `time.monotonic()` tells the time; a first step is taken in any case.
        watch: Who is told when it is done.
    """
    columns = LinearColumns.fit(examples.features, layout)
    every = Split(torch.arange(len(examples)), torch.empty(0, dtype=torch.int64))
    problem = Problem.of(columns, examples, [every], classes)
    watch = watch or Watch()
    watch.start(len(examples), 1)
    with interruptible() as interrupt:
        x = problem.solve(
            strength,
            problem.start(),
            lambda: interrupt.asked or (deadline is not None and time.monotonic() >= deadline),
        )
    watch.step(len(examples))
    return problem.member(x, columns)
