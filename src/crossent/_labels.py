"""Raw labels, as people have them, seen as one Polars series; and what is wrong with them, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import torch

from ._errors import InputError
from ._nearest import folded, nearest

Label: TypeAlias = str | int | bool

_SHOWN = 5
# "none" is a class in many real tables (damage: none, minor, major), so it is no marker.
_MARKERS = {"", "na", "n/a", "nan", "null", "?", "#n/a", "<na>"}
_TOO_MANY = 1000
_LARGEST_WHOLE = 2**53


def as_series(labels: Any) -> pl.Series:
    """See labels of any usual type as one series of strings, integers or booleans; missing ones are null.

    Takes a Polars or pandas series, a NumPy array, a tensor, or a sequence. Whole floats become integers
    (pandas turns integers with gaps into floats), and NaN is a missing label.

    Raises:
        InputError: The labels are not one-dimensional, are of mixed types, or are fractions.
    """
    series = _to_polars(labels)
    if series.dtype in (pl.Categorical, pl.Enum, pl.Null) or series.dtype.is_temporal():
        return series.cast(pl.String)
    if series.dtype.is_integer():
        return _fitting(series, series.cast(pl.Int64, strict=False))
    if series.dtype.is_float():
        return _whole(series)
    if series.dtype in (pl.String, pl.Boolean):
        return series
    if series.dtype.is_nested():
        raise InputError("labels must have shape (n,), one a row; got several a row: use Task.multilabel")
    raise InputError(f"labels must be strings, integers or booleans; got a series of {series.dtype}")


def _to_polars(labels: Any) -> pl.Series:
    if isinstance(labels, pl.Series):
        return labels
    if isinstance(labels, pl.DataFrame):
        raise InputError(f"labels must be one column; got a frame of {labels.width}: take one with frame['column']")
    if isinstance(labels, torch.Tensor):
        labels = labels.detach().cpu().numpy()
    elif hasattr(labels, "to_numpy"):  # pandas, PyArrow
        labels = labels.to_numpy()
    elif not isinstance(labels, np.ndarray):
        labels = list(labels)
    if isinstance(labels, np.ndarray):
        if labels.ndim != 1:
            raise InputError(
                f"labels must have shape (n,); got {tuple(labels.shape)}: "
                "flatten a single column with labels.reshape(-1), or use Task.multilabel for several labels a row"
            )
        if labels.dtype == object:
            labels = labels.tolist()
    return _from_list(labels) if isinstance(labels, list) else pl.Series("label", labels)


def _from_list(labels: list[Any]) -> pl.Series:
    values = [None if _is_missing(label) else label for label in labels]
    try:
        return pl.Series("label", values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise InputError(
            f"labels must all be of one type, strings, integers or booleans; got {', '.join(kinds)}: "
            "convert them first, for instance with [str(label) for label in labels]"
        ) from None


def _is_missing(label: object) -> bool:
    return (
        label is None or (isinstance(label, float) and label != label) or type(label).__name__ in {"NAType", "NaTType"}
    )


def _whole(series: pl.Series) -> pl.Series:
    series = series.fill_nan(None)
    fractions = series.filter(series != series.round())
    if len(fractions):
        raise InputError(
            f"labels must be classes; got numbers with a fraction in {_rows(len(fractions))}, such as {fractions[0]}: "
            "a number to predict is a regression; cut it into classes first"
        )
    # Beyond, neighbouring whole numbers are one float, and classes would become one.
    return _fitting(series, series.set(series.abs() > _LARGEST_WHOLE, None).cast(pl.Int64))


def _fitting(series: pl.Series, whole: pl.Series) -> pl.Series:
    """The whole numbers, unless some of the series did not become one."""
    lost = series.filter(whole.is_null() & series.is_not_null())
    if len(lost):
        raise InputError(
            f"labels must be whole numbers that 64 bits hold exactly; got {_rows(len(lost))} beyond, such as "
            f"{lost[0]}: name the classes in letters, for instance by a prefix"
        )
    return whole


def check_classes(classes: Iterable[Label], *, least: int) -> tuple[Label, ...]:
    """Check class names: one type, distinct, at least so many."""
    names = tuple(name.item() if isinstance(name, np.generic) else name for name in classes)
    kinds = {type(name) for name in names}
    if not kinds <= {str, int, bool} or len(kinds) > 1:
        shown = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InputError(f"classes must all be strings, all integers or all booleans; got {shown}")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"classes must be distinct; {twice!r} stands there more than once")
    if len(names) < least:
        raise InputError(f"there must be at least {least} classes; got {list(names)!r}")
    return names


def class_named(name: Label | None, classes: Iterable[Label]) -> Label | None:
    """The class of that name, which may come as text from a command line; `name` itself where there is none."""
    if name is None:  # not asked for, and not to be taken for a class that is called "none"
        return None
    text, names = str(name), [*classes]
    exact = (label for label in names if str(label) == text)
    alike = (label for label in names if str(label).casefold() == text.casefold())
    return next(exact, next(alike, name))


def in_type_of(labels: pl.Series, name: Label) -> Label:
    """A class name, which may come as text, in the labels' own type.

    Raises:
        InputError: The labels are numbers or booleans, and the name stands for none.
    """
    try:
        if labels.dtype == pl.Int64:
            return int(name)
        if labels.dtype == pl.Boolean:
            return {"true": True, "false": False, "1": True, "0": False}[str(name).lower()]
    except (ValueError, KeyError):
        kind = "a whole number" if labels.dtype == pl.Int64 else "true or false"
        raise InputError(f"a class must be {kind}, as the labels are; got {name!r}") from None
    return str(name)


def to_codes(labels: Any, classes: Sequence[Label], ignored: Label | None) -> tuple[pl.Series, pl.Series]:
    """Map labels to their place in `classes`; null where a label is missing or unknown. Returns (labels, codes)."""
    names = [*classes] if ignored is None else [*classes, ignored]
    series = _matched(as_series(labels), names[0])
    if series.dtype != pl.Series(names).dtype:
        return series, pl.Series([None] * len(series), dtype=pl.Int64)
    return series, series.replace_strict(names, list(range(len(names))), default=None, return_dtype=pl.Int64)


def _matched(series: pl.Series, name: Label) -> pl.Series:
    """Take 0/1 for False/True and the reverse, as Python does; nothing else is converted."""
    if isinstance(name, bool) and series.dtype == pl.Int64 and series.drop_nulls().is_in([0, 1]).all():
        return series.cast(pl.Boolean)
    if not isinstance(name, bool) and isinstance(name, int) and series.dtype == pl.Boolean:
        return series.cast(pl.Int64)
    return series


def check_known(series: pl.Series, codes: pl.Series, names: Sequence[Label]) -> None:
    """Raise one InputError that lists every kind of label without a code."""
    if not codes.null_count():
        return
    complaints = []
    if series.null_count():
        complaints.append(f"{_missing_rows(series)}: remove these rows")
    unknown = series.filter(codes.is_null() & series.is_not_null())
    if len(unknown):
        complaints.append(_unknown_labels(unknown, names))
    raise InputError("; ".join(complaints))


def _missing_rows(series: pl.Series) -> str:
    rows = series.is_null().arg_true()
    shown = ", ".join(str(row) for row in rows[:_SHOWN]) + (", ..." if len(rows) > _SHOWN else "")
    return f"labels must not be missing; {len(rows)} of {len(series)} are, at rows {shown} (counted from 0)"


def _unknown_labels(unknown: pl.Series, names: Sequence[Label]) -> str:
    counts = sorted(unknown.value_counts().rows(), key=lambda each: (-each[1], each[0]))
    offenders = [f"{label!r} ({_rows(count)}{_hint(label, names)})" for label, count in counts[:_SHOWN]]
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    return f"labels must be among the classes {shown_names(names)}; got {', '.join(offenders)}{more}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _hint(label: Label, names: Sequence[Label]) -> str:
    for name in names:
        if folded(name) == folded(label):
            return f": did you mean {name!r}?"
    if isinstance(label, int) and not isinstance(label, bool) and isinstance(names[0], str) and 0 <= label < len(names):
        return ": it looks encoded already"
    close = nearest(str(label), map(str, names), likeness=0.75)
    return f": did you mean {next(name for name in names if str(name) == close)!r}?" if close is not None else ""


def shown_names(names: Collection[Label]) -> str:
    """A list of class names, cut in the middle where it is long."""
    listed = [repr(name) for name in names]
    return "[" + ", ".join(listed if len(listed) <= 10 else [*listed[:8], "...", listed[-1]]) + "]"


def distinct(series: pl.Series) -> list[Label]:
    """The classes found in labels, sorted; refuses what cannot be meant as classes."""
    if not len(series):
        raise InputError("labels must not be empty; got 0 rows")
    if series.null_count():
        raise InputError(f"{_missing_rows(series)}: remove these rows")
    return distinct_counted(dict(series.value_counts().rows()))


def distinct_counted(counts: dict[Label, int]) -> list[Label]:
    """The same of labels that have been counted."""
    _refuse_markers(counts)
    _refuse_near_misses(counts)
    rows = sum(counts.values())
    if len(counts) < 2:
        raise InputError(
            f"labels must hold at least two classes; all {rows} are {next(iter(counts))!r}: "
            "there is nothing to tell apart"
        )
    if len(counts) > _TOO_MANY or (len(counts) > 20 and len(counts) > rows / 2):
        raise InputError(
            f"labels must be classes that repeat; got {len(counts)} different values in {rows} rows: "
            "this looks like a number to predict, a text or an identifier"
        )
    return sorted(counts)


def _refuse_markers(counts: dict[Label, int]) -> None:
    markers = [label for label in counts if isinstance(label, str) and label.strip().lower() in _MARKERS]
    if markers:
        listed = ", ".join(f"{label!r} ({_rows(counts[label])})" for label in markers)
        raise InputError(
            f"labels must not be missing; {listed} looks like a missing label: "
            "remove these rows, or, if it is a class, name all classes (classes=[...], --class, Task.multiclass([...]))"
        )


def _refuse_near_misses(counts: dict[Label, int]) -> None:
    seen: dict[str, Label] = {}
    for label in sorted(counts, key=lambda label: -counts[label]):
        first = seen.setdefault(folded(label), label)
        if first is not label:
            raise InputError(
                f"labels must be spelled one way; {first!r} ({_rows(counts[first])}) and "
                f"{label!r} ({_rows(counts[label])}) differ only in case or blanks: "
                "make them one, or, if both are meant, "
                "name all classes (classes=[...], --class, Task.multiclass([...]))"
            )
