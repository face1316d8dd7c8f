"""How a student learns is decided here, by what its ``fit`` takes."""

import inspect
from dataclasses import dataclass, replace

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import safe_indexing
from sklearn_kd._routing import weight_parameter
from sklearn_kd.students._validation import validation_mask
from sklearn_kd.targets import SoftTargets, blend
from sklearn_kd.transfer import stack_rows


@dataclass(frozen=True)
class TransferSet:
    """All rows that a student learns from.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    codes : ndarray of shape (n_samples,), int
        Hard targets; a placeholder in rows without a label.
    weight : ndarray of shape (n_samples,), float64
        Row weights, above 0.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    soft : SoftTargets of length n_samples or None
        None for learning from the labels alone.
    """

    X: object
    codes: np.ndarray
    weight: np.ndarray
    classes: np.ndarray
    soft: SoftTargets | None

    @property
    def y(self):
        """Hard targets as labels."""
        return self.classes[self.codes]

    def take(self, mask):
        """Take the rows where a mask is True."""
        if mask.all():
            return self
        rows = np.flatnonzero(mask)
        return replace(
            self,
            X=safe_indexing(self.X, rows),
            codes=self.codes[rows],
            weight=self.weight[rows],
            soft=None if self.soft is None else self.soft[rows],
        )

    def append(self, X, proba, weight):
        """Append rows without a label: with the soft term only, all of one weight."""
        n_rows = len(proba)
        soft = replace(
            self.soft,
            proba=np.vstack([self.soft.proba, proba]),
            row_alpha=np.r_[self.soft.row_alpha, np.ones(n_rows)],
        )
        return replace(
            self,
            X=stack_rows(self.X, X),
            codes=np.r_[self.codes, np.zeros(n_rows, dtype=self.codes.dtype)],
            weight=np.r_[self.weight, np.full(n_rows, weight)],
            soft=soft,
        )


def check_student(student, *, learns_softly, temperature):
    """Refuse what cannot be a student, before any teacher is asked.

    Parameters
    ----------
    student : estimator
        What the user passed.
    learns_softly : bool
        Whether there will be soft targets.
    temperature : float
        The temperature of the soft term.

    Raises
    ------
    TypeError
        For a class instead of an instance, no classifier, and a classifier that takes
        neither soft targets nor sample weights.
    ValueError
        For a temperature that the student cannot learn at.
    """
    if isinstance(student, type):
        raise TypeError(
            f"student must be an instance, got the class {student.__name__}. Write "
            f"{student.__name__}()."
        )
    if not (hasattr(student, "fit") and hasattr(student, "get_params")):
        raise TypeError(
            f"student must be a scikit-learn classifier, got {student!r}. Leave it out "
            "for MLPStudent()."
        )
    last = _last_step(student)
    if not learns_softly or _takes(last, "soft_targets"):
        return
    name = type(last).__name__
    if weight_parameter(last) is None:
        raise TypeError(
            f"The student {name} can learn from labels only: its fit takes neither "
            "soft_targets nor sample_weight. Use MLPStudent(), or a classifier with "
            "sample weights such as LogisticRegression, DecisionTreeClassifier or "
            "HistGradientBoostingClassifier."
        )
    if temperature != 1:
        raise ValueError(
            f"temperature={temperature:g} needs a student that divides its own logits "
            f"by it too, and {name} does not: it would learn a flattened or sharpened "
            "copy of the teacher. Use temperature=1, or MLPStudent()."
        )


def wants_validation(student):
    """Give the share of labelled rows that a student wants to be stopped by.

    Parameters
    ----------
    student : estimator
        Seeded.

    Returns
    -------
    float or None
        None when it wants none, or splits them off by itself.
    """
    last = _last_step(student)
    if _takes(last, "X_val") and getattr(last, "early_stopping", False):
        return last.validation_fraction
    return None


def split_validation(student, transfer_set):
    """Split off the rows that decide when training stops.

    It happens before any other row is made, so that none is derived from them.

    Parameters
    ----------
    student : estimator
        Seeded; the rows are those it would split off by itself.
    transfer_set : TransferSet
        Labelled rows.

    Returns
    -------
    train : TransferSet
        The rows to learn from.
    validation : TransferSet or None
        The others.
    """
    fraction = wants_validation(student)
    if fraction is None:
        return transfer_set, None
    seed = _last_step(student).random_state
    mask = validation_mask(transfer_set.codes, fraction, seed)
    if not mask.any():
        return transfer_set, None
    return transfer_set.take(~mask), transfer_set.take(mask)


def fit_student(student, train, validation):
    """Fit a student on a transfer set.

    Parameters
    ----------
    student : estimator
        A seeded clone; fitted in place.
    train : TransferSet
        What to learn from.
    validation : TransferSet or None
        What to be stopped by.

    Returns
    -------
    estimator
        The fitted student.
    """
    if isinstance(student, Pipeline):
        return _fit_pipeline(student, train, validation)
    if train.soft is None or _takes(student, "soft_targets"):
        return student.fit(train.X, train.y, **_fit_params(student, train, validation))
    X, y, weight = expand(train)
    return student.fit(X, y, **{weight_parameter(student): weight})


def _fit_pipeline(pipeline, train, validation):
    """Fit the transformers on the rows as they are, and the last step as a student."""
    for index, (name, step) in enumerate(pipeline.steps[:-1]):
        if step is None or step == "passthrough":
            continue
        X = step.fit_transform(train.X, train.y)
        pipeline.steps[index] = (name, step)
        train = replace(train, X=X)
        if validation is not None:
            validation = replace(validation, X=step.transform(validation.X))
    fit_student(pipeline.steps[-1][1], train, validation)
    return pipeline


def _fit_params(student, train, validation):
    params = {}
    if train.soft is not None:
        params["soft_targets"] = train.soft
    weight_name = weight_parameter(student)
    if weight_name is not None:
        params[weight_name] = train.weight
    elif (train.weight != 1).any():
        raise TypeError(
            f"sample_weight was given, and the student {type(student).__name__} takes "
            "none."
        )
    if validation is not None:
        params["X_val"] = validation.X
        params["y_val"] = validation.y
        params["sample_weight_val"] = validation.weight
        if validation.soft is not None:
            params["soft_targets_val"] = validation.soft
    return params


def expand(transfer_set):
    """Repeat each row once per class, weighted by the blended target.

    Parameters
    ----------
    transfer_set : TransferSet
        Rows with soft targets at temperature 1.

    Returns
    -------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_expanded, n_features)
        Row i stands as often as classes have mass in it.
    y : ndarray of shape (n_expanded,)
        The class of each copy.
    weight : ndarray of shape (n_expanded,), float64
        Row weight times the mass of the class: for a student that minimises a
        weighted log loss, the same loss.
    """
    soft = transfer_set.soft
    targets = blend(soft.proba.astype(np.float64), transfer_set.codes, soft.row_alpha)
    rows, codes = np.nonzero(targets)
    weight = targets[rows, codes] * transfer_set.weight[rows]
    return safe_indexing(transfer_set.X, rows), transfer_set.classes[codes], weight


def _last_step(student):
    while isinstance(student, Pipeline):
        student = student.steps[-1][1]
    return student


def _takes(student, parameter):
    return parameter in inspect.signature(student.fit).parameters
