"""How faithful a student is: in its labels, and in its probabilities."""

from numbers import Real

import numpy as np
from scipy.special import rel_entr
from sklearn.base import is_regressor

from sklearn_kd._messages import show
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._tables.containers import as_values
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._task.proba import as_array, check_proba
from sklearn_kd.inspection._inputs import check_model, read_rows

_FIX = (
    "Pass a classifier whose predict gives labels, such as the LGBMClassifier or "
    "XGBClassifier that a Booster is of."
)


def agreement_score(student, teacher, X):
    """Compute the share of rows where student and teacher predict the same label.

    Also called top-1 fidelity. It is on ``predict``, which need not be the most
    probable label: a classifier with a tuned threshold decides otherwise.

    Parameters
    ----------
    student, teacher : classifier
        Fitted, with ``predict``.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows that neither was fitted on.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    TypeError
        For what has no ``predict``, for regressors, and for answers that are no labels:
        probabilities, as from the ``predict`` of a ``Booster``.
    ValueError
        Where one predicts text and the other numbers.

    See Also
    --------
    mean_kl_divergence : Compares probabilities, not labels.

    Notes
    -----
    .. versionadded:: 0.1

    Two teachers that differ in nothing but their seed do not agree on all rows either;
    compare the agreement of a student with *theirs*, not with 1.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import DistilledClassifier
    >>> from sklearn_kd.inspection import agreement_score
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> model = DistilledClassifier(RandomForestClassifier(), random_state=0).fit(X, y)
    >>> agreement_score(model.student_, model.teacher_, X_test) > 0.9
    True
    """
    check_model("student", student, "predict")
    check_model("teacher", teacher, "predict")
    for name, model in [("student", student), ("teacher", teacher)]:
        if hasattr(model, "__sklearn_tags__") and is_regressor(model):
            raise TypeError(
                f"{name} must be a classifier, got the regressor "
                f"{type(model).__name__}: its predict gives numbers and no labels."
            )
    X = read_rows(X, [student, teacher])
    with no_autologging():
        labels = predict_labels("student", student, X)
        others = predict_labels("teacher", teacher, X)
    if len(labels) != len(others):
        raise ValueError(
            f"predict of student gives {len(labels)} labels, and that of teacher "
            f"{len(others)}, expected one a row of X from both."
        )
    kinds = [_kind(each) for each in (labels, others)]
    if None not in kinds and kinds[0] != kinds[1]:
        raise ValueError(
            f"student and teacher never predict the same label: student predicts "
            f"{kinds[0]}, such as {show(labels[0])}, and teacher {kinds[1]}, such as "
            f"{show(others[0])}. Bring both to one spelling."
        )
    known = _classes(student) | _classes(teacher)
    _refuse_scores("student", student, labels, known)
    _refuse_scores("teacher", teacher, others, known)
    return share_equal(labels, others)


def predict_labels(name, model, X):
    """Ask a classifier for labels.

    Parameters
    ----------
    name : str
        What messages call it.
    model : object
        With ``predict``, which may write into its rows.
    X : object
        The rows.

    Returns
    -------
    ndarray of shape (n_samples,)
        The labels; CatBoost has them in a column.

    Raises
    ------
    TypeError
        For answers that are no single label a row.
    """
    labels = np.asarray(model.predict(copy_rows(X)))
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise TypeError(
            f"{name} must predict one label a row, and predict of "
            f"{type(model).__name__} gives answers of shape {labels.shape}. {_FIX}"
        )
    return labels


def _kind(labels):
    """Name the kind of labels where all are of one that equals no other."""
    if labels.dtype.kind in "biuf":
        return "numbers"
    kinds = set(map(type, labels.tolist()))
    for kind, name in [(str, "text"), (bytes, "bytes"), (Real, "numbers")]:
        if kinds and all(issubclass(each, kind) for each in kinds):
            return name
    return None


def _classes(model):
    """Give the labels that a model knows; none where it does not say."""
    try:
        return set(np.asarray(getattr(model, "classes_", ())).tolist())
    except (TypeError, ValueError):  # of several outputs
        return set()


def _refuse_scores(name, model, labels, known):
    """Refuse numbers with decimals that are no classes: probabilities, say."""
    if labels.dtype.kind in "biu" or _kind(labels) != "numbers":
        return
    values = np.unique(labels).tolist()
    first = next((v for v in values if v not in known and v % 1 != 0), None)
    if first is not None:
        raise TypeError(
            f"{name} must predict labels, and predict of {type(model).__name__} gives "
            f"the number {show(first)}, which is none of the classes. {_FIX}"
        )


def share_equal(labels, others):
    """Share of positions where two label arrays are equal.

    Parameters
    ----------
    labels, others : ndarray of shape (n_samples,)
        Labels; numbers and strings are never equal.

    Returns
    -------
    float
        Between 0 and 1.
    """
    # as objects, since NumPy would write numbers as strings to compare them
    labels, others = (np.asarray(array, dtype=object) for array in (labels, others))
    return float(np.mean(labels == others))


def mean_kl_divergence(teacher_proba, student_proba):
    r"""Compute the mean Kullback-Leibler divergence KL(teacher ‖ student) of rows.

    Parameters
    ----------
    teacher_proba, student_proba : array-like of shape (n_samples, n_classes)
        Class probabilities of the same rows, columns in the same class order.

    Returns
    -------
    float
        In nats; 0 for equal probabilities. Infinite where the student gives 0 to a
        class that the teacher does not.

    Raises
    ------
    ValueError
        For arrays of different shapes, and for rows that are no probabilities.

    See Also
    --------
    agreement_score : Compares labels, not probabilities.

    Notes
    -----
    .. versionadded:: 0.1

    With teacher :math:`p` and student :math:`q` it is the mean over rows of
    :math:`\sum_k p_k \log (p_k / q_k)`: the soft term of the distillation loss at
    temperature 1. It can differ between students of equal agreement and accuracy.

    Examples
    --------
    >>> from sklearn_kd.inspection import mean_kl_divergence
    >>> mean_kl_divergence([[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]])
    0.3466
    """
    teacher_proba = as_array(as_values(teacher_proba, "teacher_proba"), "teacher_proba")
    student_proba = as_values(student_proba, "student_proba")
    shape = np.shape(teacher_proba)
    n_classes = shape[1] if len(shape) == 2 else 2
    teacher_proba = check_proba(teacher_proba, n_classes, name="teacher_proba")
    student_proba = check_proba(student_proba, n_classes, name="student_proba")
    if len(teacher_proba) != len(student_proba):
        raise ValueError(
            f"teacher_proba has {len(teacher_proba)} rows and student_proba "
            f"{len(student_proba)}, expected the same rows in both."
        )
    divergence = rel_entr(
        teacher_proba.astype(np.float64), student_proba.astype(np.float64)
    )
    return float(divergence.sum(axis=1).mean())
