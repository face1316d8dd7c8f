"""Student and teacher of a cascade: which they are, and fitting what is not fitted."""

from dataclasses import replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._compat import num_samples, validate_all_params
from sklearn_kd._estimators.parts import parts_of, thawed
from sklearn_kd._estimators.unusable_parts import refuse_unusable_parts
from sklearn_kd._messages import show
from sklearn_kd._recipe.preparation import make_student
from sklearn_kd._run.random import seed_unset
from sklearn_kd._run.twins import as_public
from sklearn_kd._tables.containers import as_column
from sklearn_kd._task.strata import held_out_mask
from sklearn_kd.distilled import DistilledClassifier
from sklearn_kd.metrics._tasks import check_model
from sklearn_kd.students import fit_student
from sklearn_kd.targets import SoftTerm
from sklearn_kd.teachers import (
    Context,
    fit_teacher,
    looks_fitted,
    no_refit,
    search_without_refit,
)
from sklearn_kd.teachers.dropped import refuse_dropped

#: Share of the rows that calibrates where something has to be fitted, and how many are
#: enough: with 20 000 rows the bound allows nine tenths of a budget of 1 %.
_SHARE, _ENOUGH = 0.25, 20_000

_PASS = "pass the teacher itself: CascadeClassifier(student, teacher)."


def complete(student, teacher):
    """Check the two models of a cascade, and give each what it takes from the other.

    Parameters
    ----------
    student, teacher : object
        Parameters, as the user passed them.

    Returns
    -------
    student : estimator
        With the teacher inside, where it is to be distilled from it.
    teacher : estimator or None
        None for that of the student.

    Raises
    ------
    TypeError, ValueError
        For what cannot be the student or the teacher of a cascade.
    """
    refuse_dropped(teacher, "A cascade", _PASS)
    if student is None:
        return DistilledClassifier(teacher), None
    _check("student", student, "predict", "predict_proba")
    distilled = is_distilled(student)
    if distilled and not looks_fitted(student) and teacher is not None:
        refuse_dropped(student.teacher, "The student")
        if student.teacher is None and student.alpha > 0:
            return clone(student).set_params(teacher=teacher), None
    if teacher is not None:
        _check("teacher", teacher, "predict")
    elif not distilled:
        raise ValueError(
            f"teacher is None, and the student {type(student).__name__} has none: "
            f"{_PASS} A DistilledClassifier brings its own."
        )
    elif looks_fitted(student):
        _own_teacher(student)  # refused before anything else
    return student, teacher


def _check(name, model, *methods):
    """Refuse what is no classifier with these methods."""
    search = search_without_refit(model)
    if search is not None:
        raise no_refit(search, name)
    check_model(name, model, "classification", *methods)


def is_distilled(model):
    """Return whether a model is a DistilledClassifier, also inside a frozen one."""
    return isinstance(thawed(model), DistilledClassifier)


def needs_fit(student, teacher):
    """Return whether any of the two from :func:`complete` has yet to be fitted."""
    parts = [part for part in (student, teacher) if part is not None]
    return not all(map(looks_fitted, parts))


def models_of(student, teacher):
    """Give the two that answer, of fitted ones from :func:`complete`.

    Of a DistilledClassifier these are its ``student_``, which is complete by itself,
    and, where there is no other, its ``teacher_``.
    """
    if teacher is None:
        teacher = _own_teacher(student)
    return (thawed(student).student_ if is_distilled(student) else student), teacher


def _own_teacher(student):
    """Give the teacher of a fitted DistilledClassifier, if it predicts its labels."""
    student = thawed(student)
    refuse_dropped(student.teacher, "A cascade", _PASS)
    if student.teacher_ is None:
        raise ValueError(
            "The student was fitted without a teacher, by teacher_proba or at alpha=0: "
            f"{_PASS}"
        )
    if student.teacher_classes is not None:
        raise ValueError(
            "The student was fitted with teacher_classes="
            f"{show(student.teacher_classes)}: predict of its teacher may give codes. "
            "Pass a teacher whose predict gives labels: "
            "CascadeClassifier(student, teacher)."
        )
    return student.teacher_


def check_length(y, X):
    """Refuse labels of other rows: with two fitted models nothing else is read."""
    if y is not None and num_samples(as_column(y, "y")) != num_samples(X):
        raise ValueError(
            f"y has {num_samples(y)} labels, and X {num_samples(X)} rows. Pass one "
            "label a row, or none: student and teacher are fitted."
        )


def split_rows(rows, needed, seed):
    """Split rows into those to fit on and those to calibrate on.

    A quarter calibrates, 20 000 rows at most; more where the budget cannot be shown on
    so few, up to a half. They are drawn at random, and not spread over the classes.

    Parameters
    ----------
    rows : TransferSet
        Labelled rows.
    needed : int
        How many rows it takes to show the budget.
    seed : int
        Decides which.

    Returns
    -------
    train, calibration : TransferSet
        A class that has one row is in the first.

    Raises
    ------
    ValueError
        Where there is no row to calibrate on.
    """
    n_rows = len(rows)
    wanted = max(min(int(_SHARE * n_rows), _ENOUGH), needed)
    mask = held_out_mask(rows.hard, min(wanted, n_rows // 2), seed)
    if not mask.any():
        raise ValueError(
            f"n_samples={n_rows} is too few to fit a cascade: each class needs a row "
            "to fit on, and another row is needed to calibrate on."
        )
    return rows.take(~mask), rows.take(mask)


def fit_models(student, teacher, rows, seed, wants_weights, weights_of):
    """Fit what is not fitted yet of the two from :func:`complete`.

    Parameters
    ----------
    student, teacher
        As from there.
    rows : TransferSet
        Rows to fit on.
    seed : int
        For what the user has left unseeded.
    wants_weights : bool
        Whether the student takes the weights of the rows.
    weights_of : callable
        Gives for some teachers, and weights, their parameters of ``fit``.

    Returns
    -------
    student, teacher : estimator
        Fitted; the teacher is None where it is that of the student.
    """
    fits_student = not looks_fitted(student)
    fits_teacher = teacher is not None and not looks_fitted(teacher)
    own = rows if wants_weights else replace(rows, weight=np.ones(len(rows)))
    if fits_student:
        student = make_student(student, own, SoftTerm(0.0, 1.0, "kl"), seed)
    if fits_teacher:
        teacher = _seeded_teacher(teacher, seed)
    if fits_student:  # from here on it may take long
        student = fit_student(student, own, None)
    if fits_teacher:
        every = np.arange(len(rows))
        (weights,) = weights_of([teacher], rows.weight)
        context = Context(seed=seed)
        teacher, _ = fit_teacher(teacher, rows, weights, every, context, "teacher")
        teacher = as_public(teacher)
    return student, teacher


def _seeded_teacher(teacher, seed):
    """Check an unfitted teacher, and give a seeded clone."""
    refuse_unusable_parts(teacher, "teacher", _no_estimator)
    validate_all_params(parts_of(teacher))
    return seed_unset(clone(teacher), seed)


def _no_estimator(part):
    return f"{type(part).__name__} has no fit: pass classifiers of scikit-learn's kind."
