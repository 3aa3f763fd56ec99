"""Boosted trees as flat lists, all copies together: what both formats write trees from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._errors import InputError
from ..members import Trees


@dataclass
class Forest:
    """Nodes, leaves, and the sets of categories that go left. A tree's nodes, and its leaves, stand side by side.

    Attributes:
        features: The column of the member's matrix that each node asks.
        splits: A number of at most so much goes left.
        missing_left: Whether a missing number goes left; a missing category never does.
        zero_missing: Whether 0 counts as missing.
        sets: The categories that go left, by node.
        children: The left and the right child of each node: a node, or a leaf where `leafs` says so.
        leafs: Whether they are leaves.
        values: What each leaf adds.
        roots: The first node of each tree.
        leaves: How many leaves each tree has.
        targets: Which sum each tree adds to: the class of its copy, copy by copy; for two classes the copy.
    """

    features: list[int] = field(default_factory=list)
    splits: list[float] = field(default_factory=list)
    missing_left: list[bool] = field(default_factory=list)
    zero_missing: list[bool] = field(default_factory=list)
    sets: dict[int, tuple[int, ...]] = field(default_factory=dict)
    children: tuple[list[int], list[int]] = field(default_factory=lambda: (list[int](), list[int]()))
    leafs: tuple[list[bool], list[bool]] = field(default_factory=lambda: (list[bool](), list[bool]()))
    values: list[float] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, member: Trees) -> Forest:
        """The trees of a member.

        Raises:
            InputError: They were grown for another objective than crossent's.
        """
        made, outputs = cls(), outputs_of(member)
        for copy, booster in enumerate(member.boosters):
            record = booster.dump_model()
            _check(record["objective"], member.classes)
            for number, tree in enumerate(record["tree_info"]):
                made._tree(tree["tree_structure"])
                made.targets.append(copy * outputs + number % outputs)
        return made

    def _tree(self, node: dict[str, Any]) -> None:
        """Add a tree as LightGBM describes it."""
        self.roots.append(len(self.features))
        before = len(self.values)
        if "split_index" not in node:  # one leaf: a node both of whose ways lead to it
            node = {"split_feature": 0, "threshold": 0.0, "decision_type": "<=", "missing_type": "None",
                    "default_left": True, "left_child": node, "right_child": node}  # fmt: skip
        waiting = [(node, self._reserve())]
        while waiting:
            node, place = waiting.pop()
            self._fill(node, place)
            for side, name in enumerate(("left_child", "right_child")):
                child = node[name]
                leaf = "leaf_value" in child
                self.leafs[side][place] = leaf
                self.children[side][place] = self._leaf(child) if leaf else self._reserve()
                if not leaf:
                    waiting.append((child, self.children[side][place]))
        self.leaves.append(len(self.values) - before)

    def _reserve(self) -> int:
        self.splits.append(0.0)
        for numbers in (self.features, *self.children):
            numbers.append(0)
        for truths in (self.missing_left, self.zero_missing, *self.leafs):
            truths.append(False)
        return len(self.features) - 1

    def _leaf(self, node: dict[str, Any]) -> int:
        self.values.append(node["leaf_value"])
        return len(self.values) - 1

    def _fill(self, node: dict[str, Any], place: int) -> None:
        self.features[place] = node["split_feature"]
        if node["decision_type"] == "==":
            self.sets[place] = tuple(int(category) for category in str(node["threshold"]).split("||"))
            return
        self.splits[place] = float(node["threshold"])
        self.zero_missing[place] = node["missing_type"] == "Zero"
        # Where training met no missing value, LightGBM takes one for 0.
        none = node["missing_type"] == "None"
        self.missing_left[place] = node["threshold"] >= 0 if none else node["default_left"]


def outputs_of(member: Trees) -> int:
    """How many sums of leaves a copy has: one a class, and one of two classes."""
    return 1 if member.classes == 2 else member.classes


def _check(objective: str, classes: int) -> None:
    wanted = "binary sigmoid:1" if classes == 2 else "multiclass "
    if not objective.startswith(wanted):
        raise InputError(f"trees of the objective {objective!r} cannot be exported: fit without the member trees")
