"""What each column contributed to a row's probability."""

import sys
from collections.abc import Callable

import polars as pl
import pytest
from torch import Tensor

from crossent import InputError, Model, explain
from crossent.data import Features

Known = Callable[[pl.DataFrame, Callable[[Features], Tensor], list[str]], Model]


def by_x_and_flag(rows: Features) -> Tensor:
    return 3 * rows.numbers[:, 0] + rows.numbers[:, 2]


def test_without_the_package_the_error_says_how_to_install_it(
    known: Known, frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    expected = r"^contributions need the package shap, which is not installed: pip install 'crossent\[explain\]'$"
    with pytest.raises(InputError, match=expected):
        explain(known(frame, by_x_and_flag, ["no", "yes"]), frame, contributions_of=1)


@pytest.mark.filterwarnings("ignore")  # of the packages that shap imports
def test_contributions_add_up_and_only_what_the_model_uses_has_any(known: Known, frame: pl.DataFrame) -> None:
    pytest.importorskip("shap")
    model = known(frame, by_x_and_flag, ["no", "yes"])
    found = explain(model, frame, rows=200, contributions_of=4, columns=[]).contributions
    assert found is not None
    assert found["row"].n_unique() == 4
    sums = found.group_by("row", "class").agg(pl.sum("contribution"), pl.first("average"), pl.first("probability"))
    assert (sums["average"] + sums["contribution"]).to_list() == pytest.approx(sums["probability"].to_list())
    assert found.filter(pl.col("column").is_in(["noise", "town"]))["contribution"].abs().max() == pytest.approx(0)
    of_x = found.filter(pl.col("column") == "x", pl.col("class") == "yes")
    drawn = frame["x"].gather(of_x["row"] - 1)
    assert ((of_x["contribution"] > 0) == (drawn > 0)).all()
