"""What a trained model goes by: which columns matter, how the prediction follows each, and what made one row's."""

from ._explain import explain as explain
from ._explanation import Explanation as Explanation
