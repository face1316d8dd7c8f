"""Runs: the steps over rows that are in memory."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Run:
    """Several steps over rows that are in memory.

    Parameters
    ----------
    X : {ndarray, CSR matrix, CellRows} of shape (n_samples, n_inputs)
        Encoded rows.
    targets : ndarray of shape (n_samples, n_columns)
        What a loss's ``prepare`` returned.
    weight : ndarray of shape (n_samples,) or None
        Row weights; None stands for ones.
    order : ndarray of shape (n_samples,), int64, or None
        In which the rows are learned; None: as they lie.
    bounds : ndarray of shape (n_steps + 1,), int64
        The rows between two bounds are those of one step.
    """

    X: object
    targets: np.ndarray
    weight: np.ndarray | None
    order: np.ndarray | None
    bounds: np.ndarray

    def __len__(self):
        return int(self.bounds[-1] - self.bounds[0])

    def parts(self, most):
        """Part the run into such of at most so many steps."""
        for first in range(0, len(self.bounds) - 1, most):
            yield replace(self, bounds=self.bounds[first : first + most + 1])

    def batches(self):
        """Give a run of one step each, in whose order the rows lie.

        The next one may overwrite it.
        """
        if self.order is None:
            for start, stop in pairwise(self.bounds):
                part = slice(start, stop)
                weight = None if self.weight is None else self.weight[part]
                bounds = np.array([0, stop - start])
                yield Run(self.X[part], self.targets[part], weight, None, bounds)
        else:
            gather = _Gather(self, int(np.diff(self.bounds).max(initial=0)))
            for start, stop in pairwise(self.bounds):
                yield gather(self.order[start:stop])


class _Gather:
    """Copy the rows of a batch into buffers that every step uses again."""

    def __init__(self, rows, batch_size):
        self.rows = rows
        self.X = None  # sparse rows and cells are copied anew
        if isinstance(rows.X, np.ndarray):
            self.X = np.empty((batch_size, rows.X.shape[1]), rows.X.dtype)
        self.targets = np.empty((batch_size, rows.targets.shape[1]), rows.targets.dtype)

    def __call__(self, index):
        rows = self.rows
        n_samples = len(index)
        if self.X is None:
            X = rows.X[index]
        else:  # mode="clip" writes into `out` without a buffer; no index is outside
            X = self.X[:n_samples]
            rows.X.take(index, axis=0, out=X, mode="clip")
        targets = self.targets[:n_samples]
        rows.targets.take(index, axis=0, out=targets, mode="clip")
        weight = None if rows.weight is None else rows.weight[index]
        return Run(X, targets, weight, None, np.array([0, n_samples]))


def bounds_of(n_rows, n_batches):
    """Where equally large batches begin and end."""
    return np.linspace(0, n_rows, n_batches + 1).astype(np.int64)
