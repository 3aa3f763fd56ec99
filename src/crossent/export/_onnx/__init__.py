"""A model as one ONNX file, written operator by operator."""

from ._write import to_onnx as to_onnx
from ._write import write_onnx as write_onnx
