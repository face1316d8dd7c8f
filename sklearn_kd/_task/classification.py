"""Classification as one object: all that depends on ``y`` being labels."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import check_cv

from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.weights import check_weight
from sklearn_kd._task.blending import (
    average_proba,
    blend,
    class_copies,
    nearly_hot,
    one_hot,
)
from sklearn_kd._task.labels import (
    check_labels,
    encode_labels,
    read_labels,
)
from sklearn_kd._task.link import (
    LEAST_SHARE,
    log_probabilities,
    probabilities,
)
from sklearn_kd._task.match import (
    check_known,
    check_match,
    fill_rows_without_prediction,
)
from sklearn_kd._task.outputs import Predictions, predict_by
from sklearn_kd._task.pooling import (
    fit_log_linear,
    fit_share,
    log_linear,
    matching_exponent,
    spread,
)
from sklearn_kd._task.predictions import predicts_labels
from sklearn_kd._task.proba import align_proba, check_proba
from sklearn_kd._task.scores import class_scores
from sklearn_kd._task.strata import (
    first_of_each,
    group_mask,
    shuffled_folds,
    validation_mask,
)


@dataclass(frozen=True, eq=False)
class Classification:
    """The classes, and how labels, targets and outputs of shape (n, K) follow them.

    Rows carry `codes`, positions in the classes, as hard targets, and class
    probabilities as soft targets. A network has a logit a class.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    classes: np.ndarray

    #: What a loss calls the task that it is for, as ``task``, and who does it.
    name, kind = "classification", "classifier"

    #: The method of a teacher that gives its outputs, and the parameter of ``fit`` for
    #: outputs that the user has.
    method, given = "predict_proba", "teacher_proba"

    #: The dtype of outputs outside a network, and what stands for none.
    dtype, no_prediction = np.float32, 0

    #: Hard targets have no levels of quantiles, and nothing depends on their units.
    quantiles, has_units = None, False

    #: A network's outputs are what a loss reads.
    factor = None

    def of_means(self):
        """Give the task itself: probabilities are means."""
        return self

    #: What scikit-learn calls the link, as ``out_activation_``.
    out_activation = "softmax"

    #: What the outputs are where nothing is learned from any row.
    baseline = "the class shares"

    @classmethod
    def read(cls, estimator, X, y, sample_weight, classes=None):
        """Check labels and weights of training rows, as :func:`check_labels` does.

        The task has `classes`, or those of rows of a weight above 0; codes are
        arbitrary where the weight (float64) is 0. It is a ValueError too if a label is
        not among `classes`.
        """
        y, weight, classes = check_labels(estimator, X, y, sample_weight, classes)
        task = cls(classes)
        return task, task.encode(y, weight > 0), weight

    def of_rows(self, codes, soft, weight):
        """Give the same: it does not depend on the rows that are learned from."""
        return self

    def read_validation(self, estimator, X, y, sample_weight):
        """Check ``y_val`` and ``sample_weight_val``; give codes and float64 weights."""
        y = read_labels(estimator, X, as_column(y, "y_val"), "y_val")
        sample_weight = as_column(sample_weight, "sample_weight_val")
        weight = check_weight(sample_weight, X, "sample_weight_val")
        return self.encode(y, weight > 0, "y_val"), weight

    @property
    def n_outputs(self):
        """Number of classes."""
        return len(self.classes)

    def encode(self, y, present=None, name="y"):
        """Give the codes of labels, and refuse labels that are no classes."""
        return encode_labels(y, self.classes, present, name)

    def labels(self, codes):
        """Give the labels of codes."""
        return self.classes[codes]

    is_made_by = staticmethod(predicts_labels)

    def decide(self, outputs):
        """Give the label of each row of outputs, logits or probabilities alike."""
        return self.classes[outputs.argmax(axis=1)]

    def hot(self, codes, dtype):
        """Write hard targets as outputs of shape (n_samples, n_classes)."""
        return one_hot(codes, len(self.classes), dtype)

    def nearly_hot(self, codes):
        """Write hard targets as soft ones that are not quite certain, for a trial."""
        return nearly_hot(codes, len(self.classes))

    def neutral(self, n_rows):
        """Give soft targets that are alike for all classes, for a trial."""
        n_classes = len(self.classes)
        return np.full((n_rows, n_classes), 1 / n_classes, np.float32)

    def copies(self, outputs, codes, row_alpha, min_mass):
        """Give rows, labels and mass by which weights stand for blended targets."""
        rows, codes, mass = class_copies(outputs, codes, row_alpha, min_mass)
        return rows, self.classes[codes], mass

    def residuals(self, codes, outputs):
        """Subtract outputs from hard targets of shape (n_samples, n_classes)."""
        return one_hot(codes, outputs.shape[1]) - outputs

    def hits(self, outputs, codes):
        """Give the probability of each row's label: 1 is right."""
        return outputs[np.arange(len(codes)), codes]

    def harden(self, outputs):
        """Give the hard targets that are nearest to outputs."""
        return outputs.argmax(axis=1)

    def total(self, codes, weight):
        """Sum hard targets by weight: one number an output."""
        return np.bincount(codes, weight, len(self.classes))

    def has_prediction(self, outputs):
        """Mark the rows for which a teacher predicts any of our classes."""
        return outputs.sum(axis=1) > 0

    def check_outputs(self, student, X, name):
        """Refuse a fitted student that predicts anything but probabilities of rows."""
        outputs = np.asarray(student.predict_proba(X))
        # boosting of one class against all predicts numbers in [0, 1], of any sum
        if not ((outputs >= 0) & (outputs <= 1)).all():
            n_columns = len(getattr(student, "classes_", self.classes))
            check_proba(outputs, n_columns, name=f"{self.method} of {name}")

    # teachers

    def predict_by(self, teacher, X, given_classes=None, dtype=np.float32):
        """Predict a copy of the rows with a teacher: outputs, and the columns' labels.

        The outputs have shape (n_samples, n_columns), for :meth:`align`. They are
        float32 by default: in float64 the last bits of a forest's sums depend on its
        number of threads.
        """
        outputs, columns = predict_by(teacher, X, given_classes, self.classes)
        return outputs.astype(dtype, copy=False), columns

    def align(self, outputs, columns):
        """Bring what :meth:`predict_by` returned into the order of the classes."""
        return Predictions(*align_proba(outputs, columns, self.classes))

    def check_known(self, teacher, given_classes):
        """Refuse a fitted teacher that lacks most classes, before it predicts."""
        check_known(teacher, self.classes, given_classes)

    def check_match(self, predictions, codes, *, name, absent=None):
        """Refuse or warn where a teacher's predictions do not fit the hard targets.

        As :func:`~sklearn_kd._task.match.check_match`, of :class:`Predictions`.
        """
        check_match(
            predictions.outputs,
            predictions.outside,
            predictions.known,
            codes,
            self.classes,
            name=name,
            absent=absent,
        )

    def fill(self, outputs, codes, name):
        """Use the hard targets for rows without a prediction, with a warning."""
        return fill_rows_without_prediction(outputs, codes, name=name)

    mean = staticmethod(average_proba)
    blend = staticmethod(blend)
    pool = staticmethod(log_linear)
    fit_pool = staticmethod(fit_log_linear)
    fit_share = staticmethod(fit_share)
    matching_exponent = staticmethod(matching_exponent)
    spread = staticmethod(spread)

    # splits

    def splitter(self, cv, targets):
        """Make a splitter of ``cv``: a number means stratified folds."""
        return check_cv(cv, targets, classifier=True)

    def validation_mask(self, codes, groups, fraction, random_state):
        """Mark a share of the rows, spread evenly over classes; groups stay whole."""
        if groups is None:
            return validation_mask(codes, fraction, random_state)
        return group_mask(codes, groups, fraction, random_state)

    folds = staticmethod(shuffled_folds)
    some_of_each = staticmethod(first_of_each)

    def least_rows(self, codes):
        """Count the rows that training cannot do without: one of each class."""
        return len(np.unique(codes))

    def can_hold_out(self, codes, share):
        """Return whether a stratified share of the rows can be held out."""
        _, counts = np.unique(codes, return_counts=True)
        return counts.min() > 1 and share * len(codes) >= len(counts)

    # the link between logits and probabilities

    def for_network(self, codes, soft):
        """Give hard and soft targets in the units of a network: as they are."""
        return codes, soft

    link = staticmethod(probabilities)
    log_link = staticmethod(log_probabilities)

    def start(self, mean_target):
        """Give the logits that predict the mean target of all rows for each of them."""
        return np.log(np.maximum(mean_target, LEAST_SHARE))

    scores = staticmethod(class_scores)
