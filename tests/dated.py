"""Tables with columns that only a pipeline reads, and pipelines that read them."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_kd import MLPStudent

N = 120
NUMBERS = np.random.default_rng(0).normal(size=N)
y = (NUMBERS + np.sin(np.arange(N)) > 0).astype(int)
DAYS = pd.date_range("2020-01-03", periods=N, freq="13D")


def objects(values):
    column = np.empty(N, dtype=object)
    column[:] = list(values)
    return column


LISTS = pd.ArrowDtype(pa.list_(pa.int64()))

#: Columns of pandas that are neither numbers nor levels, and how a message names them.
PANDAS = {
    "dates": DAYS,
    "dates with a zone": DAYS.tz_localize("UTC"),
    "dates of Arrow": pd.Series(DAYS).convert_dtypes(dtype_backend="pyarrow"),
    "dates of Python": objects(day.date() for day in DAYS),
    "times": objects(datetime.time(hour % 24) for hour in range(N)),
    "durations": pd.to_timedelta(np.arange(N), unit="h"),
    "periods": pd.period_range("2020", periods=N, freq="D"),
    "intervals": pd.interval_range(0, N),
    "complex numbers": NUMBERS + 1j,
    "lists": objects([number, 2] for number in range(N)),
    "lists of Arrow": pd.Series(
        [[1, 2]] * N, dtype=pd.ArrowDtype(pa.list_(pa.int64()))
    ),
    "tuples": objects((number, 2) for number in range(N)),
    "sets": objects({number} for number in range(N)),
    "dicts": objects({"a": number} for number in range(N)),
    "arrays": objects(np.zeros(2) for _ in range(N)),
    "mixed": objects([1, "a", [2], "b"] * (N // 4)),
    "infinity": np.where(np.arange(N) == N - 1, np.inf, NUMBERS),
    "beyond float64": pd.Series(
        objects(10**400 + number for number in range(N)), dtype=object
    ),
}
POLARS = {
    "dates": pl.Series(objects(day.date() for day in DAYS).tolist()),
    "datetimes": pl.Series(DAYS),
    "durations": pl.Series(PANDAS["durations"]),
    "times": pl.Series(PANDAS["times"].tolist()),
    "lists": pl.Series([[number, 2] for number in range(N)]),
    "structs": pl.Series([{"a": number, "b": 2} for number in range(N)]),
    "arrays": pl.Series(np.zeros((N, 2))),
    "objects": pl.Series([object()] * N, dtype=pl.Object),
}
TABLES = {
    **{
        f"pandas {kind}": pd.DataFrame({"number": NUMBERS, "odd": values})
        for kind, values in PANDAS.items()
    },
    **{
        f"polars {kind}": pl.DataFrame({"number": NUMBERS, "odd": values})
        for kind, values in POLARS.items()
    },
}
#: Columns that may look odd, of which rows are made all the same.
MADE = {
    "decimals": objects(Decimal(number) / 8 for number in range(N)),
    "bytes": objects([b"a", b"b"] * (N // 2)),
    "categories of dates": pd.Series(DAYS).astype("category"),
    "strings and numbers": objects([1, "a"] * (N // 2)),
    "texts": objects(f"text {number} of many" for number in range(N)),
}


def first_column(X):
    return np.asarray(X["number"], dtype=float).reshape(-1, 1)


def month_and_number(X):
    """Read the dates of a frame; in FunctionTransformer, so that it can be pickled."""
    months = X["odd"].dt.month
    return np.column_stack([first_column(X), np.asarray(months, dtype=float)])


class ReadsDates(TransformerMixin, BaseEstimator):
    """A transformer of the user's, without a tag for missing values."""

    def fit(self, X, y=None):
        self.n_columns_ = X.shape[1]
        return self

    def transform(self, X):
        return month_and_number(X)


def behind(function, model):
    return make_pipeline(FunctionTransformer(function), model)


def forest(function=first_column, **params):
    return behind(function, RandomForestClassifier(10, random_state=0, **params))


def student(function=first_column, **params):
    params = {"max_iter": 2, "random_state": 0} | params
    return behind(function, MLPStudent((4,), **params))
