"""Chance that can be had again."""

import numpy as np

from ._errors import InputError


def generator(seed: int) -> np.random.Generator:
    """Random numbers, the same for the same seed.

    Raises:
        InputError: The seed is below 0.
    """
    if seed < 0:
        raise InputError(f"seed must be a whole number from 0 on; got {seed}")
    return np.random.default_rng(seed)
