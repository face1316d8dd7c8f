"""The holder that keeps unlabelled rows whole in cross-validation."""

from sklearn_kd._compat import num_samples
from sklearn_kd._run.versions import VersionedMixin


class UnlabeledRows(VersionedMixin):
    """Hold unlabelled rows so that cross-validation passes them whole.

    In cross-validation scikit-learn slices every array passed to ``fit`` that is as
    long as ``X`` by the fold. That is right for ``teacher_proba`` and ``teacher_pred``,
    and wrong without any error for unlabelled rows. This holder has neither length nor
    shape, so it is never sliced.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_unlabeled, n_features), or \
            {list, ndarray, Series} of str of shape (n_unlabeled,)
        Rows with the columns of the labelled ones, or texts.

    Attributes
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_unlabeled, n_features)
        The same object.

    See Also
    --------
    DistilledClassifier, DistilledRegressor : Take it as ``X_unlabeled`` of ``fit``.

    Notes
    -----
    .. versionadded:: 0.1

    In a :class:`~sklearn.pipeline.Pipeline` the rows reach the last step as they are.
    If the steps before have to transform them, pass the bare rows with
    ``Pipeline(transform_input=["X_unlabeled"])``: the holder cannot be transformed, and
    raises an error when it is converted to an array.

    Examples
    --------
    >>> from sklearn_kd import UnlabeledRows
    >>> UnlabeledRows([[0.5, 1.5], [2.5, 0.5]])
    UnlabeledRows(list of 2 rows)
    """

    def __init__(self, X):
        self.X = X

    def __repr__(self):
        try:
            rows = f" of {num_samples(self.X)} rows"
        except TypeError:  # what fit will refuse
            rows = ""
        return f"UnlabeledRows({type(self.X).__name__}{rows})"

    @property
    def __array_interface__(self):
        # What NumPy reads first of an object that a transformer converts to an array.
        # Not __array__: by that, cross-validation would take it for one too.
        raise TypeError(
            "UnlabeledRows cannot be transformed: it is no array. With "
            'Pipeline(transform_input=["X_unlabeled"]) pass the bare rows, as many as '
            "you like except exactly len(X); or transform them first and pass "
            "UnlabeledRows(transformed) without transform_input."
        )
