"""Labels beside scores: an Evaluation, its Metrics, curves and the text report."""

from ._curves import PrecisionRecallCurve as PrecisionRecallCurve
from ._curves import RocCurve as RocCurve
from ._curves import class_curves as class_curves
from ._curves import precision_recall_curve as precision_recall_curve
from ._curves import roc_curve as roc_curve
from ._evaluation import Evaluation as Evaluation
from ._evaluation import evaluate as evaluate
from ._figure import Figure as Figure
from ._figure import expected_cost as expected_cost
from ._figure import figure as figure
from ._interval import Interval as Interval
from ._interval import interval as interval
from ._metrics import Average as Average
from ._metrics import ClassScores as ClassScores
from ._metrics import Majority as Majority
from ._metrics import Metrics as Metrics
from ._reliability import Reliability as Reliability
from ._reliability import ScoreHistogram as ScoreHistogram
from ._reliability import reliability as reliability
from ._reliability import score_histogram as score_histogram
from ._scored import evaluate_scored as evaluate_scored
from ._text import classification_report as classification_report
