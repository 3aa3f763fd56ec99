"""The most memory a call takes beyond what it was given, measured in a process of its own."""

import ctypes
import gc
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_of(call: Callable[[], object]) -> int | None:
    """Return the bytes by which the resident memory rose at most; None where the system does not say (not Linux)."""
    if not _CLEAR.exists():
        return None
    for _ in range(2):  # loads, compiles, and warms the allocator
        call()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    _CLEAR.write_text("5")  # sets the high-water mark to what is resident now
    before = _resident("VmRSS")
    call()
    return _resident("VmHWM") - before


def _resident(field: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return 1024 * int(line.split()[1])


def in_fresh_process(script: str, *arguments: str) -> float | None:
    """Run a script that prints one JSON number, or null; None too if it fails, and its error is shown."""
    done = subprocess.run([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 and done.stdout else None
