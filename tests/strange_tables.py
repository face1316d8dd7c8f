"""Stand-ins for tables of libraries that are not installed here."""

import pandas as pd
import pyarrow as pa


class Deferred:
    """A frame of dask: it says how many columns, and has no rows yet."""

    columns, shape = ["a", "b"], (None, 2)

    def compute(self):
        raise AssertionError("nothing is computed unasked")


class Spark:
    columns = ["a", "b"]

    def collect(self):
        raise AssertionError("nothing is computed unasked")

    toPandas = collect


class Relation(Deferred):
    """A query of duckdb."""

    compute = None

    def df(self):
        raise AssertionError("nothing is computed unasked")


class Modin:
    columns, shape, iloc = ["a", "b"], (2, 2), None

    def __len__(self):
        return 2

    def _to_pandas(self):
        raise AssertionError("nothing is converted unasked")


class Dataset:
    """Of the library datasets: rows by position are dicts of columns."""

    column_names, shape = ["a", "b"], (2, 2)

    def __len__(self):
        return 2

    def __getitem__(self, rows):
        raise AssertionError("nothing is read unasked")

    def to_pandas(self):
        raise AssertionError("nothing is converted unasked")


class Interchange:
    def __dataframe__(self, **params):
        raise AssertionError("nothing is converted unasked")


class Stream:
    def __arrow_c_stream__(self, schema=None):
        return pa.table({"a": [1.0]}).__arrow_c_stream__(schema)


class Lines:
    """What an array is made of when NumPy asks, as of xarray."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values

    def to_pandas(self):
        return pd.DataFrame(self.values)
