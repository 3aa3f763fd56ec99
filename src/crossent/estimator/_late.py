"""An estimator of scikit-learn that does not import scikit-learn before there is an instance of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from typing_extensions import Self

    class _Light(ClassifierMixin, BaseEstimator):
        """What `LateEstimator` is from the first instance on."""
else:

    class _Light:
        """The base of `LateEstimator` for as long as there is no instance."""


class LateEstimator(_Light):
    """`ClassifierMixin` and `BaseEstimator`, which become its bases with the first instance.

    Importing scikit-learn, with the pandas and SciPy that it imports, takes as long as importing torch. Who names the
    class, in a type or an import, should not wait for that; who makes one, needs it.
    """

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Complete the class, then make an instance."""
        if LateEstimator.__bases__ == (_Light,):
            from sklearn.base import BaseEstimator, ClassifierMixin  # heavy

            LateEstimator.__bases__ = (ClassifierMixin, BaseEstimator)
            for each in _with_subclasses(LateEstimator):
                each.__init_subclass__()  # where scikit-learn adds `set_fit_request` and its kind
        return object.__new__(cls)


def _with_subclasses(cls: type) -> list[type]:
    return [cls] + [each for below in cls.__subclasses__() for each in _with_subclasses(below)]
