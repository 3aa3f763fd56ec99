"""What figure is asked for, and whether there is such a one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..._errors import InputError
from ..._labels import Label, shown_names
from ..._nearest import nearest
from ..._task import Task
from ..metrics._agreement import AGREEMENT
from ..metrics._areas import AREAS
from ..metrics._cells import CLASS_FIGURES
from ..state._ranked_probability import RANKED
from ..state._samples import SAMPLES_BETAS
from ._choice import check_choice
from ._curves import place_of

AverageName: TypeAlias = Literal["macro", "weighted", "micro", "samples"]

ROW_MEANS = {
    "log_loss": "log_loss",
    "brier": "brier",
    RANKED: RANKED,
    "hinge_loss": "hinge_loss",
    "exact_match": "exact_match",
    "coverage_error": "coverage",
    "label_ranking_average_precision": "ranking_precision",
    "label_ranking_loss": "ranking_loss",
}
"""Means over rows, by the name under which the rows' values are summed."""
SKILL = {"d2_log_loss": "log_loss", "d2_brier": "brier", f"d2_{RANKED}": RANKED}
PAIRED = "one_against_one_roc_auc"
PLACED = ("top_k_accuracy", "mean_reciprocal_rank")
NAMES = (*CLASS_FIGURES, *AGREEMENT, *AREAS, PAIRED, *ROW_MEANS, *SKILL, *PLACED)

RANGES = {"partial_roc_auc": None, "log_auc": (0.001, 0.1)}
"""Areas over a range of false positive rates, with the usual one."""

LARGEST_BETA = 1e6
"""From there on the f_score is recall to all of its digits that anybody reads."""
_OF_SAMPLES = ("precision", "recall", "f_score", "jaccard")


@dataclass(frozen=True)
class Asked:
    """Which figure: its name, the class or the average it is of, and what else it depends on."""

    name: str
    label: Label | None = None
    average: AverageName | None = None
    classes: Sequence[Label] | None = None
    beta: float = 1.0
    k: int = 1
    fpr_range: tuple[float, float] | None = None

    @property
    def of_class(self) -> bool:
        """The figure is of one class, or an average over classes."""
        return self.name in CLASS_FIGURES or self.name in AREAS

    @property
    def samples_name(self) -> str:
        """The name under which the rows' own values are summed."""
        return f"samples_f{self.beta:g}" if self.name == "f_score" else f"samples_{self.name}"

    @property
    def range(self) -> tuple[float, float]:
        """The false positive rates that an area is taken over."""
        return self.fpr_range or RANGES.get(self.name) or (0.0, 1.0)

    def places(self, task: Task) -> list[int]:
        """The places of the classes that an average is over."""
        return [task.classes.index(each) for each in self.classes] if self.classes else [*range(len(task))]


def checked(task: Task, asked: Asked) -> Asked:
    """The same, or an InputError if there is no such figure."""
    if asked.name not in NAMES:
        close = nearest(asked.name, NAMES)
        hint = f": did you mean {close!r}?" if close else f": there are {', '.join(NAMES)}"
        raise InputError(f"there is no figure {asked.name!r}{hint}")
    if asked.average is not None:
        check_choice("average", asked.average, AverageName)
    if asked.name == PAIRED:
        return _checked_pairs(asked)
    if not asked.of_class and (asked.label is not None or asked.average is not None):
        raise InputError(f"{asked.name} is of all rows; it takes no label and no average")
    if asked.of_class and asked.label is not None and asked.average is not None:
        raise InputError(f"give a label or an average; got {asked.label!r} and {asked.average!r}")
    if asked.of_class and asked.average is None:
        place_of(task, asked.label)
    _check_average(task, asked)
    _check_range(asked)
    if not 1 <= asked.k <= len(task):
        raise InputError(f"k must be from 1 to {len(task)}, the number of classes; got {asked.k}")
    check_beta(asked.beta)
    return asked


def check_beta(beta: float) -> None:
    """Raise InputError unless the f_score has a value for it."""
    if not 0 < beta <= LARGEST_BETA:
        raise InputError(f"beta must be above 0 and at most {LARGEST_BETA:g}; got {beta}")


def _checked_pairs(asked: Asked) -> Asked:
    if asked.label is not None or asked.classes is not None or asked.average not in (None, "macro", "weighted"):
        raise InputError(f"{PAIRED} is of all pairs of classes: its averages are macro, by default, and weighted")
    return asked


def _check_average(task: Task, asked: Asked) -> None:
    if asked.average == "micro" and asked.name in AREAS and task.kind == "binary":
        raise InputError(f"{asked.name} of two classes has the averages macro and weighted; got 'micro'")
    if asked.average == "samples" and (task.kind != "multilabel" or asked.name not in _OF_SAMPLES):
        raise InputError(f"the samples average is of {', '.join(_OF_SAMPLES)} of multilabel tasks; got {asked.name!r}")
    if asked.average == "samples" and asked.name == "f_score" and asked.beta not in SAMPLES_BETAS:
        kept = ", ".join(map(str, SAMPLES_BETAS))
        raise InputError(f"the samples average of f_score is kept for beta {kept}; got {asked.beta:g}")
    if asked.classes is None:
        return
    if asked.average in (None, "samples"):
        raise InputError(f"classes are those of a macro, weighted or micro average; got {asked.average!r}")
    unknown = [each for each in asked.classes if each not in task.classes]
    if unknown or not asked.classes or len(set(asked.classes)) < len(asked.classes):
        raise InputError(
            f"classes must be some of {shown_names(task.classes)}, each once; got {shown_names([*asked.classes])}"
        )


def _check_range(asked: Asked) -> None:
    if asked.fpr_range is None:
        if RANGES.get(asked.name, ()) is None:
            raise InputError(f"{asked.name} needs fpr_range, the false positive rates it is over, such as (0, 0.1)")
        return
    if asked.name not in RANGES:
        raise InputError(f"fpr_range is of {' and '.join(RANGES)}; got it for {asked.name}")
    low, high = asked.fpr_range
    lowest = "above 0" if asked.name == "log_auc" else "0 or more"
    if not (0 <= low < high <= 1) or (asked.name == "log_auc" and low == 0):
        raise InputError(f"fpr_range must go up, from {lowest} to at most 1; got {asked.fpr_range}")
