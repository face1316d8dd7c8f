"""What is measured of classifiers: the quality of labels and of probabilities."""

import numpy as np
from sklearn.metrics import roc_auc_score

from sklearn_kd._messages import show
from sklearn_kd._tables.containers import as_column
from sklearn_kd._task.labels import refuse_missing_labels
from sklearn_kd.inspection._measures.resampling import compare_scores
from sklearn_kd.metrics import kl_divergence
from sklearn_kd.metrics._agreement import equal_labels
from sklearn_kd.metrics._arguments import rows_that_count, weighted_mean
from sklearn_kd.metrics._bounds import clopper_pearson_lower, effective_rows
from sklearn_kd.metrics._calibration_error import calibration_error
from sklearn_kd.metrics._models import in_one_order, predicted_labels, predicted_proba
from sklearn_kd.metrics._retention import kept


class Classifiers:
    """The predictions of classifiers for the same rows, and what is measured of them.

    Parameters
    ----------
    models : dict of str to classifier
        Fitted, with ``predict`` and ``predict_proba``.
    X : object
        Rows, as they take them.
    y : array-like of shape (n_samples,)
        What was passed as labels.
    n_samples : int
        The number of rows.
    reference : str
        The key of the model that the others are held against.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights.

    Attributes
    ----------
    rows : ndarray of shape (n_counting,), int
        Positions of the rows of a weight above 0: the others are not measured.

    Raises
    ------
    ValueError
        For labels that are missing, of another shape, or that cannot be sorted.
    """

    def __init__(self, models, X, y, n_samples, reference, sample_weight=None):
        y = read_labels(y, n_samples)
        probas = [predicted_proba(show(name), each, X) for name, each in models.items()]
        labels = [
            predicted_labels(show(name), each, X) for name, each in models.items()
        ]
        aligned, classes = in_one_order(probas, y)
        refuse_other_labels("y", y, {label for _, own in probas for label in own})
        weight, self.rows, y, *arrays = rows_that_count(
            sample_weight, np.arange(n_samples), y, *labels, *aligned
        )
        place = {label: code for code, label in enumerate(classes)}
        self.codes = np.array([place[label] for label in y.tolist()])
        self.classes, self.reference = classes, reference
        self.weight = None if sample_weight is None else weight
        self.labels = dict(zip(models, arrays, strict=False))
        self.probas = dict(zip(models, arrays[len(models) :], strict=True))
        self.right = {
            name: equal_labels(y=y, labels=labels)
            for name, labels in self.labels.items()
        }
        self.agrees = {
            name: equal_labels(y_teacher=self.labels[reference], y_student=labels)
            for name, labels in self.labels.items()
        }

    def measure(self, name):
        """Measure quality, and fidelity to the reference, as :func:`compare` has it."""
        return self._quality(name) | {
            "agreement": self._mean(self.agrees[name]),
            "kl_divergence": self._divergence(name),
            "retention": kept(*map(self._accuracy, (self.reference, name))),
        }

    def measure_more(self, name):
        """Measure what :func:`distillation_report` has besides."""
        proba = self.probas[name]
        found = {
            "brier_score": self._brier_score(proba),
            "calibration_error": calibration_error(proba, self.codes, self.weight),
        }
        if name == self.reference:
            return found
        return found | {
            "agreement_bound": self._bound(self.agrees[name]),
            **self._compare_accuracy(name),
        }

    def _compare_accuracy(self, name):
        """Compare the accuracy with that of the reference.

        To the rows that are drawn, one is added that only the reference gets right, and
        one that only the model gets right (Bonett and Price 2012): no interval has the
        width 0 because there was none of them.
        """
        weight = np.ones(len(self.codes)) if self.weight is None else self.weight
        right = self.right[self.reference], self.right[name]
        rows = weight[:, None] * np.column_stack([np.ones(len(weight)), *right])
        added = weight.mean() * np.array([[1, 1, 0], [1, 0, 1]])
        return compare_scores(rows, lambda sums: sums[:, 1:] / sums[:, :1], added)

    def classes_of_rows(self):
        """Give the rows of each class that occurs, as a mask by its label."""
        occurring = np.unique(self.codes)
        return {self.classes[code]: self.codes == code for code in occurring}

    def measure_group(self, rows, name):
        """Measure a model beside the reference on the rows of a mask."""
        return {
            "reference_score": self._accuracy(self.reference, rows),
            "score": self._accuracy(name, rows),
            "agreement": self._mean(self.agrees[name], rows),
            "agreement_bound": self._bound(self.agrees[name], rows),
        }

    def _accuracy(self, name, rows=slice(None)):
        return self._mean(self.right[name], rows)

    def _mean(self, values, rows=slice(None)):
        weight = None if self.weight is None else self.weight[rows]
        return weighted_mean(values[rows], weight)

    def _bound(self, agrees, rows=slice(None)):
        """Bound the agreement from below."""
        agrees = agrees[rows]
        n_rows, share = len(agrees), agrees.mean()
        if self.weight is not None:
            weight = self.weight[rows]
            n_rows, share = effective_rows(weight), weighted_mean(agrees, weight)
        return float(clopper_pearson_lower(share * n_rows, n_rows))

    def _divergence(self, name):
        sides = self.probas[self.reference], self.probas[name]
        return kl_divergence(*sides, sample_weight=self.weight)

    def _quality(self, name):
        """Compare the predictions of a model with the labels of the rows."""
        return {
            "accuracy": self._accuracy(name),
            "roc_auc": self._roc_auc(self.probas[name]),
            "log_loss": self._log_loss(self.probas[name]),
        }

    def _roc_auc(self, proba):
        """Area under the ROC curve: of the second of two classes, or each against rest.

        With more than two the mean over classes, weighted by their rows.
        """
        mass = np.bincount(self.codes, self.weight, minlength=proba.shape[1])
        present = np.flatnonzero(mass)
        if len(present) < 2:
            return float("nan")
        if proba.shape[1] == 2:
            present = present[1:]
        areas = [
            roc_auc_score(self.codes == k, proba[:, k], sample_weight=self.weight)
            for k in present
        ]
        return float(np.average(areas, weights=mass[present]))

    def _log_loss(self, proba):
        """Mean of minus the logarithm of the probability of the label, in nats."""
        right = proba[np.arange(len(self.codes)), self.codes]
        return self._mean(-np.log(np.maximum(right, np.finfo(proba.dtype).eps)))

    def _brier_score(self, proba):
        """Mean squared distance from the label; half of it with two classes."""
        distance = (proba**2).sum(axis=1) + 1
        distance -= 2 * proba[np.arange(len(self.codes)), self.codes]
        return self._mean(distance) / (2 if proba.shape[1] == 2 else 1)


def refuse_other_labels(name, y, classes):
    """Refuse labels of which no model has a class, as those of other names."""
    if not classes.intersection(y.tolist()):
        raise ValueError(
            f"No label of {name} is a class of a model: it has {show(np.unique(y))}, "
            f"and the models have {show(sorted(classes))}. Give it the labels that "
            "they were fitted on."
        )


def read_labels(y, n_samples):
    """Read one label a row, none missing."""
    y = refuse_missing_labels(as_column(y, "y"), "y")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError("Input y contains NaN: leave these rows out.")
    if y.shape != (n_samples,):
        raise ValueError(
            f"y has shape {y.shape}, expected one label for each of the {n_samples} "
            f"rows of X: ({n_samples},)."
        )
    return y
