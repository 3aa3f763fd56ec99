"""Calibrators in torch's operators: they are NumPy's elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from ...calibration import LARGEST, Calibrator, Isotonic, Linear, Monotone, VennAbers


def calibrated(calibrator: Calibrator | None, logits: Tensor) -> Tensor:
    """Calibrated logits; see `Calibrator`.

    Args:
        calibrator: What to apply; None leaves the logits as they are.
        logits: `(n,)` if binary, else `(n, K)`; float64.
    """
    if calibrator is None:
        return logits
    first = calibrator.maps[0]
    if isinstance(first, Linear):
        return _linear(first, logits)
    if calibrator.task.kind == "binary":
        return _of_one(first, logits)
    odds = _one_against_rest(logits).unbind(1)
    made = [_of_one(each, column) for each, column in zip(calibrator.maps, odds, strict=True)]
    # Softmax of the log probabilities makes their sum 1.
    return logsigmoid(torch.stack(made, 1))


def _of_one(of: Monotone | Isotonic | VennAbers | Linear | None, logits: Tensor) -> Tensor:
    match of:
        case Monotone():
            return _monotone(of, logits)
        case Isotonic():
            return _isotonic(of, logits)
        case VennAbers():
            return _venn_abers(of, logits)
        case _:
            return logits


def _one_against_rest(logits: Tensor) -> Tensor:
    """The log odds of each class of softmax: its logit less the log of the others' sum."""
    classes = logits.shape[1]
    own = torch.eye(classes, dtype=torch.bool)
    others = logits.unsqueeze(1).expand(-1, classes, -1).masked_fill(own, -torch.inf)
    return logits - others.logsumexp(2)


def _monotone(of: Monotone, logits: Tensor) -> Tensor:
    t = _cut(of.slope * logits)
    match of.shape:
        case "temperature":
            parts: tuple[Tensor, ...] = ()
        case "platt":
            parts = (t,)
        case "beta":
            parts = (logsigmoid(t), softplus(t))
        case "quadratic":
            inside = t.clamp(of.low, of.high) - of.low
            upper = inside * (inside / (2 * (of.high - of.low) or 1.0)) + (t - of.high).clamp(min=0.0)
            parts = ((t - of.low) - upper, upper)
    made = t + of.bias
    for bend, part in zip(of.bends, parts, strict=True):
        made = made + bend * part
    return _cut(made)


def _linear(of: Linear, logits: Tensor) -> Tensor:
    t = of.slope * (logits - logits.mean(1, keepdim=True))
    made = t
    if of.scales:
        made = t + t * _exact(of.scales) + _exact(of.bias)
    if of.mixing:
        made = made + t @ torch.tensor(of.mixing, dtype=torch.float64).T
    return _cut(made)


def _isotonic(of: Isotonic, logits: Tensor) -> Tensor:
    knots, log_odds = _exact(of.knots), _exact(of.log_odds)
    if len(knots) == 1:
        return log_odds.expand_as(logits)
    right = torch.searchsorted(knots, logits.contiguous()).clamp(1, len(knots) - 1)
    low, high, start, end = (each.index_select(0, at) for each in (knots, log_odds) for at in (right - 1, right))
    return start + (end - start) * ((logits - low) / (high - low)).clamp(0, 1)


def _venn_abers(of: VennAbers, logits: Tensor) -> Tensor:
    scores = _exact(of.scores)
    p0 = _exact((0.0, *of.lower)).index_select(0, torch.searchsorted(scores, logits.contiguous(), right=True))
    p1 = _exact((*of.upper, 1.0)).index_select(0, torch.searchsorted(scores, logits.contiguous()))
    return p1.log() - (-p0).log1p()


def _cut(logits: Tensor) -> Tensor:
    return logits.clamp(-LARGEST, LARGEST)


def _exact(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
