"""Ctrl-C ends a fit with what it has learned by then."""

import os
import signal

import numpy as np
import polars as pl
import pytest
from typing_extensions import override

from crossent import fit
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
