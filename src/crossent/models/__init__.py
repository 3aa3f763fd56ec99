"""Networks that take Features and return logits; no sigmoid, no softmax."""

from ._architecture import Architecture as Architecture
from ._architecture import Name as Name
from ._columns import Columns as Columns
from ._columns import unseen_code as unseen_code
from ._copies import Copies as Copies
from ._copies_codes import CategoryEmbedding as CategoryEmbedding
from ._copies_codes import OneHot as OneHot
from ._copies_linear import CopiesLinear as CopiesLinear
from ._cumulative import Cumulative as Cumulative
from ._flat import Flat as Flat
from ._flat import ModuleFactory as ModuleFactory
from ._front import Front as Front
from ._front import FrontKind as FrontKind
from ._linear import Linear as Linear
from ._mlp import MLP as MLP
from ._periodic import Periodic as Periodic
