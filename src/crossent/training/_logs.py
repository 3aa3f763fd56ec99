"""Watches that write down what they are told: as JSON lines, for TensorBoard, for MLflow, or for several at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from .._errors import InputError
from ._history import Epoch
from ._watch import Watch

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from torch.utils.tensorboard import SummaryWriter


class JsonLines(Watch):
    """Append each epoch as one line of JSON to a file, `{"member": ..., "epoch": ..., "loss": ...}`, as it ends.

    Args:
        path: The file; its folder is there.
        name: The member that is trained; "" where there is but one.
    """

    def __init__(self, path: str | Path, name: str = "") -> None:
        self._path = Path(path)
        self._name = name

    @override
    def member(self, name: str) -> Watch:
        return JsonLines(self._path, name)

    @override
    def epoch(self, record: Epoch) -> None:
        line = json.dumps({"member": self._name, **asdict(record)})
        with self._path.open("a", encoding="utf-8") as file:  # in one write, so that threads do not mix their lines
            file.write(line + "\n")


class TensorBoard(Watch):
    """Write each epoch's figures for TensorBoard, under the member's name.

    Args:
        folder: Where TensorBoard looks.

    Raises:
        InputError: TensorBoard is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # an extra
        except ImportError:
            raise InputError("logs for TensorBoard need it: pip install 'crossent[tensorboard]'") from None
        self._writer: SummaryWriter = SummaryWriter(str(folder))
        self._name = ""

    @override
    def member(self, name: str) -> Watch:
        other = object.__new__(TensorBoard)
        other._writer, other._name = self._writer, f"{name}/"
        return other

    @override
    def epoch(self, record: Epoch) -> None:
        for name, value in asdict(record).items():
            if name != "epoch":
                self._writer.add_scalar(f"{self._name}{name}", value, record.epoch)
        self._writer.flush()


class MLflow(Watch):
    """Log each epoch's figures to a run of MLflow: the active one, or a new one.

    Raises:
        InputError: MLflow is not installed.
    """

    def __init__(self) -> None:
        try:
            import mlflow  # an extra, and slow to import
        except ImportError:
            raise InputError("logs for MLflow need it: pip install 'crossent[mlflow]'") from None
        run = mlflow.active_run() or mlflow.start_run()
        self._client: MlflowClient = mlflow.MlflowClient()
        self._run: str = run.info.run_id
        self._name = ""

    @override
    def member(self, name: str) -> Watch:
        other = object.__new__(MLflow)
        other._client, other._run, other._name = self._client, self._run, f"{name}/"
        return other

    @override
    def epoch(self, record: Epoch) -> None:
        for name, value in asdict(record).items():
            if name != "epoch":  # from any thread: the client is told which run it is
                self._client.log_metric(self._run, f"{self._name}{name}", value, step=record.epoch)


class Several(Watch):
    """Tell several watches the same."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = tuple(watches)

    @override
    def member(self, name: str) -> Watch:
        return Several([watch.member(name) for watch in self._watches])

    @override
    def start(self, rows: int, epochs: int) -> None:
        for watch in self._watches:
            watch.start(rows, epochs)

    @override
    def step(self, rows: int) -> None:
        for watch in self._watches:
            watch.step(rows)

    @override
    def epoch(self, record: Epoch) -> None:
        for watch in self._watches:
            watch.epoch(record)
