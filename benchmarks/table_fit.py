"""One contender on one split of one table, measured in this process: `tables.py` starts it.

    python benchmarks/table_fit.py '{"table": "t.parquet", "split": 0, "fit": 0, "contender": "XGBoost", "options": {}}'

It prints one JSON object: the figures on the test rows, the seconds and the processors' seconds of fitting and
predicting (threads and children too; imports not), and the peak of the memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from table_contenders import PEERS, Probabilities, crossent
from table_rows import Rows, read_rows
from table_scaling import made_rows

BINS = 15


def figures(labels: npt.NDArray[np.int64], probabilities: Probabilities) -> dict[str, float]:
    """The same judge for all: scikit-learn's figures, the Brier score and the calibration error."""
    known = list(range(probabilities.shape[1]))
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)  # float32 sums to one only nearly
    binary = len(known) == 2
    scores = probabilities[:, 1] if binary else probabilities
    return {
        "log_loss": log_loss(labels, probabilities, labels=known),
        "brier": brier_score(labels, probabilities),
        "roc_auc": roc_auc_score(labels, scores, multi_class="ovr", labels=known),
        "accuracy": accuracy_score(labels, probabilities.argmax(axis=1)),
        "ece": calibration_error(labels, probabilities),
    }


def brier_score(labels: npt.NDArray[np.int64], probabilities: Probabilities) -> float:
    """The mean squared distance to the label, summed over classes; halved for two, as is usual."""
    distances = (probabilities - np.eye(probabilities.shape[1])[labels]) ** 2
    return float(distances.sum(axis=1).mean() / (2 if probabilities.shape[1] == 2 else 1))


def calibration_error(labels: npt.NDArray[np.int64], probabilities: Probabilities) -> float:
    """The mean distance between confidence and accuracy over 15 bins of equal width of the top probability."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(places, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def measured(rows: Rows, contender: str, seed: int, options: dict[str, str | float]) -> dict[str, float]:
    clock, work = time.perf_counter(), _work()
    if contender.startswith("crossent"):
        probabilities = crossent(rows, seed, **options)
    else:
        probabilities = PEERS[contender](rows, seed)
    spent = {"cpu_s": _work() - work, "wall_s": time.perf_counter() - clock, "peak_mib": _peak() / 2**20}
    return {"rows": len(rows.training), **figures(rows.codes(rows.test), probabilities), **spent}


def _work() -> float:
    """The processors' seconds of this process, its threads, and those of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak() -> int:
    """The most memory of this process, imports included."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss starts from that of the process that has started this one
        return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    warnings.simplefilter("ignore")  # of the peers; the figures say what is to be said
    order = json.loads(sys.argv[1])
    made = order.get("made")
    rows = made_rows(made) if made else read_rows(Path(order["table"]), order["split"])
    print(json.dumps(measured(rows, order["contender"], order["fit"], order["options"])))


if __name__ == "__main__":
    main()
