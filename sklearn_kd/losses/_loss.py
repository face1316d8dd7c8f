"""What the losses of all tasks share: their targets, and the weights of rows."""

import numpy as np

from sklearn_kd._messages import show


class Loss:
    """Base of the bases: a value and a gradient for each row, summed by weight.

    A subclass has ``_prepare`` and ``_values``, and ``torch_values``.

    Attributes
    ----------
    task : str
        The task that the loss fits, of the class.
    """

    task = None

    #: The methods that a loss is written with, by what it is computed with.
    _forms = {}

    @staticmethod
    def check_classes(n_classes):
        """Refuse a number of outputs that the loss cannot learn from; none here.

        Parameters
        ----------
        n_classes : int
            The number.
        """

    def prepare(self, hard, soft_targets, dtype):
        """Bring the targets of all rows into the form that a training step reads.

        Parameters
        ----------
        hard : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Hard targets: positions among the classes, or numbers. What stands in a row
            whose ``row_alpha`` is 1 is not read.
        soft_targets : SoftTargets or SoftPredictions of length n_samples
            Soft targets.
        dtype : dtype
            Of the network.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_columns), dtype
            To be handed, whole or a batch of rows, to :meth:`value_and_gradient`.
        constant : ndarray of shape (n_samples,), float64
            What to add to the value of :meth:`value_and_gradient` for each row.
        """
        outputs = soft_targets.outputs.astype(np.float64, copy=False)
        columns, constant = self._prepare(hard, outputs, soft_targets.row_alpha)
        return np.column_stack(columns).astype(dtype, copy=False), constant

    def value_and_gradient(self, outputs, targets, weight, gradient):
        """Evaluate the loss of a batch.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
            Of the network: logits for classes. Overwritten.
        targets : ndarray of shape (n_samples, n_columns)
            Rows of what :meth:`prepare` returned.
        weight : ndarray of shape (n_samples,) or float
            The weight of each row in the sum.
        gradient : ndarray of shape (n_samples, n_outputs)
            Filled with the gradient of the weighted sum.

        Returns
        -------
        float
            The weighted sum over rows, without the constant.
        """
        values = self._values(outputs, targets, gradient)
        if isinstance(weight, np.ndarray):
            gradient *= weight[:, None]
            return float(values @ weight)
        gradient *= weight
        return float(values.sum()) * weight

    def _check_shape(self, method, values, expected, each, advice):
        """Refuse values of another shape than expected: one value for each of what."""
        shape = getattr(values, "shape", None)
        if shape != expected:
            got = show(values) if shape is None else f"the shape {tuple(shape)}"
            raise ValueError(
                f"{type(self).__name__}.{method} must return one value {each}, of "
                f"shape {tuple(expected)}, got {got}. {advice}"
            )


def row_sums(array):
    """Sum each row, as a product with ones, which is the fast way for short rows."""
    return array @ np.ones((array.shape[1], 1), dtype=array.dtype)


def row_products(left, right):
    """Sum the products of two arrays over each row."""
    return np.einsum("ij,ij->i", left, right)
