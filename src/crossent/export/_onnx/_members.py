"""The members of a blend as graphs: numbers and codes to log probabilities."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..._errors import InputError
from ...members import Blend, ClassShares, Linear, Member, Network, Trees
from ._columns import Encoded
from ._graph import Graph
from ._linear import linear_logits
from ._network import network_logits
from ._trees import tree_probabilities

_LEAST_LOG = -700.0


def blended(graph: Graph, blend: Blend, rows: Encoded) -> str:
    """`(n, K)` float64: the log of the pool of the members' probabilities; see `Pool`."""
    parts: list[str] = []
    for part in blend.parts:
        if part.member is None:
            continue
        logs = _on_true_prior(graph, _member(graph, part.name, part.member, rows), blend)
        weighed = graph.add("Add", logs, graph.constant(math.log(part.weight), np.float64))
        parts.append(graph.unsqueeze(weighed, 0))
    return _pooled(graph, _log_sum(graph, graph.add("Concat", *parts, axis=0)), blend)


def _pooled(graph: Graph, logs: str, blend: Blend) -> str:
    if blend.slope != 1:
        surer = graph.add("Mul", logs, graph.constant(blend.slope, np.float64))
        logs = graph.add("LogSoftmax", surer, axis=1)
    if blend.least is None:
        return logs
    share = graph.constant(1 - sum(blend.least), np.float64)
    own = graph.add("Mul", graph.add("Exp", logs), share)
    return graph.add("Log", graph.add("Add", own, graph.constant(blend.least, np.float64)))


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
            return _mean_of_copies(graph, linear_logits(graph, member, rows), len(member.weights))
        case ClassShares():
            return _repeated(graph, np.log(member.shares), rows)
        case _:
            raise InputError(
                f"the member {name!r} cannot be exported to ONNX: fit the model again with this crossent, of the "
                "members network, trees and linear"
            )


def _repeated(graph: Graph, values: npt.NDArray[np.float64], rows: Encoded) -> str:
    """`(K,)` as `(n, K)`."""
    count = graph.add("Slice", graph.add("Shape", rows.numbers), *(graph.constant([k], np.int64) for k in (0, 1)))
    shape = graph.add("Concat", count, graph.constant([len(values)], np.int64), axis=0)
    return graph.add("Expand", graph.constant(values, np.float64), shape)


def _mean_of_copies(graph: Graph, logits: str, copies: int) -> str:
    """The log of the mean of the probabilities, `(M, n, K)` to `(n, K)`."""
    total = _log_sum(graph, graph.add("LogSoftmax", logits, axis=2))
    return graph.add("Sub", total, graph.constant(math.log(copies), np.float64))
