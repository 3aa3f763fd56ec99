"""The members of a blend, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MemberFacts:
    """One member of the blend that a model is.

    Attributes:
        name: What it is called: "network 1", "linear".
        share: Its share of the blend's probabilities, from 0 to 1.
        log_loss: Its own, on the rows that it did not train on; NaN where it is not known.
        behind: By how much that is above the blend's on the same rows.
        error: The standard error of `behind`.
        chosen: What the held-out rows have chosen of it, in words: "17 epochs".

    Example:
        >>> MemberFacts("linear", 0.1, 0.412, 0.013, 0.004).name
        'linear'
    """

    name: str
    share: float
    log_loss: float
    behind: float = math.nan
    error: float = math.nan
    chosen: str = ""


def members_verdict(members: Sequence[MemberFacts]) -> str:
    """What a reader should take from the members' figures, in a sentence; "" where there is nothing to say."""
    if len(members) < 2:
        return ""
    best = min(members, key=lambda each: each.log_loss)
    linear = next((each for each in members if each.name == "linear"), None)
    if linear is not None and not linear.behind > linear.error:
        return (
            "The linear model is as good as anything here: the blend's log loss is lower by "
            f"{max(linear.behind, 0.0):.2g}, no more than the standard error of that ({linear.error:.2g}). "
            "What it learns can be read off its weights (--members linear)."
        )
    if best.behind < 0:
        return f"No blend does better than {best.name} alone."
    return f"The best member alone is {best.name}; the blend's log loss is lower by {best.behind:.2g}."
