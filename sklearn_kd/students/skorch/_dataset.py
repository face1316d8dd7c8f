"""The rows that a skorch net learns from, with their targets."""

import copy

from skorch.dataset import Dataset


class NetRows(Dataset):
    """Encoded rows with what the criterion reads.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_samples, n_inputs), or dict of ndarray
        Encoded rows.
    targets : dict of ndarray
        What the criterion reads, "labels" among it.

    Attributes
    ----------
    y : ndarray of shape (n_samples,), int64, or (n_samples, n_targets), float32
        The hard targets, for callbacks that score.
    """

    def __init__(self, X, targets):
        super().__init__(X, targets["labels"], length=len(targets["labels"]))
        self.targets = targets

    def __getitem__(self, index):
        if isinstance(self.X, dict):
            X = {name: values[index] for name, values in self.X.items()}
        else:
            X = self.X[index]
            X = X.toarray()[0] if hasattr(X, "toarray") else X
        return X, {name: values[index] for name, values in self.targets.items()}

    def head(self, n_rows):
        """Take the input of the first rows."""
        return self._inputs(slice(n_rows))

    def every(self, step):
        """Take the input of every so many-th row."""
        return self._inputs(slice(None, None, step))

    def _inputs(self, part):
        """Take the input of some rows."""
        if isinstance(self.X, dict):
            return {name: values[part] for name, values in self.X.items()}
        return self.X[part]


class GivenRows:
    """Takes the place of a net's ``dataset`` while it is trained.

    So callbacks receive plain rows when training begins, as in plain skorch.
    """

    def __init__(self, rows, own):
        self.rows = rows
        self.own = own

    def __call__(self, X, y=None, **params):
        """Give the rows with their soft targets, and a data set of any others."""
        if X is self.rows.X:
            return self.rows
        return self.own(X, y, **params) if callable(self.own) else self.own

    def __reduce__(self):  # what a callback saves has no rows, but the net's own
        return copy.copy, (self.own,)
