"""Tables in, tensors out: read, type, encode, split."""

from ._batches import batches as batches
from ._column import KINDS as KINDS
from ._column import SET_ASIDE as SET_ASIDE
from ._column import Column as Column
from ._column import Kind as Kind
from ._encoder import Encoder as Encoder
from ._encoder import Oddities as Oddities
from ._encoder import describe as describe
from ._features import Features as Features
from ._features import take as take
from ._folds import Split as Split
from ._folds import stratified_folds as stratified_folds
from ._infer import inferred_labels as inferred_labels
from ._layout import CodePart as CodePart
from ._layout import Layout as Layout
from ._layout import NumberPart as NumberPart
from ._read import read as read
from ._split import stratified_split as stratified_split
from ._table import Table as Table
from ._typed import typed as typed
from ._write import write as write
