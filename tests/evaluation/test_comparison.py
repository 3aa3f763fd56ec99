"""Two models on the same rows: against the formulas on the rows themselves, resampled rows, and pairs of rows."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binom
from torch import Tensor

from crossent import Comparison, InputError, Task, compare
from crossent.evaluation import figure

BINARY = Task.binary(["no", "yes"])
THREE = Task.multiclass(["low", "middle", "high"], ignored="unknown")
SEVERAL = Task.multilabel(["red", "green", "blue"])
Z = 1.959963984540054


def two_models(rows: int, seed: int, *, alike: float = 0.7, digits: int = 15) -> tuple[Tensor, Tensor, Tensor]:
    """Labels and the logits of two models whose noise correlates so much; the second knows a little more."""
    draw = np.random.default_rng(seed)
    labels = (draw.random(rows) < 0.3).astype(np.int64)
    noise = draw.normal(size=(3, rows))
    a, b = (math.sqrt(alike) * noise[0] + math.sqrt(1 - alike) * own for own in noise[1:])
    first, second = (torch.from_numpy(np.round(each, digits)) for each in (a + labels, b + 1.2 * labels))
    return torch.from_numpy(labels), first, second


def compared(rows: int, seed: int, *, alike: float = 0.7, digits: int = 15, exact: bool = False) -> Comparison:
    labels, a, b = two_models(rows, seed, alike=alike, digits=digits)
    return Comparison.empty(BINARY, exact=exact).update(labels, logits_a=a, logits_b=b)


def delong_error(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """The standard error of the difference of two areas from all pairs of rows (DeLong et al., 1988)."""
    worths = []
    for scores in (a, b):
        pairs = scores[labels == 1][:, np.newaxis] - scores[labels == 0]
        wins = (pairs > 0) + 0.5 * (pairs == 0)
        worths.append((wins.mean(1), wins.mean(0)))
    apart = [second - first for first, second in zip(*worths, strict=True)]
    return math.sqrt(sum(each.var(ddof=1) / len(each) for each in apart))


def half(found: Any) -> float:
    return (found.high - found.low) / 2


def test_each_model_keeps_its_own_evaluation() -> None:
    labels, a, b = two_models(500, 0)
    comparison = Comparison.empty(BINARY, threshold=0.4, threshold_b=0.6).update(
        labels, logits_a=a, probabilities_b=b.sigmoid()
    )
    assert (comparison.a.source, comparison.b.source, comparison.rows) == ("logits", "probabilities", 500)
    for name, scores, threshold in (("a", a, 0.4), ("b", b, 0.6)):
        recall = ((scores.sigmoid() >= threshold) & (labels == 1)).sum() / labels.sum()
        assert getattr(comparison.difference("recall"), name) == pytest.approx(recall.item(), abs=1e-7)


@pytest.mark.parametrize("exact", [False, True])
def test_any_split_and_order_of_merging_gives_the_same_bits(exact: bool) -> None:
    labels, a, b = two_models(3000, 1)
    whole = Comparison.empty(BINARY, exact=exact).update(labels, logits_a=a, logits_b=b)
    cuts = [slice(0, 1), slice(1, 1400), slice(1400, 1400), slice(1400, 3000)]
    parts = [Comparison.empty(BINARY, exact=exact).update(labels[at], logits_a=a[at], logits_b=b[at]) for at in cuts]
    first, second, third, fourth = parts
    for merged in (first.merge(second).merge(third).merge(fourth), fourth.merge(third.merge(first)).merge(second)):
        assert merged.differences() == whole.differences()
        assert merged.a.to_bytes() == whole.a.to_bytes()
        assert merged.b.to_bytes() == whole.b.to_bytes()


def test_what_is_kept_does_not_grow_with_the_rows() -> None:
    labels, a, b = two_models(200_000, 2, alike=0.0)
    cells = []
    for rows in (100_000, 200_000):
        comparison = Comparison.empty(BINARY).update(labels[:rows], logits_a=a[:rows], logits_b=b[:rows])
        assert comparison._pairs is not None
        cells.append(len(comparison._pairs.joints[0].keys))
    assert cells[1] < 1.5 * cells[0] < 0.5 * 100_000
    assert max(cells) <= 512**2


@pytest.mark.parametrize("name", ["log_loss", "brier"])
def test_a_mean_over_rows_has_the_error_of_the_rows_differences(name: str) -> None:
    labels, a, b = (each.numpy() for each in two_models(400, 3))
    found = compared(400, 3).difference(name)
    if name == "log_loss":
        values = [np.logaddexp(0, -(2 * labels - 1) * logits) for logits in (a, b)]
    else:
        values = [np.square(1 / (1 + np.exp(-logits)) - labels) for logits in (a, b)]
    apart = values[1] - values[0]
    error = apart.std(ddof=1) / math.sqrt(400)
    assert found.difference == pytest.approx(apart.mean(), abs=1e-14)
    assert (found.low, found.high) == pytest.approx((apart.mean() - Z * error, apart.mean() + Z * error), abs=1e-12)
    assert found.p_value == pytest.approx(math.erfc(abs(apart.mean()) / error / math.sqrt(2)), rel=1e-9)


def test_accuracy_has_mcnemars_exact_test_and_bonett_and_prices_interval() -> None:
    labels, a, b = two_models(400, 4)
    right = [((each >= 0) == labels.bool()).numpy() for each in (a, b)]
    only_b, only_a = int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum())
    found = compared(400, 4).difference("accuracy")
    tail = binom.cdf(min(only_a, only_b), only_a + only_b, 0.5)
    assert only_b > only_a > 0
    assert found.difference == pytest.approx((only_b - only_a) / 400, abs=1e-12)
    assert found.p_value == pytest.approx(2 * tail, rel=1e-12)
    more, less = (only_b + 1) / 402, (only_a + 1) / 402
    reach = Z * math.sqrt((more + less - (more - less) ** 2) / 402)
    assert (found.low, found.high) == pytest.approx((more - less - reach, more - less + reach), abs=1e-12)
    wrong = compared(400, 4).difference("zero_one_loss")
    assert (wrong.low, wrong.high) == pytest.approx((-found.high, -found.low), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "opposite", "side"),
    [("recall", "false_negative_rate", 1), ("specificity", "false_positive_rate", 0)],
)
def test_a_share_of_one_side_is_the_accuracy_on_that_side(name: str, opposite: str, side: int) -> None:
    labels, a, b = two_models(400, 5)
    mine = labels == side
    alone = Comparison.empty(BINARY).update(labels[mine], logits_a=a[mine], logits_b=b[mine]).difference("accuracy")
    found, other = (compared(400, 5).difference(each) for each in (name, opposite))
    assert (found.low, found.high, found.p_value) == (alone.low, alone.high, alone.p_value)
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
    assert found.difference == pytest.approx(alone.difference, abs=1e-12)


@pytest.mark.parametrize("options", [{"digits": 1}, {"exact": True}])
def test_the_areas_differ_with_delongs_error(options: dict[str, Any]) -> None:
    labels, a, b = (each.numpy() for each in two_models(600, 6, digits=options.get("digits", 15)))
    found = compared(600, 6, **options).difference("roc_auc")
    assert found.method == "DeLong"
    assert half(found) == pytest.approx(Z * delong_error(labels, a, b), rel=1e-9)
    assert found.difference == pytest.approx(found.b - found.a, abs=1e-15)


@pytest.mark.parametrize(("alike", "below", "above"), [(0.0, 1e-3, 1e-3), (0.7, 1e-3, 1e-3), (0.999, 1e-3, 0.03)])
def test_from_bins_it_is_within_what_is_claimed(alike: float, below: float, above: float) -> None:
    labels, a, b = (each.numpy() for each in two_models(4000, 7, alike=alike))
    found = compared(4000, 7, alike=alike).difference("roc_auc")
    assert found.method == "DeLong, from bins"
    assert 1 - below < half(found) / (Z * delong_error(labels, a, b)) < 1 + above


def test_what_bins_hide_is_never_taken_for_certainty() -> None:
    """Two models that differ only inside the bins: their ranks differ, though no bin does."""
    labels, scores, _ = two_models(4000, 7)
    draw = np.random.default_rng(7)
    a, b = ((scores / 0.02).round() * 0.02 + torch.from_numpy(1e-9 * draw.random(4000)) for _ in range(2))
    found = Comparison.empty(BINARY).update(labels, logits_a=a, logits_b=b).difference("roc_auc")
    assert half(found) >= Z * delong_error(labels.numpy(), a.numpy(), b.numpy()) > 0


def resampled(rows: int, seed: int, name: str, draws: int) -> np.ndarray:
    labels, a, b = two_models(rows, seed)
    generator = torch.Generator().manual_seed(0)
    values = []
    for _ in range(draws):
        at = torch.randint(rows, (rows,), generator=generator)
        again = Comparison.empty(BINARY).update(labels[at], logits_a=a[at], logits_b=b[at])
        values.append(figure(again.b, name).value - figure(again.a, name).value)
    return np.array(values)


@pytest.mark.parametrize("name", ["precision", "matthews_correlation", "average_precision"])
def test_a_bootstrap_without_rows_is_as_wide_as_one_with_them(name: str) -> None:
    low, high = np.quantile(resampled(800, 8, name, 400), [0.025, 0.975])
    found = compared(800, 8).difference(name)
    assert found.method == "bootstrap"
    assert found.low < found.difference < found.high
    assert half(found) == pytest.approx((high - low) / 2, rel=0.15)
    assert (found.low + found.high) / 2 == pytest.approx((low + high) / 2, abs=0.2 * half(found))


def test_average_precision_of_the_negative_class_is_of_its_own_ranking() -> None:
    labels, a, b = two_models(800, 8)
    flipped = Comparison.empty(BINARY).update(1 - labels, logits_a=-a, logits_b=-b).difference("average_precision")
    found = compared(800, 8).difference("average_precision", label="no")
    assert found.difference == pytest.approx(flipped.difference, abs=1e-12)
    assert half(found) == pytest.approx(half(flipped), rel=0.1)


def test_pairs_of_models_are_told_apart_that_single_intervals_do_not_tell_apart() -> None:
    comparison = compared(2000, 9, alike=0.95)
    found = comparison.difference("log_loss")
    assert found.better == "b"
    assert found.words("old", "new").startswith("new is better: log loss 0.")


def test_one_model_against_itself() -> None:
    labels, a, _ = two_models(300, 10)
    comparison = Comparison.empty(BINARY).update(labels, logits_a=a, logits_b=a)
    for found in comparison.differences():
        assert found.difference == 0
        assert found.better is None
    accuracy = comparison.difference("accuracy")
    assert accuracy.p_value == 1
    assert accuracy.low == -accuracy.high < 0
    assert comparison.difference("roc_auc").method == (
        "none: both models rank all rows of each side alike, or it has fewer than 2"
    )


def test_lower_is_better_where_it_is_a_loss() -> None:
    comparison = compared(20_000, 11)
    better = {name: comparison.difference(name).better for name in ("brier", "accuracy", "false_negative_rate")}
    assert better == {"brier": "b", "accuracy": "b", "false_negative_rate": "b"}
    assert comparison.difference("decided_share").better is None
    swapped = Comparison.empty(BINARY).update(
        two_models(20_000, 11)[0], logits_a=two_models(20_000, 11)[2], logits_b=two_models(20_000, 11)[1]
    )
    assert swapped.difference("brier").better == "a"
    assert swapped.difference("roc_auc").difference == -comparison.difference("roc_auc").difference


def three_classes(rows: int) -> tuple[list[str], Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    codes = torch.randint(3, (rows,), generator=generator)
    a = torch.randn(rows, 3, generator=generator, dtype=torch.float64)
    b = a + 0.5 * torch.randn(rows, 3, generator=generator, dtype=torch.float64)
    b[torch.arange(rows), codes] += 1.0
    return [THREE.classes[code] for code in codes.tolist()], a, b  # type: ignore[misc]


def test_several_classes() -> None:
    labels, a, b = three_classes(900)
    more = [torch.vstack([each, each[:1]]) for each in (a, b)]
    comparison = compare(THREE, [*labels, "unknown"], logits_a=more[0], logits_b=more[1])
    assert (comparison.rows, comparison.a.ignored) == (900, 1)
    found = {each.name: each for each in comparison.differences()}
    assert {each.better for each in found.values()} == {"b"}
    codes = THREE.encode(labels)
    right = [(each.argmax(1) == codes).double().mean().item() for each in (a, b)]
    assert found["accuracy"].difference == pytest.approx(right[1] - right[0], abs=1e-12)
    assert found["f_score"].method == found["matthews_correlation"].method == "bootstrap"
    area = comparison.difference("roc_auc", label="high")
    worse = delong_error((codes == 2).long().numpy(), *(_log_odds(each)[:, 2].numpy() for each in (a, b)))
    assert half(area) == pytest.approx(Z * worse, rel=0.01)
    assert comparison.difference("roc_auc", average="macro").method == (
        "none: an average over classes has one class by class only"
    )
    assert comparison.difference("top_k_accuracy", k=2).method == (
        "none: how both models rank rows or classes together is not kept for it"
    )


def _log_odds(logits: Tensor) -> Tensor:
    p = logits.softmax(1)
    return torch.log(p) - torch.log1p(-p)


def test_several_labels_a_row() -> None:
    generator = torch.Generator().manual_seed(4)
    labels = torch.randint(2, (700, 3), generator=generator)
    a = torch.randn(700, 3, generator=generator) + labels
    b = a + 0.7 * labels
    comparison = Comparison.empty(SEVERAL).update(labels, logits_a=a, logits_b=b)
    right = [((each >= 0).long() == labels).all(1) for each in (a, b)]
    found = comparison.difference("accuracy")
    assert found.difference == pytest.approx((right[1].double() - right[0].double()).mean().item(), abs=1e-12)
    only_a, only_b = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    assert found.p_value == pytest.approx(2 * binom.cdf(min(only_a, only_b), only_a + only_b, 0.5))
    recall = comparison.difference("recall", label="green")
    alone = Comparison.empty(Task.binary([0, 1])).update(labels[:, 1], logits_a=a[:, 1], logits_b=b[:, 1])
    assert recall == alone.difference("recall")
    precision = comparison.difference("precision", label="green")
    assert half(precision) == pytest.approx(half(alone.difference("precision")), rel=0.1)
    assert comparison.difference("f_score", average="macro").method == (
        "none: how labels go together is not kept; it has one label by label"
    )


def test_the_frame_has_a_row_a_figure() -> None:
    frame = compared(300, 12).to_frame(["log_loss", "accuracy"], confidence=0.9)
    assert frame.columns == [
        "figure", "a", "b", "difference", "low", "high", "confidence", "p_value", "method", "better"
    ]  # fmt: skip
    assert frame["figure"].to_list() == ["log_loss", "accuracy"]
    assert frame["confidence"].to_list() == [0.9, 0.9]


def test_what_does_not_belong_together_is_refused() -> None:
    labels, a, b = two_models(10, 13)
    empty = Comparison.empty(BINARY)
    with pytest.raises(InputError, match=r"^give exactly one of logits_b and probabilities_b; got 0 of them$"):
        empty.update(labels, logits_a=a)
    with pytest.raises(InputError, match=r"^labels and logits must have as many rows; got 10 and 9$"):
        empty.update(labels, logits_a=a, logits_b=b[:9])
    with pytest.raises(InputError, match=r"^a comparison needs at least one labelled row; got 0$"):
        empty.difference("accuracy")
    with pytest.raises(
        InputError, match=r"^only comparisons of one fineness merge; one of these is exact and the other is not$"
    ):
        empty.merge(Comparison.empty(BINARY, exact=True))
    with pytest.raises(InputError, match=r"^confidence must be between 0 and 1; got 95$"):
        empty.update(labels, logits_a=a, logits_b=b).difference("accuracy", confidence=95)
