"""scikit-learn's own checks, parametrized by the names of the estimators."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator


def parametrize_with_checks(estimators, expected_failures):
    """Parametrize a test of ``estimator`` and ``check``.

    scikit-learn's decorator of this name makes an id of each estimator's
    representation, over again for each check; that takes seconds in every process.

    Parameters
    ----------
    estimators : dict
        By name.
    expected_failures : callable
        Gives, for a name, the reasons by names of checks that have to fail.
    """
    parameters = []
    for name, estimator in estimators.items():
        for parameter in estimator_checks_generator(
            estimator, mark="xfail", expected_failed_checks=expected_failures(name)
        ):
            _, check = values = getattr(parameter, "values", parameter)
            settings = ",".join(f"{key}={of}" for key, of in check.keywords.items())
            called = check.func.__name__ + (f"({settings})" if settings else "")
            marks = getattr(parameter, "marks", ())
            parameters.append(pytest.param(*values, marks=marks, id=f"{name}-{called}"))
    return pytest.mark.parametrize(("estimator", "check"), parameters)
