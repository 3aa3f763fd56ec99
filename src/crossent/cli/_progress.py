"""Progress bars: over a training, and over the rows of a table."""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from typing_extensions import Self, override

from ..training import Epoch, Watch
from ._console import err


class Bar(Watch):
    """A bar for each member, over its epochs or rounds, with its losses, on standard error."""

    def __init__(self, *, shown: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            console=err,
            disable=not shown,
        )

    def __enter__(self) -> Self:
        """Make ready; the bars show once a training starts."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the bars as they stand, full: a training that ends early is as complete as one that does not."""
        for task in self._progress.tasks:
            self._progress.update(task.id, total=task.completed)
        if self._progress.tasks:  # stopping what never started prints an empty line
            self._progress.stop()

    @override
    def member(self, name: str) -> Watch:
        return _Line(self._progress, name)


class _Line(Watch):
    """One member's bar."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    @override
    def start(self, rows: int, epochs: int) -> None:
        self._progress.start()
        self._bar = self._progress.add_task(self._name, total=rows * epochs, figures="")

    @override
    def step(self, rows: int) -> None:
        self._progress.advance(self._bar, rows)

    @override
    def epoch(self, record: Epoch) -> None:
        figures = f"{record.epoch}  loss {record.loss:.4f}  held out {record.validation_loss:.4f}"
        self._progress.update(self._bar, figures=figures)


class RowsBar:
    """A bar over the rows of a table, on standard error; where that is no terminal, or shown is False, none."""

    def __init__(self, *, shown: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeElapsedColumn(),
            console=err,
            disable=not shown or not err.is_terminal,
            transient=True,
        )

    def __enter__(self) -> Self:
        """Make ready."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take the bar away."""
        self._progress.stop()

    def start(self, rows: int | None, doing: str = "reading") -> None:
        """Begin a pass over so many rows; None: it is not known how many."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._bar = self._progress.add_task(doing, total=rows)
        self._progress.start()

    def step(self, rows: int) -> None:
        """Move on."""
        self._progress.advance(self._bar, rows)
