"""How faithful a student is: in its labels, and in its probabilities."""

import numpy as np
from scipy.special import rel_entr

from sklearn_kd._proba import as_array
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._tables.containers import as_values, rows_for
from sklearn_kd._tables.copies import copy_rows
from sklearn_kd.inspection._inputs import check_model
from sklearn_kd.targets import check_proba


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
        For what has no ``predict``.

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
    X = rows_for([student, teacher], X)
    with no_autologging():  # either may write into its rows
        labels = student.predict(copy_rows(X))
        return share_equal(labels, teacher.predict(copy_rows(X)))


def share_equal(labels, others):
    """Share of positions where two label arrays are equal.

    Parameters
    ----------
    labels, others : array-like of shape (n_samples,)
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
