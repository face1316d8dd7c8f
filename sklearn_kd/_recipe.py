"""The steps of ``DistilledClassifier.fit``, each on what the ones before it found."""

import copy
import warnings
from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv

from sklearn_kd._columns import is_frame
from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._random import contained_draws, seed_unset
from sklearn_kd._threshold import check_threshold
from sklearn_kd._validation import check_labels, check_rows, encode_labels
from sklearn_kd.losses import LOSSES
from sklearn_kd.students import (
    TransferSet,
    check_student,
    fit_student,
    is_linear,
    last_step,
    resolve_student,
)
from sklearn_kd.targets import SoftTargets
from sklearn_kd.teachers import (
    Context,
    Lesson,
    check_teacher,
    default_teachers,
    fit_booster,
    fit_calibrator,
    label_until,
    smooth,
    student_wants_weights,
)
from sklearn_kd.transfer import check_unlabeled, draw_rows, resolve_sampler

#: Weight of the small booster beside a teacher whose memory cannot be told.
BOOSTER_WEIGHT = 0.2

#: Shares of a time limit after which no more synthetic and no more unlabelled rows are
#: labelled: encoding and training need the rest.
LABELLING_SHARE, UNLABELED_SHARE = 0.4, 0.5


def read_lesson(distilled, X, y, sample_weight):
    """Check the labelled rows; give them, and their weights."""
    X = check_rows(distilled, X, reset=True)
    y, weight, classes = check_labels(distilled, X, y, sample_weight)
    distilled.classes_ = classes
    return Lesson(X, y, encode_labels(y, classes), weight > 0, classes), weight


def make_student(distilled, seed, weighted):
    """Check the student, and give a seeded clone."""
    student = resolve_student(distilled.student)
    check_student(
        student,
        learns_softly=distilled.alpha > 0,
        temperature=distilled.temperature,
        loss=distilled.loss,
        weighted=weighted,
    )
    if distilled.alpha > 0:
        LOSSES[distilled.loss].check_classes(len(distilled.classes_))
    return seed_unset(clone(student), seed)


def make_teachers(distilled, X, teacher_proba):
    """Check the teachers, and give them as a list."""
    names = ["teacher", "cv", "teacher_weights", "teacher_classes"]
    given = [name for name in names if getattr(distilled, name) is not None]
    if teacher_proba is not None and given:
        raise ValueError(
            "teacher_proba already says what the teacher knows: leave "
            f"{' and '.join(given)} at None, or do not pass teacher_proba."
        )
    check_threshold(distilled, teacher_proba)
    if distilled.teacher is None:
        asked = teacher_proba is None and distilled.alpha > 0
        return default_teachers(X) if asked else []
    several = isinstance(distilled.teacher, (list, tuple))
    teachers = list(distilled.teacher) if several else [distilled.teacher]
    if not teachers:
        raise ValueError("teacher is an empty list: pass at least one teacher.")
    for teacher in teachers:
        check_teacher(teacher)
    return teachers


def find_rows(distilled, student, X, X_unlabeled, teacher_proba, seed):
    """Find out which rows without a label there will be.

    Returns
    -------
    sampler or None
        Seeded; None makes no synthetic rows.
    X_unlabeled : {ndarray, CSR matrix, DataFrame} or None
        Checked.
    """
    if distilled.alpha == 0:
        return None, None
    X_unlabeled = _check_unlabeled(distilled, X, X_unlabeled, teacher_proba)
    transfer = distilled.transfer
    if teacher_proba is not None and transfer is not None:
        if not (isinstance(transfer, str) and transfer == "auto"):
            raise ValueError(
                f"transfer={transfer!r} makes rows to ask a teacher about, and "
                "teacher_proba answers for X only: pass the teacher, or use "
                'transfer="auto" or None.'
            )
        transfer = None
    report = Context(verbose=distilled.verbose).report
    # it is pulled to where the made rows are, and away from the real ones
    if isinstance(transfer, str) and transfer == "auto" and is_linear(student):
        report("no synthetic rows: the student is linear")
        transfer = None
    return resolve_sampler(transfer, X, seed=seed, report=report), X_unlabeled


def _check_unlabeled(distilled, X, X_unlabeled, teacher_proba):
    rows = check_unlabeled(X_unlabeled, X)
    if rows is None:
        return None
    if teacher_proba is not None:
        raise ValueError(
            "X_unlabeled needs a teacher to ask, and teacher_proba answers for X "
            "only: pass the teacher, or leave X_unlabeled out."
        )
    return _like_training_rows(distilled, rows, "X_unlabeled")


def _like_training_rows(distilled, rows, name):
    try:
        return check_rows(distilled, rows, reset=False)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def split_folds(distilled, lesson, groups, seed):
    """Split the labelled rows for cross-fitting; None without ``cv``."""
    if distilled.cv is None:
        if groups is not None:
            raise ValueError("groups are for the splitter of cv, and cv is None.")
        return None
    splitter = check_cv(distilled.cv, lesson.y, classifier=True)
    if getattr(splitter, "random_state", seed) is None:
        splitter = copy.copy(splitter)
        splitter.random_state = seed
    return list(splitter.split(lesson.X, lesson.y, groups))


def wants_held_out(distilled, sampler):
    """Say whether it has to be known who did not see a row, or may be: "auto"."""
    if not distilled.cross_fit:
        return False
    if distilled.calibration is not None:
        return True
    if sampler is None:
        return False
    return "auto" if distilled.cross_fit == "auto" else True


def make_context(distilled, seed, deadline):
    """Gather what the whole teacher stage shares."""
    return Context(
        distilled.memory,
        distilled.n_jobs,
        distilled.verbose,
        seed=None if distilled.random_state is None else seed,
        deadline=deadline,
    )


def calibrated(distilled, knowledge, lesson):
    """Let a calibrator change what the teachers answer, where one is wanted."""
    method = distilled.calibration
    if method is None or distilled.alpha == 0:
        return knowledge
    calibrate = fit_calibrator(method, knowledge.held_out_proba, lesson)
    return replace(knowledge, calibrate=calibrate)


def labelled_rows(distilled, lesson, weight, knowledge):
    """Put the labelled rows together; those of weight 0 are left out.

    Their soft targets come from those who did not see them, where there are such.
    """
    if not student_wants_weights(distilled, weight):
        weight = np.ones_like(weight)
    soft, proba = None, knowledge.held_out_proba
    if proba is None:
        proba = knowledge.proba
    if proba is not None:
        told = proba.sum(axis=1) > 0
        proba = np.where(told[:, None], proba, knowledge.proba)
        soft = SoftTargets(
            proba,
            lesson.classes,
            distilled.alpha,
            distilled.temperature,
            distilled.loss,
        )
    every = np.arange(len(weight))
    rows = TransferSet(lesson.X, lesson.codes, weight, lesson.classes, soft, every)
    return rows.take(lesson.present)


def add_synthetic(distilled, train, validation, sampler, knowledge, lesson, seed):
    """Make rows from the training rows, label them, and add them.

    What becomes of the training rows themselves: with soft targets from those who did
    not see them they stay. Otherwise their labels stay, at the weight of the hard term,
    and their soft targets, which repeat the labels, do not.

    Returns
    -------
    train, validation : TransferSet
        Both with the booster's vote in their soft targets.
    """
    if sampler is None:
        return train, validation
    context = knowledge.context
    made = draw_rows(sampler, train.X, seed)
    if (is_frame(train.X) or is_frame(made.X)) and type(made.X) is not type(train.X):
        raise TypeError(
            f"{type(sampler).__name__}.sample() must return rows of the type that fit "
            f"got, {type(train.X).__name__}, got {type(made.X).__name__}."
        )
    X_new = _like_training_rows(distilled, made.X, "The rows made by the sampler")
    order = np.arange(len(made.source))
    if context.deadline.limited:  # whatever is labelled in time is a fair sample
        order = np.random.default_rng(seed).permutation(len(order))
        X_new = safe_indexing(X_new, order)
    source = made.source[order]
    held_out = knowledge.choose_cross_fit(
        distilled.cross_fit, lesson, made.neighbors, train.origin, train.weight
    )
    proba = label_until(
        knowledge,
        X_new,
        train.origin[source],
        lesson.classes,
        held_out,
        LABELLING_SHARE,
    )
    X_new = _labelled_part(distilled, X_new, proba, "synthetic rows")
    source = source[: len(proba)]
    known = "" if made.n_duplicates is None else f"{made.n_duplicates} of them known"
    context.report(f"{len(proba)} synthetic rows labelled {known}".rstrip())
    weight = distilled.alpha * distilled.transfer_weight * train.weight[source]
    share = distilled.booster_weight
    if share == "auto":
        needed = knowledge.held_out_proba is None and context.deadline.left() > 0
        share = BOOSTER_WEIGHT if needed else 0
    booster = None
    if share > 0:
        booster = fit_booster(train.X, train.y, train.weight, seed, context)
    if booster is not None:
        proba = smooth(proba, booster.label(X_new, lesson.classes, context), share)
        train, validation = (
            rows
            and rows.with_proba(
                smooth(
                    rows.soft.proba,
                    booster.label(rows.X, lesson.classes, context),
                    share,
                )
            )
            for rows in (train, validation)
        )
    if knowledge.held_out_proba is None:
        train = train.keep_hard_term()
    return train.append(*_told(X_new, proba, weight, "synthetic rows")), validation


def add_unlabeled(distilled, train, X_unlabeled, knowledge, seed):
    """Label the unlabelled rows and add them, with the soft term only."""
    if X_unlabeled is None:
        return train
    if knowledge.context.deadline.limited:
        order = np.random.default_rng(seed).permutation(num_samples(X_unlabeled))
        X_unlabeled = safe_indexing(X_unlabeled, order)
    whole = [False] * len(knowledge.asked)
    proba = label_until(
        knowledge, X_unlabeled, None, train.classes, whole, UNLABELED_SHARE
    )
    X_unlabeled = _labelled_part(distilled, X_unlabeled, proba, "rows of X_unlabeled")
    weight = np.full(len(proba), distilled.alpha * distilled.transfer_weight)
    return train.append(*_told(X_unlabeled, proba, weight, "rows of X_unlabeled"))


def _labelled_part(distilled, X, proba, name):
    """Cut off the rows that were not labelled in time."""
    n_rows = num_samples(X)
    if len(proba) == n_rows:
        return X
    warnings.warn(
        f"time_limit={distilled.time_limit:g}: {len(proba)} of {n_rows} {name} were "
        "labelled in time, and the student learns from these. Raise the limit, or "
        "pass fewer rows or transfer=MungeSampler(n_samples).",
        UserWarning,
        stacklevel=4,
    )
    return safe_indexing(X, slice(len(proba)))


def _told(X, proba, weight, name):
    """Leave out rows on which the teacher says nothing about our classes."""
    told = np.flatnonzero(proba.sum(axis=1) > 0)
    if len(told) == len(proba):
        return X, proba, weight
    warnings.warn(
        f"The teacher puts all mass on classes that are not in y for "
        f"{len(proba) - len(told)} of {len(proba)} {name}: they are left out.",
        UserWarning,
        stacklevel=4,
    )
    return safe_indexing(X, told), proba[told], weight[told]


def train_student(student, train, validation, seed, deadline):
    """Train a clone of the student in what time is left, or its own if that is less."""
    student = clone(student)
    last = last_step(student)
    params = last.get_params(deep=False)
    if deadline.limited and "time_limit" in params:
        limits = [max(deadline.left(), 1e-3), params["time_limit"]]
        last.set_params(time_limit=min(filter(None, limits)))
    with contained_draws(seed, student):
        return fit_student(student, train, validation)


def warn_if_plain_is_better(distilled, student, train, validation, seed):
    """Train the same student on the labels alone, and compare the two.

    Warns
    -----
    UserWarning
        When its log loss on the validation rows is lower by more than the noise.
    """
    plain = clone(student)
    with contained_draws(seed, plain):
        fit_student(plain, replace(train, soft=None), replace(validation, soft=None))
    with_teacher, without = (
        _row_losses(model, validation) for model in (distilled.student_, plain)
    )
    gain = with_teacher - without
    mean = np.average(gain, weights=validation.weight)
    error = gain.std() / np.sqrt(len(gain))
    if mean > 1.645 * error:
        warnings.warn(
            f"On {len(gain)} validation rows the log loss of the same student without "
            f"a teacher is lower by {mean:.4f} (standard error {error:.4f}). Lower "
            "alpha, pass the teacher unfitted with cv=, or do without a teacher.",
            UserWarning,
            stacklevel=3,
        )


def _row_losses(model, rows):
    """Log loss of each row."""
    proba = model.predict_proba(rows.X)
    place = np.searchsorted(model.classes_, rows.y)
    at = np.minimum(place, len(model.classes_) - 1)
    known = model.classes_[at] == rows.y
    truth = np.where(known, proba[np.arange(len(at)), at], 0)
    return -np.log(np.clip(truth, np.finfo(np.float32).eps, 1))


def check_comparison(distilled, validation):
    """Refuse to compare students without rows to compare them on."""
    if distilled.warn_if_worse and validation is None:
        raise ValueError(
            "warn_if_worse=True compares log losses on validation rows, and there are "
            "none: use a student with early_stopping=True and enough rows, such as "
            "MLPStudent()."
        )
