"""How many threads a step is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

# Multiply-adds of one step below which a second thread costs more than it brings: the threads wait for one another
# at each operation. Measured on small perceptrons: no gain on idle cores, 18 times slower on busy ones.
_WORTH_THREADS = 10_000_000


@contextmanager
def fitting_threads(network: nn.Module, batch_size: int) -> Iterator[None]:
    """Run on one thread while the network and batch are small, on torch's own number otherwise."""
    before = torch.get_num_threads()
    weights = sum(weight.numel() for name, weight in network.named_parameters() if "codes" not in name)
    try:
        if batch_size * weights < _WORTH_THREADS:
            torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run on one thread, in a block or as a decorator: where tensors are small a second one costs more than it brings.

    On busy cores a sum over 500 rows took 17 ms on two threads: each waits until the other gets its turn.
    """
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(before)
