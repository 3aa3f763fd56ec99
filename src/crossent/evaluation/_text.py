"""The text report: precision, recall, F1 and support of each class and their averages, as scikit-learn prints them."""

from __future__ import annotations

from ._evaluation import Evaluation
from .metrics._metrics import Average, ClassScores, Metrics

_HEADERS = ("precision", "recall", "f1-score", "support")


def classification_report(evaluation: Evaluation | Metrics, *, digits: int = 2) -> str:
    """Print precision, recall, F1 and support, equal to `sklearn.metrics.classification_report` to the character.

    All classes of the task have a line, also those without rows. (One difference is left: where no row at all is
    decided right, scikit-learn prints whole numbers of rows as 2.0.)

    Args:
        evaluation: An evaluation, or its metrics.
        digits: Decimal places.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.3, 0.9])
        >>> print(classification_report(evaluation))
                      precision    recall  f1-score   support
        <BLANKLINE>
                  no       0.67      1.00      0.80         2
                 yes       1.00      0.50      0.67         2
        <BLANKLINE>
            accuracy                           0.75         4
           macro avg       0.83      0.75      0.73         4
        weighted avg       0.83      0.75      0.73         4
        <BLANKLINE>
    """
    metrics = evaluation.compute() if isinstance(evaluation, Evaluation) else evaluation
    names = [str(scores.label) for scores in metrics.per_class]
    width = max(*map(len, names), len("weighted avg"), digits)
    lines = [" ".join(["".rjust(width) + " ", *(header.rjust(9) for header in _HEADERS)]), ""]
    lines += [_line(name, scores, width, digits) for name, scores in zip(names, metrics.per_class, strict=True)]
    lines += ["", *_averages(metrics, width, digits)]
    return "\n".join(lines) + "\n"


def _averages(metrics: Metrics, width: int, digits: int) -> list[str]:
    middle = [_line("macro avg", metrics.macro, width, digits), _line("weighted avg", metrics.weighted, width, digits)]
    if metrics.samples is not None:
        first = _line("micro avg", metrics.micro, width, digits)
        return [first, *middle, _line("samples avg", metrics.samples, width, digits)]
    # With one label a row all three micro averages are the accuracy, which takes a line of its own.
    accuracy = (
        f"{'accuracy':>{width}}  {'':>9} {'':>9} {metrics.micro.f1:>9.{digits}f} {_support(metrics.micro.support):>9}"
    )
    return [accuracy, *middle]


def _line(name: str, scores: ClassScores | Average, width: int, digits: int) -> str:
    figures = " ".join(f"{figure:>9.{digits}f}" for figure in (scores.precision, scores.recall, scores.f1))
    return f"{name:>{width}}  {figures} {_support(scores.support):>9}"


def _support(rows: float) -> str:
    """A number of rows as it is; a sum of weights in seven digits, which the column holds."""
    return f"{rows:.7g}" if isinstance(rows, float) else str(rows)
