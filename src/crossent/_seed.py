"""Chance that can be had again."""

import numpy as np

from ._errors import InputError


def generator(seed: int) -> np.random.Generator:
    """Random numbers, the same for the same seed.

    Raises:
        InputError: The seed is no whole number from 0 on.
    """
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed must be a whole number from 0 on; got {seed!r}")
    return np.random.default_rng(seed)
