"""Each figure by its name equals scikit-learn's, with and without weights."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from crossent import Evaluation, InputError, Task, evaluate
from crossent.evaluation import expected_cost, figure

EXACT = 1e-12
ROWS = 400
KINDS = ["binary", "multiclass", "multilabel"]


@pytest.fixture(autouse=True)
def _quiet_sklearn() -> Iterator[None]:
    """scikit-learn warns where crossent gives a reason."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")
        yield


class Case:
    """Labels, decisions and scores of one task, as both libraries take them."""

    def __init__(self, kind: str, *, weighted: bool, classes: int = 4, seed: int = 0) -> None:
        draw = np.random.default_rng(seed)
        self.classes = 2 if kind == "binary" else classes
        names = list(range(self.classes))
        task = {"binary": Task.binary, "multiclass": Task.multiclass, "multilabel": Task.multilabel}[kind](names)
        if kind == "multilabel":
            self.labels = (draw.random((ROWS, classes)) < [0.5, 0.3, 0.1, 0.0]).astype(np.int64)
            logits = np.round(draw.normal(size=self.labels.shape) + self.labels, 1)
        else:
            self.labels = draw.integers(0, self.classes - (kind == "multiclass"), ROWS)  # the last class is absent
            column = draw.normal(size=ROWS) + 2 * self.labels - 1
            logits = column if kind == "binary" else draw.normal(size=(ROWS, classes)) + np.eye(classes)[self.labels]
        self.weights = draw.exponential(size=ROWS) if weighted else None
        self.logits = torch.from_numpy(logits)
        self.probabilities = task.probabilities(self.logits)
        self.decisions = task.decide(self.probabilities).numpy()
        self.evaluation = Evaluation.empty(task).update(
            torch.from_numpy(self.labels), logits=self.logits, weights=self.weights
        )


@pytest.fixture(params=[(kind, weighted) for kind in KINDS for weighted in (False, True)], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    kind, weighted = request.param
    return Case(kind, weighted=weighted)


def same(ours: float, theirs: Any) -> None:
    assert (math.isnan(ours) and math.isnan(theirs)) or ours == pytest.approx(float(theirs), abs=EXACT)


def sklearn_average(case: Case, score: Any, average: str | None, **options: Any) -> Any:
    listed: dict[str, Any] = {} if case.labels.ndim == 2 else {"labels": range(case.classes)}
    return score(case.labels, case.decisions, average=average, sample_weight=case.weights, **listed, **options)


@pytest.mark.parametrize(
    ("name", "score", "options"),
    [
        ("precision", sk.precision_score, {}),
        ("recall", sk.recall_score, {}),
        ("jaccard", sk.jaccard_score, {}),
        ("f_score", sk.f1_score, {}),
        ("f_score", sk.fbeta_score, {"beta": 0.5}),
        ("f_score", sk.fbeta_score, {"beta": 2.0}),
    ],
)
def test_shares_of_a_class_and_their_averages(case: Case, name: str, score: Any, options: Any) -> None:
    each = sklearn_average(case, score, None, zero_division=0, **options)
    for label, theirs in enumerate(each):
        same(figure(case.evaluation, name, label=label, **options).value, theirs)
    for average in ("macro", "weighted", "micro"):
        theirs = sklearn_average(case, score, average, zero_division=0, **options)
        same(figure(case.evaluation, name, average=average, **options).value, theirs)
    if case.labels.ndim == 2:
        theirs = sklearn_average(case, score, "samples", zero_division=0, **options)
        same(figure(case.evaluation, name, average="samples", **options).value, theirs)


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_averages_over_some_of_the_classes(case: Case, average: Any) -> None:
    some: Any = [1] if case.classes == 2 else [2, 0]
    for name, score in (("precision", sk.precision_score), ("f_score", sk.f1_score), ("jaccard", sk.jaccard_score)):
        theirs = score(
            case.labels, case.decisions, average=average, labels=some, sample_weight=case.weights, zero_division=0
        )
        same(figure(case.evaluation, name, average=average, classes=some).value, theirs)


def test_correlation_and_index_of_each_class(case: Case) -> None:
    for label in range(case.classes):
        mine, decided = (
            (each == label if each.ndim == 1 else each[:, label] == 1) for each in (case.labels, case.decisions)
        )
        theirs = sk.matthews_corrcoef(mine, decided, sample_weight=case.weights)
        same(figure(case.evaluation, "phi_coefficient", label=label).value, theirs)
        recall, specificity = (figure(case.evaluation, name, label=label).value for name in ("recall", "specificity"))
        by_hand = (1 + 0.1 * (recall - specificity)) * recall * specificity  # imbalanced-learn's iba
        same(figure(case.evaluation, "index_of_balanced_accuracy", label=label).value, by_hand)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "matthews_correlation", "kappa", "hamming_loss"])
def test_figures_of_all_decisions(case: Case, name: str) -> None:
    scores: dict[str, Any] = {
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "matthews_correlation": sk.matthews_corrcoef,
        "kappa": sk.cohen_kappa_score,
        "hamming_loss": sk.hamming_loss,
    }
    if case.labels.ndim == 2 and name not in ("accuracy", "hamming_loss"):
        with pytest.raises(InputError, match=f"^{name} is of one label a row"):
            figure(case.evaluation, name)
        return
    same(figure(case.evaluation, name).value, scores[name](case.labels, case.decisions, sample_weight=case.weights))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_figures_that_one_label_a_row_has(kind: str, weighted: bool) -> None:
    case = Case(kind, weighted=weighted)
    given = {"sample_weight": case.weights}
    for name, weights in (("linear_kappa", "linear"), ("quadratic_kappa", "quadratic")):
        same(
            figure(case.evaluation, name).value,
            sk.cohen_kappa_score(case.labels, case.decisions, weights=weights, labels=range(case.classes), **given),
        )
    same(
        figure(case.evaluation, "adjusted_balanced_accuracy").value,
        sk.balanced_accuracy_score(case.labels, case.decisions, adjusted=True, **given),
    )
    same(figure(case.evaluation, "zero_one_loss").value, sk.zero_one_loss(case.labels, case.decisions, **given))
    probabilities: Any = case.probabilities.numpy()
    listed: Any = {"labels": range(case.classes), **given}
    same(figure(case.evaluation, "log_loss").value, sk.log_loss(case.labels, probabilities, **listed))
    newer: Any = sk  # the stubs in use do not know these yet
    same(figure(case.evaluation, "brier").value, newer.brier_score_loss(case.labels, probabilities, **listed))
    same(figure(case.evaluation, "d2_brier").value, newer.d2_brier_score(case.labels, probabilities, **listed))
    same(figure(case.evaluation, "d2_log_loss").value, newer.d2_log_loss_score(case.labels, probabilities, **listed))


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_of_two_classes(weighted: bool) -> None:
    case = Case("binary", weighted=weighted)
    given: Any = {"sample_weight": case.weights}
    above, below = sk.class_likelihood_ratios(case.labels, case.decisions, **given)
    same(figure(case.evaluation, "positive_likelihood_ratio").value, above)
    same(figure(case.evaluation, "negative_likelihood_ratio").value, below)
    same(figure(case.evaluation, "diagnostic_odds_ratio").value, above / below)
    same(figure(case.evaluation, "hinge_loss").value, sk.hinge_loss(case.labels, case.logits, **given))
    same(figure(case.evaluation, "roc_auc").value, sk.roc_auc_score(case.labels, case.logits, **given))
    same(
        figure(case.evaluation, "average_precision").value,
        sk.average_precision_score(case.labels, case.logits, **given),
    )
    specificity = figure(case.evaluation, "specificity").value
    same(specificity, sk.recall_score(case.labels, case.decisions, pos_label=0, **given))
    same(figure(case.evaluation, "false_positive_rate").value, 1 - specificity)
    recall = figure(case.evaluation, "recall").value
    same(figure(case.evaluation, "false_negative_rate").value, 1 - recall)
    same(figure(case.evaluation, "informedness").value, recall + specificity - 1)
    same(figure(case.evaluation, "g_mean").value, math.sqrt(recall * specificity))
    precision = figure(case.evaluation, "precision").value
    negative = figure(case.evaluation, "negative_predictive_value").value
    same(negative, sk.precision_score(case.labels, case.decisions, pos_label=0, **given))
    same(figure(case.evaluation, "markedness").value, precision + negative - 1)
    same(figure(case.evaluation, "false_discovery_rate").value, 1 - precision)
    same(figure(case.evaluation, "false_omission_rate").value, 1 - negative)
    accuracy = figure(case.evaluation, "accuracy").value
    same(figure(case.evaluation, "one_against_rest_accuracy").value, accuracy)


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_of_the_true_classs_place(weighted: bool) -> None:
    case = Case("multiclass", weighted=weighted)
    for k in range(1, case.classes):
        theirs = sk.top_k_accuracy_score(
            case.labels, case.probabilities.numpy(), k=k, labels=range(case.classes), sample_weight=case.weights
        )
        same(figure(case.evaluation, "top_k_accuracy", k=k).value, theirs)
    same(figure(case.evaluation, "top_k_accuracy", k=case.classes).value, 1)
    hits = np.eye(case.classes)[case.labels]
    theirs = sk.label_ranking_average_precision_score(hits, case.probabilities.numpy(), sample_weight=case.weights)
    same(figure(case.evaluation, "mean_reciprocal_rank").value, theirs)


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_of_the_rankings_of_labels(weighted: bool) -> None:
    case = Case("multilabel", weighted=weighted)
    given: Any = (case.labels, case.logits.numpy())
    pairs = (
        ("coverage_error", sk.coverage_error),
        ("label_ranking_average_precision", sk.label_ranking_average_precision_score),
        ("label_ranking_loss", sk.label_ranking_loss),
    )
    for name, score in pairs:
        same(figure(case.evaluation, name).value, score(*given, sample_weight=case.weights))
    same(
        figure(case.evaluation, "exact_match").value,
        sk.accuracy_score(case.labels, case.decisions, sample_weight=case.weights),
    )
    three = case.labels[:, :3], case.logits.numpy()[:, :3]
    for average in ("macro", "weighted"):
        ours = figure(case.evaluation, "roc_auc", average=average)
        same(ours.value, sk.roc_auc_score(*three, average=average, sample_weight=case.weights))
        assert ours.reason == "leaves out 3: undefined there"


@pytest.mark.parametrize("classes", [2, 65, 300])
def test_rankings_of_many_labels_with_ties(classes: int) -> None:
    draw = np.random.default_rng(classes)
    labels = (draw.random((80, classes)) < draw.random((80, 1))).astype(np.int64)
    labels[:3] = [[0], [1], [0]]
    scores = np.round(draw.normal(size=(80, classes)) + labels, 1)
    evaluation = Evaluation.empty(Task.multilabel(range(classes))).update(
        torch.from_numpy(labels), logits=torch.from_numpy(scores)
    )
    same(figure(evaluation, "coverage_error").value, sk.coverage_error(labels, scores))
    theirs = sk.label_ranking_average_precision_score(labels, scores)
    same(figure(evaluation, "label_ranking_average_precision").value, theirs)
    same(figure(evaluation, "label_ranking_loss").value, sk.label_ranking_loss(labels, scores))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_default_figures_take_weights(weighted: bool) -> None:
    case = Case("multiclass", weighted=weighted)
    metrics = case.evaluation.compute()
    np.testing.assert_allclose(
        metrics.confusion_matrix.numpy(),
        sk.confusion_matrix(case.labels, case.decisions, labels=range(4), sample_weight=case.weights),
        atol=EXACT,
    )
    for place in range(3):
        mine, p = case.labels == place, case.probabilities[:, place].numpy()
        same(metrics.per_class[place].roc_auc, sk.roc_auc_score(mine, p, sample_weight=case.weights))
        precision = sk.average_precision_score(mine, p, sample_weight=case.weights)
        same(metrics.per_class[place].average_precision, precision)
    same(metrics.weight, ROWS if case.weights is None else math.fsum(case.weights))
    assert metrics.rows == ROWS


def test_whole_weights_are_repeated_rows() -> None:
    draw = np.random.default_rng(1)
    labels, logits = draw.integers(0, 2, 200), np.round(draw.normal(size=200), 1)
    weights = draw.integers(0, 4, 200)
    task = Task.binary([0, 1])
    weighted = evaluate(task, labels, logits=logits, weights=weights)
    repeated = evaluate(task, labels.repeat(weights), logits=logits.repeat(weights))
    one, other = weighted.compute().to_dict(), repeated.compute().to_dict()
    for name in ("log_loss", "brier", "roc_auc", "average_precision", "accuracy", "matthews_correlation", "weight"):
        assert one[name] == pytest.approx(other[name], abs=EXACT)
    assert one["macro"] == pytest.approx(other["macro"], abs=EXACT)


def test_costs_are_by_true_class_and_decision() -> None:
    case = Case("multiclass", weighted=False)
    costs = np.array([[0, 1, 2, 3], [5, 0, 1, 1], [9, 1, -1, 0], [1, 1, 1, 0]])
    by_hand = costs[case.labels, case.decisions].mean()
    same(expected_cost(case.evaluation, costs).value, by_hand)
    same(expected_cost(case.evaluation, {(0, 1): 1}).value, ((case.labels == 0) & (case.decisions == 1)).mean())


TWO = evaluate(Task.binary(["no", "yes"]), ["no", "no"], probabilities=[0.1, 0.2])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("precision", 0, "set to 0: no row was decided as 'yes'"),
        ("recall", 0, "set to 0: no row is 'yes'"),
        ("g_mean", 0, "set to 0: no row is 'yes'"),
        ("matthews_correlation", 0, "set to 0: all labels or all decisions are one class"),
        ("kappa", 0, "set to 0: all labels or all decisions are one class"),
        ("roc_auc", math.nan, "undefined: no row is 'yes', so there are no pairs to rank"),
        ("positive_likelihood_ratio", math.nan, "undefined: no row is 'yes' or there is no false alarm"),
        ("d2_log_loss", math.nan, "undefined: every row is of one class, so the shares alone cost nothing"),
        ("specificity", 1, ""),
    ],
)
def test_what_is_undefined_has_a_reason(name: str, value: float, reason: str) -> None:
    found = figure(TWO, name)
    same(found.value, value)
    assert found.reason == reason


def test_averages_say_what_they_count_as_0() -> None:
    assert figure(TWO, "recall", average="macro").reason == "counts as 0 'yes': undefined there"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("recal", {}, r"^there is no figure 'recal': did you mean 'recall'\?$"),
        ("zzz", {}, "^there is no figure 'zzz': there are precision, recall"),
        ("accuracy", {"average": "macro"}, "^accuracy is of all rows; it takes no label and no average$"),
        ("recall", {"average": "macro", "label": "yes"}, "^give a label or an average; got 'yes' and 'macro'$"),
        ("recall", {"label": "maybe"}, r"^label must be one of the classes \['no', 'yes'\]; got 'maybe'$"),
        ("recall", {"average": "samples"}, "^the samples average is of precision, recall, f_score"),
        ("roc_auc", {"average": "micro"}, "^roc_auc of two classes has the averages macro and weighted; got 'micro'$"),
        ("top_k_accuracy", {"k": 3}, "^k must be from 1 to 2, the number of classes; got 3$"),
        ("top_k_accuracy", {"k": 1}, "^top_k_accuracy is of a multiclass task; this one is binary$"),
        ("f_score", {"beta": 0}, r"^beta must be above 0 and at most 1e\+06; got 0$"),
        ("hinge_loss", {}, "^hinge_loss is kept for logits of a binary or multiclass task$"),
        ("exact_match", {}, "^exact_match is kept for multilabel tasks$"),
    ],
)
def test_what_is_no_figure_is_refused(name: str, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        figure(TWO, name, **options)


@pytest.mark.parametrize(
    ("costs", "message"),
    [([[1, 2]], "shape (2, 2)"), ({("no", "maybe"): 1}, "got ('no', 'maybe')"), ([[0, np.inf], [0, 0]], "finite")],
)
def test_costs_are_of_the_classes(costs: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        expected_cost(TWO, costs)
    assert message in str(error.value)
