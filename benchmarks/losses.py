"""The losses beside torch's, eager and compiled, and beside the floor: reading and writing the tensors once.

    python benchmarks/losses.py [--only PATTERN] [--rounds 15] [--quick]

Forward, and forward with backward, with 1 and 2 threads, and the peak of the memory beyond the arguments. The
contenders take turns within each round, so that a busy machine slows all of them, and the medians' ratios are quoted.
After each case the results are written, as JSON, Markdown and a chart; a run with `--only` replaces its own cases and
keeps the rest.
"""

import argparse
import json
import math
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from loss_cases import CONTENDERS, MEMORY_FROM, Case, cases, contender
from loss_results import Measured, describe_machine, slower_than_torch, write
from peak_memory import in_fresh_process, peak_of

RESULTS = Path(__file__).parent / "results"
TURN_SECONDS = 0.02  # a short call is repeated within its turn for about this long
ROUNDS_SECONDS = 20.0  # rounds stop after this long, once there are a few
LEAST_ROUNDS = 3
LARGE = 100_000  # elements; below, a call takes longer than its memory does, and a second thread is only waited for


def measure(case: Case, names: list[str], rounds: int, threads: list[int], memory: bool) -> Measured:
    """Return the medians in seconds for each number of threads and direction, and the memory in sizes of the logits."""
    given = case.make()
    if given.x.numel() < LARGE:
        threads = threads[:1]
        names = [name for name in names if name != "floor"]
    times: dict[str, dict[str, dict[str, float]]] = {}
    for count in threads:
        torch.set_num_threads(count)
        times[str(count)] = {}
        for direction in ("forward", "both"):
            torch.compiler.reset()  # compiled code keeps the number of threads it was compiled with
            calls = {name: contender(name, case, given, direction == "both") for name in names}
            times[str(count)][direction] = take_turns(calls, rounds)
    peaks: dict[str, float | None] = {}
    if memory and given.x.numel() * given.x.element_size() >= MEMORY_FROM:
        peaks = {name: in_fresh_process(__file__, "--peak", case.title, name) for name in names if name != "floor"}
    return {"group": case.group, "name": case.name, "times": times, "peaks": peaks}


def take_turns(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Warm up, then measure rounds, in every second of which the turns go the other way round."""
    repeats = {name: found for name, call in calls.items() if (found := repeats_of(name, call))}
    taken: dict[str, list[float]] = {name: [] for name in repeats}
    order, begun = list(repeats), time.perf_counter()
    for done in range(rounds):
        for name in order:
            taken[name].append(seconds(calls[name], repeats[name]))
        order.reverse()
        if done + 1 >= LEAST_ROUNDS and time.perf_counter() - begun > ROUNDS_SECONDS:
            break
    return {name: statistics.median(of_name) for name, of_name in taken.items()}


def repeats_of(name: str, call: Callable[[], object]) -> int:
    """How often to call in one turn, from a call that is warm; 0 if torch cannot compile it, as without a compiler."""
    try:
        call()
    except RuntimeError as error:
        if name != "torch.compile":
            raise
        print(f"torch.compile is left out: {error}", flush=True)
        return 0
    call()
    return max(1, min(1000, math.ceil(TURN_SECONDS / seconds(call, 1))))


def seconds(call: Callable[[], object], repeats: int) -> float:
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


def print_peak(title: str, name: str) -> None:
    """What the fresh process does: one number, the peak in sizes of the logits."""
    case = next(case for case in cases() if case.title == title)
    given = case.make()
    peak = peak_of(contender(name, case, given, backward=True))
    print(json.dumps(None if peak is None else peak / (given.x.numel() * given.x.element_size())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a regular expression that the case's title holds")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="3 rounds, without torch.compile and memory")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print_peak(*options.peak)
        return
    names = [name for name in CONTENDERS if name != "torch.compile" or not (options.no_compile or options.quick)]
    rounds = LEAST_ROUNDS if options.quick else options.rounds
    chosen = [case for case in cases() if re.search(options.only, case.title)]
    if not chosen:
        parser.error(f"no case's title holds {options.only!r}; there are: {'; '.join(case.title for case in cases())}")
    machine = describe_machine(rounds)
    print(machine, flush=True)
    results: list[Measured] = []
    for case in chosen:
        measured = measure(case, names, rounds, options.threads, memory=not options.quick)
        results = write(options.output, machine, measured, [case.title for case in cases()])
        for line in lines_of(measured):
            print(line, flush=True)
    print(f"\nWritten to {options.output}.")
    slow = slower_than_torch(results)
    print("Slower than torch eager: " + ("; ".join(slow) if slow else "nothing") + ".")


def lines_of(measured: Measured) -> list[str]:
    lines = []
    for threads, directions in measured["times"].items():
        for direction, taken in directions.items():
            ours = taken["crossent"]
            rivals = "  ".join(f"{name} x{taken[name] / ours:.2f}" for name in taken if name != "crossent")
            title = f"{measured['group']}, {measured['name']}, {threads} thr., {direction}"
            lines.append(f"{title:<66} crossent {1e3 * ours:9.3f} ms  {rivals}")
    if measured["peaks"]:
        peaks = "  ".join(f"{name} {peak:.2f}" for name, peak in measured["peaks"].items() if peak is not None)
        lines.append(f"{measured['group']}, {measured['name']}, peak in sizes of the logits: {peaks}")
    return lines


if __name__ == "__main__":
    main()
