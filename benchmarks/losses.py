"""The losses beside torch's, eager and compiled, on the same tensors: forward, and forward with backward.

The contenders take turns within each round, so that a busy machine slows all of them; quote the medians' ratios.

    python benchmarks/losses.py [--rounds 9] [--threads 1] [--no-compile]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

SHAPES = [(1_000_000, 2), (1_000_000, 10), (100_000, 100), (8192, 1000), (1024, 32_000), (32, 10)]

Loss = Callable[..., Tensor]
Case = tuple[str, Tensor, dict[str, Loss], tuple[Tensor, ...], dict[str, Tensor]]


def contenders(ours: Loss, torchs: Loss, compiled: bool) -> dict[str, Loss]:
    given = {"crossent": ours, "torch": torchs}
    return {**given, "torch.compile": torch.compile(torchs, dynamic=False)} if compiled else given


def cases(compiled: bool) -> list[Case]:
    found: list[Case] = []
    generator = torch.Generator().manual_seed(0)
    for rows, classes in SHAPES:
        logits = torch.randn(rows, classes, generator=generator)
        labels = torch.randint(0, classes, (rows,), generator=generator)
        losses = contenders(F.cross_entropy, torch_losses.cross_entropy, compiled)
        found.append((f"{rows:,} x {classes:,}", logits, losses, (labels,), {}))
    image = torch.randn(2, 21, 512, 512, generator=generator)
    classes = torch.randint(0, 21, (2, 512, 512), generator=generator)
    for layout in ("contiguous", "channels last"):
        given = image.contiguous(memory_format=torch.channels_last) if layout == "channels last" else image
        losses = contenders(F.cross_entropy, torch_losses.cross_entropy, compiled)
        found.append((f"2 x 21 x 512 x 512, {layout}", given, losses, (classes,), {}))
    logits = torch.randn(2_000_000, generator=generator)
    yes = (torch.rand(2_000_000, generator=generator) < 0.1).float()
    losses = contenders(F.binary_cross_entropy_with_logits, torch_losses.binary_cross_entropy_with_logits, compiled)
    found.append(("BCE, 2,000,000, pos_weight", logits, losses, (yes,), {"pos_weight": torch.tensor(9.0)}))
    return found


def seconds(loss: Loss, logits: Tensor, target: tuple[Tensor, ...], options: dict[str, Tensor], repeats: int) -> float:
    begin = time.perf_counter()
    for _ in range(repeats):
        value = loss(logits, *target, **options)
        if logits.requires_grad:
            logits.grad = None
            value.backward()
    return (time.perf_counter() - begin) / repeats


def measure(case: Case, backward: bool, rounds: int) -> dict[str, float]:
    _, logits, losses, target, options = case
    x = logits.detach().requires_grad_(backward)
    repeats = 1 if x.numel() > 10_000 else 200
    times: dict[str, list[float]] = {name: [] for name in losses}
    for turn in range(rounds + 1):
        for name, loss in losses.items():
            taken = seconds(loss, x, target, options, repeats)
            if turn:  # the first warms up, and compiles
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{F.kernels_in_use()}; {options.threads} threads; torch {torch.__version__}; medians of {options.rounds}")
    for backward in (False, True):
        print("\nforward and backward" if backward else "\nforward")
        for case in cases(not options.no_compile):
            taken = measure(case, backward, options.rounds)
            ours = taken["crossent"]
            rivals = "   ".join(
                f"{name} {time / ours:5.2f} times as long" for name, time in taken.items() if name != "crossent"
            )
            print(f"  {case[0]:<34} crossent {1e3 * ours:9.3f} ms   {rivals}", flush=True)
            torch.compiler.reset()


if __name__ == "__main__":
    main()
