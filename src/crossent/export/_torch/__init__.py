"""A model as one file of `torch.export`, which torch alone runs."""

from ._columns import FIRST_LEVEL as FIRST_LEVEL
from ._columns import MISSING as MISSING
from ._columns import UNSEEN as UNSEEN
from ._write import to_torch as to_torch
from ._write import write_torch as write_torch
