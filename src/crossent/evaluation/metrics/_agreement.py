"""Figures of a whole confusion matrix `(..., K, K)`, true class by decision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..state._exact import Floats


def accuracy(matrix: Floats) -> Floats:
    """The share of rows decided right."""
    return _right(matrix) / _rows(matrix)


def balanced_accuracy(matrix: Floats) -> Floats:
    """The mean recall of the classes that have rows."""
    support = matrix.sum(axis=-1)
    recall = np.diagonal(matrix, axis1=-2, axis2=-1) / np.where(support == 0, 1, support)
    return recall.sum(axis=-1) / np.count_nonzero(support, axis=-1)


def adjusted_balanced_accuracy(matrix: Floats) -> Floats:
    """Balanced accuracy moved and stretched so that chance is 0 and perfection 1."""
    chance = 1 / np.count_nonzero(matrix.sum(axis=-1), axis=-1)
    return np.where(chance == 1, 0.0, (balanced_accuracy(matrix) - chance) / np.where(chance == 1, 1, 1 - chance))


def matthews_correlation(matrix: Floats) -> Floats:
    """The correlation of labels and decisions (Gorodkin, 2004); 0 where one of them is constant."""
    true, decided, rows = matrix.sum(axis=-1), matrix.sum(axis=-2), _rows(matrix)
    covariance = _right(matrix) * rows - (true * decided).sum(axis=-1)
    spread = (rows**2 - np.square(decided).sum(axis=-1)) * (rows**2 - np.square(true).sum(axis=-1))
    return np.where(spread <= 0, 0.0, covariance / np.sqrt(np.where(spread <= 0, 1, spread)))


def kappa(matrix: Floats) -> Floats:
    """Agreement beyond chance (Cohen, 1960); 0 where labels and decisions are all of one class."""
    return _kappa(matrix, 1.0 - np.eye(matrix.shape[-1]))


def linear_kappa(matrix: Floats) -> Floats:
    """Kappa with disagreements weighted by the distance of the classes (Cohen, 1968)."""
    return _kappa(matrix, _distance(matrix))


def quadratic_kappa(matrix: Floats) -> Floats:
    """Kappa with disagreements weighted by the squared distance of the classes."""
    return _kappa(matrix, np.square(_distance(matrix)))


def _kappa(matrix: Floats, weights: Floats) -> Floats:
    expected = matrix.sum(axis=-1)[..., :, np.newaxis] * matrix.sum(axis=-2)[..., np.newaxis, :]
    seen = (weights * matrix).sum(axis=(-2, -1))
    by_chance = (weights * expected).sum(axis=(-2, -1)) / _rows(matrix)
    return np.where(by_chance == 0, 0.0, 1 - seen / np.where(by_chance == 0, 1, by_chance))


def zero_one_loss(matrix: Floats) -> Floats:
    """The share of rows decided wrong."""
    return (_rows(matrix) - _right(matrix)) / _rows(matrix)


def _distance(matrix: Floats) -> Floats:
    places = np.arange(matrix.shape[-1])
    return np.abs(places[:, np.newaxis] - places).astype(np.float64)


def _right(matrix: Floats) -> Floats:
    return np.trace(matrix, axis1=-2, axis2=-1)


def _rows(matrix: Floats) -> Floats:
    return matrix.sum(axis=(-2, -1))


AGREEMENT: dict[str, Callable[[Floats], Floats]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "adjusted_balanced_accuracy": adjusted_balanced_accuracy,
    "matthews_correlation": matthews_correlation,
    "kappa": kappa,
    "linear_kappa": linear_kappa,
    "quadratic_kappa": quadratic_kappa,
    "zero_one_loss": zero_one_loss,
    "hamming_loss": zero_one_loss,
}
