"""A trained model as one file for other runtimes, its preprocessing, calibration and decisions included."""

from ._check import largest_difference as largest_difference
from ._check import onnx_inputs as onnx_inputs
from ._onnx import to_onnx as to_onnx
from ._onnx import write_onnx as write_onnx
