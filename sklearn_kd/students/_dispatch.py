"""How a student learns: its checks, its pipeline, and which kind of student it is."""

from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import (
    LinearClassifierMixin,
    has_callbacks,
    own_requests,
    routing_enabled,
    safe_indexing,
    validate_all_params,
)
from sklearn_kd._estimators.parts import last_step, parts_of
from sklearn_kd._estimators.resampling import resampling_ensemble, resampling_part
from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd._messages import show, warn
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._task import Classification, Regression
from sklearn_kd._task.proba import check_finite
from sklearn_kd.students._kinds import is_careful, kind_of
from sklearn_kd.students.mlp.regressor import MLPStudentRegressor
from sklearn_kd.students.mlp.student import MLPStudent
from sklearn_kd.students.weighted._requests import routes

#: The default students by task.
_DEFAULTS = {Classification.name: MLPStudent, Regression.name: MLPStudentRegressor}

#: About how many rows a trained student predicts, to test that it did not diverge.
_CHECKED = 256


def default_student(task):
    """Give the class of the default student of a task."""
    return _DEFAULTS[task.name]


def resolve_student(student, task=Classification):
    """Give the estimator that learns: an adapter for what needs one.

    Parameters
    ----------
    student : estimator or None
        What the user passed; None is the default student.
    task : type or object, default=Classification
        What it learns.

    Returns
    -------
    estimator
        The same object where nothing needs an adapter; never a changed one.
    """
    if student is None:
        return default_student(task)()
    if isinstance(student, Pipeline) and student.steps:
        name, last = student.steps[-1]
        adapted = resolve_student(last, task)
        if adapted is not last and last is not None:
            student = clone(student)
            student.steps[-1] = (name, adapted)
        return student
    if isinstance(student, type):
        return student
    return kind_of(student).adapt(student, task)


def without_adapter(student):
    """Give the net for its adapter: what :func:`resolve_student` has adapted."""
    if isinstance(student, Pipeline):
        name, last = student.steps[-1]
        student.steps[-1] = (name, without_adapter(last))
        return student
    return student.net


def check_student(student, *, soft_term, task, weighted):
    """Refuse what cannot be a student, before any teacher is fitted or predicts.

    Parameters
    ----------
    student : estimator
        From :func:`resolve_student`.
    soft_term : SoftTerm
        How soft targets will count, if there are any.
    task : Classification or Regression
        What is to be learned.
    weighted : bool
        Whether rows have weights.

    Raises
    ------
    TypeError
        For a class instead of an instance, no classifier, a step that resamples rows,
        a classifier that takes neither soft targets nor sample weights, and one that
        takes no sample weights where there are some.
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
            f"student must be a scikit-learn {task.kind}, got {show(student)}. Leave "
            "it out for the default network."
        )
    last = last_step(student)
    validate_all_params(parts_of(student))
    _refuse_resampling(student)
    _warn_of_callbacks(student)
    if not hasattr(last, "fit") or not task.is_made_by(last):
        raise TypeError(
            f"student must be a {task.kind}, got {type(last).__name__}, which is none."
        )
    kind = kind_of(last)
    kind.check_parameters(last)
    if weighted:
        kind.check_weights(last)
    if task.quantiles is not None:
        kind.check_levels(last, task.quantiles)
    if soft_term.is_used:
        kind.check_soft(last, soft_term, task)


def check_weighted(student):
    """Refuse a student that takes no weights, where rows have some."""
    last = last_step(student)
    kind_of(last).check_weights(last)


def follow(student, soft_term, task):
    """Set the loss of a seeded student, where that is its own."""
    last = last_step(student)
    kind_of(last).follow(last, soft_term, task)


def split_validation(student, transfer_set, learns_softly):
    """Split off the rows that decide when training stops; None where there are none.

    It happens before any other row is made, so that none is derived from them.
    """
    last = last_step(student)
    return kind_of(last).split(last, transfer_set, learns_softly)


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

    Raises
    ------
    ValueError
        For one that predicts anything but probabilities for rows that it was fitted
        on.
    """
    own = train, validation
    if not is_careful(student):
        own = (
            rows and replace(rows, X=copy_rows(rows.X), weight=np.array(rows.weight))
            for rows in own
        )
    fitted = _fit(student, *own)
    task = train.task
    if hasattr(fitted, task.method):
        step = -(-len(train) // _CHECKED)
        few = safe_indexing(train.X, slice(None, None, step))
        name = f"the trained student {type(last_step(fitted)).__name__}"
        task.check_outputs(fitted, own_rows(fitted, few), name)
    return fitted


def _fit(student, train, validation):
    """Fit a student on rows that it may write into."""
    if isinstance(student, Pipeline):
        return _fit_pipeline(student, train, validation)
    return kind_of(student).fit(student, train, validation)


def own_rows(student, X):
    """Give a student rows that it may write into: a copy, unless it never does so.

    A scaler with ``copy=False`` in a pipeline, for example, scales rows in place.
    """
    return X if is_careful(student) else copy_rows(X)


def student_outputs(student, X, method="predict_proba"):
    """Predict own rows; NaN is refused, here where a student does not do so."""
    if isinstance(student, Pipeline) and not hasattr(student, method):
        X = copy_rows(X)  # scikit-learn's pipeline hands a few methods on
        for _, step in student.steps[:-1]:
            X = X if step in (None, "passthrough") else step.transform(X)
        return student_outputs(student.steps[-1][1], X, method)
    if is_careful(student):
        return getattr(student, method)(X)
    outputs = getattr(student, method)(copy_rows(X))
    return check_finite(outputs, f"The student {type(student).__name__}")


def _warn_of_callbacks(student):
    """Warn of callbacks that will not be called."""
    while isinstance(student, Pipeline):
        if has_callbacks(student):
            warn(
                "The callbacks that are set on the student's Pipeline will not be "
                "called: its steps are fitted one by one. Set them on the steps.",
            )
        student = student.steps[-1][1]


def _fit_pipeline(pipeline, train, validation):
    """Fit the transformers on the rows as they are, and the last step as a student."""
    for _, step in pipeline.steps[:-1]:
        if step is None or step == "passthrough":
            continue
        params, name = {}, _weight_name(step)
        if name is not None and (train.weight != 1).any():
            params[name] = train.weight
        if hasattr(step, "fit_transform"):
            X = step.fit_transform(train.X, train.y, **params)
        else:
            X = step.fit(train.X, train.y, **params).transform(train.X)
        train = replace(train, X=X)
        if validation is not None:
            validation = replace(validation, X=step.transform(validation.X))
    name, last = pipeline.steps[-1]
    pipeline.steps[-1] = (name, _fit(last, train, validation))
    return pipeline


def _refuse_resampling(student):
    """Refuse a student that resamples rows by their labels, wherever in it."""
    found, ensemble = resampling_part(student), resampling_ensemble(student)
    name = type(student).__name__
    if found is not None:
        step = f"has the step {found[0]!r} ({type(found[1]).__name__})"
    elif ensemble is student:
        step = "draws the rows of its members by itself"
    elif ensemble is not None:
        step = f"holds a {type(ensemble).__name__}"
    else:
        return
    raise TypeError(
        f"The student {name} {step}, which resamples rows by their labels, and a "
        "student learns the soft targets of the rows that it is given. Leave it out; "
        "to act on the sizes of classes, keep it in the teacher, or pass sample_weight "
        "to fit."
    )


def _weight_name(step):
    """Name the parameter for a transformer's weights; None where it declines them."""
    if routing_enabled() and not routes(step, "sample_weight"):
        last = last_step(step)
        has_requests = hasattr(last, "get_metadata_routing")
        if has_requests and own_requests(last, "fit").get("sample_weight") is False:
            return None
    return weight_parameter(step)


def is_linear(student):
    """Return True for scikit-learn's linear models, also at a pipeline's end."""
    last = last_step(student)
    if isinstance(last, LinearClassifierMixin):
        return True
    modules = [base.__module__ for base in type(last).__mro__]
    is_one = any(module.startswith("sklearn.linear_model.") for module in modules)
    return is_one and hasattr(last, "predict") and not hasattr(last, "predict_proba")
