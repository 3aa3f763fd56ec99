"""From features and labels, as scikit-learn has them, to a table that `crossent.fit` takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .._errors import InputError
from ..classifier import Model, fit
from ._cases import cases
from ._columns import columns_of
from ._targets import Targets
from ._told import Told

if TYPE_CHECKING:
    from ._classifier import Classifier


def fitted(
    options: Classifier, features: Any, labels: Any, sample_weight: Any, groups: Any
) -> tuple[NDArray[Any], Model]:
    """Return the classes and the model.

    Raises:
        ValueError: The features, the labels or an option break a rule.
    """
    from sklearn.utils import check_consistent_length  # heavy

    frame, kinds = columns_of(options, features, reset=True)
    targets = Targets.of(labels)
    groups = None if groups is None else pl.Series(np.asarray(groups).tolist())
    check_consistent_length(frame, targets.codes, groups)
    weights = _weights(sample_weight, len(frame))
    if weights is not None:
        counted = weights > 0
        targets, frame, weights = targets.taken(counted), frame.filter(pl.Series(counted)), weights[counted]
        groups = None if groups is None else groups.filter(pl.Series(counted))
    targets = targets.checked()
    table, roles = _table(frame, targets, weights, groups)
    model = fit(
        table,
        **roles,
        classes=targets.names,
        ordered=options.ordered,
        kinds={**kinds, **(options.kinds or {}), roles["target"]: targets.kind},
        **_rule(options, targets, weights),
        device=options.device,
        module=options.module,
        watch=Told() if options.verbose else None,
        quality=options.quality,
        members=options.members,
        time_limit=options.time_limit,
        folds=options.folds,
        epochs=options.epochs,
        calibration=options.calibration,
        seed=_seed(options.random_state),
    )
    return targets.classes, model


def _table(
    frame: pl.DataFrame, targets: Targets, weights: NDArray[np.float64] | None, groups: pl.Series | None
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return a table of cases, and which of its columns are target, weight and group."""
    target, weight, group = _free(("label", "weight", "group"), frame.columns)
    roles = {"target": target}
    frame = frame.with_columns(targets.series().alias(target))
    if groups is not None:
        roles["group"] = group
        frame = frame.with_columns(groups.alias(group))
    table, counts = cases(frame, None if weights is None else pl.Series(weights), label=target)
    if counts is not None:
        roles["weight"] = weight
        table = table.with_columns(counts.alias(weight))
    return table, roles


def _weights(sample_weight: Any, rows: int) -> NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (rows,):
        raise InputError(f"sample_weight must have shape ({rows},), one weight a row; got {weights.shape}")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise InputError(f"sample weights must be finite and not negative; got {weights.min()} to {weights.max()}")
    if not weights.any():
        raise InputError("sample weights must not all be zero: no row would count")
    return weights


def _rule(options: Classifier, targets: Targets, weights: NDArray[np.float64] | None) -> dict[str, Any]:
    """How to decide: by a threshold, by costs, or by class weights as costs of a mistake."""
    given = {"threshold": options.threshold, "costs": options.costs, "class_weight": options.class_weight}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise InputError(f"{' and '.join(named)} each say how predict decides; give one of them")
    if options.class_weight is not None:
        each, count = _class_weights(options.class_weight, targets, weights), len(targets.classes)
        return {"costs": [[each[true] * (true != made) for made in range(count)] for true in range(count)]}
    if options.costs is not None:
        return {"costs": options.costs}
    return {"threshold": 0.5 if options.threshold is None else options.threshold}


def _class_weights(given: Any, targets: Targets, weights: NDArray[np.float64] | None) -> list[float]:
    """What a mistake about a row of each class costs."""
    if given == "balanced":
        rows = np.bincount(targets.codes, weights)
        return (rows.sum() / (len(rows) * rows)).tolist()
    if not isinstance(given, Mapping):
        raise InputError(f"class_weight must be a dict from classes to weights, 'balanced' or None; got {given!r}")
    names = targets.classes.tolist()
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(f"class_weight weighs {unknown[0]!r}, which no row is; the classes are {names}")
    return [float(given.get(name, 1)) for name in names]


def _seed(random_state: Any) -> int:
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    from sklearn.utils import check_random_state  # heavy

    return int(check_random_state(random_state).randint(2**31 - 1))


def _free(wanted: tuple[str, ...], taken: Collection[str]) -> list[str]:
    """Return names that no column has."""
    return [next(name for name in (word + "_" * more for more in range(99)) if name not in taken) for word in wanted]
