"""The Adult census data."""

import csv
import gzip
from importlib import resources

import numpy as np
from sklearn.utils import Bunch

from sklearn_kd._parameters import check_boolean

_TARGET = "income"
_MISSING = "?"  # how the source writes it

# Written out, so that the codes are the same whatever reads the file: alphabetical,
# except for education, which goes from the lowest level to the highest.
_LEVELS = {
    "workclass": (
        "Federal-gov",
        "Local-gov",
        "Never-worked",
        "Private",
        "Self-emp-inc",
        "Self-emp-not-inc",
        "State-gov",
        "Without-pay",
    ),
    "education": (
        "Preschool",
        "1st-4th",
        "5th-6th",
        "7th-8th",
        "9th",
        "10th",
        "11th",
        "12th",
        "HS-grad",
        "Some-college",
        "Assoc-voc",
        "Assoc-acdm",
        "Bachelors",
        "Masters",
        "Prof-school",
        "Doctorate",
    ),
    "marital_status": (
        "Divorced",
        "Married-AF-spouse",
        "Married-civ-spouse",
        "Married-spouse-absent",
        "Never-married",
        "Separated",
        "Widowed",
    ),
    "occupation": (
        "Adm-clerical",
        "Armed-Forces",
        "Craft-repair",
        "Exec-managerial",
        "Farming-fishing",
        "Handlers-cleaners",
        "Machine-op-inspct",
        "Other-service",
        "Priv-house-serv",
        "Prof-specialty",
        "Protective-serv",
        "Sales",
        "Tech-support",
        "Transport-moving",
    ),
    "relationship": (
        "Husband",
        "Not-in-family",
        "Other-relative",
        "Own-child",
        "Unmarried",
        "Wife",
    ),
    "race": ("Amer-Indian-Eskimo", "Asian-Pac-Islander", "Black", "Other", "White"),
    "sex": ("Female", "Male"),
    "native_country": (
        "Cambodia",
        "Canada",
        "China",
        "Columbia",
        "Cuba",
        "Dominican-Republic",
        "Ecuador",
        "El-Salvador",
        "England",
        "France",
        "Germany",
        "Greece",
        "Guatemala",
        "Haiti",
        "Holand-Netherlands",
        "Honduras",
        "Hong",
        "Hungary",
        "India",
        "Iran",
        "Ireland",
        "Italy",
        "Jamaica",
        "Japan",
        "Laos",
        "Mexico",
        "Nicaragua",
        "Outlying-US(Guam-USVI-etc)",
        "Peru",
        "Philippines",
        "Poland",
        "Portugal",
        "Puerto-Rico",
        "Scotland",
        "South",
        "Taiwan",
        "Thailand",
        "Trinadad&Tobago",
        "United-States",
        "Vietnam",
        "Yugoslavia",
    ),
    _TARGET: ("<=50K", ">50K"),
}


def load_adult(*, return_X_y=False, as_frame=True):
    """Load the Adult census data: who earns more than 50 000 dollars.

    Two classes, 48 842 rows, 14 columns of mixed kinds, three of them with
    missing values. The rows of the source's training file come first (32 561),
    then those of its test file. The data lie in the package: nothing is
    downloaded.

    .. versionadded:: 0.1

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a :class:`~sklearn.utils.Bunch`.

    as_frame : bool, default=True
        True gives a pandas DataFrame and Series, and needs pandas. False gives
        NumPy arrays and does not.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with these attributes:

        data : DataFrame or ndarray of float64, shape (48842, 14)
            The columns listed under Notes. In a DataFrame the numeric ones are
            int64 and the categorical ones ``category``, their levels in a fixed
            order. In an array the categorical ones hold the position of the
            level in ``categories`` (an order that means something for
            education alone), and missing values are NaN.
        target : Series of category, or ndarray of object, shape (48842,)
            The labels ``"<=50K"`` and ``">50K"``, the same in both forms.
        frame : DataFrame of shape (48842, 15), or None
            Data and target (its column is ``income``). None if `as_frame` is
            False.
        feature_names : list of str
            The names of the 14 columns.
        target_names : ndarray of shape (2,)
            The two labels.
        categories : dict of str to list of str
            The levels of each categorical column, in the order of their codes.
        DESCR : str
            The full description.

    (data, target) : tuple
        If `return_X_y` is True, these two attributes alone.

    Raises
    ------
    ImportError
        If `as_frame` is True and pandas is not installed.
    TypeError
        For switches that are neither True nor False.

    Notes
    -----
    ================ ==========================================================
    column           meaning
    ================ ==========================================================
    age              age in years, 17 to 90 (capped)
    workclass        kind of employer, 8 levels, 2799 rows missing
    fnlwgt           how many people the census takes the row to stand for
    education        highest level reached, 16 levels from the lowest up
    education_num    the same as a number, 1 to 16
    marital_status   marital status, 7 levels
    occupation       kind of work, 14 levels, 2809 rows missing
    relationship     place in the household, 6 levels
    race             race as the census recorded it, 5 levels
    sex              Female or Male
    capital_gain     capital gains in dollars, capped at 99999
    capital_loss     capital losses in dollars
    hours_per_week   hours worked a week, capped at 99
    native_country   country of birth, 41 levels, 857 rows missing
    income           the target: ``<=50K`` (37155 rows), ``>50K`` (11687 rows)
    ================ ==========================================================

    The data come from the 1994 United States census database and are licensed
    under CC BY 4.0 by the UCI Machine Learning Repository [1]_. Here the two
    files are joined, column names have underscores for hyphens, and the full
    stop after the labels of the test file is gone. Nothing else was changed.

    References
    ----------
    .. [1] Becker, B. and Kohavi, R. (1996). Adult. UCI Machine Learning
           Repository. :doi:`10.24432/C5XW20`

    Examples
    --------
    >>> from sklearn_kd.datasets import load_adult
    >>> X, y = load_adult(return_X_y=True)
    >>> X.shape
    (48842, 14)
    >>> y.value_counts().to_dict()
    {'<=50K': 37155, '>50K': 11687}
    >>> X[["age", "workclass", "education"]].head(3)
       age         workclass  education
    0   39         State-gov  Bachelors
    1   50  Self-emp-not-inc  Bachelors
    2   38           Private    HS-grad
    """
    return_X_y = check_boolean("return_X_y", return_X_y)
    as_frame = check_boolean("as_frame", as_frame)
    columns = _read_columns()
    names = [name for name in columns if name != _TARGET]
    levels = {name: list(_LEVELS[name]) for name in names if name in _LEVELS}
    labels = np.array(_LEVELS[_TARGET], dtype=object)
    build = _as_frame if as_frame else _as_arrays
    frame, data, target = build(columns, names)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=names,
        target_names=labels,
        categories=levels,
        DESCR=(_folder() / "adult.rst").read_text(encoding="utf-8"),
    )


def _folder():
    """Give the folder with the files."""
    return resources.files("sklearn_kd.datasets") / "data"


def _read_columns():
    """Read the file: int64 values, and codes (missing: -1) where there are levels."""
    with (
        (_folder() / "adult.csv.gz").open("rb") as packed,
        gzip.open(packed, "rt", encoding="ascii", newline="") as text,
    ):
        header, *rows = csv.reader(text)
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    return {name: _to_integers(name, values) for name, values in cells.items()}


def _to_integers(name, values):
    """Give int64 values, or codes of levels."""
    if name not in _LEVELS:
        return np.array(values, dtype=np.int64)
    code = {level: position for position, level in enumerate(_LEVELS[name])}
    code[_MISSING] = -1
    return np.array([code[value] for value in values], dtype=np.int64)


def _as_arrays(columns, names):
    """Give no frame, the rows as float64 with NaN, and the labels as strings."""
    data = np.column_stack([columns[name] for name in names]).astype(np.float64)
    categorical = [name in _LEVELS for name in names]
    missing = (data == -1) & categorical
    data[missing] = np.nan
    labels = np.array(_LEVELS[_TARGET], dtype=object)
    return None, data, labels[columns[_TARGET]]


def _as_frame(columns, names):
    """Give the frame, its columns of rows, and the labels."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "load_adult(as_frame=True) needs pandas, which is not installed. Install "
            "it with `pip install 'sklearn-kd[demo]'`, or take arrays with "
            "load_adult(as_frame=False)."
        ) from error
    frame = pd.DataFrame(
        {
            name: pd.Categorical.from_codes(values, categories=list(_LEVELS[name]))
            if name in _LEVELS
            else values
            for name, values in columns.items()
        }
    )
    return frame, frame[names], frame[_TARGET]
