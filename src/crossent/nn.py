"""The losses as modules: torch's, with crossent's arithmetic.

Constructors take torch's arguments, and the functions' own after them, by keyword; `state_dict` is torch's.
"""

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from . import functional as F


class CrossEntropyLoss(nn.CrossEntropyLoss):
    """`torch.nn.CrossEntropyLoss`, exact in the tails; see `crossent.functional.cross_entropy`.

    Example:
        >>> import torch
        >>> from crossent import nn
        >>> nn.CrossEntropyLoss(reduction="none")(torch.tensor([[0.0, 30.0]]), torch.tensor([1]))
        tensor([9.3576e-14])
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        *,
        logit_adjustment: Tensor | None = None,
        z_loss: float = 0.0,
        weight_mean: str = "weights",
        all_ignored: str = "nan",
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(weight, size_average, ignore_index, reduce, reduction, label_smoothing)
        self.register_buffer("logit_adjustment", logit_adjustment)
        self.logit_adjustment: Tensor | None
        self.z_loss = z_loss
        self.weight_mean = weight_mean
        self.all_ignored = all_ignored
        self.loss_dtype = loss_dtype

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits `(N, K, ...)` and class indices `(N, ...)` or class probabilities `(N, K, ...)`."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
            logit_adjustment=self.logit_adjustment,
            z_loss=self.z_loss,
            weight_mean=self.weight_mean,
            all_ignored=self.all_ignored,
            loss_dtype=self.loss_dtype,
        )


class NLLLoss(nn.NLLLoss):
    """`torch.nn.NLLLoss`; see `crossent.functional.nll_loss`."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        *,
        weight_mean: str = "weights",
        all_ignored: str = "nan",
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(weight, size_average, ignore_index, reduce, reduction)
        self.weight_mean = weight_mean
        self.all_ignored = all_ignored
        self.loss_dtype = loss_dtype

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of log probabilities `(N, K, ...)` and class indices `(N, ...)`."""
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            weight_mean=self.weight_mean,
            all_ignored=self.all_ignored,
            loss_dtype=self.loss_dtype,
        )


class BCELoss(nn.BCELoss):
    """`torch.nn.BCELoss`; see `crossent.functional.binary_cross_entropy`."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        *,
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.loss_dtype = loss_dtype

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of probabilities and targets of one shape."""
        return F.binary_cross_entropy(
            input, target, weight=self.weight, reduction=self.reduction, loss_dtype=self.loss_dtype
        )


class BCEWithLogitsLoss(nn.BCEWithLogitsLoss):
    """`torch.nn.BCEWithLogitsLoss`, exact on both sides; see `crossent.functional.binary_cross_entropy_with_logits`."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
        *,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        all_ignored: str = "nan",
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction, pos_weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.all_ignored = all_ignored
        self.loss_dtype = loss_dtype

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits and targets of one shape."""
        return F.binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            pos_weight=self.pos_weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            all_ignored=self.all_ignored,
            loss_dtype=self.loss_dtype,
        )


class LinearCrossEntropyLoss(nn.Module):
    """A linear layer and its cross entropy, as torch's; see `crossent.functional.linear_cross_entropy`.

    Args:
        in_features: D, the features of a row.
        num_classes: K.
        out_features: `(d1, ...)` for K-dimensional targets.
        bias: Whether the linear layer has one.
        device: Of the linear layer.
        dtype: Of the linear layer.
        reduction: As in `cross_entropy`.
        weight: `(K,)`, one weight a class, as in `cross_entropy`.
        ignore_index: As in `linear_cross_entropy`.
        label_smoothing: As in `cross_entropy`.
        options: torch's choice of chunks; accepted, and without effect.
        softcap: As in `linear_cross_entropy`.
        z_loss: As in `cross_entropy`.
        weight_mean: As in `cross_entropy`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: object | None = None,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight_mean: str = "weights",
        all_ignored: str = "nan",
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(
                f"LinearCrossEntropyLoss: expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}; "
                "give one number a class."
            )
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(
                f"LinearCrossEntropyLoss: expected label_smoothing to be in range [0, 1], got {label_smoothing}."
            )
        super().__init__()
        self.register_buffer("weight", weight)
        self.weight: Tensor | None
        self.num_classes = num_classes
        self.out_features = out_features
        self.reduction = reduction
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options
        self.softcap = softcap
        self.z_loss = z_loss
        self.weight_mean = weight_mean
        self.all_ignored = all_ignored
        self.loss_dtype = loss_dtype
        outputs = num_classes * math.prod(out_features)
        self.linear = nn.Linear(in_features, outputs, bias=bias, device=device, dtype=dtype)

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of features `(..., D)` and class indices or class probabilities."""
        heads = (self.num_classes, *self.out_features)
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*heads, -1),
            target,
            linear_bias=None if self.linear.bias is None else self.linear.bias.reshape(heads),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
            softcap=self.softcap,
            z_loss=self.z_loss,
            weight_mean=self.weight_mean,
            all_ignored=self.all_ignored,
            loss_dtype=self.loss_dtype,
        )

    @override
    def extra_repr(self) -> str:
        """Return the arguments, as torch's module shows them."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
            + ("" if self.softcap is None else f", softcap={self.softcap}")
        )


class FocalLoss(nn.Module):
    """`crossent.functional.focal_loss` as a module: logits and class indices.

    Args:
        weight: `(K,)`, the paper's alpha, as in `focal_loss`; a buffer.
        gamma: The focus, 0 or more.
        ignore_index: As in `focal_loss`.
        reduction: As in `focal_loss`.
        weight_mean: As in `cross_entropy`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        gamma: float = 2.0,
        ignore_index: int = -100,
        reduction: str = "mean",
        weight_mean: str = "weights",
        all_ignored: str = "nan",
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.weight: Tensor | None
        self.gamma = gamma
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.weight_mean = weight_mean
        self.all_ignored = all_ignored
        self.loss_dtype = loss_dtype

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits `(N, K, ...)` and class indices `(N, ...)`."""
        return F.focal_loss(
            input,
            target,
            self.weight,
            gamma=self.gamma,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            weight_mean=self.weight_mean,
            all_ignored=self.all_ignored,
            loss_dtype=self.loss_dtype,
        )

    @override
    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"gamma={self.gamma}, ignore_index={self.ignore_index}, reduction={self.reduction}"


class SigmoidFocalLoss(nn.Module):
    """`crossent.functional.sigmoid_focal_loss` as a module: logits and yes-or-no targets.

    Args:
        alpha: The share of the positives, 0 to 1, or None.
        gamma: The focus, 0 or more.
        reduction: As in `sigmoid_focal_loss`, but the mean by default, as in every module here.
        ignore_index: As in `sigmoid_focal_loss`.
        all_ignored: As in `cross_entropy`.
        loss_dtype: As in `cross_entropy`.
    """

    def __init__(
        self,
        alpha: float | None = 0.25,
        gamma: float = 2.0,
        reduction: str = "mean",
        *,
        ignore_index: int | None = None,
        all_ignored: str = "nan",
        loss_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.alpha = alpha
        self.gamma = gamma
        self.reduction = reduction
        self.ignore_index = ignore_index
        self.all_ignored = all_ignored
        self.loss_dtype = loss_dtype

    @override
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits and targets of one shape."""
        return F.sigmoid_focal_loss(
            input,
            target,
            self.alpha,
            self.gamma,
            self.reduction,
            ignore_index=self.ignore_index,
            all_ignored=self.all_ignored,
            loss_dtype=self.loss_dtype,
        )

    @override
    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"alpha={self.alpha}, gamma={self.gamma}, reduction={self.reduction}"
