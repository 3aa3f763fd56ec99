"""What `losses.py` measures: each case's tensors, crossent's loss of them, and torch's."""

import ctypes
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F

Loss = Callable[..., Tensor]
Contender = Callable[[Tensor, Tensor], Tensor]

GAMMA, ALPHA = 2.0, 0.25
MEMORY_FROM = 8_000_000  # bytes of logits; below, what the allocator keeps for itself hides the peak


class Arguments(NamedTuple):
    """What a loss is called with; `x` is differentiated."""

    x: Tensor
    target: Tensor
    options: dict[str, Any]


class Case(NamedTuple):
    """One line of the table."""

    group: str
    name: str
    make: Callable[[], Arguments]
    ours: Loss
    torchs: Loss

    @property
    def title(self) -> str:
        """What `--only` is matched with."""
        return f"{self.group}, {self.name}"


def torch_focal_loss(x: Tensor, target: Tensor) -> Tensor:
    """The formula that is usual on top of torch."""
    ce = torch_losses.cross_entropy(x, target, reduction="none")
    return ((1 - torch.exp(-ce)) ** GAMMA * ce).mean()


def torch_sigmoid_focal_loss(x: Tensor, target: Tensor) -> Tensor:
    """torchvision's formula, written out: torchvision is no dependency."""
    p = torch.sigmoid(x)
    ce = torch_losses.binary_cross_entropy_with_logits(x, target, reduction="none")
    p_t = p * target + (1 - p) * (1 - target)
    alpha_t = ALPHA * target + (1 - ALPHA) * (1 - target)
    return (alpha_t * (ce * (1 - p_t) ** GAMMA)).mean()


def our_focal_loss(x: Tensor, target: Tensor) -> Tensor:
    return F.focal_loss(x, target, gamma=GAMMA)


def our_sigmoid_focal_loss(x: Tensor, target: Tensor) -> Tensor:
    return F.sigmoid_focal_loss(x, target, alpha=ALPHA, gamma=GAMMA, reduction="mean")


def cases() -> Iterator[Case]:
    """Yield every case; its tensors are made when they are asked for."""
    yield from _of_indices()
    yield from _of_options()
    yield from _of_sigmoid()
    yield Case(
        "BCE of probabilities",
        "1,000,000",
        lambda: _yes_or_no(1_000_000, probabilities=True),
        F.binary_cross_entropy,
        torch_losses.binary_cross_entropy,
    )
    yield Case("NLL", "1,000,000 x 10", lambda: _log_probabilities(1_000_000, 10), F.nll_loss, torch_losses.nll_loss)
    yield Case("focal", "1,000,000 x 10", lambda: _indices(1_000_000, 10), our_focal_loss, torch_focal_loss)
    yield Case(
        "sigmoid focal",
        "1,000,000",
        lambda: _yes_or_no(1_000_000),
        our_sigmoid_focal_loss,
        torch_sigmoid_focal_loss,
    )


SHAPES = [
    (32, 10),
    (256, 2),
    (4096, 10),
    (1_000_000, 2),
    (1_000_000, 10),
    (100_000, 100),
    (8192, 1000),
    (4096, 32_000),
    (1024, 128_256),
]


def _of_indices() -> Iterator[Case]:
    for rows, classes in SHAPES:
        yield _cross_entropy(f"{rows:,} x {classes:,}", lambda n=rows, k=classes: _indices(n, k))
    for layout, form in (("contiguous", torch.contiguous_format), ("channels last", torch.channels_last)):
        yield _cross_entropy(f"8 x 21 x 512 x 512, {layout}", lambda f=form: _images(f))


def _of_options() -> Iterator[Case]:
    for rows, classes in ((8192, 1000), (1_000_000, 10)):
        size = f"{rows:,} x {classes:,}"
        yield _cross_entropy(f"{size}, bfloat16", lambda n=rows, k=classes: _indices(n, k, torch.bfloat16))
        yield _cross_entropy(f"{size}, soft targets", lambda n=rows, k=classes: _shares(n, k))
        yield _cross_entropy(f"{size}, smoothed", lambda n=rows, k=classes: _smoothed(n, k))
    yield _cross_entropy("1,000,000 x 10, class weights", lambda: _weighted(1_000_000, 10))


def _of_sigmoid() -> Iterator[Case]:
    for elements in (32, 10_000, 1_000_000, 10_000_000):
        yield _bce(f"{elements:,}", lambda n=elements: _yes_or_no(n))
        options = {"pos_weight": torch.tensor(9.0)}
        yield _bce(f"{elements:,}, pos_weight", lambda n=elements, o=options: _yes_or_no(n)._replace(options=o))


def _bce(name: str, make: Callable[[], Arguments]) -> Case:
    ours, torchs = F.binary_cross_entropy_with_logits, torch_losses.binary_cross_entropy_with_logits
    return Case("BCE with logits", name, make, ours, torchs)


def _cross_entropy(name: str, make: Callable[[], Arguments]) -> Case:
    return Case("cross entropy", name, make, F.cross_entropy, torch_losses.cross_entropy)


def _indices(rows: int, classes: int, dtype: torch.dtype = torch.float32) -> Arguments:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, classes, generator=generator).to(dtype)
    return Arguments(x, torch.randint(0, classes, (rows,), generator=generator), {})


def _images(layout: torch.memory_format) -> Arguments:
    x, target, _ = _indices(8 * 512 * 512, 21)
    pixels = x.reshape(8, 512, 512, 21).movedim(-1, 1).contiguous(memory_format=layout)
    return Arguments(pixels, target.reshape(8, 512, 512), {})


def _shares(rows: int, classes: int) -> Arguments:
    x, _, _ = _indices(rows, classes)
    return Arguments(x, torch.rand(rows, classes, generator=torch.Generator().manual_seed(1)).softmax(1), {})


def _smoothed(rows: int, classes: int) -> Arguments:
    return _indices(rows, classes)._replace(options={"label_smoothing": 0.1})


def _weighted(rows: int, classes: int) -> Arguments:
    weight = torch.rand(classes, generator=torch.Generator().manual_seed(1)) + 0.5
    return _indices(rows, classes)._replace(options={"weight": weight})


def _log_probabilities(rows: int, classes: int) -> Arguments:
    given = _indices(rows, classes)
    return given._replace(x=given.x.log_softmax(1))


def _yes_or_no(elements: int, probabilities: bool = False) -> Arguments:
    generator = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(elements, generator=generator)
    yes = (torch.rand(elements, generator=generator) < 0.1).float()
    return Arguments(x.sigmoid() if probabilities else x, yes, {})


# ---------------------------------------------------------------------------------------------------- contenders

CONTENDERS = ("crossent", "torch", "torch.compile", "floor")


def contender(name: str, case: Case, given: Arguments, backward: bool) -> Callable[[], object]:
    """One call, as a training step makes it: the loss, and where asked the gradient into fresh memory."""
    x = given.x.detach().requires_grad_(backward)
    if name == "floor":
        return lambda: _floor(x.detach(), given.target, backward)
    loss = case.ours if name == "crossent" else case.torchs
    if name == "torch.compile":
        loss = torch.compile(loss, dynamic=False)

    def call() -> None:
        value = loss(x, given.target, **given.options)
        if backward:
            value.backward()
            x.grad = None

    return call


def _floor(x: Tensor, target: Tensor, backward: bool) -> None:
    """Read the arguments once and, with backward, write numbers as many as the gradient's once, to fresh memory."""
    target.sum()
    if not backward:
        x.sum()
        return
    out = torch.empty_like(x)
    _ask_for_large_pages(out)
    torch.neg(x, out=out)


def _ask_for_large_pages(tensor: Tensor) -> None:
    """As the compiled kernels do: fresh memory in small pages costs more than what is written to it."""
    page, advice = 2 << 20, 14  # MADV_HUGEPAGE
    size = tensor.numel() * tensor.element_size()
    if not sys.platform.startswith("linux") or size < 4 * page:
        return
    first = -(-tensor.data_ptr() // page) * page
    last = (tensor.data_ptr() + size) // page * page
    _LIBC.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), advice)


_LIBC = ctypes.CDLL(None)
