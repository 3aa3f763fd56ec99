"""A trained model as one file for other runtimes, its preprocessing, calibration and decisions included."""

from ._check import Format as Format
from ._check import largest_difference as largest_difference
from ._inputs import onnx_inputs as onnx_inputs
from ._inputs import torch_inputs as torch_inputs
from ._onnx import to_onnx as to_onnx
from ._onnx import write_onnx as write_onnx
from ._torch import to_torch as to_torch
from ._torch import write_torch as write_torch
