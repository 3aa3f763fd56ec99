"""Run pytest with the sanitized kernels in the place of the installed ones: `sanitized.py FOLDER ARGUMENTS...`."""

import importlib.util
import sys
from pathlib import Path

import pytest

NAME = "crossent._kernels._native"

if __name__ == "__main__":
    (path,) = Path(sys.argv[1]).glob("crossent/_kernels/_native*.so")
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[NAME] = module
    code = pytest.main(sys.argv[2:])
    from crossent._kernels import _compiled

    assert _compiled.native is module, "the tests ran with other kernels"
    sys.exit(code)
