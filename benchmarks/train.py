"""Rows a second of crossent's training loop, beside scikit-learn's MLPClassifier and a plain DataLoader loop.

100,000 x 50 floats, two classes, one hidden layer of 128, batches of 256, AdamW (Adam for scikit-learn). The contenders
take turns within each round, so that a busy machine slows all of them; quote the medians' ratios.

    python benchmarks/train.py [--rounds 7] [--epochs 2]
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import torch
from sklearn.neural_network import MLPClassifier
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

from crossent import Task
from crossent.data import Features
from crossent.models import MLP
from crossent.training import Examples, make_optimizer, train

ROWS, COLUMNS, HIDDEN, BATCH = 100_000, 50, 128, 256


def make_table() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(ROWS, COLUMNS, generator=generator)
    hyperplane = torch.randn(COLUMNS, generator=generator)
    return numbers, (numbers @ hyperplane + torch.randn(ROWS, generator=generator) > 0).long()


def crossent_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    torch.manual_seed(0)
    network = MLP(COLUMNS, 0, 1, None, HIDDEN)
    examples = Examples(Features(numbers, torch.empty(ROWS, 0, dtype=torch.int32)), labels)
    optimizer = make_optimizer("adamw", network, learning_rate=1e-3, weight_decay=0.01)
    task = Task.binary([0, 1])
    train(network, task, examples, examples[:1], optimizer, batch_size=BATCH, epochs=epochs, patience=epochs + 1)


def dataloader_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(COLUMNS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(numbers, labels.float()), batch_size=BATCH, shuffle=True)
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(network(inputs).squeeze(1), targets).backward()
            optimizer.step()


def sklearn_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    model = MLPClassifier((HIDDEN,), batch_size=BATCH, max_iter=epochs, n_iter_no_change=epochs + 1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that so few epochs have not converged
        model.fit(numbers.numpy(), labels.numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()

    numbers, labels = make_table()
    contenders: dict[str, Callable[[torch.Tensor, torch.Tensor, int], None]] = {
        "crossent": crossent_loop,
        "DataLoader loop": dataloader_loop,
        "MLPClassifier": sklearn_loop,
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(arguments.rounds):
        for name, loop in contenders.items():
            started = time.perf_counter()
            loop(numbers, labels, arguments.epochs)
            seconds[name].append(time.perf_counter() - started)

    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; medians of {arguments.rounds} rounds")
    print(f"{'':18}{'rows/s':>12}{'crossent is':>16}{'(pair by pair)':>18}")
    for name, times in seconds.items():
        ratios = sorted(other / own for other, own in zip(times, seconds["crossent"], strict=True))
        rate = ROWS * arguments.epochs / statistics.median(times)
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        print(f"{name:18}{rate:12,.0f}{statistics.median(ratios):15.2f}x{spread:>18}")


if __name__ == "__main__":
    main()
