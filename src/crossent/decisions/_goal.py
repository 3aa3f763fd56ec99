"""What a threshold is to achieve: a figure as high as can be, or a limit that a figure must keep."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._errors import InputError

MAXIMISED = {
    "f1": "f_score",
    "f2": "f_score",
    "f0.5": "f_score",
    "jaccard": "jaccard",
    "g_mean": "g_mean",
    "informedness": "informedness",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "matthews_correlation": "matthews_correlation",
    "kappa": "kappa",
}
"""Figures that have their best between the ends, by their name in `evaluation.figure`."""

LIMITED = {"precision": ">=", "recall": ">=", "specificity": ">=", "alerts": "<="}
"""Figures that have their best at an end, with the side on which the limit lies. alerts: the share of rows decided as
positive."""


@dataclass(frozen=True)
class Goal:
    """metric:NAME makes a figure as high as can be; NAME>=LIMIT or NAME<=LIMIT keeps a limit.

    Of the thresholds that keep the limit, the one is taken that finds most positives (precision, specificity, alerts)
    or is most often right where it says so (recall).

    Example:
        >>> Goal.parse("metric:f1")
        Goal(figure='f1', limit=None)
        >>> Goal.parse("precision >= 0.9")
        Goal(figure='precision', limit=0.9)
    """

    figure: str
    limit: float | None = None

    def __post_init__(self) -> None:
        """Check that there is such a goal."""
        limited = self.limit is not None and 0 <= self.limit <= 1
        if not (self.figure in LIMITED if limited else self.limit is None and self.figure in MAXIMISED):
            raise _no_goal(f"{self.figure!r} with the limit {self.limit}")

    @classmethod
    def parse(cls, text: str) -> Goal:
        """Read a goal.

        Raises:
            InputError: It is none; the message lists those that there are.
        """
        if not isinstance(text, str):
            raise _no_goal(repr(text))
        found = re.fullmatch(r"\s*(\w+)\s*(>=|<=)\s*([0-9.eE+-]+)\s*", text)
        if found:
            name, side, number = found.groups()
            try:
                limit = float(number)
            except ValueError:
                limit = -1.0
            if LIMITED.get(name) == side and 0 <= limit <= 1:
                return cls(name, limit)
        elif text.strip().removeprefix("metric:") in MAXIMISED:
            return cls(text.strip().removeprefix("metric:"))
        raise _no_goal(repr(text))

    def __str__(self) -> str:
        return f"metric:{self.figure}" if self.limit is None else f"{self.figure}{LIMITED[self.figure]}{self.limit:g}"


def _no_goal(given: str) -> InputError:
    limits = ", ".join(f"{name}{side}LIMIT" for name, side in LIMITED.items())
    return InputError(
        f"a threshold's goal must be metric:NAME, with NAME one of {', '.join(MAXIMISED)}; or one of {limits}, "
        f"with LIMIT from 0 to 1; got {given}"
    )
