"""Labels beside scores: an Evaluation, its Metrics, curves and the text report."""

from ._evaluation import Evaluation as Evaluation
from ._evaluation import evaluate as evaluate
from ._metrics import Average as Average
from ._metrics import ClassScores as ClassScores
from ._metrics import Majority as Majority
from ._metrics import Metrics as Metrics
from ._text import classification_report as classification_report
