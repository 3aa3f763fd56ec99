"""The compiled kernels, where this install has them."""

from types import ModuleType

import pytest

from crossent._kernels import _compiled


@pytest.fixture(autouse=True)
def native() -> ModuleType:
    if _compiled.native is None:
        pytest.skip("the compiled kernels are not installed")
    return _compiled.native
