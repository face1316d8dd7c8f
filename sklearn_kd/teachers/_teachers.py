"""Fitted teachers: their predictions for the labelled rows, and for further ones."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd._compat import safe_indexing
from sklearn_kd._messages import printable, warn, with_message
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.teachers._label import label_rows
from sklearn_kd.teachers.out_of_sample._moran import (
    has_memorised_noise,
    morans_i,
)

#: Rows in the first call under a time limit, when no teacher has been timed yet,
#: and in any later one.
FIRST_CHUNK, CHUNK = 500, 10_000

#: Labelled rows that a teacher predicts once more when it fails on synthetic ones.
PROBED_ROWS = 500


@dataclass(frozen=True, eq=False)
class FittedTeacher:
    """One fitted teacher, and what makes its out-of-sample predictions.

    Parameters
    ----------
    teacher : object
        Fitted.
    key : str or None
        What stands for it in the cache of its predictions.
    outputs : ndarray of shape (n_samples, n_outputs), float32, or None
        Its predictions for the labelled rows; out-of-fold with ``cv``.
    given_classes : array-like or None
        Labels of its columns, as the user passed them.
    out_of_sample : OutOfBag, OutOfFold or None
        Makes out-of-sample predictions: ``label(X, source, context)``.
    out_of_sample_outputs : ndarray of shape (n_samples, n_outputs), float32, or None
        Out-of-sample predictions for the labelled rows.
    """

    teacher: object
    key: str | None
    outputs: np.ndarray | None
    given_classes: object = None
    out_of_sample: object = None
    out_of_sample_outputs: np.ndarray | None = None

    def label(self, X, task, context):
        """Predict rows by the whole teacher.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_new, n_features)
            The rows.
        task : Classification
            What is to be learned.
        context : Context
            Cache, number of jobs, progress.

        Returns
        -------
        ndarray of shape (n_new, n_outputs), float32
            Soft targets; a row without a prediction is zero.
        """
        return label_rows(
            self.teacher,
            X,
            task,
            given_classes=self.given_classes,
            context=context,
            key=self.key,
        ).outputs

    def label_synthetic(self, made, real, context, *, out_of_sample=False, name=None):
        """Predict rows that were made from labelled ones.

        Parameters
        ----------
        made : TransferSet
            The synthetic rows.
        real : {array-like, DataFrame} of shape (n_samples, n_features)
            The labelled rows.
        context : Context
            Cache, number of jobs, progress.
        out_of_sample : bool, default=False
            Whether to predict by the part that is out of sample for the source.
        name : str or None, default=None
            What messages call the teacher; None takes its class.

        Returns
        -------
        ndarray of shape (n_new, n_outputs), float32
            Soft targets, as from :meth:`label`.

        Raises
        ------
        Exception
            Whatever the teacher raises. Where it predicts the sources of the rows, the
            message adds that these are synthetic, and the fix; the type stays.
        """

        def predict(rows, source, context):
            if out_of_sample:
                return self.out_of_sample.label(rows, source, context)
            return self.label(rows, made.task, context)

        try:
            return predict(made.X, made.origin, context)
        except MemoryError:
            raise
        except Exception as error:
            probed = made.origin[:PROBED_ROWS]
            uncached = replace(context, memory=None)
            if _fails(predict, safe_indexing(real, probed), probed, uncached):
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
    message = printable(error, lines=True)
    return with_message(
        error,
        f"{name} predicts rows of X, but it raised an error for synthetic rows made "
        "from them. Give columns that hold codes the dtype `category`, pass "
        "transfer=None to make no synthetic rows, or pass a sampler of your own as "
        f"transfer=. The error was {type(error).__name__}: {message}",
    )


@dataclass(frozen=True, eq=False)
class Teachers:
    """Soft targets of the labelled rows, and the teachers that label further rows.

    Parameters
    ----------
    teacher : object or None, default=None
        The fitted teacher; None with given soft targets, and without a teacher.
    outputs : ndarray of shape (n_samples, n_outputs), float32, or None, default=None
        Soft targets of the labelled rows; None where no teacher is used.
    members : tuple of FittedTeacher, default=()
        Every teacher.
    weights : ndarray of shape (n_teachers,) or None, default=None
        Of the teachers in the mean, or in the pool.
    context : Context or None, default=None
        Cache, number of jobs, progress.
    pooled : bool, default=False
        Whether the predictions are pooled with these weights, and not averaged.
    calibrate : callable or None, default=None
        From :func:`fit_calibrator`; changes the mean of the predictions.
    flags : callable or None, default=None
        Gives by the predictions, before calibration, which rows the teacher predicts to
        be of the class that its threshold is for; None where no threshold is handed on.
    are_out_of_sample : bool, default=False
        Of given soft targets: whether they are out-of-sample predictions.
    """

    teacher: object = None
    outputs: np.ndarray | None = None
    members: tuple = ()
    weights: np.ndarray | None = None
    context: object = None
    pooled: bool = False
    calibrate: object = None
    flags: object = None
    are_out_of_sample: bool = False

    def out_of_sample_outputs(self, task):
        """Give out-of-sample soft targets of the labelled rows, or None."""
        if self.are_out_of_sample:
            return self.outputs
        outputs = [one.out_of_sample_outputs for one in self.members]
        if not outputs or any(each is None for each in outputs):
            return None
        return self.calibrated(self.combined(outputs, task))

    def soft_outputs(self, task):
        """Give soft targets of the labelled rows, out-of-sample ones if there are."""
        outputs = self.out_of_sample_outputs(task)
        if outputs is None:
            return self.outputs
        predicted = task.has_prediction(outputs)[:, None]
        return np.where(predicted, outputs, self.calibrated(self.outputs))

    def combined(self, outputs, task):
        """Give one prediction a row, of those of all teachers."""
        combine = task.pool if self.pooled else task.mean
        return combine(outputs, self.weights)

    def calibrated(self, outputs):
        """Calibrate what :meth:`label` gives, where that is wanted."""
        return outputs if self.calibrate is None else self.calibrate(outputs)

    def flagged(self, outputs):
        """Apply the teacher's threshold to what :meth:`label` gives; None without."""
        return None if self.flags is None else self.flags(outputs)

    def label(self, rows, real=None, out_of_sample=None):
        """Predict rows without a label, synthetic ones by a chosen part of each.

        Parameters
        ----------
        rows : TransferSet
            Synthetic rows, or unlabelled ones.
        real : {array-like, DataFrame} of shape (n_samples, n_features) or None, \
                default=None
            The labelled rows that synthetic ones were made from; None for unlabelled
            rows.
        out_of_sample : list of bool or None, default=None
            For each teacher whether to make out-of-sample predictions; None for none.

        Returns
        -------
        ndarray of shape (n_new, n_outputs), float32
            Their mean or pool, before calibration; a row without a prediction is zero.
        """
        outputs = []
        for index, one in enumerate(self.members):
            if real is None:
                outputs.append(one.label(rows.X, rows.task, self.context))
                continue
            aside = out_of_sample is not None and out_of_sample[index]
            outputs.append(
                one.label_synthetic(rows, real, self.context, out_of_sample=aside)
            )
        return self.combined(outputs, rows.task)

    def label_until(self, share, rows, real=None, out_of_sample=None):
        """Predict rows as long as there is time.

        Parameters
        ----------
        share : float
            How much of the time limit may have passed when labelling stops.
        rows, real, out_of_sample
            As for :meth:`label`.

        Returns
        -------
        ndarray of shape (n_labelled, n_outputs), float32
            Predictions of the first rows, before calibration; of all without a limit.
        """
        deadline = self.context.deadline
        if not deadline.limited:
            return self.label(rows, real, out_of_sample)
        start, size = 0, min(FIRST_CHUNK, CHUNK)
        parts, silent = [], replace(self, context=self.context.silent())
        name = f"label up to {len(rows)} rows"
        with self.context.progress.stage(name, len(rows), n_steps=None) as stage:
            while start < len(rows):
                began = deadline.elapsed()
                chunk = rows.at(slice(start, start + size))
                parts.append(silent.label(chunk, real, out_of_sample))
                stage.advance(len(parts[-1]))
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

    def choose_out_of_sample(self, wanted, rows, neighbors):
        """Decide for each teacher whether synthetic rows are labelled out of sample.

        Parameters
        ----------
        wanted : bool or "auto"
            The parameter; "auto" makes out-of-sample predictions where a teacher has
            memorised label noise.
        rows : TransferSet
            The labelled rows that synthetic ones were made from.
        neighbors : ndarray of shape (n_rows, n_neighbors), int, or None
            Nearest rows of each, by position in `rows`; None where the sampler has
            none. A pair where the sampler had a sample of the rows: their positions in
            `rows`, and the nearest among them.

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
        able = [one.out_of_sample is not None for one in self.members]
        # a boolean of NumPy counts too
        always = not isinstance(wanted, str) and bool(wanted)
        if always and not all(able):
            raise no_out_of_sample(self.members[able.index(False)].teacher)
        if wanted != "auto":
            return [always] * len(able)
        if neighbors is None:
            if any(able):
                self._warn_of_no_neighbors()
            return [False] * len(able)
        if isinstance(neighbors, tuple):
            sampled, neighbors = neighbors
            rows = rows.at(sampled)
        weight = in_rows(rows.weight)
        choice = []
        for one in self.members:
            if one.out_of_sample is None:
                choice.append(False)
                continue
            outputs = one.out_of_sample_outputs[rows.origin]
            predicted = rows.task.has_prediction(outputs)
            residuals = rows.task.residuals(rows.hard, outputs)
            correlation, score = morans_i(residuals, neighbors, weight * predicted)
            choice.append(has_memorised_noise(correlation, score))
            self.context.report(
                f"residuals of {type(one.teacher).__name__} have Moran's I "
                f"{correlation:+.3f} (z {score:+.1f}): synthetic rows are labelled "
                + ("out of sample" if choice[-1] else "by the whole teacher")
            )
        return choice

    def _warn_of_no_neighbors(self):
        """Warn that "auto" has nothing to decide by, where there is a decision."""
        self.context.report(
            "the sampler has no neighbors_: synthetic rows are labelled by the whole "
            "teacher"
        )
        warn(
            'out_of_sample="auto" compares neighbouring rows, and the sampler has no '
            "neighbors_: synthetic rows are labelled by the whole teacher. Pass "
            "objective=Pool(out_of_sample=True) for out-of-sample labels or "
            "Pool(out_of_sample=False) for those of the whole teacher, or have the fit "
            "of the sampler set neighbors_, as that of MungeSampler does.",
        )


def no_out_of_sample(teacher):
    """Make the error for a teacher without a part that is out of sample for a row."""
    return ValueError(
        f"out_of_sample=True, but no part of the teacher {type(teacher).__name__} is "
        "known to be out of sample for a given row. Pass it unfitted with cv=, pass a "
        "forest or BaggingClassifier that was fitted on this X with bootstrap=True, or "
        'use out_of_sample="auto".'
    )
