"""The compiled kernels, if they are there, and why not if they are not."""

import os

try:
    from . import _native as native
except ImportError as error:
    native = None
    _why_not = f"the compiled kernels are not installed ({error}); a C++ compiler was missing when crossent was"
else:
    _why_not = ""

_asked = os.environ.get("CROSSENT_KERNELS", "")
if _asked == "plain":
    native, _why_not = None, "the environment asks for it, CROSSENT_KERNELS=plain"
elif native is not None and _asked in native.instruction_sets():
    native.use_instruction_set(_asked)


def kernels_in_use() -> str:
    """Say which kernels serve the losses on the CPU, and why: compiled ones, or torch operations."""
    if native is None:
        return f"torch operations: {_why_not}"
    threads = "torch's threads" if native.parallel else "one thread, built without OpenMP"
    ignored = "" if _asked in ("", *native.instruction_sets()) else f"; CROSSENT_KERNELS={_asked} is not to be had here"
    return f"compiled, {native.instruction_set()}, {threads}{ignored}"
