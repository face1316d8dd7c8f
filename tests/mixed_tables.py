"""Tables in every container, with columns of every type and gaps in them."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

N = 200


def gaps(values, rng, share=0.15):
    """The values as a list, some of them None."""
    return [
        None if gap else value
        for value, gap in zip(values, rng.random(len(values)) < share, strict=True)
    ]


def columns(n=N, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "float": gaps(rng.normal(size=n).tolist(), rng),
        "count": rng.poisson(3, n).tolist(),
        "text": gaps(rng.choice(["a", "b", "c"], n).tolist(), rng),
        "flag": (rng.random(n) < 0.3).tolist(),
        "constant": [7.5] * n,
        "empty": [None] * n,
    }


def pandas_mixed(n=N):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(columns(n))
    text, count = frame["text"], frame["count"]
    frame["category"] = pd.Categorical(text, categories=["z", "c", "b", "a"])
    frame["ordered"] = pd.Categorical(count, ordered=True)
    frame["nullable int"] = pd.array(gaps(count.tolist(), rng), dtype="Int64")
    frame["nullable float"] = frame["float"].astype("Float32")
    frame["boolean"] = pd.array(gaps(columns(n)["flag"], rng), dtype="boolean")
    frame["string"] = text.astype("string")
    frame["object"] = pd.Series(columns(n)["text"], dtype=object)
    frame["single"] = frame["float"].astype("float32")
    frame["byte"] = rng.integers(256, size=n).astype("uint8")
    frame["sparse"] = pd.arrays.SparseArray(rng.poisson(0.5, n).astype(float))
    frame["arrow int"] = frame["nullable int"].astype("int64[pyarrow]")
    decimal = pd.ArrowDtype(pa.decimal128(10, 2))
    numbers = [Decimal(k) / 4 for k in rng.integers(99, size=n).tolist()]
    frame["decimal"] = pd.Series(numbers, dtype=object)
    frame["arrow decimal"] = pd.Series(numbers, dtype=decimal)
    frame["whole objects"] = pd.Series(count.tolist(), dtype=object)
    frame["wide"] = rng.integers(-(2**63), 2**63 - 1, n, endpoint=True)
    frame["wide unsigned"] = rng.integers(2**64 - 1, size=n, dtype="uint64")
    frame.index = np.arange(n) * 3 + 5
    return frame


def polars_mixed(n=N):
    rng = np.random.default_rng(2)
    table = columns(n)
    return pl.DataFrame(
        {
            **table,
            "category": pl.Series(table["text"], dtype=pl.Categorical),
            "enum": pl.Series(table["text"], dtype=pl.Enum(["z", "c", "b", "a"])),
            "nullable flag": gaps(table["flag"], rng),
            "short": pl.Series(gaps(table["count"], rng), dtype=pl.Int16),
            "single": pl.Series(table["float"], dtype=pl.Float32),
            "decimal": [Decimal(k) / 4 for k in table["count"]],
            "wide": rng.integers(2**64 - 1, size=n, dtype="uint64"),
            "object": pl.Series(table["count"], dtype=pl.Object),
        }
    )


def object_mixed(n=N):
    return pd.DataFrame(columns(n)).astype(object).to_numpy()


RNG = np.random.default_rng(3)
TABLES = {
    "float64": RNG.normal(size=(N, 4)),
    "float32": RNG.normal(size=(N, 4)).astype("float32"),
    "float16": RNG.normal(size=(N, 4)).astype("float16"),
    "int8": RNG.integers(-5, 5, size=(N, 3)).astype("int8"),
    "bool": RNG.random((N, 3)) < 0.4,
    "str": RNG.choice(["a", "bb", "ccc"], (N, 3)),
    "bytes": RNG.choice([b"a", b"bb"], (N, 3)),
    "object": object_mixed(),
    "fortran": np.asfortranarray(RNG.normal(size=(N, 4))),
    "pandas": pandas_mixed(),
    "polars": polars_mixed(),
}
