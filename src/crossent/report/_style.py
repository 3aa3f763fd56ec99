"""How charts look: colours are the page's own CSS variables, so that they follow light, dark and print."""

from __future__ import annotations

from typing import Any

INK = "var(--ink)"
MUTED = "var(--muted)"
ACCENT = "var(--accent)"
CLASS_COLOURS = [f"var(--class-{place})" for place in range(1, 6)]
"""Okabe and Ito's palette, told apart with any colour vision; the dark page has it lighter."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"

CONFIG: dict[str, Any] = {
    "font": _FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--line)",
        "gridColor": "var(--line)",
        "gridOpacity": 0.7,
        "tickColor": "var(--line)",
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "labelPadding": 6,
        "ticks": False,
    },
    "legend": {
        "labelColor": INK,
        "labelFontSize": 12,
        "labelLimit": 220,
        "orient": "bottom",
        "title": None,
        "symbolType": "stroke",
        "symbolStrokeWidth": 3,
        "columnPadding": 18,
        "rowPadding": 4,
    },
    "text": {"fontSize": 12, "fill": INK},
}
"""Given once to all charts of a page."""
