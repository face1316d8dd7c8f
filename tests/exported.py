"""Fitted models of every shape that an export has to write, and rows that are hard.

Each model is fitted once a process: tests of all exports take them from here.
"""

from functools import cache

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import Ridge
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    TabularEncoder,
)
from sklearn_kd.export._program import program_of

WINE, KINDS = load_wine(return_X_y=True)
WINE = WINE.astype(np.float32).astype(float)
DIABETES, PROGRESS = load_diabetes(return_X_y=True)
DIABETES = DIABETES.astype(np.float32).astype(float)
TWO = np.c_[PROGRESS, 1e6 - 1e3 * PROGRESS]
QUANTILES = {"loss": "pinball", "quantiles": (0.1, 0.5, 0.7, 0.9)}
#: Beyond every knot, and inside the range of float32.
FAR = 3e38


def classifier(**params):
    return MLPStudent((8, 4), max_iter=5, random_state=0, **params)


def regressor(**params):
    return MLPStudentRegressor((8,), max_iter=5, random_state=0, **params)


def mixed_wine(numeric=("alcohol", "acid", "ash")):
    """Numbers, strings, codes, truth values, constants and missing values."""
    rng = np.random.default_rng(0)
    n_rows = len(WINE)
    frame = pd.DataFrame(WINE[:, : len(numeric)], columns=[*numeric])
    frame["job"] = np.where(
        WINE[:, 0] > 13, "cook", rng.choice(["nurse's", 'cl"erk\\', "ünï"], n_rows)
    )
    frame["floor"] = pd.Categorical(rng.integers(0, 4, n_rows))
    frame = frame.mask(rng.random(frame.shape) < 0.1)
    frame["smoker"] = rng.random(n_rows) < 0.5
    return frame.assign(same="same", **dict.fromkeys(numeric[:1] and ["one"], 1.0))


def mixed_diabetes():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(DIABETES[:, :3], columns=["age", "number", "bmi"])
    frame["job"] = np.where(
        PROGRESS > 150, "cook", rng.choice(["nurse", "clerk"], len(PROGRESS))
    )
    frame["floor"] = pd.Categorical(rng.integers(0, 4, len(PROGRESS)))
    return frame.mask(rng.random(frame.shape) < 0.1).assign(same="same", one=1.0)


def _wine(rows, labels=KINDS, **params):
    return lambda: (classifier(**params).fit(rows, labels), rows)


def _diabetes(rows, targets=PROGRESS, **params):
    return lambda: (regressor(**params).fit(rows, targets), rows)


def _absent_class():
    """A student that knows two classes of three, as of an estimator of the user's."""
    proba = np.eye(3)[KINDS] * 0.9 + 0.1 / 3
    model = DistilledClassifier(student=classifier(), alpha=1.0, random_state=0)
    model.fit(WINE, KINDS, teacher_proba=proba)
    rest = KINDS != 1
    model.student_ = classifier().fit(WINE[rest], KINDS[rest])
    return model, WINE


def _threshold():
    two = KINDS < 2
    rows, labels = WINE[two], np.array(["no", "yes"])[KINDS[two]]
    model = FixedThresholdClassifier(classifier(), threshold=0.8, pos_label="no")
    return model.fit(rows, labels), rows


def _distilled_regressor():
    model = DistilledRegressor(
        Ridge(), regressor(), transfer=None, objective="fidelity", random_state=0
    )
    return model.fit(DIABETES, PROGRESS), DIABETES


def _sparse_wine():
    return classifier(encoder=MaxAbsScaler()).fit(csr_matrix(WINE), KINDS), WINE


def _sparse_diabetes():
    model = regressor(encoder=MaxAbsScaler())
    return model.fit(csr_matrix(DIABETES), PROGRESS), DIABETES


_MADE = {
    "numbers": _wine(WINE),
    "missing values": _wine(np.where(1.1 * WINE.mean(axis=0) < WINE, np.nan, WINE)),
    "mixed": _wine(mixed_wine(), np.array(["b", "a", "ç"])[KINDS], activation="tanh"),
    "levels only": _wine(mixed_wine(()), activation="logistic"),
    "two classes": _wine(mixed_wine(), KINDS > 0),
    "not taught": _wine(
        mixed_wine(), encoder=TabularEncoder(n_bins=None, min_frequency=9)
    ),
    "constants": _wine(np.ones_like(WINE), activation="identity"),
    "few knots": _wine(mixed_wine(), encoder=TabularEncoder(n_knots=4)),
    "standard scaler": _wine(WINE, encoder=StandardScaler()),
    "scaled rows": _wine(WINE / WINE.max(axis=0), encoder=None),
    "sparse": _sparse_wine,
    "threshold": _threshold,
    "absent class": _absent_class,
    "regression": _diabetes(DIABETES),
    "regression, mixed": _diabetes(mixed_diabetes(), activation="tanh"),
    "logarithms, mixed": _diabetes(mixed_diabetes(), loss="gamma"),
    "quantiles, mixed": _diabetes(mixed_diabetes(), **QUANTILES),
    "logarithms of two": _diabetes(DIABETES, TWO / 1e3, loss="poisson"),
    "quantiles": _diabetes(DIABETES, **QUANTILES),
    "one quantile": _diabetes(DIABETES, loss="pinball", quantiles=(0.3,)),
    "two outputs": _diabetes(DIABETES, TWO),
    "quantiles of two": _diabetes(DIABETES, TWO, **QUANTILES),
    "large offset": _diabetes(
        DIABETES, 1e9 + (PROGRESS - PROGRESS.mean()) / PROGRESS.std()
    ),
    "equal targets": _diabetes(DIABETES, np.full(len(PROGRESS), 7.1), loss="gamma"),
    "some equal targets": _diabetes(
        DIABETES, np.c_[PROGRESS, np.full(len(PROGRESS), 7.1)]
    ),
    "regression, standard scaler": _diabetes(DIABETES, encoder=StandardScaler()),
    "regression, sparse": _sparse_diabetes,
    "distilled regressor": _distilled_regressor,
}
NAMES = list(_MADE)
#: With scalers a value far out, or infinite, has no end to be cut off at.
ENCODED = [
    name for name in NAMES if not any(word in name for word in ("scale", "sparse"))
]


@cache
def exported(name):
    """A fitted model and the rows that it was fitted on; not to be changed."""
    return _MADE[name]()


def outputs(model, rows):
    """Probabilities, or all numbers in two dimensions with quantiles side by side."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(rows)
    model = getattr(model, "student_", model)  # it takes what a teacher does not
    quantiles = program_of(model, "test").decision.quantiles is not None
    predicted = model.predict_quantiles(rows) if quantiles else model.predict(rows)
    return np.reshape(predicted, (len(predicted), -1))


def close(got, expected, model):
    """Whether outputs agree: to 1e-5, for numbers in deviations of the target."""
    program, scale = program_of(model, "test"), 1.0
    if program.classes is None:
        deviation = program.decision.deviation
        scale = np.where(deviation > 0, deviation, 1) + np.abs(expected)
    return np.abs(got - expected).max() <= 1e-5 * np.max(scale)


def hard_rows(name):
    """Rows that are hard to get right, and what they are to be predicted as.

    Returns
    -------
    rows, alike : ndarray or DataFrame
        Missing values, unknown levels, values at and beyond the ends, and infinities in
        `rows`; in `alike`, which the model accepts, very large values instead of these.
    """
    _, rows = exported(name)
    if isinstance(rows, pd.DataFrame):
        base = rows.iloc[:12].reset_index(drop=True)
        blocks = [base]
        for column in rows:
            own = rows[column]
            if own.dtype == bool:
                values = [True, False]
            elif pd.api.types.is_float_dtype(own):
                values = [np.nan, np.inf, -np.inf, 0.0, own.min(), own.max(), 1e20]
            else:
                values = [None, *own.dropna().unique()]
                values.append(77 if column == "floor" else "no such level")
            block = base.iloc[[0] * len(values)].astype({column: object})
            block[column] = values
            kind = own.dtype if own.dtype != "category" else object
            blocks.append(block.astype({column: kind}))
        hard = pd.concat([block.astype(object) for block in blocks], ignore_index=True)
        numbers = [c for c in rows if pd.api.types.is_float_dtype(rows[c])]
        hard = hard.astype({**dict.fromkeys(numbers, float)})
        hard = hard.astype({c: bool for c in rows if rows[c].dtype == bool})
        finite = hard[numbers].replace([np.inf, -np.inf], [FAR, -FAR])
        return hard, hard.assign(**{name: finite[name] for name in numbers})
    base, far = rows[:12], name in ENCODED
    blocks = [base]
    for column in range(rows.shape[1]):
        own = rows[:, column]
        values = [0.0, np.nanmin(own), np.nanmax(own), *np.unique(own)[:3]]
        values += [np.nan, np.inf, -np.inf, 1e20, -1e20] if far else []
        block = np.tile(base[:1], (len(values), 1))
        block[:, column] = values
        blocks.append(block)
    hard = np.vstack(blocks).astype(np.float32).astype(float)
    alike = np.where(np.isinf(hard), np.copysign(FAR, hard), hard)
    return hard, alike
