"""A chart of the page: a Vega-Lite specification, what it is called, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt

HEIGHT = 280
_UNIT = alt.Scale(domain=[0, 1], padding=0, nice=False)

Points: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True)
class Chart:
    """One chart.

    name: its place in the page's addresses. words: the text alternative, also its caption. wide: scrolls sideways.
    live: the names of the data sets that the page's script fills in and changes; the specification has the first ones.
    """

    name: str
    title: str
    words: str
    spec: dict[str, Any]
    wide: bool = False
    live: tuple[str, ...] = ()

    def page_spec(self) -> dict[str, Any]:
        """The specification without the data that the page gives once for all charts."""
        data = {name: rows for name, rows in self.spec.get("datasets", {}).items() if name not in self.live}
        return self.spec | {"datasets": data | {name: [] for name in self.live}}


def specification(chart: alt.LayerChart) -> dict[str, Any]:
    """The checked Vega-Lite specification, without what the page gives once: the schema's address and the style."""
    spec = chart.to_dict()
    return {name: value for name, value in spec.items() if name not in ("$schema", "config")}


def points(values: Points) -> alt.InlineData:
    """Data that stand in the page."""
    return alt.InlineData(values=values)


def layered(*layers: alt.Chart | alt.LayerChart, **data: Points) -> dict[str, Any]:
    """Layers as one chart, as wide as its place on the page, at the height that most charts share.

    The named data join after the check of the specification, which takes seconds for thousands of rows.
    """
    spec = specification(alt.LayerChart(layer=list(layers)).properties(width="container", height=HEIGHT))
    return spec | {"datasets": spec.get("datasets", {}) | data} if data else spec


def unit_axis(field: str, title: str, *, percent: bool = False) -> alt.X:
    """A horizontal axis from 0 to 1."""
    return alt.X(field, title=title, scale=_UNIT, axis=_axis(percent=percent))


def unit_height(field: str, title: str, *, percent: bool = False) -> alt.Y:
    """A vertical axis from 0 to 1."""
    return alt.Y(field, title=title, scale=_UNIT, axis=_axis(percent=percent))


def _axis(*, percent: bool) -> alt.Axis:
    if percent:  # fewer, so that they fit in a narrow chart
        return alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".0%", labelFlush=True)
    return alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format=".1f", labelFlush=True)
