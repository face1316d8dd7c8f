"""The base of distilled estimators: parameters, routing, tags, and their student."""

import copy

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._estimators.nets import is_skorch_net, nets_in
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._estimators.tags import takes_missing, takes_sparse, takes_text
from sklearn_kd._recipe.diagram import DiagramMixin, teacher_in_diagram
from sklearn_kd._recipe.fitted_parts import FittedPartsMixin
from sklearn_kd._recipe.routing import add_parts
from sklearn_kd._run.progress import ProgressMixin
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.checks import check_rows
from sklearn_kd.students import resolve_student, without_adapter
from sklearn_kd.teachers.dropped import DroppedAttribute, DroppedTeacher
from sklearn_kd.transfer._choice import makes_sparse


class BaseDistilled(
    VersionedMixin,
    FittedPartsMixin,
    DiagramMixin,
    MetaEstimatorMixin,
    ProgressMixin,
    BaseEstimator,
):
    """What distilled estimators have in common, whatever their task."""

    #: What :meth:`without_teacher` leaves out: models besides the student.
    teacher_, student_on_labels_ = DroppedAttribute(), DroppedAttribute()

    def without_teacher(self):
        """Give this fitted estimator without its teacher: a file of it is small.

        It predicts the same, to the bit, and says so where something needs a teacher:
        ``fit`` is refused, also of a clone, until ``set_params(teacher=...)`` has given
        it one.

        Returns
        -------
        estimator
            A new one. It has the same ``student_``, and everything that describes it
            and the fit: ``classes_`` or ``n_outputs_``, ``pool_weights_``,
            ``n_transfer_rows_``, ``n_features_in_`` and ``feature_names_in_``. Left out
            are ``teacher_`` and ``student_on_labels_``. Its parameters are clones, so
            that a sampler that was passed fitted holds no rows, and in the place of
            ``teacher`` is a ``DroppedTeacher()``.

        Raises
        ------
        NotFittedError
            Before ``fit``.

        See Also
        --------
        sklearn_kd.export.to_onnx : The student outside of Python.

        Notes
        -----
        Nothing is dropped unasked: a pickle of a fitted estimator has its teacher.

        .. versionadded:: 0.1

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.ensemble import RandomForestClassifier
        >>> from sklearn_kd import DistilledClassifier
        >>> from sklearn_kd.inspection import pickled_size
        >>> X, y = load_wine(return_X_y=True)
        >>> forest = RandomForestClassifier(300, random_state=0)
        >>> model = DistilledClassifier(forest, transfer=None, random_state=0).fit(X, y)
        >>> small = model.without_teacher()
        >>> bool((small.predict_proba(X) == model.predict_proba(X)).all())
        True
        >>> pickled_size(small) < pickled_size(model) / 5
        True
        >>> small.teacher
        DroppedTeacher()
        """
        check_is_fitted(self)
        shell = copy.copy(self)
        shell.teacher = DroppedTeacher()
        twin = clone(shell)
        for name, value in vars(self).items():
            if not isinstance(getattr(type(self), name, None), DroppedAttribute):
                vars(twin).setdefault(name, value)
        return twin

    def get_metadata_routing(self):
        """Get the metadata routing of this estimator and its parts.

        Returns
        -------
        MetadataRouter
            This estimator itself, its unfitted teachers, its student and its splitter.
        """
        routes = MetadataRouter(owner=self).add_self_request(self)
        return add_parts(routes, self.teacher, self.student, self.cv)

    @property
    def n_iter_(self):
        """``n_iter_`` of the student, or of its last step, where it has one."""
        return last_step(without_threshold(self.student_)).n_iter_

    def _student_and_rows(self, X):
        """Give the student without its threshold, and checked rows."""
        if not hasattr(self, "student_"):  # it costs more than a small student
            check_is_fitted(self)
        X = check_rows(self, X, reset=False)
        return without_threshold(self.student_), X

    def __sklearn_is_fitted__(self):
        return hasattr(self, "student_")

    def _diagram_parts(self):
        if hasattr(self, "student_"):
            student = self.student_
        else:
            student = resolve_student(self.student, self._task_kind)
        return {"teacher": teacher_in_diagram(self), "student": student}

    def _as_data(self, state):
        for net in nets_in(self.teacher):
            raise TypeError(
                f"The teacher of this {type(self).__name__} is, or has in it, a "
                f"{type(net).__name__} of skorch, which skops would keep as a pickle. "
                "Write what without_teacher() gives, or use joblib.dump."
            )
        if is_skorch_net(last_step(self.student)):  # its adapter keeps it as data
            adapted = resolve_student(self.student, self._task_kind)
            state |= {"student": adapted, "_is_adapted": True}
        return state

    def _unpack(self):
        if vars(self).pop("_is_adapted", False):
            self.student = without_adapter(self.student)

    def _parts(self):
        """Give the teachers and the student, fitted or not."""
        several = isinstance(self.teacher, (list, tuple))
        teachers = self.teacher if several else [self.teacher]
        return [*teachers, resolve_student(self.student, self._task_kind)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        parts = self._parts()
        made = self.alpha == 0 or makes_sparse(self.transfer)
        tags.input_tags.sparse = made and takes_sparse(parts)
        tags.input_tags.allow_nan = takes_missing(parts)
        tags.input_tags.string = takes_text(parts)
        return tags


def without_threshold(student):
    """Give the student that ``decision_threshold`` has put a threshold on."""
    if isinstance(student, FixedThresholdClassifier):
        inner = student.estimator
        return inner.estimator if isinstance(inner, FrozenEstimator) else student
    return student


def available_with(method):
    """Make a method available where the student, fitted or not, has it."""

    def student_has(distilled):
        if hasattr(distilled, "student_"):
            return hasattr(distilled.student_, method)
        student = resolve_student(distilled.student, distilled._task_kind)
        return hasattr(student, method)

    return available_if(student_has)


def labels_by_threshold(thresholded, classes, proba):
    """Predict as ``FixedThresholdClassifier`` does, without its 0.3 ms of checks."""
    column = 1 if thresholded.pos_label is None else 0
    above = proba[:, column] >= thresholded.threshold
    return classes[np.where(above, column, 1 - column)]
