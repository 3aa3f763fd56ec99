"""A made table of any size, and the chart of what its rows cost."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import numpy as np
import polars as pl
from table_rows import TARGET, Rows, rows_of

NUMBERS, CATEGORIES, LEVELS, TEST_ROWS = 16, 4, 12, 2_000


def made_rows(count: int) -> Rows:
    """16 numbers and 4 categories; three classes, which a few of them and two interactions decide, with noise."""
    draw = np.random.default_rng(0)
    rows = count + TEST_ROWS
    numbers = draw.normal(size=(rows, NUMBERS)).astype(np.float32)
    codes = draw.integers(LEVELS, size=(rows, CATEGORIES))
    pull = draw.normal(size=(CATEGORIES, LEVELS))
    score = numbers[:, 0] - 0.5 * numbers[:, 1] + numbers[:, 2] * numbers[:, 3] + np.sin(2 * numbers[:, 4])
    score = score + sum(pull[place, codes[:, place]] for place in range(CATEGORIES)) + draw.normal(size=rows)
    labels = np.digitize(score, [-1.0, 1.5])
    frame = pl.DataFrame({f"number_{place}": numbers[:, place] for place in range(NUMBERS)})
    words = {f"category_{place}": [f"level {code}" for code in codes[:, place]] for place in range(CATEGORIES)}
    target = pl.Series(TARGET, np.array(["low", "middle", "high"])[labels])
    frame = frame.with_columns(**{name: pl.Series(values) for name, values in words.items()}, target=target)
    return rows_of(frame[:count], frame[count:], set())


def draw_scaling(results: pl.DataFrame, path: Path) -> None:
    """Processors' seconds and memory by rows, both axes logarithmic."""
    base = alt.Chart(results.select("contender", "rows", "cpu_s", "peak_mib"))
    ticks = alt.Axis(values=sorted(set(results["rows"].to_list())), format="~s", grid=False)
    x = alt.X("rows:Q", title="rows", scale=alt.Scale(type="log"), axis=ticks)
    charts = [
        base.mark_line(point=True)
        .encode(x, alt.Y(f"{field}:Q", title=title, scale=alt.Scale(type="log")), alt.Color("contender:N", title=None))
        .properties(width=320, height=260)
        for field, title in (("cpu_s", "processors' seconds"), ("peak_mib", "peak memory, MiB"))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    alt.hconcat(*charts).save(path, scale_factor=2)
