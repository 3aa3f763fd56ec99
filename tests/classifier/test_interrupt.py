"""Ctrl-C ends a fit with what it has learned by then."""

import os
import signal

import numpy as np
import polars as pl
import pytest
from typing_extensions import override

from crossent import fit
from crossent.members import Linear
from crossent.training import Watch


class CtrlC(Watch):
    """Pressed in the training of the first member."""

    def __init__(self) -> None:
        self.pressed = False

    @override
    def step(self, rows: int) -> None:
        if not self.pressed:
            self.pressed = True
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore:the member .* is left out")
def test_members_that_have_not_begun_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # one member after the other
    random = np.random.default_rng(0)
    x = random.normal(size=300)
    table = pl.DataFrame({"x": x, "y": np.where(x + random.normal(0, 0.3, 300) > 0, "up", "down")})
    with pytest.warns(match="the member linear is left out: the fit was interrupted before it began"):
        model = fit(table, target="y", quality="fast", epochs=100, watch=CtrlC())
    assert [part.name for part in model.blend.parts] == ["network 1", "class shares"]
    history = model.blend.parts[0].history
    assert history is not None
    assert history.stopped == "interrupted"
    assert len(model.predict(table)) == 300


class CtrlCAtStart(Watch):
    """Pressed when the training on the splits begins, or that on all rows."""

    def __init__(self, training: int) -> None:
        self.left, self.starts = training, 0

    @override
    def start(self, rows: int, epochs: int) -> None:
        self.starts += 1
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("training", [1, 2])
def test_by_time_the_copies_of_the_splits_are_kept_where_those_on_all_rows_were_not_done(training: int) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=300)
    up = x + random.normal(0, 0.3, 300) > 0
    table = pl.DataFrame({"x": x, "day": range(300), "y": np.where(up, "up", "down")})
    watch = CtrlCAtStart(training)
    model = fit(table, target="y", time="day", members="linear", quality="fast", watch=watch)
    assert watch.starts == training, "after the request no training begins"
    member = model.blend.parts[0].member
    assert isinstance(member, Linear)
    assert len(member.weights) == 3
    done = fit(table, target="y", time="day", members="linear", quality="fast").blend.parts[0].member
    assert isinstance(done, Linear)
    assert len(done.weights) == 1
