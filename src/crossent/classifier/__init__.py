"""The whole way from a labelled table to a trained model, and the folder it is kept in."""

from ._fit import fit as fit
from ._folder import check_free as check_free
from ._given import Device as Device
from ._model import Extra as Extra
from ._model import JudgedRows as JudgedRows
from ._model import Model as Model
from ._model import load as load
from ._plan import Plan as Plan
from ._plan import plan as plan
from ._recipe import Recipe as Recipe
