"""The whole model as one ONNX file: columns of the table in, probabilities and decisions out."""

from __future__ import annotations

import json
import os

import numpy as np

from ... import __version__
from ..._errors import InputError
from ..._files import write_whole
from ...calibration import LARGEST, Linear, Monotone
from ...classifier import Model
from ...decisions import Rule
from ._columns import encoded
from ._graph import Graph
from ._members import blended


def to_onnx(model: Model) -> bytes:
    """The model as the bytes of an ONNX file.

    Its inputs are named as the columns of the table, each `(rows,)`: numbers as float64, NaN where missing; true and
    false as 1.0 and 0.0; dates as seconds since 1970 (UTC); categories as strings, "" where missing. Its outputs are
    `probabilities` `(rows, K)` float64 and `decision` `(rows,)`, the name of the class, "" for a row left undecided.

    Raises:
        InputError: The package onnx is not there, or the model holds what has no operators: a column of text, or an
            isotonic or Venn-Abers calibrator.
    """
    graph = Graph()
    logs = blended(graph, model.blend, encoded(graph, model.encoder))
    probabilities = _probabilities(graph, model, logs)
    graph.add("Identity", probabilities, name="probabilities")
    graph.add("Identity", _decision(graph, model.rule, probabilities), name="decision")
    classes = [str(label) for label in model.task.classes]
    notes = {
        "crossent": __version__,
        "classes": json.dumps(classes),
        "columns": json.dumps({column.name: column.kind for column in model.encoder.columns}),
    }
    outputs: dict[str, tuple[str, tuple[str | int, ...]]] = {
        "probabilities": ("double", ("rows", len(classes))),
        "decision": ("string", ("rows",)),
    }
    return graph.model(outputs, notes)


def write_onnx(path: str | os.PathLike[str], model: Model | bytes) -> None:
    """Write a model, or what `to_onnx` made of it; an older file is replaced only when the new one is complete."""
    exported = model if isinstance(model, bytes) else to_onnx(model)
    write_whole(path, exported, what="the exported model")


def _probabilities(graph: Graph, model: Model, logs: str) -> str:
    """`(n, K)` float64, calibrated."""
    if model.task.kind == "binary":
        apart = graph.add("Sub", graph.columns(logs, [1]), graph.columns(logs, [0]))
        positive = graph.add("Sigmoid", _calibrated(graph, model, apart))
        return graph.add("Concat", graph.add("Sub", graph.constant(1.0, np.float64), positive), positive, axis=1)
    return graph.add("Softmax", _calibrated(graph, model, logs), axis=1)


def _calibrated(graph: Graph, model: Model, logits: str) -> str:
    calibrator = None if model.calibration is None else model.calibration.calibrator
    if calibrator is None:
        return logits
    match calibrator.maps[0]:
        case Monotone() as of if model.task.kind == "binary":
            return _monotone(graph, of, logits)
        case Linear() as of:
            return _linear(graph, of, logits)
        case _:
            raise InputError(
                f"the calibrator {calibrator.method!r} cannot be exported to ONNX: fit with another, as temperature"
            )


def _cut(graph: Graph, values: str) -> str:
    return graph.add("Clip", values, graph.constant(-LARGEST, np.float64), graph.constant(LARGEST, np.float64))


def _monotone(graph: Graph, of: Monotone, logits: str) -> str:
    """See `Monotone`."""

    def number(value: float) -> str:
        return graph.constant(value, np.float64)

    t = _cut(graph, graph.add("Mul", logits, number(of.slope)))
    match of.shape:
        case "temperature":
            parts = list[str]()
        case "platt":
            parts = [t]
        case "beta":
            parts = [graph.add("Neg", graph.softplus(graph.add("Neg", t))), graph.softplus(t)]
        case "quadratic":
            inside = graph.add("Sub", graph.add("Clip", t, number(of.low), number(of.high)), number(of.low))
            bent = graph.add("Div", graph.add("Mul", inside, inside), number(2 * (of.high - of.low) or 1.0))
            beyond = graph.add("Max", graph.add("Sub", t, number(of.high)), number(0.0))
            upper = graph.add("Add", bent, beyond)
            parts = [graph.add("Sub", graph.add("Sub", t, number(of.low)), upper), upper]
    made = graph.add("Add", t, number(of.bias))
    for bend, part in zip(of.bends, parts, strict=True):
        made = graph.add("Add", made, graph.add("Mul", part, number(bend)))
    return _cut(graph, made)


def _linear(graph: Graph, of: Linear, logits: str) -> str:
    """See `Linear`."""
    mean = graph.add("ReduceMean", logits, graph.constant([1], np.int64), keepdims=1)
    t = graph.add("Mul", graph.add("Sub", logits, mean), graph.constant(of.slope, np.float64))
    made = t
    if of.scales:
        scaled = graph.add("Mul", t, graph.constant(1 + np.array(of.scales), np.float64))
        made = graph.add("Add", scaled, graph.constant(of.bias, np.float64))
    if of.mixing:
        made = graph.add("Add", made, graph.add("MatMul", t, graph.constant(np.array(of.mixing).T, np.float64)))
    return _cut(graph, made)


def _decision(graph: Graph, rule: Rule, probabilities: str) -> str:
    """`(n,)` strings."""
    names = graph.constant([str(label) for label in rule.task.classes], np.dtype("O"))
    if rule.task.kind == "binary":
        if isinstance(rule.threshold, tuple):
            raise InputError("a model of several labels a row cannot be exported to ONNX")
        positive = graph.reshape(graph.columns(probabilities, [1]), -1)
        place = graph.whole(graph.add("GreaterOrEqual", positive, graph.constant(rule.threshold, np.float64)))
    elif rule.costs is None:
        place = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
    else:
        expected = graph.add("MatMul", probabilities, graph.constant(rule.costs, np.float64))
        place = graph.add("ArgMin", expected, axis=1, keepdims=0)
    decided = graph.add("Gather", names, place)
    if not rule.abstain_below:
        return decided
    most = graph.add("ReduceMax", probabilities, graph.constant([1], np.int64), keepdims=0)
    sure = graph.add("GreaterOrEqual", most, graph.constant(rule.abstain_below, np.float64))
    return graph.add("Where", sure, decided, graph.constant("", np.dtype("O")))
