"""The losses of numbers in :mod:`sklearn_kd.losses` as a torch module."""

import torch
from torch import nn

from sklearn_kd.torch._criterion import Criterion, check_settings


class RegressionDistillationLoss(Criterion, nn.Module):
    """The distillation loss of numbers: ``alpha * d(pred, s) + (1 - alpha) * d(y, s)``.

    The same numbers as :func:`sklearn_kd.losses.distillation_loss`, for any torch loop
    and as the ``criterion`` of a skorch net. ``row_alpha`` weighs the distance from the
    teacher's predictions.

    Parameters
    ----------
    loss : str, default="squared_error"
        The distance, a key of :data:`sklearn_kd.losses.LOSSES`: "squared_error",
        "absolute_error", "huber", "pinball", "poisson", "gamma", or a loss that you
        have registered.
    quantiles : sequence of float, default=None
        The levels that a network with "pinball" learns: in (0, 1) and ascending.
    reduction : {"mean", "batchmean", "sum", "none"}, default="mean"
        With row losses :math:`l` and weights :math:`w`: "mean" is
        :math:`\\sum w l / \\sum w`, "batchmean" :math:`\\sum w l / n` as in
        ``torch.nn.KLDivLoss``, "sum" :math:`\\sum w l`, and "none" gives :math:`w l`.

    Raises
    ------
    ValueError
        For a loss or reduction that is none of the above, and for quantiles with
        another loss than "pinball", or none with it.

    See Also
    --------
    sklearn_kd.losses.distillation_loss : The same with NumPy, with its gradient.
    DistillationLoss : The criterion of classes.

    Notes
    -----
    .. versionadded:: 0.1

    It is no ``torch.nn.CrossEntropyLoss`` as :class:`DistillationLoss` is, for which
    skorch would apply a softmax in ``predict``.

    Targets are taken in the units in which they come. Huber's loss is meant for targets
    of deviation 1, and a network starts near 0: standardise them first, or divide them
    by their mean for "poisson" and "gamma". Targets outside the range of these two give
    NaN or an infinite loss: looking for them would wait for the device.

    It runs on the device of the outputs, without synchronisation. Outputs of half
    precision are brought to float32 first.

    Examples
    --------
    >>> import torch
    >>> from sklearn_kd.torch import RegressionDistillationLoss
    >>> outputs, pred = torch.tensor([[1.0]]), torch.tensor([[2.0]])
    >>> loss = RegressionDistillationLoss()
    >>> loss(outputs, pred, labels=torch.tensor([4.0]), row_alpha=0.5).item()
    2.5

    Quantiles of a network with three outputs:

    >>> loss = RegressionDistillationLoss("pinball", quantiles=(0.05, 0.5, 0.95))
    >>> loss.predictions(torch.tensor([[-1.0, 0.0, 0.0]])).round(decimals=2)
    tensor([[-1.0000, -0.3100,  0.3900]])
    """

    _task, _soft_key = "regression", "pred"

    def __init__(self, loss="squared_error", quantiles=None, reduction="mean"):
        check_settings(loss, reduction, self._task)
        super().__init__()
        self.loss = loss
        self.reduction = reduction
        self.quantiles = self._registered()(quantiles).quantiles

    def extra_repr(self):
        """Name the settings in the module's repr.

        Returns
        -------
        str
            As they would be written in a call.
        """
        return (
            f"loss={self.loss!r}, quantiles={self.quantiles}, "
            f"reduction={self.reduction!r}"
        )

    def predictions(self, outputs):
        """Turn the outputs of a network into what it predicts.

        Parameters
        ----------
        outputs : tensor of shape (n_samples, n_outputs)
            Of the network.

        Returns
        -------
        tensor of shape (n_samples, n_outputs)
            Their exponentials with "poisson" and "gamma", quantiles that do not
            decrease with "pinball", and else the outputs themselves.
        """
        return self._registered()(self.quantiles).torch_predictions(outputs)

    def forward(self, outputs, target, labels=None, row_alpha=None, sample_weight=None):
        """Evaluate the loss of a batch.

        Parameters
        ----------
        outputs : tensor of shape (n_samples, n_outputs), floating point
            Of the network; those of the quantiles of a target stand side by side. One
            output may come as (n_samples,).
        target : tensor or mapping
            The teacher's predictions, of the shape of the outputs; or a mapping with
            "pred" or "labels" and any of "labels", "row_alpha" and "sample_weight", in
            place of the arguments below. Without "pred" it is the distance from labels.
        labels : tensor of shape (n_samples,) or (n_samples, n_targets), default=None
            Hard targets; not read in rows whose ``row_alpha`` is 1.
        row_alpha : float or tensor of shape (n_samples,), default=None
            The weight of the distance from the predictions, in [0, 1]; that from the
            labels has ``1 - row_alpha``. None stands for 1.
        sample_weight : tensor of shape (n_samples,), default=None
            Row weights; None stands for ones.

        Returns
        -------
        tensor
            The reduced loss, or one value a row; float64 for outputs of float64, else
            float32.

        Raises
        ------
        ValueError
            For shapes that do not fit each other, labels that are missing where
            ``row_alpha`` is below 1, a loss that is no longer registered, and one of
            your own that does not give one value an output.
        TypeError
            For arrays.
        """
        return self._evaluate(outputs, target, labels, row_alpha, sample_weight)

    def _check_outputs(self, outputs):
        """Give outputs with two dimensions, and a column for each quantile."""
        n_quantiles = len(self.quantiles or [None])
        outputs = outputs[:, None] if outputs.ndim == 1 else outputs
        if outputs.ndim != 2 or outputs.shape[1] % n_quantiles:
            raise ValueError(
                f"outputs have shape {tuple(outputs.shape)}, expected (n_samples, "
                f"n_outputs), with {n_quantiles} outputs a target."
            )
        return outputs

    def _is_labels(self, target):
        """Return whether the target has no predictions: not where it is a tensor."""
        return False

    def _hard(self, outputs, labels):
        """Distance of each row from its labels."""
        loss = self._registered()(self.quantiles)
        labels = _as_matrix("labels", labels, outputs, loss.n_quantiles)
        pred = labels.repeat_interleave(loss.n_quantiles, dim=1)  # counts for nothing
        return loss.torch_values(outputs, pred, labels, outputs.new_zeros(()))

    def _blended(self, outputs, pred, labels, alpha):
        """Loss of each row with soft targets."""
        loss = self._registered()(self.quantiles)
        pred = _as_matrix("target", pred, outputs, 1)
        if alpha is not None:
            labels = _as_matrix("labels", labels, outputs, loss.n_quantiles)
            # whatever stands in the other rows is a placeholder, NaN for instance
            labels = torch.where(alpha < 1, labels, 1)
        return loss.torch_values(outputs, pred, labels, alpha)


def _as_matrix(name, targets, outputs, n_quantiles):
    """Give targets with two dimensions, in the dtype of the outputs."""
    targets = targets.detach().to(outputs.dtype)
    targets = targets[:, None] if targets.ndim == 1 else targets
    expected = len(outputs), outputs.shape[1] // n_quantiles
    if targets.shape != expected:
        raise ValueError(
            f"{name} has shape {tuple(targets.shape)}, and the outputs have "
            f"{tuple(outputs.shape)}: expected {tuple(expected)}, a column a target, "
            'and for "target" one a quantile.'
        )
    return targets
