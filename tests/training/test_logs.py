"""Watches that write down what they are told."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from crossent import InputError
from crossent.training import Epoch, JsonLines, MLflow, Several, TensorBoard, Watch

RECORD = Epoch(3, 0.5, 0.6, 1000.0)


def test_each_epoch_is_a_line_of_json_under_its_members_name(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "history.jsonl")
    for name in ("network 1", "network 2"):
        log.member(name).epoch(RECORD)
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [line.pop("member") for line in lines] == ["network 1", "network 2"]
    assert [Epoch(**line) for line in lines] == [RECORD, RECORD]


def test_several_watches_are_told_the_same() -> None:
    told: list[Any] = []

    class Noted(Watch):
        def member(self, name: str) -> Watch:
            told.append(name)
            return self

        def start(self, rows: int, epochs: int) -> None:
            told.append((rows, epochs))

        def step(self, rows: int) -> None:
            told.append(rows)

        def epoch(self, record: Epoch) -> None:
            told.append(record)

    watch = Several([Noted(), Noted()]).member("linear")
    watch.start(10, 2)
    watch.step(5)
    watch.epoch(RECORD)
    assert told == ["linear", "linear", (10, 2), (10, 2), 5, 5, RECORD, RECORD]


@pytest.mark.parametrize(
    ("make", "package", "extra"),
    [(lambda: TensorBoard("runs"), "torch.utils.tensorboard", "tensorboard"), (MLflow, "mlflow", "mlflow")],
)
def test_a_logger_that_is_not_installed_says_how_to_install_it(
    make: Any, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.startswith(package):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError) as error:
        make()
    assert f"pip install 'crossent[{extra}]'" in str(error.value)
