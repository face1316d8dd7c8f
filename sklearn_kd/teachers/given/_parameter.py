"""A fitted teacher as a parameter: handed on by reference, closed to ``set_params``."""

import copy

from sklearn.base import clone

from sklearn_kd._compat import clone_parametrized
from sklearn_kd._parameters import refuse_nested
from sklearn_kd.teachers.given._fitted import looks_fitted


class TeacherParameterMixin:
    """Make the parameter ``teacher`` of an estimator a leaf where it is fitted.

    scikit-learn clones, reseeds and reconfigures what it finds in the parameters of an
    estimator. A fitted teacher must come through all of that as it is: a clone would
    be unfitted, bagging would reseed the user's own forest, and a grid over
    ``teacher__n_estimators`` would run without any effect.
    """

    def get_params(self, deep=True):
        """Get the parameters; those of a fitted teacher are not among them.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of student and unfitted teacher.

        Returns
        -------
        dict
            Parameter names mapped to their values.
        """
        params = super().get_params(deep=deep)
        if deep and self.teacher is not None and looks_fitted(self.teacher):
            params = {
                name: value
                for name, value in params.items()
                if not name.startswith("teacher__")
            }
        return params

    def set_params(self, **params):
        """Set parameters, nested ones as ``student__name`` and ``teacher__name``.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        estimator
            The same object.

        Raises
        ------
        ValueError
            For a parameter of a fitted teacher: it would never be refitted, so the
            change would have no effect. For several teachers, and for parameters of
            what has none, such as ``transfer="auto"``.
        """
        teacher = params.get("teacher", self.teacher)
        inner = [name for name in params if name.startswith("teacher__")]
        if inner and isinstance(teacher, (list, tuple)):
            raise ValueError(
                f"{inner[0]} cannot be set: there are several teachers. Set the "
                "parameters of each before they go into the list, or search over "
                "whole lists."
            )
        is_model = hasattr(teacher, "predict_proba") or hasattr(teacher, "fit")
        if inner and is_model and looks_fitted(teacher):
            raise ValueError(
                f"{inner[0]} cannot be set: the teacher {type(teacher).__name__} is "
                "fitted, is never refitted, and the change would have no effect. Pass "
                "an unfitted teacher (sklearn.base.clone) to search its parameters."
            )
        refuse_nested(self, params)
        return super().set_params(**params)

    def __sklearn_clone__(self):
        shell = copy.copy(self)
        shell.teacher = None
        twin = clone_parametrized(shell)
        twin.teacher = _hand_on(self.teacher)
        return twin


def _hand_on(teacher):
    """Clone an unfitted teacher, and give a fitted one itself; in lists, each."""
    if isinstance(teacher, (list, tuple)):
        return type(teacher)(_hand_on(one) for one in teacher)
    if teacher is None or looks_fitted(teacher):
        return teacher
    return clone(teacher, safe=False)
