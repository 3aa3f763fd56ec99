"""Rows a second of crossent's training loop, beside the loops that people write and the libraries that they take.

100,000 x 50 floats, two classes, one hidden layer of 128, batches of 256, 10 epochs, AdamW (Adam for scikit-learn). The
contenders take turns within each round, so that a busy machine slows all of them; quote the medians' ratios, of the
processor time where the machine was not quiet.

    python benchmarks/train.py [--rounds 5] [--epochs 10] [--threads 1] [--only crossent skorch]

Each is given the rows in memory, shuffles them each epoch, and takes the same steps on the same network and loss. The
slice loop has the fused optimiser, as crossent; the `DataLoader` loop, skorch and Lightning what they do by themselves.
skorch and Lightning are in the extra "benchmark"; they are left out where they are not installed. Lightning runs
without its logger, bar and checkpoints, skorch without its split and table. All have one thread, torch's and
scikit-learn's, unless --threads says otherwise: a second one brings steps this small nothing, and on a machine that
others use costs them many times over. Five rounds take five to ten minutes.
"""

import argparse
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import torch
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
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
    options = {"batch_size": BATCH, "epochs": epochs, "patience": epochs + 1, "threads": torch.get_num_threads()}
    train(network, task, examples, examples[:1], optimizer, **options)


def same_network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(COLUMNS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1), torch.nn.Flatten(0)
    )


def slice_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """The fastest loop that is easily written: one permutation an epoch, slices, a fused step."""
    network, targets = same_network(), labels.float()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        order = torch.randperm(ROWS)
        inputs, wanted = numbers[order], targets[order]
        for start in range(0, ROWS, BATCH):
            optimizer.zero_grad()
            logits = network(inputs[start : start + BATCH])
            binary_cross_entropy_with_logits(logits, wanted[start : start + BATCH]).backward()
            optimizer.step()


def dataloader_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    network = same_network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(numbers, labels.float()), batch_size=BATCH, shuffle=True)
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(network(inputs), targets).backward()
            optimizer.step()


def skorch_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    from skorch import NeuralNetBinaryClassifier  # in the extra "benchmark" only, as Lightning

    model = NeuralNetBinaryClassifier(
        same_network(),
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        batch_size=BATCH,
        max_epochs=epochs,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    model.fit(numbers, labels.float())


def lightning_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    import lightning

    class Wired(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = same_network()

        def training_step(self, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
            return binary_cross_entropy_with_logits(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=1e-3)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    loader = DataLoader(TensorDataset(numbers, labels.float()), batch_size=BATCH, shuffle=True)
    silent = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    trainer = lightning.Trainer(accelerator="cpu", max_epochs=epochs, enable_model_summary=False, **silent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises workers, which make it slower
        trainer.fit(Wired(), loader)


def sklearn_loop(numbers: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    model = MLPClassifier((HIDDEN,), batch_size=BATCH, max_iter=epochs, n_iter_no_change=epochs + 1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that so few epochs have not converged
        model.fit(numbers.numpy(), labels.numpy())


CONTENDERS: dict[str, Callable[[torch.Tensor, torch.Tensor, int], None]] = {
    "crossent": crossent_loop,
    "slice loop": slice_loop,
    "DataLoader loop": dataloader_loop,
    "skorch": skorch_loop,
    "Lightning": lightning_loop,
    "MLPClassifier": sklearn_loop,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    threadpool_limits(arguments.threads)  # of what scikit-learn multiplies with
    numbers, labels = make_table()
    installed = {name for name in CONTENDERS if name.lower() not in ("skorch", "lightning") or find_spec(name.lower())}
    contenders = {name: CONTENDERS[name] for name in ["crossent", *arguments.only] if name in installed}
    for loop in contenders.values():
        loop(numbers, labels, 1)  # loads what is loaded but once
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(arguments.rounds):
        for name, loop in contenders.items():
            started, worked = time.perf_counter(), time.process_time()
            loop(numbers, labels, arguments.epochs)
            seconds[name].append((time.perf_counter() - started, time.process_time() - worked))

    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; medians of {arguments.rounds} rounds")
    print(f"{'':18}{'rows/s':>12}{'crossent is':>16}{'(in each round)':>18}{'by processor time':>20}{'':18}")
    for name, times in seconds.items():
        rate = ROWS * arguments.epochs / statistics.median(clock for clock, _ in times)
        by_clock, by_processor = (
            sorted(other[of] / own[of] for other, own in zip(times, seconds["crossent"], strict=True)) for of in (0, 1)
        )
        print(f"{name:18}{rate:12,.0f}{ratio(by_clock)}{ratio(by_processor)}")


def ratio(ratios: list[float]) -> str:
    """The median of sorted ratios, and how far they go."""
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    return f"{statistics.median(ratios):15.2f}x{spread:>18}"


if __name__ == "__main__":
    main()
