"""Members that learn side by side, each on its own thread."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from ..data import Layout, Split
from ..members import (
    Blend,
    CrossFitted,
    Member,
    cross_fit_linear,
    cross_fit_network,
    cross_fit_trees,
    fit_linear,
    fit_network,
    fit_trees,
)
from ..training import Examples, Watch, interruptible
from ._plan import Plan


@dataclass(frozen=True, eq=False)
class Learner:
    """One member of a plan, yet to be trained.

    Attributes:
        name: What it is called: "network", "trees 2".
        cross_fit: Trains a copy on each split.
        fit: Trains copies on all rows, as the held-out rows of `cross_fit` have chosen.
    """

    name: str
    cross_fit: Callable[[Watch], CrossFitted]
    fit: Callable[[Watch, Mapping[str, Any]], Member]


def learners(
    plan: Plan,
    examples: Examples,
    splits: Sequence[Split],
    *,
    layout: Layout,
    classes: int,
    seed: int,
    device: torch.device,
    seconds: float | None = None,
) -> list[Learner]:
    """The members of a plan, those that take longest first.

    Args:
        plan: Which, and how.
        examples: All rows that train or validate.
        splits: Which of them do what.
        layout: What the encoded columns are.
        classes: K.
        seed: Decides all chance.
        device: Where the networks train.
        seconds: After so many each member ends with what it has; None to let it finish.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    common = {"layout": layout, "classes": classes, "deadline": deadline}
    placed = examples.to(device)
    made: list[Learner] = []
    for place, settings in enumerate(plan.networks):
        options = {**common, "settings": settings, "seed": seed + place}
        made.append(
            Learner(
                _name("network", place, len(plan.networks)),
                lambda watch, options=options: cross_fit_network(placed, splits, watch=watch, **options),
                lambda watch, chosen, options=options: fit_network(
                    placed,
                    copies=len(splits),
                    epochs=chosen["epochs"],
                    slope=chosen["slope"],
                    watch=watch,
                    **options,
                ),
            )
        )
    for place, settings in enumerate(plan.trees):
        options = {**common, "settings": settings, "seed": seed + place}
        whole = {name: value for name, value in options.items() if name != "deadline"}
        made.append(
            Learner(
                _name("trees", place, len(plan.trees)),
                lambda watch, options=options: cross_fit_trees(examples, splits, watch=watch, **options),
                lambda watch, chosen, options=whole: fit_trees(
                    examples, copies=1, rounds=chosen["rounds"], watch=watch, **options
                ),
            )
        )
    if plan.linear:
        options = {**common, "seed": seed}
        alone = {"layout": layout, "classes": classes, "seed": seed}
        made.append(
            Learner(
                "linear",
                lambda watch: cross_fit_linear(examples, splits, watch=watch, **options),
                lambda watch, chosen: fit_linear(examples, strength=chosen["strength"], watch=watch, **alone),
            )
        )
    return made


@dataclass(frozen=True, eq=False)
class Learned:
    """What the members of a plan have learned from the splits."""

    learners: Sequence[Learner]
    cross_fitted: Sequence[CrossFitted]
    watch: Watch

    @property
    def names(self) -> list[str]:
        """What the members are called."""
        return [learner.name for learner in self.learners]

    def on_all_rows(self, blend: Blend) -> Blend:
        """The blend with each member of weight trained anew on all rows, as the held-out rows have chosen.

        For splits by time, where a copy of an earlier split has not seen the latest rows.
        """
        kept = [place for place, part in enumerate(blend.parts) if part.member is not None]
        work = [partial(self._fit, self.learners[place], blend.parts[place].chosen) for place in kept]
        fresh = dict(zip(kept, side_by_side([self.learners[place] for place in kept], work, self.watch), strict=True))
        parts = (replace(part, member=fresh.get(place)) for place, part in enumerate(blend.parts))
        return replace(blend, parts=tuple(parts))

    @staticmethod
    def _fit(learner: Learner, chosen: Mapping[str, Any], watch: Watch) -> Member:
        return learner.fit(watch, chosen)


def learn(
    plan: Plan,
    examples: Examples,
    splits: Sequence[Split],
    *,
    layout: Layout,
    classes: int,
    seed: int,
    device: torch.device,
    seconds: float | None,
    watch: Watch,
) -> Learned:
    """Train the members of a plan on the splits; see `learners`."""
    made = learners(plan, examples, splits, layout=layout, classes=classes, seed=seed, device=device, seconds=seconds)
    return Learned(made, side_by_side(made, [learner.cross_fit for learner in made], watch), watch)


def side_by_side(learners: Sequence[Learner], work: Sequence[Callable[[Watch], Any]], watch: Watch) -> list[Any]:
    """Do one piece of work for each learner, as many at a time as there are processors; results in order.

    Each piece runs on one thread of torch, so that what comes out does not depend on how many run beside it.
    """
    threads = torch.get_num_threads()
    with interruptible():
        try:
            torch.set_num_threads(1)
            with ThreadPoolExecutor(max_workers=max(1, min(os.cpu_count() or 1, len(work)))) as pool:
                pending = [
                    pool.submit(partial(each, watch.member(learner.name)))
                    for learner, each in zip(learners, work, strict=True)
                ]
                return [each.result() for each in pending]
        finally:
            torch.set_num_threads(threads)


def _name(kind: str, place: int, of: int) -> str:
    return kind if of == 1 else f"{kind} {place + 1}"
