"""How far the probabilities of a student are from those of its teacher."""

import numpy as np
from scipy.special import rel_entr

from sklearn_kd._messages import show
from sklearn_kd._parameters import check_number
from sklearn_kd._tables.containers import as_values
from sklearn_kd._tables.frames import are_numbered, column_names
from sklearn_kd._task.class_names import class_order
from sklearn_kd._task.proba import as_array, check_proba
from sklearn_kd.metrics._arguments import check_lengths, weighted_mean

#: The smallest probability of a student that counts, as for scikit-learn's log loss.
FLOOR = float(np.finfo(np.float64).eps)


def kl_divergence(p_teacher, p_student, *, sample_weight=None, floor=FLOOR):
    r"""Compute the mean Kullback-Leibler divergence KL(teacher ‖ student) over rows.

    Parameters
    ----------
    p_teacher, p_student : array-like or DataFrame of shape (n_samples, n_classes)
        Class probabilities of the same rows, columns in the same class order. If both
        are DataFrames with columns named by the classes, each column is compared with
        the one of its name.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights; only their ratios count, and rows of weight 0 do not.
    floor : float, default=2.2e-16
        In [0, 1]. Where the student has a smaller probability than this, and than the
        teacher, it counts as the smaller of the two. 0 leaves all as it is: the result
        is infinite where the student gives 0 to a class that the teacher does not.

    Returns
    -------
    float
        In nats; 0 for equal probabilities.

    Raises
    ------
    TypeError
        For what holds no rows, and a `floor` that is no number.
    ValueError
        For arrays of different shapes, no rows, rows that are no probabilities,
        DataFrames with columns of different names, and a `floor` outside [0, 1].

    See Also
    --------
    agreement_score : Compares labels, not probabilities.
    kl_divergence_scorer : The same of two models, negative, for ``scoring=``.

    Notes
    -----
    .. versionadded:: 0.1

    With teacher :math:`p` and student :math:`q` it is the mean over rows of
    :math:`\sum_k p_k \log (p_k / q_k)`: the soft term of the distillation loss at
    temperature 1. It can differ between students of equal agreement and accuracy. The
    sides cannot be exchanged. At the default `floor`, the least number that can be
    added to a float64 of 1, a class with :math:`q_k = 0` adds
    :math:`p_k (\log p_k + 36)` nats.

    Examples
    --------
    >>> from sklearn_kd.metrics import kl_divergence
    >>> kl_divergence([[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]])
    0.3466
    >>> kl_divergence([[0.5, 0.5]], [[1.0, 0.0]])
    17.32...
    >>> kl_divergence([[0.5, 0.5]], [[1.0, 0.0]], floor=0)
    inf
    """
    floor = check_number("floor", floor, least=0, most=1)
    given = {"p_teacher": p_teacher, "p_student": p_student}
    given = {name: as_values(proba, name) for name, proba in given.items()}
    shape = np.shape(as_array(given["p_teacher"], "p_teacher"))
    n_classes = shape[1] if len(shape) == 2 else 2
    p, q = (check_proba(proba, n_classes, name=name) for name, proba in given.items())
    check_lengths(p_teacher=p, p_student=q)
    q = q[:, _order(*given.values())]
    p, q = p.astype(np.float64), q.astype(np.float64)
    divergence = rel_entr(p, np.maximum(q, np.minimum(p, floor)))
    return weighted_mean(divergence.sum(axis=1), sample_weight)


def _order(p_teacher, p_student):
    """Give the student's column for each of the teacher's; by place without names."""
    names = [column_names(table) for table in (p_teacher, p_student)]
    if None in names or any(map(are_numbered, names, (p_teacher, p_student))):
        return slice(None)
    order = class_order(names[0], names[1])
    if order is None:
        raise ValueError(
            f"The columns of p_teacher are named {show(names[0])} and those of "
            f"p_student {show(names[1])}, which are not the same classes, each once. "
            "Name the columns of both by the classes, or pass arrays: their columns "
            "are compared by place."
        )
    return order
