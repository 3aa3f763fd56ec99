"""Which kernel runs: the compiled one where it can, else the plain one, which is the definition."""

from torch import Tensor

from . import _cpu_binary, _cpu_classes, _linear, _plain_binary, _plain_focal, _plain_linear, _plain_softmax
from ._plain_linear import LinearRule
from ._range import check_probabilities, check_range
from ._reduction import Reduction
from ._wiring import check_logits

usual_cross_entropy = _cpu_classes.usual_cross_entropy
usual_sigmoid_cross_entropy = _cpu_binary.usual_sigmoid_cross_entropy


def cross_entropy_indices(
    logits: Tensor,
    label: Tensor,
    weight: Tensor | None,
    adjustment: Tensor | None,
    ignore_index: int,
    label_smoothing: float,
    z_loss: float,
    reduction: Reduction,
) -> Tensor:
    """Softmax cross entropy with class indices; raises LabelRangeError."""
    arguments = logits, label, weight, adjustment, ignore_index, label_smoothing, z_loss, reduction
    loss = _cpu_classes.cross_entropy_indices(*arguments)
    if loss is None:
        check_range(label, logits.shape[-1], ignore_index)
        check_logits(logits)
        loss = _plain_softmax.cross_entropy_indices(*arguments)
    return loss


def cross_entropy_probabilities(
    logits: Tensor,
    target: Tensor,
    weight: Tensor | None,
    adjustment: Tensor | None,
    label_smoothing: float,
    z_loss: float,
    reduction: Reduction,
) -> Tensor:
    """Softmax cross entropy with class probabilities."""
    arguments = logits, target, weight, adjustment, label_smoothing, z_loss, reduction
    loss = _cpu_classes.cross_entropy_probabilities(*arguments)
    if loss is None:
        check_logits(logits)
        loss = _plain_softmax.cross_entropy_probabilities(*arguments)
    return loss


def linear_cross_entropy(
    features: Tensor, head: Tensor, bias: Tensor | None, target: Tensor, rule: LinearRule
) -> Tensor:
    """Softmax cross entropy of `features @ head.T + bias`, with class indices or floating class probabilities."""
    arguments = features, head, bias, target, rule
    if not target.is_floating_point():
        check_range(target, len(head), rule.ignore_index)
    loss = _linear.linear_cross_entropy(*arguments)
    return _plain_linear.linear_cross_entropy(*arguments) if loss is None else loss


def nll(
    log_probabilities: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, reduction: Reduction
) -> Tensor:
    """Negative log likelihood of log probabilities; raises LabelRangeError."""
    arguments = log_probabilities, label, weight, ignore_index, reduction
    loss = _cpu_classes.nll(*arguments)
    if loss is None:
        check_range(label, log_probabilities.shape[-1], ignore_index)
        loss = _plain_softmax.nll(*arguments)
    return loss


def softmax_focal(
    logits: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, gamma: float, reduction: Reduction
) -> Tensor:
    """Focal loss with class indices; without focus it is cross entropy, to the last bit. Raises LabelRangeError."""
    if gamma == 0:
        return cross_entropy_indices(logits, label, weight, None, ignore_index, 0.0, 0.0, reduction)
    arguments = logits, label, weight, ignore_index, gamma, reduction
    loss = _cpu_classes.softmax_focal(*arguments)
    if loss is None:
        check_range(label, logits.shape[-1], ignore_index)
        check_logits(logits)
        loss = _plain_focal.softmax_focal(*arguments)
    return loss


def sigmoid_cross_entropy(
    logits: Tensor,
    target: Tensor,
    weight: Tensor | None,
    pos_weight: Tensor | None,
    ignore_index: int | None,
    label_smoothing: float,
    reduction: Reduction,
) -> Tensor:
    """Sigmoid cross entropy of logits."""
    arguments = logits, target, weight, pos_weight, ignore_index, label_smoothing, reduction
    loss = _cpu_binary.sigmoid_cross_entropy(*arguments)
    return _plain_binary.sigmoid_cross_entropy(*arguments) if loss is None else loss


def binary_cross_entropy(probabilities: Tensor, target: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Cross entropy of probabilities; raises ProbabilityRangeError, of the target too."""
    arguments = probabilities, target, weight, reduction
    loss = _cpu_binary.binary_cross_entropy(*arguments)
    if loss is None:
        check_probabilities(probabilities, target)
        loss = _plain_binary.binary_cross_entropy(*arguments)
    return loss


def sigmoid_focal(
    logits: Tensor, target: Tensor, alpha: float | None, ignore_index: int | None, gamma: float, reduction: Reduction
) -> Tensor:
    """Focal loss of yes or no; without focus it is cross entropy, to the last bit."""
    if gamma == 0 and alpha is None:
        return sigmoid_cross_entropy(logits, target, None, None, ignore_index, 0.0, reduction)
    arguments = logits, target, alpha, ignore_index, gamma, reduction
    loss = _cpu_binary.sigmoid_focal(*arguments)
    return _plain_focal.sigmoid_focal(*arguments) if loss is None else loss
