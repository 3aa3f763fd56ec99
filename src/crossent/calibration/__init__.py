"""Logits to calibrated logits: calibrators, and the choice of one by the log loss on rows that it has not seen."""

from ._calibrate import Calibration as Calibration
from ._calibrate import Trial as Trial
from ._calibrate import calibrate as calibrate
from ._calibrator import Calibrator as Calibrator
from ._calibrator import Method as Method
from ._calibrator import fit_calibrator as fit_calibrator
from ._isotonic import Isotonic as Isotonic
from ._linear import Linear as Linear
from ._logits import logits_of as logits_of
from ._monotone import Monotone as Monotone
from ._rows import LARGEST as LARGEST
from ._venn_abers import VennAbers as VennAbers
