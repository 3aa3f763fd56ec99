"""How far the losses and their gradients are from the truth, in units of the last place, beside torch's.

    python benchmarks/accuracy.py [--output benchmarks/results]

Rows in which the label leads, or trails, by up to 100, at offsets of up to a million, in every type and with up to
128,256 classes; yes or no with logits from -100 to 100. The inputs are what the type represents; the truth is computed
from them with 64 bits or more, by formulas of its own, which are themselves held to mpmath's first.
"""

import argparse
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

Exact = NDArray[np.longdouble]
Loss = Callable[..., Tensor]

RESULTS = Path(__file__).parent / "results"
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
CLASSES = [1, 2, 3, 10, 1000, 128_256]
LEADS = [float(lead) for lead in [*range(-100, 0, 10), *range(18), 17.5, *range(18, 101, 2)]]
FEW_LEADS = [-100.0, -10.0, 0.0, 5.0, 10.0, 17.0, 40.0, 100.0]
OFFSETS = [0.0, 1e2, 1e4, 1e6]
POSITIVE_WEIGHTS = [None, 1e-8, 1e-4, 1.0, 1e4, 1e8]


class Worst(NamedTuple):
    """The greatest error of one quantity, and where it is."""

    ulps: float
    where: str


# --------------------------------------------------------------------------------------------------------- truth


def wide(values: Tensor) -> Exact:
    return values.detach().double().numpy().astype(np.longdouble)


def softplus(z: Exact) -> Exact:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def sigmoid(z: Exact) -> Exact:
    return np.exp(-softplus(-z))


def softmax_truth(x: Exact, label: NDArray[np.int64]) -> tuple[Exact, Exact]:
    """softplus(z) and its gradient, z = logsumexp(the others) - x_label."""
    rows = np.arange(len(x))
    others = x.copy()
    others[rows, label] = -np.inf
    if x.shape[1] == 1:
        return np.zeros(len(x), np.longdouble), np.zeros_like(x)
    top = others.max(1, keepdims=True)
    terms = np.exp(others - top)
    total = terms.sum(1)
    z = top[:, 0] - x[rows, label] + np.log(total)
    gradient = terms * (sigmoid(z) / total)[:, None]
    gradient[rows, label] = -sigmoid(z)
    return softplus(z), gradient


def shares_truth(x: Exact, part: Exact) -> tuple[Exact, Exact]:
    """sum_c part_c (-log p_c) and its gradient, each from the class's own loss as above."""
    loss, gradient = np.zeros(len(x), np.longdouble), np.zeros_like(x)
    for c in range(x.shape[1]):
        of_class, slope = softmax_truth(x, np.full(len(x), c))
        loss += part[:, c] * of_class
        gradient += part[:, c, None] * slope
    return loss, gradient


def check_truth() -> None:
    """The formulas above against 60 digits, to a tenth of float64's last place."""
    mp.mp.dps = 60
    for lead, offset in itertools.product(FEW_LEADS, OFFSETS):
        x, label = rows_led_by([lead], [offset], 10, torch.float64)
        loss, gradient = softmax_truth(wide(x), label.numpy())
        terms = [mp.exp(mp.mpf(value)) for value in x[0].tolist()]
        others = mp.fsum(term for c, term in enumerate(terms) if c != int(label))
        for value, exact in (
            (loss[0], mp.log1p(others / terms[int(label)])),
            (-gradient[0, int(label)], others / mp.fsum(terms)),
        ):
            mantissa, exponent = np.frexp(value)
            high = float(mantissa)
            found = mp.ldexp(mp.mpf(high) + mp.mpf(float(mantissa - np.longdouble(high))), int(exponent))
            if abs(found / exact - 1) > 1e-17:
                raise SystemExit("This machine's long double is too short to be the truth for float64.")


# --------------------------------------------------------------------------------------------------------- cases


def rows_led_by(leads: list[float], offsets: list[float], classes: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Normal logits, one row a lead and offset, whose label's is ahead of the best other's."""
    generator = torch.Generator().manual_seed(classes)
    rows = list(itertools.product(leads, offsets))
    x = torch.randn(len(rows), classes, generator=generator, dtype=torch.float64)
    label = torch.randint(0, classes, (len(rows),), generator=generator)
    if classes > 1:
        others = x.scatter(1, label.unsqueeze(1), -torch.inf)
        best = others.amax(1) + torch.tensor([lead for lead, _ in rows], dtype=torch.float64)
        x = x.scatter(1, label.unsqueeze(1), best.unsqueeze(1))
    return (x + torch.tensor([offset for _, offset in rows], dtype=torch.float64).unsqueeze(1)).to(dtype), label


def ulps(values: Tensor, exact: Exact, at_least: Exact | None = None) -> NDArray[np.float64]:
    """The distance from the truth in steps of the type at the truth, or at the larger number given."""
    info = torch.finfo(values.dtype)
    size = np.maximum(np.abs(exact), info.tiny)
    if at_least is not None:
        size = np.maximum(size, at_least)
    step = np.ldexp(np.longdouble(info.eps), np.frexp(size)[1] - 1)
    return (np.abs(wide(values) - exact) / step).astype(np.float64)


def run(loss: Loss, x: Tensor, *arguments: Any, **options: Any) -> tuple[Tensor, Tensor]:
    given = x.clone().requires_grad_()
    rows = loss(given, *arguments, reduction="none", **options)
    return rows.detach(), torch.autograd.grad(rows.sum(), given)[0]


def offsets_of(dtype: torch.dtype) -> list[float]:
    return [offset for offset in OFFSETS if offset < torch.finfo(dtype).max / 2]


def worst(errors: NDArray[np.float64], places: list[str], dtype: torch.dtype) -> Worst:
    """Infinite where not one digit is left."""
    found = int(np.argmax(np.nan_to_num(errors, nan=np.inf)))
    most = float(errors[found])
    return Worst(most if most < 1 / torch.finfo(dtype).eps else np.inf, places[found])


Row = tuple[str, list[tuple[Worst, Worst]]]  # what it is; for each quantity crossent's and torch's worst


def of_indices() -> Iterator[Row]:
    """The loss, the label's gradient, and the worst of the other classes' gradients."""
    for dtype, classes in itertools.product(DTYPES, CLASSES):
        offsets = offsets_of(dtype)
        leads = LEADS if classes <= 1000 else FEW_LEADS
        x, label = rows_led_by(leads, offsets, classes, dtype)
        places = [f"lead {lead:g}, offset {offset:g}" for lead, offset in itertools.product(leads, offsets)]
        exact, exact_gradient = softmax_truth(wide(x), label.numpy())
        found: list[list[Worst]] = [[], [], []]
        for loss in (F.cross_entropy, torch_losses.cross_entropy):
            rows, gradient = run(loss, x, label)
            of_gradient = ulps(gradient, exact_gradient)
            at_label = np.arange(len(label)), label.numpy()
            found[0].append(worst(ulps(rows, exact), places, dtype))
            found[1].append(worst(of_gradient[at_label], places, dtype))
            of_gradient[at_label] = 0
            found[2].append(worst(of_gradient.max(1), places, dtype))
        yield f"{_name(dtype)}, K = {classes:,}", [(ours, torchs) for ours, torchs in found]


def of_shares() -> Iterator[Row]:
    """The loss, and the gradient in steps at the row's largest: its terms have both signs, and cancel."""
    for dtype, classes in itertools.product(DTYPES, [3, 10, 100]):
        leads, offsets = [lead for lead in LEADS if abs(lead) <= 40], offsets_of(dtype)[:3]
        x, label = rows_led_by(leads, offsets, classes, dtype)
        places = [f"lead {lead:g}, offset {offset:g}" for lead, offset in itertools.product(leads, offsets)]
        generator = torch.Generator().manual_seed(0)
        shares = torch.rand(x.shape, generator=generator, dtype=torch.float64).softmax(1).to(dtype)
        weight = (torch.rand(classes, generator=generator, dtype=torch.float64) + 0.5).to(dtype)
        onehot = np.eye(classes, dtype=np.longdouble)[label.numpy()]
        smoothing = 0.125  # a power of 2, so that the truth is of the same numbers
        smoothed = (1 - smoothing) * onehot + smoothing / np.longdouble(classes)
        variants: list[tuple[str, Exact, Tensor, dict[str, Any]]] = [
            ("smoothed", smoothed, label, {"label_smoothing": smoothing}),
            ("soft targets", wide(shares), shares, {}),
            ("class weights", wide(weight) * onehot, label, {"weight": weight}),
        ]
        for words, part, target, options in variants:
            exact, exact_gradient = shares_truth(wide(x), part)
            largest = np.abs(exact_gradient).max(1, keepdims=True)
            found: list[list[Worst]] = [[], []]
            for loss in (F.cross_entropy, torch_losses.cross_entropy):
                rows, gradient = run(loss, x, target, **options)
                found[0].append(worst(ulps(rows, exact), places, dtype))
                found[1].append(worst(ulps(gradient, exact_gradient, largest).max(1), places, dtype))
            yield f"{_name(dtype)}, K = {classes}, {words}", [(ours, torchs) for ours, torchs in found]


def of_sigmoid() -> Iterator[Row]:
    """The loss and its gradient, for a yes and a no, over the weights that the type has."""
    for dtype, yes in itertools.product(DTYPES, [1.0, 0.0]):
        x = torch.arange(-100, 100.25, 0.25, dtype=torch.float64).to(dtype)
        info = torch.finfo(dtype)
        errors: list[list[NDArray[np.float64]]] = [[], [], [], []]
        places: list[str] = []
        for weight in POSITIVE_WEIGHTS:
            if weight is not None and not info.tiny <= weight <= info.max / 128:  # the loss itself must be finite
                continue
            q = None if weight is None else torch.tensor(weight, dtype=dtype)
            factor = np.longdouble(1.0 if q is None or not yes else q.item())
            exact = factor * softplus(wide(-x if yes else x))
            exact_gradient = factor * sigmoid(wide(-x if yes else x)) * (-1 if yes else 1)
            places += [f"logit {logit:g}, weight {weight or 1:g}" for logit in x.tolist()]
            for at, loss in enumerate(
                (F.binary_cross_entropy_with_logits, torch_losses.binary_cross_entropy_with_logits)
            ):
                rows, gradient = run(loss, x, torch.full_like(x, yes), pos_weight=q)
                errors[at].append(ulps(rows, exact))
                errors[2 + at].append(ulps(gradient, exact_gradient))
        of_loss, of_loss_torch, of_slope, of_slope_torch = (worst(np.concatenate(one), places, dtype) for one in errors)
        pairs = [(of_loss, of_loss_torch), (of_slope, of_slope_torch)]
        yield f"{_name(dtype)}, {'yes' if yes else 'no'}", pairs


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


# -------------------------------------------------------------------------------------------------------- report


def table(quantities: list[str], rows: Iterator[Row]) -> str:
    header = ["worst error, ulp"]
    for quantity in quantities:
        header += [quantity, "torch", "where crossent's is"]
    lines = [header, ["---", *(["---:", "---:", "---"] * len(quantities))]]
    for words, pairs in rows:
        line = [words]
        for ours, torchs in pairs:
            line += [_figure(ours.ulps), _figure(torchs.ulps), ours.where]
        lines.append(line)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(number: float) -> str:
    if number == np.inf:
        return "all"
    return f"{number:.1f}" if number < 1000 else f"{number:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    check_truth()
    parts = [f"torch {torch.__version__}; crossent's kernels: {F.kernels_in_use()}."]
    for title, quantities, rows in (
        ("Cross entropy", ["loss", "label's gradient", "other gradients"], of_indices()),
        ("Smoothing, soft targets, class weights", ["loss", "gradient, of the row's largest"], of_shares()),
        ("Binary cross entropy with logits", ["loss", "gradient"], of_sigmoid()),
    ):
        parts += [f"### {title}", table(quantities, rows)]
        print(f"{parts[-2]}\n\n{parts[-1]}\n", flush=True)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "accuracy.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
