"""The compiled sweep and its definition in NumPy keep the same, to the last bit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crossent import Evaluation, InputError, Task
from crossent._kernels._compiled import native
from crossent.evaluation.state._batch import Batch, Plan
from crossent.evaluation.state._order import Scale
from crossent.evaluation.state._sweep import swept

pytestmark = pytest.mark.skipif(native is None, reason="the compiled kernels are not installed")

TYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
LABELS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]


def table(
    classes: int, rows: int, kind: torch.dtype, source: Scale, spread: float, seed: int, *, ordered: bool = False
) -> tuple[Task, Tensor, Tensor]:
    """A task, labels and scores."""
    draw = torch.Generator().manual_seed(seed)
    shape = (rows,) if classes == 1 else (rows, classes)
    logits = (torch.randn(shape, generator=draw, dtype=torch.float64) * spread).clamp(-6e4, 6e4)
    logits[: rows // 4] = logits[: rows // 4].round()  # ties
    labels = torch.randint(0, max(classes, 2), (rows,), generator=draw)
    if classes == 1:
        scores = logits if source == "logits" else logits.sigmoid()
        return Task.binary(["no", "yes"]), labels, scores.to(kind)
    scores = logits if source == "logits" else logits.softmax(dim=1)
    return Task.multiclass(list(range(classes)), ordered=ordered), labels, scores.to(kind)


def unserved(_: Plan, __: Batch) -> None:
    """What the kernel says of rows that it does not serve."""


def updated(
    empty: Evaluation, labels: Tensor, scores: Tensor, source: Scale, weights: np.ndarray | None = None
) -> Evaluation:
    if source == "logits":
        return empty.update(labels, logits=scores, weights=weights)
    return empty.update(labels, probabilities=scores, weights=weights)


def agree(empty: Evaluation, labels: Tensor, scores: Tensor, source: Scale, weights: np.ndarray | None = None) -> None:
    batch = Batch(labels, scores, weights)
    assert swept(Plan(empty.task, source, 0.5, 16, pairs=False), batch) is not None  # the kernel serves it
    found = updated(empty, labels, scores, source, weights)
    with pytest.MonkeyPatch.context() as without:
        without.setattr("crossent.evaluation._evaluation.swept", unserved)
        plain = updated(empty, labels, scores, source, weights)
    assert found.to_bytes() == plain.to_bytes()


@settings(max_examples=60, deadline=None)
@given(
    classes=st.sampled_from([1, 2, 3, 10, 70]),
    rows=st.sampled_from([1, 2, 5, 17, 300]),
    kind=st.sampled_from(TYPES),
    source=st.sampled_from(["logits", "probabilities"]),
    spread=st.sampled_from([0.0, 1e-3, 2.0, 30.0, 2000.0]),
    bins=st.sampled_from([16, 100, None]),
    weighted=st.booleans(),
    ordered=st.booleans(),
    seed=st.integers(0, 999),
)
def test_the_kernel_keeps_what_the_definition_keeps(
    classes: int,
    rows: int,
    kind: torch.dtype,
    source: Scale,
    spread: float,
    bins: int | None,
    weighted: bool,
    ordered: bool,
    seed: int,
) -> None:
    task, labels, scores = table(classes, rows, kind, source, spread, seed, ordered=ordered)
    weights = np.random.default_rng(seed).exponential(size=rows) if weighted else None
    threshold = 0.3 if classes == 1 else 0.5
    agree(
        Evaluation.empty(task, bins=bins, threshold=threshold, pairs=1 < classes <= 10), labels, scores, source, weights
    )


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("source", ["logits", "probabilities"])
def test_it_does_for_many_rows_whatever_the_number_of_threads(classes: int, source: Scale) -> None:
    """Several blocks, tables that fill up, and more threads than there are processors."""
    task, labels, scores = table(classes, 300_000 // classes, torch.float32, source, 4.0, 0)
    empty, used = Evaluation.empty(task, bins=5000), torch.get_num_threads()
    found = set()
    try:
        for threads in (1, 2, 7):
            torch.set_num_threads(threads)
            found.add(updated(empty, labels, scores, source).to_bytes())
    finally:
        torch.set_num_threads(used)
    assert len(found) == 1
    agree(empty, labels, scores, source)


@pytest.mark.parametrize("spread", [1e300, 5e-324, 1e-200])
@pytest.mark.parametrize("classes", [1, 4])
def test_it_does_at_the_ends_of_the_numbers(spread: float, classes: int) -> None:
    draw = torch.Generator().manual_seed(1)
    shape = (200,) if classes == 1 else (200, classes)
    logits = torch.randint(-9, 10, shape, generator=draw).double() * spread
    task = Task.binary([0, 1]) if classes == 1 else Task.multiclass(list(range(classes)))
    labels = torch.randint(0, max(classes, 2), (200,), generator=draw)
    agree(Evaluation.empty(task, bins=16), labels, logits, "logits")
    agree(Evaluation.empty(task, bins=16), labels, logits, "logits", np.full(200, 2.0**31 - 1))


@pytest.mark.parametrize("instructions", [] if native is None else native.instruction_sets())
def test_every_instruction_set_gives_the_same_bits(instructions: str) -> None:
    assert native is not None
    used = native.instruction_set()
    try:
        assert native.use_instruction_set(instructions)
        for classes in (1, 5):
            task, labels, scores = table(classes, 1000, torch.float32, "logits", 8.0, 3)
            agree(Evaluation.empty(task), labels, scores, "logits")
    finally:
        native.use_instruction_set(used)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_whole_type_and_scores_with_any_strides_are_read_where_they_are(kind: torch.dtype) -> None:
    task, labels, scores = table(6, 100, torch.float32, "logits", 3.0, 2)
    straight = Evaluation.empty(task).update(labels, logits=scores)
    every_second = torch.stack([labels, labels + 1], dim=1).to(kind)[:, 0]
    turned = scores.T.contiguous().T
    wider = torch.cat([scores, scores], dim=1)[:, 6:]
    for view in (turned, wider):
        assert swept(Plan(task, "logits", 0.5, 16, pairs=False), Batch(every_second, view, None)) is not None
        assert Evaluation.empty(task).update(every_second, logits=view).to_bytes() == straight.to_bytes()


@pytest.mark.parametrize("row", [0, 777, 1000])
@pytest.mark.parametrize(
    ("source", "wrong", "message"),
    [
        ("logits", float("nan"), "^logits must be finite; 1 of 3003 are NaN or infinite$"),
        ("logits", float("inf"), "^logits must be finite; 1 of 3003 are NaN or infinite$"),
        ("probabilities", float("nan"), "^probabilities must not be NaN; 1 of 3003 are$"),
        ("probabilities", 1.5, "^probabilities must be from 0 to 1; got 0 to 1.5: if these are logits"),
        ("probabilities", 0.5, "^the probabilities of a row must sum to 1; row [0-9]+ sums to 0.5"),
    ],
)
def test_one_wrong_score_among_many_is_found(source: Scale, wrong: float, message: str, row: int) -> None:
    scores = torch.zeros(1001, 3)
    scores[:, 1] = 1
    scores[row, 1] = wrong
    with pytest.raises(InputError, match=message):
        updated(Evaluation.empty(Task.multiclass(["a", "b", "c"])), torch.ones(1001).long(), scores, source)
