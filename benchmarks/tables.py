"""crossent at its defaults beside scikit-learn's, XGBoost's, LightGBM's and CatBoost's, on a folder of real tables.

    python benchmarks/tables.py --tables FOLDER [--quality default] [--peers all] [--seeds 1] [--fits 1]
    python benchmarks/tables.py --tables FOLDER --baselines FILE      # take the peers' figures from a file
    python benchmarks/tables.py --scaling                              # cost over rows, on a made table

The folder holds Parquet files with the label in the column `target`; an `index.json` beside them may say which columns
are text (`{"reviews": {"text_columns": ["review"]}}`). Each table is split 70/30, each class in proportion; each fit
runs in a process of its own, one after the other. A result is appended to tables.csv at once, and a fit whose result is
there is skipped: the same command again goes on where it was stopped. --seeds are splits; --fits are fits of each split
with other seeds, which tell how much of the spread is the split's and how much the training's.

Needs `pip install crossent[benchmark]`; peers that are not installed are left out. `table_contenders.py` says how the
input of each is prepared.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
from table_contenders import PEERS, installed
from table_results import KEYS, as_markdown, from_baselines, read_results
from table_rows import tables_in
from table_scaling import draw_scaling

HERE = Path(__file__).parent
FIELDS = (*KEYS, "rows", "log_loss", "brier", "roc_auc", "accuracy", "ece", "cpu_s", "wall_s", "peak_mib")

Options = dict[str, str | float]
Order = dict[str, str | int | Options]


def contenders(arguments: argparse.Namespace) -> dict[str, Options]:
    """Names with the options of each: crossent at every asked quality, then the peers."""
    found: dict[str, Options] = {}
    members = {"members": arguments.members} if arguments.members else {}
    limit = {"time_limit": arguments.time_limit} if arguments.time_limit else {}
    for quality in arguments.quality:
        name = " ".join(["crossent", quality, *members.values()])
        found[name] = ({} if quality == "plain" else {"quality": quality}) | members | limit
    peers = list(PEERS) if arguments.peers == ["all"] else [peer for peer in arguments.peers if peer != "none"]
    missing = [peer for peer in peers if not installed(peer)]
    if missing:
        print(f"left out, for they are not installed: {', '.join(missing)}", file=sys.stderr)
    return found | {peer: {} for peer in peers if peer not in missing}


def orders_of(arguments: argparse.Namespace, wanted: dict[str, Options]) -> list[Order]:
    """Every fit there is to do, the small tables first, and a table's contenders after one another."""
    if arguments.scaling:
        places: list[Order] = [{"table": f"made {rows}", "made": rows, "split": 0} for rows in arguments.rows]
    else:
        paths = [path for path in tables_in(arguments.tables) if not arguments.only or path.stem in arguments.only]
        splits = range(arguments.seeds)
        places = [{"table": str(path.resolve()), "split": split} for path in paths for split in splits]
    return [
        {**place, "fit": fit, "contender": name, "options": options}
        for place in places
        for name, options in wanted.items()
        for fit in range(1 if name == "LogisticRegression" else arguments.fits)  # it has no randomness
    ]


def key_of(order: Order) -> tuple[str, ...]:
    return Path(str(order["table"])).stem, str(order["split"]), str(order["fit"]), str(order["contender"])


def run(order: Order, threads: int, limit: float) -> dict[str, float] | None:
    """Fit in a process of its own; None where it fails, with its last line shown."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)} if threads else None
    call = [sys.executable, str(HERE / "table_fit.py"), json.dumps(order)]
    try:
        done = subprocess.run(call, capture_output=True, text=True, check=False, env=environment, timeout=limit)
    except subprocess.TimeoutExpired:
        print(f"  stopped after {limit:.0f} s", file=sys.stderr)
        return None
    if done.returncode:
        print("  failed: " + (done.stderr.strip().splitlines() or ["no message"])[-1], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def append(path: Path, order: Order, result: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(FIELDS)
        writer.writerow([*key_of(order), *(f"{result[field]:.6g}" for field in FIELDS[len(KEYS) :])])


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tables", type=Path, help="the folder of Parquet files")
    what.add_argument("--scaling", action="store_true", help="measure what rows cost, on a made table")
    parser.add_argument("--only", nargs="+", help="names of tables, without .parquet")
    parser.add_argument("--quality", nargs="+", default=["default"], help="of crossent; 'plain' gives fit no quality")
    parser.add_argument("--members", help="of crossent, such as network")
    parser.add_argument("--time-limit", type=float, help="of crossent, in seconds")
    parser.add_argument("--peers", nargs="+", default=["all"], choices=["all", "none", *PEERS])
    parser.add_argument("--baselines", type=Path, help="a CSV with the peers' figures, in place of running them")
    parser.add_argument("--seeds", type=int, default=1, help="splits of each table")
    parser.add_argument("--fits", type=int, default=1, help="fits of each split")
    parser.add_argument("--threads", type=int, default=0, help="OMP_NUM_THREADS of every fit; 0 leaves it as it is")
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000, 20_000, 200_000, 600_000])
    parser.add_argument("--limit", type=float, default=3600, help="seconds after which a fit is stopped")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="the folder to write to")
    arguments = parser.parse_args()
    if arguments.baselines:
        arguments.peers = ["none"]
    return arguments


def main() -> None:
    arguments = parsed()
    wanted = contenders(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / ("scaling.csv" if arguments.scaling else "tables.csv")
    done = {tuple(map(str, row)) for row in read_results(path).select(KEYS).rows()} if path.exists() else set()
    orders = [order for order in orders_of(arguments, wanted) if key_of(order) not in done]
    for number, order in enumerate(orders, 1):
        table, split, fit, contender = key_of(order)
        began = time.perf_counter()
        print(f"{number}/{len(orders)} {table}, split {split}, fit {fit}: {contender}", file=sys.stderr, flush=True)
        result = run(order, arguments.threads, arguments.limit)
        if result is not None:
            append(path, order, result)
            print(f"  log loss {result['log_loss']:.4f} in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    results = read_results(path)
    if arguments.scaling:
        draw_scaling(results, arguments.out / "scaling.png")
        with pl.Config(
            tbl_formatting="MARKDOWN", tbl_rows=-1, tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True
        ):
            print(results.select("contender", "rows", "cpu_s", "wall_s", "peak_mib", "log_loss"))
        return
    if arguments.baselines:
        ours = results.filter(pl.col("contender").str.starts_with("crossent"), split=0)  # the baselines' split
        results = pl.concat([ours, from_baselines(arguments.baselines, ours)], how="diagonal_relaxed")
    page = as_markdown(results)
    (arguments.out / "tables.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
