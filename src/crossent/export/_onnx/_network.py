"""The network as a graph, all copies side by side."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import softplus

from ...members import Network
from ...models import CategoryEmbedding, Copies, CopiesLinear, Cumulative, Front, OneHot, Periodic
from ._columns import Encoded
from ._graph import Graph


def network_logits(graph: Graph, member: Network, rows: Encoded) -> str:
    """`(M, n, K)` float32, before the temperature."""
    through = _front(graph, member.front, rows)
    copies = member.copies
    values = _inputs(graph, copies, through)
    for linear, bend in zip(copies.linears, copies.bends, strict=True):
        values = _linear(graph, linear, values)
        strength = graph.constant(bend.get_parameter("strength"))
        bent = graph.add("Sub", graph.add("Selu", values), values)
        values = graph.add("Add", values, graph.add("Mul", strength, bent))
    values = _linear(graph, copies.output, values)
    return values if copies.thresholds is None else _cumulative(graph, copies.thresholds, values)


def _front(graph: Graph, front: Front, rows: Encoded) -> Encoded:
    numbers, codes = rows.numbers, rows.codes
    if len(front.points):
        numbers = _scores(graph, front, numbers)
    if len(front.codes) > 1:
        codes = graph.add("Gather", graph.constant(front.codes, np.int64), codes)
    return Encoded(numbers, codes)


def _scores(graph: Graph, front: Front, numbers: str) -> str:
    """Normal scores in place of the numbers that have them: linear between the points on either side."""
    columns, count = front.points.shape
    scored = front.scored.nonzero().flatten().tolist()
    values = graph.columns(numbers, scored)  # (n, S)
    below = graph.add("Less", graph.constant(front.points), graph.unsqueeze(values, 2))
    after = graph.add("ReduceSum", graph.whole(below), graph.constant([2], np.int64), keepdims=0)
    after = graph.add("Clip", after, graph.constant(1, np.int64), graph.constant(count - 1, np.int64))
    right = graph.add("Add", after, graph.constant(count * np.arange(columns), np.int64))
    left = graph.add("Sub", right, graph.constant(1, np.int64))
    points, scores = graph.constant(front.points.flatten()), graph.constant(front.scores.flatten())
    low, high = (graph.add("Gather", points, place) for place in (left, right))
    share = graph.add("Div", graph.add("Sub", values, low), graph.add("Sub", high, low))
    share = graph.add("Clip", share, graph.constant(0.0, np.float32), graph.constant(1.0, np.float32))
    start, end = (graph.add("Gather", scores, place) for place in (left, right))
    made = graph.add("Add", start, graph.add("Mul", share, graph.add("Sub", end, start)))
    width = len(front.scored)
    order = [width + scored.index(place) if place in scored else place for place in range(width)]
    return graph.columns(graph.add("Concat", numbers, made, axis=1), order)


def _inputs(graph: Graph, copies: Copies, rows: Encoded) -> str:
    """`(M, n, F)`: all that the first layer takes."""
    parts: list[str] = []
    if copies.periodic is not None:
        parts.append(_periodic(graph, copies.periodic, graph.columns(rows.numbers, copies.periodic_places)))
    if copies.plain_places:
        parts.append(_repeated(graph, graph.columns(rows.numbers, copies.plain_places), copies.copies))
    for embedding in copies.embeddings:
        if isinstance(embedding, OneHot):
            same = graph.add("Equal", graph.columns(rows.codes, embedding.places.numpy()),
                             graph.constant(embedding.codes, np.int64))  # fmt: skip
            parts.append(_repeated(graph, graph.single(same), copies.copies))
        elif isinstance(embedding, CategoryEmbedding):
            parts.append(_embedded(graph, embedding, rows.codes))
    together = graph.add("Concat", *parts, axis=2)
    return graph.add("Mul", together, graph.constant(copies.factors))


def _repeated(graph: Graph, values: str, copies: int) -> str:
    """`(n, F)` as `(M, n, F)`."""
    return graph.add("Add", graph.constant(np.zeros((copies, 1, 1)), np.float32), values)


def _embedded(graph: Graph, embedding: CategoryEmbedding, codes: str) -> str:
    places = graph.add("Add", graph.columns(codes, embedding.places.numpy()),
                       graph.constant(embedding.shift, np.int64))  # fmt: skip
    found = graph.add("Gather", graph.constant(embedding.table), places)  # (M, n, C, 8)
    return graph.reshape(found, 0, -1, embedding.outputs)


def _periodic(graph: Graph, periodic: Periodic, numbers: str) -> str:
    """[x, V cos(w x + b) + c], `(n, D)` to `(M, n, 4 D)`."""
    copies, columns, _, dimensions = periodic.mix.shape
    across = graph.unsqueeze(graph.add("Transpose", numbers, perm=[1, 0]), 0, 3)  # (1, D, n, 1)
    turns = graph.add("Add", graph.constant(periodic.phases),
                      graph.add("Mul", across, graph.constant(periodic.waves)))  # fmt: skip
    mixed = graph.add("MatMul", graph.add("Cos", turns), graph.constant(periodic.mix))
    mixed = graph.add("Add", mixed, graph.constant(periodic.shift))
    mixed = graph.add("Transpose", mixed, perm=[0, 2, 1, 3])  # (M, n, D, 3)
    itself = graph.unsqueeze(_repeated(graph, numbers, copies), 3)
    whole = graph.add("Concat", itself, mixed, axis=3)
    return graph.reshape(whole, 0, -1, columns * (1 + dimensions))


def _linear(graph: Graph, linear: torch.nn.Module, values: str) -> str:
    if not isinstance(linear, CopiesLinear):
        raise TypeError(f"a layer is a {type(linear).__name__}")
    scaled = graph.constant(linear.weight.detach() * linear.scale)
    return graph.add("Add", graph.add("MatMul", values, scaled), graph.constant(linear.bias))


def _cumulative(graph: Graph, of: Cumulative, scores: str) -> str:
    """Scores `(M, n, 1)` to log probabilities of ordered classes; see `Cumulative`."""
    gaps = (softplus(of.gaps) + 1e-6).detach()
    first = of.first.detach()
    thresholds = torch.cat([first, first + gaps.cumsum(2)], dim=2)
    apart = graph.double(graph.add("Sub", graph.constant(thresholds), scores))
    below = graph.add("Neg", graph.softplus(graph.add("Neg", apart)))
    above = graph.add("Neg", graph.softplus(apart))
    between = graph.constant((-(-gaps).expm1()).log(), np.float64)
    last = thresholds.shape[2]
    inner = graph.add("Add", _sliced(graph, below, 1, last), _sliced(graph, above, 0, last - 1))
    inner = graph.add("Add", inner, between)
    return graph.add("Concat", _sliced(graph, below, 0, 1), inner, _sliced(graph, above, last - 1, last), axis=2)


def _sliced(graph: Graph, values: str, start: int, stop: int) -> str:
    return graph.add("Slice", values, *(graph.constant([each], np.int64) for each in (start, stop, 2)))
