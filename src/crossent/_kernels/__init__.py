"""The arithmetic of the losses; `README.md` is the contract. This file chooses: today, the plain kernel."""

from ._plain_binary import binary_cross_entropy as binary_cross_entropy
from ._plain_binary import sigmoid_cross_entropy as sigmoid_cross_entropy
from ._plain_focal import sigmoid_focal as sigmoid_focal
from ._plain_focal import softmax_focal as softmax_focal
from ._plain_softmax import cross_entropy_indices as cross_entropy_indices
from ._plain_softmax import cross_entropy_probabilities as cross_entropy_probabilities
from ._plain_softmax import nll as nll
from ._reduction import Reduction as Reduction
