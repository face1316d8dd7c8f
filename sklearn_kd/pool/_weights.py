"""The weights of a pool: by out-of-sample predictions, and by none of the teacher's."""

import numpy as np

from sklearn_kd._tables.weights import in_rows
from sklearn_kd.pool._members import NAMES

#: What the weights of teacher, booster and student on labels are without any row to
#: choose them by; and those of the latter two beside a teacher without out-of-sample
#: predictions.
CENTER, CENTER_OF_LABELS = (0.70, 0.15, 0.25), (0.50, 0.45)

#: Strength of the ridge towards these numbers where validation rows alone show what a
#: teacher is worth. Fewer of them do not move the weights.
STRONG_RIDGE, FEWEST = 15.0, 50

#: Part of the models of the labels where the teacher is in no loss: without synthetic
#: rows, and beside them for a teacher that is as sure as these are, with what is added
#: for one that is e times surer, and the most.
WITHOUT_ROWS, AS_SURE, FOR_SURENESS, MOST_SHARE = 0.5, 0.4, 0.5, 0.7

#: Synthetic rows by which that is found out.
_COMPARED = 5000


def center_of(members, *, with_teacher):
    """Give the weights without any row; those of the labels have one sum always."""
    of_labels = CENTER[1:] if with_teacher else CENTER_OF_LABELS
    all_of = dict(zip(NAMES[1:], of_labels, strict=True))
    there = np.array([all_of[name] for name in members])
    there *= sum(of_labels) / there.sum()
    return np.r_[CENTER[0], there] if with_teacher else there


def fit_weights(parts, of_teacher, others, center, **ridge):
    """Fit the weights of a pool to the labels of rows that have all predictions.

    Parameters
    ----------
    parts : list of TransferSet or None
        The rows.
    of_teacher : ndarray of shape (n_samples, n_outputs) or None
        The teacher's out-of-sample predictions for all labelled rows. Where there are
        none, the teacher has no weight.
    others : list of ndarray of shape (n_samples, n_outputs)
        Those of the members.
    center, ridge
        As for :meth:`Classification.fit_pool`.

    Returns
    -------
    weights : ndarray of shape (n_weights,), float64
        Not negative.
    spreads : list of float
        How much the logits of each differ between rows: what a weight weighs.
    """
    parts = [part for part in parts if part is not None]
    task, origin = parts[0].task, np.concatenate([part.origin for part in parts])
    hard = np.concatenate([part.hard for part in parts])
    weight = in_rows(np.concatenate([part.weight for part in parts]))
    outputs = [each[origin] for each in others]
    if of_teacher is not None:
        outputs = [of_teacher[origin], *outputs]
        predicted = task.has_prediction(outputs[0])
        outputs = [each[predicted] for each in outputs]
        hard, weight = hard[predicted], weight[predicted]
    weights = task.fit_pool(outputs, hard, weight, center, **ridge)
    return weights, [task.spread(each) for each in outputs] if len(hard) else None


def share_of_labels(members, weights, made):
    """Choose the part of the models of the labels beside a teacher in no loss.

    Whether the teacher is over- or underconfident shows without any label: in how sure
    it is of synthetic rows, compared with the models of the labels. An overconfident
    one counts less, and an underconfident one is made surer.

    Returns
    -------
    share, power : float
        Part of the models of the labels, and exponent of the teacher.
    """
    if made is None:
        return WITHOUT_ROWS, 1.0
    few = slice(None, None, -(-len(made) // _COMPARED))
    labels = made.task.pool([one.outputs[few] for one in members.values()], weights)
    power = made.task.matching_exponent(made.soft.outputs[few], labels)
    share = min(AS_SURE + FOR_SURENESS * max(-np.log(power), 0), MOST_SHARE)
    return share, max(power, 1.0)


def least_share(held, outputs, others, weights, power):
    """Give the part of the models of the labels that validation rows prove.

    The teacher may have been fitted on these rows, which can only overrate it: a larger
    part than they give may be right, and a smaller one is wrong.
    """
    task = held.task
    predicted = task.has_prediction(outputs)
    if not predicted.any():
        return 0.0
    labels = task.pool(others, weights)[predicted]
    outputs = task.pool([outputs[predicted]], [power])
    weight = in_rows(held.weight)[predicted]
    return task.fit_share(outputs, labels, held.hard[predicted], weight)
