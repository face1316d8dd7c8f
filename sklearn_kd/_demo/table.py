"""The table that the demo runs on: the Adult data, or a file of the user's."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_kd._columns import column_kinds, numeric_block
from sklearn_kd._demo.error import DemoError
from sklearn_kd.datasets import load_adult

_CSV = (".csv", ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip", ".csv.zst")
_PARQUET = (".parquet", ".pq")
_TEST_SHARE = 0.3


@dataclass(frozen=True)
class Table:
    """A table to classify.

    Parameters
    ----------
    name : str
        What it is called in the output.
    X : DataFrame of shape (n_samples, n_features)
        The columns to learn from.
    y : ndarray of shape (n_samples,)
        Labels.
    target : str
        Name of the column that they come from.
    kinds : list of {"numeric", "nominal"}
        What each column of ``X`` is.
    notes : list of str
        What had to be done to the rows.
    """

    name: str
    X: object
    y: np.ndarray
    target: str
    kinds: list
    notes: list

    def split(self, seed):
        """Give X_train, X_test, y_train, y_test: 70 and 30 percent of each class."""
        return train_test_split(
            self.X, self.y, test_size=_TEST_SHARE, stratify=self.y, random_state=seed
        )


def adult():
    """Load the data that ship.

    Returns
    -------
    Table
        48 842 rows.
    """
    data = load_adult()
    return _build("Adult census data", data.data, data.target, [])


def read_table(path, target):
    """Read and check a table of the user's.

    Parameters
    ----------
    path : str
        A .csv (packed ones too) or .parquet file.
    target : str
        Name of the column with the labels.

    Returns
    -------
    Table
        Its rows, those without a label left out.

    Raises
    ------
    DemoError
        When it cannot be read, or is nothing to classify.
    """
    frame = _read(path)
    if len(frame.columns) == 0 or len(frame) == 0:
        raise DemoError(f"{path} has no rows.")
    place = _find(frame, target, path)
    y, X = frame.iloc[:, place], frame.drop(columns=frame.columns[place])
    if X.shape[1] == 0:
        raise DemoError(f"{path} has no column besides {target!r}: nothing to learn.")
    missing = y.isna().to_numpy()
    notes = []
    if missing.all():
        raise DemoError(f"Column {target!r} of {path} has no values.")
    if missing.any():
        notes.append(f"left out {missing.sum():,} rows without a value in {target!r}")
        X, y = X[~missing], y[~missing]
    return _build(Path(path).name, X, y, notes)


def _read(path):
    lower = path.lower()
    if not lower.endswith(_CSV + _PARQUET):
        raise DemoError(f"{path}: expected a file that ends in .csv or .parquet.")
    if not Path(path).is_file():
        reason = "is not a file" if Path(path).exists() else "does not exist"
        raise DemoError(f"{path} {reason}.")
    import pandas as pd

    try:
        if lower.endswith(_PARQUET):
            return pd.read_parquet(path)
        return pd.read_csv(path, low_memory=False)
    except pd.errors.EmptyDataError as error:
        raise DemoError(f"{path} is empty.") from error
    except ImportError as error:
        raise DemoError(
            "Reading .parquet files needs pyarrow, which is not installed: "
            "pip install 'sklearn-kd[demo]'"
        ) from error
    except Exception as error:  # each reader has errors of its own
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise DemoError(f"{path} cannot be read: {reason}") from error


def _find(frame, target, path):
    """Position of the target column."""
    names = [str(name) for name in frame.columns]
    if target in names:
        return names.index(target)
    close = get_close_matches(target, names, n=1)
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    hint = f"did you mean {close[0]!r}?" if close else f"it has {shown}"
    raise DemoError(f"{path} has no column {target!r}: {hint}")


def _build(name, X, y, notes):
    labels = _labels(y)
    try:
        kinds = column_kinds(X)
        numeric = [j for j, kind in enumerate(kinds) if kind == "numeric"]
        infinite = np.isinf(numeric_block(X, numeric)).any(axis=0)
    except (TypeError, ValueError) as error:
        raise DemoError(str(error)) from error
    if infinite.any():
        column = X.columns[numeric[int(infinite.argmax())]]
        raise DemoError(f"Column {column!r} holds infinity: make it a missing value.")
    return Table(name, _without_na(X, kinds), labels, str(y.name), kinds, notes)


def _without_na(X, kinds):
    """Write ``pandas.NA`` among levels as None: scikit-learn's encoders know no NA."""
    from pandas import NA

    nominal = [name for name, kind in zip(X, kinds, strict=True) if kind == "nominal"]
    nullable = [name for name in nominal if getattr(X[name].dtype, "na_value", 0) is NA]
    return X.assign(
        **{
            name: X[name].astype(object).where(X[name].notna(), None)
            for name in nullable
        }
    )


def _labels(y):
    """Labels as an array, after making sure that they are labels."""
    name = y.name
    if hasattr(y, "cat"):
        y = y.astype(y.cat.categories.dtype)
    values = y.tolist()
    types = {type(value).__name__ for value in values}
    if len(types) > 1 or not types <= {"str", "int", "float", "bool"}:
        raise DemoError(
            f"Column {name!r} holds values of type {', '.join(sorted(types))}: labels "
            "are all strings, all integers or all booleans."
        )
    if types == {"float"} and not all(value.is_integer() for value in values):
        raise DemoError(
            f"Column {name!r} is continuous: distillation here is for classification. "
            "Put its values into classes first."
        )
    labels = np.array(values, dtype=object if types == {"str"} else None)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise DemoError(f"Column {name!r} has one class only: {classes[0]!r}.")
    if counts.min() < 2:
        rare = classes[counts < 2].tolist()
        raise DemoError(
            f"{len(rare)} of the {len(classes)} classes of column {name!r} have a "
            f"single row, {rare[0]!r} for one: it cannot be learnt and tested. Merge "
            "such classes with others, or leave their rows out."
        )
    if int(np.ceil(_TEST_SHARE * len(labels))) < len(classes):
        raise DemoError(
            f"{len(labels)} rows are too few for the {len(classes)} classes of column "
            f"{name!r}: {_TEST_SHARE:.0%} of them, for the test, are fewer than that."
        )
    return labels
