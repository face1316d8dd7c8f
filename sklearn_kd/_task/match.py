"""Errors and warnings for teachers whose predictions do not fit the labels."""

import math

import numpy as np

from sklearn_kd._messages import show, warn
from sklearn_kd._task.proba import plain_label

#: Mean mass on classes outside ``y`` that is taken for a few strange rows.
MAX_OUTSIDE = 0.05

#: Mean mass on classes that a fold lacks, from which on it is worth a warning. On rows
#: of other classes it is what the teacher confuses with them.
MUCH_ABSENT = 0.25

#: Absent classes that a message names.
_NAMED = 10

_HINT = (
    "Was y re-encoded by a wrapper (one-vs-rest, bagging, stacking, voting)? Inside "
    "one, use an unfitted teacher. If the teacher's labels are merely spelled "
    "otherwise, give y in its spelling."
)

#: Of more rows, a random sample is scored.
SCORED_ROWS = 500_000


def check_match(proba, outside, known, codes, classes, *, name, absent=None):
    """Compare a teacher that was fitted elsewhere with the labels of the training rows.

    Wrappers that re-encode ``y`` (one-vs-rest, bagging, stacking, voting) hand other
    labels on than the teacher was fitted on. With integers that raises no error and
    ruins the student, so it is tested here.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Its aligned probabilities of labelled rows.
    outside : ndarray of shape (n_samples,), float64
        Mass on classes that are not ours, before it was removed.
    known : ndarray of shape (n_classes,), bool
        Which of our classes the teacher has.
    codes : ndarray of shape (n_samples,), int
        The labels of these rows, as positions in `classes`.
    classes : ndarray of shape (n_classes,)
        Our labels.
    name : str
        What the messages call the teacher.
    absent : dict of object to float, or None, default=None
        Where the user has named the columns, the mean mass of each one that is not
        among our classes: a fold may lack a class. None takes classes that are not ours
        for a sign of another encoding.

    Raises
    ------
    ValueError
        When the teacher lacks more than half of our classes, or when its mean mass
        on classes that are not ours exceeds 5 %. By `absent`, when it lacks one
        of our classes and a class that is not ours has mass.

    Warns
    -----
    UserWarning
        When the mass of classes that `absent` names exceeds 25 %; without `absent`,
        when it lacks one of our classes and a class that is not ours has mass; and
        when the probability of the true label is no better than that of labels drawn
        at random.
    """
    if absent is not None:
        _refuse_shifted(known, classes, absent, name)
    _refuse_unknown(known, classes, name)
    outside = float(outside.mean())
    if absent is not None and outside > MUCH_ABSENT:
        shares = [f"{show(label)} ({share:.1%})" for label, share in absent.items()]
        warn(
            f"{name} has {outside:.1%} of its mass on classes that no row of y has: "
            f"{', '.join(shares[:_NAMED])}. The other classes share it in proportion. "
            "Where y is a fold, use folds that have all classes, such as those of "
            "StratifiedKFold.",
        )
    elif absent is None and outside > MAX_OUTSIDE:
        raise ValueError(
            f"{name} puts {outside:.1%} of its mass on classes that are not in y "
            f"({MAX_OUTSIDE:.0%} are allowed). {_HINT}"
        )
    elif absent is None and outside > 0 and not known.all():
        missing = classes[~known]
        warn(
            f"{name} lacks the class {show(missing[0])}, and puts "
            f"{outside:.2%} of its mass on classes that are not in y. {_HINT}",
        )
    rows = np.arange(len(codes))
    if len(rows) > SCORED_ROWS:
        rows = np.random.default_rng(0).choice(rows, SCORED_ROWS, replace=False)
    score = permutation_score(proba[rows], codes[rows])
    if score < 1.645:
        warn(
            f"{name} gives the true labels no higher probability than labels drawn at "
            f"random (z = {score:.2f}). {_HINT}",
        )


def check_known(teacher, classes, given_classes):
    """Refuse a fitted teacher whose labels are others, before it predicts.

    Parameters
    ----------
    teacher : object
        One that looks fitted.
    classes : ndarray of shape (n_classes,)
        Our labels.
    given_classes : array-like or None
        ``teacher_classes`` of the user.

    Raises
    ------
    ValueError
        When more than half of our classes are not among its labels, and for
        ``teacher_classes`` that are no distinct labels in one dimension.
    """
    labels = getattr(teacher, "classes_", None)
    name = f"The fitted teacher {type(teacher).__name__}"
    if given_classes is not None:
        labels = _distinct(given_classes)
        name += ", by teacher_classes,"
    if labels is None or np.ndim(labels[0] if len(labels) else 0) > 0:
        return  # there are none yet, or several outputs: an error of its own
    known = {plain_label(label) for label in labels}
    known = np.array([plain_label(label) in known for label in classes])
    _refuse_unknown(known, classes, name)


def _distinct(given_classes):
    """Check the labels that the user passed."""
    try:
        labels = np.asarray(given_classes)
        if labels.ndim == 1 and len(set(labels.tolist())) == len(labels) > 0:
            return given_classes
    except (TypeError, ValueError):  # of different lengths, or lists
        pass
    raise ValueError(
        "teacher_classes must be distinct labels in one dimension, one for each class "
        f"of the teacher, got {show(given_classes)}."
    )


def _refuse_shifted(known, classes, absent, name):
    """Refuse columns of which some are no classes, while a class has no column.

    A fold may lack classes, and then the columns name more than there are. Where labels
    were numbered anew, other classes go by the names of the columns.
    """
    missing = classes[~known].tolist()
    strange = [label for label, share in absent.items() if share > 0]
    if missing and strange:
        raise ValueError(
            f"{name} has no column for {_named('the class', missing)} of y, and mass "
            f"in {_named('the column', strange)}, which no row of y has: were the "
            "classes numbered anew? "
            'cross_val_predict(method="predict_proba") numbers them 0, 1, 2, ... in '
            "sorted order: name the columns so there. For a class that the teacher "
            "lacks, add a column of zeros."
        )


def _named(noun, labels):
    """Write one label, or a few of many, behind their noun."""
    if len(labels) == 1:
        return f"{noun} {show(labels[0])}"
    plural = "columns" if noun.endswith("column") else "classes"
    return f"the {plural} {show(labels[:_NAMED])}"


def _refuse_unknown(known, classes, name):
    missing = classes[~known]
    if 2 * len(missing) > len(classes):
        raise ValueError(
            f"{name} lacks {len(missing)} of the {len(classes)} classes in y, "
            f"among them {show(missing[0])}. {_HINT}"
        )


def permutation_score(proba, codes):
    """Measure by how much the true labels are more probable than permuted ones.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Class probabilities.
    codes : ndarray of shape (n_samples,), int
        Labels.

    Returns
    -------
    float
        The mean probability of the true label, minus its expectation under a random
        permutation of the labels, in standard deviations of that permutation; infinity
        where no permutation changes anything.

    Notes
    -----
    Mean and variance of the permutation distribution are exact.

    References
    ----------
    Hoeffding, "A Combinatorial Central Limit Theorem", 1951.
    :doi:`10.1214/aoms/1177729545`
    """
    n_samples = len(proba)
    proba = proba.astype(np.float64)
    share = np.bincount(codes, minlength=proba.shape[1]) / n_samples
    observed = proba[np.arange(n_samples), codes].mean()
    by_row, by_class = proba @ share, proba.mean(axis=0)
    expected = by_class @ share
    residual = proba - by_row[:, None] - by_class + expected
    variance = (residual**2 @ share).sum() / max(n_samples - 1, 1) / n_samples
    if variance <= 1e-24:
        return math.inf
    return float((observed - expected) / math.sqrt(variance))


def fill_rows_without_prediction(proba, codes, *, name):
    """Use the labels for rows where a teacher predicts none of our classes.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float32
        Aligned probabilities; rows without mass on our classes are zero.
    codes : ndarray of shape (n_samples,), int
        The labels of these rows.
    name : str
        What the warning calls the teacher.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        Rows that sum to 1.

    Warns
    -----
    UserWarning
        With the number of such rows.
    """
    without = np.flatnonzero(~(proba.sum(axis=1) > 0))
    if len(without):
        proba = proba.copy()  # calibrators are not to learn from labels
        proba[without, codes[without]] = 1
        warn(
            f"{name} puts all mass on classes that are not in y for {len(without)} of "
            f"{len(proba)} rows: their label is their soft target.",
        )
    return proba
