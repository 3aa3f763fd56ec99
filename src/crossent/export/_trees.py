"""Boosted trees as one operator, all copies together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._errors import InputError
from ..members import Trees
from ._columns import Encoded
from ._graph import ML, Graph, library

_LEAST = 1e-9
_MEMBER = 6  # a mode of the operator; 0 is for at most the split


@dataclass
class _Ensemble:
    """The lists that the operator is made of: nodes, leaves, and the sets of categories that go left."""

    features: list[int] = field(default_factory=list)
    splits: list[float] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    missing_left: list[int] = field(default_factory=list)
    children: tuple[list[int], list[int]] = field(default_factory=lambda: (list[int](), list[int]()))
    leafs: tuple[list[int], list[int]] = field(default_factory=lambda: (list[int](), list[int]()))
    weights: list[float] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    sets: dict[int, list[float]] = field(default_factory=dict)
    roots: list[int] = field(default_factory=list)

    def tree(self, node: dict[str, Any], target: int) -> None:
        """Add a tree as LightGBM describes it."""
        self.roots.append(len(self.features))
        if "split_index" not in node:  # one leaf: a node both of whose ways lead to it
            node = {"split_feature": 0, "threshold": 0.0, "decision_type": "<=", "missing_type": "None",
                    "default_left": True, "left_child": node, "right_child": node}  # fmt: skip
        waiting = [(node, self._reserve())]
        while waiting:
            node, place = waiting.pop()
            self._fill(node, place)
            for side, name in enumerate(("left_child", "right_child")):
                child = node[name]
                leaf = "leaf_value" in child
                self.leafs[side][place] = int(leaf)
                self.children[side][place] = self._leaf(child, target) if leaf else self._reserve()
                if not leaf:
                    waiting.append((child, self.children[side][place]))

    def _reserve(self) -> int:
        self.splits.append(0.0)
        for each in (self.features, self.modes, self.missing_left, *self.children, *self.leafs):
            each.append(0)
        return len(self.features) - 1

    def _leaf(self, node: dict[str, Any], target: int) -> int:
        self.weights.append(node["leaf_value"])
        self.targets.append(target)
        return len(self.weights) - 1

    def _fill(self, node: dict[str, Any], place: int) -> None:
        self.features[place] = node["split_feature"]
        if node["decision_type"] == "==":
            self.modes[place] = _MEMBER
            self.sets[place] = [float(category) for category in str(node["threshold"]).split("||")]
            return
        self.splits[place] = float(node["threshold"])
        # Where training met no missing value, LightGBM takes one for 0.
        left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        self.missing_left[place] = int(left)

    @property
    def membership(self) -> list[float]:
        """The sets, in the order of their nodes, each ended by NaN."""
        return [value for place in sorted(self.sets) for value in (*self.sets[place], np.nan)]


def tree_probabilities(graph: Graph, member: Trees, rows: Encoded) -> str:
    """`(n, K)` float64: the mean of the copies' probabilities."""
    ensemble, per_copy = _Ensemble(), 1 if member.classes == 2 else member.classes
    for copy, booster in enumerate(member.boosters):
        record = booster.dump_model()
        _check(record["objective"], member.classes)
        for number, tree in enumerate(record["tree_info"]):
            ensemble.tree(tree["tree_structure"], copy * per_copy + number % per_copy)
    copies = len(member.boosters)
    matrix = graph.double(_matrix(graph, member, rows))
    raw = graph.reshape(_operator(graph, ensemble, matrix, copies * per_copy), 0, copies, per_copy)
    if member.classes == 2:
        positive = graph.add("Sigmoid", raw)
        negative = graph.add("Sub", graph.constant(1.0, np.float64), positive)
        made = graph.add("Concat", negative, positive, axis=2)
    else:
        made = graph.add("Softmax", raw, axis=2)
    made = graph.add("Max", made, graph.constant(_LEAST, np.float64))
    return graph.add("ReduceMean", made, graph.constant([1], np.int64), keepdims=0)


def _check(objective: str, classes: int) -> None:
    wanted = "binary sigmoid:1" if classes == 2 else "multiclass "
    if not objective.startswith(wanted):
        raise InputError(
            f"trees of the objective {objective!r} cannot be exported to ONNX: fit without the member trees"
        )


def _matrix(graph: Graph, member: Trees, rows: Encoded) -> str:
    """`(n, W)` float32, NaN where a number or a category is missing; see `TreeColumns`."""
    columns = member.columns
    parts: list[str] = []
    nothing = graph.constant(np.nan, np.float32)
    if columns.numbers:
        numbers = graph.columns(rows.numbers, columns.numbers)
        gaps = [place for place in columns.missing if place >= 0]
        if gaps:
            absent = graph.columns(rows.numbers, [max(place, 0) for place in columns.missing])
            has = graph.constant([place >= 0 for place in columns.missing])
            absent = graph.add("And", graph.add("Greater", absent, graph.constant(0.0, np.float32)), has)
            numbers = graph.add("Where", absent, nothing, numbers)
        parts.append(numbers)
    if columns.categories:
        codes = graph.columns(rows.codes, [start for start, _ in columns.categories])
        level = graph.add("Sub", codes, graph.constant([first for _, first in columns.categories], np.int64))
        absent = graph.add("Equal", level, graph.constant(0, np.int64))
        parts.append(graph.add("Where", absent, nothing, graph.single(level)))
    return graph.add("Concat", *parts, axis=1)


def _operator(graph: Graph, ensemble: _Ensemble, matrix: str, targets: int) -> str:
    numpy_helper = library().numpy_helper
    tensors = {
        "nodes_splits": np.array(ensemble.splits, np.float64),
        "nodes_modes": np.array(ensemble.modes, np.uint8),
        "leaf_weights": np.array(ensemble.weights, np.float64),
    }
    if ensemble.sets:
        tensors["membership_values"] = np.array(ensemble.membership, np.float64)
    return graph.add(
        "TreeEnsemble",
        matrix,
        domain=ML,
        n_targets=targets,
        aggregate_function=1,
        post_transform=0,
        tree_roots=ensemble.roots,
        nodes_featureids=ensemble.features,
        nodes_truenodeids=ensemble.children[0],
        nodes_falsenodeids=ensemble.children[1],
        nodes_trueleafs=ensemble.leafs[0],
        nodes_falseleafs=ensemble.leafs[1],
        nodes_missing_value_tracks_true=ensemble.missing_left,
        leaf_targetids=ensemble.targets,
        **{name: numpy_helper.from_array(values) for name, values in tensors.items()},
    )
