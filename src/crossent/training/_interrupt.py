"""Ctrl-C that ends a loop between two steps, not in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether the user has asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Note the first request; obey the second at once."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


_asked: list[Interrupt] = []
"""The notes of the main thread that are in force, the last one first asked."""


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Turn the first Ctrl-C within into a note; the second one interrupts as ever.

    Only the main thread can be told of a Ctrl-C; another thread shares the note that the main thread waits with.
    """
    if _asked or threading.current_thread() is not threading.main_thread():
        yield _asked[-1] if _asked else Interrupt()
        return
    interrupt = Interrupt()
    before = signal.signal(signal.SIGINT, interrupt)
    _asked.append(interrupt)
    try:
        yield interrupt
    finally:
        _asked.remove(interrupt)
        signal.signal(signal.SIGINT, before)
