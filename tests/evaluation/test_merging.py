"""Batches, files and machines give one answer, to the last bit."""

import io
import json
import re
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import hinge_loss
from torch import Tensor

from crossent import Evaluation, InputError, Task
from crossent.evaluation import class_curves, figure
from crossent.evaluation.state import _histogram

TASK = Task.multiclass(["a", "b", "c"], ignored="?")
TASKS = {
    "binary": Task.binary(["no", "yes"]),
    "multiclass": TASK,
    "multilabel": Task.multilabel(["comedy", "drama", "noir"]),
}


def rows(count: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    return torch.randint(0, 3, (count,)), torch.randn(count, 3)


def evaluated(labels: Tensor, logits: Tensor) -> Evaluation:
    return Evaluation.empty(TASK).update(labels, logits=logits)


class Table:
    """Rows of a task, of which any part can be evaluated."""

    def __init__(self, kind: str, source: str, *, weighted: bool, grouped: bool, count: int = 120) -> None:
        draw = np.random.default_rng(7)
        self.task, self.source, self.count = TASKS[kind], source, count
        shape = (count,) if kind == "binary" else (count, 3)
        logits = torch.from_numpy(draw.normal(size=shape) * 4).to(torch.float32)
        self.scores = logits if source == "logits" else self.task.probabilities(logits)
        many = {"binary": ((count,), 2), "multiclass": ((count,), 3), "multilabel": ((count, 3), 2)}
        size, top = many[kind]
        self.labels = torch.from_numpy(draw.integers(0, top, size))
        if kind == "multiclass":
            self.labels[::11] = -100
        self.weights = draw.exponential(size=count) if weighted else None
        self.groups = draw.choice(["north", "south", "east"], count) if grouped else None

    def part(self, at: np.ndarray, bins: int | None = 16) -> Evaluation:
        scores = {self.source: self.scores[torch.from_numpy(at)]}
        empty = Evaluation.empty(self.task, bins=bins, pairs=self.task.kind == "multiclass")
        return empty.update(
            self.labels[torch.from_numpy(at)],
            logits=scores.get("logits"),
            probabilities=scores.get("probabilities"),
            weights=None if self.weights is None else self.weights[at],
            groups=None if self.groups is None else self.groups[at],
        )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(list(TASKS)),
    st.sampled_from(["logits", "probabilities"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_any_order_of_rows_any_batches_and_any_tree_of_merges_give_the_same_bytes(
    kind: str, source: str, weighted: bool, grouped: bool, seed: int
) -> None:
    table = Table(kind, source, weighted=weighted, grouped=grouped)
    draw = np.random.default_rng(seed)
    order = draw.permutation(table.count)
    parts = [table.part(at) for at in np.split(order, np.sort(draw.integers(0, table.count, 5)))]
    while len(parts) > 1:
        one, two = draw.choice(len(parts), 2, replace=False).tolist()
        pair = parts[one].merge(parts[two])
        parts = [part for place, part in enumerate(parts) if place not in (one, two)] + [pair]
    whole = table.part(np.arange(table.count))
    assert parts[0].to_bytes() == whole.to_bytes()
    assert parts[0].compute().to_dict() == whole.compute().to_dict()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=6))
def test_any_split_into_batches_gives_the_same_bits(cuts: list[int]) -> None:
    labels, logits = rows(60)
    edges = [0, *sorted(cuts), 60]
    evaluation = Evaluation.empty(TASK)
    for start, stop in pairwise(edges):
        evaluation = evaluation.update(labels[start:stop], logits=logits[start:stop])
    assert evaluation.rows == 60
    assert evaluation.to_bytes() == evaluated(labels, logits).to_bytes()


def test_a_row_counts_alike_wherever_it_stands_in_its_batch() -> None:
    """torch's sigmoid and logaddexp end a batch with other instructions than they began."""
    torch.manual_seed(0)
    labels, logits = torch.randint(0, 2, (1003,)), torch.randn(1003) * 5
    one = Evaluation.empty(TASKS["binary"], threshold=0.3)
    whole = one.update(labels, logits=logits)
    for label, logit in zip(labels.split(1), logits.split(1), strict=True):
        one = one.update(label, logits=logit)
    assert one.to_bytes() == whole.to_bytes()


def unserved(_: object, __: object) -> None:
    """What the kernel says of rows that it does not serve."""


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("grouped", [True, False])
def test_a_large_update_is_worked_on_in_blocks(kind: str, grouped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(kind, "logits", weighted=True, grouped=grouped)
    whole = table.part(np.arange(table.count))
    monkeypatch.setattr("crossent.evaluation._evaluation._MOST_SCORES", 21)
    monkeypatch.setattr("crossent.evaluation._evaluation.swept", unserved)  # the kernel needs no blocks
    assert table.part(np.arange(table.count)).to_bytes() == whole.to_bytes()


def test_an_empty_evaluation_changes_nothing() -> None:
    full, empty = evaluated(*rows(20)), Evaluation.empty(TASK)
    for merged in (full.merge(empty), empty.merge(full)):
        assert merged.to_bytes() == full.to_bytes()


def test_an_update_leaves_the_evaluation_and_the_tensors_as_they_were() -> None:
    labels, logits = rows(10)
    logits = logits.double()
    before = evaluated(labels, logits)
    figures = before.compute().to_dict()
    before.update(labels, logits=logits)
    logits.zero_()
    labels.zero_()
    assert before.rows == 10
    assert before.compute().to_dict() == figures


def test_many_small_updates_stay_cheap() -> None:
    labels, logits = rows(5)
    evaluation = Evaluation.empty(TASK)
    for _ in range(1000):
        evaluation = evaluation.update(labels, logits=logits)
    assert evaluation.rows == 5000
    assert len(evaluation._states[None]) < 12  # as one, or as 1,000, the bins would be merged again and again


def test_the_state_does_not_grow_with_the_rows() -> None:
    torch.manual_seed(0)
    evaluation = Evaluation.empty(TASKS["binary"], bins=256)
    for _ in range(50):
        evaluation = evaluation.update(torch.randint(0, 2, (400,)), logits=torch.randn(400))
    assert evaluation.state.bins <= 256
    assert sum(state.bins for state in evaluation._states[None]) <= 2 * 256
    assert len(evaluation.to_bytes()) < 6000


def test_a_row_of_many_classes_counts_alike_alone_and_among_others() -> None:
    """NumPy adds the classes of a single row in another order than those of several."""
    torch.manual_seed(0)
    labels, logits = torch.randint(0, 26, (40,)), torch.randn(40, 26) * 3
    one = Evaluation.empty(Task.multiclass(list(range(26))))
    whole = one.update(labels, logits=logits)
    for label, row in zip(labels.split(1), logits.split(1), strict=True):
        one = one.update(label, logits=row)
    assert one.to_bytes() == whole.to_bytes()


def test_equal_rows_are_ties_wherever_they_stand() -> None:
    """Vectorised arithmetic must not give equal rows different last bits."""
    torch.manual_seed(0)
    row = torch.randn(1, 26)
    for count in (1, 7, 33, 1001):
        evaluation = Evaluation.empty(Task.multiclass(list(range(26))))
        evaluation = evaluation.update(torch.arange(count) % 26, logits=row.expand(count, 26))
        assert {len(roc.thresholds) for roc, _ in class_curves(evaluation)} == {2}


def test_ignored_rows_are_counted_and_take_no_part() -> None:
    labels, logits = rows(20)
    holed = labels.clone()
    holed[::4] = -100
    kept = holed != -100
    metrics = evaluated(holed, logits).compute()
    assert (metrics.rows, metrics.ignored) == (15, 5)
    parts = evaluated(holed[:9], logits[:9]).merge(evaluated(holed[9:], logits[9:]))
    assert parts.compute().to_dict() == metrics.to_dict()
    assert metrics.to_dict() | {"ignored": 0} == evaluated(labels[kept], logits[kept]).compute().to_dict()


PAIR = torch.tensor([0, 1])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Evaluation.empty(Task.multiclass(["b", "a", "c"])), "only evaluations of one task merge"),
        (Evaluation.empty(TASK, pairs=True), "only evaluations that keep the same merge; one was made with pairs=True"),
        (Evaluation.empty(TASK, bins=64), "only evaluations of one fineness merge; got 65536 bins and 64 bins"),
        (Evaluation.empty(TASK, exact=True), "only evaluations of one fineness merge; got 65536 bins and exact=True"),
        (
            Evaluation.empty(TASK).update(torch.tensor([0]), probabilities=torch.tensor([[1.0, 0.0, 0.0]])),
            "only evaluations of one kind of scores merge; got logits and probabilities",
        ),
        (
            Evaluation.empty(TASK).update(PAIR, logits=torch.zeros(2, 3), weights=[1.0, 2.0]),
            "all rows must have a weight, or none; got both: give weights with each update",
        ),
        (
            Evaluation.empty(TASK).update(PAIR, logits=torch.zeros(2, 3), groups=["x", "y"]),
            "all rows must have a group, or none; got both: give groups with each update",
        ),
    ],
)
def test_what_does_not_belong_together_does_not_merge(other: Evaluation, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        evaluated(*rows(3)).merge(other)


@pytest.mark.parametrize(("task", "what"), [("binary", "binary, of 2"), ("multilabel", "multilabel, of 3")])
def test_pairs_are_of_several_classes(task: str, what: str) -> None:
    with pytest.raises(
        InputError, match=f"^pairs=True is for multiclass tasks of up to 64 classes; this one is {what}$"
    ):
        Evaluation.empty(TASKS[task], pairs=True)


@pytest.mark.parametrize("weighted", [True, False])
def test_the_histograms_by_decision_and_by_true_class_hold_the_same_rows(weighted: bool) -> None:
    table = Table("multiclass", "logits", weighted=weighted, grouped=False)
    state = table.part(np.arange(table.count), bins=None).state
    assert state.top is not None
    counts = state.confusion.counts
    assert [each.tally.counts.sum(axis=0).tolist() for each in state.decided] == [
        [int(counts[:, k].sum() - counts[k, k]), int(counts[k, k])] for k in range(3)
    ]
    everything = _histogram.merged(state.decided, None)
    assert np.array_equal(everything.keys, state.top.keys)
    assert np.array_equal(everything.tally.amounts, state.top.tally.amounts)
    for place, (by_class, against) in enumerate(zip(state.pairs, state.histograms, strict=True)):
        assert np.array_equal(by_class.keys, against.keys)
        assert np.array_equal(by_class.tally.counts[:, place], against.tally.counts[:, 1])
        assert np.array_equal(by_class.tally.counts.sum(axis=1), against.tally.counts.sum(axis=1))
        assert by_class.tally.amounts.sum(axis=0) == pytest.approx(state.confusion.amounts.sum(axis=1))


def test_the_hinge_loss_of_several_classes_is_scikit_learns() -> None:
    labels, logits = rows(200)
    expected = hinge_loss(labels.numpy(), logits.numpy(), labels=[0, 1, 2])
    assert figure(evaluated(labels, logits), "hinge_loss").value == pytest.approx(expected, rel=1e-6)


def test_thresholds_must_agree() -> None:
    task = Task.binary(["no", "yes"])
    with pytest.raises(InputError, match=r"only evaluations of one threshold merge; got 0\.5 and 0\.3"):
        Evaluation.empty(task).merge(Evaluation.empty(task, threshold=0.3))


def test_logits_and_probabilities_do_not_mix() -> None:
    with pytest.raises(InputError, match="this one began with logits"):
        evaluated(*rows(3)).update(torch.tensor([0]), probabilities=torch.tensor([[1.0, 0.0, 0.0]]))


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("weighted", [True, False])
def test_each_group_is_the_evaluation_of_its_rows(kind: str, weighted: bool) -> None:
    table = Table(kind, "logits", weighted=weighted, grouped=True)
    evaluation = table.part(np.arange(table.count))
    names = table.groups
    assert names is not None
    assert list(evaluation.groups) == ["east", "north", "south"]
    table.groups = None
    for name, group in evaluation.groups.items():
        assert group.to_bytes() == table.part(np.flatnonzero(names == name)).to_bytes()
    assert sum(group.rows for group in evaluation.groups.values()) == evaluation.rows
    assert evaluation.compute().to_dict() == table.part(np.arange(table.count)).compute().to_dict()
    assert table.part(np.arange(table.count)).groups == {}


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["x"], "groups must have as many rows as the labels; got 1 and 2"),
        (["x", None], "groups must not be missing; 1 of 2 are: name their group, such as 'unknown'"),
    ],
)
def test_every_row_has_a_group(groups: list[str | None], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        Evaluation.empty(TASK).update(PAIR, logits=torch.zeros(2, 3), groups=groups)


@pytest.mark.parametrize(("weights", "message"), [(["a", "b"], "must be numbers; got <U1"), ([1], "got (1,)")])
def test_weights_are_numbers_one_a_row(weights: list[object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Evaluation.empty(TASK).update(PAIR, logits=torch.zeros(2, 3), weights=weights)


@pytest.mark.parametrize("bins", [-1, 15])
def test_there_are_at_least_16_bins(bins: int) -> None:
    with pytest.raises(InputError, match=f"^bins must be at least 16; got {bins}: leave one of them out$"):
        Evaluation.empty(TASK, bins=bins)


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("grouped", [True, False])
def test_a_file_gives_the_same_evaluation_back(kind: str, weighted: bool, grouped: bool, tmp_path: Path) -> None:
    table = Table(kind, "probabilities", weighted=weighted, grouped=grouped)
    first, second = table.part(np.arange(50)), table.part(np.arange(50, table.count))
    first.save(tmp_path / "first")
    back = Evaluation.load(tmp_path / "first")
    assert back.to_bytes() == first.to_bytes()
    assert back.merge(second).to_bytes() == table.part(np.arange(table.count)).to_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_a_threshold_a_label_is_saved(tmp_path: Path) -> None:
    evaluation = Evaluation.empty(TASKS["multilabel"], threshold=[0.1, 0.2, 0.3], exact=True)
    evaluation.update(torch.zeros(1, 3).long(), logits=torch.zeros(1, 3)).save(tmp_path / "x")
    back = Evaluation.load(tmp_path / "x")
    assert (back.threshold, back.bins, back.source) == ((0.1, 0.2, 0.3), None, "logits")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be an evaluation that Evaluation.save wrote; it is another kind of file, or damaged"),
        (b"label,score\n1,0.5\n", "must be an evaluation that Evaluation.save wrote"),
        (None, "it is another kind of file, or damaged"),
    ],
)
def test_other_and_damaged_files_are_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    good = evaluated(*rows(30)).to_bytes()
    middle = len(good) // 2
    path.write_bytes(good[:middle] + b"??" + good[middle + 2 :] if content is None else content)
    with pytest.raises(InputError, match=message):
        Evaluation.load(path)
    path.write_bytes(good[:-9])
    with pytest.raises(InputError, match="or damaged"):
        Evaluation.load(path)


def test_a_file_of_a_later_version_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossent.evaluation.state._file._VERSION", 7)
    evaluated(*rows(3)).save(tmp_path / "x")
    monkeypatch.undo()
    with pytest.raises(InputError, match="must be of version 3 or earlier; it is of 6: read it with a newer crossent"):
        Evaluation.load(tmp_path / "x")


def of_version_1(content: bytes) -> bytes:
    """The same evaluation of several classes as version 1 wrote it."""
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        arrays = {name: members.read(name) for name in members.namelist()}
    record = json.loads(np.lib.format.read_array(io.BytesIO(arrays.pop("record.npy"))).tobytes())
    record |= {"version": 1}
    del record["pairs"]
    for state in record["states"]:
        del state["decided"], state["pairs"]
        state["levels"] = state["levels"][:4]
        state["sums"] = {name: total for name, total in state["sums"].items() if not name.startswith("hinge")}
    later = {f"0.{place}.{part}.npy" for place in range(4, 7) for part in ("keys", "counts")}
    held, text = io.BytesIO(), np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)
    with zipfile.ZipFile(held, "w") as members:
        with members.open("record.npy", "w") as member:
            np.lib.format.write_array(member, text)
        for name, values in arrays.items():
            if name not in later:
                members.writestr(name, values)
    return held.getvalue()


def test_a_file_of_version_1_loads_without_what_it_did_not_keep(tmp_path: Path) -> None:
    now = evaluated(*rows(30))
    (tmp_path / "x").write_bytes(of_version_1(now.to_bytes()))
    old = Evaluation.load(tmp_path / "x")
    assert old.compute().to_dict() == now.compute().to_dict()
    assert (old.state.decided, "hinge_loss" in old.state.sums) == ((), False)
    assert (len(now.state.decided), "hinge_loss" in now.state.sums) == (3, True)
    for both in (old.merge(now), now.merge(old)):
        assert both.compute().to_dict() == now.merge(now).compute().to_dict()
        assert (both.state.decided, "hinge_loss" in both.state.sums) == ((), False)
        both.save(tmp_path / "y")
        assert Evaluation.load(tmp_path / "y").to_bytes() == both.to_bytes()


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        Evaluation.load(tmp_path / "x")
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        evaluated(*rows(3)).save(tmp_path / "no" / "x")
    with pytest.raises(InputError, match="an evaluation without rows has nothing to save; got 0 ignored rows"):
        Evaluation.empty(TASK).save(tmp_path / "x")
