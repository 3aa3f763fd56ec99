"""A fit that was killed goes on where it was, to the same bits."""

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
