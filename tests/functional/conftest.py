"""The kernels that the proofs run on."""

from collections.abc import Iterator

import pytest

from crossent._kernels import _compiled

KERNELS = ["plain"] if _compiled.native is None else ["plain", *_compiled.native.instruction_sets()]


@pytest.fixture(params=KERNELS)
def each_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The definition, and the compiled kernels with every instruction set that this processor runs."""
    native = _compiled.native
    if request.param == "plain" or native is None:
        monkeypatch.setattr(_compiled, "native", None)
        yield
        return
    before = native.instruction_set()
    assert native.use_instruction_set(request.param)
    yield
    native.use_instruction_set(before)
