"""Sources of soft targets: none, the user's probabilities, or teachers."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd._compat import validate_all_params
from sklearn_kd._estimators.parts import parts_of
from sklearn_kd._messages import show
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._task import Classification, Regression
from sklearn_kd.teachers._teach import check_weights, no_folds, teach
from sklearn_kd.teachers._teachers import Teachers, no_out_of_sample
from sklearn_kd.teachers.cache._cache import usable_memory
from sklearn_kd.teachers.default._ensemble import (
    default_folds,
)
from sklearn_kd.teachers.given._fitted import (
    check_teacher,
    is_surely_fitted,
    looks_fitted,
)
from sklearn_kd.teachers.given._targets import read_teacher_pred, read_teacher_proba
from sklearn_kd.teachers.out_of_sample._calibration import no_calibration
from sklearn_kd.teachers.quantiles._default import default_members, members_for_folds
from sklearn_kd.teachers.quantiles._find import adapted, may_leave_out, users_teachers
from sklearn_kd.teachers.quantiles.adapters import ListedQuantiles


class Source:
    """A source of soft targets, and what the later steps of a fit read of it.

    Attributes
    ----------
    members : sequence of object
        Teachers to fit or to use.
    no_threshold : str or None
        Why there is no threshold to hand on; None where there may be one.
    folds : int or None
        Into how many the labelled rows are split where the user gave no cv.
    is_default : bool
        Whether it is the default ensemble.
    """

    folds, is_default = None, False

    def wants_out_of_sample(self, cv, pool, sampler):
        """Return whether out-of-sample predictions are needed, or may be: "auto".

        What needs them where there cannot be any is refused. Without synthetic rows
        they are made on demand alone: in-sample targets were better beside members that
        are out-of-fold.
        """
        return False

    def further_rows(self, transfer, X_unlabeled):
        """Give what is wanted of synthetic and unlabelled rows."""
        return None, None

    def teach(self, rows, present, fit_params, splits, out_of_sample, seed, context):
        """Give the soft targets of the labelled rows, and the teachers of others."""
        return Teachers(context=context)


#: What reads the soft targets that the user has, by task.
_READERS = {
    Classification.name: read_teacher_proba,
    Regression.name: read_teacher_pred,
}


class NoTeacher(Source):
    """The labels alone, at ``alpha=0``: no teacher, and no further rows."""

    members = ()
    no_threshold = "alpha=0 uses no teacher"


class GivenTargets(Source):
    """Soft targets of the labelled rows that the user has.

    Parameters
    ----------
    given : array-like or DataFrame of shape (n_samples, n_outputs)
        As passed to ``fit``; not checked yet.
    name : str
        Of the parameter.
    """

    members = ()

    def __init__(self, given, name):
        self.given = given
        self.name = name

    @property
    def no_threshold(self):
        """Why there is no threshold to hand on."""
        return f"{self.name} comes without a threshold"

    def wants_out_of_sample(self, cv, pool, sampler):
        """Refuse a calibration."""
        if pool.calibration is not None:
            raise no_calibration(pool.calibration)
        return not isinstance(pool.out_of_sample, str) and bool(pool.out_of_sample)

    def further_rows(self, transfer, X_unlabeled):
        """Refuse further rows: there is no teacher to label them."""
        if X_unlabeled is not None:
            raise ValueError(
                f"X_unlabeled needs a teacher, and {self.name} is for the rows of X "
                "only: pass the teacher, or leave X_unlabeled out."
            )
        if not (transfer is None or (isinstance(transfer, str) and transfer == "auto")):
            raise ValueError(
                f"transfer={show(transfer)} makes rows for a teacher to label, and "
                f"{self.name} is for the rows of X only: pass the teacher, or use "
                'transfer="auto" or None.'
            )
        return None, None

    def teach(self, rows, present, fit_params, splits, out_of_sample, seed, context):
        """Check the soft targets, and bring them into the order of the task."""
        outputs = _READERS[rows.task.name](self.given, rows, present)
        return Teachers(
            outputs=outputs, context=context, are_out_of_sample=out_of_sample
        )


@dataclass(frozen=True, eq=False)
class TeacherList(Source):
    """Fitted and unfitted teachers, checked and not yet touched.

    Parameters
    ----------
    members : list of object
        The teachers.
    weights : ndarray of shape (n_teachers,)
        Of each in the mean.
    given_classes : array-like or None
        Labels of the columns of fitted teachers, as the user passed them.
    is_default : bool
        Whether it is the default ensemble.
    folds : int or None
        How many the default ensemble is cross-fitted with, where the user gave no cv.
    pooled : bool
        Whether the weights are to be fitted to out-of-fold predictions, if there are.
    """

    members: list
    weights: np.ndarray
    given_classes: object
    is_default: bool
    folds: int | None = None
    pooled: bool = False

    @property
    def no_threshold(self):
        """Why there is no threshold to hand on; None where there may be one."""
        if self.is_default:
            return "the default teacher has no threshold"
        if len(self.members) > 1:
            return "several teachers have no threshold in common"
        return None

    def wants_out_of_sample(self, cv, pool, sampler):
        """Return whether out-of-sample predictions are needed, or may be: "auto".

        With ``cv`` there are some; without, a teacher has to be of a kind that has
        members.
        """
        calibration, out_of_sample = pool.calibration, pool.out_of_sample
        always = not isinstance(out_of_sample, str) and out_of_sample
        is_used = sampler is not None or pool.booster or pool.student
        if cv is None and self.folds is None:
            strange = [one for one in self.members if not may_leave_out(one)]
            if calibration is not None and (strange or not out_of_sample):
                raise no_calibration(calibration)
            if always and is_used and strange:
                raise no_out_of_sample(users_teachers(strange[0])[0])
        if not out_of_sample:
            return False
        if calibration is not None:
            return True
        if sampler is None:
            return bool(always and is_used)
        return True if always else "auto"

    def further_rows(self, transfer, X_unlabeled):
        """Give what is wanted of further rows: what the user passed."""
        return transfer, X_unlabeled

    def teach(self, rows, present, fit_params, splits, out_of_sample, seed, context):
        """Fit what is not fitted, and label the labelled rows."""
        members = self.members
        if self.is_default:
            members = members_for_folds(members, rows, splits)
        return teach(
            members,
            rows,
            present,
            fit_params=fit_params,
            splits=splits,
            weights=self.weights,
            given_classes=self.given_classes,
            out_of_sample=out_of_sample,
            seed=seed,
            context=replace(context, memory=usable_memory(context.memory)),
            pooled=self.pooled,
        )


def find_source(
    teacher,
    targets,
    rows,
    alpha,
    cv,
    teacher_weights,
    teacher_classes,
    *,
    cross_fitted=False,
):
    """Decide where soft targets come from, and check the teachers.

    Parameters
    ----------
    teacher : object, list of object or None
        As the user passed it.
    targets : object or None
        A teacher's predictions, as passed to ``fit``.
    rows : TransferSet
        The labelled rows.
    alpha : float
        Weight of the soft term.
    cv, teacher_weights, teacher_classes
        As for :class:`~sklearn_kd.DistilledClassifier`.
    cross_fitted : bool, default=False
        Whether the default ensemble is cross-fitted where `cv` is None.

    Returns
    -------
    NoTeacher, GivenTargets or TeacherList
        The source.

    Raises
    ------
    TypeError, ValueError
        For parameters that contradict each other, and for what cannot be a teacher.
    """
    names = {
        "teacher": teacher,
        "cv": cv,
        "teacher_weights": teacher_weights,
        "teacher_classes": teacher_classes,
    }
    given = [name for name, value in names.items() if value is not None]
    parameter = rows.task.given
    if targets is not None and given:
        raise ValueError(
            f"{parameter} takes the place of a teacher: leave "
            f"{' and '.join(given)} at None, or do not pass {parameter}."
        )
    if targets is not None:
        return GivenTargets(targets, parameter) if alpha > 0 else NoTeacher()
    folds = None
    if teacher is None:
        if alpha == 0:
            return NoTeacher()
        default = default_members(rows.X, rows.task)
        members = [below_hooks(one) for one in default]
        if cross_fitted and cv is None:
            folds = default_folds(rows.X, rows.task.of_means())
    else:
        members = list(teacher) if isinstance(teacher, (list, tuple)) else [teacher]
        if not members:
            raise ValueError("teacher is an empty list: pass at least one teacher.")
        for one in members:
            check_teacher(one, rows.task)
            if alpha > 0:
                _check_untouched(one, cv, teacher_classes, rows.task)
    n_teachers = sum(len(users_teachers(one)) for one in members)
    weights = check_weights(teacher_weights, n_teachers)
    if rows.task.quantiles is not None and teacher is not None:
        members = adapted(members, rows.task.quantiles)
        if teacher_weights is not None and len(members) < len(weights):
            _check_one_mean(members[0], teacher_weights)
    if alpha == 0:
        return NoTeacher()
    return TeacherList(
        members,
        weights,
        teacher_classes,
        is_default=teacher is None,
        folds=folds,
        pooled=teacher is None and teacher_weights is None,
    )


def _check_one_mean(adapter, teacher_weights):
    """Refuse weights of regressors that are one teacher, a level each."""
    if isinstance(adapter, ListedQuantiles):
        raise ValueError(
            f"teacher_weights={show(teacher_weights)} are for the mean of several "
            "teachers, and these are one: a regressor for each level. Leave them out."
        )


def _check_untouched(teacher, cv, given_classes, task):
    """Refuse a teacher, fitted or not, for what shows before it predicts."""
    if not looks_fitted(teacher):
        validate_all_params(parts_of(teacher))
        return
    if cv is not None and is_surely_fitted(teacher):
        raise no_folds(teacher)
    task.check_known(teacher, given_classes)
