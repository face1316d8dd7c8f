"""What students keep of their training, epoch by epoch."""

from typing import NamedTuple

import numpy as np

from sklearn_kd._estimators.nets import is_skorch_net
from sklearn_kd.inspection._reading.around import look_through

#: Where a distilled estimator and a student keep the network that was trained.
_INSIDE = ("student_", "net_")


class Curves(NamedTuple):
    """What a student has kept; None for what it has not."""

    loss: np.ndarray
    validation_loss: np.ndarray | None
    learning_rate: np.ndarray | None
    best_epoch: int | None


def kept_curves(estimator):
    """Find the losses of the epochs of a student, or of the one in an estimator.

    Parameters
    ----------
    estimator : object
        Fitted.

    Returns
    -------
    Curves
        Of the innermost student.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    TypeError
        For one that has kept none.
    """
    student = _innermost(estimator)
    if is_skorch_net(student):
        return _of_history(student.history)
    loss = getattr(student, "loss_curve_", None)
    if loss is None or not len(loss):
        inside = "" if student is estimator else f", the student in {_name(estimator)},"
        raise TypeError(
            f"{_name(student)}{inside} has kept no loss of its epochs. Pass a fitted "
            "MLPStudent, SkorchStudent or another network with loss_curve_, or what "
            "has one as its student_."
        )
    scores = getattr(student, "validation_scores_", None)
    validation = _whole(getattr(student, "validation_loss_curve_", None), len(loss))
    best = _lowest(validation)
    if best is None and scores is not None:  # a network of scikit-learn
        best = _lowest(-np.asarray(scores, dtype=float))
    return Curves(np.asarray(loss, dtype=float), validation, None, best)


def _innermost(estimator):
    """Give the network in distilled estimators, pipelines, searches and the like."""
    part, _ = look_through(estimator)
    for name in _INSIDE:
        if hasattr(part, name):
            return _innermost(getattr(part, name))
    return part


def _of_history(history):
    """Read what skorch has recorded of each epoch."""
    n_epochs = len(history)
    loss, validation, rate = (
        _whole([row.get(key) for row in history], n_epochs)
        for key in ("train_loss", "valid_loss", "event_lr")
    )
    if loss is None:
        raise TypeError(
            f"The history of the net has {n_epochs} epochs and no train_loss. Fit it "
            "for an epoch at least, with the callbacks that skorch has by default."
        )
    return Curves(loss, validation, rate, _lowest(validation))


def _whole(values, n_epochs):
    """Give values as an array if there is one for each epoch, else None."""
    if values is None or len(values) != n_epochs or not n_epochs or None in values:
        return None
    return np.asarray(values, dtype=float)


def _lowest(values):
    """Give the number of the epoch with the lowest value, from 1 on; None for none."""
    if values is None or not np.isfinite(values).any():
        return None
    return int(np.nanargmin(values)) + 1


def _name(estimator):
    return type(estimator).__name__
