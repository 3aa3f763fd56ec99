"""A time limit is shared, among the members and with the runs that were killed."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typing_extensions import override

from crossent import Model, fit
from crossent.training import Watch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How many seconds the clock is ahead; members train one after the other."""
    now, clock = time.monotonic, {"ahead": 0.0}
    monkeypatch.setattr(time, "monotonic", lambda: now() + clock["ahead"])
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    return clock


def table() -> pl.DataFrame:
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, 200))
    up = x * z + random.normal(0, 0.3, 200) > 0
    return pl.DataFrame({"x": x, "z": z, "day": np.arange(200), "y": np.where(up, "up", "down")})


class OnStep(Watch):
    """Calls a function at each step of a member, with the member's name and how many steps were before."""

    def __init__(self, call: Callable[[str, int], None], name: str = "") -> None:
        self.call, self.name, self.steps = call, name, 0

    @override
    def member(self, name: str) -> Watch:
        return OnStep(self.call, name)

    @override
    def step(self, rows: int) -> None:
        self.call(self.name, self.steps)
        self.steps += 1


def nothing(name: str, step: int) -> None:
    pass


def fitted(limit: float, watch: Watch, place: Path | None = None, **options: Any) -> Model:
    return fit(table(), target="y", time_limit=limit, checkpoint=place, watch=watch, folds=2, **options)


def rounds_of(model: Model) -> dict[str, int]:
    return {part.name: part.chosen["rounds"] for part in model.blend.parts if "rounds" in part.chosen}


def test_members_that_begin_late_have_their_share_of_the_time(clock: dict[str, float]) -> None:
    seconds: dict[str, float] = {}

    def slow(name: str, step: int) -> None:
        took = 40.0 if name.startswith("network") else 4.0
        clock["ahead"] += took
        seconds[name] = seconds.get(name, 0.0) + took

    fitted(1000, OnStep(slow), members=("network", "trees"), epochs=30)
    trees = sum(spent for name, spent in seconds.items() if name.startswith("trees"))
    networks = sum(spent for name, spent in seconds.items() if name.startswith("network"))
    assert 100 < trees < networks < 800


def test_the_seconds_of_members_without_epochs_count_too(tmp_path: Path, clock: dict[str, float]) -> None:
    def cut(name: str, step: int) -> None:
        if step == 5:
            clock["ahead"] = 2000.0  # of the 2550 that the first trees have
        if step == 8:
            raise SystemError("power cut")

    def later(name: str, step: int) -> None:
        if step == 3:
            clock["ahead"] = 2200.0  # more than is left for them, less than there was

    with pytest.raises(SystemError, match="power cut"):
        fitted(6000, OnStep(cut), tmp_path, members="trees")
    clock["ahead"] = 0.0
    assert rounds_of(fitted(6000, OnStep(later), tmp_path, members="trees"))["trees 1"] <= 4


def test_the_seconds_of_other_members_do_not_count(tmp_path: Path, clock: dict[str, float]) -> None:
    def hour(name: str, step: int) -> None:
        clock["ahead"] = 3600.0

    def later(name: str, step: int) -> None:
        if step == 3:
            clock["ahead"] = 1000.0  # of the 1530 that the first trees have

    fitted(4500, OnStep(hour), tmp_path, members="linear")
    clock["ahead"] = 0.0
    assert rounds_of(fitted(4500, OnStep(later), tmp_path, members=("trees", "linear")))["trees 1"] > 4


def test_what_has_begun_ends_though_its_time_is_up(
    tmp_path: Path, clock: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossent.classifier._learn._FEW_ROWS", 0)  # as if the table were large
    networks: dict[str, Any] = {"members": "network", "epochs": 2}
    whole = fitted(600, OnStep(nothing), tmp_path, **networks)
    assert [part.name for part in whole.blend.parts][:2] == ["network 1", "network 2"]
    for learned in tmp_path.rglob("*.member"):
        learned.unlink()

    class Late(Watch):
        @override
        def start(self, rows: int, epochs: int) -> None:
            clock["ahead"] = 3600.0

    again = fitted(600, Late(), tmp_path, **networks)
    assert again.predict(table()).equals(whole.predict(table()))


def test_the_training_on_all_rows_has_what_killed_runs_have_left_of_the_limit(
    tmp_path: Path, clock: dict[str, float]
) -> None:
    rounds: list[int] = []

    def cut(name: str, step: int) -> None:
        if name == "linear":  # the last one
            clock["ahead"] = 2000.0
            if step == 1:
                raise SystemError("power cut")

    def later(name: str, step: int) -> None:
        if name == "trees 1":  # on all rows: the splits are done
            clock["ahead"] = 2000.0  # more than the half that it has of what is left, less than half of the limit
            rounds.append(step)

    by_time: dict[str, Any] = {"members": ("trees", "linear"), "time": "day"}
    with pytest.raises(SystemError, match="power cut"):
        fitted(6000, OnStep(cut), tmp_path, **by_time)
    clock["ahead"] = 0.0
    fitted(6000, OnStep(later), tmp_path, **by_time)
    assert rounds == [0]
