"""The results of `tables.py` as Markdown: ranks and ratios first, then every figure, then the spread over seeds."""

from __future__ import annotations

from pathlib import Path

import polars as pl

KEYS = ("table", "split", "fit", "contender")
FIGURES = {"log_loss": "log loss", "brier": "Brier score", "roc_auc": "AUROC", "accuracy": "accuracy", "ece": "ECE"}
HIGHER_IS_BETTER = ("roc_auc", "accuracy")
COSTS = {"cpu_s": "processors' seconds", "wall_s": "seconds", "peak_mib": "peak memory, MiB"}
PEERS = {
    "lr": "LogisticRegression",
    "hgb": "HistGradientBoosting",
    "xgb": "XGBoost",
    "lgbm": "LightGBM",
    "cat": "CatBoost",
}


def read_results(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, schema_overrides={"table": pl.String, "contender": pl.String})


def from_baselines(path: Path, beside: pl.DataFrame) -> pl.DataFrame:
    """The peers' rows of a file of baselines, of the tables that are there; they are of split 0."""
    return (
        pl.read_csv(path)
        .filter(pl.col("model").is_in(list(PEERS)) & pl.col("set").is_in(beside["table"].to_list()))
        .select(
            table=pl.col("set"),
            split=pl.lit(0),
            fit=pl.lit(0),
            contender=pl.col("model").replace_strict(PEERS),
            cpu_s=pl.col("fit_cpu_s").cast(pl.Float64),
            wall_s=pl.col("fit_s").cast(pl.Float64),
            **{name: pl.col(name).cast(pl.Float64) for name in ("log_loss", "roc_auc", "accuracy", "ece")},
        )
    )


def as_markdown(results: pl.DataFrame) -> str:
    """Everything, as one page; the figures are means over the splits and fits of a table."""
    means = results.group_by("table", "contender", maintain_order=True).agg(
        pl.col(*(name for name in (*FIGURES, *COSTS) if name in results.columns)).mean()
    )
    means = _with_all_tables(means)
    order = _by_rank(means)
    parts = [_summary(means, order), *(_figure(means, order, name, title) for name, title in FIGURES.items())]
    parts += [_figure(means, order, name, title) for name, title in COSTS.items()]
    parts.append(_spread(results, order))
    return "\n\n".join(part for part in parts if part) + "\n"


def _with_all_tables(means: pl.DataFrame) -> pl.DataFrame:
    """Ranks are fair only where everyone is measured; a contender that lacks tables says so in its name."""
    most = means["table"].n_unique()
    counts = means.group_by("contender").agg(tables=pl.len())
    named = counts.with_columns(
        shown=pl.when(pl.col("tables") < most)
        .then(pl.format("{} ({} of {})", "contender", "tables", pl.lit(most)))
        .otherwise("contender")
    )
    joined = means.join(named, on="contender", maintain_order="left")
    return joined.with_columns(contender="shown").drop("shown", "tables")


def _ranked(means: pl.DataFrame, figure: str) -> pl.DataFrame:
    """Ranks in a table, 1 the best; those that tie share the mean."""
    descending = figure in HIGHER_IS_BETTER
    return means.drop_nulls(figure).with_columns(
        rank=pl.col(figure).rank("average", descending=descending).over("table")
    )


def _by_rank(means: pl.DataFrame) -> list[str]:
    ranks = _ranked(means, "log_loss").group_by("contender").agg(pl.col("rank").mean())
    return ranks.sort("rank", "contender")["contender"].to_list()


def _summary(means: pl.DataFrame, order: list[str]) -> str:
    """A row a contender: mean ranks, and its log loss beside that of the best other in each table."""
    lines = [
        "| | mean rank: " + " | ".join(FIGURES.values()) + " | log loss / best peer's: median | worst | tables won |",
        "|---" + "|---:" * (len(FIGURES) + 3) + "|",
    ]
    ranks = {
        name: dict(_ranked(means, name).group_by("contender").agg(pl.col("rank").mean()).rows()) for name in FIGURES
    }
    for contender in order:
        ratio = ratios(means, contender)
        worst = ratio.sort("ratio", descending=True).row(0, named=True)
        cells = [_shown(ranks[name].get(contender), 2) for name in FIGURES]
        cells += [_shown(ratio["ratio"].median(), 3), f"{worst['ratio']:.3f} ({worst['table']})"]
        cells.append(f"{ratio.filter(pl.col('ratio') < 1).height} of {ratio.height}")
        lines.append(f"| {contender} | " + " | ".join(cells) + " |")
    return "## Ranks\n\n" + "\n".join(lines)


def ratios(means: pl.DataFrame, contender: str) -> pl.DataFrame:
    """A contender's log loss divided by that of the best peer in each table; peers of crossent are not crossent."""
    family = contender.split()[0]
    others = means.filter(~pl.col("contender").str.starts_with(family)).drop_nulls("log_loss")
    best = others.group_by("table").agg(best=pl.col("log_loss").min())
    own = means.filter(pl.col("contender") == contender)
    joined = own.join(best, on="table", maintain_order="left")
    return joined.select("table", ratio=pl.col("log_loss") / pl.col("best"))


def _figure(means: pl.DataFrame, order: list[str], name: str, title: str) -> str:
    """A row a table, a column a contender; the best is bold."""
    if name not in means.columns or means[name].null_count() == len(means):
        return ""
    lines = ["| | " + " | ".join(order) + " |", "|---" + "|---:" * len(order) + "|"]
    for table in means["table"].unique(maintain_order=True):
        rows = means.filter(pl.col("table") == table)
        values: dict[str, float | None] = dict(rows.select("contender", name).rows())
        present = [value for value in values.values() if value is not None]
        best = (max if name in HIGHER_IS_BETTER else min)(present, default=None)
        cells = [_cell(values.get(contender), best, name) for contender in order]
        lines.append(f"| {table} | " + " | ".join(cells) + " |")
    return f"## {title[0].upper()}{title[1:]}\n\n" + "\n".join(lines)


def _cell(value: float | None, best: float | None, name: str) -> str:
    if value is None:
        return ""
    text = f"{value:.4f}" if name in FIGURES else f"{value:.3g}" if value < 100 else f"{value:,.0f}"
    return f"**{text}**" if value == best else text


def _spread(results: pl.DataFrame, order: list[str]) -> str:
    """Standard deviations of the log loss over splits (of the means of their fits), and over fits within a split."""
    of_split = results.group_by("table", "contender", "split").agg(
        mean=pl.col("log_loss").mean(), fits=pl.col("log_loss").std()
    )
    spread = of_split.group_by("table", "contender").agg(
        pl.col("mean").mean(), splits=pl.col("mean").std(), fits=(pl.col("fits") ** 2).mean().sqrt()
    )
    if not spread["splits"].count() + spread["fits"].count():
        return ""
    lines = ["| | | mean | sd over splits | sd over fits |", "|---|---|---:|---:|---:|"]
    places = pl.col("contender").replace_strict({name: place for place, name in enumerate(order)}, default=len(order))
    for table, contender, mean, splits, fits in spread.sort("table", places).rows():
        lines.append(f"| {table} | {contender} | {mean:.4f} | {_shown(splits, 4)} | {_shown(fits, 4)} |")
    return "## Spread of the log loss\n\n" + "\n".join(lines)


def _shown(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) else ""
