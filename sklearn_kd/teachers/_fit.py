"""Fitting a clone of a teacher on labelled rows, cached."""

import time

from sklearn.base import clone

from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd._messages import printable, with_message
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.random import contained_draws
from sklearn_kd._run.threads import share_of_the_cores
from sklearn_kd._run.twins import below_hooks, is_below_hooks
from sklearn_kd._tables.taking import take_copy
from sklearn_kd._tables.unreadable import REFUSALS, is_odd, refused_by
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.decoded import decoded


def fit_teacher(teacher, rows, weights, at, context, role):
    """Fit a clone of a teacher on some labelled rows.

    Parameters
    ----------
    teacher : estimator
        Unfitted and seeded; not changed.
    rows : TransferSet
        All labelled rows.
    weights : dict of str to ndarray of shape (n_samples,)
        Row-wise parameters of ``fit``: the sample weights under the name by which the
        teacher takes them, or nothing.
    at : ndarray of int
        Which rows to fit on.
    context : Context
        Cache and progress.
    role : str
        What it is called in the line of progress.

    Returns
    -------
    fitted : estimator
        The clone.
    key : str or None
        What stands for it in the cache of its predictions.
    """
    X, y = take_copy(rows.X, at), rows.y[at]  # the teacher may write into what it gets
    weights = {name: value[at] for name, value in weights.items()}
    call = context.call(_fit, teacher, X, y, weights, context.seed)
    start = time.perf_counter()
    try:
        with context.progress.stage(f"fit {role} ({type(teacher).__name__})"):
            fitted = call.result()
    except REFUSALS as error:
        side = f"The teacher {type(teacher).__name__}"
        if is_odd(X):
            raise refused_by(side, X, error) from error
        if rows.hard.ndim == 2 and rows.hard.shape[1] > 1:
            raise with_message(
                error,
                f"{side} was fitted on {rows.hard.shape[1]} outputs of y, and failed: "
                f"{printable(error)} If it learns one only, pass it as "
                "sklearn.multioutput.MultiOutputRegressor(teacher).",
            ) from error
        raise
    context.report(
        f"{role} ({type(teacher).__name__}) fitted on the labels of {len(at)} rows "
        f"in {time.perf_counter() - start:.1f} s"
    )
    return fitted, call.result_key


def _fit(teacher, X, y, weights, seed):
    # here too, since it may run in a process of its own
    with no_autologging(), share_of_the_cores(), contained_draws(seed, teacher):
        fitted = decoded(clone(teacher), y).fit(X, y, **weights)
    return below_hooks(fitted) if is_below_hooks(teacher) else fitted


def weights_for(model, train):
    """Give the parameters of ``fit`` with the row weights: none where all are 1."""
    if (train.weight == 1).all():
        return {}
    return {weight_parameter(model): in_rows(train.weight)}


def renamed_weights(model, weights):
    """Give row weights, if there are any, under the name by which a model takes them.

    One that takes none gets none.
    """
    name = weight_parameter(model)
    if name is None or not weights:
        return {}
    (values,) = weights.values()
    return {name: values}
