"""What the tests of this room share."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from crossent import InputError

Message: TypeAlias = Callable[[Callable[[], object]], str]


@pytest.fixture
def message() -> Message:
    """Return the whole message of the InputError that a call must raise."""

    def of(call: Callable[[], object]) -> str:
        with pytest.raises(InputError) as raised:
            call()
        return str(raised.value)

    return of
