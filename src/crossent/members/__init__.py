"""What can learn a table, each in its own way, and the blend of them that the held-out rows choose."""

from ._member import CrossFitted as CrossFitted
from ._member import Member as Member
from ._member import Saved as Saved
from ._member import held_out_mean as held_out_mean
from ._network import Network as Network
from ._network import cross_fit_network as cross_fit_network
from ._network import fit_network as fit_network
from ._network_plan import network_settings as network_settings
from ._network_settings import NetworkSettings as NetworkSettings
