"""Cross entropy over K classes, in torch operations: the definition."""

from typing import NamedTuple

import torch
from torch import Tensor

from ._plain_parts import LINEAR_FROM, is_class, lost_by_rounding, pick, times, widened
from ._reduction import Reduction, reduce, reduce_kept


class Odds(NamedTuple):
    """The odds against a label, (1 - p) / p = total exp(gap), kept as two numbers so that neither rounds the other.

    gap is the best other logit minus the label's; total is the sum of exp(x_c - the best other) over the others.
    """

    gap: Tensor
    total: Tensor

    def log(self) -> Tensor:
        """z = logsumexp(x_c, c != label) - x_label."""
        return self.gap + self.total.clamp(min=0.5).log()  # total is at least 1; or 0, and then gap is -inf

    def loss(self) -> Tensor:
        """softplus(z) = -log p."""
        z = self.log()
        # Not clamp, here and below: it would give a NaN the gradient 0, and so hide it from gradient scalers.
        odds = self.total * torch.where(self.gap > LINEAR_FROM, LINEAR_FROM, self.gap).exp()
        return torch.where(z > LINEAR_FROM, z, odds.log1p())


def odds_against(logits: Tensor, label: Tensor) -> Odds:
    """Return the odds against each row's label.

    The label is kept out of the sum, not subtracted from it, so nothing is lost when it leads by far. A logit of +inf
    has all the probability; in the exponentials the largest finite number stands for it.
    """
    others = logits.masked_fill(is_class(label, logits.shape[-1]), -torch.inf)
    top = others.detach().amax(-1)
    shift = top.nan_to_num(neginf=0.0).unsqueeze(-1)
    total = (_without_inf(others) - shift).exp().sum(-1)
    own = pick(logits, label)
    gap = top - own
    return Odds(gap, total * (1 + lost_by_rounding(top, own.detach(), gap.detach())))


def negative_log_softmax(logits: Tensor) -> Tensor:
    """-log softmax(x), `(..., K)`, each entry exact.

    torch's log_softmax is exact but for the leading class, whose -log p it rounds to the precision of 1.
    """
    leader = logits.argmax(-1)
    of_leader = odds_against(logits, leader).loss().unsqueeze(-1)
    certain = (pick(logits, leader) == torch.inf).unsqueeze(-1)
    of_others = torch.where(certain, torch.inf, -_without_inf(logits).log_softmax(-1))
    return torch.where(is_class(leader, logits.shape[-1]), of_leader, of_others)


def _without_inf(logits: Tensor) -> Tensor:
    return logits.masked_fill(logits == torch.inf, torch.finfo(logits.dtype).max)


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
    """w_label (softplus(z) + z_loss lse^2); smoothed, the cross entropy to (1 - s) onehot(label) + s / K."""
    kept, label, logits = kept_rows(logits, label, ignore_index)
    logits = adjusted(logits, adjustment)
    if label_smoothing:
        onehot = is_class(label, logits.shape[-1]).to(logits.dtype)
        rows = _rows_of_probabilities(logits, onehot, weight, label_smoothing, z_loss)
        row_weight = None if weight is None else _weight_of(label, weight, logits)
        return reduce_kept(rows, kept, row_weight, reduction)
    rows = odds_against(logits, label).loss()
    if z_loss:
        rows = rows + z_loss * logits.logsumexp(-1).square()
    return weigh_and_reduce(rows, kept, label, weight, logits, reduction)


def cross_entropy_probabilities(
    logits: Tensor,
    target: Tensor,
    weight: Tensor | None,
    adjustment: Tensor | None,
    label_smoothing: float,
    z_loss: float,
    reduction: Reduction,
) -> Tensor:
    """sum_c w_c y_c (-log p_c + z_loss lse^2), the mean over rows whatever the weights."""
    dtype = widened(logits, target)
    logits = adjusted(logits.to(dtype), adjustment)
    return reduce(_rows_of_probabilities(logits, target.to(dtype), weight, label_smoothing, z_loss), reduction)


def adjusted(logits: Tensor, adjustment: Tensor | None) -> Tensor:
    """Add one number a class to the logits."""
    return logits if adjustment is None else logits + adjustment.to(logits.dtype)


def nll(
    log_probabilities: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, reduction: Reduction
) -> Tensor:
    """w_label (-log p_label), from log probabilities."""
    kept, label, values = kept_rows(log_probabilities, label, ignore_index)
    return weigh_and_reduce(-pick(values, label), kept, label, weight, values, reduction)


def weigh_and_reduce(
    rows: Tensor, kept: Tensor, label: Tensor, weight: Tensor | None, logits: Tensor, reduction: Reduction
) -> Tensor:
    """Give each row the weight of its label, and reduce the rows that are kept."""
    if weight is None:
        return reduce_kept(rows, kept, None, reduction)
    row_weight = _weight_of(label, weight, logits)
    return reduce_kept(times(row_weight, rows), kept, row_weight, reduction)


def kept_rows(logits: Tensor, label: Tensor, ignore_index: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return which rows count, and labels and logits with harmless zeros where the row does not."""
    kept = label != ignore_index
    safe = torch.where(kept.unsqueeze(-1), logits.to(widened(logits)), 0.0)
    return kept, torch.where(kept, label, 0), safe


def _weight_of(label: Tensor, weight: Tensor, logits: Tensor) -> Tensor:
    return pick(weight.to(logits.dtype).expand(logits.shape), label)


def _rows_of_probabilities(
    logits: Tensor, target: Tensor, weight: Tensor | None, label_smoothing: float, z_loss: float
) -> Tensor:
    if label_smoothing:
        target = (1 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    if weight is not None:
        target = target * weight.to(target.dtype)
    rows = times(target, negative_log_softmax(logits)).sum(-1)
    return rows + z_loss * target.sum(-1) * logits.logsumexp(-1).square() if z_loss else rows
