"""The modules are torch's with crossent's arithmetic: same constructors, same state, same names."""

import inspect
import pickle

import pytest
import torch
from torch import Tensor

from crossent import functional as F
from crossent import nn

DROP_INS = ["CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "LinearCrossEntropyLoss"]


@pytest.mark.parametrize("name", DROP_INS)
def test_the_constructor_is_torchs_and_our_options_come_after_by_keyword(name: str) -> None:
    if not hasattr(torch.nn, name):
        pytest.skip(f"this torch has no {name}")
    arguments = [
        [(p.name, p.default, p.kind) for p in inspect.signature(module).parameters.values()]
        for module in (getattr(nn, name), getattr(torch.nn, name))
    ]
    ours, torchs = arguments
    assert ours[: len(torchs)] == torchs
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, _, kind in ours[len(torchs) :])


def test_weights_are_buffers_that_move_and_save_with_the_module() -> None:
    weight = torch.tensor([1.0, 2.0])
    for module in (nn.CrossEntropyLoss(weight), nn.NLLLoss(weight), nn.BCELoss(weight), nn.FocalLoss(weight)):
        assert list(module.state_dict()) == ["weight"]
        assert module.double().state_dict()["weight"].dtype == torch.float64
    both = nn.BCEWithLogitsLoss(weight, pos_weight=weight)
    assert list(both.state_dict()) == ["weight", "pos_weight"]
    head = nn.LinearCrossEntropyLoss(4, 2, bias=True, weight=weight)
    assert list(head.state_dict()) == ["weight", "linear.weight", "linear.bias"]


def test_a_module_can_be_pickled_with_its_options() -> None:
    module = pickle.loads(pickle.dumps(nn.CrossEntropyLoss(label_smoothing=0.25, ignore_index=3, reduction="sum")))
    assert (module.label_smoothing, module.ignore_index, module.reduction) == (0.25, 3, "sum")


def test_each_module_is_its_function() -> None:
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    labels, yes, weight = torch.tensor([0, 1, 2, 9, 1]), (logits > 0).float(), torch.tensor([1.0, 2.0, 0.5])

    def same(a: Tensor, b: Tensor) -> None:
        torch.testing.assert_close(a, b, rtol=0, atol=0)

    same(
        nn.CrossEntropyLoss(weight, ignore_index=9, reduction="sum", label_smoothing=0.1)(logits, labels),
        F.cross_entropy(logits, labels, weight, ignore_index=9, reduction="sum", label_smoothing=0.1),
    )
    same(
        nn.NLLLoss(weight, ignore_index=9, reduction="none")(logits, labels),
        F.nll_loss(logits, labels, weight, ignore_index=9, reduction="none"),
    )
    same(
        nn.BCELoss(weight, reduction="sum")(yes, yes),
        F.binary_cross_entropy(yes, yes, weight, reduction="sum"),
    )
    same(
        nn.BCEWithLogitsLoss(weight, reduction="none", pos_weight=weight)(logits, yes),
        F.binary_cross_entropy_with_logits(logits, yes, weight, reduction="none", pos_weight=weight),
    )
    same(
        nn.FocalLoss(weight, gamma=0.5, ignore_index=9, reduction="sum")(logits, labels),
        F.focal_loss(logits, labels, weight, gamma=0.5, ignore_index=9, reduction="sum"),
    )
    same(nn.SigmoidFocalLoss(0.75, 1.0)(logits, yes), F.sigmoid_focal_loss(logits, yes, 0.75, 1.0, "mean"))


def test_a_linear_head_is_trained_by_its_own_loss() -> None:
    torch.manual_seed(0)
    features = torch.randn(64, 3)
    labels = features.argmax(1)
    head = nn.LinearCrossEntropyLoss(3, 3, bias=True)
    optimizer = torch.optim.SGD(head.parameters(), lr=1.0)
    first = head(features, labels).item()
    for _ in range(50):
        optimizer.zero_grad()
        head(features, labels).backward()
        optimizer.step()
    assert head(features, labels).item() < first / 3


def test_modules_show_their_options() -> None:
    assert repr(nn.FocalLoss(gamma=1.0)) == "FocalLoss(gamma=1.0, ignore_index=-100, reduction=mean)"
    assert repr(nn.SigmoidFocalLoss()) == "SigmoidFocalLoss(alpha=0.25, gamma=2.0, reduction=mean)"
