"""What a model goes by, as a page of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._explained import drawn, explained
from ._page import rendered
from ._write import write_file

if TYPE_CHECKING:
    from ..explanation import Explanation


def explanation_html(explanation: Explanation, *, title: str) -> str:
    """Show an explanation in one HTML page that needs nothing else.

    Args:
        explanation: What `crossent.explain` found.
        title: The heading of the page.
    """
    lead = f"From {drawn(explanation)}."
    return rendered("explanation.html.jinja", title=title, lead=lead, explained=explained(explanation))


def write_explanation(path: str | os.PathLike[str], explanation: Explanation, *, title: str) -> None:
    """Write the page of `explanation_html` to a file; an older one is replaced only when the new one is complete.

    Raises:
        InputError: The file cannot be written.
    """
    write_file(path, explanation_html(explanation, title=title))
