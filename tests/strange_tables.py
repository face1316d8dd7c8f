"""Stand-ins for tables of libraries that are not installed here."""

import pandas as pd
import pyarrow as pa


class Deferred:
    """A frame of dask: it has a number of columns, and no rows yet."""

    columns, shape = ["a", "b"], (None, 2)

    def compute(self):
        raise AssertionError("nothing may be computed")


class Spark:
    columns = ["a", "b"]

    def collect(self):
        raise AssertionError("nothing may be computed")

    toPandas = collect


class Relation(Deferred):
    """A query of duckdb."""

    compute = None

    def df(self):
        raise AssertionError("nothing may be computed")


class Modin:
    columns, shape, iloc = ["a", "b"], (2, 2), None

    def __len__(self):
        return 2

    def _to_pandas(self):
        raise AssertionError("nothing may be converted")


class Dataset:
    """Of the library datasets: rows by position are dicts of columns."""

    column_names, shape = ["a", "b"], (2, 2)

    def __len__(self):
        return 2

    def __getitem__(self, rows):
        raise AssertionError("nothing may be read")

    def to_pandas(self):
        raise AssertionError("nothing may be converted")


class Interchange:
    def __dataframe__(self, **params):
        raise AssertionError("nothing may be converted")


class Stream:
    def __arrow_c_stream__(self, schema=None):
        return pa.table({"a": [1.0]}).__arrow_c_stream__(schema)


class Lines:
    """An object that NumPy makes an array of, as of xarray."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values

    def to_pandas(self):
        return pd.DataFrame(self.values)
