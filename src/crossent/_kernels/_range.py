"""The checks of values: every class index is a class, every probability is one."""

from torch import Tensor

from ._eager import may_read


class LabelRangeError(IndexError):
    """A class index is neither a class nor the ignored one; the caller says where."""


class ProbabilityRangeError(ValueError):
    """A probability is not in 0 to 1; the caller says where."""


def check_range(label: Tensor, classes: int, ignore_index: int) -> None:
    """Raise LabelRangeError where values may be read."""
    if not may_read(label):
        return
    least, greatest = (int(bound) for bound in label.aminmax())
    if least >= 0 and greatest < classes:
        return
    if (((label < 0) | (label >= classes)) & (label != ignore_index)).any():
        raise LabelRangeError


def check_probabilities(*given: Tensor) -> None:
    """Raise ProbabilityRangeError where values may be read."""
    for values in given:
        if may_read(values):
            least, greatest = (float(bound) for bound in values.detach().aminmax())
            if not (least >= 0 and greatest <= 1):
                raise ProbabilityRangeError
