"""What is measured of a model: quality on test rows, fidelity, size and latency."""

from time import perf_counter, process_time

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from sklearn_kd.inspection import count_parameters, pickled_size
from sklearn_kd.metrics import kl_divergence

#: Share of the majority class above which ROC AUC is the score, and not accuracy.
IMBALANCED = 0.9


def quality(y, proba, classes, imbalanced):
    """Compare probabilities with labels.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels of the test rows.
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    imbalanced : bool
        Whether the score is ROC AUC.

    Returns
    -------
    dict of str to float
        Score, accuracy, ROC AUC (mean over classes against the rest), log loss in
        nats, Brier score (sum over classes) and expected calibration error.
    """
    codes = np.searchsorted(classes, y)
    truth = codes[:, None] == np.arange(len(classes))
    accuracy = float(np.mean(proba.argmax(axis=1) == codes))
    auc = roc_auc(truth, proba)
    return {
        "score": auc if imbalanced else accuracy,
        "accuracy": accuracy,
        "roc_auc": auc,
        "log_loss": float(log_loss(codes, proba, labels=np.arange(len(classes)))),
        "brier": float(np.mean(np.sum((proba - truth) ** 2, axis=1))),
        "ece": calibration_error(truth, proba),
    }


def roc_auc(truth, proba):
    """Mean area under the ROC curve, over the classes that are among the test rows."""
    places = range(1, 2) if truth.shape[1] == 2 else range(truth.shape[1])
    areas = [
        roc_auc_score(truth[:, place], proba[:, place])
        for place in places
        if 0 < truth[:, place].sum() < len(truth)
    ]
    return float(np.mean(areas))


def calibration_error(truth, proba, n_bins=15):
    """Expected calibration error of the most probable label, in bins of equal width."""
    label, confidence = proba.argmax(axis=1), proba.max(axis=1)
    right = truth[np.arange(len(truth)), label]
    place = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gap = np.bincount(place, right - confidence, minlength=n_bins)
    return float(np.abs(gap).sum() / len(truth))


def fidelity(proba, teacher_proba):
    """Compare probabilities with the teacher's: agreement, and KL in nats."""
    same = proba.argmax(axis=1) == teacher_proba.argmax(axis=1)
    return {
        "agreement": float(np.mean(same)),
        "kl": kl_divergence(teacher_proba, proba, floor=0),
    }


def predicted(model, X):
    """Predict probabilities, as float64 whose rows sum to 1."""
    proba = np.asarray(model.predict_proba(X), dtype=np.float64)
    return proba / proba.sum(axis=1, keepdims=True)


def size(model):
    """Count the numbers of a model, and the bytes of its pickle."""
    return {"parameters": count_parameters(model), "bytes": pickled_size(model)}


def latency(model, X, n_calls=200, method="predict_proba"):
    """Time one row in one thread: the median in seconds, named by what a row is."""
    column = "frame" if isinstance(X, pd.DataFrame) else "array"
    return {f"{column}_row_seconds": row_seconds(getattr(model, method), X, n_calls)}


def frame_floor(X):
    """Time what reading the values of one row from its frame costs, in seconds."""
    return row_seconds(lambda row: row.to_numpy(), X, 500)


def row_seconds(call, X, n_calls, time_limit=3.0):
    """Time a call with one row, and another row each time.

    In processor time, unlike :func:`sklearn_kd.inspection.prediction_latency`: beside
    other work the clock on the wall makes a call of milliseconds look slower than it
    is, and one of microseconds not.

    Parameters
    ----------
    call : callable
        Takes one row.
    X : ndarray or DataFrame of shape (n_samples, n_features)
        Rows.
    n_calls : int
        Calls that are timed.
    time_limit : float
        Seconds after which no more begin; ten are made in any case.

    Returns
    -------
    float
        The median, in seconds.
    """
    places = np.linspace(0, len(X), num=n_calls, endpoint=False).astype(int)
    rows = X.iloc if isinstance(X, pd.DataFrame) else X
    for place in places[:5]:  # caches fill, lazy imports happen
        call(rows[place : place + 1])
    times, end = [], perf_counter() + time_limit
    for place in places:
        row = rows[place : place + 1]
        start = process_time()
        call(row)
        times.append(process_time() - start)
        if len(times) >= 10 and perf_counter() > end:
            break
    return float(np.median(times))


def batch_seconds(call, X, n_rows=2000, n_calls=5):
    """Time a call with many rows, in processor time.

    Parameters
    ----------
    call : callable
        Takes rows.
    X : ndarray or DataFrame of shape (n_samples, n_features)
        Rows; repeated where they are too few.
    n_rows : int
        Rows of a call.
    n_calls : int
        Calls that are timed.

    Returns
    -------
    float
        The median, in seconds.
    """
    places = np.resize(np.arange(len(X)), n_rows)
    rows = X.iloc[places] if isinstance(X, pd.DataFrame) else X[places]
    call(rows)
    times = []
    for _ in range(n_calls):
        start = process_time()
        call(rows)
        times.append(process_time() - start)
    return float(np.median(times))
