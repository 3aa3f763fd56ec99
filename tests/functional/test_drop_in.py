"""The cases torch tests its own losses with, taken from its wheel, run against torch's losses in float64."""

import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as torch_losses

from crossent import functional as F
from crossent import nn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch's test modules warn of themselves when imported
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_modules import ModuleInfo, module_db
    from torch.testing._internal.common_nn import get_new_module_tests

# torch warns when its own linear_cross_entropy falls back; its random test cases warn of how they were made.
pytestmark = [
    pytest.mark.usefixtures("each_kernel"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

# Whose derivatives are checked by differences in test_transforms; here, by torch's own.
LOSSES = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "linear_cross_entropy",
)
# crossent's linear_cross_entropy takes any leading shape: test_linear_cross_entropy.
REFUSED_BY_TORCH_ONLY = "expected input with dimensionality 1 or 2, got 3"

MODULES = ("CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "LinearCrossEntropyLoss")


def operators(name: str) -> list[Any]:
    return [op for op in op_db if op.name == f"nn.functional.{name}"]


def module_info(name: str) -> ModuleInfo:
    found = [info for info in module_db if info.module_cls is getattr(torch.nn, name, None)]
    if not found:
        pytest.skip(f"this torch has no {name}")
    return found[0]


def cases(info: ModuleInfo, generate: Callable[..., Iterator[Any]]) -> list[Any]:
    return list(generate(info, device="cpu", dtype=torch.float64, requires_grad=True, training=True))


def assert_same(ours: Tensor, torchs: Tensor) -> None:
    torch.testing.assert_close(ours, torchs, rtol=1e-12, atol=1e-12, equal_nan=True)


def gradients(loss: Tensor, tensors: list[Tensor]) -> list[Tensor | None]:
    return list(torch.autograd.grad(loss.sum(), tensors, allow_unused=True))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", LOSSES)
def test_torchs_sample_inputs_give_torchs_losses_and_gradients(name: str) -> None:
    checked = 0
    for op in operators(name):
        for sample in op.sample_inputs("cpu", torch.float64, requires_grad=True):
            ours = getattr(F, name)(sample.input, *sample.args, **sample.kwargs)
            torchs = getattr(torch_losses, name)(sample.input, *sample.args, **sample.kwargs)
            assert_same(ours, torchs)
            checked += 1
            given = [sample.input, *sample.args, *sample.kwargs.values()] if not op.variant_test_name else []
            tensors = [value for value in given if isinstance(value, Tensor) and value.requires_grad]
            if not tensors:  # torch's chunked variants repeat the cases of the plain one, slowly
                continue
            for our, their in zip(gradients(ours, tensors), gradients(torchs, tensors), strict=True):
                if our is not None and their is not None:
                    assert_same(our, their)
    assert checked >= 11 or not operators(name)


@pytest.mark.parametrize("name", LOSSES)
def test_torchs_erroneous_inputs_raise_torchs_errors(name: str) -> None:
    for op in operators(name):
        for case in op.error_inputs("cpu") if op.error_inputs_func else []:
            sample = case.sample_input
            if case.error_regex == REFUSED_BY_TORCH_ONLY:
                continue
            with pytest.raises(case.error_type, match=case.error_regex):
                getattr(F, name)(sample.input, *sample.args, **sample.kwargs)


@pytest.mark.parametrize("name", MODULES)
def test_torchs_module_inputs_give_torchs_losses_from_torchs_state(name: str) -> None:
    info = module_info(name)
    for case in cases(info, info.module_inputs_func):
        arguments = case.constructor_input
        theirs = info.module_cls(*arguments.args, **arguments.kwargs)
        ours = getattr(nn, name)(*arguments.args, **arguments.kwargs)
        ours.load_state_dict(theirs.state_dict())
        assert repr(ours) == repr(theirs)
        assert_same(ours(*case.forward_input.args), theirs(*case.forward_input.args))


@pytest.mark.parametrize("name", MODULES)
def test_torchs_erroneous_module_inputs_raise_torchs_errors(name: str) -> None:
    info = module_info(name)

    def run(case: Any) -> None:
        given = case.module_error_input
        module = getattr(nn, name)(*given.constructor_input.args, **given.constructor_input.kwargs)
        module(*given.forward_input.args)

    for case in cases(info, info.module_error_inputs_func) if info.module_error_inputs_func else []:
        with pytest.raises(case.error_type, match=case.error_regex):
            run(case)


def test_torchs_older_module_tests_give_their_reference_values(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [test for test in get_new_module_tests() if re.match(r"(BCE|NLL)", test.get("fullname", ""))]
    assert len(chosen) >= 18
    for test in chosen:
        given = (test["input_fn"]() if "input_fn" in test else test["input"]).double()
        module = test["constructor"]()
        expected = test["reference_fn"](given, None, module)
        with monkeypatch.context() as patch:
            for name in LOSSES[:4]:
                patch.setattr(torch_losses, name, getattr(F, name))
            assert_same(module(given), expected)


def test_the_arguments_are_torchs_in_name_order_and_default_and_ours_come_after_by_keyword() -> None:
    for name in LOSSES:
        if hasattr(torch_losses, name):
            ours, torchs = _arguments(getattr(F, name)), _arguments(getattr(torch_losses, name))
            assert ours[: len(torchs)] == torchs
            assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, _, kind in ours[len(torchs) :])


def _arguments(function: Callable[..., Tensor]) -> list[tuple[str, object, object]]:
    return [(p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("reduce", [None, True, False])
@pytest.mark.parametrize("size_average", [None, True, False])
def test_the_deprecated_pair_overrides_the_reduction_with_torchs_warning(
    size_average: bool | None, reduce: bool | None
) -> None:
    logits, labels = torch.randn(3, 2), torch.tensor([0, 1, 0])
    results = []
    for losses in (F, torch_losses):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loss = losses.cross_entropy(logits, labels, None, size_average, -100, reduce, "sum")
        results.append((loss, [str(warning.message) for warning in caught]))
    (ours, our_warnings), (torchs, torch_warnings) = results
    torch.testing.assert_close(ours, torchs)
    assert our_warnings == torch_warnings
