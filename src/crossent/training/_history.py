"""The record of a training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from ._precision import Bits

Stopped = Literal["finished", "early", "interrupted", "deadline"]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training rows.

    Attributes:
        epoch: Its number, from 1.
        loss: Mean training loss over the epoch's batches, each taken before its step.
        validation_loss: Mean loss over the validation rows after the epoch.
        rows_per_second: Training rows a second, validation not counted; NaN in a model that was loaded. Epochs that
            differ in nothing else are equal: it is the machine's, not the training's.
    """

    epoch: int
    loss: float
    validation_loss: float
    rows_per_second: float = field(default=math.nan, compare=False)


@dataclass(frozen=True)
class History:
    """What happened in a training.

    Attributes:
        epochs: One record an epoch, in order.
        best_epoch: The epoch whose weights were kept: the one of least validation loss.
        stopped: Why the training ended: all epochs were done, the validation loss had not improved for so long, the
            user interrupted it, or its time was up.
        threads: Of the processor, on which a step ran.
        precision: Of the products in a step.
    """

    epochs: tuple[Epoch, ...]
    best_epoch: int
    stopped: Stopped
    threads: int = 1
    precision: Bits = "float32"
