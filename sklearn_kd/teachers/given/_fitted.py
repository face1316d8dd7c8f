"""Checks that an object can be a teacher, and whether it is fitted."""

import functools
import inspect
import os
from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._estimators.parts import last_step, parts_of
from sklearn_kd._estimators.unusable_parts import refuse_unusable_parts
from sklearn_kd._messages import printable, show
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import take_copy
from sklearn_kd._tables.unreadable import REFUSALS, is_odd, refused_by
from sklearn_kd._task import Classification, Regression
from sklearn_kd._task.outputs import classes_of
from sklearn_kd.teachers.dropped import refuse_dropped

#: The classifiers of packages whose own models predict no probabilities.
_WRAPPERS = {
    "xgboost": "XGBClassifier that it is of (clf.load_model(file) of a new one)",
    "lightgbm": "LGBMClassifier that it is of",
    "catboost": "CatBoostClassifier",
}


def check_teacher(teacher, task):
    """Refuse what cannot be a teacher.

    Parameters
    ----------
    teacher : object
        One teacher, not a list.
    task : Classification or Regression
        What it is to teach.

    Raises
    ------
    TypeError
        For a class instead of an instance, without the method of the task, for an
        estimator of the other task, and where what is inside is no estimator.
    """
    if isinstance(teacher, type):
        raise TypeError(
            f"teacher must be an instance, got the class {teacher.__name__}. Write "
            f"{teacher.__name__}(), or pass an instance that is fitted."
        )
    refuse_dropped(teacher, "A student", "pass the teacher itself.")
    advise = _ADVICE[task.name]
    refuse_unusable_parts(teacher, "teacher", advise)
    others, instead = _OTHERS[task.name]
    tagged = hasattr(teacher, "__sklearn_tags__")
    is_other = tagged and others(teacher)
    if isinstance(teacher, tuple) or is_other:
        raise TypeError(
            f"teacher must be a {task.kind}, or a list of {task.kind}s without names, "
            f"got {type(teacher).__name__}.{instead if is_other else ''}"
        )
    search = search_without_refit(teacher)
    if search is not None:
        raise no_refit(search, "teacher")
    if not hasattr(teacher, _METHODS[task.name]):
        raise TypeError(f"The teacher {_got(teacher, task.name)}. {advise(teacher)}")


def search_without_refit(estimator):
    """Find a search with ``refit=False`` in any part of an estimator, or None."""
    searches = (part for part in parts_of(estimator) if isinstance(part, BaseSearchCV))
    return next((one for one in searches if _is_off(one.refit)), None)


def _is_off(refit):
    return refit is None or (isinstance(refit, (bool, np.bool_)) and not refit)


def no_refit(search, role):
    """Make the error for a search that fits no model on all rows.

    Parameters
    ----------
    search : estimator
        With ``refit=False``.
    role : {"teacher", "student"}
        What it was to be.
    """
    name = type(search).__name__
    return TypeError(
        f"The {role} {name} has refit=False, and so no model that predicts. Pass it "
        "with refit=True, or its best estimator: "
        "sklearn.base.clone(search.estimator).set_params(**search.best_params_)."
    )


def _got(teacher, task):
    """Describe what was passed where it has no method that predicts."""
    method = _METHODS[task]
    kind = type(teacher).__name__
    if inspect.ismethod(teacher):
        owner = teacher.__self__
        return f"is the method {teacher.__name__} of {_a(type(owner).__name__)}"
    if isinstance(teacher, functools.partial):
        return f"is a partial of {show(teacher.func)}"
    if inspect.isroutine(teacher):
        return f"is the function {printable(teacher.__name__)}"
    if isinstance(teacher, (str, bytes, os.PathLike)):
        return f"is {show(teacher)}, of type {kind}, and has no {method}"
    if method == "predict":
        return f"{kind} has no predict"
    return f"{kind} has no predict_proba, and soft targets are probabilities"


def _a(name):
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _classifier_instead(teacher):
    """Return what to pass in the place of what has no ``predict_proba``."""
    package = type(teacher).__module__.partition(".")[0]
    is_text = isinstance(teacher, (str, bytes, os.PathLike))
    wanted = "Pass an object with classes_ and predict_proba"
    if inspect.ismethod(teacher) and hasattr(teacher.__self__, "predict_proba"):
        return (
            f"{wanted}: the {type(teacher.__self__).__name__} itself, or its "
            "probabilities for the rows of X as fit(X, y, teacher_proba=...)."
        )
    is_table = isinstance(teacher, (np.ndarray, Sequence)) or hasattr(
        teacher, "columns"
    )
    if is_table and not is_text:
        return (
            f"{wanted}, or probabilities of the rows of X, one column a class, as "
            "fit(X, y, teacher_proba=...)."
        )
    given = "or its probabilities for the rows of X as fit(X, y, teacher_proba=...)"
    if callable(teacher) and package == "torch":
        return f"{wanted}, such as a skorch.NeuralNetClassifier of it, {given}."
    if is_text:
        return f"{wanted}: load the model first, {given}."
    if package in _WRAPPERS:
        return f"{wanted}, such as the {_WRAPPERS[package]}, {given}."
    if isinstance(teacher, BaseEstimator):
        if not is_classifier(teacher):
            return f"{wanted}, {given}."
        return (
            "Wrap it in sklearn.calibration.CalibratedClassifierCV, or switch "
            'probabilities on (VotingClassifier(voting="soft"), '
            'SGDClassifier(loss="log_loss"), '
            "StackingClassifier(final_estimator=LogisticRegression()))."
        )
    return f"{wanted}, {given}."


def _regressor_instead(teacher):
    """Return what to pass in the place of what has no ``predict``."""
    return (
        "Pass a regressor, an object with predict, or its predictions for the rows of "
        "X as fit(X, y, teacher_pred=...)."
    )


#: By task: the method that a teacher needs, what is no teacher of it and what to use
#: for that, and the advice on what has no such method.
_METHODS = {Classification.name: "predict_proba", Regression.name: "predict"}
_OTHERS = {
    Classification.name: (is_regressor, " Numbers need a DistilledRegressor."),
    Regression.name: (is_classifier, " Classes need a DistilledClassifier."),
}
_ADVICE = {
    Classification.name: _classifier_instead,
    Regression.name: _regressor_instead,
}


def looks_fitted(teacher):
    """Return whether a teacher seems fitted, before it predicts any row.

    Parameters
    ----------
    teacher : object
        One teacher.

    Returns
    -------
    bool
        True for a frozen estimator, for anything without ``fit``, and where
        scikit-learn's own check passes; in a pipeline, for every step, since a
        pipeline itself looks at its last step only.
    """
    if is_surely_fitted(teacher):
        return True
    if isinstance(teacher, type):
        return False
    if isinstance(teacher, Pipeline):
        steps = (step for _, step in teacher.steps)
        return all(looks_fitted(step) for step in steps if hasattr(step, "fit"))
    if not hasattr(teacher, "__sklearn_tags__"):
        # not of scikit-learn: what cannot be cloned is taken as it is, and for the rest
        # fitting leaves attributes that end in an underscore, as check_is_fitted has it
        state = vars(teacher) if hasattr(teacher, "__dict__") else {}
        learned = [n for n in state if n.endswith("_") and not n.startswith("__")]
        return not hasattr(teacher, "get_params") or bool(learned)
    try:
        check_is_fitted(teacher)
    except NotFittedError:
        return False
    return True


def hand_on(teacher):
    """Clone an unfitted teacher, and give a fitted one itself; in lists, each."""
    if isinstance(teacher, (list, tuple)):
        return type(teacher)(hand_on(one) for one in teacher)
    if teacher is None or looks_fitted(teacher):
        return teacher
    return clone(teacher, safe=False)


def is_surely_fitted(teacher):
    """Return whether a teacher is never fitted: it is frozen, or has no ``fit``."""
    return isinstance(teacher, FrozenEstimator) or not hasattr(teacher, "fit")


def is_fitted(teacher, X, given_classes, task=Classification):
    """Return whether a teacher is fitted: it looks so, and it predicts one row.

    Parameters
    ----------
    teacher : object
        One teacher.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows as they reach the teacher.
    given_classes : array-like of shape (n_classes,) or None
        Labels of its columns, as the user passed them.
    task : Classification or Regression, or their type, default=Classification
        What it is to teach.

    Returns
    -------
    bool
        False where a fit is due. An initialised neural network predicts before it
        is fitted on a label: its class declares ``classes_``, and it has none.

    Raises
    ------
    NotFittedError
        For a frozen teacher that is not fitted: it cannot be fitted.
    ValueError
        For a fitted teacher that takes another number of columns.
    """
    if not looks_fitted(teacher):
        return False
    must_be = is_surely_fitted(teacher)
    try:
        with contained_draws(0, teacher):
            proba = getattr(teacher, _METHODS[task.name])(take_copy(X, [0]))
        if must_be or not hasattr(type(last_step(teacher)), "classes_"):
            return True
        return classes_of(teacher, proba, given_classes) is not None
    except NotFittedError as error:
        if must_be:
            raise NotFittedError(
                f"The teacher {type(teacher).__name__} is frozen but not fitted: fit "
                "what is inside it, or pass it without FrozenEstimator."
            ) from error
        return False
    except Exception as error:
        name = type(teacher).__name__
        # a pipeline may select its columns by name: only what is refused is wrong
        n_features = getattr(teacher, "n_features_in_", None)
        width = getattr(X, "shape", ())[1:]  # a list has none, nor have texts
        if n_features is None or width in [(), (n_features,)]:
            if not (isinstance(error, REFUSALS) and is_odd(X)):
                raise
            raise refused_by(f"The fitted teacher {name}", X, error) from error
        raise ValueError(
            f"X has {X.shape[1]} features, but the fitted teacher {name} was fitted on "
            f"{n_features} features. Pass the columns that it was fitted on; where it "
            "needs others than the student, make it a pipeline that selects them."
        ) from error
