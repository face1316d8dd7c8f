"""Rows that are texts: one string each, in one dimension."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import count_missing
from sklearn_kd._tables.frames import is_series

_FIX = (
    "make_pipeline(TfidfVectorizer(), MLPStudent()) as the student, or of numbers with "
    "MLPStudentRegressor(), and likewise a pipeline of a vectorizer and a model, or "
    "several, as the teacher"
)


def is_text(X):
    """Return whether checked rows are texts: then they have one dimension."""
    return len(X.shape) == 1


def flat_values(X):
    """Give the values of a container that has one dimension.

    Parameters
    ----------
    X : object
        Rows of any container.

    Returns
    -------
    list or None
        The values. None for rows that have columns, for numbers in an array, and for
        anything that is neither a list, a tuple, an array nor a Series.
    """
    if isinstance(X, (list, tuple)):
        # a row that is a list of its own ends the search at once
        nested = any(hasattr(v, "__len__") and not _is_string(v) for v in X)
        return None if nested else list(X)
    if isinstance(X, np.ndarray):
        return X.tolist() if X.ndim == 1 and X.dtype.kind in "OUST" else None
    return X.to_list() if is_series(X) else None


def _is_string(value):
    """Return whether a value is text or bytes."""
    return isinstance(value, (str, bytes))


def refuse_text(name, values):
    """Refuse texts where columns are wanted; numbers are left to the caller.

    Parameters
    ----------
    name : str
        Of the estimator.
    values : list or None
        What :func:`flat_values` gave.

    Raises
    ------
    ValueError
        Where one of the values is a string.
    """
    if values is not None and any(map(_is_string, values)):
        raise ValueError(
            f"{name} got X as {len(values)} texts in one dimension, and takes rows "
            f"with columns. Texts need a vectorizer first: {_FIX}. A transformer of "
            "your own declares texts by its tags: input_tags.string=True "
            "and input_tags.two_d_array=False."
        )


def refuse_row(model, X, name=None):
    """Refuse one row without the dimension of rows, where a table was learned.

    Parameters
    ----------
    model : object
        Fitted. Nothing is refused where it has no ``n_features_in_``.
    X : object
        Rows of any container, or one row.
    name : str or None, default=None
        What the message calls the model; None takes its class.

    Raises
    ------
    ValueError
        For a Series, a list, a tuple, an array of one dimension and a record with as
        many values as there are columns. Where the columns have names, the advice is
        for a row that has them too.
    """
    n_features = getattr(model, "n_features_in_", None)
    if n_features is None:
        return
    if is_series(X):
        n_values, row = len(X), None
        fix = "X.iloc[[0]]" if hasattr(X, "iloc") else "X[:1]"
        fix += ", of the DataFrame"
    elif isinstance(X, np.void) and X.dtype.names:
        n_values, row, fix = len(X.dtype.names), "list(X)", "[list(X)]"
    elif isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind != "V":
        n_values, row, fix = len(X), "X", "X.reshape(1, -1)"
    elif isinstance(X, (list, tuple)):
        if any(hasattr(v, "__len__") and not _is_string(v) for v in X):
            return
        # the tuples of DataFrame.itertuples have the index too
        n_values = len(X) - ("Index" in getattr(X, "_fields", ()))
        row, fix = "list(X)", "[list(X)], or X.iloc[[0]] of a DataFrame"
        if n_values < len(X):
            row, fix = "list(X[1:])", "[list(X[1:])], or X.iloc[[0]] of the DataFrame"
    else:
        return
    if row is not None and hasattr(model, "feature_names_in_"):
        fix = f"pandas.DataFrame([{row}], columns=model.feature_names_in_)"
        fix += ", or X.iloc[[0]] of the DataFrame"
    if n_values == n_features:
        raise ValueError(
            f"{name or type(model).__name__} expected rows with {n_features} columns, "
            f"got one row: pass {fix}. "
            "(Reshape your data: rows have two dimensions.)"
        )


def check_texts(name, X, values):
    """Check that all values are texts.

    Parameters
    ----------
    name : str
        Of the estimator.
    X : {list, tuple, ndarray, Series} of shape (n_samples,)
        The texts.
    values : list
        What :func:`flat_values` gave for X.

    Returns
    -------
    {ndarray of objects, Series} of shape (n_samples,)
        A Series as it came, which transformers may need, and anything else as an array.

    Raises
    ------
    ValueError
        For no texts, and for a value that is no string.
    """
    if not values:
        raise ValueError(
            "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is "
            f"required by {name}."
        )
    for position, value in enumerate(values):
        if not isinstance(value, str):
            raise ValueError(
                f"{name} takes texts, and value {position} of X is {_described(value)}."
            )
    if is_series(X):
        return X
    # not np.asarray(X): in an array of strings each is as wide as the longest
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts


def _described(value):
    array = np.empty(1, dtype=object)
    array[0] = value
    if count_missing(array):
        return f"missing ({show(value)}). Leave such rows out, or write them as ''"
    kind = type(value).__name__
    if isinstance(value, bytes):
        return f"{show(value[:40])}, of type bytes. Decode it: value.decode()"
    return f"{show(value)}, of type {kind}. Give each row as one str"


def refuse_table(name, X):
    """Refuse rows with columns where the estimator was fitted on texts.

    Parameters
    ----------
    name : str
        Of the estimator.
    X : object
        What is not a container of one dimension.

    Raises
    ------
    ValueError
        Always.
    """
    got = f"X of shape {tuple(X.shape)}" if hasattr(X, "shape") else type(X).__name__
    fix = "[text]" if isinstance(X, str) else 'a list of str, or a column: X["text"]'
    raise ValueError(
        f"{name} was fitted on texts in one dimension, and got {got}. Pass {fix}."
    )
