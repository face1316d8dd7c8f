"""Out-of-fold predictions: by teachers that were not fitted on the fold of a row."""

import time
from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd._compat import safe_indexing
from sklearn_kd.teachers._fit import fit_teacher
from sklearn_kd.teachers._label import label_rows, n_chunks
from sklearn_kd.teachers.out_of_sample._splits import count_tests


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """The teachers of all folds, and the rows that each is out-of-fold for.

    Parameters
    ----------
    members : list of (object, str or None)
        Fitted on the rows of each fold, with what stands for it in the cache.
    tested : list of ndarray of shape (n_samples,), bool
        The rows left out of each.
    task : Classification
        What is to be learned.
    """

    members: list
    tested: list
    task: object

    def label(self, X, source, context):
        """Predict each row by the teachers of the folds that test its source.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_new, n_features)
            Rows as they reach the teacher.
        source : ndarray of shape (n_new,), int
            For each the position of the labelled row that it was made from.
        context : Context
            Cache, number of jobs, progress.

        Returns
        -------
        ndarray of shape (n_new, n_outputs), float32
            Mean predictions.
        """
        total = np.zeros((len(source), self.task.n_outputs))
        count = np.zeros((len(source), 1))
        of_each = [np.flatnonzero(tested[source]) for tested in self.tested]
        n_rows = sum(map(len, of_each))
        n_steps = sum(n_chunks(len(rows), X, self.task) for rows in of_each)
        name = f"label {n_rows} rows out of fold ({type(self.members[0][0]).__name__})"
        with context.progress.stage(name, n_rows, n_steps=n_steps) as stage:
            for (fitted, key), rows in zip(self.members, of_each, strict=True):
                if not len(rows):
                    continue
                predictions = label_rows(
                    fitted,
                    safe_indexing(X, rows),
                    self.task,
                    given_classes=None,
                    context=context,
                    key=key,
                    stage=stage,
                )
                total[rows] += predictions.outputs
                count[rows] += 1
        return (total / count).astype(self.task.dtype, copy=False)


def cross_fit(teacher, rows, weights, splits, context, *, keep, role="teacher"):
    """Compute out-of-fold soft targets of every row.

    Parameters
    ----------
    teacher, weights, context
        As for :func:`fit_teacher`.
    rows : TransferSet
        The labelled rows. A fold that lacks a class gives it probability 0.
    splits : list of (train, test)
        Positions, as :func:`check_folds` gives them. The predictions of several tests
        of a row are averaged.
    keep : bool
        Whether further rows will be labelled.
    role : str, default="teacher"
        What it is called in lines of progress.

    Returns
    -------
    outputs : ndarray of shape (n_samples, n_outputs), float32
        Out-of-fold predictions.
    out_of_fold : OutOfFold or None
        The teachers, for further rows; None unless they are kept.
    """
    n_samples, task = len(rows), rows.task
    name, n_folds = type(teacher).__name__, len(splits)
    # one job for the rows: the folds themselves are the parallel work
    within = replace(context.silent(), n_jobs=None)
    folds = ((teacher, *fold, within, keep, role) for fold in splits)
    results = context.each(_label_fold, (rows, weights), folds, n_folds)
    parts, began = [], time.perf_counter()
    with context.progress.stage(
        f"cross-fit {role} ({name})",
        n_folds,
        unit="folds",
        step="fold",
        n_steps=n_folds,
    ) as stage:
        for part in results:
            parts.append(part)
            stage.advance()
    context.report(
        f"{role} ({name}) cross-fitted in {n_folds} folds in "
        f"{time.perf_counter() - began:.1f} s"
    )
    outputs = np.zeros((n_samples, task.n_outputs))
    for (_, test), (predictions, _) in zip(splits, parts, strict=True):
        outputs[test] += predictions.outputs
    outputs /= count_tests(splits, n_samples)[:, None]
    outputs = outputs.astype(task.dtype, copy=False)
    if not keep:
        return outputs, None
    members = [member for _, member in parts]
    masks = [np.isin(np.arange(n_samples), test) for _, test in splits]
    return outputs, OutOfFold(members, masks, task)


def _label_fold(shared, teacher, train, test, context, keep, role):
    rows, weights = shared
    fitted, key = fit_teacher(teacher, rows, weights, train, context, role)
    predictions = label_rows(
        fitted,
        safe_indexing(rows.X, test),
        rows.task,
        given_classes=None,
        context=context,
        key=key,
    )
    return predictions, (fitted, key) if keep else None
