"""A network of one's own: trained, calibrated, decided by and judged as crossent's are."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

from crossent import Classifier, InputError, fit

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(160, 2))
RING = (np.hypot(X[:, 0], X[:, 1]) > 1.2).astype(int)
THIRDS = np.digitize(np.hypot(X[:, 0], X[:, 1]), [0.8, 1.5])


class Net(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 16), nn.ReLU(), nn.Linear(16, outputs))

    def forward(self, rows: Tensor) -> Tensor:
        return self.layers(rows)


def test_a_class_of_modules_is_trained_and_judged_on_rows_that_it_has_not_seen() -> None:
    for labels in (RING, THIRDS):
        classifier = Classifier(module=Net, quality="fast", random_state=1).fit(X, labels)
        assert classifier.score(X, labels) > 0.85
        assert classifier.model_.metrics["log_loss"] < (0.5 if labels is RING else 0.7)
        assert classifier.model_.rows["validation"] == 160
        assert classifier.model_.blend.parts[0].name == "module"


def test_a_function_makes_the_module_and_is_told_how_wide_rows_are() -> None:
    told: list[tuple[int, int]] = []

    def make(inputs: int, outputs: int) -> nn.Module:
        told.append((inputs, outputs))
        return nn.Linear(inputs, outputs)

    frame = pl.DataFrame({"x": X[:, 0], "level": np.where(RING == 1, "in", "out")})
    classifier = Classifier(module=make, quality="fast", epochs=30).fit(frame, RING)
    # One number; codes for missing, unseen and the two levels; one logit of two classes.
    assert set(told) == {(5, 1)}
    assert classifier.score(frame, RING) > 0.95


def test_the_seed_decides_the_first_weights() -> None:
    torch.manual_seed(0)
    first = Classifier(module=Net, quality="fast", epochs=2).fit(X, RING).predict_proba(X)
    torch.manual_seed(1)
    again = Classifier(module=Net, quality="fast", epochs=2).fit(X, RING).predict_proba(X)
    assert (first == again).all()


def test_weights_count_in_the_training_of_a_module() -> None:
    weights = np.where(X[:, 0] > 0, 1.0, 0.01)
    labels = np.where(X[:, 0] > 0, X[:, 1] > 0, X[:, 1] < 0).astype(int)
    classifier = Classifier(module=nn.Linear, quality="fast").fit(X, labels, sample_weight=weights)
    right = classifier.predict(X) == labels
    assert right[X[:, 0] > 0].mean() > 0.9
    assert right[X[:, 0] < 0].mean() < 0.4


def test_it_is_pickled_but_not_saved_in_a_folder_which_holds_no_code(tmp_path: Path) -> None:
    classifier = Classifier(module=Net, quality="fast", epochs=2).fit(X, RING)
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict_proba(X) == classifier.predict_proba(X)).all()
    with pytest.raises(InputError, match="a network of your own class cannot be saved in a model folder"):
        classifier.model_.save(tmp_path / "model")


def test_a_module_of_the_wrong_shape_is_an_error() -> None:
    def wide(inputs: int, outputs: int) -> nn.Module:
        return nn.Linear(inputs, outputs + 1)

    def nothing(inputs: int, outputs: int) -> Any:
        return None

    with pytest.raises(InputError, match=r"must return logits of shape \(\d+, 3\); it returned \(\d+, 4\)"):
        Classifier(module=wide, quality="fast").fit(X, THIRDS)
    with pytest.raises(InputError, match=r"must be a class of nn\.Module, or a function of inputs and outputs"):
        Classifier(module=nothing, quality="fast").fit(X, RING)


def test_what_cannot_be_done_with_a_module_is_refused_before_the_work(tmp_path: Path) -> None:
    def never(inputs: int, outputs: int) -> nn.Module:
        raise AssertionError("it is built")

    rows = {"x": X[:, 0], "y": RING, "t": range(160)}
    with pytest.raises(InputError, match="cannot be trained anew on all rows, which splits by time need"):
        fit(rows, target="y", time="t", module=never)
    with pytest.raises(InputError, match="cannot be kept in a checkpoint, which holds no code"):
        fit(rows, target="y", module=never, checkpoint=tmp_path / "state")
    assert not (tmp_path / "state").exists()
    with pytest.raises(InputError, match="cannot be held to a time limit; got time_limit=3: give epochs="):
        Classifier(module=never, time_limit=3).fit(X, RING)
