"""Classifier: the table classifier as an estimator of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._late import LateEstimator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor
    from typing_extensions import Self

    from ..classifier import Device, Model
    from ..data import Kind
    from ..models import ModuleFactory

# The modules that do the work are imported where they are first used: they, Polars and LightGBM would make the import
# of this class alone cost more than torch's.


class Classifier(LateEstimator):
    """`crossent.fit` for features and labels, as scikit-learn has them.

    Networks, boosted trees and a linear model learn the table over folds; rows that a copy has not seen choose the
    blend of them, its calibration and, for a goal, the threshold. So `predict_proba` is calibrated as it comes, and
    `fit` needs no validation rows.

    Features are a pandas or Polars frame, whose columns may be numbers, categories, dates and text with gaps, or an
    array. Equal rows count as one case of more weight; see `sample_weight` in `fit`.

    Args:
        quality: "fast", "default" or "best": about 10 seconds, 2 minutes or 10 minutes for 20,000 rows of 20 columns.
        members: What is trained and blended: "network", "trees" and "linear", one or several.
        time_limit: Seconds in place of those of `quality`.
        folds: Into how many parts the rows are dealt; None for what `quality` says.
        epochs: The most passes of a network over the rows; None for what the time allows.
        calibration: "auto" for what lowers the held-out log loss, if anything does; "none"; or a method of `calibrate`.
        class_weight: What a mistake about a row of each class costs in `predict`: a dict, or "balanced" for
            n / (K * rows of the class). The probabilities stay those of the classes' true shares.
        threshold: For two classes: from which probability on `predict` says the second, or a goal such as "metric:f1"
            or "precision>=0.9", for which the held-out rows choose it. None for 0.5.
        costs: What decisions cost, by true class and decision; `predict` then decides by least cost.
        ordered: The order of the classes means something.
        kinds: Kinds of columns, where the inferred ones are wrong: `{"zip": "category"}`.
        module: A network of your own in place of the members: a class of `nn.Module`, or a function, called with the
            numbers of inputs and outputs. It takes `(n, inputs)` float32 rows (scaled numbers, then 1 or 0 for each
            level) and returns `(n, outputs)` logits; of two classes one a row.
        device: "cpu", "cuda", or "auto" for a GPU where there is one.
        random_state: Decides the folds, the first weights and the order of the rows; None for another fit each time.
        verbose: 1 to print how the training goes.

    Attributes:
        classes_: `(K,)` the labels in ascending order.
        model_: The `crossent.Model`: `model_.save("folder")`, `model_.metrics` of held-out rows, `model_.blend`.
        n_features_in_: How many features there were.
        feature_names_in_: Their names, if they had any.

    Example:
        >>> import numpy as np
        >>> from crossent import Classifier
        >>> X = np.arange(120.0).reshape(60, 2) % 7
        >>> y = np.where(X[:, 0] > 3, "yes", "no")
        >>> classifier = Classifier(members="linear").fit(X, y)
        >>> classifier.predict(X[:3]).tolist(), classifier.predict_proba(X[:3]).shape
        (['no', 'no', 'yes'], (3, 2))
    """

    classes_: NDArray[Any]
    model_: Model
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(
        self,
        *,
        quality: str = "default",
        members: str | Sequence[str] = ("network", "trees", "linear"),
        time_limit: float | None = None,
        folds: int | None = None,
        epochs: int | None = None,
        calibration: str = "auto",
        class_weight: Mapping[Any, float] | str | None = None,
        threshold: float | str | None = None,
        costs: Any = None,
        ordered: bool = False,
        kinds: Mapping[str, Kind] | None = None,
        module: ModuleFactory | None = None,
        device: Device = "auto",
        random_state: Any = 0,
        verbose: int = 0,
    ) -> None:
        self.quality = quality
        self.members = members
        self.time_limit = time_limit
        self.folds = folds
        self.epochs = epochs
        self.calibration = calibration
        self.class_weight = class_weight
        self.threshold = threshold
        self.costs = costs
        self.ordered = ordered
        self.kinds = kinds
        self.module = module
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:  # noqa: N803
        """Learn a table.

        Args:
            X: `(n, D)` features.
            y: `(n,)` labels.
            sample_weight: `(n,)` how much each row counts; a row of weight 3 is the row three times, one of 0 is none.
            groups: `(n,)` rows of one group (a customer, a patient) never judge what its other rows have taught.

        Raises:
            ValueError: The features, labels or options break a rule; an `InputError` where it is one of crossent's.
        """
        from ._fit import fitted

        self.classes_, self.model_ = fitted(self, X, y, sample_weight, groups)
        return self

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The label decided for each row, `(n,)`: by threshold or costs if given, else the most probable."""
        logits = self._logits(X)
        decided = self.model_.rule.forced(self.model_.task.probabilities(logits))
        return self.classes_[decided.numpy()]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """The probability of each class, `(n, K)`, in the order of `classes_`."""
        import torch

        logits = self._logits(X)
        probabilities = self.model_.task.probabilities(logits)
        if self.model_.task.kind == "binary":
            probabilities = torch.stack([1 - probabilities, probabilities], 1)
        return probabilities.numpy()

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """The logarithm of each class's probability, `(n, K)`."""
        import torch
        from torch.nn.functional import logsigmoid

        logits = self._logits(X)
        if self.model_.task.kind == "binary":
            return torch.stack([logsigmoid(-logits), logsigmoid(logits)], 1).numpy()
        return logits.log_softmax(1).numpy()

    def decision_function(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Calibrated logits: `(n,)` the log odds of the second of two classes, else `(n, K)`."""
        return self._logits(X).numpy()

    def _logits(self, features: Any) -> Tensor:
        from sklearn.utils.validation import check_is_fitted

        from ._columns import columns_of

        check_is_fitted(self)
        frame, _ = columns_of(self, features, reset=False)
        return self.model_.logits(self.model_.encoder.encode(frame))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a model."""
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: gaps are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
