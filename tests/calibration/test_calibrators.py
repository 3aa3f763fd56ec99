"""Each calibrator against an independent reference, at the edges, and under what must not change it."""

import json
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.optimize import isotonic_regression
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from crossent import InputError, Task
from crossent.calibration import Calibrator, Method, fit_calibrator

BINARY = Task.binary(["no", "yes"])
ONE_LOGIT: list[Method] = ["temperature", "platt", "beta", "quadratic", "isotonic", "venn_abers"]
K_LOGITS: list[Method] = ["temperature", "vector", "matrix", "svs", "sms", "isotonic", "venn_abers"]
BY_LIKELIHOOD: list[Method] = ["temperature", "platt", "beta", "quadratic"]
Floats = npt.NDArray[np.float64]


def rows(n: int, *, seed: int = 0, slope: float = 0.5, shift: float = -0.7) -> tuple[Tensor, Tensor]:
    """Logits, and labels whose true log odds are slope z + shift."""
    random = np.random.default_rng(seed)
    z = random.normal(0, 2, n)
    y = random.random(n) < 1 / (1 + np.exp(-(slope * z + shift)))
    return torch.tensor(z), torch.tensor(y).long()


def rows_of_classes(n: int, classes: int, *, seed: int = 0) -> tuple[Task, Tensor, Tensor]:
    random = np.random.default_rng(seed)
    z = random.normal(0, 2, (n, classes))
    true = 0.5 * z + 0.5 * random.normal(size=classes)
    y = (true + random.gumbel(size=true.shape)).argmax(axis=1)
    return Task.multiclass([f"c{k}" for k in range(classes)]), torch.tensor(z), torch.tensor(y)


def loss(task: Task, logits: Tensor, labels: Tensor) -> float:
    return float(task.loss(logits, labels))


def record(calibrator: Calibrator) -> dict[str, Any]:
    return calibrator.to_dict()["maps"][0]


def test_temperature_is_where_the_loss_is_least_among_all_factors() -> None:
    z, y = rows(4000, shift=0.0)
    slope = record(fit_calibrator(BINARY, z, y, method="temperature"))["slope"]
    grid = np.linspace(0.3, 0.8, 5001)
    losses = [np.logaddexp(0, np.where(y == 1, -s, s) * z.numpy()).sum() + np.log(s) ** 2 / 2 for s in grid]
    assert slope == pytest.approx(grid[int(np.argmin(losses))], abs=1e-4)


def test_platt_is_logistic_regression_on_the_logit() -> None:
    z, y = rows(5000)
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(z.numpy()[:, None], y.numpy())
    at = torch.linspace(-5, 5, 11, dtype=torch.float64)
    expected = reference.decision_function(at.numpy()[:, None])
    np.testing.assert_allclose(fit_calibrator(BINARY, z, y, method="platt")(at), expected, atol=2e-4)


@pytest.mark.parametrize("method", ["beta", "quadratic"])
def test_beta_and_quadratic_are_logistic_regression_on_their_parts(method: Method) -> None:
    z, y = rows(20_000, slope=0.8)
    x = z.numpy()
    at = np.linspace(-4, 4, 9)

    def columns(t: Floats) -> Floats:
        if method == "quadratic":
            return np.stack([t, t * t], axis=1)
        return np.stack([-np.logaddexp(0, -t), np.logaddexp(0, t)], axis=1)

    reference = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000)
    # Beta's parts of the tempered logit span another space than those of the logit: compare at the slope found.
    found = fit_calibrator(BINARY, z, y, method=method)
    slope = record(found)["slope"]
    reference.fit(columns(slope * x), y.numpy())
    expected = reference.decision_function(columns(slope * at))
    np.testing.assert_allclose(found(torch.tensor(at)), expected, atol=2e-3)


def test_vector_and_matrix_reach_the_likelihood_of_logistic_regression() -> None:
    task, z, y = rows_of_classes(3000, 4)
    centred = (z - z.mean(1, keepdim=True)).numpy()
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(centred, y.numpy())
    best = loss(task, torch.tensor(reference.decision_function(centred)), y)
    matrix, vector = (loss(task, fit_calibrator(task, z, y, method=m)(z), y) for m in ("matrix", "vector"))
    assert matrix == pytest.approx(best, abs=1e-5)
    assert best - 1e-9 <= matrix <= vector


def test_isotonic_says_of_pure_blocks_what_half_a_row_each_way_says() -> None:
    z = torch.tensor([-3.0, -2.0, -1.0, 1.0, 2.0])
    y = torch.tensor([0, 0, 0, 1, 1])
    made = fit_calibrator(BINARY, z, y, method="isotonic")
    assert made(torch.tensor([-9.0, -2.0, 1.5, 9.0])).sigmoid().tolist() == pytest.approx(
        [0.5 / 4, 0.5 / 4, 2.5 / 3, 2.5 / 3]
    )


def test_isotonic_on_many_rows_is_isotonic_regression() -> None:
    z, y = rows(100_000)
    made = fit_calibrator(BINARY, z, y, method="isotonic")(z).sigmoid().numpy()
    order = np.argsort(z.numpy())
    expected = isotonic_regression(y.numpy()[order].astype(float)).x
    assert np.abs(made[order] - expected).mean() < 0.006
    assert (np.diff(made[order]) >= 0).all()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30, 80])
@pytest.mark.parametrize("digits", [0, 1, 9])
def test_venn_abers_is_two_isotonic_regressions_a_row(n: int, digits: int) -> None:
    random = np.random.default_rng(n)
    z = np.round(random.normal(0, 2, n), digits)
    y = (random.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    y[0], y[-1] = (0, 1) if n > 1 else (y[0], y[0])
    if n == 1:
        z, y = np.append(z, z), np.array([0, 1])
    calibrator = fit_calibrator(BINARY, z, torch.tensor(y), method="venn_abers")
    for at in np.concatenate([z, z + 0.01, z - 0.01, [-50.0, 50.0]]):
        ends = []
        for label in (0, 1):
            _, place = np.unique(np.append(z, at), return_inverse=True)
            many = np.bincount(place).astype(float)
            share = np.bincount(place, weights=np.append(y, label)) / many
            ends.append(isotonic_regression(share, weights=many).x[place[-1]])
        merged = ends[1] / (1 - ends[0] + ends[1])
        assert float(calibrator(torch.tensor([at])).sigmoid()) == pytest.approx(merged, rel=1e-9)


@pytest.mark.parametrize("method", BY_LIKELIHOOD)
@pytest.mark.parametrize("n", [3, 10, 100, 1000])
def test_on_the_rows_that_it_was_fitted_on_the_log_loss_is_never_above_that_of_the_logits(
    method: Method, n: int
) -> None:
    for seed in range(8):
        z, y = rows(n, seed=seed, slope=(1.0, 0.1, -1.0, 5.0)[seed % 4], shift=(0.0, 2.0)[seed % 2])
        y[0], y[1] = 0, 1
        made = fit_calibrator(BINARY, z, y, method=method)(z)
        assert loss(BINARY, made, y) <= loss(BINARY, z, y) + 1e-15


@pytest.mark.parametrize("method", ["temperature", "vector", "matrix", "svs", "sms"])
@pytest.mark.parametrize("classes", [2, 3, 20])
def test_the_same_of_many_classes(method: Method, classes: int) -> None:
    for n in (3, 60, 300):
        task, z, y = rows_of_classes(n, classes, seed=n)
        assert loss(task, fit_calibrator(task, z, y, method=method)(z), y) <= loss(task, z, y) + 1e-15


@pytest.mark.parametrize("method", ONE_LOGIT)
def test_one_logit_never_falls_where_it_rose(method: Method) -> None:
    for slope in (1.0, -1.0, 0.0):
        z, y = rows(400, slope=slope)
        made = fit_calibrator(BINARY, z, y, method=method)(torch.linspace(-60, 60, 4001, dtype=torch.float64))
        assert (made.diff() >= -1e-12).all()


def test_temperature_keeps_the_ranking_and_the_decisions() -> None:
    task, z, y = rows_of_classes(500, 5)
    made = fit_calibrator(task, z, y, method="temperature")(z)
    assert torch.equal(made.argmax(1), z.argmax(1))
    z, y = rows(500, slope=-1.0)  # a model that is worse than none
    made = fit_calibrator(BINARY, z, y, method="temperature")(z)
    assert torch.equal(made.argsort(stable=True), z.argsort(stable=True))


@pytest.mark.parametrize("method", ONE_LOGIT)
@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1.0, 1e3, 1e80])
def test_separable_rows_and_logits_of_any_size_give_finite_logits(method: Method, scale: float) -> None:
    z = torch.tensor([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], dtype=torch.float64) * scale
    made = fit_calibrator(BINARY, z, (z > 0).long(), method=method)
    assert made(torch.tensor([-1e308, -5.0, 0.0, 5.0, 1e308], dtype=torch.float64)).isfinite().all()
    assert (made(z).diff() >= 0).all()


def test_on_separable_rows_temperature_grows_with_the_rows_and_stays_finite() -> None:
    slopes = []
    for n in (10, 1000, 100_000):
        y = torch.arange(n) % 2
        slopes.append(record(fit_calibrator(BINARY, 2.0 * y - 1, y, method="temperature"))["slope"])
    assert 1 < slopes[0] < slopes[1] < slopes[2] < 20


@pytest.mark.parametrize("method", K_LOGITS)
@pytest.mark.parametrize("classes", [2, 3, 200])
def test_few_rows_and_absent_classes_give_finite_logits(method: Method, classes: int) -> None:
    task, z, _ = rows_of_classes(6, classes)
    if (classes, method) == (200, "matrix"):
        z = z[:3]
    made = fit_calibrator(task, z, torch.zeros(len(z), dtype=torch.int64), method=method)(z * 1e3)
    assert made.shape == z.shape
    assert made.isfinite().all()
    assert task.probabilities(made).sum(1).numpy() == pytest.approx(np.ones(len(z)))


@pytest.mark.parametrize("method", K_LOGITS)
def test_what_is_added_to_all_logits_of_a_row_changes_nothing(method: Method) -> None:
    task, z, y = rows_of_classes(300, 3)
    moved = z + torch.linspace(-5, 5, 300, dtype=torch.float64)[:, None]
    one, two = (task.probabilities(fit_calibrator(task, x, y, method=method)(x)) for x in (z, moved))
    np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("method", BY_LIKELIHOOD)
def test_a_weight_of_two_is_the_row_twice(method: Method) -> None:
    z, y = rows(200)
    weights = 1 + torch.arange(200) % 2
    once = fit_calibrator(BINARY, z, y, method=method, weights=weights)
    twice = fit_calibrator(BINARY, z.repeat_interleave(weights), y.repeat_interleave(weights), method=method)
    # Weights are taken as relative: their mean is one row.
    np.testing.assert_allclose(once(z), twice(z), atol=0.05)


def test_rows_of_weight_0_and_ignored_rows_take_no_part() -> None:
    z, y = rows(200)
    some = torch.arange(200) < 150
    expected = fit_calibrator(BINARY, z[some], y[some], method="platt")
    assert fit_calibrator(BINARY, z, y, method="platt", weights=some.long()) == expected
    task = Task.multiclass(["a", "b"], ignored="?")
    two = torch.stack([torch.zeros_like(z), z], 1)
    labels = torch.where(some, y, -100)
    assert fit_calibrator(task, two, labels, method="svs") == fit_calibrator(task, two[some], y[some], method="svs")


def test_each_label_has_its_own_calibrator_and_one_without_evidence_none() -> None:
    task = Task.multilabel(["red", "green", "blue"])
    z, y = rows(600)
    logits, labels = z.reshape(200, 3), y.reshape(200, 3).clone()
    labels[:, 2] = 0
    made = fit_calibrator(task, logits, labels, method="platt")
    alone = fit_calibrator(BINARY, logits[:, 1], labels[:, 1], method="platt")
    assert made.maps[1] == alone.maps[0]
    assert made.maps[2] is None
    assert torch.equal(made(logits)[:, 2], logits[:, 2])


def every_calibrator() -> list[Any]:
    return [*(("binary", m) for m in ONE_LOGIT), *(("multiclass", m) for m in K_LOGITS), ("multilabel", "beta")]


@pytest.mark.parametrize(("kind", "method"), every_calibrator())
def test_a_record_in_json_gives_back_the_same_bits(kind: str, method: Method) -> None:
    if kind == "multiclass":
        task, z, y = rows_of_classes(150, 4)
    else:
        z, y = rows(150)
        task = BINARY
    if kind == "multilabel":
        task, z, y = Task.multilabel(["a", "b"]), z.reshape(75, 2), y.reshape(75, 2)
    calibrator = fit_calibrator(task, z, y, method=method)
    again = Calibrator.from_dict(task, json.loads(json.dumps(calibrator.to_dict())))
    assert again == calibrator
    assert torch.equal(again(z), calibrator(z))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"method": "platt", "maps": []},
        {"method": "sms", "maps": [{}]},
        {"method": "platt", "maps": [{"shape": "platt"}]},
        {"method": "isotonic", "maps": [{"knots": [], "log_odds": [1.0]}]},
        {"method": ["platt"], "maps": 3},
    ],
)
def test_a_record_of_something_else_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Calibrator.from_dict(BINARY, record)


def test_a_rows_bits_do_not_depend_on_its_neighbours() -> None:
    task, z, y = rows_of_classes(300, 7)
    for method in K_LOGITS:
        calibrator = fit_calibrator(task, z, y, method=method)
        whole = calibrator(z)
        assert all(torch.equal(calibrator(z[i : i + 1])[0], whole[i]) for i in range(0, 300, 37)), method


@pytest.mark.parametrize(
    ("logits", "labels", "method", "message"),
    [
        ([1.0, 2.0], [1, 1], "platt", "calibration needs rows of both classes; all 2 are 'yes'"),
        ([1.0, float("nan")], [0, 1], "platt", "logits must be finite; 1 of 2 are NaN or infinite"),
        ([1, 2], [0, 1], "platt", "logits must be floating-point numbers; got torch.int64"),
        ([1.0], [0, 1], "platt", "logits and labels must have as many rows; got 1 and 2"),
        (
            [1.0, 2.0],
            [0, 1],
            "sms",
            "the calibration method of a binary task must be one of temperature, platt, beta, quadratic, isotonic, "
            "venn_abers; got 'sms'",
        ),
    ],
)
def test_bad_input_is_one_clear_error(logits: list[Any], labels: list[int], method: Method, message: str) -> None:
    with pytest.raises(InputError) as error:
        fit_calibrator(BINARY, torch.tensor(logits), torch.tensor(labels), method=method)
    assert str(error.value) == message


def test_bad_weights_are_refused() -> None:
    z, y = rows(4)
    with pytest.raises(InputError, match=r"weights must be finite and at least 0; got -1\.0 to 1\.0"):
        fit_calibrator(BINARY, z, y, method="platt", weights=[1.0, -1.0, 1.0, 1.0])
    with pytest.raises(InputError, match="weights must be 4 numbers, one a row"):
        fit_calibrator(BINARY, z, y, method="platt", weights=[1.0])
    with pytest.raises(InputError, match="calibration needs at least one labelled row of a weight above 0; got 4 rows"):
        fit_calibrator(BINARY, z, y, method="platt", weights=[0, 0, 0, 0])


def test_every_method_is_tested() -> None:
    assert {*ONE_LOGIT, *K_LOGITS} == {*get_args(Method)}
