"""Encoded: what one column becomes."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64] | NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Encoded:
    """One column of n rows, encoded.

    Args:
        numbers: Vectors of n numbers each.
        codes: Vectors of n codes each, from 1 on; 0 stands for nothing.
        oddities: What was never seen at fit time, counted: "missing", "unseen", "truncated".
    """

    numbers: list[Numbers] = field(default_factory=list)
    codes: list[Codes] = field(default_factory=list)
    oddities: Counter[str] = field(default_factory=Counter)
