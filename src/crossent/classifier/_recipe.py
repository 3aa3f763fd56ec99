"""How a model is trained, as a value that is saved with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .._errors import InputError
from .._nearest import nearest
from ..calibration import Method
from ..models import Name
from ..training import OptimizerName

ClassWeight = Literal["balanced"]
CalibrationName = Literal["auto", "none"] | Method

_MOST = {"hidden": 65_536, "epochs": 10**9, "patience": 10**9, "batch_size": 2**31, "seed": 2**63 - 1}


@dataclass(frozen=True)
class Recipe:
    """Every choice of a training. Two fits of one table with equal recipes on one machine are equal bit for bit.

    Attributes:
        model: "mlp" (Linear, ReLU, Linear) or "linear" (logistic regression).
        hidden: Hidden units of the MLP.
        optimizer: "adamw", or "sgd" with Nesterov momentum.
        learning_rate: Step size; None for 0.001 with AdamW (0.01 for the linear model) and 0.1 with SGD.
        weight_decay: The pull of the weights towards 0.
        batch_size: Rows a step; None for a 32nd of the training rows, but 16 to 256, or 1024 from 100,000 rows on.
        epochs: The most passes over the training rows.
        patience: Epochs without a better validation loss before the training ends.
        class_weight: None, or "balanced" for weights n / (K * rows of the class). Balanced training finds more of the
            rare class at a threshold of 0.5 and gives probabilities that are too high for it: they answer for a world
            in which all classes are equally common. Calibration mends that, and then 0.5 is 0.5 again.
        test_share: The share of all rows kept away from training, by which the model is judged; 0 for none.
        validation_share: The share of the remaining rows by which the best epoch is chosen.
        calibration: How the validation rows calibrate the logits: "auto" for what lowers their held-out log loss, if
            anything does; "none"; or a method of `calibrate`.
        seed: Decides the split, the first weights and the order of the rows.
    """

    model: Name = "mlp"
    hidden: int = 256
    optimizer: OptimizerName = "adamw"
    learning_rate: float | None = None
    weight_decay: float = 0.01
    batch_size: int | None = None
    epochs: int = 100
    patience: int = 10
    class_weight: ClassWeight | None = None
    test_share: float = 0.2
    validation_share: float = 0.2
    calibration: CalibrationName = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check each choice."""
        _check_choice("model", self.model, get_args(Name))
        _check_choice("optimizer", self.optimizer, get_args(OptimizerName))
        _check_choice("class_weight", self.class_weight, (None, *get_args(ClassWeight)))
        _check_choice("calibration", self.calibration, ("auto", "none", *get_args(Method)))
        for field in ("hidden", "epochs", "patience", "batch_size"):
            _check_whole(field, getattr(self, field), 1, _MOST[field], optional=field == "batch_size")
        _check_whole("seed", self.seed, 0, _MOST["seed"], optional=False)
        if self.learning_rate is not None:
            _check_number("learning_rate", self.learning_rate, lambda rate: rate > 0, "a number above 0")
        _check_number("weight_decay", self.weight_decay, lambda decay: decay >= 0, "a number of at least 0")
        _check_number("test_share", self.test_share, lambda share: 0 <= share < 1, "a number from 0 to below 1")
        _check_number(
            "validation_share", self.validation_share, lambda share: 0 < share < 1, "a number between 0 and 1"
        )

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

    @property
    def step_size(self) -> float:
        """The learning rate in force."""
        if self.learning_rate is not None:
            return self.learning_rate
        if self.optimizer == "sgd":
            return 0.1
        return 0.01 if self.model == "linear" else 0.001

    def rows_a_step(self, rows: int) -> int:
        """The batch size in force for so many training rows."""
        if self.batch_size is not None:
            return self.batch_size
        return min(max(rows // 32, 16), 256) if rows < 100_000 else 1024


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        shown = ", ".join("None" if choice is None else repr(choice) for choice in choices)
        raise InputError(f"{name} must be one of {shown}; got {value!r}")


def _check_whole(name: str, value: object, least: int, most: int, *, optional: bool) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InputError(f"{name} must be a whole number from {least} to {most:,}; got {value!r}")


def _check_number(name: str, value: object, holds: Callable[[float], bool], wanted: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not holds(value):
        raise InputError(f"{name} must be {wanted}; got {value!r}")
