"""Numbers as they are: the encoder of modules that take rows of one width."""

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.checks import read_numbers
from sklearn_kd._tables.frames import column_name
from sklearn_kd._tables.taking import read_rows


class PlainNumbers(VersionedMixin, BaseEstimator):
    """Numbers as they are, for a module that takes rows of one width.

    Parameters
    ----------
    module : str
        Its name, for messages.
    integers : bool, default=False
        Whether it reads integers.
    """

    def __init__(self, module, *, integers=False):
        self.module = module
        self.integers = integers

    def fit(self, X, y=None):
        """Refuse rows that cannot be handed on."""
        self.transform(X)
        return self

    def transform(self, X):
        """Give all columns as an array.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_features), float64 or int64
            It may share memory with X.
        """
        numbers = read_numbers(read_rows(X), range(X.shape[1]), self.module)
        missing = np.flatnonzero(np.isnan(numbers).any(axis=0)).tolist()
        if missing:
            names = ", ".join(repr(column_name(X, column)) for column in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            columns = "column" if len(missing) == 1 else "columns"
            raise ValueError(
                f"Input X contains NaN, in {columns} {names}{more}, and the "
                f"module {self.module} has rows as they are, since it takes rows of "
                "one width and cannot follow an encoder. Put a SimpleImputer before "
                "it in a pipeline, or let its constructor take the width as "
                "n_features: then rows are encoded, and missing values with them."
            )
        if not self.integers:
            return numbers
        if not (np.trunc(numbers) == numbers).all():
            raise ValueError(
                f"The module {self.module} reads integers, and X has others."
            )
        return numbers.astype(np.int64)
