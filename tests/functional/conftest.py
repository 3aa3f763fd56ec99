"""Small tensors on one thread: a parallel region costs more than their arithmetic, most of all on a busy machine."""

from collections.abc import Iterator

import pytest
import torch

from crossent._kernels import _compiled

KERNELS = ["plain"] if _compiled.native is None else ["plain", *_compiled.native.instruction_sets()]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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
