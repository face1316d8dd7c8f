"""What a student is held against: itself without a teacher, and a small booster."""

import copy
from collections.abc import Mapping

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_kd._messages import show, warn
from sklearn_kd._recipe.base import BaseDistilled, without_threshold
from sklearn_kd._recipe.preparation import read_labelled
from sklearn_kd._run.random import contained_draws, seed_unset
from sklearn_kd.inspection._measures.classification import refuse_other_labels
from sklearn_kd.inspection._reading.pair import find_distilled
from sklearn_kd.teachers import BOOSTER_SIZES, small_booster, weights_for

#: What the two are called.
PLAIN, BOOSTER = "without teacher", "small booster"

#: Parameters of a student without a teacher: nothing may ask for one.
_ALONE = {"alpha": 0} | dict.fromkeys(
    ["teacher", "teacher_weights", "teacher_classes", "cv", "decision_threshold"]
)

_EXPECTED = (
    "expected None, training rows as (X_train, y_train) or (X_train, y_train, "
    "sample_weight), or a dict of fitted models by their names"
)


def read_baselines(baseline, models):
    """Check ``baseline=`` before anything is fitted.

    Parameters
    ----------
    baseline : object
        What was passed.
    models : dict of str to object
        The models that are compared already.

    Returns
    -------
    fitted : dict of str to object
        Fitted models by their names.
    train : tuple of length 3, or None
        Rows, targets and weights (or None) to fit the usual ones on.

    Raises
    ------
    TypeError, ValueError
        For anything else, and for a name that is taken.
    """
    if baseline is None:
        return {}, None
    if isinstance(baseline, Mapping):
        for name in baseline:
            if name in models:
                raise ValueError(
                    f"baseline has a model {show(name)}, which is compared already: "
                    "give it another name."
                )
        return dict(baseline), None
    if isinstance(baseline, (tuple, list)) and len(baseline) in (2, 3):
        return {}, (*baseline, None)[:3]
    raise TypeError(f"baseline: {_EXPECTED}, got {show(baseline)}.")


def fit_baselines(estimator, train, test):
    """Fit the same student without a teacher, and the better of two small boosters.

    Parameters
    ----------
    estimator : estimator
        The fitted distilled estimator, or what contains it.
    train, test : tuple of length 3
        Rows, targets and weights, or None. Which booster is better is decided on the
        second.

    Returns
    -------
    dict of str to estimator
        Both, in the place of the distilled estimator in what contains it. The booster
        is left out, with a warning, where boosting has no good form: for texts, sparse
        rows and more than 10 classes or outputs.
    """
    found = find_distilled(estimator)
    if not isinstance(found.distilled, BaseDistilled):
        raise TypeError(
            f"The student of a {type(found.distilled).__name__} cannot be fitted "
            "without its teacher: pass fitted models in baseline={...}."
        )
    X, y, sample_weight = found.rows(train[0]), found.targets(train[1]), train[2]
    unfitted = clone(found.distilled)
    rows, _ = read_labelled(unfitted, X, y, sample_weight, None)
    if rows.task.name == "classification":
        known = set(found.distilled.classes_.tolist())
        refuse_other_labels("y of baseline", rows.task.classes, known)
    plain = found.distilled.student_on_labels_
    if plain is None:
        own = unfitted.get_params(deep=False)
        unfitted.set_params(**{name: _ALONE[name] for name in _ALONE if name in own})
        plain = unfitted.fit(X, y, sample_weight=sample_weight).student_

    def placed(model):
        """Put a model in the place of the student, and behind its threshold."""
        return found.wrap(_behind_threshold(model, found.distilled.student_))

    models = {PLAIN: placed(plain)}
    boosters = [small_booster(rows.X, rows.task, size=size) for size in BOOSTER_SIZES]
    if None in boosters:
        warn(
            "There is no small booster in the report: boosting takes no texts, no "
            "sparse rows and at most 10 classes or outputs. Pass a fitted model of "
            "your own in baseline={...}.",
            UserWarning,
        )
        return models
    X, y, weight = test
    fitted = [placed(_fit(booster, rows)) for booster in boosters]
    scores = [model.score(X, y, sample_weight=weight) for model in fitted]
    return models | {BOOSTER: fitted[scores.index(max(scores))]}


def _behind_threshold(model, student):
    """Give a model the threshold that ``decision_threshold`` has put on a student."""
    if without_threshold(student) is student:
        return model
    twin = copy.copy(student)
    twin.estimator = twin.estimator_ = FrozenEstimator(model)
    return twin


def _fit(booster, rows):
    """Fit a booster on checked training rows, with a seed of its own."""
    booster = seed_unset(booster, 0)
    with contained_draws(0, booster):
        return booster.fit(rows.X, rows.y, **weights_for(booster, rows))
