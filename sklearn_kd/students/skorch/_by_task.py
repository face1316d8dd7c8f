"""What of a net depends on its task: the criterion, and what its module returns."""

import numpy as np
import torch

from sklearn_kd._task import Classification, Regression
from sklearn_kd.students.skorch._dataset import NetRows
from sklearn_kd.students.skorch._prediction import predict_outputs, predict_proba
from sklearn_kd.students.skorch.criterion import (
    NetLoss,
    NumberLoss,
    Numbers,
    Probabilities,
)


class NetTask:
    """What nets of both tasks have in common.

    Parameters
    ----------
    task : Classification or Regression
        What is to be learned.

    Attributes
    ----------
    width : int
        Number of columns that the module has to return.
    worst : float
        A loss, beyond that before training, of a net that has diverged.
    """

    def __init__(self, task):
        self.task = task
        self.width = task.n_outputs

    def rows(self, X, part):
        """Put encoded rows together with their targets in the units of a net."""
        hard, soft = self.task.for_network(part.hard, part.soft)
        targets = {
            self.key: soft.outputs.astype(np.float32),
            "labels": hard.astype(self.dtype),
        }
        if (soft.row_alpha != 1).any():
            targets["row_alpha"] = soft.row_alpha.astype(np.float32)
        if (part.weight != 1).any():
            weight = part.weight / part.weight.mean()
            targets["sample_weight"] = weight.astype(np.float32)
        return NetRows(X, targets)

    def settings(self, net, soft):
        """Give the parameters of a net by which it learns soft targets."""
        return {
            "criterion": self.criterion,
            "criterion__loss": soft.loss,
            "criterion__reduction": "batchmean",
        }

    def read(self, net, output, given):
        """Set what a net makes of what its module returned for some rows.

        `given` is the class of the user's own criterion. Another number of columns than
        expected is a ValueError.
        """
        raise NotImplementedError

    def _refuse_shape(self, output, each, names):
        """Make the error for another number of columns."""
        return ValueError(
            f"The module returns an array of shape {tuple(output.shape)}, expected "
            f"(n_samples, {self.width}): one column {each}. Let its constructor take "
            f"the width of its output as {names}, or set it by module__..."
        )


class NetOfLabels(NetTask):
    """A net that learns labels by their codes: it returns logits or probabilities."""

    criterion, key, dtype = NetLoss, "proba", np.int64
    predict = staticmethod(predict_proba)

    @property
    def worst(self):
        return 3 * np.log(self.width)

    def settings(self, net, soft):
        settings = super().settings(net, soft)
        settings["criterion__temperature"] = soft.temperature
        if "classes" in net.get_params(deep=False):
            settings["classes"] = list(range(self.width))
        return settings

    def read(self, net, output, given):
        kind = self._kind(output, issubclass(given, torch.nn.BCELoss))
        # a compiled criterion wraps the one that reads it
        getattr(net.criterion_, "_orig_mod", net.criterion_).output = kind
        net.predict_nonlinearity = Probabilities(kind)

    def _kind(self, output, gives_probabilities):
        """Find out whether it is logits or probabilities, in how many columns."""
        width = output.shape[1] if output.ndim == 2 else 1
        if output.ndim <= 2 and width == 1 and self.width == 2:
            return "probability" if gives_probabilities else "logit"
        if output.ndim != 2 or width != self.width:
            raise self._refuse_shape(output, "a class", "n_classes")
        sums = output.sum(dim=1)
        is_proba = (output >= 0).all() and torch.allclose(sums, torch.ones_like(sums))
        return "probabilities" if is_proba else "logits"


class NetOfNumbers(NetTask):
    """A net that learns numbers, in units in which they are near 1."""

    criterion, key, dtype = NumberLoss, "pred", np.float32
    predict = staticmethod(predict_outputs)
    worst = 3.0

    def settings(self, net, soft):
        factor = self.task.factor
        return super().settings(net, soft) | {
            "criterion__quantiles": soft.quantiles,
            "criterion__factor": None if factor is None else factor.tolist(),
        }

    def read(self, net, output, given):
        width = output.shape[1] if output.ndim == 2 else 1
        if output.ndim > 2 or width != self.width:
            each = "an output of y"
            if self.task.quantiles is not None:
                each += " and quantile"
            raise self._refuse_shape(output, each, "n_outputs")
        criterion = getattr(net.criterion_, "_orig_mod", net.criterion_)
        net.predict_nonlinearity = Numbers(criterion, self.task.middle_level)


_NETS = {Classification.name: NetOfLabels, Regression.name: NetOfNumbers}


def by_task(task):
    """Give what of a net depends on its task."""
    return _NETS[task.name](task)
