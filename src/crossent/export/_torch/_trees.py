"""Boosted trees as tensors: all rows go down all trees of a chunk at once, level by level."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from ...data import Features
from ...members import LEAST_PROBABILITY, Trees
from .._forest import Forest, outputs_of

_LEAST_CHUNK, _MOST_CHUNKS = 128, 32  # of trees: a step of a chunk holds as many numbers a row as it has trees
_ZERO = 1e-35  # what LightGBM takes for 0


@dataclass(frozen=True)
class _View:
    """A number as some nodes see it: what stands in for a gap lies beyond every split, on the side where gaps go."""

    feature: int
    gap: float
    zero: bool


@dataclass
class _Nodes:
    """The nodes of a chunk of trees: an inner node's right child stands behind its left one; a leaf is its own child.

    Attributes:
        columns: What a node asks: a view, or after all views a set of categories.
        splits: Above it a row goes right; infinite in a leaf.
        lefts: The left child.
        values: What a leaf adds; 0 in a node.
        roots: The first node of each tree.
        depth: The most steps from a root to a leaf.
    """

    columns: list[int] = field(default_factory=list)
    splits: list[float] = field(default_factory=list)
    lefts: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    depth: int = 0

    def add(self, forest: Forest, root: int) -> list[tuple[int, int]]:
        """Add a tree; of each of its nodes, return the number in the forest and the place here."""
        inner = [(root, self._reserve())]
        self.roots.append(inner[0][1])
        for node, place in inner:  # which grows meanwhile
            self.splits[place] = 0.5 if node in forest.sets else forest.splits[node]
            self.lefts[place] = len(self.lefts)
            for children, leafs in zip(forest.children, forest.leafs, strict=True):
                child, made = children[node], self._reserve()
                if leafs[node]:
                    self.values[made] = forest.values[child]
                else:
                    inner.append((child, made))
        return inner

    def _reserve(self) -> int:
        """Add a leaf of value 0, and return its place."""
        place = len(self.columns)
        self.columns.append(0)
        self.splits.append(math.inf)
        self.lefts.append(place)
        self.values.append(0.0)
        return place


class TreeProbabilities(nn.Module):
    """Features to `(n, K)` float64, the mean of the copies' probabilities.

    Args:
        member: The trees.
    """

    def __init__(self, member: Trees) -> None:
        super().__init__()
        columns = member.columns
        self.numbers, self.starts = list(columns.numbers), [start for start, _ in columns.categories]
        self.missing = [max(place, 0) for place in columns.missing]
        self.has_missing = torch.tensor([place >= 0 for place in columns.missing], dtype=torch.bool)
        self.firsts = torch.tensor([first for _, first in columns.categories], dtype=torch.int64)
        self.classes, self.copies, self.outputs = member.classes, len(member.boosters), outputs_of(member)
        forest = Forest.of(member)
        nodes = range(len(forest.features))
        seen = {node: _view(forest, node) for node in nodes if node not in forest.sets}
        views = list(dict.fromkeys(seen.values()))
        self.features = torch.tensor([view.feature for view in views], dtype=torch.int64)
        self.gaps = torch.tensor([view.gap for view in views], dtype=torch.float32)
        self.zeros = torch.tensor([view.zero for view in views], dtype=torch.bool)
        numbered = {view: place for place, view in enumerate(views)}
        asked = {node: numbered[view] for node, view in seen.items()}
        self.chunks = nn.ModuleList(_chunks(forest, asked, len(columns.numbers)))

    def forward(self, rows: Features) -> Tensor:
        """Ask all trees."""
        levels = rows.codes[:, self.starts].long() - self.firsts  # 0 where missing
        absent = (rows.numbers[:, self.missing] > 0) & self.has_missing
        numbers = rows.numbers[:, self.numbers].masked_fill(absent, torch.nan)
        views = torch.cat([numbers, levels.float()], 1).index_select(1, self.features)
        gap = views.isnan() | (self.zeros & (views.abs() <= _ZERO))
        views = torch.where(gap, self.gaps, views)
        raw = views.new_zeros((views.shape[0], self.copies * self.outputs), dtype=torch.float64)
        for chunk in self.chunks:
            raw = chunk(views, levels, raw)
        raw = raw.unflatten(1, (self.copies, self.outputs))
        if self.classes == 2:
            positive = raw.sigmoid()
            made = torch.cat([1 - positive, positive], dim=2)
        else:
            made = raw.softmax(dim=2)
        return made.clamp(min=LEAST_PROBABILITY).mean(dim=1)


class _Chunk(nn.Module):
    """Some trees, and the sets of categories that they ask for."""

    def __init__(self, nodes: _Nodes, sets: list[tuple[int, tuple[int, ...]]], targets: list[int]) -> None:
        super().__init__()
        self.depth = nodes.depth
        self.columns, self.lefts = torch.tensor(nodes.columns), torch.tensor(nodes.lefts)
        self.splits = _below(nodes.splits)
        self.values = torch.tensor(nodes.values, dtype=torch.float64)
        self.roots, self.targets = torch.tensor(nodes.roots), torch.tensor(targets)
        sizes = [max(members) + 2 for _, members in sets]  # the last stands for all that are beyond
        starts = list(itertools.accumulate(sizes, initial=0))
        self.asked = torch.tensor([column for column, _ in sets], dtype=torch.int64)
        self.last = torch.tensor(sizes, dtype=torch.int64) - 1
        self.starts = torch.tensor(starts[:-1], dtype=torch.int64)
        self.outside = torch.ones(starts[-1])
        for start, (_, members) in zip(starts, sets, strict=False):
            self.outside[[start + member for member in members]] = 0.0

    def forward(self, views: Tensor, levels: Tensor, raw: Tensor) -> Tensor:
        """Add to `raw`, `(n, copies * outputs)`, the leaves that the rows come to.

        Args:
            views: `(n, views)` float32 without NaN.
            levels: `(n, categories)`.
            raw: Sums of leaves.
        """
        if len(self.asked):
            places = levels.index_select(1, self.asked).minimum(self.last) + self.starts
            views = torch.cat([views, self.outside.expand(views.shape[0], -1).gather(1, places)], 1)
        rows = views.shape[0]
        columns, splits, lefts = (each.expand(rows, -1) for each in (self.columns, self.splits, self.lefts))
        asked = views.index_select(1, self.columns[self.roots])
        nodes = self.lefts[self.roots] + (asked > self.splits[self.roots])
        for _ in range(self.depth - 1):
            asked = views.gather(1, columns.gather(1, nodes))
            nodes = lefts.gather(1, nodes) + (asked > splits.gather(1, nodes))
        return raw.index_add(1, self.targets, self.values.expand(rows, -1).gather(1, nodes))


def _below(splits: list[float]) -> Tensor:
    """Each split as the float32 at or below it: a number of float32 is above both or above neither."""
    exact = np.array(splits)
    with np.errstate(over="ignore"):  # 1e300 parts the numbers from the gaps
        near = exact.astype(np.float32)
    return torch.from_numpy(np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near))


def _view(forest: Forest, node: int) -> _View:
    gap = -math.inf if forest.missing_left[node] else math.inf
    return _View(forest.features[node], gap, forest.zero_missing[node])


def _chunks(forest: Forest, views: dict[int, int], numbers: int) -> list[_Chunk]:
    """The trees by their depth, some together.

    Args:
        forest: All trees.
        views: The view of each node that asks for a number.
        numbers: How many columns of the matrix are numbers; categories stand behind them.
    """
    depths, width = _depths(forest), len(set(views.values()))
    order = sorted(range(len(forest.roots)), key=lambda tree: depths[tree])
    size = max(_LEAST_CHUNK, -(-len(order) // _MOST_CHUNKS))
    made: list[_Chunk] = []
    for start in range(0, len(order), size):
        trees = order[start : start + size]
        nodes, sets = _Nodes(depth=depths[trees[-1]]), dict[tuple[int, tuple[int, ...]], int]()
        for tree in trees:
            for node, place in nodes.add(forest, forest.roots[tree]):
                if node in views:
                    nodes.columns[place] = views[node]
                else:
                    asked = (forest.features[node] - numbers, forest.sets[node])
                    nodes.columns[place] = width + sets.setdefault(asked, len(sets))
        made.append(_Chunk(nodes, list(sets), [forest.targets[tree] for tree in trees]))
    return made


def _depths(forest: Forest) -> list[int]:
    """Of each tree the most steps from its root to a leaf."""
    depths = [1] * len(forest.features)
    for node in reversed(range(len(depths))):  # children stand behind their parents
        for children, leafs in zip(forest.children, forest.leafs, strict=True):
            if not leafs[node]:
                depths[node] = max(depths[node], 1 + depths[children[node]])
    return [depths[root] for root in forest.roots]
