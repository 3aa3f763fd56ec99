"""Boosted trees as a member: what they see, what they choose, and that they come back as they were."""

import math
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
import torch

from crossent.data import Encoder, Layout, Split, read, stratified_folds
from crossent.members import CrossFitted, Trees, TreeSettings, cross_fit_trees, fit_trees
from crossent.training import Examples, Watch

QUICK = TreeSettings(learning_rate=0.1, least_rows=5, rounds=100, patience=15)


def encoded(
    columns: dict[str, object], labels: np.ndarray, weights: np.ndarray | None = None
) -> tuple[Examples, Layout]:
    table = read(pl.DataFrame(columns))
    encoder = Encoder.fit(table.frame, table.columns)
    given = None if weights is None else torch.from_numpy(weights).float()
    return Examples(encoder.encode(table.frame), torch.from_numpy(labels).long(), given), encoder.layout


def shapes(rows: int = 300, classes: int = 3) -> tuple[Examples, Layout]:
    """A number, a category with gaps, and labels that depend on both."""
    chance = np.random.default_rng(0)
    size, color = chance.normal(size=rows), chance.integers(4, size=rows)
    labels = (np.digitize(size, [-0.5, 0.5]) + (color == 1) + (chance.random(rows) < 0.15)) % classes
    names = [None if each == 3 else f"color {each}" for each in color]
    return encoded(
        {"size": np.where(color == 2, np.nan, size), "color": names, "noise": chance.normal(size=rows)}, labels
    )


def folds(examples: Examples, count: int = 3, repeats: int = 1) -> tuple[Split, ...]:
    return stratified_folds(examples.labels, count, repeats=repeats, generator=torch.Generator().manual_seed(0))


def mean_loss(fitted: CrossFitted, examples: Examples) -> float:
    return -float(fitted.held_out.gather(1, examples.labels[:, None]).mean())


@pytest.mark.parametrize("classes", [2, 3])
def test_trees_learn_and_give_probabilities_of_every_class(classes: int) -> None:
    examples, layout = shapes(classes=classes)
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=classes, settings=QUICK, seed=0)
    logs = fitted.member.log_probabilities(examples.features)
    assert logs.shape == fitted.held_out.shape == (300, classes)
    assert logs.dtype == fitted.held_out.dtype == torch.float64
    torch.testing.assert_close(logs.exp().sum(dim=1), torch.ones(300, dtype=torch.float64))
    assert mean_loss(fitted, examples) < 0.9 * math.log(classes)


def test_a_row_is_never_judged_by_a_copy_that_trained_on_it() -> None:
    examples, layout = shapes()
    splits = folds(examples)
    fitted = cross_fit_trees(examples, splits, layout=layout, classes=3, settings=QUICK, seed=0)
    assert isinstance(fitted.member, Trees)
    for text, split in zip(fitted.member.copies, splits, strict=True):
        alone = Trees(fitted.member.columns, [text], 3)
        said = alone.log_probabilities(examples.features[split.validation])
        torch.testing.assert_close(fitted.held_out[split.validation], said)
    torch.testing.assert_close(fitted.member.held_out(examples.features, splits), fitted.held_out)
    some = [Split(split.training, split.validation[:0]) for split in splits[:-1]] + [splits[-1]]
    asked = fitted.member.held_out(examples.features, some)
    assert (~asked.isnan()).all(dim=1).nonzero().flatten().tolist() == splits[-1].validation.tolist()


def test_what_is_said_of_a_row_that_several_splits_validate_is_the_mean_of_the_probabilities() -> None:
    examples, layout = shapes()
    splits = folds(examples, repeats=2)
    fitted = cross_fit_trees(examples, splits, layout=layout, classes=3, settings=QUICK, seed=0)
    assert isinstance(fitted.member, Trees)
    row = int(splits[0].validation[0])
    which = [number for number, split in enumerate(splits) if row in split.validation.tolist()]
    copies = [Trees(fitted.member.columns, [fitted.member.copies[number]], 3) for number in which]
    mean = sum(copy.log_probabilities(examples.features[row : row + 1])[0].exp() for copy in copies) / len(copies)
    torch.testing.assert_close(fitted.held_out[row].exp(), mean)
    assert len(which) == 2


def test_a_row_that_no_split_validates_is_left_open() -> None:
    examples, layout = shapes()
    split = Split(torch.arange(200), torch.arange(200, 250))
    held_out = cross_fit_trees(examples, [split], layout=layout, classes=3, settings=QUICK, seed=0).held_out
    assert held_out.isnan().all(dim=1).nonzero().flatten().tolist() == [*range(200), *range(250, 300)]


def test_all_copies_have_the_number_of_rounds_at_which_the_held_out_loss_is_least() -> None:
    examples, layout = shapes()
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=QUICK, seed=0)
    assert isinstance(fitted.member, Trees)
    assert fitted.chosen["loss"] == pytest.approx(mean_loss(fitted, examples))
    rounds = fitted.chosen["rounds"]
    assert [text.count("\nTree=") for text in fitted.member.copies] == [3 * rounds] * 3
    for other in (rounds - 5, rounds + 5):
        settings = TreeSettings(learning_rate=0.1, least_rows=5, rounds=other, patience=1000)
        stopped = cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=settings, seed=0)
        assert stopped.chosen["loss"] >= fitted.chosen["loss"]


def test_the_loss_that_chooses_counts_rows_by_their_weights() -> None:
    examples, layout = shapes()
    weights = torch.linspace(0, 2, 300)
    weighted = Examples(examples.features, examples.labels, weights)
    fitted = cross_fit_trees(weighted, folds(examples), layout=layout, classes=3, settings=QUICK, seed=0)
    losses = -fitted.held_out.gather(1, examples.labels[:, None])[:, 0]
    assert fitted.chosen["loss"] == pytest.approx(float((losses * weights).sum() / weights.sum()))


def test_weights_are_what_the_probabilities_answer_for() -> None:
    labels = np.arange(400) % 2
    noise = np.random.default_rng(0).normal(size=400)
    examples, layout = encoded({"noise": noise}, labels, weights=np.where(labels == 1, 3.0, 1.0))
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=2, settings=QUICK, seed=0)
    assert float(fitted.held_out[:, 1].exp().mean()) == pytest.approx(0.75, abs=0.03)


def test_two_runs_are_equal_and_another_seed_is_not() -> None:
    examples, layout = shapes()
    runs = [
        cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=QUICK, seed=seed).held_out
        for seed in (0, 0, 1)
    ]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_trees_come_back_from_what_they_are_saved_as_and_from_a_pickle() -> None:
    examples, layout = shapes()
    member = cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=QUICK, seed=0).member
    expected = member.log_probabilities(examples.features)
    assert torch.equal(Trees.load(member.save()).log_probabilities(examples.features), expected)
    assert torch.equal(pickle.loads(pickle.dumps(member)).log_probabilities(examples.features), expected)


def test_a_missing_number_is_no_number() -> None:
    chance = np.random.default_rng(0)
    size = chance.normal(size=400)
    gone = chance.random(400) < 0.5
    examples, layout = encoded({"size": np.where(gone, np.nan, size)}, gone.astype(int))
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=2, settings=QUICK, seed=0)
    assert mean_loss(fitted, examples) < 0.1


def test_a_word_is_found_in_a_text() -> None:
    chance = np.random.default_rng(0)
    labels = np.arange(400) % 2
    words = np.array(["plain", "tea", "cup", "brown", "leaf", "pot", "warm", "old"])
    texts = [" ".join([*chance.choice(words, 4), "awful" if label else "fine"]) for label in labels]
    examples, layout = encoded({"review": texts}, labels)
    assert [part.kind for part in layout.codes] == ["text"]
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=2, settings=QUICK, seed=0)
    assert mean_loss(fitted, examples) < 0.1
    assert torch.isfinite(fitted.member.log_probabilities(examples.features[:0])).all()


def test_codes_that_were_not_there_at_fit_time_are_like_missing_ones() -> None:
    examples, layout = shapes()
    member = cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=QUICK, seed=0).member
    strange = examples.features[:5]
    strange.codes.fill_(layout.codes[0].first + layout.codes[0].levels + 3)
    assert torch.isfinite(member.log_probabilities(strange)).all()


def test_a_class_that_a_copy_has_not_met_keeps_a_probability() -> None:
    examples, layout = shapes()
    examples.labels[:] = examples.labels % 2
    examples.labels[0] = 2
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=QUICK, seed=0)
    assert torch.isfinite(fitted.held_out).all()


@pytest.mark.parametrize("random", [False, True])
def test_a_round_that_found_no_cut_brings_in_no_tree_grown_after_the_best_round(random: bool) -> None:
    chance = np.random.default_rng(0)
    size = chance.normal(size=360)
    examples, layout = encoded({"size": size}, (size + chance.normal(0, 1.0, 360) > 0).astype(int))
    splits = folds(examples)
    settings = TreeSettings(learning_rate=0.1, leaves=31, least_rows=5, random=random, column_share_of_a_cut=1.0)
    fitted = cross_fit_trees(examples, splits, layout=layout, classes=2, settings=settings, seed=0)
    assert isinstance(fitted.member, Trees)
    torch.testing.assert_close(fitted.member.held_out(examples.features, splits), fitted.held_out)


def test_on_all_rows_too_a_round_that_found_no_cut_is_not_the_last() -> None:
    chance = np.random.default_rng(0)
    examples, layout = encoded({"size": chance.normal(size=60)}, np.arange(60) % 2)
    settings = TreeSettings(leaves=3, least_rows=25, random=True)
    one, many = (
        fit_trees(examples, copies=20, rounds=rounds, layout=layout, classes=2, settings=settings, seed=0).copies
        for rounds in (1, 100)
    )
    stuck = [place for place, text in enumerate(one) if "num_leaves=1\n" in text]
    assert stuck, "some copy's first round found no cut"
    assert all(many[place].count("\nTree=") > 5 for place in stuck)


def test_one_round_is_grown_when_the_time_is_up_already() -> None:
    examples, layout = shapes()
    now = time.monotonic()
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=QUICK, seed=0, deadline=now)
    assert fitted.chosen["rounds"] == 1


def test_on_all_rows_too_one_round_is_grown_when_the_time_is_up() -> None:
    examples, layout = shapes()
    now = time.monotonic()
    member = fit_trees(examples, copies=1, rounds=9, layout=layout, classes=3, settings=QUICK, seed=0, deadline=now)
    assert member.copies[0].count("\nTree=") == 3


def test_copies_on_all_rows_have_the_rounds_that_were_chosen() -> None:
    examples, layout = shapes()
    member = fit_trees(examples, copies=2, rounds=7, layout=layout, classes=3, settings=QUICK, seed=0)
    assert [text.count("\nTree=") for text in member.copies] == [21, 21]
    assert member.copies[0] != member.copies[1]


def test_the_watch_sees_every_round() -> None:
    class Counter(Watch):
        total = done = 0

        def start(self, rows: int, epochs: int) -> None:
            self.total = rows * epochs

        def step(self, rows: int) -> None:
            self.done += rows

    examples, layout = shapes()
    watch = Counter()
    settings = TreeSettings(rounds=4)
    cross_fit_trees(examples, folds(examples), layout=layout, classes=3, settings=settings, seed=0, watch=watch)
    assert watch.done == watch.total == 4 * 600


@pytest.mark.parametrize("classes", [2, 3])
def test_where_nothing_can_be_learned_the_shares_of_the_classes_are_the_answer(classes: int) -> None:
    examples, layout = encoded({"size": np.arange(60.0) / 7}, np.arange(60) % classes)
    examples.features.numbers.fill_(1)
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=classes, settings=QUICK, seed=0)
    assert mean_loss(fitted, examples) == pytest.approx(math.log(classes), abs=0.01)


def test_a_handful_of_rows_is_enough_to_say_something_finite() -> None:
    examples, layout = encoded({"size": np.arange(6.0) / 7}, np.array([0, 0, 0, 0, 0, 1]))
    fitted = cross_fit_trees(examples, folds(examples), layout=layout, classes=2, settings=QUICK, seed=0)
    assert torch.isfinite(fitted.held_out).all()
    assert torch.isfinite(fitted.member.log_probabilities(examples.features)).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_many_rows_at_once_are_told_what_lightgbm_tells_each(classes: int) -> None:
    examples, layout = shapes(rows=1500, classes=classes)
    settings = TreeSettings(learning_rate=0.1, rounds=200, patience=200)
    member = fit_trees(examples, copies=2, rounds=200, layout=layout, classes=classes, settings=settings, seed=0)
    matrix = member.columns.matrix(examples.features)
    told = [np.asarray(each.predict(matrix), np.float64) for each in member.boosters]
    whole = [each if classes > 2 else np.stack([1 - each, each], 1) for each in told]
    said = member.log_probabilities(examples.features).exp().numpy()
    np.testing.assert_allclose(said, np.maximum(whole, 1e-9).mean(axis=0), rtol=0, atol=1e-13)


def test_threads_that_ask_at_once_get_the_answers_that_each_would_get_alone() -> None:
    examples, layout = shapes(rows=1500)
    member = fit_trees(examples, copies=1, rounds=150, layout=layout, classes=3, settings=TreeSettings(), seed=0)
    parts = [examples.features[start : start + 200] for start in range(0, 1400, 10)]
    alone = [member.log_probabilities(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(member.log_probabilities, parts))
    assert all(map(torch.equal, alone, together))
