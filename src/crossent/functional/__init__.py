"""The losses with torch's signatures, focal losses, and the weights that go with imbalanced classes."""

from .._kernels import kernels_in_use as kernels_in_use
from ._binary_cross_entropy import binary_cross_entropy as binary_cross_entropy
from ._binary_cross_entropy import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from ._class_weights import class_weights as class_weights
from ._class_weights import logit_adjustment as logit_adjustment
from ._class_weights import pos_weight as pos_weight
from ._cross_entropy import cross_entropy as cross_entropy
from ._focal_loss import focal_loss as focal_loss
from ._focal_loss import sigmoid_focal_loss as sigmoid_focal_loss
from ._linear_cross_entropy import linear_cross_entropy as linear_cross_entropy
from ._nll_loss import nll_loss as nll_loss
