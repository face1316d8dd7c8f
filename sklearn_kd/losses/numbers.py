"""What losses of numbers share: a distance from the teacher and one from ``y``."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._task.regression.reading import check_quantiles
from sklearn_kd.losses._loss import Loss, row_sums


class RegressionLoss(Loss):
    """Base of the losses of numbers: ``alpha * d(teacher, s) + (1 - alpha) * d(y, s)``.

    Each row has an alpha of its own, and the mean is taken over the outputs of a row.
    A subclass writes the distance ``d`` of single numbers twice: for NumPy with its
    gradient, as ``distance``, and for torch, as ``torch_distance``. A loss without the
    first is refused for :class:`~sklearn_kd.MLPStudentRegressor`, and one without the
    last for skorch students. The class is registered by a name of your choice:
    ``LOSSES[name] = cls``.

    Parameters
    ----------
    quantiles : sequence of float, default=None
        The levels, in (0, 1) and ascending, where outputs are quantiles.

    Attributes
    ----------
    task : str
        The task that the loss fits, of the class.
    of_quantiles : bool
        Of the class: whether outputs are quantiles.
    blends : bool
        Of the class: whether the distances from teacher and label, by their weights,
        are one distance from the blended target plus a constant. A step then evaluates
        one of them in place of two.

    See Also
    --------
    SquaredError : The default.
    BlendedLoss : Base of the losses of classes.
    distillation_loss : Checks a loss: its value and gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    Students standardise their targets first: a distance of 1 is a standard deviation
    of ``y``; with the log link, 1 is the mean of ``y``.

    Examples
    --------
    >>> from sklearn_kd.losses import LOSSES, RegressionLoss
    >>> [name for name, loss in LOSSES.items() if issubclass(loss, RegressionLoss)]
    ['squared_error', 'absolute_error', 'huber', 'pinball', 'poisson', 'gamma']
    """

    task = "regression"
    of_quantiles = False
    blends = False

    _forms = {"NumPy": ("distance",), "torch": ("torch_distance",)}

    def __init__(self, quantiles=None):
        name = type(self).__name__
        if self.of_quantiles:
            if quantiles is None:
                raise ValueError(
                    f"{name} is a loss of quantiles, and quantiles is None. Set "
                    "quantiles=(0.05, 0.5, 0.95), for example."
                )
            quantiles = check_quantiles(quantiles)
        elif quantiles is not None:
            raise ValueError(
                f"{name} is a loss of one number a target, got quantiles="
                f'{show(quantiles)}. Use loss="pinball" for quantiles.'
            )
        self.quantiles = quantiles

    @classmethod
    def for_soft(cls, soft_targets):
        """Make the loss that soft targets are for.

        Parameters
        ----------
        soft_targets : SoftPredictions
            Only their quantiles are read.

        Returns
        -------
        RegressionLoss
            A loss of this class.
        """
        return cls(soft_targets.quantiles)

    @property
    def n_quantiles(self):
        """Number of outputs of each target."""
        return len(self.quantiles) if self.of_quantiles else 1

    def distance(self, outputs, target, gradient):
        """Evaluate the distance of each output of a batch from its target.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
            Of the network. Not to be changed.
        target : ndarray of shape (n_samples, n_outputs), dtype of outputs
            The teacher's predictions, or labels.
        gradient : ndarray of shape (n_samples, n_outputs), dtype of outputs
            Filled with the gradient of each value by its output.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), dtype of outputs
            The distances, without what :meth:`constant` adds.
        """
        raise NotImplementedError

    def hard_distance(self, outputs, target, gradient):
        """Evaluate the distance from labels; that from predictions unless replaced.

        Parameters
        ----------
        outputs, target, gradient : ndarray of shape (n_samples, n_outputs)
            As in :meth:`distance`; a label stands once for each quantile.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), dtype of outputs
            The distances.
        """
        return self.distance(outputs, target, gradient)

    def constant(self, pred, hard, alpha):
        """Give what has to be added to the loss of each output; zeros here.

        Parameters
        ----------
        pred, hard : ndarray of shape (n_samples, n_outputs), float64
            The teacher's predictions, and labels; ``pred`` where ``alpha`` is 1.
        alpha : ndarray of shape (n_samples, 1), float64
            Weight of the distance from the teacher, to be multiplied in.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float64
            What does not depend on the outputs of the network.
        """
        return np.zeros(pred.shape)

    def torch_distance(self, outputs, target):
        """Evaluate the distance in torch, which is imported inside.

        Parameters
        ----------
        outputs : tensor of shape (n_samples, n_outputs)
            Of the network.
        target : tensor of shape (n_samples, n_outputs), dtype of outputs
            The teacher's predictions, or labels.

        Returns
        -------
        tensor of shape (n_samples, n_outputs)
            The distances, with all constants.
        """
        raise NotImplementedError

    def torch_hard_distance(self, outputs, target):
        """Evaluate :meth:`hard_distance` in torch.

        Parameters
        ----------
        outputs, target : tensor of shape (n_samples, n_outputs)
            As in :meth:`torch_distance`; a label stands once for each quantile.

        Returns
        -------
        tensor of shape (n_samples, n_outputs)
            The distances.
        """
        return self.torch_distance(outputs, target)

    def torch_predictions(self, outputs):
        """Turn the outputs of a network into predictions, in torch.

        Parameters
        ----------
        outputs : tensor of shape (n_samples, n_outputs)
            Of the network.

        Returns
        -------
        tensor of shape (n_samples, n_outputs)
            What the distance is least for where they equal the target; the outputs
            themselves here.
        """
        return outputs

    def torch_values(self, outputs, pred, labels, alpha):
        """Evaluate the loss of each row of a batch in torch.

        Parameters
        ----------
        outputs : tensor of shape (n_samples, n_outputs)
            Of the network.
        pred : tensor of shape (n_samples, n_outputs), dtype of outputs
            The teacher's predictions.
        labels : tensor of shape (n_samples, n_targets), dtype of outputs, or None
            Hard targets; any of the loss's range where ``alpha`` is 1. None only where
            ``alpha`` is.
        alpha : tensor of shape (n_samples, 1), dtype of outputs, or None
            Weight of the distance from the teacher; None for 1 in all rows.

        Returns
        -------
        tensor of shape (n_samples,)
            The blended loss, in the dtype of the outputs.
        """
        values = self._checked("torch_distance", outputs, pred)
        if alpha is not None:
            labels = labels.repeat_interleave(self.n_quantiles, dim=1)
            hard = self._checked("torch_hard_distance", outputs, labels)
            values = alpha * values + (1 - alpha) * hard
        return values.mean(dim=1)

    def _checked(self, method, outputs, *target):
        """Evaluate a distance, and refuse values that would broadcast."""
        values = getattr(self, method)(outputs, *target)
        if getattr(type(self), method) is getattr(RegressionLoss, method):
            method = method.replace("hard_", "")  # which it calls
        self._check_elements(method, values, outputs)
        return values

    def _prepare(self, hard, pred, alpha):
        """Give the columns that a step reads, and the constant of each row."""
        alpha = alpha[:, None]
        if self.n_quantiles > 1:
            hard = np.repeat(hard, self.n_quantiles, axis=1)
        hard = np.where(alpha < 1, hard, pred)
        constant = self.constant(pred, hard, alpha)
        self._check_elements("constant", constant, pred)
        constant = constant.mean(axis=1)
        if self.blends:
            return [alpha * pred + (1 - alpha) * hard], constant
        if (alpha == 1).all():  # as many columns as outputs: labels are not read
            return [pred], constant
        return [pred, hard, alpha], constant

    def _values(self, outputs, targets, gradient):
        """Give the value of each row, and fill in its gradient."""
        n_outputs = outputs.shape[1]
        if targets.shape[1] == n_outputs:
            values = self._checked("distance", outputs, targets, gradient)
        else:
            values = self._both(outputs, targets, gradient)
        if n_outputs == 1:
            return values[:, 0]
        gradient /= n_outputs
        return row_sums(values)[:, 0] / n_outputs

    def _both(self, outputs, targets, gradient):
        """Blend the distances from labels and from the teacher."""
        n_outputs = outputs.shape[1]
        alpha = targets[:, -1:]
        labels = targets[:, n_outputs:-1]
        values = self._checked("hard_distance", outputs, labels, gradient)
        if alpha.any():
            soft_gradient = np.empty_like(gradient)
            pred = targets[:, :n_outputs]
            soft = self._checked("distance", outputs, pred, soft_gradient)
            values = alpha * soft + (1 - alpha) * values
            gradient *= 1 - alpha
            gradient += alpha * soft_gradient
        return values

    def _check_elements(self, method, values, outputs):
        """Refuse values that are not one an output: they would broadcast."""
        advice = "an output", "The mean over outputs is taken afterwards."
        self._check_shape(method, values, outputs.shape, *advice)


def half_square(outputs, target, gradient):
    """Give half the squared differences, and fill in the gradient."""
    np.subtract(outputs, target, out=gradient)
    values = gradient * gradient
    values *= 0.5
    return values
