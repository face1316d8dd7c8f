"""Parameters that hold fitted models, which come through cloning as they are."""

import copy

from sklearn_kd._compat import clone_parametrized
from sklearn_kd._parameters import refuse_nested
from sklearn_kd.teachers import hand_on, looks_fitted
from sklearn_kd.teachers.dropped import refuse_dropped


class FittedPartsMixin:
    """Make a parameter a leaf where the model in it is fitted.

    scikit-learn clones, reseeds and reconfigures what it finds in the parameters of an
    estimator. A fitted teacher must come through all of that as it is: a clone would be
    unfitted, bagging would reseed the user's own forest, and a grid over
    ``teacher__n_estimators`` would run without any effect.
    """

    #: The parameters that may hold a fitted model.
    _fitted_parts = ("teacher",)

    def get_params(self, deep=True):
        """Get the parameters; those of a fitted model in one are not among them.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of unfitted models.

        Returns
        -------
        dict
            Parameter names mapped to their values.
        """
        params = super().get_params(deep=deep)
        for part in self._fitted_parts if deep else ():
            if params[part] is not None and looks_fitted(params[part]):
                params = {
                    name: value
                    for name, value in params.items()
                    if not name.startswith(f"{part}__")
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
            For a parameter of a fitted model: it would never be refitted, so the change
            would have no effect. For several teachers, and for parameters of what has
            none, such as ``transfer="auto"``.
        """
        for part in self._fitted_parts:
            inner = [name for name in params if name.startswith(f"{part}__")]
            if inner:
                model = params.get(part, getattr(self, part))
                _refuse_of_fitted(part, model, inner[0])
        refuse_nested(self, params)
        return super().set_params(**params)

    def __sklearn_clone__(self):
        shell = copy.copy(self)
        for part in self._fitted_parts:
            setattr(shell, part, None)
        twin = clone_parametrized(shell)
        for part in self._fitted_parts:
            setattr(twin, part, hand_on(getattr(self, part)))
        return twin


def _refuse_of_fitted(part, model, name):
    """Refuse the parameter `name` of a fitted model, a dropped one, and several."""
    refuse_dropped(model, name)
    if isinstance(model, (list, tuple)):
        raise ValueError(
            f"{name} cannot be set: there are several {part}s. Set the parameters of "
            "each before they go into the list, or search over whole lists."
        )
    methods = ("predict", "fit", "predict_proba")
    if any(hasattr(model, method) for method in methods) and looks_fitted(model):
        raise ValueError(
            f"{name} cannot be set: the {part} {type(model).__name__} is fitted, is "
            "never refitted, and the change would have no effect. Pass an unfitted "
            f"{part} (sklearn.base.clone) to search its parameters."
        )
