"""A fitted teacher that has answered for the labelled rows and can be asked again."""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._messages import printable, with_message
from sklearn_kd._task.blending import average_proba, one_hot
from sklearn_kd.teachers._label import label_rows
from sklearn_kd.teachers.out_of_sample._moran import (
    memory_autocorrelation,
    memory_is_noise,
)

#: Rows in the first call under a time limit, when the speed of a teacher is unknown,
#: and in any later one.
FIRST_CHUNK, CHUNK = 500, 10_000

#: Real rows that a teacher is asked about again when synthetic ones make it fail.
PROBED_ROWS = 500


@dataclass(frozen=True, eq=False)
class AskedTeacher:
    """One teacher, and what makes its out-of-sample predictions.

    Parameters
    ----------
    teacher : object
        Fitted.
    key : str or None
        What stands for it in the cache of its answers.
    proba : ndarray of shape (n_samples, n_classes), float32
        Its predictions for the labelled rows; out-of-fold with ``cv``.
    given_classes : array-like or None
        Labels of its columns, as the user passed them.
    held_out : Bag, Folds or None
        Makes out-of-sample predictions: ``label(X, source, context)``.
    held_out_proba : ndarray of shape (n_samples, n_classes), float32, or None
        Out-of-sample predictions for the labelled rows.
    """

    teacher: object
    key: str | None
    proba: np.ndarray | None
    given_classes: object = None
    held_out: object = None
    held_out_proba: np.ndarray | None = None

    def label(self, X, classes, context):
        """Ask the whole teacher about rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_new, n_features)
            The rows.
        classes : ndarray of shape (n_classes,)
            Our labels.
        context : Context
            Cache, number of jobs, progress.

        Returns
        -------
        ndarray of shape (n_new, n_classes), float32
            Soft targets; a row is zero where all mass is on classes that are not ours.
        """
        return label_rows(
            self.teacher,
            X,
            classes,
            given_classes=self.given_classes,
            context=context,
            key=self.key,
        ).proba

    def label_synthetic(
        self, X, source, real, classes, context, *, held_out=False, name=None
    ):
        """Ask about rows that were made from labelled ones.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_new, n_features)
            The rows.
        source : ndarray of shape (n_new,), int
            For each the position of the labelled row that it was made from.
        real : {array-like, DataFrame} of shape (n_samples, n_features)
            The labelled rows.
        classes : ndarray of shape (n_classes,)
            Our labels.
        context : Context
            Cache, number of jobs, progress.
        held_out : bool, default=False
            Whether to ask the part that is out of sample for the source.
        name : str or None, default=None
            What messages call the teacher; None takes its class.

        Returns
        -------
        ndarray of shape (n_new, n_classes), float32
            Soft targets, as from :meth:`label`.

        Raises
        ------
        Exception
            Whatever the teacher raises. Where it answers for the sources of the rows,
            the message says that these are synthetic and what to do; the type stays.
        """

        def ask(rows, source, context):
            if held_out:
                return self.held_out.label(rows, source, context)
            return self.label(rows, classes, context)

        try:
            return ask(X, source, context)
        except MemoryError:
            raise
        except Exception as error:
            probed = source[:PROBED_ROWS]
            uncached = replace(context, memory=None)
            if _fails(ask, safe_indexing(real, probed), probed, uncached):
                raise
            name = name or f"The teacher {type(self.teacher).__name__}"
            raise _about_synthetic_rows(error, name) from error


def _fails(function, *inputs):
    try:
        function(*inputs)
    except Exception:
        return True
    return False


def _about_synthetic_rows(error, name):
    said = printable(error, lines=True)
    return with_message(
        error,
        f"{name} answers for rows of X, but it raised an error for synthetic rows made "
        "from them. Give columns that hold codes the dtype `category`, pass "
        "transfer=None to make no synthetic rows, or pass a sampler of your own as "
        f"transfer=. The error was {type(error).__name__}: {said}",
    )


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Soft targets of the labelled rows, and the teachers for further rows.

    Parameters
    ----------
    teacher : object or None
        The fitted teacher; None with precomputed probabilities.
    proba : ndarray of shape (n_samples, n_classes), float32, or None
        Soft targets of the labelled rows; None where no teacher was used.
    asked : tuple of AskedTeacher
        Every teacher; empty with precomputed probabilities or none.
    weights : ndarray of shape (n_teachers,)
        Of the teachers in the mean.
    context : Context or None
        Cache, number of jobs, progress.
    calibrate : callable or None
        From :func:`fit_calibrator`; changes whatever all teachers together answer.
    flags : callable or None
        Says by the answers, before calibration, which rows the teacher predicts to be
        of the class that its threshold is for; None where no threshold is handed on.
    """

    teacher: object = None
    proba: np.ndarray | None = None
    asked: tuple = ()
    weights: np.ndarray | None = None
    context: object = None
    calibrate: object = None
    flags: object = None

    @property
    def held_out_proba(self):
        """Out-of-sample soft targets of the labelled rows, or None."""
        probas = [one.held_out_proba for one in self.asked]
        if not probas or any(proba is None for proba in probas):
            return None
        return self.calibrated(average_proba(probas, self.weights))

    def calibrated(self, answers):
        """Calibrate what :meth:`label` gives, where that is wanted."""
        return answers if self.calibrate is None else self.calibrate(answers)

    def flagged(self, answers):
        """Apply the teacher's threshold to what :meth:`label` gives; None without."""
        return None if self.flags is None else self.flags(answers)

    def label(self, X, source, classes, held_out, real=None):
        """Ask all teachers about rows, those made from labelled ones in their own way.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_new, n_features)
            The rows.
        source : ndarray of shape (n_new,), int, or None
            For each the position of the labelled row that it was made from; None for
            rows that were not made.
        classes : ndarray of shape (n_classes,)
            Our labels.
        held_out : list of bool
            For each teacher whether to make out-of-sample predictions.
        real : {array-like, DataFrame} of shape (n_samples, n_features) or None
            The labelled rows; None where `source` is None.

        Returns
        -------
        ndarray of shape (n_new, n_classes), float32
            Their mean, before calibration; a row is zero where all mass is on classes
            that are not ours.
        """
        probas = []
        for one, aside in zip(self.asked, held_out, strict=True):
            if source is None:
                proba = one.label(X, classes, self.context)
            else:
                proba = one.label_synthetic(
                    X, source, real, classes, self.context, held_out=aside
                )
            probas.append(proba)
        return average_proba(probas, self.weights)

    def _warn_of_no_neighbors(self):
        """Say that "auto" has nothing to decide by, where there is a decision."""
        self.context.report(
            "the sampler has no neighbors_: synthetic rows are labelled by the whole "
            "teacher"
        )
        warnings.warn(
            'cross_fit="auto" compares neighbouring rows, and the sampler has no '
            "neighbors_: synthetic rows are labelled by the whole teacher. Pass "
            "cross_fit=True for out-of-sample labels or cross_fit=False for those of "
            "the whole teacher, or have the fit of the sampler set neighbors_, as that "
            "of MungeSampler does.",
            UserWarning,
            stacklevel=6,
        )

    def choose_cross_fit(self, cross_fit, lesson, neighbors, rows, weight):
        """Decide for each teacher whether synthetic rows are labelled out of sample.

        Parameters
        ----------
        cross_fit : bool or "auto"
            The parameter; "auto" makes out-of-sample predictions where a teacher has
            memorised label noise.
        lesson : Lesson
            The labelled rows.
        neighbors : ndarray of shape (n_rows, n_neighbors), int, or None
            Nearest rows of each source, by position in `rows`; None where the sampler
            has none. A pair where the sampler had a sample of the rows: their positions
            in `rows`, and the nearest among them.
        rows : ndarray of shape (n_rows,), int
            The positions of the sources among the labelled rows.
        weight : ndarray of shape (n_rows,), float
            Their weights.

        Returns
        -------
        list of bool
            One a teacher.

        Raises
        ------
        ValueError
            When it is True and a teacher has no out-of-sample predictions.

        Warns
        -----
        UserWarning
            When it is "auto", some teacher has such predictions, and the sampler has
            no neighbours.
        """
        able = [one.held_out is not None for one in self.asked]
        # also for the booleans of NumPy
        wanted = not isinstance(cross_fit, str) and bool(cross_fit)
        if wanted and not all(able):
            raise no_cross_fit(self.asked[able.index(False)].teacher)
        if cross_fit != "auto":
            return [wanted] * len(able)
        if neighbors is None:
            if any(able):
                self._warn_of_no_neighbors()
            return [False] * len(able)
        if isinstance(neighbors, tuple):
            sampled, neighbors = neighbors
            rows, weight = rows[sampled], weight[sampled]
        codes = lesson.codes[rows]
        choice = []
        for one in self.asked:
            if one.held_out is None:
                choice.append(False)
                continue
            held_out = one.held_out_proba[rows]
            residuals = one_hot(codes, held_out.shape[1]) - held_out
            correlation, score = memory_autocorrelation(residuals, neighbors, weight)
            choice.append(memory_is_noise(correlation, score))
            self.context.report(
                f"residuals of {type(one.teacher).__name__} have Moran's I "
                f"{correlation:+.3f} (z {score:+.1f}): synthetic rows are labelled "
                + ("out of sample" if choice[-1] else "by the whole teacher")
            )
        return choice


def no_cross_fit(teacher):
    """Make the error for a teacher without a part that is out of sample for a row."""
    return ValueError(
        f"cross_fit=True, but no part of the teacher {type(teacher).__name__} is known "
        "to be out of sample for a given row. Pass it unfitted with cv=, pass a forest "
        "or BaggingClassifier that was fitted on this X with bootstrap=True, or use "
        'cross_fit="auto".'
    )


def label_until(knowledge, X, source, classes, held_out, share, real=None):
    """Label rows as long as there is time.

    Parameters
    ----------
    knowledge : Knowledge
        Whom to ask.
    X, source, classes, held_out, real
        As for :meth:`Knowledge.label`.
    share : float
        How much of the time limit may have passed when labelling stops.

    Returns
    -------
    ndarray of shape (n_labelled, n_classes), float32
        Answers for the first rows, before calibration; for all without a limit.
    """
    deadline = knowledge.context.deadline
    if not deadline.limited:
        return knowledge.label(X, source, classes, held_out, real)
    n_rows, start, size = num_samples(X), 0, min(FIRST_CHUNK, CHUNK)
    parts = []
    while start < n_rows:
        rows = slice(start, start + size)
        began = deadline.elapsed()
        parts.append(
            knowledge.label(
                safe_indexing(X, rows),
                None if source is None else source[rows],
                classes,
                held_out,
                real,
            )
        )
        each = (deadline.elapsed() - began) / len(parts[-1])
        start += size
        # by doubling and halving: with time enough the sizes, which are part of
        # the keys of the cache, are the same each time
        size = min(4 * size, CHUNK)
        while size > 1 and size * each > deadline.left(share):
            size //= 2
        if size * each > deadline.left(share):
            break
    return np.vstack(parts)
