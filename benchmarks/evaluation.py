"""A whole evaluation beside scikit-learn and torchmetrics: everything that the default report shows.

    python benchmarks/evaluation.py [--rows 1000000 10000000] [--rounds 5] [--only PATTERN] [--no-memory]

The contenders take turns within each round, and medians are printed, of the time on the clock and of the processors'
time, with the peak of the memory beyond the rows. Needs `pip install crossent[benchmark]`. The last line is of a
Parquet file that is evaluated batch by batch. On a machine that others use too, OMP_WAIT_POLICY=passive keeps threads
that wait for others from being counted as work.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import torch
from evaluation_contenders import CONTENDERS, Rows, rows_of
from loss_results import describe_machine
from peak_memory import in_fresh_process, peak_of

from crossent import Evaluation, Task

CASES: dict[str, Callable[[int], Rows]] = {
    "binary": lambda rows: rows_of(2, rows),
    "10 classes": lambda rows: rows_of(10, rows),
    "binary, names": lambda rows: rows_of(2, rows, names=True),
    "10 classes, names": lambda rows: rows_of(10, rows, names=True),
    "binary, weights": lambda rows: rows_of(2, rows, weighted=True),
}
LACKS = {"torchmetrics": ("names", "weights")}
ROUNDS_SECONDS = 60.0  # rounds stop after this long


def take_turns(rows: Rows, names: list[str], rounds: int) -> dict[str, tuple[float, float]]:
    """The medians of the seconds on the clock and of the processors' seconds."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    begun = time.perf_counter()
    for done in range(rounds):
        for name in names if done % 2 else reversed(names):
            clock, processors = time.perf_counter(), time.process_time()
            CONTENDERS[name](rows)
            taken[name].append((time.perf_counter() - clock, time.process_time() - processors))
        if time.perf_counter() - begun > ROUNDS_SECONDS:
            break
    return {name: (median(each, 0), median(each, 1)) for name, each in taken.items()}


def median(pairs: list[tuple[float, float]], place: int) -> float:
    return statistics.median(pair[place] for pair in pairs)


def measure(title: str, rows: int, rounds: int, memory: bool) -> list[str]:
    names = [name for name in CONTENDERS if not any(lack in title for lack in LACKS.get(name, ()))]
    given = CASES[title](rows)
    for name in ("crossent", "read once"):
        CONTENDERS[name](given)  # loads what is loaded but once
    seconds = take_turns(given, names, rounds)
    of_crossent = seconds["crossent"]
    lines = []
    for name in names:
        peak = in_fresh_process(__file__, "--peak", title, str(rows), name) if memory else None
        clock, processors = seconds[name]
        ratio = f"{clock / of_crossent[0]:.3g} ({processors / of_crossent[1]:.3g})"
        room = "" if peak is None else f"{peak / 2**20:.0f}"
        lines.append(f"| {title} | {rows:,} | {name} | {clock:.3f} | {processors:.3f} | {ratio} | {room} |")
    return lines


def print_peak(title: str, rows: int, name: str) -> None:
    given = CASES[title](rows)
    print(json.dumps(peak_of(lambda: CONTENDERS[name](given))))


def print_parquet(rows: int) -> None:
    """What the fresh process does: evaluates a Parquet file in batches, and prints the peak of its memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scored.parquet"
        given = rows_of(2, rows)
        pl.DataFrame({"label": given.codes.numpy(), "probability": given.probabilities.numpy()}).write_parquet(path)
        del given
        print(json.dumps(peak_of(lambda: evaluate_parquet(path))))


def evaluate_parquet(path: Path) -> object:
    evaluation = Evaluation.empty(Task.binary([0, 1]))
    for batch in pl.scan_parquet(path).collect_batches(chunk_size=1 << 17):
        labels, probabilities = (torch.from_numpy(batch[name].to_numpy(writable=True)) for name in batch.columns)
        evaluation = evaluation.update(labels, probabilities=probabilities)
    return evaluation.compute()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**6, 10**7])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a regular expression that the case's title holds")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--parquet", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print_peak(options.peak[0], int(options.peak[1]), options.peak[2])
        return
    if options.parquet:
        print_parquet(options.parquet)
        return
    print(describe_machine(options.rounds), flush=True)
    print("| rows of | rows | by | clock, s | processors, s | to crossent, clock (processors) | memory, MiB |")
    print("|---|---|---|---|---|---|---|")
    for rows in options.rows:
        for title in (title for title in CASES if re.search(options.only, title)):
            print("\n".join(measure(title, rows, options.rounds, not options.no_memory)), flush=True)
    if not options.no_memory:
        peak = in_fresh_process(__file__, "--parquet", str(max(options.rows)))
        room = "unknown" if peak is None else f"{peak / 2**20:.0f} MiB"
        print(f"\nParquet of {max(options.rows):,} rows in batches, the peak: {room}.")


if __name__ == "__main__":
    main()
