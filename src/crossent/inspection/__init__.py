"""The rows behind the figures: where a model is weak, and which labels are likely wrong."""

from ._label_errors import LabelErrors as LabelErrors
from ._label_errors import label_errors as label_errors
from ._weak_slices import Slice as Slice
from ._weak_slices import WeakSlices as WeakSlices
from ._weak_slices import weak_slices as weak_slices
