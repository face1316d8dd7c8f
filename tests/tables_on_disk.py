"""A table that lies on disk in several files, and a teacher that counts its rows."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

N_ROWS = 230


def make_frame(n_rows=N_ROWS, seed=0):
    """Numbers with gaps, a column of categories, one of strings, and labels."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n_rows)
    size[::7] = np.nan
    colour = rng.choice(["red", "blue", "green"], n_rows)
    return pd.DataFrame(
        {
            "id": np.arange(n_rows) + 1000,
            "size": size,
            "count": rng.integers(0, 9, n_rows),
            "colour": pd.Categorical(colour, ["red", "green", "blue"]),
            "town": rng.choice(["Ulm", "Bonn"], n_rows),
            "kind": np.where((np.nan_to_num(size) > 0) ^ (colour == "red"), "b", "a"),
        }
    )


FRAME = make_frame()
READ = ["size", "count", "colour", "town"]


def fit_teacher():
    """Fit a teacher that reads four of the six columns."""
    columns = make_column_transformer(
        (OneHotEncoder(), ["colour", "town"]), remainder="passthrough"
    )
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=5))
    return model.fit(FRAME[READ], FRAME["kind"])


TEACHER = fit_teacher()


def write_rows(place):
    """Write three files of one table, with small row groups, and what is none of it."""
    (place / "more").mkdir(parents=True)
    FRAME[:100].to_parquet(place / "a.parquet", row_group_size=30)
    FRAME[100:110].to_parquet(place / "b.parquet")
    FRAME[110:].set_index("id").reset_index().to_parquet(place / "more" / "c.parquet")
    (place / "_notes.parquet").write_text("nothing")
    (place / "read.me").write_text("nothing")
    return place


class Asked:
    """A fitted teacher that remembers the rows it was asked about."""

    classes_ = np.array(["a", "b"])

    def __init__(self, teacher, unlucky=None):
        self.teacher, self.unlucky, self.sizes = teacher, unlucky, []
        self.cache_key = "asked"
        self.feature_names_in_ = np.array(READ, dtype=object)

    def predict_proba(self, X):
        if (X["size"] == self.unlucky).any():
            raise RuntimeError("the teacher is tired")
        self.sizes.append(len(X))
        return self.teacher.predict_proba(X)
