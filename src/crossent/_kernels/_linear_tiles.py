"""The sweep of `_linear`: logits, losses and gradients of one tile of rows after the other, in one piece of memory."""

import functools
from collections.abc import Iterator

import torch
from torch import Tensor

from . import _compiled, _cpu_classes
from ._eager import is_eager
from ._plain_linear import LinearRule, of_logits
from ._plain_parts import widened
from ._reduction import Reduction

# A tile's logits take at most this many bytes, or a sixteenth of the head's if that is more: rows enough for matrix
# products at full speed and few passes over the head's gradient. Torch's operations make copies, and so get less.
_TILE_BYTES = 64 << 20
_PLAIN_TILE_BYTES = 16 << 20
_SHARE_OF_HEAD = 16

# The head is multiplied in blocks of about this many numbers: on a processor they stay in its cache.
_BLOCK = 1 << 20
_BLOCK_ELSEWHERE = 1 << 24

# From so many tiles on, the gradient of a 16-bit head is summed in float32. Below, it is rounded once a tile: that
# leaves less than twice the error of rounding once (measured: 1.6 times with 4 tiles, 2.1 with 8, 2.9 with 15).
_MANY_TILES = 5

_ROWS = Reduction("none")

Wanted = tuple[bool, bool, bool]
Gradients = tuple[Tensor | None, Tensor | None, Tensor | None]
Rows = slice | Tensor


def sweep(
    features: Tensor,
    head: Tensor,
    bias: Tensor | None,
    target: Tensor,
    rule: LinearRule,
    scale: Tensor | None = None,
    wanted: Wanted = (False, False, False),
) -> tuple[Tensor, Gradients]:
    """Return the losses of the rows and, where each row's gradient has a scale, the gradients that are wanted."""
    wide, dtype = type_of_loss(features, target), _type_of_products(features)
    compiled = _compiled.native is not None and is_eager(features, target, rule.weight) and wide == widened(features)
    rule = rule._replace(weight=None if rule.weight is None else rule.weight.detach().to(wide).contiguous())
    softmax = _compiled_softmax if compiled else _plain_softmax
    size, tiles = _tiles(features, head, target, rule, dtype, _TILE_BYTES if compiled else _PLAIN_TILE_BYTES)
    products = _Products(head, dtype)

    losses = torch.zeros(len(features), dtype=wide, device=features.device)
    of_features = torch.zeros_like(features) if wanted[0] else None
    summed = widened(head) if len(tiles) >= _MANY_TILES else head.dtype
    of_head = torch.zeros_like(head, dtype=summed) if wanted[1] else None
    of_bias = losses.new_zeros(len(head)) if wanted[2] else None
    room = features.new_empty(size, len(head), dtype=dtype)
    for rows in tiles:
        x = _read(features, target, rule, rows).to(dtype)
        tile = products.logits(x, bias, room[: len(x)])
        losses[rows] = softmax(tile, target[rows], rule, None if scale is None else scale[rows])
        if of_features is not None:
            of_features[rows] = products.back(tile).to(of_features.dtype)
        if of_head is not None:
            products.add_outer(tile, x, of_head)
        if of_bias is not None:
            of_bias += tile.sum(0, dtype=wide)
    if of_head is not None:
        of_head = of_head.to(head.dtype)
    return losses, (of_features, of_head, None if of_bias is None else of_bias.to(head.dtype))


def type_of_loss(features: Tensor, target: Tensor) -> torch.dtype:
    """float64 for float64 arguments, float32 for all others."""
    return widened(features, target) if target.is_floating_point() else widened(features)


# ----------------------------------------------------------------------------------------------------------- rows


def _tiles(
    features: Tensor, head: Tensor, target: Tensor, rule: LinearRule, dtype: torch.dtype, room: int
) -> tuple[int, list[Rows]]:
    """How many rows a tile has, and the rows of each: the kept ones, where looking for them makes nobody wait."""
    places = None
    if _can_look(features) and not target.is_floating_point():
        kept = target != rule.ignore_index
        places = None if kept.all() else kept.nonzero().squeeze(1)
    count = len(features) if places is None else len(places)
    room = max(room, head.numel() * dtype.itemsize // _SHARE_OF_HEAD)
    most = max(1, room // (len(head) * dtype.itemsize))
    size = -(-count // max(1, -(-count // most)))  # tiles of one size
    starts = range(0, count, max(1, size))
    return size, [slice(i, i + size) if places is None else places[i : i + size] for i in starts]


def _can_look(features: Tensor) -> bool:
    return features.is_cpu


def _read(features: Tensor, target: Tensor, rule: LinearRule, rows: Rows) -> Tensor:
    """The features of some rows; zeros for ignored ones, whose own might be NaN and would reach the head's gradient."""
    x = features[rows]
    if _can_look(features) or target.is_floating_point():
        return x
    return torch.where((target[rows] != rule.ignore_index).unsqueeze(-1), x, 0.0)


# ------------------------------------------------------------------------------------------------------- products


@functools.cache
def _multiplies_bfloat16() -> bool:
    return torch.cpu._is_avx512_bf16_supported()


def _type_of_products(features: Tensor) -> torch.dtype:
    """float32 for 16-bit numbers if the processor does not multiply these faster; their logits are not rounded then."""
    if features.is_cpu and not (features.dtype == torch.bfloat16 and _multiplies_bfloat16()):
        return widened(features)
    return features.dtype


class _Products:
    """The three products with the head, `(K, D)`: block by block, each block in the type of the products."""

    def __init__(self, head: Tensor, dtype: torch.dtype) -> None:
        classes, width = head.shape
        self.head, self.dtype = head, dtype
        self.step = min(classes, max(64, (_BLOCK if head.is_cpu else _BLOCK_ELSEWHERE) // width))
        self.room = torch.empty(self.step, width, dtype=dtype, device=head.device)

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        for begin in range(0, len(self.head), self.step):
            at = slice(begin, begin + self.step)
            block = self.head[at]
            yield at, block if block.dtype == self.dtype else self.room[: len(block)].copy_(block)

    def logits(self, x: Tensor, bias: Tensor | None, tile: Tensor) -> Tensor:
        """x @ head.T + bias, into the tile."""
        for at, block in self.blocks():
            torch.mm(x, block.t(), out=tile[:, at])
        return tile if bias is None else tile.add_(bias)

    def back(self, slopes: Tensor) -> Tensor:
        """slopes @ head: the gradient of the features."""
        total = slopes.new_zeros(len(slopes), self.head.shape[1])
        for at, block in self.blocks():
            total.addmm_(slopes[:, at], block)
        return total

    def add_outer(self, slopes: Tensor, x: Tensor, total: Tensor) -> None:
        """total += slopes.T @ x: the gradient of the head."""
        for begin in range(0, len(self.head), self.step):
            at = slice(begin, begin + self.step)
            if total.dtype == self.dtype:
                total[at].addmm_(slopes[:, at].t(), x)
            else:
                room = self.room[: len(total[at])]
                total[at] += torch.mm(slopes[:, at].t(), x, out=room)


# -------------------------------------------------------------------------------------------------------- softmax


def _compiled_softmax(tile: Tensor, target: Tensor, rule: LinearRule, scale: Tensor | None) -> Tensor:
    """The losses; and where there is a scale, the gradient, in the place of the logits."""
    if rule.softcap is None:
        return _run(tile, target, rule, scale)
    losses = torch.empty(len(tile), dtype=widened(tile))
    few = max(1, _BLOCK // tile.shape[1])
    for begin in range(0, len(tile), few):
        rows = slice(begin, begin + few)
        bend = (tile[rows].to(losses.dtype) / rule.softcap).tanh_()
        logits = rule.softcap * bend
        losses[rows] = _run(logits, target[rows], rule, None if scale is None else scale[rows])
        if scale is not None:
            tile[rows] = logits.mul_(1 - bend.square_())
    return losses


def _run(logits: Tensor, target: Tensor, rule: LinearRule, scale: Tensor | None) -> Tensor:
    label, shares = (None, target.to(logits.dtype)) if target.is_floating_point() else (target.contiguous(), None)
    gradient = None if scale is None else logits  # the kernel has read a row before it writes one
    tensors = _cpu_classes.Tensors(label, shares, rule.weight)
    options = _cpu_classes.Options("softmax", _ROWS, rule.ignore_index, rule.label_smoothing, z_loss=rule.z_loss)
    return _cpu_classes.sweep(logits, tensors, options, gradient, row_scale=scale)


def _plain_softmax(tile: Tensor, target: Tensor, rule: LinearRule, scale: Tensor | None) -> Tensor:
    with torch.enable_grad():
        logits = tile.detach().requires_grad_(scale is not None)
        losses = of_logits(logits, target, rule._replace(reduction=_ROWS))
    if scale is not None:
        tile.copy_(torch.autograd.grad(losses, logits, scale)[0])
    return losses.detach()
