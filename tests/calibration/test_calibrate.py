"""The choice of a calibrator: it helps on rows not seen, or there is none."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor

from crossent import Calibration, InputError, Task, calibrate
from crossent.calibration import fit_calibrator

BINARY = Task.binary(["no", "yes"])


def rows(n: int, *, seed: int, slope: float = 1.0, shift: float = 0.0) -> tuple[Tensor, Tensor]:
    random = np.random.default_rng(seed)
    z = random.normal(0, 2, n)
    return torch.tensor(z), torch.tensor(random.random(n) < 1 / (1 + np.exp(-(slope * z + shift)))).long()


@pytest.mark.parametrize("n", [50, 400, 1500])
def test_auto_leaves_calibrated_logits_alone(n: int) -> None:
    refused = [calibrate(BINARY, *rows(n, seed=seed)).calibrator is None for seed in range(12)]
    assert sum(refused) >= 10


@pytest.mark.parametrize(("n", "slope", "shift"), [(200, 0.2, 0.0), (400, 1.0, -3.0), (1500, 0.3, 1.0)])
def test_auto_mends_logits_that_boast_or_are_shifted(n: int, slope: float, shift: float) -> None:
    z, y = rows(n, seed=1, slope=slope, shift=shift)
    found = calibrate(BINARY, z, y)
    assert found.calibrator is not None
    fresh, truth = rows(20_000, seed=2, slope=slope, shift=shift)
    ideal = float(BINARY.loss(slope * fresh + shift, truth))
    before, after = float(BINARY.loss(fresh, truth)), float(BINARY.loss(found(fresh), truth))
    assert after - ideal < 0.1 * (before - ideal)


def test_the_methods_tried_depend_on_rows_and_classes() -> None:
    assert [t.method for t in calibrate(BINARY, *rows(100, seed=0)).trials] == ["temperature", "platt"]
    assert [t.method for t in calibrate(BINARY, *rows(1000, seed=0)).trials] == ["quadratic", "beta", "platt"]
    for classes, expected in ((3, "sms"), (50, "sms"), (51, "svs")):
        task = Task.multiclass(range(classes))
        z = torch.randn(60, classes, generator=torch.Generator().manual_seed(0))
        assert [t.method for t in calibrate(task, z, torch.arange(60) % classes).trials] == ["temperature", expected]


def test_a_trial_is_the_loss_of_rows_that_the_calibrator_has_not_seen() -> None:
    # A label that contradicts all others costs each calibrator fitted without it; one fitted on it would know.
    z, y = rows(300, seed=3, slope=0.4)
    found = calibrate(BINARY, z, y, method="venn_abers")
    (trial,) = found.trials
    in_sample = float(BINARY.loss(found(z), y))
    fresh, truth = rows(100_000, seed=4, slope=0.4)
    honest = float(BINARY.loss(fit_calibrator(BINARY, z, y, method="venn_abers")(fresh), truth))
    assert in_sample < trial.log_loss
    assert trial.log_loss == pytest.approx(honest, abs=3 * trial.error + 0.02)
    assert trial.gain == pytest.approx(found.log_loss - trial.log_loss, abs=1e-12)


def test_a_method_that_is_named_is_applied_even_if_it_does_not_help() -> None:
    found = calibrate(BINARY, *rows(200, seed=5), method="isotonic")
    assert found.method == "isotonic"
    assert found.trials[0].gain < found.trials[0].error
    assert found.reason == "isotonic: asked for"


def test_without_evidence_auto_says_what_is_lacking() -> None:
    z, y = rows(200, seed=0)
    few = calibrate(BINARY, z[:19], y[:19])
    assert (few.method, few.reason) == (None, "none: 19 rows are too few to judge a calibrator by; it takes 20")
    assert calibrate(BINARY, z, torch.ones_like(y)).reason == "none: all 200 rows are 'yes'"
    assert torch.equal(few(z), z)


def test_one_seed_gives_the_same_bits_and_labels_may_be_names() -> None:
    z, y = rows(200, seed=6, slope=0.3)
    assert calibrate(BINARY, z, y, seed=1) == calibrate(BINARY, z.numpy(), BINARY.decode(y), seed=1)
    assert calibrate(BINARY, z, y, seed=1).trials != calibrate(BINARY, z, y, seed=2).trials


def test_multilabel_calibrates_label_by_label() -> None:
    task = Task.multilabel(["a", "b"])
    z, y = rows(1000, seed=7, slope=0.2)
    found = calibrate(task, z.reshape(500, 2), y.reshape(500, 2))
    assert found.method is not None
    assert found.log_loss > found.trials[0].log_loss


def test_a_record_in_json_gives_back_the_same_calibration() -> None:
    for slope in (1.0, 0.2):
        found = calibrate(BINARY, *rows(200, seed=8, slope=slope))
        assert Calibration.from_dict(BINARY, json.loads(json.dumps(found.to_dict()))) == found
    with pytest.raises(InputError, match="this is no record of a calibration"):
        Calibration.from_dict(BINARY, {"calibrator": None})


def test_bad_options_are_refused() -> None:
    z, y = rows(50, seed=0)
    with pytest.raises(InputError) as error:
        calibrate(BINARY, z, y, method="vector")
    assert str(error.value) == (
        "the calibration method of a binary task must be auto or one of temperature, platt, beta, quadratic, isotonic, "
        "venn_abers; got 'vector'"
    )
    with pytest.raises(InputError, match="folds must be at least 2; got 1"):
        calibrate(BINARY, z, y, folds=1)
