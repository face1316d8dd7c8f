"""Encoded rows, written as the cells that their values lie in."""

import numpy as np


class CellRows:
    """Rows as the cells of their columns, which decide most of the encoded inputs.

    Parameters
    ----------
    plan : CellPlan
        How cells are encoded.
    cells : ndarray of shape (n_samples, n_columns), uint16
        Cells of all columns are counted through, those with ramps first.
    shares : ndarray of shape (n_samples, n_ramp_columns), float32
        Which share of its cell lies below a value.
    dense : ndarray of shape (n_samples, n_dense), float32
        The first inputs, as they are.
    """

    def __init__(self, plan, cells, shares, dense):
        self.plan = plan
        self.arrays = cells, shares, dense

    def __len__(self):
        return len(self.arrays[0])

    @property
    def shape(self):
        """Rows and inputs, as if they were encoded."""
        return len(self), self.plan.n_inputs

    @property
    def nbytes(self):
        """Bytes of memory."""
        return sum(array.nbytes for array in self.arrays)

    def __getitem__(self, index):
        """Take rows by a slice or by an array of places."""
        return CellRows(self.plan, *(array[index] for array in self.arrays))

    def square_norms(self):
        """Give the squared length of each encoded row: (n_samples,), float64."""
        cells, shares, dense = self.arrays
        norms = self.plan.square_norms.take(cells).sum(axis=1)
        for array in (shares, dense):
            norms += np.square(array).sum(axis=1, dtype=np.float64)
        return norms
