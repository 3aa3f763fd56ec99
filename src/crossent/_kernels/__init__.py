"""The arithmetic of the losses; `README.md` is the contract, `_choose.py` says which kernel runs."""

from ._choose import binary_cross_entropy as binary_cross_entropy
from ._choose import cross_entropy_indices as cross_entropy_indices
from ._choose import cross_entropy_probabilities as cross_entropy_probabilities
from ._choose import linear_cross_entropy as linear_cross_entropy
from ._choose import nll as nll
from ._choose import sigmoid_cross_entropy as sigmoid_cross_entropy
from ._choose import sigmoid_focal as sigmoid_focal
from ._choose import softmax_focal as softmax_focal
from ._choose import usual_cross_entropy as usual_cross_entropy
from ._choose import usual_sigmoid_cross_entropy as usual_sigmoid_cross_entropy
from ._compiled import kernels_in_use as kernels_in_use
from ._cpu_evaluation import Swept as Swept
from ._cpu_evaluation import sweep as sweep
from ._eager import may_read as may_read
from ._plain_linear import LinearRule as LinearRule
from ._plain_linear import capped as capped
from ._range import LabelRangeError as LabelRangeError
from ._range import ProbabilityRangeError as ProbabilityRangeError
from ._reduction import Reduction as Reduction
from ._wiring import warn as warn
