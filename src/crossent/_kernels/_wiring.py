"""What is valid, and mostly a mistake: one warning each, where the user's own code stands."""

import os
import sys
import warnings
from pathlib import Path

import torch
from torch import Tensor

from .._errors import WiringWarning
from ._eager import may_read

_INSIDE = f"{Path(__file__).parents[1]}{os.sep}", f"{Path(torch.__file__).parent}{os.sep}"
_MOST_ROWS, _FEWEST_ROWS = 8, 4


def warn(message: str) -> None:
    """Warn at the first caller outside of crossent and torch; not while a graph is compiled, which it would break."""
    if torch.compiler.is_compiling():
        return
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, WiringWarning, stacklevel=level)


def warn_of_probabilities() -> None:
    """Warn that the logits look as if they had been through a softmax."""
    warn(
        "the loss takes logits, and input looks like probabilities (each row has numbers from 0 to 1 with the sum 1): "
        "the softmax is inside the loss, so leave it out of the model, or use nll_loss(input.log(), target)."
    )


def check_logits(logits: Tensor) -> None:
    """Warn if the first rows `(..., K)` are probabilities; too few rows, or nothing but 0 and 1, may be chance."""
    rows = logits.numel() // max(logits.shape[-1], 1)
    if logits.dim() < 2 or logits.shape[-1] < 2 or rows < _FEWEST_ROWS or not may_read(logits):
        return
    first = logits.detach().flatten(0, -2)[:_MOST_ROWS].double()
    if not bool(((first >= 0) & (first <= 1)).all()) or not bool(((first > 0) & (first < 1)).any()):
        return
    close = 0.02 if logits.element_size() == 2 else 1e-4
    if bool(((first.sum(-1) - 1).abs() <= close).all()):
        warn_of_probabilities()
