"""Out-of-bag predictions of a bagged teacher, also for rows made from its own."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import validate_data

from sklearn_kd._compat import n_fitted_rows, num_samples, safe_indexing
from sklearn_kd._estimators.resampling import (
    draws_by_labels,
    resamples_all_rows,
    resampling_step,
)
from sklearn_kd._estimators.thresholds import THRESHOLDED
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._task.answers import classes_of, read_answer
from sklearn_kd._task.proba import check_proba
from sklearn_kd.teachers.cache._key import Keyed

#: Rows on which the memory of the members is looked for.
EVIDENCE_ROWS = 2_000

#: By how many standard errors the true label of a row must be more probable to members
#: that saw the row, and which share of the others' error they must have memorised:
#: measured 1 for full trees, .45 with 5 rows in a leaf, .07 with 50 and below .05 with
#: 200, on clean and on noisy tables alike.
MIN_SCORE, MIN_SHARE = 3.0, 0.05

#: Rows that the members are asked about at a time.
CHUNK = 10_000


@dataclass(frozen=True, eq=False)
class OutOfBag:
    """The members of a bagged teacher, and which training rows each was fitted on.

    Parameters
    ----------
    teacher : object
        The fitted teacher.
    ensemble : RandomForestClassifier, ExtraTreesClassifier or BaggingClassifier
        The teacher itself, or what it ends in.
    seen : ndarray of shape (n_rows, ceil(n_members / 8)), uint8
        One bit a training row and member: 1 where the row was in the member's sample.
    left_out : ndarray of shape (n_rows,), int32
        For how many members each training row is out-of-bag. Where it is 0, all members
        predict the rows that were made from it.
    labels : list
        The label of each column of the ensemble's probabilities.
    task : Classification
        What is to be learned.
    key : str or None, default=None
        What stands for the teacher in the cache; None makes one from its state.

    Notes ----- The mean over the members that left a row out is the out-of-bag estimate
    of Breiman [1]_; a row made from a training row is predicted in the same way, since
    a member that was fitted on the source may have memorised its label.

    References
    ----------
    .. [1] Breiman, L. (2001). Random forests. Machine Learning, 45, 5-32.
       https://doi.org/10.1023/A:1010933404324
    """

    teacher: object
    ensemble: object
    seen: np.ndarray
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
            Cache, number of threads for chunks of rows, and progress. The answers do
            not depend on it.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float32
            Predictions; a row without a prediction is zero.
        """
        n_samples = num_samples(X)
        starts = range(0, n_samples, CHUNK)
        key = self.key
        if key is None:
            key = context.teacher_key(self.teacher)
        keyed = Keyed(self.teacher, key)

        def ask(rows, seen):
            call = context.call(_label_chunk, keyed, rows, seen, self.labels, self.task)
            return call.result()

        parts = Parallel(
            n_jobs=context.n_jobs, prefer="threads", return_as="generator"
        )(
            delayed(ask)(
                safe_indexing(X, slice(start, start + CHUNK)),
                self.seen[source[start : start + CHUNK]],
            )
            for start in starts
        )
        outputs = np.empty((n_samples, self.task.n_outputs), dtype=np.float32)
        for start, part in zip(starts, parts, strict=True):
            stop = start + len(part)
            outputs[start:stop] = part
            if len(starts) > 1:
                context.report(f"labelled {stop} of {n_samples} rows out of bag")
        return outputs

    def compare(self, X, codes, rows):
        """Predict training rows by the members fitted on them, and by the others.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_rows, n_features)
            All training rows.
        codes : ndarray of shape (n_rows,), int
            Positions of their labels in ``classes``.
        rows : ndarray of int
            Which rows to predict; those that all members or none were fitted on are
            left out.

        Returns
        -------
        saw, did_not : ndarray of shape (n_compared,), float32
            Probability of each row's label to either side.
        """
        n_members = len(self.ensemble.estimators_)
        left_out = self.left_out[rows]
        rows = rows[(left_out > 0) & (left_out < n_members)]
        if not len(rows):
            return np.zeros((2, 0), dtype=np.float32)
        seen, X = _unpack(self.seen[rows], n_members), safe_indexing(X, rows)
        at = np.arange(len(rows)), codes[rows]
        return tuple(
            _answer(self.teacher, X, asked, self.labels, self.task)[at]
            for asked in (seen, ~seen)
        )


def _label_chunk(teacher, X, seen, labels, task):
    """Ask about one chunk the members that were not fitted on a row's source.

    ``seen`` has the bits of the sources. Where all members were fitted on one, all are
    asked.
    """
    _, ensemble = _unwrap(teacher)
    asked = ~_unpack(seen, len(ensemble.estimators_))
    asked[:, ~asked.any(axis=0)] = True
    return _answer(teacher, X, asked, labels, task)


def may_be_bagged(teacher):
    """Say whether a teacher, fitted or not, is of a kind that has members to ask.

    Parameters
    ----------
    teacher : object
        One teacher.

    Returns
    -------
    bool
        True for a forest that draws bootstrap samples, for ``BaggingClassifier`` and
        for what ends in one, unless a step before it resamples the rows.
    """
    ensemble = _unwrap(teacher)[1]
    if not _tells_samples(ensemble):
        return False
    if isinstance(ensemble, BaggingClassifier):
        # without bootstrap, members that get all rows leave none out
        return bool(ensemble.bootstrap or ensemble.max_samples != 1.0)
    return bool(ensemble.bootstrap)


def _answer(teacher, X, asked, labels, task):
    """Average each row's answers of the members that are asked about it."""
    steps, ensemble = _unwrap(teacher)
    with contained_draws(0, teacher):
        if steps:  # one may write into its rows
            X = copy_rows(X)
        for step in steps:
            X = step.transform(X)
        total = _sum_answers(ensemble, _checked(ensemble, X), asked)
    total /= asked.sum(axis=0)[:, None]
    name = f"predict_proba of the members of {type(ensemble).__name__}"
    total = check_proba(total, len(labels), name=name)
    return task.align(total, labels).outputs.astype(np.float32)


def bagged_members(
    teacher, rows, present, given_classes, key=None, *, fitted_here=False
):
    """Find the members of a bagged teacher, if it is one that X was taught to.

    Parameters
    ----------
    teacher : object
        A fitted teacher: a forest or ``BaggingClassifier``, as it is, frozen, behind a
        threshold or as the last step of a pipeline. Anything else has no members that
        can be asked.
    rows : TransferSet
        The labelled rows.
    present : Present
        Which these are of the rows that ``fit`` got: a teacher that came fitted may
        have been fitted on those of weight 0, too.
    given_classes : array-like of shape (n_classes,) or None
        ``teacher_classes`` of the user.
    key : str or None, default=None
        What stands for the teacher in the cache.
    fitted_here : bool, default=False
        Whether it is known that the teacher was fitted on these rows in this order.

    Returns
    -------
    OutOfBag or None
        None where the members cannot be asked, where each has seen every row, and
        where the teacher was fitted on another number of rows. Where it came fitted,
        None too if its members do not know the rows that they should have seen better
        than the others do: then X is another table or in another order, or there is no
        memory to leave out.
    """
    _, ensemble = _unwrap(teacher)
    if not _has_members(ensemble):
        return None
    n_rows, n_fitted = len(rows), n_fitted_rows(ensemble)
    if n_fitted not in (n_rows, present.n_rows):
        return None
    labels = classes_of(teacher, None, given_classes)
    if labels is None or len(labels) != len(ensemble.classes_):
        return None
    seen, left_out = _pack(ensemble.estimators_samples_, n_fitted)
    if n_fitted != n_rows:
        seen, left_out = present.take(seen), present.take(left_out)
    if not left_out.any():
        return None
    bag = OutOfBag(teacher, ensemble, seen, left_out, labels, rows.task, key)
    if fitted_here and _keeps_rows(teacher):
        return bag
    return bag if _remembers(bag, rows) else None


def _keeps_rows(teacher):
    """Say whether what is fitted on rows hands these very rows to its ensemble.

    A subclass with a ``fit`` of its own may not, and what is frozen was fitted
    elsewhere.
    """
    while isinstance(teacher, (Pipeline, *THRESHOLDED)):
        if isinstance(teacher, THRESHOLDED):
            if not getattr(teacher, "refit", True):
                return False
            teacher = teacher.estimator_
            continue
        teacher = teacher.steps[-1][1]
    known = RandomForestClassifier, ExtraTreesClassifier, BaggingClassifier
    return any(type(teacher).fit is one.fit for one in known)


def _unwrap(teacher):
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


def _tells_samples(ensemble):
    """Whether a class of ensembles records the rows each member was fitted on.

    The trees of a balanced forest are fitted on rows that were resampled first.
    """
    if isinstance(ensemble, RandomForestClassifier | ExtraTreesClassifier):
        return not draws_by_labels(ensemble)
    return isinstance(ensemble, BaggingClassifier) and not resamples_all_rows(
        ensemble.estimator
    )


def _has_members(ensemble):
    if not _tells_samples(ensemble):
        return False
    if isinstance(ensemble, BaggingClassifier):
        return all(hasattr(member, "predict_proba") for member in ensemble.estimators_)
    return ensemble.bootstrap and ensemble.n_outputs_ == 1


def _pack(samples, n_rows):
    """Write which member saw which row as bits, eight members at a time."""
    seen = np.empty((n_rows, -(-len(samples) // 8)), dtype=np.uint8)
    left_out = np.full(n_rows, len(samples), dtype=np.int32)
    for column in range(seen.shape[1]):
        eight = samples[8 * column : 8 * column + 8]
        mask = np.zeros((n_rows, len(eight)), dtype=bool)
        for member, rows in enumerate(eight):
            mask[rows, member] = True
        left_out -= mask.sum(axis=1, dtype=np.int32)
        seen[:, column] = np.packbits(mask, axis=1)[:, 0]
    return seen, left_out


def _unpack(seen, n_members):
    """Unpack the bits of some training rows to (n_members, n_samples)."""
    bits = np.unpackbits(seen, axis=1, count=n_members)
    return np.ascontiguousarray(bits.T).view(bool)


def _remembers(bag, labelled):
    """Say whether the members know the rows that they saw better than the others."""
    n_rows = len(bag.left_out)
    rows = np.random.default_rng(0).permutation(n_rows)[:EVIDENCE_ROWS]
    saw, did_not = bag.compare(labelled.X, labelled.hard, np.sort(rows))
    if len(saw) < 2:
        return False
    gain = saw.astype(np.float64) - did_not
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    missed = 1 - did_not.mean(dtype=np.float64)
    return gain.mean() > max(MIN_SCORE * error, MIN_SHARE * missed)


def _checked(ensemble, X):
    """Check and convert rows once, as the ensemble's own predict_proba does."""
    if isinstance(ensemble, BaggingClassifier):
        settings = {"accept_sparse": ["csr", "csc"], "dtype": None}
        finite = False
    else:
        settings = {"accept_sparse": "csr", "dtype": np.float32}
        takes_nan = get_tags(ensemble).input_tags.allow_nan and not issparse(X)
        finite = "allow-nan" if takes_nan else True
    return validate_data(ensemble, X, reset=False, ensure_all_finite=finite, **settings)


def _sum_answers(ensemble, X, asked):
    """Add up the probabilities of members; each is asked about its rows alone."""
    total = np.zeros((X.shape[0], len(ensemble.classes_)))
    columns = getattr(ensemble, "estimators_features_", [None] * len(asked))
    for member, wanted, features in zip(
        ensemble.estimators_, asked, columns, strict=True
    ):
        rows = np.flatnonzero(wanted)
        if not len(rows):
            continue
        if features is None:  # a tree of a forest: the forest has checked the rows
            total[rows] += member.predict_proba(X[rows], check_input=False)
        else:
            answer = member.predict_proba(_take(X, rows, features))
            codes = _codes(member, total.shape[1])
            answer, codes = read_answer(member, answer, len(rows), given_classes=codes)
            total[np.ix_(rows, codes)] += answer
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
