"""How long a fit with a time limit has trained, on disk: one that was killed goes on with the rest of its time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from typing_extensions import override

from ..training import Epoch, Watch, read_state, write_state

_SECONDS_A_RECORD = 5.0


class Clock(Watch):
    """Writes down the seconds that were trained: after every epoch, and every few seconds.

    Args:
        path: The file.
        call: What is trained, in words; the record of another call does not count.

    Attributes:
        before: The seconds that the same call trained before it was killed; 0 if it was not.
    """

    def __init__(self, path: Path, call: str) -> None:
        found = read_state(path, call)
        self.before: float = 0.0 if found is None else found[0]["seconds"]
        self._path, self._call = path, call
        self._started = self._written = time.monotonic()
        self._lock = threading.Lock()

    @override
    def step(self, rows: int) -> None:
        if time.monotonic() - self._written >= _SECONDS_A_RECORD:
            self._write()

    @override
    def epoch(self, record: Epoch) -> None:
        self._write()

    def _write(self) -> None:
        with self._lock:  # members train side by side
            self._written = time.monotonic()
            write_state(self._path, {"seconds": self.before + self._written - self._started}, {}, self._call)
