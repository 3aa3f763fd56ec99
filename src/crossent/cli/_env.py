"""crossent env: what is installed, and which kernels serve the losses."""

from __future__ import annotations

import platform
from importlib import metadata

from ._console import command, out

_PACKAGES = ("crossent", "torch", "numpy", "polars")


@command
def env() -> None:
    """Show the versions in use, and which path the losses take and why."""
    import torch  # heavy: only this command needs it

    from ..functional import kernels_in_use

    out.print(f"python   {platform.python_version()} on {platform.system()} {platform.machine()}", markup=False)
    for package in _PACKAGES:
        out.print(f"{package:<8} {metadata.version(package)}", markup=False)
    out.print(f"threads  {torch.get_num_threads()}")
    out.print(f"losses   {kernels_in_use()}", markup=False)
