"""What can learn a table, each in its own way, and the blend of them that the held-out rows choose."""

from ._member import CrossFitted as CrossFitted
from ._member import Member as Member
from ._member import Saved as Saved
from ._member import held_out_mean as held_out_mean
