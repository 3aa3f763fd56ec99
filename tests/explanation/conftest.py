"""A model whose every logit is known: what it goes by can be worked out by hand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest
import torch
from torch import Tensor

from crossent import Model, Rule, Task, read
from crossent.data import Column, Encoder, Features


@pytest.fixture
def known() -> Callable[[pl.DataFrame, Callable[[Features], Tensor], list[str]], Model]:
    def make(frame: pl.DataFrame, logits: Callable[[Features], Tensor], classes: list[str]) -> Model:
        table = read(frame.drop("label", strict=False))
        task = Task.binary(classes) if len(classes) == 2 else Task.multiclass(classes)

        def doubled(features: Features) -> Tensor:
            return logits(features).double()

        parts = {
            "task": task,
            "encoder": Encoder.fit(table.frame, table.columns),
            "target": Column("label", "category"),
            "rule": Rule(task),
            "logits": doubled,
        }
        return cast(Model, SimpleNamespace(**parts))

    return make


@pytest.fixture
def frame() -> pl.DataFrame:
    """x decides, flag shifts, noise does nothing; a word column and a column with gaps besides."""
    draw = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 600, generator=draw).double().numpy()
    flag = (torch.rand(600, generator=draw) < 0.5).numpy()
    town = [("Rome", "Oslo", "Lima")[place % 3] for place in range(600)]
    label = ["yes" if value > 0 else "no" for value in x]
    frame = pl.DataFrame({"x": x, "noise": noise, "flag": flag, "town": town, "label": label})
    return frame.with_columns(gaps=pl.when(pl.int_range(600) % 4 > 0).then(pl.col("x") * 10))
