"""Checking the labelled rows and soft targets that reach the NumPy student."""

from sklearn.utils.validation import check_consistent_length

from sklearn_kd._compat import check_sample_weight, check_y
from sklearn_kd._validation import check_labels, check_rows, encode_labels
from sklearn_kd.students._transfer_set import TransferSet
from sklearn_kd.targets import SoftTargets, one_hot


def check_train(student, X, y, sample_weight, soft_targets):
    """Check training rows.

    Parameters
    ----------
    student : estimator
        Named in the messages; its ``n_features_in_`` is set.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Labels.
    sample_weight : array-like of shape (n_samples,), float or None
        Row weights; rows of weight 0 are left out.
    soft_targets : SoftTargets of length n_samples or None
        None is replaced by the labels, with nothing on the soft term.

    Returns
    -------
    TransferSet
        The rows with their classes: those of the soft targets where there are any.
    """
    X = check_rows(student, X, reset=True)
    y, weight, classes = check_labels(student, X, y, sample_weight)
    if soft_targets is not None:
        _check_soft_targets(soft_targets, len(y), "soft_targets")
        classes = soft_targets.classes
    return _transfer_set(X, y, weight, classes, soft_targets)


def check_validation(student, X, y, sample_weight, soft_targets):
    """Check validation rows, against what ``check_train`` has set.

    Parameters
    ----------
    student : estimator
        With ``n_features_in_`` and ``classes_``.
    X, y, sample_weight, soft_targets
        As for :func:`check_train`.

    Returns
    -------
    TransferSet
        The rows.
    """
    X = check_rows(student, X, reset=False)
    y = check_y(y, estimator=student)
    check_consistent_length(X, y)
    if soft_targets is not None:
        _check_soft_targets(soft_targets, len(y), "soft_targets_val")
    weight = check_sample_weight(sample_weight, X)
    return _transfer_set(X, y, weight, student.classes_, soft_targets)


def _transfer_set(X, y, weight, classes, soft_targets):
    codes = encode_labels(y, classes)
    strange = (classes[codes] != y) & (weight > 0)
    if strange.any():
        raise ValueError(
            f"y holds labels that are not among the classes {classes.tolist()}, first "
            f"{y[strange][0]!r}."
        )
    if soft_targets is None:
        soft_targets = SoftTargets(one_hot(codes, len(classes)), classes, row_alpha=0.0)
    return TransferSet(X, codes, weight, classes, soft_targets).take(weight > 0)


def _check_soft_targets(soft_targets, n_samples, name):
    if not isinstance(soft_targets, SoftTargets):
        raise TypeError(
            f"{name} must be a sklearn_kd.SoftTargets, got "
            f"{type(soft_targets).__name__}. Wrap probabilities: SoftTargets(proba, "
            "classes)."
        )
    if len(soft_targets) != n_samples:
        raise ValueError(f"{name} has {len(soft_targets)} rows, expected {n_samples}.")
