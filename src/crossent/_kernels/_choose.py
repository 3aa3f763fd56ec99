"""Which kernel runs: the compiled one where it can, else the plain one, which is the definition."""

from torch import Tensor

from . import _cpu, _linear, _plain_focal, _plain_linear, _plain_softmax
from . import _plain_binary as _plain
from ._plain_linear import LinearRule
from ._range import check_range
from ._reduction import Reduction


def cross_entropy_indices(
    logits: Tensor,
    label: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: Reduction,
) -> Tensor:
    """Softmax cross entropy with class indices."""
    arguments = logits, label, weight, ignore_index, label_smoothing, reduction
    loss = _cpu.cross_entropy_indices(*arguments)
    if loss is None:
        check_range(label, logits.shape[-1], ignore_index)
        loss = _plain_softmax.cross_entropy_indices(*arguments)
    return loss


def cross_entropy_probabilities(
    logits: Tensor, target: Tensor, weight: Tensor | None, label_smoothing: float, reduction: Reduction
) -> Tensor:
    """Softmax cross entropy with class probabilities."""
    arguments = logits, target, weight, label_smoothing, reduction
    loss = _cpu.cross_entropy_probabilities(*arguments)
    return _plain_softmax.cross_entropy_probabilities(*arguments) if loss is None else loss


def linear_cross_entropy(
    features: Tensor, head: Tensor, bias: Tensor | None, target: Tensor, rule: LinearRule
) -> Tensor:
    """Softmax cross entropy of `features @ head.T + bias`, with class indices or floating class probabilities."""
    arguments = features, head, bias, target, rule
    if not target.is_floating_point():
        check_range(target, len(head), rule.ignore_index)
    loss = _linear.linear_cross_entropy(*arguments)
    return _plain_linear.linear_cross_entropy(*arguments) if loss is None else loss


def sigmoid_cross_entropy(
    logits: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: Reduction
) -> Tensor:
    """Sigmoid cross entropy of logits."""
    arguments = logits, target, weight, pos_weight, reduction
    loss = _cpu.sigmoid_cross_entropy(*arguments)
    return _plain.sigmoid_cross_entropy(*arguments) if loss is None else loss


def nll(
    log_probabilities: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, reduction: Reduction
) -> Tensor:
    """Negative log likelihood of log probabilities."""
    check_range(label, log_probabilities.shape[-1], ignore_index)
    return _plain_softmax.nll(log_probabilities, label, weight, ignore_index, reduction)


def softmax_focal(
    logits: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, gamma: float, reduction: Reduction
) -> Tensor:
    """Focal loss with class indices; without focus it is cross entropy, to the last bit."""
    if gamma == 0:
        return cross_entropy_indices(logits, label, weight, ignore_index, 0.0, reduction)
    check_range(label, logits.shape[-1], ignore_index)
    return _plain_focal.softmax_focal(logits, label, weight, ignore_index, gamma, reduction)


def sigmoid_focal(logits: Tensor, target: Tensor, alpha: float | None, gamma: float, reduction: Reduction) -> Tensor:
    """Focal loss of yes or no; without focus it is cross entropy, to the last bit."""
    if gamma == 0 and alpha is None:
        return sigmoid_cross_entropy(logits, target, None, None, reduction)
    return _plain_focal.sigmoid_focal(logits, target, alpha, gamma, reduction)
