"""Copies of a network side by side."""

import pytest
import torch

from crossent.data import CodePart, Features, Layout, NumberPart
from crossent.models import Columns, Copies, Front
from crossent.models._copies_linear import CopiesLinear
from crossent.models._cumulative import Cumulative

LAYOUT = Layout(
    (NumberPart("x", "value"), NumberPart("x", "missing"), NumberPart("b", "flag"), NumberPart("d", "cycle")),
    (
        CodePart("few", "category", 0, 1, 1, 6),
        CodePart("many", "category", 1, 1, 7, 30),
        CodePart("text", "text", 2, 3, 37, 10),
    ),
)
SHARES = torch.tensor([0.2, 0.3, 0.5])


def features(rows: int = 9) -> Features:
    generator = torch.Generator().manual_seed(0)
    codes = [torch.randint(1, 7, (rows, 1)), torch.randint(7, 37, (rows, 1)), torch.randint(37, 47, (rows, 3))]
    return Features(torch.randn(rows, 4, generator=generator), torch.cat(codes, dim=1).int())


def network(copies: int = 3, *, ordered: bool = False, layout: Layout = LAYOUT, seed: int = 0) -> Copies:
    generator = torch.Generator().manual_seed(seed)
    made = Copies(
        layout, SHARES, copies=copies, hidden=8, layers=2, frequencies=(0.1,), ordered=ordered, generator=generator
    )
    with torch.no_grad():
        made.output.weight.normal_(generator=generator)
    return made


def logits(copies: Copies, rows: Features) -> torch.Tensor:
    shape = (copies.copies, -1, -1)
    with torch.no_grad():
        return copies(rows.numbers.expand(shape), rows.codes.expand(shape))


def test_each_copy_answers_by_its_own_weights_alone() -> None:
    copies, rows = network(), features()
    before = logits(copies, rows)
    assert before.shape == (3, 9, 3)
    assert not torch.allclose(before[0], before[1])
    with torch.no_grad():
        for weight in copies.parameters():
            weight[: len(weight) // 3] = 0  # what belongs to the first copy
    after = logits(copies, rows)
    assert torch.equal(before[1:], after[1:])
    assert not torch.equal(before[0], after[0])


def test_the_first_answer_is_the_shares_of_the_classes() -> None:
    generator = torch.Generator().manual_seed(0)
    for ordered in (False, True):
        copies = Copies(
            LAYOUT,
            SHARES,
            copies=2,
            hidden=8,
            layers=2,
            frequencies=(0.1,),
            ordered=ordered,
            generator=generator,
        )
        copies.adapt(features().numbers.expand(2, -1, -1), features().codes.expand(2, -1, -1), generator=generator)
        probabilities = logits(copies, features()).softmax(2)
        torch.testing.assert_close(probabilities, SHARES.expand(2, 9, 3), rtol=1e-4, atol=1e-5)


def test_words_stand_in_no_order_and_padding_stands_for_nothing() -> None:
    copies, rows = network(), features()
    codes = rows.codes.clone()
    codes[:, 4] = 0
    moved = codes.clone()
    moved[:, 2:5] = codes[:, [4, 3, 2]]
    torch.testing.assert_close(
        logits(copies, Features(rows.numbers, codes)), logits(copies, Features(rows.numbers, moved))
    )


def test_one_row_is_judged_as_it_is_among_others() -> None:
    copies, rows = network(), features()
    torch.testing.assert_close(logits(copies, rows)[:, 4:5], logits(copies, rows[4:5]))


def test_after_adapting_each_hidden_unit_spreads_by_1() -> None:
    generator = torch.Generator().manual_seed(0)
    layer = CopiesLinear(2, 5, 7, generator=generator)
    rows = 3 * torch.randn(2, 400, 5, generator=generator) + 1
    layer.adapt(rows, generator=generator)
    outputs = layer(rows)
    torch.testing.assert_close(outputs.std(1, correction=0), torch.ones(2, 7))
    assert outputs.min(1).values.max() < 0 < outputs.max(1).values.min(), "each unit bends among the rows"


def test_the_probabilities_of_ordered_classes_are_differences_of_sigmoids() -> None:
    head = Cumulative(2, torch.tensor([0.1, 0.4, 0.3, 0.2]))
    scores = torch.tensor([-3.0, 0.0, 0.5, 80.0]).expand(2, 4).unsqueeze(2)
    probabilities = head(scores).double().exp()
    thresholds = torch.tensor([0.1, 0.5, 0.8]).double().logit()
    upto = torch.sigmoid(thresholds - scores.double())
    edges = torch.cat([torch.zeros(2, 4, 1), upto, torch.ones(2, 4, 1)], dim=2)
    torch.testing.assert_close(probabilities, edges.diff(dim=2), rtol=1e-4, atol=1e-6)
    assert head(scores).isfinite().all()


def test_many_measurements_go_in_as_they_are() -> None:
    def layout(columns: int) -> Layout:
        return Layout(tuple(NumberPart(f"x{place}", "value") for place in range(columns)), ())

    assert len(Columns.of(layout(128)).periodic) == 128
    assert Columns.of(layout(129)).periodic == ()
    assert len(Columns.of(layout(784)).plain) == 784
    columns = Columns.of(LAYOUT)
    assert (columns.periodic, columns.plain) == ((0, 3), (1, 2))
    assert [part.column for part in (*columns.one_hot, *columns.embedded, *columns.texts)] == ["few", "many", "text"]


def front(numbers: torch.Tensor, parts: str = "v") -> tuple[Front, torch.Tensor]:
    names = {"v": "value", "m": "missing", "f": "flag"}
    layout = Layout(tuple(NumberPart("x", names[part]) for part in parts), ())  # pyrefly: ignore[bad-argument-type]
    rows = Features(numbers, torch.empty(len(numbers), 0, dtype=torch.int32))
    made = Front.fit("quantile", rows, layout)
    return made, made(rows).numbers


def test_normal_scores_are_normal_whatever_the_numbers_were() -> None:
    skewed = torch.randn(20_000, 1, generator=torch.Generator().manual_seed(0)).exp() - 1
    _, scores = front(skewed)
    assert scores.mean().item() == pytest.approx(0, abs=0.02)
    assert scores.std().item() == pytest.approx(1, abs=0.02)
    assert (scores[skewed.argsort(0).flatten()].diff(dim=0) >= 0).all()


def test_a_column_that_is_mostly_0_gives_its_tail_room() -> None:
    values = torch.zeros(10_000, 1)
    values[:1000, 0] = torch.linspace(1e-4, 2e-4, 1000)
    _, scores = front(values)
    assert scores[1000:].unique().tolist() == pytest.approx([torch.special.ndtri(torch.tensor(0.45)).item()], abs=1e-3)
    assert scores[:1000].std() > 0.3
    assert scores[:1000].min() > 1


def test_missing_values_do_not_count_among_the_scores() -> None:
    values = torch.randn(1000, 1, generator=torch.Generator().manual_seed(0))
    missing = torch.zeros(1000, 1)
    missing[500:] = 1
    values[500:] = 0
    together, scores = front(torch.cat([values, missing], dim=1), "vm")
    alone, expected = front(values[:500])
    assert torch.equal(scores[:500, 0], expected[:, 0])
    assert torch.equal(scores[:, 1], missing[:, 0])
    assert len(together.points) == 1
    assert len(alone.points) == 1


@pytest.mark.parametrize("values", [[0.0], [1.0, 1.0, 1.0], [-2.0, 2.0]])
def test_numbers_beyond_those_seen_get_the_last_score(values: list[float]) -> None:
    made, scores = front(torch.tensor(values).unsqueeze(1))
    assert scores.isfinite().all()
    far = Features(torch.tensor([[-3.0], [3.0]]), torch.empty(2, 0, dtype=torch.int32))
    torch.testing.assert_close(made(far).numbers.flatten(), torch.stack([scores.min(), scores.max()]))


def test_codes_that_hardly_a_row_has_stand_for_the_unseen() -> None:
    codes = torch.tensor([[3, 9, 40, 41], [3, 10, 40, 41], [4, 10, 40, 42], [4, 10, 40, 0]], dtype=torch.int32)
    layout = Layout((), (LAYOUT.codes[0], LAYOUT.codes[1], CodePart("text", "text", 2, 2, 37, 10)))
    made = Front.fit("robust", Features(torch.empty(4, 0), codes), layout)
    new = torch.tensor([[5, 9, 40, 41], [1, 8, 39, 42], [2, 36, 0, 40]], dtype=torch.int32)
    expected = [[2, 9, 40, 0], [2, 8, 0, 0], [2, 8, 0, 40]]
    assert made(Features(torch.empty(3, 0), new)).codes.tolist() == expected


@pytest.mark.parametrize("ordered", [False, True])
def test_under_autocast_all_parts_answer_as_they_do_but_for_rounding(ordered: bool) -> None:
    copies, rows = network(ordered=ordered), features()
    exact = logits(copies, rows)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = copies(rows.numbers.expand(3, -1, -1), rows.codes.expand(3, -1, -1), torch.ones(2, 9, 8))
    assert not torch.equal(exact, rounded.float())
    torch.testing.assert_close(rounded.float(), exact, atol=0.05, rtol=0.02)
    rounded.float().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in copies.parameters())
    assert {weight.grad.dtype for weight in copies.parameters() if weight.grad is not None} == {torch.float32}
