"""The linear member as a graph: numbers, their broken lines, and a weight for each code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...members import Linear, LinearColumns
from ._columns import Encoded
from ._graph import Graph


def linear_logits(graph: Graph, member: Linear, rows: Encoded) -> str:
    """`(M, n, K)` float64."""
    columns = member.columns
    width, lines = len(columns.center), len(columns.knots)
    centred = graph.add("Sub", rows.numbers, graph.constant(columns.center))
    dense = graph.add("Mul", centred, graph.constant(columns.scale))
    logits = graph.add("MatMul", dense, graph.constant(member.weights[:, :width]))
    logits = graph.add("Add", logits, graph.constant(member.weights[:, -1:]))
    if lines:
        logits = graph.add("Add", logits, _lines(graph, columns, member.weights[:, width : width + lines], rows))
    if len(columns.shares) > 1:
        table = graph.constant(member.weights[:, width + lines : -1] * columns.shares[:, None])
        logits = graph.add("Add", logits, _summed(graph, graph.add("Gather", table, rows.codes, axis=1)))
    logits = graph.double(logits)
    if member.weights.shape[2] > 1:
        return logits
    half = graph.add("Div", logits, graph.constant(2.0, np.float64))
    return graph.add("Concat", graph.add("Neg", half), half, axis=2)


def _lines(graph: Graph, columns: LinearColumns, weights: Tensor, rows: Encoded) -> str:
    """`(M, n, O)`: of each broken line the value between the weights of the knots on either side."""
    broken = columns.counts.nonzero().flatten()
    parts = columns.knots.split(columns.counts[broken].tolist())
    inner = torch.nn.utils.rnn.pad_sequence([part[1:-1] for part in parts], batch_first=True, padding_value=torch.inf)
    starts = columns.counts[broken].cumsum(0) - columns.counts[broken]
    values = graph.columns(rows.numbers, broken.numpy())  # (n, B)
    passed = graph.add("LessOrEqual", graph.constant(inner), graph.unsqueeze(values, 2))
    left = graph.add("ReduceSum", graph.whole(passed), graph.constant([2], np.int64), keepdims=0)
    left = graph.add("Add", left, graph.constant(starts))
    right = graph.add("Add", left, graph.constant(1, np.int64))
    knots = graph.constant(columns.knots)
    low, high = (graph.add("Gather", knots, place) for place in (left, right))
    way = graph.add("Div", graph.add("Sub", values, low), graph.add("Sub", high, low))
    way = graph.add("Clip", way, graph.constant(0.0, np.float32), graph.constant(1.0, np.float32))
    table = graph.constant(weights)
    start, end = (graph.add("Gather", table, place, axis=1) for place in (left, right))  # (M, n, B, O)
    rise = graph.add("Mul", graph.unsqueeze(way, 2), graph.add("Sub", end, start))
    return _summed(graph, graph.add("Add", start, rise))


def _summed(graph: Graph, values: str) -> str:
    """`(M, n, C, O)` to `(M, n, O)`."""
    return graph.add("ReduceSum", values, graph.constant([2], np.int64), keepdims=0)
