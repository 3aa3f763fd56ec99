"""SmoothECE: a calibration error without bins."""

from __future__ import annotations

import math

import numpy as np

from ..._labels import Label
from .._evaluation import Evaluation
from ..figures._figure import Figure
from ..state._exact import Floats
from ._outcomes import Outcomes, outcomes

_STEPS = 1 << 15
_HALVINGS = 20


def smooth_calibration_error(evaluation: Evaluation, *, label: Label | None = None) -> Figure:
    """The calibration error under a Gaussian kernel whose width is the error itself.

    Each row's outcome minus its probability, r, is spread over [0, 1] around the probability by a Gaussian of width s,
    reflected at the ends; the error at s is the integral of the absolute value of the mean of it. It falls with s, and
    the figure is the s at which the two are equal.

    Args:
        evaluation: An evaluation with rows.
        label: As in `calibration_error`.

    Returns:
        The figure. The half-width holds the error of the grid that the kernel is computed on, and of the state's bins.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.2, 0.2, 0.7, 0.7])
        >>> f"{smooth_calibration_error(evaluation).value:.3f}"
        '0.199'

    References:
        Blasiok and Nakkiran, Smooth ECE: Principled Reliability Diagrams via Kernel Smoothing, ICLR 2024.
    """
    of = outcomes(evaluation, label)
    residual = of.happened - of.amount * of.middle
    spectrum = np.fft.rfft(_mirrored(_on_grid(of.middle, residual / of.amount.sum())))
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        width = (low + high) / 2
        low, high = (width, high) if _error_at(spectrum, width) > width else (low, width)
    width = (low + high) / 2
    return Figure(width, _half_width(of, residual, width) + (high - low) / 2)


def _on_grid(places: Floats, mass: Floats) -> Floats:
    """Mass shared between the two neighbouring points of a grid on [0, 1], so that its centre stays where it is."""
    position = places * _STEPS
    below = np.minimum(position.astype(np.int64), _STEPS - 1)
    above = position - below
    grid = np.zeros(_STEPS + 1)
    np.add.at(grid, below, mass * (1 - above))
    np.add.at(grid, below + 1, mass * above)
    return grid


def _mirrored(mass: Floats) -> Floats:
    """On a circle of circumference 2, where a reflection at 0 or 1 is going on."""
    inside = mass[1:-1]
    return np.concatenate(([2 * mass[0]], inside, [2 * mass[-1]], inside[::-1]))


def _error_at(spectrum: np.ndarray, width: float) -> float:
    frequency = np.pi * np.arange(len(spectrum))
    smooth = np.fft.irfft(spectrum * np.exp(-0.5 * np.square(frequency * width)), n=2 * _STEPS)[: _STEPS + 1]
    size = np.abs(smooth)
    return float(size.sum() - (size[0] + size[-1]) / 2)


def _half_width(of: Outcomes, residual: Floats, width: float) -> float:
    """By how much the error at this width can be off, and so, since it falls with the width, the figure.

    Sharing mass between points h apart, and adding at these points instead of integrating, is off by h^2 / 8 times the
    total variation of the derivative, which for a Gaussian of mass 1 is 4 phi(1) / s^2 (and three times that for the
    absolute value). A mass moved by d changes the integral by at most d sqrt(2 / pi) / s.
    """
    total, step = float(of.amount.sum()), 1 / _STEPS
    grid = 4 * step**2 / 8 * 0.968 / width**2 * float(np.abs(residual).sum()) / total if width else 0.0
    if of.exact:
        return grid
    half = (of.high - of.low) / 2
    most = np.maximum(of.happened * (1 - of.low), of.missed * of.high)
    moved = float((most * half).sum()) / total * math.sqrt(2 / math.pi) / width if width else 0.0
    return grid + moved + float((of.amount * half).sum()) / total
