"""Members that learn side by side, each on its own thread."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from .._errors import DataWarning, InputError
from .._task import Task
from ..data import Layout, Split
from ..members import (
    Blend,
    ClassShares,
    CrossFitted,
    Member,
    Network,
    NetworkSettings,
    TreeSettings,
    cross_fit_linear,
    cross_fit_network,
    cross_fit_shares,
    cross_fit_trees,
    fit_linear,
    fit_network,
    fit_trees,
    keep,
    kept,
)
from ..training import Examples, Several, Watch, digest, interruptible
from ._clock import Clock
from ._plan import Plan, ends

CLASS_SHARES = "class shares"

_FEW_ROWS = 50_000
"""Of so many any member says something within a second or so, however late it is."""


@dataclass(frozen=True, eq=False)
class Learner:
    """One member of a plan, yet to be trained.

    Attributes:
        name: What it is called: "network", "trees 2".
        settings: How it is trained.
        work: What it is planned to take of the processors, beside others; see `Plan.work`.
        cross_fit: Trains a copy on each split, until a deadline if one is given.
        fit: Trains copies on all rows, as the held-out rows of its `cross_fit` have chosen.
    """

    name: str
    settings: NetworkSettings | TreeSettings | None
    work: float
    cross_fit: Callable[[float | None, Watch], CrossFitted]
    fit: Callable[[CrossFitted, float | None, Watch], Member]


@dataclass(frozen=True, eq=False)
class Ground:
    """What all members learn from.

    Attributes:
        examples: All rows that train or validate.
        splits: Which of them do what.
        layout: What the encoded columns are.
        classes: K.
        seed: Decides all chance.
        deadline: By `time.monotonic`; all members have then ended with what they have, each at its own share of the
            time (see `ends`). None to let them finish.
        last_deadline: The same of the training on all rows.
        checkpoint: A folder for the state of the training, from which the same call goes on when it was killed; where
            there is a deadline, with what is left of its time.
    """

    examples: Examples
    splits: Sequence[Split]
    layout: Layout
    classes: int
    seed: int
    deadline: float | None = None
    last_deadline: float | None = None
    checkpoint: Path | None = None


def learners(plan: Plan, ground: Ground, device: torch.device, own: Learner | None = None) -> list[Learner]:
    """The members of a plan, those that take longest first, and what the blend falls back on, last."""
    if own is not None:
        return [own, _shares(ground)]
    placed = replace(ground, examples=ground.examples.to(device))
    networks = [
        _network(_name("network", place, len(plan.networks)), settings, plan, replace(placed, seed=ground.seed + place))
        for place, settings in enumerate(plan.networks)
    ]
    trees = [
        _trees(_name("trees", place, len(plan.trees)), settings, plan, replace(ground, seed=ground.seed + place))
        for place, settings in enumerate(plan.trees)
    ]
    return [*networks, *trees, *([_linear(plan, ground)] if plan.linear else []), _shares(ground)]


def _network(name: str, settings: NetworkSettings, plan: Plan, on: Ground) -> Learner:
    def cross_fit(deadline: float | None, watch: Watch) -> CrossFitted:
        return cross_fit_network(
            on.examples,
            on.splits,
            layout=on.layout,
            classes=on.classes,
            settings=settings,
            seed=on.seed,
            watch=watch,
            deadline=deadline,
            checkpoint=None if on.checkpoint is None else on.checkpoint / f"{name}.state",
        )

    def fit(fitted: CrossFitted, deadline: float | None, watch: Watch) -> Member:
        return fit_network(
            on.examples,
            copies=len(on.splits),
            epochs=fitted.chosen["epochs"],
            slope=fitted.chosen["slope"],
            layout=on.layout,
            classes=on.classes,
            settings=fitted.member.settings if isinstance(fitted.member, Network) else settings,
            seed=on.seed,
            deadline=deadline,
            watch=watch,
        )

    return Learner(name, settings, plan.work("network"), cross_fit, fit)


def _trees(name: str, settings: TreeSettings, plan: Plan, on: Ground) -> Learner:
    def cross_fit(deadline: float | None, watch: Watch) -> CrossFitted:
        return cross_fit_trees(
            on.examples,
            on.splits,
            layout=on.layout,
            classes=on.classes,
            settings=settings,
            seed=on.seed,
            deadline=deadline,
            watch=watch,
        )

    def fit(fitted: CrossFitted, deadline: float | None, watch: Watch) -> Member:
        return fit_trees(
            on.examples,
            copies=1,
            rounds=fitted.chosen["rounds"],
            layout=on.layout,
            classes=on.classes,
            settings=settings,
            seed=on.seed,
            deadline=deadline,
            watch=watch,
        )

    return Learner(name, settings, plan.work("trees"), cross_fit, fit)


def _linear(plan: Plan, on: Ground) -> Learner:
    def cross_fit(deadline: float | None, watch: Watch) -> CrossFitted:
        return cross_fit_linear(
            on.examples,
            on.splits,
            layout=on.layout,
            classes=on.classes,
            seed=on.seed,
            deadline=deadline,
            watch=watch,
        )

    def fit(fitted: CrossFitted, deadline: float | None, watch: Watch) -> Member:
        return fit_linear(
            on.examples,
            strength=fitted.chosen["strength"],
            layout=on.layout,
            classes=on.classes,
            seed=on.seed,
            deadline=deadline,
            watch=watch,
        )

    return Learner("linear", None, plan.work("linear"), cross_fit, fit)


def _shares(on: Ground) -> Learner:
    return Learner(
        CLASS_SHARES,
        None,
        0.0,
        lambda deadline, watch: cross_fit_shares(on.examples, on.splits, on.classes),
        lambda fitted, deadline, watch: ClassShares.fit(on.examples, on.classes),
    )


@dataclass(frozen=True, eq=False)
class Learned:
    """What the members of a plan have learned from the splits.

    Attributes:
        learners: The members that could be trained.
        cross_fitted: What became of each.
        watch: Told how training goes on.
        deadline: Of the training on all rows.
        interrupted: The user has asked to stop.
    """

    learners: Sequence[Learner]
    cross_fitted: Sequence[CrossFitted]
    watch: Watch
    deadline: float | None = None
    interrupted: bool = False

    @property
    def names(self) -> list[str]:
        """What the members are called."""
        return [learner.name for learner in self.learners]

    def on_all_rows(self, blend: Blend) -> Blend:
        """The blend with each member of weight trained anew on all rows, as the held-out rows have chosen.

        For splits by time, where a copy of an earlier split has not seen the latest rows. Where the user has asked to
        stop, before it or in the midst of it, it is the blend as it was: its copies have learned to the end.
        """
        if self.interrupted:
            return blend
        places = [place for place, part in enumerate(blend.parts) if part.member is not None]
        again = [self.learners[place] for place in places]
        work = [
            partial(learner.fit, self.cross_fitted[place], end)
            for place, learner, end in zip(places, again, _deadlines(again, self.deadline), strict=True)
        ]
        with interruptible() as interrupt:
            fresh = dict(zip(places, side_by_side(again, work, self.watch), strict=True))
        if interrupt.asked:
            return blend
        parts = (replace(part, member=fresh.get(place)) for place, part in enumerate(blend.parts))
        return replace(blend, parts=tuple(parts))


def learn(
    plan: Plan, ground: Ground, *, task: Task, device: torch.device, watch: Watch, own: Learner | None = None
) -> Learned:
    """Train the members of a plan on the splits, networks on the device, or `own` in their place; see `Ground`.

    Raises:
        InputError: No member could be trained.

    Warns:
        DataWarning: One could not, and is left out.
    """
    seen = "" if ground.checkpoint is None else digest(ground.examples, ground.splits)
    if ground.checkpoint is not None and ground.deadline is not None:
        clock = Clock(ground.checkpoint / "clock", f"{__version__} {seen} {plan!r} {ground.seed}")
        last = None if ground.last_deadline is None else ground.last_deadline - clock.before
        ground = replace(ground, deadline=ground.deadline - clock.before, last_deadline=last)
        watch = Several([clock, watch])
    made = learners(plan, ground, device, own)
    begun: list[str] = []
    work = [
        partial(_tried, learner, replace(ground, deadline=end), task, seen, begun)
        for learner, end in zip(made, _deadlines(made, ground.deadline), strict=True)
    ]
    with interruptible() as interrupt:
        results = side_by_side(made, work, watch)
    trained = [(each, result) for each, result in zip(made, results, strict=True) if isinstance(result, CrossFitted)]
    failed = [(each, result) for each, result in zip(made, results, strict=True) if isinstance(result, InputError)]
    if failed and len(trained) == 1:  # the class shares alone are no model
        raise failed[0][1]
    for learner, error in failed:
        warnings.warn(f"the member {learner.name} is left out: {error}", DataWarning, stacklevel=4)
    return Learned(
        [learner for learner, _ in trained],
        [result for _, result in trained],
        watch,
        ground.last_deadline,
        interrupt.asked,
    )


def _deadlines(learners: Sequence[Learner], deadline: float | None) -> list[float | None]:
    """When each is to end so that all have their share of the time from now on."""
    if deadline is None:
        return [None] * len(learners)
    now = time.monotonic()
    return [now + (deadline - now) * end for end in ends([each.work for each in learners], _at_once(len(learners)))]


def _tried(
    learner: Learner, on: Ground, task: Task, seen: str, begun: list[str], watch: Watch
) -> CrossFitted | InputError:
    """Train a member, unless the checkpoint has it already; what it cannot learn from, another may.

    Args:
        learner: The member.
        on: What it learns from, with its own deadline.
        task: What it learns.
        seen: The digest of what it learns from.
        begun: The members that have begun before; this one is added.
        watch: Told how the training goes.
    """
    path = None if on.checkpoint is None else on.checkpoint / f"{learner.name}.member"
    call = f"{__version__} {seen} {learner.settings!r} {on.seed}"
    try:
        found = None if path is None else kept(path, task, call)
        if found is not None:
            return found
        if begun and not (path is not None and path.with_suffix(".state").exists()):  # what has begun ends with that
            _check_time(learner, on)
        begun.append(learner.name)
        found = learner.cross_fit(on.deadline, watch)
        with interruptible() as interrupt:
            if path is not None and not interrupt.asked:  # else it is not all that the same call would learn
                keep(path, found, call)
    except InputError as error:
        return error
    return found


def _check_time(learner: Learner, on: Ground) -> None:
    """Raise InputError where a member that has not begun would come too late; what takes a moment never does."""
    with interruptible() as interrupt:
        if interrupt.asked and learner.name != CLASS_SHARES:
            raise InputError("the fit was interrupted before it began")
    late = on.deadline is not None and time.monotonic() >= on.deadline
    if late and learner.settings is not None and len(on.examples) > _FEW_ROWS:
        raise InputError("no time was left for it")


def side_by_side(learners: Sequence[Learner], work: Sequence[Callable[[Watch], Any]], watch: Watch) -> list[Any]:
    """Do one piece of work for each learner, as many at a time as there are processors; results in order.

    Each piece runs on one thread of torch, so that what comes out does not depend on how many run beside it.
    """
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(max_workers=_at_once(len(work)))
    with interruptible() as interrupt:
        try:
            torch.set_num_threads(1)
            pending = [
                pool.submit(partial(each, watch.member(learner.name)))
                for learner, each in zip(learners, work, strict=True)
            ]
            return [each.result() for each in pending]
        except BaseException:
            interrupt.asked = True  # those that still train end at their next step
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            pool.shutdown()
            torch.set_num_threads(threads)


def _at_once(pieces: int) -> int:
    return max(1, min(os.cpu_count() or 1, pieces))


def _name(kind: str, place: int, of: int) -> str:
    return kind if of == 1 else f"{kind} {place + 1}"
