from . import classifier as classifier
from . import data as data
from . import evaluation as evaluation
from . import functional as functional
from . import models as models
from . import nn as nn
from . import report as report
from . import simulate as simulate
from . import training as training
from ._errors import DataWarning as DataWarning
from ._errors import InputError as InputError
from ._errors import WiringWarning as WiringWarning
from ._task import Label as Label
from ._task import Task as Task
from .classifier import Model as Model
from .classifier import Recipe as Recipe
from .classifier import fit as fit
from .classifier import load as load
from .data import Table as Table
from .data import read as read
from .evaluation import Evaluation as Evaluation
from .evaluation import Metrics as Metrics
from .evaluation import classification_report as classification_report
from .evaluation import evaluate as evaluate
from .evaluation import evaluate_scored as evaluate_scored

__version__: str
