"""Labels as scikit-learn takes them, and as a task names its classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .._errors import InputError
from .._labels import Label
from ..data import Kind


@dataclass(frozen=True, eq=False)
class Targets:
    """Labels, encoded.

    Attributes:
        classes: `(K,)` distinct labels in ascending order, of the type that came.
        codes: `(n,)` the place of each row's label among them.
    """

    classes: NDArray[Any]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Any) -> Targets:
        """Check and encode labels.

        Raises:
            ValueError: They are not one class a row; messages of scikit-learn.
        """
        from sklearn.utils.multiclass import check_classification_targets  # heavy
        from sklearn.utils.validation import check_array, column_or_1d

        values = column_or_1d(labels, warn=True)
        check_array(values, ensure_2d=False, dtype=None, input_name="y")
        check_classification_targets(values)
        classes, codes = np.unique(values, return_inverse=True)
        return cls(classes, codes)

    def checked(self) -> Targets:
        """These targets, if there are two classes.

        Raises:
            InputError: There is one class.
        """
        if len(self.classes) < 2:
            raise InputError(
                f"a classifier needs labels of at least two classes to learn from; got 1 class, {self.classes.tolist()}"
            )
        return self

    def taken(self, rows: NDArray[np.bool_]) -> Targets:
        """The targets of some rows, with the classes that these have."""
        places, codes = np.unique(self.codes[rows], return_inverse=True)
        return Targets(self.classes[places], codes)

    @property
    def names(self) -> list[Label]:
        """The classes as a task has them: whole floats are integers there."""
        names = self.classes.tolist()
        return [int(name) if isinstance(name, float) else name for name in names]

    @property
    def kind(self) -> Kind:
        """What the column of labels is, whatever they look like."""
        match self.names[0]:
            case bool():
                return "boolean"
            case int():
                return "number"
            case _:
                return "category"

    def series(self) -> pl.Series:
        """`(n,)` the name of each row's class."""
        return pl.Series(self.names).gather(pl.Series(self.codes))
