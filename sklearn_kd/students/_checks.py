"""Checking the labelled rows and soft targets that reach a student."""

from dataclasses import replace

from sklearn_kd._compat import num_samples
from sklearn_kd._rows import TransferSet
from sklearn_kd._tables.checks import check_groups, check_rows
from sklearn_kd._tables.taking import RowsInPlace
from sklearn_kd._tables.weights import compact
from sklearn_kd.losses._registry import check_loss


def check_train(student, X, y, sample_weight, soft_targets, groups=None):
    """Check training rows.

    Parameters
    ----------
    student : estimator
        Named in the messages; its ``n_features_in_`` is set.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Labels or numbers.
    sample_weight : array-like of shape (n_samples,), float or None
        Row weights; rows of weight 0 are left out.
    soft_targets : SoftTargets or SoftPredictions of length n_samples, or None
        None is replaced by the hard targets, with nothing on the soft term.
    groups : array-like of shape (n_samples,) or None, default=None
        Which rows must be on one side when validation rows are split off.

    Returns
    -------
    TransferSet
        The rows with their task: classes are those of the soft targets, if any.
    """
    X = _check_rows(student, X, reset=True)
    if soft_targets is not None:
        _check_soft_targets(student, soft_targets, num_samples(X), "soft_targets")
    task, hard, weight = student._read(X, y, sample_weight, soft_targets)
    rows = _transfer_set(student, X, hard, weight, task, soft_targets)
    return replace(rows, groups=check_groups(groups, weight > 0))


def check_batch(student, X, y, classes, sample_weight, soft_targets, first):
    """Check a batch of a stream.

    Parameters
    ----------
    student : estimator
        Named in the messages; its ``n_features_in_`` is set or compared.
    X, y, sample_weight, soft_targets
        As for :func:`check_train`.
    classes : array-like of shape (n_classes,) or None
        All labels of the stream.
    first : bool
        Whether nothing has been learned yet.

    Returns
    -------
    TransferSet
        The rows with all classes of the stream.
    """
    X = _check_rows(student, X, reset=first)
    if soft_targets is not None:
        _check_soft_targets(student, soft_targets, num_samples(X), "soft_targets")
    task, hard, weight = student._read_batch(
        X, y, sample_weight, soft_targets, classes, first
    )
    return _transfer_set(student, X, hard, weight, task, soft_targets)


def check_validation(student, X, y, sample_weight, soft_targets, *, like):
    """Check validation rows, against what ``check_train`` has set.

    Parameters
    ----------
    student : estimator
        With ``n_features_in_`` and ``classes_``.
    X, y, sample_weight, soft_targets
        As for :func:`check_train`, or all None.
    like : SoftTargets
        Of the training rows: loss and temperature are the same for both.

    Returns
    -------
    TransferSet or None
        The rows.
    """
    if X is None and y is None and sample_weight is None and soft_targets is None:
        return None
    if X is None or y is None:
        raise ValueError("Validation rows need both X_val and y_val.")
    try:
        X = _check_rows(student, X, reset=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"X_val: {error}") from error
    task = student._task
    hard, weight = task.read_validation(student, X, y, sample_weight)
    if soft_targets is not None:
        _check_soft_targets(student, soft_targets, len(hard), "soft_targets_val")
        soft_targets.check_like(like)
    return _transfer_set(student, X, hard, weight, task, soft_targets)


def _check_rows(student, X, *, reset):
    """Check rows, and those of large arrays without making one of them."""
    if not isinstance(X, RowsInPlace):
        return check_rows(student, X, reset=reset)
    for array in X.arrays:
        check_rows(student, array, reset=reset)
        reset = False
    return X


def _transfer_set(student, X, hard, weight, task, soft_targets):
    if soft_targets is None:
        # 0 and 1 are exact in any dtype
        hot = task.hot(hard, task.dtype)
        soft_targets = student._hard_term().of(hot, task)
    rows = TransferSet(X, task, hard, compact(weight), soft_targets)
    return rows.take(weight > 0)


def _check_soft_targets(student, soft_targets, n_samples, name):
    kind = student._soft_kind
    if not isinstance(soft_targets, kind):
        raise TypeError(
            f"{name} must be a sklearn_kd.{kind.__name__}, got "
            f"{type(soft_targets).__name__}. Wrap {kind.wrapped}."
        )
    check_loss(soft_targets.loss, f"{name}.loss", student._task_kind.name)
    if len(soft_targets) != n_samples:
        raise ValueError(f"{name} has {len(soft_targets)} rows, expected {n_samples}.")
