"""What can learn a table, each in its own way, and the blend of them that the held-out rows choose."""

from ._linear import Linear as Linear
from ._linear_fit import cross_fit_linear as cross_fit_linear
from ._linear_fit import fit_linear as fit_linear
from ._member import CrossFitted as CrossFitted
from ._member import Member as Member
from ._member import Saved as Saved
from ._member import held_out_mean as held_out_mean
from ._trees import Trees as Trees
from ._trees_fit import cross_fit_trees as cross_fit_trees
from ._trees_fit import fit_trees as fit_trees
from ._trees_plan import tree_settings as tree_settings
from ._trees_settings import TreeSettings as TreeSettings
