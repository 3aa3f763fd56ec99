"""A pytest plugin: scikit-learn's classification figures, as its own tests import them, are crossent's.

scikit-learn's function is called first, and what it returns is thrown away: it is for scikit-learn to refuse inputs and
to warn, in its own words, which its tests check too. The numbers that the tests see are crossent's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import sklearn.metrics
from sklearn_decisions import DECISIONS
from sklearn_scores import SCORES


def on_crossent(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """A function with their signature, their errors and warnings, and our numbers."""
    signature = inspect.signature(theirs)

    @functools.wraps(theirs)
    def figure(*args: Any, **options: Any) -> Any:
        theirs(*args, **options)
        given = signature.bind(*args, **options)
        given.apply_defaults()
        return ours(**given.arguments)

    return figure


def pytest_configure() -> None:
    """Replace the functions before the test modules import them."""
    for name, ours in {**DECISIONS, **SCORES}.items():
        setattr(sklearn.metrics, name, on_crossent(getattr(sklearn.metrics, name), ours))
