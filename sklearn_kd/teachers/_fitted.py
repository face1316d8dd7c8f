"""Can it be a teacher, and is it fitted?"""

from sklearn.base import is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._copies import take_copy
from sklearn_kd._random import contained_draws
from sklearn_kd._unreadable import REFUSALS, is_odd, refused_by
from sklearn_kd.teachers._answer import classes_of


def check_teacher(teacher):
    """Refuse what cannot be a teacher.

    Parameters
    ----------
    teacher : object
        One teacher, not a list.

    Raises
    ------
    TypeError
        For a class instead of an instance, and without ``predict_proba``.
    """
    if isinstance(teacher, type):
        raise TypeError(
            f"teacher must be an instance, got the class {teacher.__name__}. Write "
            f"{teacher.__name__}()."
        )
    if isinstance(teacher, tuple) or (
        hasattr(teacher, "__sklearn_tags__") and is_regressor(teacher)
    ):
        raise TypeError(
            f"teacher must be a classifier, or a list of classifiers without names, "
            f"got {type(teacher).__name__}."
        )
    if not hasattr(teacher, "predict_proba"):
        raise TypeError(
            f"The teacher {type(teacher).__name__} has no predict_proba, and soft "
            "targets are probabilities. Wrap it in "
            "sklearn.calibration.CalibratedClassifierCV, or switch probabilities on "
            '(VotingClassifier(voting="soft"), SGDClassifier(loss="log_loss"), '
            "StackingClassifier(final_estimator=LogisticRegression()))."
        )


def looks_fitted(teacher):
    """Say whether a teacher seems fitted, without asking it anything.

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


def is_surely_fitted(teacher):
    """Say whether a teacher is never fitted here: it is frozen, or has no ``fit``."""
    return isinstance(teacher, FrozenEstimator) or not hasattr(teacher, "fit")


def is_fitted(teacher, X, given_classes):
    """Say whether a teacher is fitted: it looks so, and it answers one row.

    Parameters
    ----------
    teacher : object
        One teacher.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows as they reach the teacher.
    given_classes : array-like of shape (n_classes,) or None
        What the user says its columns stand for.

    Returns
    -------
    bool
        False where a fit is due. An initialised neural network answers without ever
        having seen a label: its class declares ``classes_``, and it has none.

    Raises
    ------
    NotFittedError
        For a frozen teacher that is not fitted: nobody may fit it.
    ValueError
        For a fitted teacher that takes another number of columns.
    """
    if not looks_fitted(teacher):
        return False
    must_be = is_surely_fitted(teacher)
    try:
        with contained_draws(0, teacher):
            answer = teacher.predict_proba(take_copy(X, [0]))
        if must_be or not hasattr(type(_last_step(teacher)), "classes_"):
            return True
        return classes_of(teacher, answer, given_classes) is not None
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
        if n_features is None or X.shape[1:] in [(), (n_features,)]:  # () for texts
            if not (isinstance(error, REFUSALS) and is_odd(X)):
                raise
            raise refused_by(f"The fitted teacher {name}", X, error) from error
        raise ValueError(
            f"X has {X.shape[1]} features, but the fitted teacher {name} was fitted on "
            f"{n_features} features. Pass the columns that the teacher knows; where it "
            "needs others than the student, make it a pipeline that selects them."
        ) from error


def _last_step(teacher):
    while isinstance(teacher, Pipeline):
        teacher = teacher.steps[-1][1]
    return teacher
