"""The estimator: the labels, features, weights and options of scikit-learn, and its tools."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.metrics import log_loss, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crossent import Classifier, InputError, load

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(150, 3))
ODDS = 2 * X[:, 0] - X[:, 1]
BINARY = np.where(ODDS + RANDOM.logistic(size=150) > 0, "yes", "no")
MULTI = np.digitize(ODDS + RANDOM.logistic(size=150), [-1, 1]) * 10
FRAME = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": np.where(X[:, 2] > 0, "high", "low")})


def linear(**options: Any) -> Classifier:
    return Classifier(members="linear", **options)


def message(call: Any) -> str:
    with pytest.raises(InputError) as raised:
        call()
    return str(raised.value)


@pytest.mark.parametrize("labels", [BINARY, MULTI, BINARY == "yes", MULTI / 10, list(MULTI), pl.Series(BINARY)])
def test_labels_come_back_as_they_came(labels: Any) -> None:
    classifier = linear().fit(X, labels)
    assert classifier.classes_.tolist() == sorted(set(labels))
    assert classifier.classes_.dtype == np.asarray(labels).dtype
    assert set(classifier.predict(X).tolist()) <= set(classifier.classes_.tolist())
    assert classifier.score(X, np.asarray(labels)) > 0.6


@pytest.mark.parametrize("labels", [BINARY, MULTI])
def test_probabilities_logarithms_and_decisions_are_of_one_mind(labels: Any) -> None:
    classifier = linear().fit(X, labels)
    probabilities = classifier.predict_proba(X)
    assert probabilities.sum(1) == pytest.approx(1)
    assert classifier.predict_log_proba(X) == pytest.approx(np.log(probabilities))
    assert (classifier.predict(X) == classifier.classes_[probabilities.argmax(1)]).all()
    scores = classifier.decision_function(X)
    if scores.ndim == 1:
        assert probabilities[:, 1] == pytest.approx(1 / (1 + np.exp(-scores)))
    else:
        assert (scores.argmax(1) == probabilities.argmax(1)).all()


def test_all_members_and_their_probabilities_serve_one_estimator() -> None:
    classifier = Classifier(quality="fast", epochs=3).fit(X, MULTI)
    assert log_loss(MULTI, classifier.predict_proba(X)) < 0.9
    assert {part.name.split()[0] for part in classifier.model_.blend.parts} >= {"network", "trees", "linear"}


def test_a_polars_frame_a_pandas_frame_and_an_arrow_table_are_one() -> None:
    pandas = FRAME.to_pandas()
    frames = (FRAME, pandas, FRAME.to_arrow())
    made = [linear().fit(frame, BINARY) for frame in frames]
    first, *others = [each.predict_proba(frame) for each, frame in zip(made, frames, strict=True)]
    assert all((first == other).all() for other in others)
    assert made[0].feature_names_in_.tolist() == ["a", "b", "c"]
    assert {column.name: column.kind for column in made[0].model_.encoder.columns} == {
        "a": "number",
        "b": "number",
        "c": "category",
    }


def test_categories_and_gaps_are_learned_from() -> None:
    word = np.where(BINARY == "yes", "up", "down").astype(object)
    word[::9] = None
    mixed = np.column_stack([X.astype(object), word])
    mixed[::7, 0] = np.nan
    classifier = linear().fit(mixed, BINARY)
    assert classifier.score(mixed, BINARY) > 0.9
    frame = pl.DataFrame({"x": X[:, 0], "word": pl.Series(word.tolist())})
    assert linear().fit(frame, BINARY).score(frame, BINARY) > 0.9


def test_columns_in_another_order_or_another_number_of_them_are_an_error() -> None:
    classifier = linear().fit(FRAME, BINARY)
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(FRAME.select("b", "a", "c"))
    with pytest.raises(ValueError, match="has 2 features, but Classifier is expecting 3"):
        linear().fit(X, BINARY).predict(X[:, :2])


def test_sparse_features_and_infinite_ones_are_an_error() -> None:
    with pytest.raises(TypeError, match="Sparse data was passed"):
        linear().fit(sparse.csr_array(X), BINARY)
    with pytest.raises(ValueError, match="infinity"):
        linear().fit(np.where(X > 2, np.inf, X), BINARY)


def test_a_row_of_weight_three_is_the_row_three_times_and_one_of_weight_nought_is_none() -> None:
    weights = RANDOM.integers(0, 4, len(X))
    weighed = linear().fit(X, BINARY, sample_weight=weights)
    order = RANDOM.permutation(int(weights.sum()))
    repeated = linear().fit(X.repeat(weights, axis=0)[order], BINARY.repeat(weights)[order])
    assert (weighed.predict_proba(X) == repeated.predict_proba(X)).all()
    assert (weighed.predict_proba(X) != linear().fit(X, BINARY).predict_proba(X)).any()


def test_equal_weights_change_nothing() -> None:
    plain, weighed = linear().fit(X, BINARY), linear().fit(X, BINARY, sample_weight=np.full(len(X), 0.25))
    assert (plain.predict_proba(X) == weighed.predict_proba(X)).all()


def test_no_row_is_judged_by_a_copy_of_itself() -> None:
    noise = RANDOM.integers(0, 2, 60)
    rows = np.tile(RANDOM.normal(size=(60, 3)), (4, 1))
    classifier = Classifier(members="trees", quality="fast").fit(rows, np.tile(noise, 4))
    # Labels are coins: only who has seen a row's copy can know them.
    assert classifier.model_.metrics["log_loss"] > 0.68


def test_rows_that_chance_makes_equal_stay_rows() -> None:
    coins = RANDOM.integers(0, 2, (200, 2)).astype(float)
    classifier = linear().fit(coins, (coins[:, 0] + RANDOM.normal(size=200) > 0.5).astype(int))
    assert classifier.model_.rows["training"] == 200


def test_trials_of_one_setting_with_different_outcomes_stay_rows() -> None:
    settings = RANDOM.normal(size=(20, 3)).repeat(10, axis=0)
    classifier = linear().fit(settings, (settings[:, 0] + RANDOM.logistic(size=200) > 0).astype(int))
    assert classifier.model_.rows["training"] == 200


def test_rows_of_a_group_never_judge_what_its_other_rows_have_taught() -> None:
    groups = np.repeat(np.arange(20), 10)
    # Each group has a place of its own and a label of its own: to know the place is to know the label.
    rows = RANDOM.normal(size=(20, 2))[groups] + 0.01 * RANDOM.normal(size=(200, 2))
    labels = RANDOM.permutation(np.repeat([0, 1], 10))[groups]
    free = Classifier(members="trees", quality="fast").fit(rows, labels)
    held = Classifier(members="trees", quality="fast").fit(rows, labels, groups=groups)
    assert free.model_.metrics["log_loss"] < 0.3 < 0.5 < held.model_.metrics["log_loss"]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        linear().fit(rows, labels, groups=groups[1:])


def test_class_weights_move_decisions_and_not_probabilities() -> None:
    plain, weighed = linear().fit(X, BINARY), linear(class_weight={"no": 1, "yes": 9}).fit(X, BINARY)
    assert (plain.predict_proba(X) == weighed.predict_proba(X)).all()
    assert (weighed.predict(X) == np.where(plain.predict_proba(X)[:, 1] >= 0.1, "yes", "no")).all()
    rare = np.where(ODDS > 3.5, "rare", "common")
    assert (linear(class_weight="balanced").fit(X, rare).predict(X) == "rare").sum() > (rare == "rare").sum()


def test_a_threshold_a_goal_and_costs_decide() -> None:
    plain = linear().fit(X, BINARY)
    low = linear(threshold=0.2).fit(X, BINARY)
    assert (low.predict(X) == np.where(plain.predict_proba(X)[:, 1] >= 0.2, "yes", "no")).all()
    goal = linear(threshold="metric:f1").fit(X, BINARY)
    assert goal.model_.rule.threshold != 0.5
    costs = {("no", "yes"): 1, ("yes", "no"): 4}
    assert (linear(costs=costs).fit(X, BINARY).predict(X) == low.predict(X)).all()
    assert message(lambda: linear(costs=costs, class_weight="balanced").fit(X, BINARY)) == (
        "costs and class_weight each say how predict decides; give one of them"
    )


def test_ordered_classes_are_those_of_ascending_labels() -> None:
    classifier = linear(ordered=True).fit(X, MULTI)
    assert classifier.model_.task.ordered
    assert classifier.model_.task.classes == (0, 10, 20)


def test_one_class_and_weights_or_options_that_make_no_sense_are_an_error() -> None:
    assert message(lambda: linear().fit(X, np.ones(150))) == (
        "a classifier needs labels of at least two classes to learn from; got 1 class, [1.0]"
    )
    assert message(lambda: linear().fit(X, BINARY, sample_weight=BINARY == "yes")) == (
        "a classifier needs labels of at least two classes to learn from; got 1 class, ['yes']"
    )
    assert message(lambda: linear(quality="quick").fit(X, BINARY)) == (
        "quality must be one of 'fast', 'default', 'best'; got 'quick'"
    )
    assert message(lambda: linear().fit(X, BINARY, sample_weight=[1.0])) == (
        "sample_weight must have shape (150,), one weight a row; got (1,)"
    )
    assert message(lambda: linear(class_weight={"maybe": 2}).fit(X, BINARY)) == (
        "class_weight weighs 'maybe', which no row is; the classes are ['no', 'yes']"
    )


def test_the_seed_decides_and_the_order_of_the_rows_does_not() -> None:
    order = RANDOM.permutation(len(X))
    options = {"members": ("network",), "quality": "fast", "epochs": 2}
    first, again, mixed = (
        Classifier(**options).fit(rows, labels).predict_proba(X)
        for rows, labels in ((X, BINARY), (X, BINARY), (X[order], BINARY[order]))
    )
    assert (first == again).all()
    assert (first == mixed).all()
    other = Classifier(**options, random_state=1).fit(X, BINARY).predict_proba(X)
    assert (first != other).any()
    drawn = Classifier(**options, random_state=np.random.RandomState(5)).fit(X, BINARY)
    assert drawn.model_.recipe.seed == np.random.RandomState(5).randint(2**31 - 1)


def test_an_estimator_is_cloned_with_its_options_and_pickled_with_its_model() -> None:
    classifier = linear(folds=3, class_weight={"no": 1, "yes": 2}).fit(FRAME, BINARY)
    assert clone(classifier).get_params() == classifier.get_params()
    assert not hasattr(clone(classifier), "model_")
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict_proba(FRAME) == classifier.predict_proba(FRAME)).all()
    assert is_classifier(classifier)


def test_the_model_is_saved_and_loaded_as_any_other(tmp_path: Path) -> None:
    classifier = linear().fit(FRAME, BINARY)
    classifier.model_.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.predict(FRAME)["decision"].to_list() == classifier.predict(FRAME).tolist()
    assert loaded.predict(FRAME)["probability_yes"].to_numpy() == pytest.approx(classifier.predict_proba(FRAME)[:, 1])


def test_progress_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    Classifier(members="network", quality="fast", epochs=2, verbose=1).fit(X, BINARY)
    assert "epoch 1: loss" in capsys.readouterr().out


def test_it_works_in_a_pipeline_and_a_grid_search() -> None:
    scaled = make_column_transformer((StandardScaler(), ["a", "b"]), remainder="passthrough")
    scaled.set_output(transform="pandas")
    search = GridSearchCV(
        make_pipeline(scaled, linear()),
        {"classifier__folds": [2, 3]},
        cv=2,
        scoring="neg_log_loss",
        error_score="raise",
    )
    search.fit(FRAME.to_pandas(), BINARY)
    assert search.best_score_ > -0.6
    assert search.predict(FRAME.to_pandas()).shape == (150,)
    assert cross_val_score(linear(), FRAME, BINARY, cv=2).mean() > 0.7


def test_thresholds_and_calibrators_of_scikit_learn_take_it() -> None:
    tuned = TunedThresholdClassifierCV(linear(), scoring="f1", cv=2).fit(X, BINARY == "yes")
    assert 0 < tuned.best_threshold_ < 1
    fixed = FixedThresholdClassifier(linear(), threshold=0.2, pos_label="yes").fit(X, BINARY)
    assert (fixed.predict(X) == linear(threshold=0.2).fit(X, BINARY).predict(X)).all()
    calibrated = CalibratedClassifierCV(linear(), method="sigmoid", cv=2).fit(X, MULTI)
    assert calibrated.predict_proba(X).shape == (150, 3)


def test_weights_and_groups_are_routed() -> None:
    groups, weights = np.arange(150) // 3, RANDOM.random(150)
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = linear().set_fit_request(sample_weight=True, groups=True).set_score_request(sample_weight=True)
        results = cross_validate(
            classifier,
            X,
            BINARY,
            cv=GroupKFold(3),
            params={"groups": groups, "sample_weight": weights},
            return_estimator=True,
            error_score="raise",
        )
        assert results["test_score"].mean() > 0.6
        assert all(each.model_.evaluation.weighted for each in results["estimator"])
        scorer = make_scorer(log_loss, response_method="predict_proba").set_score_request(sample_weight=True)
        assert scorer(results["estimator"][0], X, BINARY, sample_weight=weights) < 0.7


def test_the_class_is_imported_without_what_its_instances_need() -> None:
    code = (
        "import sys; from crossent import Classifier; "
        "heavy = {'sklearn', 'pandas', 'polars', 'scipy', 'lightgbm', 'altair', 'torch'} & set(sys.modules); "
        "from sklearn.base import BaseEstimator; "
        "class_of = type(Classifier()); "
        "print(sorted(heavy), issubclass(class_of, BaseEstimator), hasattr(Classifier, 'set_fit_request'))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[] True True\n"


def test_a_subclass_made_before_any_instance_is_complete_too() -> None:
    code = (
        "from crossent import Classifier\n"
        "class Mine(Classifier):\n    def __init__(self, folds=None):\n        super().__init__(folds=folds)\n"
        "print(Mine(folds=3).get_params(), hasattr(Mine, 'set_fit_request'))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "{'folds': 3} True\n"
