"""What is settled before a teacher is fitted or asked, which may take hours.

Rows, labels, student, teachers, sampler and parameters are checked, validation rows are
split off, and synthetic rows are drawn.
"""

import copy
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import PredefinedSplit, check_cv

from sklearn_kd._compat import safe_indexing, validate_all_params
from sklearn_kd._estimators.strangers import refuse_strangers
from sklearn_kd._messages import printable, show, with_message
from sklearn_kd._parameters import plain_number
from sklearn_kd._recipe.threshold import check_threshold
from sklearn_kd._run.budget import most_synthetic
from sklearn_kd._run.random import seed_unset
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.frames import same_container
from sklearn_kd._tables.rows import check_groups, check_rows
from sklearn_kd._tables.taking import take_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.weights import with_finite_sums
from sklearn_kd._task.labels import check_labels, encode_labels
from sklearn_kd.losses import LOSSES
from sklearn_kd.students import (
    TransferSet,
    check_dates,
    check_student,
    is_linear,
    resolve_student,
)
from sklearn_kd.teachers import (
    Context,
    Lesson,
    check_folds,
    check_index,
    check_known,
    check_memory,
    check_teacher,
    check_weights,
    default_teachers,
    fit_parameters,
    fold_positions,
    is_surely_fitted,
    looks_fitted,
    may_be_bagged,
    no_calibration,
    no_cross_fit,
    no_folds,
    no_refit,
    search_without_refit,
    student_wants_weights,
)
from sklearn_kd.transfer._choice import check_transfer, choose_sampler
from sklearn_kd.transfer._draw import draw_rows
from sklearn_kd.transfer._unlabeled_check import check_unlabeled


def read_lesson(distilled, X, y, sample_weight, teacher_proba):
    """Check the labelled rows, and drop those of weight 0."""
    if distilled.alpha > 0:
        check_transfer(distilled.transfer, X)
    X = check_rows(distilled, X, reset=True)
    y, weight, classes = check_labels(distilled, X, y, sample_weight)
    check_index(teacher_proba, X)  # while X has all rows
    distilled.classes_ = classes
    n_given, given = len(y), np.flatnonzero(weight > 0)
    if len(given) < n_given:
        X, y, weight = take_rows(X, given), y[given], weight[given]
    weight = with_finite_sums(weight)
    return Lesson(X, y, encode_labels(y, classes), weight, classes, given, n_given)


def _instead(part):
    return (
        f"{type(part).__name__} has no fit, and a student is fitted. Use MLPStudent(), "
        "or a classifier with sample weights such as LogisticRegression."
    )


def make_student(distilled, lesson, seed):
    """Check the student, and give a seeded clone."""
    student = resolve_student(distilled.student)
    search = search_without_refit(student)
    if search is not None:
        raise no_refit(search, "student")
    refuse_strangers(student, "student", _instead)
    check_student(
        student,
        learns_softly=distilled.alpha > 0,
        temperature=distilled.temperature,
        loss=distilled.loss,
        weighted=bool((lesson.weight != 1).any()),
    )
    if distilled.alpha > 0:
        LOSSES[distilled.loss].check_classes(len(distilled.classes_))
    return seed_unset(clone(student), seed)


#: What messages call synthetic rows.
MADE = "The rows made by the sampler"


@dataclass(frozen=True)
class Teachers:
    """Who is to be asked, checked and not yet touched.

    Parameters
    ----------
    members : list of object
        Fitted and unfitted ones; empty where no teacher is used.
    weights : ndarray of shape (n_teachers,)
        Of each in the mean.
    fit_params : list of dict
        For each its row-wise ``fit`` parameters.
    """

    members: list
    weights: np.ndarray
    fit_params: list


def make_teachers(distilled, lesson, sample_weight, teacher_proba):
    """Check the teachers, and what they are fitted with."""
    members = _members(distilled, lesson, teacher_proba)
    check_dates(lesson.X, [*members, resolve_student(distilled.student)])
    if not members:
        return Teachers([], np.empty(0), [])
    weights = check_weights(distilled.teacher_weights, len(members))
    if distilled.alpha == 0:
        return Teachers([], weights, [])
    weight = None if sample_weight is None else lesson.weight
    return Teachers(members, weights, fit_parameters(distilled, members, weight))


def _check_untouched(distilled, teacher, classes):
    """Refuse a teacher, fitted or not, for what shows before it is asked."""
    if not looks_fitted(teacher):
        validate_all_params(teacher)
        return
    if distilled.cv is not None and is_surely_fitted(teacher):
        raise no_folds(teacher)
    check_known(teacher, classes, distilled.teacher_classes)


def _members(distilled, lesson, teacher_proba):
    names = ["teacher", "cv", "teacher_weights", "teacher_classes"]
    given = [name for name in names if getattr(distilled, name) is not None]
    if teacher_proba is not None and given:
        raise ValueError(
            "teacher_proba takes the place of a teacher: leave "
            f"{' and '.join(given)} at None, or do not pass teacher_proba."
        )
    check_threshold(distilled, teacher_proba)
    check_memory(distilled.memory)
    if distilled.teacher is None:
        asked = teacher_proba is None and distilled.alpha > 0
        if not asked:
            return []
        own = default_teachers(lesson.X, len(lesson.classes))
        return [below_hooks(teacher) for teacher in own]
    several = isinstance(distilled.teacher, (list, tuple))
    teachers = list(distilled.teacher) if several else [distilled.teacher]
    if not teachers:
        raise ValueError("teacher is an empty list: pass at least one teacher.")
    for teacher in teachers:
        check_teacher(teacher)
        if distilled.alpha > 0:
            _check_untouched(distilled, teacher, lesson.classes)
    return teachers


def check_out_of_sample(distilled, teachers, sampler):
    """Refuse what needs out-of-sample soft targets where there cannot be any.

    With ``cv`` there are; without, a teacher has to be of a kind that has members.
    """
    if distilled.cv is not None or distilled.alpha == 0:
        return
    method, members = distilled.calibration, teachers.members
    strange = [teacher for teacher in members if not may_be_bagged(teacher)]
    if method is not None and (strange or not members or not distilled.cross_fit):
        raise no_calibration(method)
    always = not isinstance(distilled.cross_fit, str) and distilled.cross_fit
    if always and sampler is not None and strange:
        raise no_cross_fit(strange[0])


def find_rows(distilled, student, lesson, X_unlabeled, teacher_proba, seed):
    """Find out which rows without a label there will be.

    Returns
    -------
    sampler or None
        Seeded; None makes no synthetic rows.
    X_unlabeled : {ndarray, CSR matrix, DataFrame} or None
        Checked.
    unreadable : Exception or None
        Why "auto" makes no rows of columns that a pipeline may read.
    """
    if distilled.alpha == 0:
        return None, None, None
    X_unlabeled = _check_unlabeled(distilled, lesson, X_unlabeled, teacher_proba)
    sampler, reason = choose_sampler(
        distilled.transfer,
        lesson.X,
        linear=is_linear(student),
        labelled=teacher_proba is None,
        seed=seed,
        report=Context(verbose=distilled.verbose).report,
    )
    return sampler, X_unlabeled, reason if isinstance(reason, Exception) else None


def warn_of_unreadable(unreadable):
    """Say that "auto" makes no rows, where teacher and student have read X."""
    if unreadable is not None:
        warnings.warn(
            f'transfer="auto" makes no synthetic rows: {unreadable} Where that happens '
            "in front of this estimator, rows are made. To do without them, pass "
            "transfer=None; further rows are welcome as X_unlabeled.",
            UserWarning,
            stacklevel=4,
        )


def _check_unlabeled(distilled, lesson, X_unlabeled, teacher_proba):
    rows = check_unlabeled(X_unlabeled, lesson.X, lesson.n_given)
    if rows is None:
        return None
    if teacher_proba is not None:
        raise ValueError(
            "X_unlabeled needs a teacher, and teacher_proba is for the rows of X only: "
            "pass the teacher, or leave X_unlabeled out."
        )
    return _like_training_rows(distilled, rows, "X_unlabeled")


def _like_training_rows(distilled, rows, name):
    try:
        return check_rows(distilled, rows, reset=False)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def split_folds(distilled, lesson, groups, seed):
    """Split the labelled rows for cross-fitting; None without ``cv``."""
    if distilled.alpha == 0 or distilled.cv is None:
        return None
    if groups is not None:
        groups = np.asarray(as_column(groups, "groups"))[lesson.given]
    splitter = distilled.cv
    if isinstance(splitter, type):
        raise TypeError(
            f"cv is the class {splitter.__name__}: pass an instance, "
            f"{splitter.__name__}()."
        )
    # strings have a split of their own
    is_splitter = hasattr(splitter, "split") and hasattr(splitter, "get_n_splits")
    if isinstance(splitter, Iterable) and not is_splitter:
        # scikit-learn would unpack what may be no pairs
        return check_folds(_without_absent(splitter, lesson), len(lesson.y))
    try:
        splitter = check_cv(splitter, lesson.y, classifier=True)
        if getattr(splitter, "random_state", seed) is None:
            splitter = copy.copy(splitter)
            splitter.random_state = seed
        if isinstance(splitter, PredefinedSplit):
            splits = list(_without_absent(splitter.split(), lesson))
        else:
            splits = list(splitter.split(lesson.X, lesson.y, groups))
    except (TypeError, ValueError) as error:
        raise with_message(
            error,
            f"cv={show(distilled.cv)} cannot split the {len(lesson.y)} labelled rows: "
            f"{printable(error)}",
        ) from error
    return check_folds(splits, len(lesson.y))


def _without_absent(splits, lesson):
    """Turn positions among the rows that ``fit`` got into those of the lesson."""
    place = np.full(lesson.n_given, -1)
    place[lesson.given] = np.arange(len(lesson.given))
    for split in fold_positions(splits, lesson.n_given):
        train, test = (place[part][place[part] >= 0] for part in split)
        if len(test):
            yield train, test


def labelled_rows(distilled, lesson, groups):
    """Put the labelled rows together, without soft targets yet."""
    present = np.zeros(lesson.n_given, dtype=bool)
    present[lesson.given] = True
    groups = check_groups(groups, present)
    weight = lesson.weight
    if not student_wants_weights(distilled, weight):
        weight = np.ones_like(weight)
    every = np.arange(len(weight))
    return TransferSet(
        lesson.X, lesson.codes, weight, lesson.classes, None, every, groups
    )


def draw_synthetic(distilled, train, sampler, seed):
    """Make rows from the training rows; no teacher has been asked yet.

    Returns
    -------
    SyntheticRows or None
        With the rows in a random order where there is a time limit: whatever is
        labelled in time is then a fair sample.
    """
    if sampler is None:
        return None
    most = most_synthetic(
        len(train.codes),
        1 if is_text(train.X) else train.X.shape[1],
        len(train.classes),
        plain_number(distilled.time_limit),
    )
    made = draw_rows(sampler, train.X, seed, most)
    if not same_container(train.X, made.X):
        raise TypeError(
            f"{type(sampler).__name__}.sample() must return rows of the type that fit "
            f"got, {type(train.X).__name__}, got {type(made.X).__name__} (of "
            f"{type(made.X).__module__.partition('.')[0]})."
        )
    X_new = _like_training_rows(distilled, made.X, MADE)
    if distilled.time_limit is None:
        return replace(made, X=X_new)
    order = np.random.default_rng(seed).permutation(len(made.source))
    return replace(made, X=safe_indexing(X_new, order), source=made.source[order])


def rows_without_labels(X_unlabeled, made):
    """Gather the rows without a label that there are, by what messages call them."""
    rows = {"X_unlabeled": X_unlabeled, MADE: None if made is None else made.X}
    return {name: X for name, X in rows.items() if X is not None}
