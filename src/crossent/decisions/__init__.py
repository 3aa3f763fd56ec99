"""Probabilities to decisions: thresholds chosen for a goal, least expected cost, abstention."""

from ._abstain import Coverage as Coverage
from ._abstain import CoverageRisk as CoverageRisk
from ._abstain import coverage as coverage
from ._abstain import coverage_risk as coverage_risk
from ._choose import Choice as Choice
from ._choose import choose_threshold as choose_threshold
from ._costs import decide_by_costs as decide_by_costs
from ._costs import expected_costs as expected_costs
from ._costs import threshold_of_costs as threshold_of_costs
from ._cuts import Cuts as Cuts
from ._cuts import cuts_of as cuts_of
from ._cuts import figure_of as figure_of
from ._frontier import CutPoint as CutPoint
from ._frontier import cut_point as cut_point
from ._frontier import frontier as frontier
from ._goal import Goal as Goal
from ._judge import judge as judge
from ._rule import Rule as Rule
