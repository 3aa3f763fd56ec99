"""Progress bars: over a training, and over the rows of a table."""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from typing_extensions import Self

from ..training import Epoch, Watch
from ._console import err


class Bar(Watch):
    """A bar over the epochs, with both losses and rows a second, on standard error."""

    def __init__(self, *, shown: bool) -> None:
        self._progress = Progress(
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            console=err,
            disable=not shown,
        )

    def __enter__(self) -> Self:
        """Make ready; the bar shows once a training starts."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the bar as it stands, full: a training that ends early is as complete as one that does not."""
        for task in self._progress.tasks:
            self._progress.update(task.id, total=task.completed)
            self._progress.stop()

    def start(self, rows: int, epochs: int) -> None:
        """Show the bar, at the start of all rows of all epochs."""
        self._progress.start()
        self._bar = self._progress.add_task("training", total=rows * epochs, figures="")

    def step(self, rows: int) -> None:
        """Move on."""
        self._progress.advance(self._bar, rows)

    def epoch(self, record: Epoch) -> None:
        """Show the epoch's figures."""
        figures = (
            f"epoch {record.epoch}  loss {record.loss:.4f}  validation {record.validation_loss:.4f}  "
            f"{record.rows_per_second:,.0f} rows/s"
        )
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
