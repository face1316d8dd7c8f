"""Predicting out of bag: each row by the members that its source was kept from."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import validate_data

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._estimators.resampling import (
    resampling_step,
)
from sklearn_kd._estimators.thresholds import THRESHOLDED
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._task.outputs import read_proba
from sklearn_kd._task.proba import check_proba
from sklearn_kd.teachers._chunks import chunks_of, predict_chunks
from sklearn_kd.teachers.trees._walked import TOLERANCE, TRIED_ROWS

#: Rows that the members predict at a time.
CHUNK = 10_000


@dataclass(frozen=True, eq=False)
class OutOfBag:
    """The members of a bagged teacher, and which training rows each was fitted on.

    Parameters
    ----------
    teacher : object
        The fitted teacher.
    ensemble : estimator
        The teacher itself, or what it ends in: a forest, extra trees or bagging, of
        classifiers or regressors.
    in_bag : ndarray of shape (n_rows, ceil(n_members / 8)), uint8
        One bit a training row and member: 1 where the row was in the member's sample.
    left_out : ndarray of shape (n_rows,), int32
        For how many members each training row is out-of-bag. Where it is 0, all members
        predict the rows that were made from it.
    labels : list or None
        The label of each column of the ensemble's probabilities; None in a regression.
    task : Classification or Regression
        What is to be learned.
    key : str or None, default=None
        What stands for the teacher in the cache; None makes one from its state.

    Notes
    -----
    The mean over the members that left a row out is the out-of-bag estimate of Breiman
    [1]_; a row made from a training row is predicted in the same way, since a member
    that was fitted on the source may have memorised its label.

    References
    ----------
    .. [1] Breiman, L. (2001). Random forests. Machine Learning, 45, 5-32.
       https://doi.org/10.1023/A:1010933404324
    """

    teacher: object
    ensemble: object
    in_bag: np.ndarray
    left_out: np.ndarray
    labels: list
    task: object
    key: str | None = None

    def label(self, X, source, context):
        """Predict each row by the members whose sample lacks its source.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows as they reach the teacher.
        source : ndarray of shape (n_samples,), int
            For each the position of the training row that it was made from.
        context : Context
            Cache, number of threads for chunks of rows, and progress. The predictions
            do not depend on it.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float32
            Predictions; a row without a prediction is zero.
        """
        n_samples = num_samples(X)
        chunks = chunks_of(n_samples, CHUNK)
        key = self.key
        if key is None:
            key = context.teacher_key(self.teacher)

        def take(rows):
            in_bag = self.in_bag[source[rows]]
            return safe_indexing(X, rows), in_bag, self.labels, self.task

        asked, function = self.teacher, _label_chunk
        walked = context.walkers.of(self.teacher, self.task.method, n_samples)
        if walked is not None:
            asked, function = walked, _walk_chunk
        parts = predict_chunks(function, asked, key, take, chunks, context)
        outputs = np.empty((n_samples, self.task.n_outputs), dtype=self.task.dtype)
        name = f"label {n_samples} rows out of bag ({type(self.teacher).__name__})"
        with context.progress.stage(name, n_samples, n_steps=len(chunks)) as stage:
            for rows, part in parts:
                outputs[rows] = part
                stage.advance(rows.stop - rows.start)
        return outputs

    def compare(self, X, hard, rows):
        """Predict training rows by the members fitted on them, and by the others.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_rows, n_features)
            All training rows.
        hard : ndarray of shape (n_rows,) or (n_rows, n_targets)
            Their hard targets.
        rows : ndarray of int
            Which rows to predict; those that all members or none were fitted on are
            left out.

        Returns
        -------
        inside, outside : ndarray of shape (n_compared,), float
            How right either side is, as ``hits`` of the task gives it.
        """
        n_members = len(self.ensemble.estimators_)
        left_out = self.left_out[rows]
        rows = rows[(left_out > 0) & (left_out < n_members)]
        if not len(rows):
            return np.zeros((2, 0))
        in_bag, X = _unpack(self.in_bag[rows], n_members), safe_indexing(X, rows)
        outputs = (
            _mean_prediction(self.teacher, X, members, self.labels, self.task)
            for members in (in_bag, ~in_bag)
        )
        return tuple(self.task.hits(each, hard[rows]) for each in outputs)


def _label_chunk(teacher, X, in_bag, labels, task):
    """Predict one chunk by the members that were not fitted on a row's source.

    ``in_bag`` has the bits of the sources. Where all members were fitted on a source,
    all predict.
    """
    members = _left_out(teacher, in_bag)
    return _mean_prediction(teacher, X, members, labels, task)


def _walk_chunk(walked, X, in_bag, labels, task):
    """Predict one chunk as :func:`_label_chunk` does, by compiled code."""
    teacher = walked.teacher
    members = _left_out(teacher, in_bag)
    return _mean_prediction(teacher, X, members, labels, task, walked.trees_of)


def _left_out(teacher, in_bag):
    """Choose for each row the members that its source was kept from, or all."""
    _, ensemble = unwrap(teacher)
    members = ~_unpack(in_bag, len(ensemble.estimators_))
    members[:, ~members.any(axis=0)] = True
    return members


def _mean_prediction(teacher, X, members, labels, task, trees_of=None):
    """Average for each row the predictions of the members chosen for it.

    ``trees_of`` gives the trees of an ensemble that are walked in their place, or None.
    """
    steps, ensemble = unwrap(teacher)
    with contained_draws(0, teacher):
        if steps:  # one may write into its rows
            X = copy_rows(X)
        for step in steps:
            X = step.transform(X)
        X = _checked(ensemble, X)
        add = _sum_numbers if labels is None else _sum_predictions
        n_columns = task.n_outputs if labels is None else len(ensemble.classes_)
        total = None
        if trees_of is not None and not issparse(X):
            total = _sum_of_trees(trees_of(ensemble), add, ensemble, X, members)
        if total is None:
            total = add(ensemble, X, members, n_columns)
    total /= members.sum(axis=0)[:, None]
    if labels is not None:
        name = f"predict_proba of the members of {type(ensemble).__name__}"
        total = check_proba(total, len(labels), name=name)
    return task.align(total, labels).outputs.astype(task.dtype, copy=False)


def unwrap(teacher):
    """Take off frozen shells, thresholds and the steps before the last.

    A pipeline with a step that resamples rows stays as it is: what its last step was
    fitted on are not the rows that it was given.
    """
    steps = []
    while isinstance(teacher, (FrozenEstimator, Pipeline, *THRESHOLDED)):
        if isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        elif isinstance(teacher, THRESHOLDED):  # its probabilities are those inside
            teacher = getattr(teacher, "estimator_", teacher.estimator)
        elif resampling_step(teacher) is not None:
            return [], teacher
        else:
            steps += [step for _, step in teacher.steps[:-1]]
            teacher = teacher.steps[-1][1]
    skipped = (None, "passthrough")
    return [s for s in steps if not isinstance(s, str) and s not in skipped], teacher


def pack(samples, n_rows):
    """Write which member was fitted on which row as bits, eight members at a time."""
    in_bag = np.empty((n_rows, -(-len(samples) // 8)), dtype=np.uint8)
    left_out = np.full(n_rows, len(samples), dtype=np.int32)
    for column in range(in_bag.shape[1]):
        eight = samples[8 * column : 8 * column + 8]
        mask = np.zeros((n_rows, len(eight)), dtype=bool)
        for member, rows in enumerate(eight):
            mask[rows, member] = True
        left_out -= mask.sum(axis=1, dtype=np.int32)
        in_bag[:, column] = np.packbits(mask, axis=1)[:, 0]
    return in_bag, left_out


def _unpack(in_bag, n_members):
    """Unpack the bits of some training rows to (n_members, n_samples)."""
    bits = np.unpackbits(in_bag, axis=1, count=n_members)
    return np.ascontiguousarray(bits.T).view(bool)


def _checked(ensemble, X):
    """Check and convert rows once, as the ensemble's own predict_proba does."""
    if isinstance(ensemble, (BaggingClassifier, BaggingRegressor)):
        settings = {"accept_sparse": ["csr", "csc"], "dtype": None}
        finite = False
    else:
        settings = {"accept_sparse": "csr", "dtype": np.float32}
        takes_nan = get_tags(ensemble).input_tags.allow_nan and not issparse(X)
        finite = "allow-nan" if takes_nan else True
    return validate_data(ensemble, X, reset=False, ensure_all_finite=finite, **settings)


def _chosen(ensemble, members):
    """Give each member with the rows that it is chosen for, and its columns."""
    columns = getattr(ensemble, "estimators_features_", [None] * len(members))
    for one in zip(ensemble.estimators_, members, columns, strict=True):
        member, wanted, features = one
        rows = np.flatnonzero(wanted)
        if len(rows):
            yield member, rows, features


def _sum_of_trees(trees, add, ensemble, X, members):
    """Walk trees in the place of members; None where the first rows differ."""
    if trees is None:
        return None
    total = trees.predict(X, ~members.T)
    few = slice(TRIED_ROWS)
    wanted = add(ensemble, X[few], members[:, few], trees.n_outputs)
    size = np.maximum(members[:, few].sum(axis=0), abs(wanted).max(axis=1))[:, None]
    return total if (abs(total[few] - wanted) <= TOLERANCE * size).all() else None


def _sum_numbers(ensemble, X, members, n_outputs):
    """Add up the numbers that members predict for the rows they are chosen for."""
    total = np.zeros((X.shape[0], n_outputs))
    for member, rows, features in _chosen(ensemble, members):
        if features is None:  # a tree of a forest: the forest has checked the rows
            outputs = member.predict(X[rows], check_input=False)
        else:
            outputs = member.predict(_take(X, rows, features))
        total[rows] += np.reshape(outputs, (len(rows), n_outputs))
    return total


def _sum_predictions(ensemble, X, members, n_classes):
    """Add up the probabilities of members; each predicts the rows it is chosen for."""
    total = np.zeros((X.shape[0], n_classes))
    for member, rows, features in _chosen(ensemble, members):
        if features is None:  # a tree of a forest: the forest has checked the rows
            total[rows] += member.predict_proba(X[rows], check_input=False)
        else:
            proba = member.predict_proba(_take(X, rows, features))
            codes = _codes(member, total.shape[1])
            proba, codes = read_proba(member, proba, len(rows), given_classes=codes)
            total[np.ix_(rows, codes)] += proba
    return total


def _take(X, rows, features):
    X = X[rows]
    if np.array_equal(features, np.arange(X.shape[1])):
        return X
    return X[:, features]


def _codes(member, n_classes):
    """Give the classes of a bagged member: its sample may lack a class."""
    # the ensemble fits its members on codes of the labels
    if len(member.classes_) == n_classes:
        return np.arange(n_classes)
    return np.asarray(member.classes_, dtype=int)
