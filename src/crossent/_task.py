"""Task: the one place that knows which labels, logits, probabilities and decisions belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from . import _labels, _multilabel
from ._errors import InputError
from ._labels import Label as Label
from ._shapes import IGNORED as IGNORED
from ._shapes import Kind, check_codes, check_scores
from .functional import binary_cross_entropy_with_logits, cross_entropy

Reduction = Literal["none", "mean", "sum"]

_POSITIVE_WORDS = ("yes", "true", "positive", "y", "t")


@dataclass(frozen=True)
class Task:
    """What is to be classified: a frozen value that wires labels, loss, probabilities and decisions.

    With n rows and K classes, the four spaces of a task have these shapes:

    ========== ==================== ======= ============================= =========================
    kind       labels (encoded)     logits  probabilities                 decisions
    ========== ==================== ======= ============================= =========================
    binary     (n,) in {0, 1}       (n,)    (n,) sigmoid, of the positive (n,) in {0, 1}
    multiclass (n,) in {0 .. K-1}   (n, K)  (n, K) softmax                (n,) in {0 .. K-1}
    multilabel (n, K) in {0, 1}     (n, K)  (n, K) sigmoid                (n, K) in {0, 1}
    ========== ==================== ======= ============================= =========================

    Make one with `Task.binary`, `Task.multiclass`, `Task.multilabel` or `Task.infer`.

    Example:
        >>> task = Task.binary(["stayed", "churned"], positive="churned")
        >>> task.encode(["churned", "stayed", "stayed"])
        tensor([1, 0, 0])
        >>> probabilities = task.probabilities(torch.tensor([2.5, -1.0, 0.0]))
        >>> task.decode(task.decide(probabilities, threshold=0.3))
        ['churned', 'stayed', 'churned']
    """

    kind: Kind
    classes: tuple[Label, ...]
    ordered: bool = False
    ignored: Label | None = None

    @classmethod
    def binary(cls, classes: Iterable[Label], *, positive: Label | None = None) -> Task:
        """Two classes and one logit a row.

        Args:
            classes: The two class names.
            positive: The class that a high probability stands for; by default the second.

        Raises:
            InputError: There are not two classes, or `positive` is not one of them.
        """
        names = _labels.check_classes(classes, least=2)
        if len(names) != 2:
            raise InputError(f"a binary task has two classes; got {_labels.shown_names(names)}: use Task.multiclass")
        if positive is None:
            return cls("binary", names)
        if positive not in names:
            raise InputError(f"positive must be one of the classes {_labels.shown_names(names)}; got {positive!r}")
        return cls("binary", names if names[1] == positive else (names[1], names[0]))

    @classmethod
    def multiclass(cls, classes: Iterable[Label], *, ordered: bool = False, ignored: Label | None = None) -> Task:
        """K classes, of which each row has one, and K logits a row.

        Args:
            classes: The class names, in the order of the logits' columns; from low to high if `ordered`.
            ordered: The order means something: grades from F to A, ratings from 1 to 5.
            ignored: A label that means "not labelled": it is encoded as -100 and takes no part in the loss.
        """
        names = _labels.check_classes(classes, least=2)
        if ignored is not None and ignored in names:
            raise InputError(
                f"the ignored label must not be a class; {ignored!r} is one of {_labels.shown_names(names)}"
            )
        return cls("multiclass", names, ordered, ignored)

    @classmethod
    def multilabel(cls, classes: Iterable[Label]) -> Task:
        """K labels, any number of which may hold for a row, and K logits a row."""
        return cls("multilabel", _labels.check_classes(classes, least=1))

    @classmethod
    def infer(cls, labels: Any, *, positive: Label | None = None) -> Task:
        """Read the task off labels: two classes are binary, more are multiclass, several a row are multilabel.

        The positive class of a binary task is `positive`, else True, 1, "yes", "true" or "positive" where that is
        one of the two, else the rarer one.

        Args:
            labels: `(n,)` labels, or for multilabel an `(n, K)` array or frame of 0/1, or a collection of names a row.
            positive: The positive class, if there are two.

        Raises:
            InputError: Labels are missing, misspelled variants of one another, all the same, or not classes at all.
        """
        if _multilabel.is_multilabel(labels):
            return cls.multilabel(_multilabel.classes_of(labels))
        series = _labels.as_series(labels)
        names = _labels.distinct(series)
        if len(names) > 2:
            if positive is not None:
                raise InputError(
                    f"positive is for two classes; the labels hold {len(names)}: {_labels.shown_names(names)}"
                )
            return cls.multiclass(names)
        if positive is None:
            return cls.binary(names, positive=_positive(names, series.value_counts().rows()))
        return cls.binary(names, positive=_labels.class_named(positive, names))

    def __len__(self) -> int:
        """The number of classes."""
        return len(self.classes)

    @property
    def positive(self) -> Label:
        """The class that a binary task's probability is of."""
        if self.kind != "binary":
            raise InputError(f"only a binary task has a positive class; this one is {self.kind}")
        return self.classes[1]

    def encode(self, labels: Any) -> Tensor:
        """Turn labels into codes: the place of each in `classes`.

        Args:
            labels: `(n,)` class names as a list, NumPy array, Polars or pandas series, or tensor. For a multilabel
                task an `(n, K)` array, tensor or frame of 0/1 (a frame's columns are matched by name), or a sequence
                with a collection of class names for each row.

        Returns:
            int64 tensor, `(n,)`, or `(n, K)` of 0/1 for a multilabel task; -100 where the label is the ignored one.

        Raises:
            InputError: A label is missing or unknown; the message lists the offenders with their nearest class.
        """
        if self.kind == "multilabel":
            return _multilabel.encode(labels, self.classes)
        names = self.classes if self.ignored is None else (*self.classes, self.ignored)
        series, codes = _labels.to_codes(labels, self.classes, self.ignored)
        _labels.check_known(series, codes, names)
        encoded = torch.from_numpy(codes.to_numpy(writable=True))
        return encoded if self.ignored is None else encoded.masked_fill(encoded == len(self), IGNORED)

    def one_hot(self, labels: Any) -> Tensor:
        """Encode labels with one column a class.

        Returns:
            int64 tensor `(n, K)`: 1 in the column of the row's class, 0 elsewhere; all 0 where the label is ignored.

        Example:
            >>> Task.multiclass(["rental", "dormitory", "other"]).one_hot(["other", "rental"])
            tensor([[0, 0, 1],
                    [1, 0, 0]])
        """
        codes = self.encode(labels)
        if self.kind == "multilabel":
            return codes
        return (codes.unsqueeze(1) == torch.arange(len(self))).long()

    def decode(self, decisions: Tensor) -> list[Any]:
        """Turn decisions (or encoded labels) back into class names.

        Args:
            decisions: `(n,)` codes, or `(n, K)` of 0/1 for a multilabel task.

        Returns:
            A list of n class names; for a multilabel task of n tuples of names; None where a label was ignored, or a
            row left undecided (both have the code -100).
        """
        undecided = self.kind == "binary" and decisions.dtype == torch.int64
        decided = decisions.masked_fill(decisions == IGNORED, 0) if undecided else decisions
        check_codes(self.kind, len(self), decided, "decisions")
        if self.kind == "multilabel":
            return [tuple(c for c, on in zip(self.classes, row, strict=True) if on) for row in decisions.tolist()]
        return [None if code == IGNORED else self.classes[code] for code in decisions.tolist()]

    def loss(
        self,
        logits: Tensor,
        labels: Tensor,
        *,
        class_weight: Tensor | None = None,
        pos_weight: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
    ) -> Tensor:
        """The cross entropy between logits and encoded labels.

        Softmax cross entropy for a multiclass task, sigmoid cross entropy for the others. Weights change what the
        probabilities mean: trained with them, they are no longer the share of rows that belong to the class.

        Args:
            logits: `(n,)` if binary, else `(n, K)`: what the model returns, with no sigmoid or softmax applied.
            labels: What `encode` returns.
            class_weight: `(K,)` weight of each class (binary: of the negative and the positive); "mean" then divides by
                the sum of the rows' weights. See `functional.class_weights`. Not for multilabel.
            pos_weight: Weight of the positives: a scalar if binary, `(K,)` if multilabel; "mean" still divides by n.
            label_smoothing: The share of each label that is spread evenly over the classes, from 0 to 1.
            reduction: "mean", "sum", or "none" for one loss a row (multilabel: a row and label).

        Raises:
            InputError: Shapes or values do not belong to this task; the message holds the cure.
        """
        self.check_labels(labels)
        return self.loss_of_checked(
            logits,
            labels,
            class_weight=class_weight,
            pos_weight=pos_weight,
            label_smoothing=label_smoothing,
            reduction=reduction,
        )

    def loss_of_checked(
        self,
        logits: Tensor,
        labels: Tensor,
        *,
        class_weight: Tensor | None = None,
        pos_weight: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
    ) -> Tensor:
        """As `loss`, of labels that `check_labels` has passed: a training loop need not look at them in every step."""
        check_scores(self.kind, len(self), logits, "logits")
        if len(logits) != len(labels):
            raise InputError(f"logits and labels must have as many rows; got {len(logits)} and {len(labels)}")
        if self.kind == "multiclass":
            if pos_weight is not None:
                raise InputError("pos_weight is for binary and multilabel tasks; give a multiclass task class_weight")
            return cross_entropy(
                logits,
                labels,
                weight=class_weight,
                ignore_index=IGNORED,
                label_smoothing=label_smoothing,
                reduction=reduction,
            )
        return self._sigmoid_loss(logits, labels, class_weight, pos_weight, label_smoothing, reduction)

    def _sigmoid_loss(
        self,
        logits: Tensor,
        labels: Tensor,
        class_weight: Tensor | None,
        pos_weight: Tensor | None,
        label_smoothing: float,
        reduction: Reduction,
    ) -> Tensor:
        if class_weight is not None:
            return self._weighted_binary_loss(logits, labels, class_weight, pos_weight, label_smoothing, reduction)
        if not 0 <= label_smoothing <= 1:
            raise InputError(f"label_smoothing must be from 0 to 1; got {label_smoothing}")
        target = labels.to(logits.dtype)
        if label_smoothing:
            target = target * (1 - label_smoothing) + label_smoothing / 2
        return binary_cross_entropy_with_logits(logits, target, pos_weight=pos_weight, reduction=reduction)

    def _weighted_binary_loss(
        self,
        logits: Tensor,
        labels: Tensor,
        class_weight: Tensor,
        pos_weight: Tensor | None,
        label_smoothing: float,
        reduction: Reduction,
    ) -> Tensor:
        if self.kind == "multilabel":
            raise InputError("class_weight is for binary and multiclass tasks; give a multilabel task pos_weight")
        if pos_weight is not None:
            raise InputError("class_weight and pos_weight both weigh the positive class; give one of them")
        # Softmax over (0, x) is sigmoid of x, so this is the multiclass loss, weights, smoothing and all.
        both = torch.stack([torch.zeros_like(logits), logits], dim=1)
        return cross_entropy(both, labels, class_weight, label_smoothing=label_smoothing, reduction=reduction)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Map logits to probabilities: sigmoid, or softmax over the classes.

        Args:
            logits: `(n,)` if binary, else `(n, K)`.

        Returns:
            Probabilities of the same shape; a binary task's are those of its positive class.
        """
        check_scores(self.kind, len(self), logits, "logits")
        return logits.softmax(dim=1) if self.kind == "multiclass" else logits.sigmoid()

    def decide(self, probabilities: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
        """Turn probabilities into decisions.

        Binary and multilabel: 1 where the probability is at least the threshold. Multiclass: the most probable class.
        The threshold is rounded to the type of the probabilities, so that the float32 nearest to 0.7 is at 0.7. An
        evaluation of logits decides by their probabilities in float64; `probabilities(logits.double())` are those.

        Args:
            probabilities: `(n,)` if binary, else `(n, K)`.
            threshold: From 0 to 1; for a multilabel task also `(K,)`, one a label. It has no meaning for multiclass.

        Returns:
            int64 tensor: `(n,)` codes, or `(n, K)` of 0/1 for a multilabel task.
        """
        self.check_probabilities(probabilities)
        if self.kind == "multiclass":
            if isinstance(threshold, Tensor) or threshold != 0.5:
                raise InputError("a multiclass task decides for the most probable class; it takes no threshold")
            return probabilities.argmax(dim=1)
        return (probabilities >= self._checked_threshold(threshold, probabilities).to(probabilities.dtype)).long()

    def _checked_threshold(self, threshold: float | Tensor, probabilities: Tensor) -> Tensor:
        limits = torch.as_tensor(threshold, dtype=torch.float64, device=probabilities.device)
        if limits.ndim and (self.kind != "multilabel" or tuple(limits.shape) != (len(self),)):
            wanted = f"a number or one for each of the {len(self)} labels" if self.kind == "multilabel" else "a number"
            raise InputError(f"threshold must be {wanted}; got shape {tuple(limits.shape)}")
        if not bool(((limits >= 0) & (limits <= 1)).all()):
            raise InputError(f"threshold must be from 0 to 1; got {threshold}")
        return limits

    def check_probabilities(self, probabilities: Tensor) -> None:
        """Raise InputError unless these are probabilities of this task: shape, range, and rows that sum to 1."""
        check_scores(self.kind, len(self), probabilities, "probabilities")
        if not probabilities.is_floating_point():
            raise InputError(f"probabilities must be floating-point numbers; got {probabilities.dtype}")
        if not probabilities.numel():
            return
        low, high = (float(bound) for bound in probabilities.aminmax())
        if low != low or high != high:
            count = int(probabilities.isnan().sum())
            raise InputError(f"probabilities must not be NaN; {count} of {probabilities.numel()} are")
        if low < 0 or high > 1:
            raise InputError(
                f"probabilities must be from 0 to 1; got {low:.6g} to {high:.6g}: "
                "if these are logits, call task.probabilities(logits) first"
            )
        if self.kind == "multiclass":
            sums = probabilities.double().sum(dim=1)
            worst = int((sums - 1).abs().argmax())
            if abs(float(sums[worst]) - 1) > 0.01:
                raise InputError(
                    f"the probabilities of a row must sum to 1; row {worst} sums to {float(sums[worst]):.6g}: "
                    "for labels that do not exclude one another use Task.multilabel"
                )

    def check_labels(self, labels: Tensor) -> None:
        """Raise InputError unless these are encoded labels of this task: shape, type, and range."""
        check_codes(self.kind, len(self), labels, "labels")

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record of the task."""
        return {"kind": self.kind, "classes": list(self.classes), "ordered": self.ordered, "ignored": self.ignored}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Task:
        """The task that `to_dict` recorded.

        Raises:
            InputError: The record is not one of a task.
        """
        try:
            kind, classes, ordered, ignored = (record[key] for key in ("kind", "classes", "ordered", "ignored"))
        except (KeyError, TypeError):
            raise InputError("a task's record must hold kind, classes, ordered and ignored") from None
        if kind not in get_args(Kind) or not isinstance(classes, list) or not isinstance(ordered, bool):
            raise InputError(f"a task's record must name one of {', '.join(get_args(Kind))}; got {kind!r}")
        match kind:
            case "binary":
                return cls.binary(classes)
            case "multiclass":
                return cls.multiclass(classes, ordered=ordered, ignored=ignored)
            case _:
                return cls.multilabel(classes)


def _positive(names: list[Label], counts: list[tuple[Label, int]]) -> Label:
    words = {str(name).strip().lower(): name for name in names}
    for word in _POSITIVE_WORDS:
        if word in words:
            return words[word]
    if words.keys() in ({"0", "1"}, {"-1", "1"}):  # of 1 and 2, say, neither is a yes
        return words["1"]
    rarest = min(count for _, count in counts)
    rare = [name for name, count in counts if count == rarest]
    return rare[0] if len(rare) == 1 else names[1]
