"""scikit-learn's own checks of an estimator: every one of them, none expected to fail."""

from typing import Any

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from crossent import Classifier


# The checks train about a hundred models; the linear one takes the least time, and passes through all of the estimator.
@parametrize_with_checks([Classifier(members="linear")])
@pytest.mark.filterwarnings("ignore")
def test_every_check_of_scikit_learn_passes(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        "check_sample_weight_equivalence_on_dense_data",
        "check_methods_subset_invariance",
        "check_fit_idempotent",
        "check_fit2d_1feature",
        "check_readonly_memmap_input",
    ],
)
def test_the_checks_that_turn_on_the_members_pass_with_all_of_them(name: str) -> None:
    getattr(estimator_checks, name)("Classifier", Classifier(quality="fast", epochs=2))
