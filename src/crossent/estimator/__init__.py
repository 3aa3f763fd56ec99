"""The table classifier as scikit-learn knows estimators."""

from ._classifier import Classifier as Classifier
