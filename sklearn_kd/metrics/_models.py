"""Predictions of fitted models, as the metrics compare them."""

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.tags import rows_for
from sklearn_kd._messages import printable, show
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._tables.texts import refuse_row
from sklearn_kd._task.outputs import classes_of, read_proba
from sklearn_kd._task.proba import align_proba
from sklearn_kd._task.regression.reading import read_numbers
from sklearn_kd.metrics._agreement import read_predicted
from sklearn_kd.metrics._arguments import check_lengths


def read_rows(X, models):
    """Give rows as models of the user's read them, and refuse a single one.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame}
        What was passed.
    models : iterable of object
        Those that will predict.

    Returns
    -------
    object
        The rows.

    Raises
    ------
    ValueError
        For one row without the dimension of rows.
    """
    models = list(models)
    # with names first: the advice for them is good for the others, too
    for model in sorted(models, key=lambda one: not hasattr(one, "feature_names_in_")):
        refuse_row(model, X)
    return rows_for(models, X)


def predicted_labels(name, model, X):
    """Predict the label of each row; the model may write into its rows."""
    return read_predicted(f"predict of {name}", model.predict(copy_rows(X)))


def predicted_numbers(name, model, X):
    """Predict the numbers of each row, as float64 of shape (n_samples, n_outputs).

    The model may write into its rows. It is a TypeError or ValueError for what is no
    finite number, and for another number of rows.
    """
    name = f"predict of {name}"
    numbers = read_numbers(model.predict(copy_rows(X)), name)
    check_lengths(**{"X": X, name: numbers})
    return numbers


def predicted_proba(name, model, X):
    """Predict class probabilities, and find the labels of their columns.

    Parameters
    ----------
    name : str
        What messages call the model.
    model : classifier
        Fitted.
    X : object
        The rows, of which the model gets a copy: it may write into them.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes), float64
        The probabilities.
    classes : list of length n_classes
        The label of each column.

    Raises
    ------
    ValueError
        Where the label of a column is unknown, and for what is no table of
        probabilities.
    """
    returned = model.predict_proba(copy_rows(X))
    if classes_of(model, returned, None) is None:
        raise ValueError(
            f"The label of each column of predict_proba of {name} is unknown: the "
            "model has no classes_ and returns no DataFrame."
        )
    proba, classes = read_proba(
        model, returned, num_samples(X), name=f"predict_proba of {name}"
    )
    return proba.astype(np.float64), classes


def in_one_order(probas, labels=()):
    """Bring the probabilities of several models into one class order.

    Parameters
    ----------
    probas : list of tuple
        As from :func:`predicted_proba`.
    labels : sequence, default=()
        More labels, which need not be among the classes of a model.

    Returns
    -------
    aligned : list of ndarray of shape (n_samples, n_all_classes), float64
        A class that a model lacks has probability 0.
    classes : list of length n_all_classes
        All labels, sorted.

    Raises
    ------
    ValueError
        For labels that cannot be sorted.
    """
    union = set(np.asarray(labels).tolist())
    try:
        for _, classes in probas:
            union.update(np.asarray(classes).tolist())
        union = sorted(union)
    except TypeError as error:
        first = [*labels, *probas[0][1]][0]
        raise ValueError(
            f"The labels of y and of the models have types that do not compare, such "
            f"as {show(first)}: {printable(error)}."
        ) from error
    return [align_proba(proba, own, union)[0] for proba, own in probas], union
