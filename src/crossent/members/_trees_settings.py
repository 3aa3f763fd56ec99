"""How trees are grown, as a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TreeSettings:
    """How boosted trees are grown.

    Attributes:
        name: What the report calls them.
        learning_rate: How much of each tree's answer counts.
        leaves: The most leaves of a tree.
        least_rows: The fewest rows of a leaf.
        l2: The pull of a leaf's value towards 0, in rows of curvature 1.
        column_share: The share of the columns that each tree may cut on.
        column_share_of_a_cut: The share of these that each cut may be made on. Columns that work together meet in one
            tree where each cut has its own choice; where each tree has, trees are cheaper.
        row_share: The share of the rows that each tree is grown on, drawn anew for each.
        random: Whether cuts are drawn by chance and the best column taken, instead of the best cut of all.
        one_level: Of a category with at most so many levels a cut takes one from all others; with more, many from the
            rest, in the order of their shares of the classes.
        bins: The most values that a number is told apart by.
        rounds: The most rounds; a round is one tree, or one a class where there are more than two.
        patience: Rounds without a better held-out loss before the end.
    """

    name: str = "regular"
    learning_rate: float = 0.03
    leaves: int = 15
    least_rows: int = 10
    l2: float = 10.0
    column_share: float = 1.0
    column_share_of_a_cut: float = 0.5
    row_share: float = 1.0
    random: bool = False
    one_level: int = 4
    bins: int = 255
    rounds: int = 1000
    patience: int = 60

    def parameters(self, classes: int, *, seed: int, threads: int) -> dict[str, object]:
        """LightGBM's words for it. Results are the same on every run of one machine, and nothing is printed."""
        kind: dict[str, object] = {"objective": "binary"}
        if classes > 2:
            kind = {"objective": "multiclass", "num_class": classes}
        return {
            **kind,
            "metric": "none",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_rows,
            "lambda_l2": self.l2,
            "feature_fraction": self.column_share,
            "feature_fraction_bynode": self.column_share_of_a_cut,
            "bagging_fraction": self.row_share,
            "bagging_freq": int(self.row_share < 1),
            "extra_trees": self.random,
            "max_bin": self.bins,
            "max_cat_to_onehot": self.one_level,
            "cat_smooth": 20.0,
            "cat_l2": 20.0,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": threads,
            "seed": seed,
            "verbosity": -1,
        }

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)
