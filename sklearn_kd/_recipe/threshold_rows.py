"""The rows on which a student's threshold is found: it flags its teacher's share."""

from dataclasses import replace

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._messages import warn
from sklearn_kd._rows import rows_without_label
from sklearn_kd._tables.taking import read_rows, take_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd.teachers import with_out_of_bag
from sklearn_kd.transfer import MungeSampler
from sklearn_kd.transfer._draw import draw_rows

#: Rows that are made to find a threshold on where the student learns from none, and
#: rows that the student predicts at a time.
MADE_ROWS, CHUNK = 10_000, 100_000

#: Share of a time limit after which the teacher predicts no more of them.
LABELLED_SHARE = 0.5


def draw_compared(wanted, labelled, further, seed):
    """Make rows to find a threshold on, where the student will learn from none.

    Returns
    -------
    TransferSet or None
        None where there is no need, and where none can be made: of sparse rows, texts,
        and columns that the sampler does not take.
    """
    if wanted != "teacher" or further:
        return None
    if issparse(labelled.X) or is_text(labelled.X):
        return None
    n_rows = len(labelled)
    sources = np.arange(n_rows)
    if n_rows > MADE_ROWS:  # to find neighbours among all would take longest
        generator = np.random.default_rng(seed)
        sources = np.sort(generator.choice(n_rows, MADE_ROWS, replace=False))
    X = read_rows(take_rows(labelled.X, sources))
    sampler = MungeSampler(min(MADE_ROWS, 20 * n_rows), random_state=seed)
    try:
        X_new, source, _ = draw_rows(sampler, X, seed)
    except (TypeError, ValueError):  # the student may have a pipeline for its columns
        return None
    origin = sources[source]
    return rows_without_label(X_new, labelled.task, labelled.weight[origin], origin)


def compared_rows(rows, labelled, drawn, teachers, present):
    """Find out which rows the teacher flags.

    A teacher is overconfident on the rows that it was fitted on, and may flag more of
    them than of new rows. So these are rows without a label: those in the transfer set,
    or else rows made for this purpose. Where there are none, they are the labelled
    rows, with out-of-fold or out-of-bag predictions where there are such.

    Parameters
    ----------
    rows : TransferSet
        All that the student learns from.
    labelled : TransferSet
        All labelled rows.
    drawn : TransferSet or None
        From :func:`draw_compared`.
    teachers : Teachers
        With the threshold of its only member, or without any.
    present : Present
        Which the labelled rows are of those that ``fit`` got.

    Returns
    -------
    compared : TransferSet or None
        Rows with ``flagged``. None where no threshold is handed on, or none but that of
        the most probable class.
    kind : str or None
        What they are, for messages.

    Warns
    -----
    UserWarning
        Where the teacher cannot predict synthetic rows.
    """
    if teachers.flags is None or teachers.flags.is_argmax:
        return None, None
    if rows.n_without_label:
        return rows.take(~rows.has_label), "rows without a label"
    if drawn is not None:
        compared = _labelled_by(teachers, drawn)
        if compared is not None:
            return compared, "synthetic rows"
    one = teachers.members[0]
    if one.out_of_sample_outputs is None:
        one = with_out_of_bag(one, labelled, present, teachers.context)
    outputs = one.outputs
    if one.out_of_sample_outputs is not None:
        has_prediction = labelled.task.has_prediction(one.out_of_sample_outputs)
        outputs = np.where(has_prediction[:, None], one.out_of_sample_outputs, outputs)
    return replace(labelled, flagged=teachers.flagged(outputs)), "labelled rows"


def _labelled_by(teachers, drawn):
    """Label rows that were made for it; None where the teacher raises."""
    try:
        outputs = teachers.label_until(LABELLED_SHARE, drawn)
    except Exception as error:  # whatever a teacher of any kind may raise
        name = type(teachers.members[0].teacher).__name__
        warn(
            "The threshold is found on the labelled rows, where a teacher may flag "
            f"more than on new ones: for synthetic rows, the teacher {name} "
            f"raises {type(error).__name__}: {error} Pass further rows as X_unlabeled, "
            "or the threshold as a number.",
        )
        return None
    return replace(drawn.first(len(outputs)), flagged=teachers.flagged(outputs))


def share_of(compared):
    """Give the share of rows that the teacher flags, by weight."""
    return float(np.average(compared.flagged, weights=compared.weight))


def threshold_of(student, column, compared):
    """Find the threshold at which a student flags as many rows as its teacher.

    Parameters
    ----------
    student : estimator
        Fitted.
    column : int
        Of the class that the threshold is for.
    compared : TransferSet
        On which the teacher's share is met.

    Returns
    -------
    float
        The threshold.
    """
    n_rows = len(compared)
    proba = [
        student.predict_proba(
            read_rows(
                take_rows(compared.X, np.arange(start, min(start + CHUNK, n_rows)))
            )
        )[:, column]
        for start in range(0, n_rows, CHUNK)
    ]
    share = share_of(compared)
    return threshold_for_share(np.concatenate(proba), share, compared.weight)


def threshold_for_share(proba, share, weight):
    """Find the threshold from which on a given share of rows is flagged.

    Parameters
    ----------
    proba : ndarray of shape (n_samples,), float
        Probabilities of the class that is flagged.
    share : float
        How many are to be flagged, by weight, in [0, 1].
    weight : ndarray of shape (n_samples,), float
        Row weights, above 0.

    Returns
    -------
    float
        Half way between the least probability that is flagged and the greatest that is
        not; what is equal is flagged together, so the share is met as nearly as ties
        allow. Above all probabilities where nothing is to be flagged, if need be above
        1.
    """
    values, place = np.unique(proba, return_inverse=True)
    mass = np.bincount(place, weights=weight, minlength=len(values))
    flagged = np.r_[np.cumsum(mass[::-1])[::-1], 0.0] / mass.sum()
    least = int(
        np.abs(flagged - share)[::-1].argmin()
    )  # the fewest, where equally near
    least = len(values) - least
    below = values[least - 1] if least else values.dtype.type(0)
    if least == len(values):
        above = max(values.dtype.type(1), np.nextafter(below, values.dtype.type(2)))
    else:
        above = values[least]
    # in the precision of the probabilities, since they are compared in that
    middle = values.dtype.type(below + (above - below) / 2)
    return float(middle if middle > below or not least else above)
