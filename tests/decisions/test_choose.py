"""Thresholds: against brute force over every cut point, at the edges, and with guarantees that hold in simulation."""

import json

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from crossent import Choice, Evaluation, InputError, Task, choose_threshold, evaluate
from crossent.decisions import Goal
from crossent.decisions._goal import LIMITED, MAXIMISED
from crossent.evaluation import figure

BINARY = Task.binary(["no", "yes"])
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def rows(n: int, seed: int, *, digits: int = 3, shift: float = -1.0) -> tuple[Floats, Ints]:
    random = np.random.default_rng(seed)
    z = random.normal(shift, 1.5, n)
    y = (random.random(n) < 1 / (1 + np.exp(-z))).astype(np.int64)
    y[:2] = 0, 1
    return np.round(1 / (1 + np.exp(-z)), digits), y


def evaluation(p: Floats, y: Ints) -> Evaluation:
    return Evaluation.empty(BINARY, exact=True).update(torch.tensor(y), probabilities=torch.tensor(p))


def by_sklearn(name: str, y: Ints, d: Ints) -> float:
    match name:
        case "f1" | "f2" | "f0.5":
            return float(sk.fbeta_score(y, d, beta=float(name[1:]), zero_division=0))
        case "precision":
            return float(sk.precision_score(y, d, zero_division=0))
        case "recall":
            return float(sk.recall_score(y, d))
        case "specificity":
            return float(sk.recall_score(1 - y, 1 - d))
        case "alerts":
            return float(d.mean())
        case "g_mean":
            return float(np.sqrt(sk.recall_score(y, d) * sk.recall_score(1 - y, 1 - d)))
        case "informedness":
            return float(sk.recall_score(y, d) + sk.recall_score(1 - y, 1 - d) - 1)
        case "jaccard":
            return float(sk.jaccard_score(y, d, zero_division=0))
        case "accuracy":
            return float(sk.accuracy_score(y, d))
        case "balanced_accuracy":
            return float(sk.balanced_accuracy_score(y, d))
        case "kappa":
            return float(np.nan_to_num(sk.cohen_kappa_score(y, d)))
        case _:
            return float(sk.matthews_corrcoef(y, d))


def every_cut(p: Floats) -> list[Ints]:
    return [np.zeros(len(p), dtype=np.int64), *((p >= t).astype(np.int64) for t in np.unique(p)[::-1])]


@pytest.mark.parametrize("name", MAXIMISED)
@pytest.mark.parametrize("digits", [1, 6])
def test_the_best_of_a_figure_is_the_best_of_every_cut(name: str, digits: int) -> None:
    p, y = rows(80, seed=1, digits=digits)
    choice = choose_threshold(evaluation(p, y), f"metric:{name}", resamples=2)
    best = max(by_sklearn(name, y, d) for d in every_cut(p))
    assert by_sklearn(name, y, (p >= choice.threshold).astype(np.int64)) == pytest.approx(best, abs=1e-12)
    assert choice.figures[name] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("goal", ["precision>=0.6", "recall>=0.8", "specificity>=0.9", "alerts<=0.25"])
@pytest.mark.parametrize("digits", [1, 6])
def test_a_limit_is_kept_by_the_cut_that_serves_best(goal: str, digits: int) -> None:
    p, y = rows(80, seed=2, digits=digits)
    choice = choose_threshold(evaluation(p, y), goal, resamples=2)
    aim = Goal.parse(goal)
    worth = "precision" if aim.figure == "recall" else "recall"
    limit = aim.limit or 0.0
    kept = []
    for d in every_cut(p):
        value = by_sklearn(aim.figure, y, d)
        if (value >= limit if LIMITED[aim.figure] == ">=" else value <= limit) and (d.any() or worth == "recall"):
            kept.append(by_sklearn(worth, y, d))
    decided = (p >= choice.threshold).astype(np.int64)
    assert by_sklearn(worth, y, decided) == pytest.approx(max(kept))
    for name in ("precision", "recall", "specificity", "f1", "accuracy", "alerts"):
        assert choice.figures[name] == pytest.approx(by_sklearn(name, y, decided)), name


def test_the_threshold_is_a_short_number_between_two_scores() -> None:
    p, y = np.array([0.1234, 0.2718, 0.31415, 0.9]), np.array([0, 0, 1, 1])
    assert choose_threshold(evaluation(p, y), "metric:f1").threshold == 0.3


def test_a_binned_evaluation_gives_the_figures_of_its_edges_exactly() -> None:
    p, y = rows(5000, seed=3, digits=9)
    state = Evaluation.empty(BINARY, bins=64).update(torch.tensor(y), probabilities=torch.tensor(p))
    choice = choose_threshold(state, "metric:f1", resamples=2)
    decided = (p >= choice.threshold).astype(np.int64)
    assert choice.figures["f1"] == pytest.approx(sk.f1_score(y, decided), abs=1e-12)
    exact = choose_threshold(evaluation(p, y), "metric:f1", resamples=2)
    assert choice.figures["f1"] > exact.figures["f1"] - 0.02


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
    source=st.sampled_from(["logits", "probabilities"]),
    centre=st.sampled_from([0.0, 3.0, -9.0, 35.0]),
    spread=st.sampled_from([1e-15, 1e-5, 1.0, 20.0]),
    bins=st.sampled_from([16, None]),
    goal=st.sampled_from(["metric:f1", "metric:accuracy", "recall>=0.7", "precision>=0.6", "alerts<=0.3"]),
    several=st.booleans(),
    seed=st.integers(0, 999),
)
def test_the_figures_of_a_choice_are_those_of_an_evaluation_at_its_threshold(
    kind: torch.dtype, source: str, centre: float, spread: float, bins: int | None, goal: str, several: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    logits = torch.tensor(random.normal(centre, spread, 200))
    labels = torch.tensor(random.random(200) < 1 / (1 + np.exp(-(logits.numpy() - centre) / spread))).long()
    if source == "probabilities" and kind in (torch.float16, torch.bfloat16):
        bins = None  # a threshold is rounded to so few values that one of a coarse bin is among others
    scores = (logits if source == "logits" else logits.sigmoid()).to(kind)
    task, label = BINARY, "yes"
    if several:
        task, label = Task.multilabel(["no", "yes"]), "yes"
        labels, scores = torch.stack([1 - labels, labels], dim=1), torch.stack([scores.flip(0), scores], dim=1)
    made = Evaluation.empty(task, exact=bins is None, bins=bins).update(labels, **{source: scores})
    try:
        choice = choose_threshold(made, goal, label=label, resamples=2)
    except InputError:
        return
    limits = (0.5, choice.threshold) if several else choice.threshold
    judged = Evaluation.empty(task, threshold=limits).update(labels, **{source: scores})
    for name, theirs in (("precision", "precision"), ("recall", "recall"), ("alerts", "decided_share")):
        value = figure(judged, theirs, label=label).value
        assert choice.figures[name] == (0 if np.isnan(value) else value), name


def test_logits_whose_probability_is_1_stay_together() -> None:
    logits = torch.tensor([-2.0, 40.0, 50.0, 60.0])
    made = Evaluation.empty(BINARY).update(torch.tensor([0, 0, 1, 1]), logits=logits)
    choice = choose_threshold(made, "metric:f1")
    assert choice.figures["f1"] == pytest.approx(0.8)
    assert int((logits.sigmoid() >= choice.threshold).sum()) == 3


def test_each_label_has_its_own_threshold() -> None:
    task = Task.multilabel(["a", "b"])
    p, y = rows(200, seed=4)
    both = evaluate(task, y.reshape(100, 2), probabilities=p.reshape(100, 2), exact=True)
    for k, label in enumerate(task.classes):
        alone = choose_threshold(evaluation(p[k::2], y[k::2]), "metric:f1")
        found = choose_threshold(both, "metric:f1", label=label)
        assert (found.threshold, found.label) == (alone.threshold, label)


def test_weights_are_rows() -> None:
    p, y = rows(100, seed=5)
    weights = 1 + np.arange(100) % 3
    weighted = evaluate(BINARY, BINARY.decode(torch.tensor(y)), probabilities=p, weights=weights, exact=True)
    repeated = evaluation(p.repeat(weights), y.repeat(weights))
    one, two = (choose_threshold(each, "metric:f1", resamples=2) for each in (weighted, repeated))
    assert (one.threshold, one.figures) == (two.threshold, two.figures)


def test_the_interval_is_where_thresholds_of_other_samples_lie_and_shrinks_with_rows() -> None:
    widths = []
    for n in (200, 5000):
        p, y = rows(n, seed=6)
        choice = choose_threshold(evaluation(p, y), "recall>=0.8")
        assert choice.low <= choice.threshold <= choice.high
        others = [choose_threshold(evaluation(*rows(n, seed=s)), "recall>=0.8", resamples=2) for s in range(50, 75)]
        assert sum(choice.low <= other.threshold <= choice.high for other in others) >= 15
        widths.append(choice.high - choice.low)
    assert widths[1] < widths[0] / 2
    assert choose_threshold(evaluation(p, y), "recall>=0.8") == choice


@pytest.mark.parametrize("bins", [64, None])
def test_the_interval_holds_for_weighted_rows(bins: int | None) -> None:
    """A few rows that weigh as much as all others: their places are what the threshold hangs on."""

    def chosen(n: int, seed: int) -> Choice:
        p, y = rows(n, seed=seed, digits=9)
        weights = np.where(np.random.default_rng(seed).random(n) < 0.02, 50.0, 1.0)
        made = Evaluation.empty(BINARY, bins=bins, exact=bins is None)
        made = made.update(torch.tensor(y), probabilities=torch.tensor(p), weights=weights)
        return choose_threshold(made, "recall>=0.8", resamples=100 if n < 1000 else 2)

    aim = chosen(200_000, 1).threshold
    found = [chosen(500, seed) for seed in range(60)]
    assert sum(each.low <= aim <= each.high for each in found) >= 48


def test_the_interval_of_a_guaranteed_threshold_is_of_the_same_rule() -> None:
    goal = "recall>=0.8"
    thresholds = [
        choose_threshold(evaluation(*rows(500, seed=s)), goal, confidence=0.9, resamples=2).threshold for s in range(60)
    ]
    inside = []
    for seed in range(100, 110):
        choice = choose_threshold(evaluation(*rows(500, seed=seed)), goal, confidence=0.9, resamples=100)
        plain = choose_threshold(evaluation(*rows(500, seed=seed)), goal, resamples=100)
        assert choice.high < plain.high
        inside.append(np.mean([choice.low <= each <= choice.high for each in thresholds]))
    assert np.mean(inside) > 0.75  # of others, with a centre of its own: 83 % if all is normal


def truth(threshold: float, figure: str, shift: float) -> float:
    """The figure in the world that `rows` draws from, by quadrature."""
    z = np.linspace(shift - 15, shift + 15, 20_001)
    mass = np.exp(-((z - shift) ** 2) / (2 * 1.5**2))
    mass /= mass.sum()
    p = 1 / (1 + np.exp(-z))
    decided = p >= threshold
    match figure:
        case "precision":
            return float((mass * p)[decided].sum() / mass[decided].sum())
        case "recall":
            return float((mass * p)[decided].sum() / (mass * p).sum())
        case "specificity":
            return float((mass * (1 - p))[~decided].sum() / (mass * (1 - p)).sum())
        case _:
            return float(mass[decided].sum())


@pytest.mark.parametrize("goal", ["precision>=0.6", "recall>=0.8", "specificity>=0.9", "alerts<=0.2"])
def test_a_guarantee_holds_in_nine_of_ten_worlds_and_the_plain_choice_does_not(goal: str) -> None:
    aim = Goal.parse(goal)
    limit = aim.limit or 0.0
    broken, plainly_broken, silent, worlds = 0, 0, 0, 150
    for seed in range(worlds):
        state = evaluation(*rows(600, seed=1000 + seed, digits=9))
        try:
            sure = choose_threshold(state, goal, confidence=0.9, resamples=2).threshold
        except InputError:  # to promise nothing breaks nothing
            silent += 1
            continue
        plain = choose_threshold(state, goal, resamples=2).threshold
        values = [truth(t, aim.figure, -1.0) for t in (sure, plain)]
        over = [v > limit for v in values] if LIMITED[aim.figure] == "<=" else [v < limit for v in values]
        broken, plainly_broken = broken + over[0], plainly_broken + over[1]
    # 150 worlds at 10 %: more than 25 would come by chance in less than one run of 100.
    assert broken <= 25
    assert plainly_broken > 45
    assert silent <= 15


def test_a_choice_comes_back_from_json() -> None:
    choice = choose_threshold(evaluation(*rows(100, seed=7)), "recall>=0.8", confidence=0.8)
    assert Choice.from_dict(json.loads(json.dumps(choice.to_dict()))) == choice


@pytest.mark.parametrize(
    "goal", ["", "f3", "metric:precision", "precision>0.9", "precision<=0.9", "recall>=1.5", "0.5"]
)
def test_another_goal_is_refused_with_a_list(goal: str) -> None:
    with pytest.raises(InputError) as error:
        Goal.parse(goal)
    assert str(error.value) == (
        "a threshold's goal must be metric:NAME, with NAME one of f1, f2, f0.5, jaccard, g_mean, informedness, "
        "accuracy, balanced_accuracy, matthews_correlation, kappa; or one of precision>=LIMIT, recall>=LIMIT, "
        f"specificity>=LIMIT, alerts<=LIMIT, with LIMIT from 0 to 1; got {goal!r}"
    )


def test_what_cannot_be_had_is_said_with_what_can() -> None:
    state = evaluation(np.array([0.1, 0.5, 0.8, 0.9]), np.array([0, 1, 1, 0]))
    with pytest.raises(InputError) as error:
        choose_threshold(state, "precision>=0.9")
    assert str(error.value) == (
        "no threshold gives precision>=0.9; the nearest is precision 0.6667 at the threshold 0.3: "
        "take a looser limit, or a better model"
    )
    with pytest.raises(InputError) as error:
        choose_threshold(state, "recall>=0.9", confidence=0.99, resamples=2)
    assert str(error.value) == (
        "no threshold can be guaranteed to keep recall>=0.9 with 99% confidence on these 4 rows: "
        "give more rows, a looser limit, or less confidence"
    )


def test_bad_options_are_refused() -> None:
    p, y = rows(50, seed=8)
    state = evaluation(p, y)
    with pytest.raises(InputError, match="needs rows of 'yes' and others; all are of one kind"):
        choose_threshold(evaluation(p, np.ones_like(y)), "metric:f1")
    with pytest.raises(InputError, match=r"for a goal with a limit; got 0\.9 for metric:f1"):
        choose_threshold(state, "metric:f1", confidence=0.9)
    weighted = evaluate(BINARY, BINARY.decode(torch.tensor(y)), probabilities=p, weights=[2.0] * 50)
    with pytest.raises(InputError, match="these have weights: leave the weights out"):
        choose_threshold(weighted, "recall>=0.5", confidence=0.9)
    p, y = rows(500, seed=8, digits=9)
    binned = Evaluation.empty(BINARY, bins=16).update(torch.tensor(y), probabilities=torch.tensor(p))
    with pytest.raises(InputError, match="make it with exact=True"):
        choose_threshold(binned, "recall>=0.5", confidence=0.9)
    with pytest.raises(InputError, match="resamples must be at least 2; got 1"):
        choose_threshold(state, "metric:f1", resamples=1)
