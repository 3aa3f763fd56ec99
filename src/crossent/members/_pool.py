"""The pool: the members' probabilities made one, as rows nobody trained on have chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data import some_rows
from ..training import best_slope, one_thread

_RESAMPLES = 20
_LEAST = 0.02
_STEPS = 300
_SETTLED = 1e-4
_ENOUGH_ROWS = 20_000
_SPREAD = 0.3


@dataclass(frozen=True, eq=False)
class Pool:
    r"""The mean of the members' probabilities, made surer, but of no row quite sure.

    With q the mean by the weights, p = (1 - sum(least)) softmax(slope log q) + least.

    Attributes:
        weights: `(M,)` float64 from 0 on, which add up to 1.
        slope: What log q is multiplied by.
        least: `(K,)` float64, what each class has in any case: that n rows were all predicted right does not say that
            the next one will be. None for 0.

    References:
        Ranjan and Gneiting 2010, "Combining probability forecasts", section 3: the mean of calibrated forecasts is
        never calibrated where these differ, but not sure enough.
    """

    weights: Tensor
    slope: float = 1.0
    least: Tensor | None = None

    def __call__(self, log_probabilities: Tensor) -> Tensor:
        """The log of the pooled probabilities, `(M, n, K)` of the members to `(n, K)`."""
        made = torch.logsumexp(log_probabilities + self.weights.log().view(-1, 1, 1), dim=0)
        if self.slope != 1:
            made = (self.slope * made).log_softmax(1)
        if self.least is None:
            return made
        return torch.logaddexp(made + torch.log1p(-self.least.sum()), self.least.log())


@one_thread()
def fit_pool(held_out: Tensor, labels: Tensor, row_weights: Tensor | None = None, *, seed: int = 0) -> Pool:
    """The pool under which the held-out labels are most likely.

    First the weights, see `pool_weights`; then the slope, near 1 where rows are few or all predicted right (log slope
    as if it were drawn from N(0, 0.3^2)); and the least is what one row more than the n there are, of an unknown class,
    would say: the classes' shares over n + 1.

    Args:
        held_out: `(M, n, K)` log probabilities by copies that have not trained on the row.
        labels: `(n,)` encoded.
        row_weights: `(n,)` how much each row counts; None for 1 each.
        seed: Of the resamples.
    """
    members, rows, classes = held_out.shape
    if not rows:  # nothing to choose by
        return Pool(torch.full((members,), 1 / members, dtype=torch.float64))
    weights = pool_weights(held_out, labels, row_weights, seed=seed)
    slope = best_slope(Pool(weights)(held_out), labels, row_weights, spread=_SPREAD)
    counts = torch.bincount(labels, None if row_weights is None else row_weights.double(), minlength=classes) + 1.0
    return Pool(weights, slope, (counts / counts.sum() / (rows + 1)).double())


def pool_weights(held_out: Tensor, labels: Tensor, row_weights: Tensor | None = None, *, seed: int = 0) -> Tensor:
    """The weights of a mean of the members' probabilities under which the held-out labels are most likely.

    Maximise sum_i r_i log sum_m w_m p_m(y_i | x_i) over the simplex, by expectation and maximisation, with one more row
    for each member that it alone explains. The mean of these weights over resamples of the rows is taken, for of
    members that are nearly as good one sample picks one and another the other. Members of less than 2 % are left out.

    Args:
        held_out: `(M, n, K)` log probabilities by copies that have not trained on the row; of more than 20,000 rows
            so many are asked.
        labels: `(n,)` encoded.
        row_weights: `(n,)` r, how much each row counts; None for 1 each.
        seed: Of the rows that are asked, and of the resamples.

    Returns:
        `(M,)` float64 weights from 0 on that add up to 1.

    References:
        Dempster, Laird and Rubin 1977, section 4.3 (mixtures; here only the weights are unknown). Breiman 1996,
        "Stacked regressions" (weights from held-out predictions). Caruana et al. 2004, section 2.3 (bagged selection).
    """
    some = some_rows(len(labels), _ENOUGH_ROWS, seed=seed)
    logs = of_labels(held_out[:, some], labels[some])
    likely = (logs - logs.max(0).values).exp()
    rows = torch.ones(len(some), dtype=torch.float64) if row_weights is None else row_weights[some].double()
    draw = np.random.default_rng(seed)
    counts = draw.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_RESAMPLES)
    weights = _most_likely(likely, rows * torch.from_numpy(counts)).mean(0)
    weights = torch.where(weights >= min(_LEAST, float(weights.max())), weights, 0.0)
    return weights / weights.sum()


def of_labels(log_probabilities: Tensor, labels: Tensor) -> Tensor:
    """What each member says of each row's own label, `(M, n, K)` to `(M, n)`."""
    return log_probabilities.gather(2, labels.view(1, -1, 1).expand(len(log_probabilities), -1, 1)).squeeze(2)


def _most_likely(likely: Tensor, rows: Tensor) -> Tensor:
    """The weights of most likelihood: each member's is its share of the rows that the mixture makes it explain.

    Args:
        likely: `(M, n)` how likely each member makes each row's label, up to a factor a row.
        rows: `(R, n)` how much each row counts in each resample.

    Returns:
        `(R, M)`.
    """
    members = len(likely)
    weights = torch.full((len(rows), members), 1 / members, dtype=torch.float64)
    of_all = rows.sum(1, keepdim=True) + members
    for _ in range(_STEPS):
        explained = weights * ((rows / (weights @ likely)) @ likely.T)
        after = (explained + 1) / of_all
        moved = float((after - weights).abs().max())
        weights = after
        if moved < _SETTLED:
            break
    return weights
