"""Parameters of parameters: refused by name where there is nothing to set them on."""

from sklearn_kd._messages import show

#: What has to be passed first, where a parameter is left to a default.
_FIRST = {
    "student": "student=MLPStudent(), the default,",
    "teacher": "a teacher",
    "transfer": "transfer=MungeSampler()",
    "encoder": "encoder=TabularEncoder()",
    "net": "net=NeuralNetClassifier(Module)",
}


def refuse_nested(estimator, params):
    """Refuse parameters of what has none.

    Parameters
    ----------
    estimator : estimator
        Whose ``set_params`` was called.
    params : dict
        Names and values.

    Raises
    ------
    ValueError
        For ``transfer__n_samples`` where ``transfer`` is a string, and the like.
    """
    known = estimator.get_params(deep=False)
    for name in params:
        part, nested, inner = name.partition("__")
        if not nested or part not in known:
            continue  # scikit-learn names what is no parameter
        value = params.get(part, known[part])
        if hasattr(value, "set_params") and not isinstance(value, type):
            continue
        if part in _FIRST:
            raise ValueError(
                f"{name} cannot be set while {part} is {show(value)}: pass "
                f"{_FIRST[part]} to set its parameters."
            )
        raise ValueError(
            f"{name} cannot be set: {part} is {show(value)}, which has no parameter "
            f"{show(inner)}. Set {part} itself."
        )


class NestedParameterMixin:
    """Name the parameter, where scikit-learn would miss an attribute of its value."""

    def set_params(self, **params):
        """Set parameters, nested ones as ``part__name``.

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
            For unknown names, and for parameters of what has none.
        """
        refuse_nested(self, params)
        return super().set_params(**params)
