"""Checking the models and rows that a measurement is given."""

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.tags import rows_for
from sklearn_kd._messages import printable, show
from sklearn_kd._tables.texts import refuse_row


def check_model(name, model, *methods):
    """Refuse what cannot be asked.

    Parameters
    ----------
    name : str
        Of the parameter.
    model : object
        What was passed.
    *methods : str
        What it has to have; ``predict_proba`` where none are named.

    Raises
    ------
    TypeError
        For a class instead of an instance, and without one of the methods.
    """
    if isinstance(model, type):
        raise TypeError(
            f"{name} must be a fitted instance, got the class {model.__name__}. Write "
            f"{model.__name__}().fit(X, y)."
        )
    for method in methods or ("predict_proba",):
        if not callable(getattr(model, method, None)):
            raise TypeError(
                f"{name} must be a fitted classifier with {method}, got {show(model)} "
                f"of type {type(model).__name__}."
            )


def read_rows(X, models):
    """Give rows as models of the user's read them, and refuse a single one.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame}
        What was passed.
    models : iterable of object
        Who will be asked about them.

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


def count_rows(X, models=()):
    """Count rows, and refuse what has none.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame}
        What was passed.
    models : iterable of object, default=()
        Who will be asked about them.

    Returns
    -------
    X : object
        Rows that can be taken out one by one.
    n_samples : int
        Their number, at least 1.

    Raises
    ------
    TypeError
        For what is no sequence of rows.
    ValueError
        Where there are none, and for one row without the dimension of rows.
    """
    X = read_rows(X, models)
    try:
        n_samples = num_samples(X)
    except TypeError as error:
        raise TypeError(
            f"X must hold rows, got {show(X)}: {printable(error)}."
        ) from error
    if n_samples == 0:
        raise ValueError("X has no rows, and a prediction needs one.")
    return X, n_samples
