"""The ranked probability score of ordered classes, and what stands on it."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from crossent import Evaluation, InputError, Task, compare, evaluate
from crossent.evaluation import figure, group_table, interval, row_losses
from crossent.evaluation.state._exact import Floats
from crossent.evaluation.state._ranked_probability import ranked_score_moved, ranked_score_of_shares

NAME, SKILL = "ranked_probability_score", "d2_ranked_probability_score"
GRADES = Task.multiclass(["F", "D", "C", "B", "A"], ordered=True)
UNORDERED = Task.multiclass(["F", "D", "C", "B", "A"])


def rows(count: int, classes: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Labels, and logits that know something of them."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (count,), generator=draw)
    away = (torch.arange(classes) - labels[:, None] - torch.randn(count, 1, generator=draw)).abs()
    return labels, -away + torch.randn(count, classes, generator=draw, dtype=torch.float64)


def by_definition(labels: Tensor, probabilities: Tensor) -> Floats:
    """The formula, in NumPy and from left to right."""
    below = np.cumsum(probabilities.double().numpy(), axis=1)[:, :-1]
    happened = labels.numpy()[:, None] <= np.arange(below.shape[1])
    return np.square(below - happened).mean(axis=1)


def score(probabilities: list[float], truth: str) -> float:
    task = Task.multiclass([*"abcdefgh"[: len(probabilities)]], ordered=True)
    return figure(evaluate(task, [truth], probabilities=[probabilities]), NAME).value


def test_answers_worked_out_by_hand() -> None:
    """The first is that of the R package verification, whose example is Wilks'."""
    assert score([0.2, 0.5, 0.3], "a") == pytest.approx((0.8**2 + 0.3**2) / 2, rel=1e-15)
    assert score([1 / 3, 1 / 3, 1 / 3], "a") == pytest.approx(5 / 18, rel=1e-15)
    assert score([1 / 3, 1 / 3, 1 / 3], "b") == pytest.approx(1 / 9, rel=1e-15)
    assert score([0.0, 0.5, 0.5, 0.0], "d") == pytest.approx((0.5**2 + 1) / 3, rel=1e-15)


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_a_sure_forecast_costs_its_distance_from_the_truth_and_0_where_it_is_right(classes: int) -> None:
    for decided in range(classes):
        sure = [float(place == decided) for place in range(classes)]
        for true in range(classes):
            assert score(sure, "abcdefgh"[true]) == abs(true - decided) / (classes - 1)


def test_what_is_a_class_away_costs_less_than_what_is_two() -> None:
    assert score([0.6, 0.4, 0.0, 0.0], "a") < score([0.6, 0.0, 0.4, 0.0], "a") < score([0.6, 0.0, 0.0, 0.4], "a")


def test_of_two_classes_it_is_the_brier_score() -> None:
    labels, logits = rows(500, classes=2)
    metrics = Evaluation.empty(Task.multiclass(["low", "high"], ordered=True)).update(labels, logits=logits).compute()
    assert metrics.ranked_probability_score == pytest.approx(metrics.brier, rel=1e-14)
    assert metrics.majority is not None
    assert metrics.majority.ranked_probability_score == pytest.approx(metrics.majority.brier, rel=1e-14)


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("classes", [3, 40])
def test_it_is_the_mean_of_the_rows_by_the_definition(classes: int, source: str) -> None:
    labels, logits = rows(3000, classes)
    task, weights = Task.multiclass(range(classes), ordered=True), np.random.default_rng(1).exponential(size=3000)
    scores = logits if source == "logits" else logits.softmax(dim=1)
    plain = by_definition(labels, logits.softmax(dim=1))
    for given, mean in ((None, plain.mean()), (weights, np.average(plain, weights=weights))):
        found = Evaluation.empty(task).update(labels, weights=given, **{source: scores})
        assert figure(found, NAME).value == pytest.approx(mean, rel=1e-12)
        assert found.compute().ranked_probability_score == figure(found, NAME).value
    if source == "logits":
        each = row_losses(task, labels.tolist(), loss=NAME, logits=scores)
    else:
        each = row_losses(task, labels.tolist(), loss=NAME, probabilities=scores)
    assert each.numpy() == pytest.approx(plain, rel=1e-9, abs=1e-15)


def test_it_tells_how_good_probabilities_near_certainty_are() -> None:
    """1 - P(y <= k) is not taken as a difference, which would be 0 here."""
    evaluation = Evaluation.empty(GRADES).update(
        torch.tensor([4, 0]), logits=torch.diag(torch.tensor([80.0] * 5))[[4, 0]]
    )
    assert figure(evaluation, NAME).value == pytest.approx((1 + 4 + 9 + 16) / 4 * math.exp(-160), rel=1e-12)


def test_the_order_of_the_classes_matters_and_its_direction_does_not() -> None:
    labels, logits = rows(400)
    there = Evaluation.empty(GRADES).update(labels, logits=logits).compute()
    back = Evaluation.empty(GRADES).update(4 - labels, logits=logits.flip(1)).compute()
    mixed = Evaluation.empty(GRADES).update((2 * labels) % 5, logits=logits[:, [0, 3, 1, 4, 2]]).compute()
    assert back.ranked_probability_score == pytest.approx(there.ranked_probability_score, rel=1e-14)
    assert back.quadratic_kappa == pytest.approx(there.quadratic_kappa, rel=1e-14)
    assert mixed.log_loss == there.log_loss
    assert mixed.ranked_probability_score != pytest.approx(there.ranked_probability_score, rel=1e-3)


def test_it_is_proper() -> None:
    """No forecast has a lower expected score than the true probabilities."""
    draw = np.random.default_rng(0)
    true = draw.dirichlet(np.ones(5))
    others = torch.from_numpy(
        np.vstack([true, draw.dirichlet(np.ones(5), size=200), true + np.array([0.01, 0, 0, 0, -0.01])])
    )
    expected = sum(true[place] * by_row(torch.full((202,), place), others) for place in range(5))
    assert np.argmin(expected) == 0


def by_row(labels: Tensor, probabilities: Tensor) -> Floats:
    return row_losses(GRADES, GRADES.decode(labels), probabilities=probabilities, loss=NAME).numpy()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("source", ["logits", "probabilities"])
def test_any_split_order_and_groups_give_the_same_bits(source: str, weighted: bool, tmp_path: Path) -> None:
    labels, logits = rows(700)
    scores = logits if source == "logits" else logits.softmax(dim=1)
    weights = np.random.default_rng(2).exponential(size=700) if weighted else None
    order = torch.randperm(700, generator=torch.Generator().manual_seed(5))
    groups = np.array(["x", "y", "z"])[np.arange(700) % 3]

    def of(places: Tensor, *, grouped: bool = False) -> Evaluation:
        return Evaluation.empty(GRADES).update(
            labels[places],
            weights=None if weights is None else weights[places.numpy()],
            groups=groups[places.numpy()] if grouped else None,
            **{source: scores[places]},
        )

    whole = of(torch.arange(700))
    merged = Evaluation.empty(GRADES)
    for places in order.split(111):
        merged = of(places).merge(merged)
    assert merged.to_bytes() == whole.to_bytes()
    merged.save(tmp_path / "x")
    assert Evaluation.load(tmp_path / "x").to_bytes() == whole.to_bytes()
    grouped = of(order, grouped=True)
    assert grouped.state.sums == whole.state.sums
    for name, group in grouped.groups.items():
        assert group.state.sums == of(torch.from_numpy(np.flatnonzero(groups == name))).state.sums


def test_only_ordered_classes_have_it() -> None:
    labels, logits = rows(30)
    evaluation = Evaluation.empty(UNORDERED).update(labels, logits=logits)
    assert NAME not in evaluation.state.sums
    metrics = evaluation.compute()
    assert (metrics.ranked_probability_score, metrics.quadratic_kappa) == (None, None)
    assert not {NAME, "quadratic_kappa"} & {*metrics.to_dict(), *metrics.to_dict()["majority"]}
    for name in (NAME, SKILL):
        with pytest.raises(InputError, match=rf"^{name} is kept for ordered classes: Task.multiclass\(classes, ord"):
            figure(evaluation, name)
    with pytest.raises(InputError, match=r"^loss='ranked_probability_score' is of ordered classes: Task.multiclass"):
        row_losses(UNORDERED, ["F"], logits=[[0.0] * 5], loss=NAME)


def test_the_record_has_it_beside_log_loss_and_brier() -> None:
    labels, logits = rows(300)
    evaluation = Evaluation.empty(GRADES).update(labels, logits=logits)
    record = json.loads(json.dumps(evaluation.compute().to_dict()))
    assert record[NAME] == figure(evaluation, NAME).value
    assert record["quadratic_kappa"] == figure(evaluation, "quadratic_kappa").value
    shares = np.bincount(labels.numpy(), minlength=5) / 300
    alone = by_definition(labels, torch.from_numpy(np.tile(shares, (300, 1)))).mean()
    assert record["majority"][NAME] == pytest.approx(alone, rel=1e-12)
    assert figure(evaluation, SKILL).value == pytest.approx(1 - record[NAME] / alone, rel=1e-12)


def test_where_all_rows_are_of_one_class_there_is_no_skill_and_kappa_is_set() -> None:
    evaluation = evaluate(GRADES, ["C", "C"], probabilities=[[0, 0.2, 0.8, 0, 0]] * 2)
    assert figure(evaluation, SKILL).reason == "undefined: every row is of one class, so the shares alone cost nothing"
    metrics = evaluation.compute()
    assert (metrics.quadratic_kappa, metrics.reasons["quadratic_kappa"]) == (
        0.0,
        "set to 0: all labels and decisions are one class",
    )


def test_its_interval_is_that_of_a_mean_over_rows() -> None:
    labels, logits = rows(900)
    each = by_definition(labels, logits.softmax(dim=1))
    weights = np.random.default_rng(3).exponential(size=900)
    found = interval(Evaluation.empty(GRADES).update(labels, logits=logits), NAME)
    half = 1.959963984540054 * each.std(ddof=1) / 30
    assert (found.low, found.high) == pytest.approx((each.mean() - half, each.mean() + half), rel=1e-9)
    assert found.method == "normal"
    found = interval(Evaluation.empty(GRADES).update(labels, logits=logits, weights=weights), NAME)
    mean = np.average(each, weights=weights)
    half = 1.959963984540054 * np.sqrt(np.square(weights * (each - mean)).sum()) / weights.sum()
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half), rel=1e-9)


def test_the_interval_of_the_skill_adds_the_errors_of_the_model_and_of_the_shares() -> None:
    """That of the shares by the jackknife: each row left out in turn."""
    labels, logits = rows(500)
    labels = labels.clamp(max=2)  # of shares that are all alike, the score does not move
    found = interval(Evaluation.empty(GRADES).update(labels, logits=logits), SKILL)
    each, counts = by_definition(labels, logits.softmax(dim=1)), np.bincount(labels.numpy(), minlength=5)
    without = np.array([ranked_score_of_shares((counts - one) / 499) for one in np.eye(5)])[labels.numpy()]
    of_shares = math.sqrt(np.square(without - without.mean()).sum() * 499 / 500)
    alone, error = ranked_score_of_shares(counts / 500), each.std(ddof=1) / math.sqrt(500)
    half = 1.959963984540054 * (error / alone + each.mean() * of_shares / alone**2)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.005)
    assert of_shares / alone > 0.2 * error / each.mean()


def test_what_a_row_adds_to_the_score_of_the_shares_is_its_derivative() -> None:
    counts = np.array([3.0, 0.0, 5.0, 2.0])
    moved = ranked_score_moved(counts / 10)
    for place, step in enumerate(np.eye(4) * 1e-6):
        ends = [ranked_score_of_shares(each / each.sum()) for each in (counts + step, counts - step)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(moved[place] / 10, abs=1e-8)


def test_two_models_differ_by_the_rows_own_differences() -> None:
    labels, old = rows(800)
    new = old - 0.3 * (torch.arange(5) - labels[:, None]).abs()
    names = GRADES.decode(labels)
    comparison = compare(GRADES, names, logits_a=old, logits_b=new)
    found = comparison.difference(NAME)
    apart = by_definition(labels, new.softmax(dim=1)) - by_definition(labels, old.softmax(dim=1))
    half = 1.959963984540054 * apart.std(ddof=1) / math.sqrt(800)
    assert (found.low, found.high) == pytest.approx((apart.mean() - half, apart.mean() + half), rel=1e-9)
    assert (found.better, found.method) == ("b", "normal")
    assert {NAME, "quadratic_kappa"} <= {each.name for each in comparison.differences()}
    assert NAME not in {each.name for each in compare(UNORDERED, names, logits_a=old, logits_b=new).differences()}


def test_the_table_of_groups_has_it() -> None:
    labels, logits = rows(200)
    grouped = Evaluation.empty(GRADES).update(labels, logits=logits, groups=["x", "y"] * 100)
    table = group_table(grouped)
    assert table[NAME].to_list() == [figure(each, NAME).value for each in grouped.groups.values()]
    assert table[f"{NAME}_low"].null_count() == 0


Record = dict[str, Any]


def edited(content: bytes, change: Callable[[Record], None]) -> bytes:
    """The file with its record changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as members, zipfile.ZipFile(held, "w") as changed:
        for name in members.namelist():
            values = members.read(name)
            if name == "record.npy":
                record = record_of(content)
                change(record)
                text = io.BytesIO()
                np.lib.format.write_array(text, np.frombuffer(json.dumps(record).encode(), dtype=np.uint8))
                values = text.getvalue()
            changed.writestr(name, values)
    return held.getvalue()


def record_of(content: bytes) -> Record:
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        return json.loads(np.lib.format.read_array(io.BytesIO(members.read("record.npy"))).tobytes())


def as_version_2(record: Record) -> None:
    """As the version before wrote it."""
    record["version"] = 2
    for state in record["states"]:
        state["sums"] = {each: total for each, total in state["sums"].items() if not each.startswith(NAME)}


def test_a_file_from_before_it_was_kept_loads_and_merges_without_it(tmp_path: Path) -> None:
    labels, logits = rows(60)
    now = Evaluation.empty(GRADES).update(labels, logits=logits)
    (tmp_path / "x").write_bytes(edited(now.to_bytes(), as_version_2))
    old = Evaluation.load(tmp_path / "x")
    for each in (old, old.merge(now), now.merge(old)):
        metrics = each.compute()
        assert math.isnan(metrics.ranked_probability_score or 0)
        assert metrics.to_dict()[NAME] is None
        assert metrics.reasons[NAME] == "undefined: it was not kept when this was saved"
        assert metrics.log_loss == pytest.approx(now.compute().log_loss, rel=1e-15)
        for name in (NAME, SKILL):
            assert figure(each, name).reason == metrics.reasons[NAME]
            assert math.isnan(interval(each, name).low)
        each.save(tmp_path / "y")
        assert Evaluation.load(tmp_path / "y").to_bytes() == each.to_bytes()


def test_files_of_other_tasks_are_still_of_the_version_before() -> None:
    labels, logits = rows(20)
    assert record_of(Evaluation.empty(GRADES).update(labels, logits=logits).to_bytes())["version"] == 3
    assert record_of(Evaluation.empty(UNORDERED).update(labels, logits=logits).to_bytes())["version"] == 2


def test_a_file_that_holds_a_part_of_it_is_damaged(tmp_path: Path) -> None:
    labels, logits = rows(20)
    whole = Evaluation.empty(GRADES).update(labels, logits=logits).to_bytes()
    (tmp_path / "x").write_bytes(edited(whole, lambda record: record["states"][0]["sums"].pop(NAME)))
    with pytest.raises(InputError, match="is damaged: its parts do not belong together"):
        Evaluation.load(tmp_path / "x")
