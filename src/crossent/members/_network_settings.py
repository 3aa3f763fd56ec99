"""What a network is made of and how it is trained, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..models import FrontKind
from ..training import Course


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a network and the course of its training.

    Attributes:
        front: How numbers come in: as the encoder scales them ("robust"), or as normal scores ("quantile").
        frequencies: Of the waves that numbers become, in turns a unit: `(sigma,)`, normal around 0 with this standard
            deviation, or `(low, high)`, spaced evenly in their logarithm.
        hidden: Units of a hidden layer.
        layers: How many hidden layers.
        ordered: The classes are ordered: one score a row, and thresholds.
        course: Epochs, batches and rates.
    """

    front: FrontKind = "robust"
    frequencies: tuple[float, ...] = (0.1,)
    hidden: int = 256
    layers: int = 3
    ordered: bool = False
    course: Course = field(default_factory=Course)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> NetworkSettings:
        """The settings that `to_dict` wrote."""
        fields = dict(record)
        fields["frequencies"] = tuple(fields["frequencies"])
        fields["course"] = Course(**fields["course"])
        return cls(**fields)
