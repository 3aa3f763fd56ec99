"""The course of a training of copies, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._schedules import coslog4, plateau


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
        schedule: How the learning rate goes: in four waves ("waves"), between which it is 0, so that the epochs there
            are trainings of other lengths to choose from; or up, along, and down once ("plateau"), which learns more in
            few epochs.
    """

    epochs: int = 24
    batch_size: int = 256
    learning_rate: float = 0.04
    weight_decay: float = 0.02
    dropout: float = 0.15
    label_smoothing: float = 0.0
    masking: float = 0.01
    schedule: Literal["waves", "plateau"] = "waves"

    def rate(self, time: float) -> float:
        """The learning rate when this share of the training is done."""
        return self.learning_rate * (coslog4(time) if self.schedule == "waves" else plateau(time))
