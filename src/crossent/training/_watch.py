"""Who is told how a training goes."""

from __future__ import annotations

from ._history import Epoch


class Watch:
    """Told what happens in a training, and does nothing; override what you want to see."""

    def member(self, name: str) -> Watch:
        """Whom a member of this name tells, perhaps from another thread than the others."""
        return self

    def start(self, rows: int, epochs: int) -> None:
        """A training of at most so many epochs over so many rows begins."""

    def step(self, rows: int) -> None:
        """A step over so many rows is done."""

    def epoch(self, record: Epoch) -> None:
        """An epoch is done."""
