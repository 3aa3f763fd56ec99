"""Who stands beside crossent on a table: each learns the training rows and gives the test rows' probabilities.

All are at their defaults. Their input is prepared as their own documentation advises, and learns from the training rows
alone:

- LogisticRegression: numbers with the median for what is missing, a column that says so, and standardised; categories
  one-hot, levels that are unseen ignored; texts as TF-IDF. 1,000 iterations, so that it converges.
- HistGradientBoosting, XGBoost, LightGBM: numbers as they are, NaN for missing; categories as pandas categories, the
  boosters' own way (the 254 commonest levels for HistGradientBoosting, which takes 255); texts as TF-IDF, reduced to
  64 numbers.
- CatBoost: numbers as they are; categories and texts as strings, its own way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
from sklearn.compose import make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from table_rows import TARGET, Rows

Probabilities = npt.NDArray[np.float64]
Peer = Callable[[Rows, int], Probabilities]

LEVELS_OF_HGB = 254
SIZE_OF_TEXT = 64


def crossent(rows: Rows, seed: int, **options: Any) -> Probabilities:
    import crossent  # here, so that a peer's process does not pay for it

    model = crossent.fit(rows.training, target=TARGET, seed=seed, **options)
    found = model.predict(rows.test.drop(TARGET))
    return found.select(f"probability_{name}" for name in rows.classes).to_numpy()


def linear(rows: Rows, seed: int) -> Probabilities:
    middle = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    levels = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"), OneHotEncoder(handle_unknown="ignore")
    )
    texts = [(TfidfVectorizer(sublinear_tf=True, min_df=2), name) for name in rows.texts]
    columns = make_column_transformer((middle, list(rows.numbers)), (levels, list(rows.categories)), *texts)
    model = make_pipeline(columns, LogisticRegression(max_iter=1000, random_state=seed))
    model.fit(_plain(rows, rows.training), rows.codes(rows.training))
    return model.predict_proba(_plain(rows, rows.test))


def hist_gradient_boosting(rows: Rows, seed: int) -> Probabilities:
    training, test = _with_categories(rows, most=LEVELS_OF_HGB)
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=seed)
    return model.fit(training, rows.codes(rows.training)).predict_proba(test)


def xgboost(rows: Rows, seed: int) -> Probabilities:
    from xgboost import XGBClassifier  # in the extra "benchmark" only, as the next two

    training, test = _with_categories(rows)
    model = XGBClassifier(enable_categorical=True, random_state=seed)
    return model.fit(training, rows.codes(rows.training)).predict_proba(test)


def lightgbm(rows: Rows, seed: int) -> Probabilities:
    from lightgbm import LGBMClassifier

    training, test = _with_categories(rows)
    renamed = {name: f"column_{place}" for place, name in enumerate(training.columns)}  # it refuses some characters
    model = LGBMClassifier(random_state=seed, verbose=-1)
    model.fit(training.rename(columns=renamed), rows.codes(rows.training))
    return np.asarray(model.predict_proba(test.rename(columns=renamed)))


def catboost(rows: Rows, seed: int) -> Probabilities:
    from catboost import CatBoostClassifier

    training, test = _plain(rows, rows.training), _plain(rows, rows.test)
    threads = int(os.environ.get("OMP_NUM_THREADS", "-1"))  # the others read the variable themselves
    model = CatBoostClassifier(
        random_seed=seed,
        cat_features=list(rows.categories),
        text_features=list(rows.texts) or None,
        thread_count=threads,
        verbose=0,
        allow_writing_files=False,
    )
    return model.fit(training, rows.codes(rows.training)).predict_proba(test)


PEERS: dict[str, Peer] = {
    "LogisticRegression": linear,
    "HistGradientBoosting": hist_gradient_boosting,
    "XGBoost": xgboost,
    "LightGBM": lightgbm,
    "CatBoost": catboost,
}


def installed(peer: str) -> bool:
    """Whether the peer's package is there."""
    return peer in ("LogisticRegression", "HistGradientBoosting") or find_spec(peer.lower()) is not None


def _numbers(rows: Rows, frame: pl.DataFrame) -> pl.DataFrame:
    """Numbers, truths and dates as floats, NaN where missing."""
    times = pl.selectors.temporal().to_physical()
    return frame.select(rows.numbers).with_columns(times).cast(pl.Float64).fill_null(np.nan)


def _plain(rows: Rows, frame: pl.DataFrame) -> pd.DataFrame:
    """Numbers as floats, categories and texts as strings, "missing" where they are."""
    words = frame.select(*rows.categories, *rows.texts).cast(pl.String).fill_null("missing")
    numbers = _numbers(rows, frame).to_pandas()
    return pd.concat([numbers, words.to_pandas().astype(object)], axis=1)


def _with_categories(rows: Rows, most: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers as floats, categories as pandas' own (unseen levels are missing), texts as 64 numbers."""
    frames = rows.training, rows.test
    made = [_numbers(rows, frame).to_pandas() for frame in frames]
    for name in rows.categories:
        counts = rows.training[name].cast(pl.String).drop_nulls().value_counts(sort=True, name="rows")
        levels = counts[name].to_list()[:most]
        for frame, whole in zip(made, frames, strict=True):
            values = whole[name].cast(pl.String).to_pandas()
            frame[name] = pd.Categorical(values.where(values.isin(levels)), categories=sorted(levels))
    for name in rows.texts:
        words = [frame[name].fill_null("").to_list() for frame in frames]
        reduce = make_pipeline(TfidfVectorizer(sublinear_tf=True, min_df=2), TruncatedSVD(SIZE_OF_TEXT, random_state=0))
        parts = [reduce.fit_transform(words[0]), reduce.transform(words[1])]
        for place, part in enumerate(parts):
            named = pd.DataFrame(part, columns=[f"{name}_{k}" for k in range(part.shape[1])])
            made[place] = pd.concat([made[place], named], axis=1)
    return made[0], made[1]
