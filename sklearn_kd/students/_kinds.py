"""The kinds of students, each with how it learns: a new kind is a class in this file.

The first kind in ``KINDS`` whose ``is_one`` is True for a student is its kind. Of a
pipeline, the last step counts; the dispatcher fits the steps before it.
"""

from functools import cache

import numpy as np
from sklearn.linear_model import RidgeClassifierCV, RidgeCV

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._estimators.nets import is_skorch_net
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd._messages import show
from sklearn_kd._task import Classification, Regression
from sklearn_kd._task.regression.predictions import predicts_numbers
from sklearn_kd.decoded import decoded
from sklearn_kd.losses._registry import LOSSES
from sklearn_kd.students._kind import Kind, no_weights, takes
from sklearn_kd.students._loss_trial import try_with_numpy, try_with_torch
from sklearn_kd.students._tasks import follow_term
from sklearn_kd.students.mlp._base import BaseMLP
from sklearn_kd.students.mlp.regressor import MLPStudentRegressor
from sklearn_kd.students.mlp.student import MLPStudent
from sklearn_kd.students.skorch._base import BaseSkorch
from sklearn_kd.students.skorch.regressor import SkorchStudentRegressor
from sklearn_kd.students.skorch.student import SkorchStudent
from sklearn_kd.students.weighted._expansion import (
    blended_numbers,
    check_folds,
    expand,
    expand_folds,
)
from sklearn_kd.students.weighted._requests import routed, unroutable, weights_reach


class SoftKind(Kind):
    """Its ``fit`` takes ``soft_targets``, or it is a search over such students."""

    @staticmethod
    def is_one(student):
        return takes(student, "soft_targets") or (
            isinstance(student, BaseSearchCV)
            and takes(last_step(student.estimator), "soft_targets")
        )

    @staticmethod
    def check_soft(student, soft_term, task):
        if isinstance(student, BaseSearchCV):
            check_folds(student)
            inner = last_step(student.estimator)
            kind_of(inner).check_soft(inner, soft_term, task)
        else:
            LOSSES[soft_term.loss].check_classes(task.n_outputs)

    @staticmethod
    def check_levels(student, quantiles):
        pass

    @staticmethod
    def wants_validation(student):
        return takes(student, "soft_targets_val") and getattr(
            student, "early_stopping", False
        )

    @classmethod
    def fit(cls, student, train, validation):
        params = {}
        if train.soft is not None:
            params["soft_targets"] = train.soft
        if (train.weight != 1).any():  # with ones, many fits round otherwise
            cls.check_weights(student)
            params["sample_weight"] = train.weight
        if validation is not None:
            params["X_val"] = validation.X
            params["y_val"] = validation.y
            params["sample_weight_val"] = validation.weight
            if validation.soft is not None:
                params["soft_targets_val"] = validation.soft
        if not isinstance(student, BaseSearchCV):
            return student.fit(train.X, train.y, **params)
        with routed(student, *params):
            return student.fit(train.X, train.y, **params)


class MLPKind(SoftKind):
    """The network of this package, and classes derived from it."""

    careful = (MLPStudent, MLPStudentRegressor)

    @staticmethod
    def is_one(student):
        return isinstance(student, BaseMLP)

    @staticmethod
    def check_parameters(student):
        student._check_parameters()

    @staticmethod
    def check_soft(student, soft_term, task):
        SoftKind.check_soft(student, soft_term, task)
        try_with_numpy(soft_term, task)

    @staticmethod
    def follow(student, soft_term, task):
        follow_term(student, soft_term, task)

    @staticmethod
    def encoder_of(student):
        return student.encoder

    @staticmethod
    def needs_trial(student, by_rules):
        return not by_rules or type(student) not in MLPKind.careful


class NetKind(SoftKind):
    """A net of skorch, which learns inside an adapter."""

    careful = (SkorchStudent, SkorchStudentRegressor)

    @staticmethod
    def is_one(student):
        return isinstance(student, BaseSkorch) or is_skorch_net(student)

    @staticmethod
    def adapt(student, task):
        if isinstance(student, BaseSkorch):
            return student
        of_labels = task.name == Classification.name
        return (SkorchStudent if of_labels else SkorchStudentRegressor)(student)

    @staticmethod
    def check_parameters(student):
        student._check_parameters()

    @staticmethod
    def check_soft(student, soft_term, task):
        SoftKind.check_soft(student, soft_term, task)
        try_with_torch(soft_term, task)

    @staticmethod
    def follow(student, soft_term, task):
        follow_term(student, soft_term, task)

    @staticmethod
    def encoder_of(student):
        return student._encoder()

    @staticmethod
    def try_out(student, rows):
        """Fit the encoder, and predict some rows with the untrained net."""
        student._rehearse(rows)

    @staticmethod
    def stop_by_none(student):
        student.set_params(net__train_split=None)


class WeightedKind(Kind):
    """Sample weights reach it: a row stands once per class, weighted by its target."""

    @staticmethod
    def is_one(student):
        return hasattr(student, "fit") and weights_reach(student)

    @staticmethod
    def check_weights(student):
        pass

    @staticmethod
    def check_soft(student, soft_term, task):
        name = type(student).__name__
        if soft_term.temperature != 1:
            raise ValueError(
                f"temperature={soft_term.temperature:g} needs a student that divides "
                f"its own logits by it too, and {name} does not: it would learn a "
                "flattened or sharpened copy of the teacher. Use temperature=1, or "
                "MLPStudent()."
            )
        if soft_term.loss != "kl":
            raise ValueError(
                f"loss={show(soft_term.loss)} needs a student that minimises it, and "
                f"{name} "
                'minimises a loss of its own, given weights. Use loss="kl", or '
                "MLPStudent()."
            )
        check_folds(student)

    @staticmethod
    def wants_validation(student):
        # "auto" of histogram boosting is left to itself: it may well mean no stopping
        takes_them = takes(student, "sample_weight_val")
        stops = getattr(student, "early_stopping", False) is True
        # without a fraction it is stopped by its training loss
        return takes_them and stops and student.validation_fraction is not None

    @classmethod
    def split(cls, student, transfer_set, learns_softly):
        # without copies it may split by itself, unless there are groups, which it
        # ignores
        if not learns_softly and transfer_set.groups is None:
            return transfer_set, None
        return super().split(student, transfer_set, learns_softly)

    copies = staticmethod(expand)

    @classmethod
    def _copies(cls, rows):
        """Expand rows; those without soft targets have their hard target alone."""
        if rows.soft is None:
            return rows.X, rows.y, rows.weight, np.arange(len(rows))
        return cls.copies(rows)

    @classmethod
    def fit(cls, student, train, validation):
        X, y, weight, rows = cls._copies(train)
        params = {}
        if validation is not None:
            X_val, y_val, weight_val, _ = cls._copies(validation)
            params = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight_val}
        cv = _splitter(student)
        if cv is not _NONE and len(rows) > len(train):
            student.set_params(cv=expand_folds(cv, train, rows))
        with routed(student, "sample_weight") as by_plain_name:
            if (weight != 1).any():  # with ones, many fits round otherwise
                name = "sample_weight" if by_plain_name else weight_parameter(student)
                params[name] = weight
            fitted = fit_labels(student, X, y, params)
        if cv is not _NONE:  # lists of positions are nothing to keep
            student.set_params(cv=cv)
        return fitted


class NumbersKind(WeightedKind):
    """A regressor: it learns blended targets, which are exact for a squared error."""

    copies = staticmethod(blended_numbers)

    @staticmethod
    def is_one(student):
        return predicts_numbers(student) and not hasattr(student, "predict_proba")

    @staticmethod
    def check_weights(student):
        if not weights_reach(student):
            _check_routable(student)
            raise no_weights(student)

    @staticmethod
    def check_soft(student, soft_term, task):
        if task.name != Regression.name:
            return LabelsKind.check_soft(student, soft_term, task)
        if soft_term.alpha < 1 and soft_term.loss != "squared_error":
            NumbersKind.check_weights(student)  # rows stand twice, with weights
        check_folds(student)
        return None


class LabelsKind(Kind):
    """Any other, which learns from labels alone."""

    @staticmethod
    def is_one(student):
        return True

    @staticmethod
    def check_weights(student):
        _check_routable(student)
        raise no_weights(student)

    @staticmethod
    def check_soft(student, soft_term, task):
        _check_routable(student)
        raise TypeError(
            f"The student {type(student).__name__} can learn from labels only: neither "
            "soft_targets nor sample_weight reaches its fit and that of every "
            "classifier inside. Use MLPStudent(), or a classifier with sample weights "
            "such as LogisticRegression, DecisionTreeClassifier or "
            "HistGradientBoostingClassifier."
        )

    @classmethod
    def split(cls, student, transfer_set, learns_softly):
        return transfer_set, None

    @staticmethod
    def fit(student, train, validation):
        # there are no soft targets, and no weights
        return fit_labels(student, train.X, train.y, {})


#: The first whose ``is_one`` is True is a student's kind.
KINDS = (MLPKind, NetKind, SoftKind, NumbersKind, WeightedKind, LabelsKind)

_NONE = object()


def kind_of(student):
    """Find the kind of a student that is no pipeline."""
    return next(kind for kind in KINDS if kind.is_one(student))


def is_careful(student):
    """Return whether a student leaves its rows as they are, and never predicts NaN."""
    return type(student) in _careful_classes(KINDS)


@cache
def _careful_classes(kinds):
    """Collect the careful classes: one row is predicted in microseconds."""
    return frozenset().union(*(kind.careful for kind in kinds))


def _check_routable(student):
    """Refuse a student for the part inside that cannot be handed weights."""
    part = unroutable(student)
    if part is None:
        return
    inner = type(part).__name__
    raise TypeError(
        f"The student {type(student).__name__} holds {inner}, which takes "
        "sample_weight but has no set_fit_request: a search, for one, cannot be made "
        f"to hand it weights and to score with them. Use {inner} itself as student, "
        "or in voting or stacking without a search; to search its parameters, search "
        "over the DistilledClassifier or DistilledRegressor, as student__*."
    )


def fit_labels(student, X, y, params):
    """Fit a student on labels; one that takes codes alone still predicts labels."""
    return decoded(student, y).fit(X, y, **params)


def _splitter(student):
    """Give the splitter by which a student makes folds, where it can be replaced."""
    cv = student.get_params(deep=False).get("cv", _NONE)
    if cv is None and _makes_no_folds(student):
        return _NONE
    return _NONE if isinstance(cv, (str, float)) else cv


def _makes_no_folds(student):
    """Return whether ``cv=None`` means no folds, where others have a default for it.

    It is leave-one-out in closed form, or a teacher that is not cross-fitted.
    """
    if isinstance(student, (RidgeClassifierCV, RidgeCV)):
        return True
    return takes(student, "teacher_proba") or takes(student, "teacher_pred")
