"""What the losses over K classes ask of their arguments, and the form in which the kernels take them."""

import math

import torch
from torch import Tensor

from .. import _kernels
from ._arguments import check_real, dtype_name


def class_dim(input: Tensor) -> int:
    """Return the dimension the classes are in: 1, or 0 of an input without a batch."""
    return 1 if input.dim() > 1 else 0


def classes_last(values: Tensor) -> Tensor:
    """Return a view `(..., K)` of `(N, K, d1, ...)` or `(K,)`."""
    return values.movedim(1, -1) if values.dim() > 2 else values


def as_labels(input: Tensor, target: Tensor) -> Tensor:
    """Return the class indices as int64 of the shape of the rows; an input without a batch may have a target `(1,)`."""
    return target.long().reshape(()) if input.dim() == 1 else target.long()


def check_classes(name: str, input: Tensor, weight: Tensor | None) -> None:
    """Check input and weight, whichever kind of target comes with them."""
    if input.dim() < 1:
        raise ValueError(f"{name}: input: Expected 1 or more dimensions (got 0); the classes are in dimension 1, or 0.")
    check_real(name, input)
    check_class_weight(name, weight, input.shape[class_dim(input)])


def check_class_weight(name: str, weight: Tensor | None, classes: int) -> None:
    """Check that there is one weight a class."""
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"{name}: weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}; give one number a class."
        )


def check_weight_type(name: str, weight: Tensor | None, dtype: torch.dtype) -> None:
    """Check that class weights, which class indices pick, have the input's type."""
    if weight is not None and weight.dtype != dtype:
        raise RuntimeError(
            f"{name}: weight must have the input's type: expected scalar type {dtype_name(dtype)} "
            f"but found {dtype_name(weight)}; use weight.to(input.dtype)."
        )


def check_indices(name: str, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> None:
    """Check that the target holds one class index a row: shape, type, weight's type; the kernels check the range."""
    _check_batch(name, input, target)
    _check_is_index_type(name, target)
    _check_rows(name, input, target)
    check_weight_type(name, weight, input.dtype)


def _check_batch(name: str, input: Tensor, target: Tensor) -> None:
    if input.dim() == 1:
        return
    batch = target.shape[0] if target.dim() else 0
    if batch != input.shape[0]:
        raise ValueError(
            f"{name}: Expected input batch_size ({input.shape[0]}) to match target batch_size ({batch}): "
            f"input has shape {list(input.shape)}, target {list(target.shape)}; give one class index a row."
        )


def _check_is_index_type(name: str, target: Tensor) -> None:
    if target.is_floating_point() or target.is_complex():
        raise RuntimeError(
            f"{name}: expected target dtype to be Long or Byte, or any integer or bool, but got "
            f"{dtype_name(target)}; class indices are whole numbers: use target.long(). "
            "Class probabilities need the shape of input."
        )


def _check_rows(name: str, input: Tensor, target: Tensor) -> None:
    if input.dim() == 1:
        if target.shape not in ((), (1,)):
            raise RuntimeError(
                f"{name}: 0D or 1D target tensor expected, multi-target not supported: input {list(input.shape)} is "
                f"one row and takes one class index, got target {list(target.shape)}."
            )
        return
    rows = [input.shape[0], *input.shape[2:]]
    if list(target.shape) == rows:
        return
    if input.dim() == 2:
        raise RuntimeError(
            f"{name}: 0D or 1D target tensor expected, multi-target not supported: Expected target size {rows}, "
            f"got {list(target.shape)}; {_cure(input, target)}"
        )
    raise RuntimeError(f"{name}: Expected target size {rows}, got {list(target.shape)}; {_cure(input, target)}")


def _cure(input: Tensor, target: Tensor) -> str:
    if target.shape == input.shape[:-1]:
        return "the classes must be in dimension 1: use input.movedim(-1, 1)."
    if target.dim() == 2 and target.shape[1] == 1:
        return "use target.squeeze(1)."
    return "give one class index a row; for one-hot rows use target.argmax(1)."


def out_of_range(name: str, input: Tensor, target: Tensor, ignore_index: int) -> IndexError:
    """Return the error that says where the first class index stands that is none."""
    return out_of_classes(name, "input", input.shape[class_dim(input)], target.long(), ignore_index)


def out_of_classes(name: str, holder: str, classes: int, target: Tensor, ignore_index: int) -> IndexError:
    """The same, of int64 indices, where `holder` is the argument that has the classes."""
    outside = ((target < 0) | (target >= classes)) & (target != ignore_index)
    place = outside.nonzero()[0].tolist()
    return IndexError(
        f"{name}: Target {int(target[tuple(place)])} is out of bounds: target{place or ''} must be a class index from "
        f"0 to {classes - 1}, since {holder} has {classes} classes, or ignore_index={ignore_index}; "
        f"count classes from 0, or widen {holder}."
    )


def check_probabilities(name: str, target: Tensor, ignore_index: int) -> None:
    """Check that a target of the input's shape is one of class probabilities."""
    if not target.is_floating_point():
        raise RuntimeError(
            f"{name}: Expected floating point type for target with class probabilities, got {dtype_name(target)}; "
            "target has the shape of input. For class indices drop the class dimension (target.argmax(1)); "
            "for probabilities use target.to(input.dtype)."
        )
    if ignore_index >= 0:
        raise RuntimeError(
            f"{name}: ignore_index is not supported for floating point target, got ignore_index={ignore_index}; "
            "leave it out, and give the rows to ignore a target of zeros."
        )


def check_smoothing(name: str, label_smoothing: float) -> None:
    """Check that the share of the uniform distribution is a share."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"{name}: label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}.")


def check_z_loss(name: str, z_loss: float) -> None:
    """Check that the share of z-loss is one."""
    if not 0 <= z_loss < math.inf:
        raise ValueError(f"{name}: z_loss must be a finite number, 0 or more, got {z_loss}; 1e-4 is usual.")


def check_some_class(name: str, input: Tensor) -> None:
    """Check that there is a class to sum over; the empty case has no softmax."""
    if input.shape[class_dim(input)] == 0:
        raise ValueError(f"{name}: input must have at least one class, got shape {list(input.shape)}.")


def check_several_classes(name: str, input: Tensor) -> None:
    """Warn of a single class."""
    if input.dim() > 0 and input.shape[class_dim(input)] == 1:
        _kernels.warn(
            f"{name}: input has one class, shape {list(input.shape)}, so the loss is 0 and teaches nothing; "
            "for yes or no use binary_cross_entropy_with_logits."
        )


def check_wiring(name: str, input: Tensor, target: Tensor) -> None:
    """Warn of class indices and logits that fit together, and most likely should not."""
    if input.dim() == 3 and input.shape[1] == input.shape[2] > 1 and target.shape == input.shape[:2]:
        _kernels.warn(
            f"{name}: the classes are taken to be in dimension 1 of input {list(input.shape)}, and target "
            f"{list(target.shape)} fits either way; if they are last, use input.movedim(-1, 1)."
        )
