"""The check that every class index is a class."""

from torch import Tensor

from ._eager import may_read


class LabelRangeError(IndexError):
    """A class index is neither a class nor the ignored one; the caller says where."""


def check_range(label: Tensor, classes: int, ignore_index: int) -> None:
    """Raise LabelRangeError where values may be read."""
    if not may_read(label):
        return
    least, greatest = (int(bound) for bound in label.aminmax())
    if least >= 0 and greatest < classes:
        return
    if (((label < 0) | (label >= classes)) & (label != ignore_index)).any():
        raise LabelRangeError
