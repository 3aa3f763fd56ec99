"""A graph of ONNX operators that grows by one operator a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ..._errors import InputError

OPSET, ML_OPSET, IR_VERSION = 20, 5, 10
ML = "ai.onnx.ml"


class Graph:
    """Operators in the order in which they were added; a value is named by a string.

    It is filled by one export and then turned into a model; nothing else changes it.
    """

    def __init__(self) -> None:
        self._onnx = library()
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []

    def input(self, name: str, *, text: bool = False) -> str:
        """A column of the table: `(n,)` of strings or of float64."""
        kind = self._onnx.TensorProto.STRING if text else self._onnx.TensorProto.DOUBLE
        self._inputs.append(self._onnx.helper.make_tensor_value_info(name, kind, ["rows"]))
        return name

    def constant(self, values: npt.ArrayLike | Tensor, kind: npt.DTypeLike | None = None) -> str:
        """A tensor of the graph's own."""
        array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
        name = self._name()
        array = np.ascontiguousarray(array, array.dtype if kind is None else kind)
        self._constants.append(self._onnx.numpy_helper.from_array(array.reshape(np.shape(values)), name))
        return name

    def add(self, operator: str, *values: str, domain: str = "", name: str | None = None, **attributes: Any) -> str:
        """Add an operator with one output, and return the output's name."""
        made = self._name() if name is None else name
        self._nodes.append(self._onnx.helper.make_node(operator, values, [made], domain=domain, **attributes))
        return made

    def columns(self, values: str, places: npt.ArrayLike) -> str:
        """Some columns of `(n, D)`, in this order."""
        return self.add("Gather", values, self.constant(places, np.int64), axis=1)

    def double(self, values: str) -> str:
        """The same in float64."""
        return self.add("Cast", values, to=self._onnx.TensorProto.DOUBLE)

    def single(self, values: str) -> str:
        """The same in float32."""
        return self.add("Cast", values, to=self._onnx.TensorProto.FLOAT)

    def whole(self, values: str) -> str:
        """The same in int64."""
        return self.add("Cast", values, to=self._onnx.TensorProto.INT64)

    def reshape(self, values: str, *shape: int) -> str:
        """The same in another shape; 0 keeps a size, -1 is what is left."""
        return self.add("Reshape", values, self.constant(shape, np.int64))

    def unsqueeze(self, values: str, *axes: int) -> str:
        """The same with axes of size 1."""
        return self.add("Unsqueeze", values, self.constant(axes, np.int64))

    def softplus(self, values: str) -> str:
        """log(1 + exp(x)) in float64, which the operator of that name does not have everywhere."""
        tail = self.add("Exp", self.add("Neg", self.add("Abs", values)))
        log = self.add("Log", self.add("Add", tail, self.constant(1.0, np.float64)))
        return self.add("Add", self.add("Max", values, self.constant(0.0, np.float64)), log)

    def model(self, outputs: dict[str, tuple[str, tuple[str | int, ...]]], notes: dict[str, str]) -> bytes:
        """The finished model.

        Args:
            outputs: Kind ("double" or "string") and shape of each output, by name.
            notes: What is kept in the file for whoever reads it.
        """
        onnx = self._onnx
        kinds = {"double": onnx.TensorProto.DOUBLE, "string": onnx.TensorProto.STRING}
        made = [onnx.helper.make_tensor_value_info(name, kinds[kind], shape) for name, (kind, shape) in outputs.items()]
        nodes, constants = self._needed(outputs)
        graph = onnx.helper.make_graph(nodes, "crossent", self._inputs, made, constants)
        opsets = [onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(ML, ML_OPSET)]
        model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="crossent")
        onnx.helper.set_model_props(model, notes)
        onnx.checker.check_model(model)
        return model.SerializeToString()

    def _needed(self, outputs: Iterable[str]) -> tuple[list[Any], list[Any]]:
        """The operators and constants that the outputs depend on; a runtime warns of all others."""
        needed, nodes = set(outputs), list[Any]()
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                nodes.append(node)
        return nodes[::-1], [each for each in self._constants if each.name in needed]

    def _name(self) -> str:
        return f"crossent/{len(self._nodes)}/{len(self._constants)}"  # columns of tables are not called so


def library() -> Any:
    """The package onnx."""
    try:
        import onnx  # an extra
    except ImportError:
        raise InputError(
            "export to ONNX needs the package onnx, which is not installed: pip install 'crossent[export]'"
        ) from None
    return onnx
