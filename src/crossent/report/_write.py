"""Put a page on disk whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import InputError
from .._files import write_whole
from ..evaluation import Evaluation
from ._columns import ColumnFacts
from ._formats import as_format, format_of
from ._members import MemberFacts
from ._page import html

if TYPE_CHECKING:
    from ..explanation import Explanation
    from ..inspection import LabelErrors, WeakSlices
    from ..training import History


def write(
    path: str | os.PathLike[str],
    evaluation: Evaluation,
    *,
    title: str,
    history: History | None = None,
    facts: Mapping[str, str] | None = None,
    columns: Sequence[ColumnFacts] = (),
    members: Sequence[MemberFacts] = (),
    costs: object = None,
    model: str = "DIR",
    slices: WeakSlices | None = None,
    suspects: LabelErrors | None = None,
    explanation: Explanation | None = None,
    format: str | None = None,
) -> None:
    """Write the page of `html` to a file, or another format; an older one is replaced only when the new is complete.

    Args:
        path: The file, usually `*.html`, in a folder that exists.
        evaluation: An evaluation with rows.
        title: The heading of the page.
        history: The record of the training, for the loss curve.
        facts: What else the reader should know: names and values, shown as a list.
        columns: What the columns of the data were taken to be.
        members: What the model is a blend of.
        costs: What decisions cost, as `expected_cost` takes them.
        model: The model folder, for the line that predicts.
        slices: Where the model is weak, as `weak_slices` finds it.
        suspects: The labels that are likely wrong, as `label_errors` finds them.
        explanation: What the model goes by, as `crossent.explain` finds it.
        format: "html", "png", "svg", "json" or "markdown" (a model card); by default what the name of the file ends in.
            The others than HTML show less.

    Raises:
        InputError: The folder does not exist, the path is a folder, or the file cannot be written.
    """
    form = format_of(path, format)
    if form != "html":
        write_file(path, as_format(form, evaluation, title=title, history=history, facts=facts))
        return
    page = html(
        evaluation,
        title=title,
        history=history,
        facts=facts,
        columns=columns,
        members=members,
        costs=costs,
        model=model,
        slices=slices,
        suspects=suspects,
        explanation=explanation,
    )
    write_file(path, page)


def write_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Put a report on disk whole, or not at all."""
    target = Path(path)
    if target.is_dir():
        raise InputError(f"a report is a file; {str(target)!r} is a folder: name a file in it, such as report.html")
    if not target.parent.is_dir():
        raise InputError(f"the folder of the report must exist; {str(target.parent)!r} does not")
    write_whole(path, content, what="the report")
