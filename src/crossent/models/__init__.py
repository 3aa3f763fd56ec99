"""Networks that take Features and return logits; no sigmoid, no softmax."""

from ._architecture import Architecture as Architecture
from ._architecture import Name as Name
from ._linear import Linear as Linear
from ._mlp import MLP as MLP
