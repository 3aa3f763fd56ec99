"""A fit that was killed goes on where it was, to the same bits."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typing_extensions import override

from crossent import Model, fit
from crossent.training import Epoch, Watch


def table() -> pl.DataFrame:
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, 200))
    return pl.DataFrame({"x": x, "z": z, "y": np.where(x * z + random.normal(0, 0.3, 200) > 0, "up", "down")})


class PowerCut(Watch):
    """Ends the training of one member after so many epochs, as a power cut would."""

    def __init__(self, epochs: int) -> None:
        self.left = epochs
        self.epochs: list[int] = []

    @override
    def epoch(self, record: Epoch) -> None:
        self.epochs.append(record.epoch)
        self.left -= 1
        if not self.left:
            raise SystemError("power cut")


def fitted(place: Path | None, watch: Watch | None = None) -> Model:
    options: dict[str, Any] = {"quality": "fast", "epochs": 6, "members": ("network", "linear")}
    return fit(table(), target="y", checkpoint=place, watch=watch, **options)


def test_a_killed_fit_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole_epochs = PowerCut(100)
    whole = fitted(None, whole_epochs)
    with pytest.raises(SystemError, match="power cut"):
        fitted(tmp_path / "state", PowerCut(3))
    rest = PowerCut(100)
    resumed = fitted(tmp_path / "state", rest)
    assert 0 < len(rest.epochs) < len(whole_epochs.epochs)
    assert resumed.predict(table()).equals(whole.predict(table()))
    assert resumed.metrics == whole.metrics
    nothing_left = PowerCut(100)
    again = fitted(tmp_path / "state", nothing_left)
    assert nothing_left.epochs == []
    assert again.metrics == whole.metrics


def test_the_state_of_another_table_or_recipe_is_not_gone_on_from(tmp_path: Path) -> None:
    fitted(tmp_path / "state")
    other = table().with_columns(x=pl.col("x") + 1e-3 * pl.int_range(200))
    options: dict[str, Any] = {"quality": "fast", "epochs": 6, "members": ("network", "linear")}
    resumed = fit(other, target="y", checkpoint=tmp_path / "state", **options)
    assert resumed.metrics == fit(other, target="y", **options).metrics


def test_a_damaged_state_counts_as_none(tmp_path: Path) -> None:
    fitted(tmp_path / "state")
    for file in (tmp_path / "state").iterdir():
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert fitted(tmp_path / "state").metrics == fitted(None).metrics


def test_a_turned_bit_in_a_state_counts_as_none(tmp_path: Path) -> None:
    fitted(tmp_path / "state")
    for file in (tmp_path / "state").iterdir():
        content = bytearray(file.read_bytes())
        content[-5] ^= 4
        file.write_bytes(content)
    again = PowerCut(100)
    assert fitted(tmp_path / "state", again).metrics == fitted(None).metrics
    assert again.epochs


class FirstCut(PowerCut):
    """Sees the first network alone."""

    @override
    def member(self, name: str) -> Watch:
        return self if name == "network 1" else Watch()


class LatePowerCut(FirstCut):
    """Lets an hour pass in a step of an epoch, and ends the training after that epoch."""

    def __init__(self, epoch: int, clock: dict[str, float]) -> None:
        super().__init__(epoch)
        self.clock = clock

    @override
    def step(self, rows: int) -> None:
        if self.left == 1:
            self.clock["ahead"] = 3600.0


def within(limit: float, place: Path | None, watch: Watch) -> Model:
    return fit(table(), target="y", time_limit=limit, epochs=6, members=("network",), checkpoint=place, watch=watch)


def test_a_killed_fit_with_a_time_limit_goes_on_with_what_is_left_of_it(tmp_path: Path) -> None:
    with pytest.raises(SystemError, match="power cut"):
        within(600, tmp_path, FirstCut(3))
    rest = FirstCut(100)
    model = within(600, tmp_path, rest)
    assert rest.epochs == [3, 4, 5, 6], "epochs that were done are not done again"
    assert model.metrics == within(600, None, FirstCut(100)).metrics


def test_the_time_of_all_runs_together_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, clock = time.monotonic, {"ahead": 0.0}
    monkeypatch.setattr(time, "monotonic", lambda: now() + clock["ahead"])
    with pytest.raises(SystemError, match="power cut"):
        within(600, tmp_path, LatePowerCut(4, clock))
    clock["ahead"] = 0.0  # as after a start of the machine
    rest = FirstCut(100)
    model = within(600, tmp_path, rest)
    assert rest.epochs == [4], "the hour is more than the limit, which leaves one step"
    history = model.blend.parts[0].history
    assert history is not None
    assert history.stopped == "deadline"


def test_what_was_cut_short_by_one_limit_is_not_taken_for_another(tmp_path: Path) -> None:
    with pytest.raises(SystemError, match="power cut"):
        within(600, tmp_path, FirstCut(3))
    watch = FirstCut(100)
    within(601, tmp_path, watch)
    assert watch.epochs[0] == 1
