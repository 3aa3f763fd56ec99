"""How many threads a step is worth."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn

from .._errors import InputError

Threads = int | Literal["size", "timed"]

# Multiply-adds of one step below which a second thread costs more than it brings: the threads wait for one another
# at each operation. Measured on small perceptrons: no gain on idle cores, 18 times slower on busy ones.
_WORTH_THREADS = 10_000_000
_MOST_THREADS = 1024
_ROUNDS = 5
_STEPS = 3
_SECONDS = 2.0
_WORTH_WHILE = 0.9
"""Of one thread's time: all threads must take less than this, for what they do is no one else's to use."""


def threads_for(wanted: Threads, network: nn.Module, batch_size: int, step: Callable[[], Callable[[], None]]) -> int:
    """The number of threads that a training is to run on, up to torch's own.

    Args:
        wanted: The number; "size": one while the network and batch are small, torch's own otherwise, which is the same
            each time; "timed": the faster of the two.
        network: Its weights are counted.
        batch_size: Rows a step.
        step: Makes what takes a step to time, which must leave no trace in the training. Made only where it is timed.

    Raises:
        InputError: It is none of these.
    """
    all_threads = torch.get_num_threads()
    if wanted == "size":
        weights = sum(weight.numel() for name, weight in network.named_parameters() if "codes" not in name)
        return 1 if batch_size * weights < _WORTH_THREADS else all_threads
    if wanted == "timed":
        return 1 if all_threads == 1 else _faster(step(), all_threads)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= _MOST_THREADS:
        raise InputError(
            f'threads must be "size", "timed", or a whole number from 1 to {_MOST_THREADS:,}; got {wanted!r}'
        )
    return wanted


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Run on so many threads."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(count)
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run on one thread, in a block or as a decorator: where tensors are small a second one costs more than it brings.

    On busy cores a sum over 500 rows took 17 ms on two threads: each waits until the other gets its turn.
    """
    with on_threads(1):
        yield


def _faster(step: Callable[[], None], all_threads: int) -> int:
    """One thread or all: they take turns, so that a machine that is busy for a moment slows both."""
    seconds: dict[int, list[float]] = {1: [], all_threads: []}
    started = time.perf_counter()
    for done in range(_ROUNDS):
        for count, times in seconds.items():
            with on_threads(count):
                step()  # not timed: threads start, and the first step makes the moments
                begun = time.perf_counter()
                for _ in range(_STEPS):
                    step()
                times.append(time.perf_counter() - begun)
        if done and time.perf_counter() - started > _SECONDS:
            break
    one, several = (statistics.median(times) for times in seconds.values())
    return all_threads if several < _WORTH_WHILE * one else 1
