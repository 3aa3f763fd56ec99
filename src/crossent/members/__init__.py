"""What can learn a table, each in its own way, and the blend of them that the held-out rows choose."""

from ._blend import Blend as Blend
from ._blend import Part as Part
from ._blend import blend_weights as blend_weights
from ._blend import mixed as mixed
from ._blend import on_true_prior as on_true_prior
from ._member import CrossFitted as CrossFitted
from ._member import Member as Member
from ._member import Saved as Saved
from ._member import held_out_mean as held_out_mean
from ._modules import Modules as Modules
from ._modules import ModuleSettings as ModuleSettings
from ._modules import both_classes as both_classes
from ._modules import cross_fit_modules as cross_fit_modules
from ._modules import logits_of as logits_of
