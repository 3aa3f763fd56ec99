"""Boosted trees as one operator, all copies together."""

from __future__ import annotations

import numpy as np

from ..._errors import InputError
from ...members import LEAST_PROBABILITY, Trees
from .._forest import Forest, outputs_of
from ._columns import Encoded
from ._graph import ML, Graph, library

_MEMBER = 6  # a mode of the operator; 0 is for at most the split


def tree_probabilities(graph: Graph, member: Trees, rows: Encoded) -> str:
    """`(n, K)` float64: the mean of the copies' probabilities."""
    copies, outputs = len(member.boosters), outputs_of(member)
    matrix = graph.double(_matrix(graph, member, rows))
    raw = graph.reshape(_operator(graph, Forest.of(member), matrix, copies * outputs), 0, copies, outputs)
    if member.classes == 2:
        positive = graph.add("Sigmoid", raw)
        negative = graph.add("Sub", graph.constant(1.0, np.float64), positive)
        made = graph.add("Concat", negative, positive, axis=2)
    else:
        made = graph.add("Softmax", raw, axis=2)
    made = graph.add("Max", made, graph.constant(LEAST_PROBABILITY, np.float64))
    return graph.add("ReduceMean", made, graph.constant([1], np.int64), keepdims=0)


def _matrix(graph: Graph, member: Trees, rows: Encoded) -> str:
    """`(n, W)` float32, NaN where a number or a category is missing; see `TreeColumns`."""
    columns = member.columns
    parts: list[str] = []
    if columns.numbers:
        numbers = graph.columns(rows.numbers, columns.numbers)
        gaps = [place for place in columns.missing if place >= 0]
        if gaps:
            absent = graph.columns(rows.numbers, [max(place, 0) for place in columns.missing])
            has = graph.constant([place >= 0 for place in columns.missing])
            absent = graph.add("And", graph.add("Greater", absent, graph.constant(0.0, np.float32)), has)
            numbers = _gaps(graph, absent, numbers)
        parts.append(numbers)
    if columns.categories:
        codes = graph.columns(rows.codes, [start for start, _ in columns.categories])
        level = graph.add("Sub", codes, graph.constant([first for _, first in columns.categories], np.int64))
        absent = graph.add("Equal", level, graph.constant(0, np.int64))
        parts.append(_gaps(graph, absent, graph.single(level)))
    return graph.add("Concat", *parts, axis=1)


def _gaps(graph: Graph, absent: str, values: str) -> str:
    return graph.add("Where", absent, graph.constant(np.nan, np.float32), values)


def _operator(graph: Graph, forest: Forest, matrix: str, targets: int) -> str:
    if any(forest.zero_missing):
        raise InputError("trees that take 0 for missing cannot be exported to ONNX: fit without the member trees")
    nodes = range(len(forest.features))
    tensors = {
        "nodes_splits": np.array(forest.splits, np.float64),
        "nodes_modes": np.array([_MEMBER if node in forest.sets else 0 for node in nodes], np.uint8),
        "leaf_weights": np.array(forest.values, np.float64),
    }
    if forest.sets:  # in the order of their nodes, each ended by NaN
        members = [value for node in sorted(forest.sets) for value in (*forest.sets[node], np.nan)]
        tensors["membership_values"] = np.array(members, np.float64)
    lists = {
        "tree_roots": forest.roots,
        "nodes_featureids": forest.features,
        "nodes_truenodeids": forest.children[0],
        "nodes_falsenodeids": forest.children[1],
        "nodes_trueleafs": [int(leaf) for leaf in forest.leafs[0]],
        "nodes_falseleafs": [int(leaf) for leaf in forest.leafs[1]],
        "nodes_missing_value_tracks_true": [int(left) for left in forest.missing_left],
        "leaf_targetids": np.repeat(forest.targets, forest.leaves).tolist(),
    }
    from_array = library().numpy_helper.from_array
    values = {name: from_array(values) for name, values in tensors.items()}
    modes = {"n_targets": targets, "aggregate_function": 1, "post_transform": 0}
    return graph.add("TreeEnsemble", matrix, domain=ML, **modes, **lists, **values)
