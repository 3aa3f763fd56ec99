"""How a model is trained, as a value that is saved with it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .._errors import InputError
from .._nearest import nearest
from ..calibration import Method

Quality = Literal["fast", "default", "best"]
MemberName = Literal["network", "trees", "linear"]
ClassWeight = Literal["balanced"]
CalibrationName = Literal["auto", "none"] | Method

MEMBERS: tuple[MemberName, ...] = get_args(MemberName)
_MOST = {"epochs": 10**6, "folds": 100, "seed": 2**63 - 1}


@dataclass(frozen=True)
class Recipe:
    """Every choice of a training. Two fits of one table with equal recipes on one machine are equal bit for bit.

    Attributes:
        quality: "fast", "default" or "best": about 10 seconds, 2 minutes or 10 minutes for 20,000 rows of 20 columns on
            two cores; see `Plan` for the rule.
        members: What is trained and blended: "network", "trees" (LightGBM) and "linear" (logistic regression).
        time_limit: Seconds in place of those of `quality`; the same table may then give another model.
        folds: Into how many parts the rows are dealt; each part is judged by copies that the others have trained. None
            for 5, with "fast" 3 and with "best" 8.
        epochs: The most passes of a network over the training rows; None for what the time allows.
        class_weight: None, or "balanced" for weights n / (K * rows of the class). The probabilities are brought back to
            the classes' true shares, so that this moves what is learned and not what a probability means.
        pos_weight: The weight of the positive class of two, in place of `class_weight`; brought back likewise.
        test_share: The share of all rows kept away from everything, by which the model is judged; 0 to judge it by
            the rows that each copy did not train on.
        calibration: How the held-out rows calibrate the blend: "auto" for what lowers their log loss, if anything does;
            "none"; or a method of `calibrate`.
        seed: Decides the folds, the first weights and the order of the rows.
    """

    quality: Quality = "default"
    members: tuple[MemberName, ...] = MEMBERS
    time_limit: float | None = None
    folds: int | None = None
    epochs: int | None = None
    class_weight: ClassWeight | None = None
    pos_weight: float | None = None
    test_share: float = 0.0
    calibration: CalibrationName = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check each choice."""
        members = (self.members,) if isinstance(self.members, str) else tuple(self.members)
        object.__setattr__(self, "members", tuple(name for name in MEMBERS if name in members))
        for member in members:
            _check_choice("members", member, MEMBERS)
        if not self.members:
            raise InputError(f"members must name at least one of {', '.join(MEMBERS)}; got none")
        _check_choice("quality", self.quality, get_args(Quality))
        _check_choice("class_weight", self.class_weight, (None, *get_args(ClassWeight)))
        _check_choice("calibration", self.calibration, ("auto", "none", *get_args(Method)))
        _check_whole("epochs", self.epochs, 1, optional=True)
        _check_whole("folds", self.folds, 2, optional=True)
        _check_whole("seed", self.seed, 0, optional=False)
        for name in ("time_limit", "pos_weight"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name), lambda value: 0 < value < math.inf, "a number above 0")
        if self.class_weight is not None and self.pos_weight is not None:
            raise InputError("class_weight and pos_weight both weigh the positive class; give one of them")
        _check_number("test_share", self.test_share, lambda share: 0 <= share < 1, "a number from 0 to below 1")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Recipe:
        """The recipe with these options and the defaults of the rest.

        Raises:
            InputError: There is no such option; the message suggests the nearest.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in options:
            if name not in known:
                close = nearest(name, known)
                hint = f"did you mean {close!r}?" if close else f"the options are {', '.join(known)}"
                raise InputError(f"there is no option {name!r}: {hint}")
        return cls(**options)


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        shown = ", ".join("None" if choice is None else repr(choice) for choice in choices)
        raise InputError(f"{name} must be one of {shown}; got {value!r}")


def _check_whole(name: str, value: object, least: int, *, optional: bool) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST[name]:
        raise InputError(f"{name} must be a whole number from {least} to {_MOST[name]:,}; got {value!r}")


def _check_number(name: str, value: object, holds: Callable[[float], bool], wanted: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not holds(value):
        raise InputError(f"{name} must be {wanted}; got {value!r}")
