"""What a cascade does besides predicting: fitting, calibrating, routing, tags."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import process_routing

from sklearn_kd._compat import routing_enabled
from sklearn_kd._estimators.nets import nets_in
from sklearn_kd._estimators.tags import takes_missing, takes_sparse, takes_text
from sklearn_kd._messages import printable
from sklearn_kd._recipe.diagram import DiagramMixin, Note
from sklearn_kd._recipe.fitted_parts import FittedPartsMixin
from sklearn_kd._recipe.preparation import read_labelled
from sklearn_kd._recipe.routing import fit_parameters, student_wants_weights
from sklearn_kd._run.random import as_seed
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.checks import check_rows
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.taking import take_rows
from sklearn_kd._tables.weights import check_weight
from sklearn_kd._task import Classification
from sklearn_kd.cascade._answers import (
    STUDENT,
    TEACHER,
    labels_of_teacher,
    of_student,
)
from sklearn_kd.cascade._fit import (
    check_length,
    complete,
    fit_models,
    is_distilled,
    models_of,
    needs_fit,
    split_rows,
)
from sklearn_kd.cascade._threshold import choose_threshold, rows_needed, warn_of_none
from sklearn_kd.distilled import DistilledClassifier
from sklearn_kd.metrics._agreement import equal_labels
from sklearn_kd.teachers import looks_fitted

#: Kinds of rows by their tag, and what tells whether models take them.
_TAKES = {"sparse": takes_sparse, "allow_nan": takes_missing, "string": takes_text}


class BaseCascade(
    VersionedMixin, FittedPartsMixin, DiagramMixin, MetaEstimatorMixin, BaseEstimator
):
    """The fit of a cascade, and what scikit-learn asks of an estimator.

    A class of its own adds parameters and predictions.
    """

    _fitted_parts = ("student", "teacher")

    def _fit(self, X, y, sample_weight):
        """Fit what is not fitted yet on a part of the rows, calibrate on the rest."""
        for name in ("student_", "teacher_", "threshold_"):
            vars(self).pop(name, None)  # no half of an earlier fit, if this fails
        student, teacher = complete(self.student, self.teacher)
        if needs_fit(student, teacher):
            *models, X, weight = self._fit_models(student, teacher, X, y, sample_weight)
            student, teacher = models
        else:
            X = check_rows(self, X, reset=True)
            check_length(y, X)
            weight = check_weight(as_column(sample_weight, "sample_weight"), X)
            if not weight.all():
                X, weight = take_rows(X, np.flatnonzero(weight)), weight[weight > 0]
        self._calibrate(*models_of(student, teacher), X, weight)

    def _fit_models(self, student, teacher, X, y, sample_weight):
        """Fit on a part of the rows; give both models, and the rows that are left."""
        rows, _ = read_labelled(self, X, y, sample_weight, None)
        route = partial(process_routing, self, "fit")
        if routing_enabled() and sample_weight is not None:
            route(sample_weight=rows.weight)  # each part must say whether it wants them
        wants = student_wants_weights(route, self._student_to_fit(), rows.weight)

        def weights_of(teachers, weight):
            given = None if sample_weight is None else weight
            return fit_parameters(route, self.teacher, teachers, given, weight)

        seed = as_seed(self.random_state)
        needed = rows_needed(self.max_disagreement, self.confidence)
        train, held_out = split_rows(rows, needed, seed)
        fitted = fit_models(student, teacher, train, seed, wants, weights_of)
        return *fitted, held_out.X, np.array(held_out.weight)

    def _calibrate(self, student, teacher, X, weight):
        """Choose the threshold on rows that neither model was fitted on."""
        if not hasattr(student, "classes_"):
            raise TypeError(
                f"The student {type(student).__name__} has no classes_, which label "
                "the columns of its probabilities. Pass one that sets them."
            )
        labels, certainty, _ = of_student(student, X)
        of_teacher = labels_of_teacher(teacher, X)
        differs = ~equal_labels(**{STUDENT: labels, TEACHER: of_teacher})
        chosen = choose_threshold(
            certainty, differs, weight, self.max_disagreement, self.confidence
        )
        self.student_, self.teacher_ = student, teacher
        self.classes_ = _union(student.classes_, teacher, of_teacher)
        self.threshold_ = chosen.threshold
        self.student_share_ = chosen.share
        self.disagreement_ = chosen.disagreement
        self.disagreement_bound_ = chosen.bound
        self.student_disagreement_ = (
            chosen.disagreement / chosen.share if chosen.share else np.nan
        )
        self.n_calibration_rows_ = len(weight)
        warn_of_none(chosen, weight, self.max_disagreement, self.confidence)

    def _student_to_fit(self):
        """Give the user's student, if it is not fitted."""
        student = self.student
        return None if student is None or looks_fitted(student) else student

    def __sklearn_is_fitted__(self):
        return hasattr(self, "threshold_")

    def _read(self, X, y, sample_weight):
        """Check labels and weights."""
        return Classification.read(self, X, y, sample_weight)

    def _parts(self):
        """Give the student, and the teachers, fitted or not."""
        if self.student is None:
            return [DistilledClassifier(self.teacher)]
        return [self.student] if self.teacher is None else [self.student, self.teacher]

    def _diagram_parts(self):
        teacher = vars(self).get("teacher_", self.teacher)
        if teacher is None:
            teacher = Note("that of the student", "The one it is distilled from.")
        return {
            "student": vars(self).get("student_", self._parts()[0]),
            "teacher": teacher,
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        parts = self._parts()
        for tag, takes in _TAKES.items():
            setattr(
                tags.input_tags, tag, all(_takes(part, tag, takes) for part in parts)
            )
        return tags

    def _as_data(self, state):
        for net in nets_in([self.student, self.teacher]):
            raise TypeError(
                f"Student or teacher of this {type(self).__name__} is, or has in it, a "
                f"{type(net).__name__} of skorch, which skops would keep as a pickle. "
                "Use joblib.dump."
            )
        return state


def _takes(part, tag, takes):
    """Return whether a part takes rows of some kind; tags of our own are exact."""
    if is_distilled(part):
        return getattr(get_tags(part).input_tags, tag)
    return takes([part])


def _union(classes, teacher, labels):
    """Join the classes of student and teacher, or the labels that it has predicted."""
    try:
        return np.union1d(classes, getattr(teacher, "classes_", labels))
    except TypeError as error:
        raise ValueError(
            f"The labels of student and teacher cannot be sorted ({printable(error)}), "
            "and a cascade keeps classes sorted. Fit both on labels of one type."
        ) from error
