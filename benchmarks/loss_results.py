"""The results of `losses.py`: kept as JSON, written as Markdown tables and one chart."""

import json
import os
import platform
import textwrap
from pathlib import Path
from typing import Any, TypedDict

import altair as alt
import torch

from crossent import functional as F

Times = dict[str, dict[str, dict[str, float]]]  # threads -> "forward" or "both" -> contender -> seconds


class Measured(TypedDict):
    """One case."""

    group: str
    name: str
    times: Times
    peaks: dict[str, float | None]


DIRECTIONS = {"both": "forward and backward", "forward": "forward"}
RIVALS = ("torch", "torch.compile", "floor")


def describe_machine(rounds: int) -> str:
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        named = (line for line in information.read_text().splitlines() if line.startswith("model name"))
        model = next(named, f": {model}").partition(":")[2].strip()
    return (
        f"{model}, {os.cpu_count()} cores; torch {torch.__version__}; crossent's kernels: {F.kernels_in_use()}; "
        f"medians of {rounds} rounds or fewer."
    )


def write(folder: Path, machine: str, measured: Measured, order: list[str]) -> list[Measured]:
    """Put a case among those in the folder, write them all again, and return them in the given order."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "losses.json"
    found: list[Measured] = json.loads(kept.read_text())["cases"] if kept.exists() else []
    by_title = {_title(one): one for one in [*found, measured]}
    results = [by_title[title] for title in order if title in by_title]
    kept.write_text(json.dumps({"machine": machine, "cases": results}, indent=1))
    (folder / "losses.md").write_text(as_markdown(results, machine))
    as_chart(results, machine).save(folder / "losses.png", scale_factor=2)
    return results


def slower_than_torch(results: list[Measured]) -> list[str]:
    """Name every measurement that torch's eager loss won."""
    return [
        f"{_title(one)} ({threads} thr., {DIRECTIONS[direction]}: {taken['crossent'] / taken['torch']:.2f} times)"
        for one in results
        for threads, directions in one["times"].items()
        for direction, taken in directions.items()
        if taken["crossent"] > taken["torch"]
    ]


def _title(one: Measured) -> str:
    return f"{one['group']}, {one['name']}"


# ------------------------------------------------------------------------------------------------------ Markdown


def as_markdown(results: list[Measured], machine: str) -> str:
    """One table a number of threads, and one of memory."""
    threads = sorted({count for one in results for count in one["times"]}, key=int)
    parts = [machine, "Columns of torch, torch.compile and the floor: how many times as long as crossent."]
    for count in threads:
        parts += [f"### {count} {'thread' if count == '1' else 'threads'}", _times_table(results, count)]
    if any(one["peaks"] for one in results):
        parts += ["### Peak memory beyond the arguments, in sizes of the logits", _peaks_table(results)]
    return "\n\n".join(parts) + "\n"


def _times_table(results: list[Measured], threads: str) -> str:
    header = [""]
    for words in DIRECTIONS.values():
        header += [f"{words}, ms", *RIVALS]
    rows = []
    for one in results:
        if threads not in one["times"]:
            continue
        row = [_title(one)]
        for direction in DIRECTIONS:
            taken = one["times"][threads][direction]
            ours = taken["crossent"]
            row.append(f"{1e3 * ours:.3g}")
            row += [f"{taken[name] / ours:.2f}" if name in taken else "" for name in RIVALS]
        rows.append(row)
    return _table(header, rows)


def _peaks_table(results: list[Measured]) -> str:
    names = ("crossent", *RIVALS[:2])
    rows = [[_title(one), *(_figure(one["peaks"].get(name)) for name in names)] for one in results if one["peaks"]]
    return _table(["forward and backward", *names], rows)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# --------------------------------------------------------------------------------------------------------- chart

INK, MUTED, LINE, PAPER = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
THREAD_COLOURS = ["#9ad0f0", "#0072b2"]  # after Okabe and Ito, who told colours apart for every eye
COMPILED = "#d55e00"
SHORT_LINE = "M0,-1.6L0,1.6"
MARKS = {"torch.compile": "torch.compile", "floor": "the floor: reading and writing the tensors once"}
THREADS = "crossent, threads:"
ROW_HEIGHT, PANEL_WIDTH = 24, 380


def as_chart(results: list[Measured], machine: str) -> alt.TopLevelMixin:
    """Bars of speed beside torch eager, which is the line at 1; torch.compile and the floor as marks on each bar."""
    values = [value for one in results for value in _points(one)]
    panels = [_panel(values, direction, first=place == 0) for place, direction in enumerate(DIRECTIONS)]
    return (
        alt.hconcat(*panels, spacing=24)
        .properties(
            title=alt.TitleParams(
                "Speed of the losses on the CPU, as a multiple of torch eager's",
                subtitle=textwrap.wrap(machine, 130),
                anchor="start",
                color=INK,
                subtitleColor=MUTED,
                fontSize=17,
                subtitleFontSize=11,
                offset=14,
            ),
            background=PAPER,
            padding=18,
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=MUTED,
            gridColor=LINE,
            domain=False,
            ticks=False,
            labelFontSize=11,
            titleFontWeight="normal",
            titlePadding=8,
        )
        .configure_legend(
            orient="top",
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            titleColor=INK,
            titleOrient="left",
            labelColor=INK,
            labelLimit=0,
            columnPadding=18,
        )
    )


def _points(one: Measured) -> list[dict[str, Any]]:
    return [
        {
            "case": _title(one),
            "threads": threads,
            "direction": direction,
            "contender": MARKS.get(name, name),
            "speed": taken["torch"] / taken[name],
        }
        for threads, directions in one["times"].items()
        for direction, taken in directions.items()
        for name in taken
        if name != "torch"
    ]


def _panel(values: list[dict[str, Any]], direction: str, first: bool) -> alt.LayerChart:
    shown = [value for value in values if value["direction"] == direction]
    order = list(dict.fromkeys(value["case"] for value in shown))
    threads = sorted({value["threads"] for value in shown}, key=int)
    speeds = [value["speed"] for value in values]  # of both panels, so that lengths compare
    domain = [min(0.5, *speeds) / 1.1, max(2.0, *speeds) * 1.1]
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if domain[0] <= tick <= domain[1]]
    x_axis = alt.Axis(
        values=ticks, format="~g", title=f"{DIRECTIONS[direction]}: times as fast as torch eager", orient="top"
    )
    x = alt.X("speed:Q", scale=alt.Scale(type="log", domain=domain, nice=False), axis=x_axis)
    y_axis = alt.Axis(title=None, labelLimit=340, labelPadding=8) if first else None

    def of(contenders: list[str]) -> alt.Chart:
        data = alt.Data(values=[value for value in shown if value["contender"] in contenders])
        return alt.Chart(data).encode(
            y=alt.Y("case:N", sort=order, axis=y_axis, scale=alt.Scale(paddingInner=0.28)),
            yOffset=alt.YOffset("threads:N", sort=threads),
            x=x,
        )

    blues = alt.Scale(domain=threads, range=THREAD_COLOURS[-len(threads) :])
    bars = of(["crossent"]).mark_bar().encode(x2=alt.datum(1), fill=alt.Fill("threads:N", scale=blues, title=THREADS))
    names = list(MARKS.values())
    marks = (
        of(names)
        .mark_point(size=36, opacity=1, strokeWidth=2, fill=PAPER)
        .encode(
            shape=alt.Shape("contender:N", scale=alt.Scale(domain=names, range=["circle", SHORT_LINE]), title=None),
            stroke=alt.Stroke("contender:N", scale=alt.Scale(domain=names, range=[COMPILED, INK]), title=None),
        )
    )
    eager = alt.Chart(alt.Data(values=[{}])).mark_rule(color=INK, strokeWidth=1.2).encode(x=alt.datum(1))
    return alt.layer(bars, marks, eager).properties(width=PANEL_WIDTH, height=alt.Step(ROW_HEIGHT / 2))
