"""scikit-learn's own tests, which its wheel holds, judge crossent's figures (see `sklearn_on_crossent`)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OTHERS = (
    "array_api", "pairwise", "mean_", "median_absolute", "max_error", "r2_score", "explained_variance", "d2_pinball",
    "d2_absolute", "d2_tweedie", "dcg_score", "nan_validation",
)  # fmt: skip
"""Regression, distances, gains of search results, cross-validation, and arrays of other libraries."""


def expected(module: str) -> set[str]:
    """The items listed as differences."""
    lines = (HERE / "expected_differences.txt").read_text().splitlines()
    return {line for line in lines if line.startswith(f"{module}.py::")}


def judged(module: str, *options: str) -> tuple[set[str], int, str]:
    """The items that fail, how many pass, and what pytest said."""
    found = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--tb=line", "-rfE", "-c", os.devnull, "--rootdir", str(HERE)),
            *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "sklearn_on_crossent"),
            *("-k", " and ".join(f"not {each}" for each in OTHERS), *options),
            *("--pyargs", f"sklearn.metrics.tests.{module}"),
        ],
        env={**os.environ, "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.findall(r"^(?:FAILED|ERROR) \S*?::(test_.+?)(?: - .*)?$", found.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed", found.stdout)
    return (
        {f"{module}.py::{name}" for name in failed},
        int(passed[1]) if passed else 0,
        found.stdout[-4000:] + found.stderr[-4000:],
    )


@pytest.mark.parametrize(
    ("module", "least"), [("test_classification", 230), ("test_ranking", 230), ("test_common", 800)]
)
def test_scikit_learns_tests_pass_but_for_the_listed_differences(module: str, least: int) -> None:
    failed, passed, said = judged(module)
    assert passed >= least, said
    assert failed - expected(module) == set(), said
    assert expected(module) - failed == set(), "these are listed as differences, and pass"


def test_every_difference_has_a_reason() -> None:
    """Each group of items stands below its comment."""
    groups = (HERE / "expected_differences.txt").read_text().strip().split("\n\n")[1:]
    assert groups
    for group in groups:
        lines = group.splitlines()
        assert lines[0].startswith("# ")
        items = [line for line in lines if not line.startswith("# ")]
        assert items
        assert all(re.match(r"test_(classification|ranking|common)\.py::test_", item) for item in items)
