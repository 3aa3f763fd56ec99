"""The loss of a linear head beside torch's, forward with backward: time, and peak memory in a process of its own.

The contenders take turns within each round, so that a busy machine slows all of them; quote the medians' ratios, and on
one thread those of the processor's time, which other programs do not lengthen as they do the time on the clock. Memory
is what a call adds at its peak in a process of its own, less the gradients themselves (Linux only).

    python benchmarks/linear_cross_entropy.py [--shape 2048,1024,32000] [--dtype float32] [--threads 1] [--rounds 3]
        [--only crossent,torch]
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def unfused(features: Tensor, head: Tensor, labels: Tensor) -> Tensor:
    return torch_losses.cross_entropy(torch_losses.linear(features, head), labels)


def contenders() -> dict[str, Loss]:
    found: dict[str, Loss] = {
        "crossent": F.linear_cross_entropy,
        "torch": unfused,
        "torch.compile": torch.compile(unfused, dynamic=False),
    }
    if hasattr(torch.nn, "LinearCrossEntropyOptions"):
        options = torch.nn.LinearCrossEntropyOptions()
        chunked = torch_losses.linear_cross_entropy
        found["torch, chunked"] = lambda x, w, t: chunked(x, w, t, options=options)
    return found


def tensors(shape: tuple[int, int, int], dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    rows, width, classes = shape
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(rows, width, generator=generator).to(dtype)
    head = torch.randn(classes, width, generator=generator).div_(width**0.5).to(dtype)
    return features.requires_grad_(), head.requires_grad_(), torch.randint(0, classes, (rows,), generator=generator)


def run(loss: Loss, given: tuple[Tensor, Tensor, Tensor]) -> tuple[float, float]:
    """Seconds on the clock, and of all processors."""
    given[0].grad = given[1].grad = None
    begin = time.perf_counter(), time.process_time()
    loss(*given).backward()
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def status(field: str) -> int:
    """A size in bytes that the system keeps of this process."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found[1]) if found else 0


def peak(loss: Loss, given: tuple[Tensor, Tensor, Tensor], compiled: bool) -> int:
    few = given[0][:16].detach().requires_grad_(), given[1], given[2][:16]
    run(loss, given if compiled else few)  # compiles, starts threads
    given[0].grad = given[1].grad = None
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = status("VmRSS")
    run(loss, given)
    gradients = sum(t.grad.nbytes for t in given if t.grad is not None)
    return status("VmHWM") - before - gradients


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="2048,1024,32000", help="rows, features, classes")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="contenders, with commas")
    parser.add_argument("--peak-of", default="", help="print this contender's peak memory in MB, and nothing else")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows, width, classes = (int(size) for size in options.shape.split(","))
    given = tensors((rows, width, classes), getattr(torch, options.dtype))
    losses = contenders()
    if options.peak_of:
        print(round(peak(losses[options.peak_of], given, options.peak_of == "torch.compile") / 1e6))
        return
    if options.only:
        losses = {name: losses[name] for name in options.only.split(",")}

    times: dict[str, list[tuple[float, float]]] = {name: [] for name in losses}
    for turn in range(options.rounds + 1):
        for name, loss in losses.items():
            taken = run(loss, given)
            if turn:  # the first warms up, and compiles
                times[name].append(taken)
    print(f"{F.kernels_in_use()}; {options.threads} threads; torch {torch.__version__}; medians of {options.rounds}")
    print(f"{rows:,} x {width:,} x {classes:,}, {options.dtype}")
    del given
    medians = {name: [statistics.median(kind) for kind in zip(*taken, strict=True)] for name, taken in times.items()}
    for name, taken in medians.items():
        again = [sys.executable, __file__, "--shape", options.shape, "--dtype", options.dtype, "--peak-of", name]
        again += ["--threads", str(options.threads)]
        memory = subprocess.run(again, check=True, capture_output=True, text=True).stdout.strip()
        clock, processor = (mine / ours for mine, ours in zip(taken, medians["crossent"], strict=True))
        print(
            f"  {name:<16} {taken[0]:7.2f} s on the clock ({clock:5.2f} times as long), "
            f"{taken[1]:7.2f} s of processors ({processor:5.2f}), {memory:>6} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
