"""The networks."""

from typing import Any

import pytest
import torch

from crossent import InputError
from crossent.data import Features
from crossent.models import MLP, Architecture, Linear


def features(rows: int = 6, width: int = 3) -> Features:
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(rows, width, generator=generator)
    return Features(numbers, torch.randint(5, (rows, 2), generator=generator, dtype=torch.int32))


def one_hot(codes: torch.Tensor, levels: int) -> torch.Tensor:
    """Sum of each row's one-hot codes; the padding code 0 stands for nothing."""
    counts = torch.nn.functional.one_hot(codes.long(), levels).sum(dim=1).float()
    counts[:, 0] = 0
    return counts


@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_codes_act_as_one_hot_columns(model: str) -> None:
    rows = features()
    network = Architecture(model, 3, 2, 5, 4, hidden=7).build(seed=1)  # pyrefly: ignore[bad-argument-type]
    assert isinstance(network, Linear | MLP)
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_()
        assert network.input.codes is not None
        columns = torch.cat([rows.numbers, one_hot(rows.codes, 5)], dim=1)
        weight = torch.cat([network.input.weight, network.input.codes.weight.T], dim=1)
        expected = columns @ weight.T + network.input.bias
        if isinstance(network, MLP):
            expected = network.output(expected.clamp(min=0))
        torch.testing.assert_close(network(rows), expected)


@pytest.mark.parametrize("model", ["linear", "mlp"])
@pytest.mark.parametrize(("outputs", "shape"), [(None, (6,)), (1, (6, 1)), (4, (6, 4))])
def test_logits_have_the_tasks_shape(model: Any, outputs: int | None, shape: tuple[int, ...]) -> None:
    assert Architecture(model, 3, 2, 5, outputs).build()(features()).shape == shape


@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_a_table_without_numbers_or_without_codes_will_do(model: Any) -> None:
    rows = features(width=0)
    assert Architecture(model, 0, 2, 5, 2).build()(rows).isfinite().all()
    rows = Features(features().numbers, torch.empty(6, 0, dtype=torch.int32))
    assert Architecture(model, 3, 0, 1, 2).build()(rows).isfinite().all()


def test_the_padding_code_learns_nothing() -> None:
    network = Linear(0, 2, 5, 3)
    rows = Features(torch.empty(4, 0), torch.tensor([[0, 1], [0, 0], [2, 0], [3, 4]], dtype=torch.int32))
    network(rows).square().sum().backward()
    (network(rows) + 1).square().sum().backward()
    assert network.input.codes is not None
    assert network.input.codes.weight.grad is not None
    assert network.input.codes.weight.grad[0].abs().sum() == 0


def test_the_first_weights_depend_on_the_seed_alone() -> None:
    architecture = Architecture("mlp", 3, 2, 5, 4)
    first = architecture.build(seed=1).state_dict()
    before = torch.random.get_rng_state()
    again, other = architecture.build(seed=1).state_dict(), architecture.build(seed=2).state_dict()
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["output.weight"], other["output.weight"])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (("tree", 3, 2, 5, 4), "model must be one of linear, mlp; got 'tree'"),
        (("mlp", -1, 2, 5, 4), "width must be a whole number of at least 0; got -1"),
        (("mlp", 3, 2, 5, 0), "outputs must be a whole number of at least 1; got 0"),
        (("mlp", 3, 2, 5, 4, 0), "hidden must be a whole number of at least 1; got 0"),
        (("mlp", 3, 2, "5", 4), "levels must be a whole number of at least 0; got '5'"),
    ],
)
def test_an_impossible_architecture_is_refused(shape: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        Architecture(*shape)
    assert str(error.value) == message
