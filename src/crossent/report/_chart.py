"""A chart of the page: a Vega-Lite specification, what it is called, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt

HEIGHT = 320
_UNIT = alt.Scale(domain=[0, 1], padding=0, nice=False)

Points: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True)
class Chart:
    """One chart.

    name: its place in the page's addresses. words: the text alternative, also its caption. wide: scrolls sideways.
    """

    name: str
    title: str
    words: str
    spec: dict[str, Any]
    wide: bool = False


def specification(chart: alt.LayerChart) -> dict[str, Any]:
    """The checked Vega-Lite specification, without what the page gives once: the schema's address and the style."""
    spec = chart.to_dict()
    return {name: value for name, value in spec.items() if name not in ("$schema", "config")}


def points(values: Points) -> alt.InlineData:
    """Data that stand in the page."""
    return alt.InlineData(values=values)


def layered(*layers: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """Layers as one chart, as wide as its place on the page, at the height that all charts share."""
    return specification(alt.LayerChart(layer=list(layers)).properties(width="container", height=HEIGHT))


def unit_axis(field: str, title: str, *, percent: bool = False) -> alt.X:
    """A horizontal axis from 0 to 1."""
    return alt.X(field, title=title, scale=_UNIT, axis=_axis(percent=percent))


def unit_height(field: str, title: str, *, percent: bool = False) -> alt.Y:
    """A vertical axis from 0 to 1."""
    return alt.Y(field, title=title, scale=_UNIT, axis=_axis(percent=percent))


def _axis(*, percent: bool) -> alt.Axis:
    return alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format=".0%" if percent else ".1f")
