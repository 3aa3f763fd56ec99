"""The course of a training of copies, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """How copies are trained.

    Attributes:
        epochs: How often each copy goes through its rows; the schedules are laid over so many.
        batch_size: The most rows a step takes of each copy.
        learning_rate: The highest rate of the schedule.
        weight_decay: The share of the rate by which weights shrink, at first.
        dropout: The share of hidden units that a step leaves out, at first.
        label_smoothing: The share of the target that is spread over all classes.
        masking: The share of categories that a step takes as never seen, so that their vector is trained.
    """

    epochs: int = 24
    batch_size: int = 256
    learning_rate: float = 0.04
    weight_decay: float = 0.02
    dropout: float = 0.15
    label_smoothing: float = 0.0
    masking: float = 0.01
