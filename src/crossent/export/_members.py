"""The members of a blend as graphs: numbers and codes to log probabilities."""

from __future__ import annotations

import math

import numpy as np
import torch

from .._errors import InputError
from ..members import Blend, Linear, Member, Network, Trees
from ._columns import Encoded
from ._graph import Graph
from ._network import network_logits
from ._trees import tree_probabilities

_LEAST_LOG = -700.0


def blended(graph: Graph, blend: Blend, rows: Encoded) -> str:
    """`(n, K)` float64: the log of the mean of the members' probabilities, each with its weight."""
    parts: list[str] = []
    for part in blend.parts:
        if part.member is None:
            continue
        logs = _on_true_prior(graph, _member(graph, part.name, part.member, rows), blend)
        weighed = graph.add("Add", logs, graph.constant(math.log(part.weight), np.float64))
        parts.append(graph.unsqueeze(weighed, 0))
    return _log_sum(graph, graph.add("Concat", *parts, axis=0))


def _log_sum(graph: Graph, values: str) -> str:
    """The log of the sum of exponentials over the first axis."""
    return graph.add("ReduceLogSumExp", values, graph.constant([0], np.int64), keepdims=0)


def _on_true_prior(graph: Graph, logs: str, blend: Blend) -> str:
    if blend.class_weight is None:
        return logs
    bias = graph.constant(np.log(np.array(blend.class_weight)), np.float64)
    return graph.add("LogSoftmax", graph.add("Sub", logs, bias), axis=1)


def _member(graph: Graph, name: str, member: Member, rows: Encoded) -> str:
    match member:
        case Network():
            logits = graph.double(network_logits(graph, member, rows))
            logits = graph.add("Mul", logits, graph.constant(member.slope, np.float64))
            logs = _mean_of_copies(graph, logits, member.copies.copies)
            return graph.add("Max", logs, graph.constant(_LEAST_LOG, np.float64))
        case Trees():
            return graph.add("Log", tree_probabilities(graph, member, rows))
        case Linear():
            return _mean_of_copies(graph, _linear_logits(graph, member, rows), len(member.weights))
        case _:
            raise InputError(
                f"the member {name!r} cannot be exported to ONNX: fit the model again with this crossent, of the "
                "members network, trees and linear"
            )


def _mean_of_copies(graph: Graph, logits: str, copies: int) -> str:
    """The log of the mean of the probabilities, `(M, n, K)` to `(n, K)`."""
    total = _log_sum(graph, graph.add("LogSoftmax", logits, axis=2))
    return graph.add("Sub", total, graph.constant(math.log(copies), np.float64))


def _linear_logits(graph: Graph, member: Linear, rows: Encoded) -> str:
    """`(M, n, K)` float64."""
    dense = _dense(graph, member, rows)
    logits = graph.add("Add", graph.add("MatMul", dense, graph.constant(member.weights)),
                       graph.constant(member.bias.unsqueeze(1)))  # fmt: skip
    table = member.levels * member.columns.shares[:, None]
    if table.shape[1] > 1:
        found = graph.add("Gather", graph.constant(table), rows.codes, axis=1)  # (M, n, C, O)
        logits = graph.add("Add", logits, graph.add("ReduceSum", found, graph.constant([2], np.int64), keepdims=0))
    logits = graph.double(logits)
    if member.bias.shape[1] > 1:
        return logits
    half = graph.add("Div", logits, graph.constant(2.0, np.float64))
    return graph.add("Concat", graph.add("Neg", half), half, axis=2)


def _dense(graph: Graph, member: Linear, rows: Encoded) -> str:
    """`(n, F)` float32: the numbers, centred and scaled, and their broken lines; see `LinearColumns`."""
    columns = member.columns
    centred = graph.add("Sub", rows.numbers, graph.constant(columns.center))
    dense = graph.add("Mul", centred, graph.constant(columns.scale))
    if not len(columns.broken):
        return dense
    values = graph.unsqueeze(graph.columns(rows.numbers, columns.broken.numpy()), 2)  # (n, B, 1)
    knots = columns.knots
    gaps = knots.diff(dim=1)
    nothing = torch.zeros(len(knots), 1)
    rise = _slope(graph, values, knots[:, :-1], gaps, down=False)
    fall = _slope(graph, values, knots[:, 1:], gaps, down=True)
    ones = graph.add("Add", graph.add("Mul", values, graph.constant(nothing)), graph.constant(nothing + 1))
    hats = graph.add("Min", graph.add("Concat", ones, rise, axis=2), graph.add("Concat", fall, ones, axis=2))
    hats = graph.add("Clip", hats, graph.constant(0.0, np.float32), graph.constant(1.0, np.float32))
    return graph.add("Concat", dense, graph.reshape(hats, 0, knots.numel()), axis=1)


def _slope(graph: Graph, values: str, knots: torch.Tensor, gaps: torch.Tensor, *, down: bool) -> str:
    """A line from 0 at the knot to 1 at the next, up or down; where knots repeat, 0 on the way up, else 1."""
    at = graph.constant(knots)
    distance = graph.add("Sub", at, values) if down else graph.add("Sub", values, at)
    line = graph.add("Div", distance, graph.constant(gaps.clamp(min=1e-12)))
    flat = graph.constant(torch.full_like(gaps, float(down)))
    return graph.add("Where", graph.constant((gaps > 0).numpy()), line, flat)
