"""The rows on which a student's threshold is found: it flags its teacher's share."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._compat import num_samples
from sklearn_kd._tables.taking import read_rows, take_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd.teachers import label_until, with_members
from sklearn_kd.transfer import MungeSampler
from sklearn_kd.transfer._draw import draw_rows

#: Rows that are made to find a threshold on where the student learns from none, and
#: rows that the student is asked about at a time.
MADE_ROWS, CHUNK = 10_000, 100_000

#: Share of a time limit after which the teacher is asked about no more of them.
ASKED_SHARE = 0.5


@dataclass(frozen=True)
class ComparedRows:
    """Rows for which it is known whether the teacher flags them.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame, RowsInPlace} of shape (n_samples, n_features)
        The rows.
    flagged : ndarray of shape (n_samples,), bool
        Whether the teacher predicts the class that its threshold is for.
    weight : ndarray of shape (n_samples,), float
        Their weights.
    kind : str
        What they are, for messages.
    """

    X: object
    flagged: np.ndarray
    weight: np.ndarray
    kind: str

    @property
    def share(self):
        """The share of the rows that the teacher flags, by weight."""
        return float(np.average(self.flagged, weights=self.weight))


def draw_compared(distilled, labelled, made, X_unlabeled, seed):
    """Make rows to find a threshold on, where the student will learn from none.

    Returns
    -------
    SyntheticRows or None
        None where there is no need, and where none can be made: of sparse rows, texts,
        and columns that the sampler does not take.
    """
    others = made is not None or X_unlabeled is not None
    if distilled.decision_threshold != "teacher" or others:
        return None
    if issparse(labelled.X) or is_text(labelled.X):
        return None
    n_rows = num_samples(labelled.X)
    sources = np.arange(n_rows)
    if n_rows > MADE_ROWS:  # to find neighbours among all would take longest
        generator = np.random.default_rng(seed)
        sources = np.sort(generator.choice(n_rows, MADE_ROWS, replace=False))
    X = read_rows(take_rows(labelled.X, sources))
    sampler = MungeSampler(min(MADE_ROWS, 20 * n_rows), random_state=seed)
    try:
        drawn = draw_rows(sampler, X, seed)
    except (TypeError, ValueError):  # the student may have a pipeline for its columns
        return None
    return replace(drawn, source=sources[drawn.source])


def compared_rows(rows, labelled, drawn, knowledge, lesson):
    """Find out which rows the teacher flags.

    A teacher is overconfident on the rows that it was fitted on, and may flag more of
    them than of new rows. So these are rows without a label: those in the transfer set,
    or else rows made for this purpose. Where there are none, they are the labelled
    rows, with out-of-fold or out-of-bag answers where there are such.

    Parameters
    ----------
    rows : TransferSet
        All that the student learns from.
    labelled : TransferSet
        All labelled rows.
    drawn : SyntheticRows or None
        From :func:`draw_compared`.
    knowledge : Knowledge
        With the threshold of its only teacher, or without any.
    lesson : Lesson
        The labelled rows, as the teacher was asked about them.

    Returns
    -------
    ComparedRows or None
        None where no threshold is handed on, or none but that of the most probable
        class.

    Warns
    -----
    UserWarning
        Where the teacher cannot be asked about synthetic rows.
    """
    if knowledge.flags is None or knowledge.flags.is_argmax:
        return None
    without_label = np.flatnonzero(rows.origin < 0)
    if len(without_label):
        X = take_rows(rows.X, without_label)
        flagged, weight = rows.flagged[without_label], rows.weight[without_label]
        return ComparedRows(X, flagged, weight, "rows without a label")
    if drawn is not None:
        compared = _ask_about(drawn, labelled, knowledge)
        if compared is not None:
            return compared
    one = knowledge.asked[0]
    if one.held_out_proba is None:
        one = with_members(one, lesson, knowledge.context)
    answers = one.proba
    if one.held_out_proba is not None:
        has_prediction = one.held_out_proba.sum(axis=1) > 0
        answers = np.where(has_prediction[:, None], one.held_out_proba, one.proba)
    flagged = knowledge.flagged(answers)[labelled.origin]
    return ComparedRows(labelled.X, flagged, labelled.weight, "labelled rows")


def _ask_about(drawn, labelled, knowledge):
    """Ask the teacher about rows that were made for it; None where it raises."""
    try:
        answers = label_until(
            knowledge, drawn.X, None, labelled.classes, [False], ASKED_SHARE
        )
    except Exception as error:  # whatever a teacher of any kind may raise
        name = type(knowledge.asked[0].teacher).__name__
        warnings.warn(
            "The threshold is found on the labelled rows, where a teacher may flag "
            f"more than on new ones: asked about synthetic rows, the teacher {name} "
            f"raises {type(error).__name__}: {error} Pass further rows as X_unlabeled, "
            "or the threshold as a number.",
            UserWarning,
            stacklevel=5,
        )
        return None
    n_rows = len(answers)
    X = take_rows(drawn.X, np.arange(n_rows)) if n_rows < len(drawn.source) else drawn.X
    weight = labelled.weight[drawn.source[:n_rows]]
    return ComparedRows(X, knowledge.flagged(answers), weight, "synthetic rows")


def threshold_of(student, column, compared):
    """Find the threshold at which a student flags as many rows as its teacher.

    Parameters
    ----------
    student : estimator
        Fitted.
    column : int
        Of the class that the threshold is for.
    compared : ComparedRows
        On which the teacher's share is met.

    Returns
    -------
    float
        The threshold.
    """
    n_rows = len(compared.flagged)
    proba = [
        student.predict_proba(
            read_rows(
                take_rows(compared.X, np.arange(start, min(start + CHUNK, n_rows)))
            )
        )[:, column]
        for start in range(0, n_rows, CHUNK)
    ]
    return threshold_for_share(np.concatenate(proba), compared.share, compared.weight)


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
