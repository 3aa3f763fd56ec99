"""Options that are one of a few words."""

from __future__ import annotations

from typing import Any, get_args

from ..._errors import InputError
from ..._nearest import nearest


def check_choice(name: str, value: object, choices: Any) -> None:
    """Raise InputError unless the value is one of the words of a Literal type."""
    words = get_args(choices)
    if value not in words:
        close = nearest(str(value), words)
        hint = f": did you mean {close!r}?" if close else ""
        raise InputError(f"{name} must be one of {', '.join(words)}; got {value!r}{hint}")
