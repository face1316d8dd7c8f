"""How a student learns is decided here, by what its ``fit`` takes."""

import inspect
from dataclasses import replace

from sklearn.base import BaseEstimator, is_regressor
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import validate_params
from sklearn_kd._random import as_seed
from sklearn_kd._routing import weight_parameter
from sklearn_kd.students._transfer_set import expand
from sklearn_kd.students._validation import split


def check_student(student, *, learns_softly, temperature, loss, weighted):
    """Refuse what cannot be a student, before any teacher is asked.

    Parameters
    ----------
    student : estimator
        What the user passed.
    learns_softly : bool
        Whether there will be soft targets.
    temperature : float
        The temperature of the soft term.
    loss : str
        The soft term.
    weighted : bool
        Whether labelled rows have weights.

    Raises
    ------
    TypeError
        For a class instead of an instance, no classifier, a classifier that takes
        neither soft targets nor sample weights, and one that takes no sample weights
        where there are some.
    ValueError
        For a temperature or a loss that the student cannot learn with.
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
    last = last_step(student)
    if isinstance(last, BaseEstimator):
        validate_params(last)
    if not hasattr(last, "fit") or _is_regressor(last):
        raise TypeError(
            f"student must be a classifier, got {type(last).__name__}, which is none."
        )
    if weighted:
        _weight_name(last)
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
    if loss != "kl":
        raise ValueError(
            f"loss={loss!r} needs a student that minimises it, and {name} minimises a "
            'loss of its own, given weights. Use loss="kl", or MLPStudent().'
        )


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
        The others; None for a student that wants none, or splits by itself.
    """
    last = last_step(student)
    # not X_val alone: gradient boosting takes it too, and splits rows off by itself
    takes_them = _takes(last, "soft_targets_val")
    if not (takes_them and getattr(last, "early_stopping", False)):
        return transfer_set, None
    # a RandomState would give the student's own fit another draw than this one
    last.set_params(random_state=as_seed(last.random_state))
    return split(transfer_set, last.validation_fraction, last.random_state)


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
    for _, step in pipeline.steps[:-1]:
        if step is None or step == "passthrough":
            continue
        if hasattr(step, "fit_transform"):
            X = step.fit_transform(train.X, train.y)
        else:
            X = step.fit(train.X, train.y).transform(train.X)
        train = replace(train, X=X)
        if validation is not None:
            validation = replace(validation, X=step.transform(validation.X))
    fit_student(pipeline.steps[-1][1], train, validation)
    return pipeline


def _fit_params(student, train, validation):
    params = {}
    if train.soft is not None:
        params["soft_targets"] = train.soft
    if (train.weight != 1).any():  # with ones, many fits round otherwise than without
        params[_weight_name(student)] = train.weight
    if validation is not None:
        params["X_val"] = validation.X
        params["y_val"] = validation.y
        params["sample_weight_val"] = validation.weight
        if validation.soft is not None:
            params["soft_targets_val"] = validation.soft
    return params


def _weight_name(student):
    name = weight_parameter(student)
    if name is None:
        raise TypeError(
            f"The student {type(student).__name__} takes no sample_weight, and its "
            "rows have weights: sample_weight, or alpha * transfer_weight for rows "
            "without a label."
        )
    return name


def last_step(student):
    """Give the last step of a pipeline, however nested, or the estimator itself."""
    while isinstance(student, Pipeline):
        student = student.steps[-1][1]
    return student


def _is_regressor(student):
    return hasattr(student, "__sklearn_tags__") and is_regressor(student)


def _takes(student, parameter):
    return parameter in inspect.signature(student.fit).parameters
