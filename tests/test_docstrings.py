"""Every public name has a numpydoc docstring that agrees with its signature."""

import ast
import importlib
import inspect
from configparser import ConfigParser
from pathlib import Path

import pytest
from numpydoc import validate as numpydoc_validate

ROOT = Path(__file__).parent.parent
MODULES = [
    "sklearn_kd",
    "sklearn_kd.losses",
    "sklearn_kd.inspection",
    "sklearn_kd.metrics",
    "sklearn_kd.model_selection",
    "sklearn_kd.datasets",
    "sklearn_kd.export",
    "sklearn_kd.torch",
    "sklearn_kd.transfer",
]


def _checks():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    chosen = set(config["tool:numpydoc_validation"]["checks"].split())
    return numpydoc_validate.get_validation_checks(chosen)


def _public_objects():
    """Give each public class and function by the shortest name it is imported by."""
    objects = {}
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            member = getattr(module, name)
            if callable(member):
                objects.setdefault(member, f"{module_name}.{name}")
    return {name: member for member, name in objects.items()}


def _own_members(cls):
    for name, value in vars(cls).items():
        if name.startswith("_") or name.endswith("_request"):
            continue  # set_fit_request and its like are scikit-learn's
        inherits = hasattr(super(cls, cls), name) and not value.__doc__
        if inherits:
            continue  # the docstring too, which is checked where it stands
        if inspect.isroutine(value) or isinstance(value, property):
            yield name
    for base in cls.__mro__[1:]:  # and properties that a base of the package has
        if base.__module__.startswith("sklearn_kd."):
            kinds = {n: isinstance(v, property) for n, v in vars(base).items()}
            yield from (n for n in kinds if kinds[n] and n not in vars(cls))


def _documented_names():
    for name, member in _public_objects().items():
        yield name
        if inspect.isclass(member):
            yield from (f"{name}.{own}" for own in _own_members(member))


@pytest.mark.parametrize("name", sorted(_documented_names()))
def test_docstring(name):
    findings = numpydoc_validate.validate(name)["errors"]
    checks = _checks()
    wrong = [f"{code}: {text}" for code, text in findings if code in checks]
    assert not wrong, "\n".join([name, *wrong])


def test_the_api_page_lists_every_public_name():
    listed = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8").split()
    names = {name.removeprefix("sklearn_kd.") for name in _public_objects()}
    assert names <= set(listed)


#: Private functions of few lines whose docstring is long, and why.
LONG_ON_PURPOSE = {
    "_parameters.py:set_params": "of public estimators, whose docs show it",
    "_recipe/base.py:get_metadata_routing": "of a public estimator, whose docs show it",
    "_task/predictions.py:predict": "of public classifiers",
    "_task/predictions.py:predict_proba": "of public classifiers",
    "_task/predictions.py:predict_log_proba": "of public classifiers",
    "_task/predictions.py:score": "of public classifiers",
    "_task/regression/predictions.py:predict": "of public regressors",
    "_task/regression/predictions.py:predict_quantiles": "of public regressors",
    "_task/regression/predictions.py:score": "of public regressors",
    "export/_trusted.py:trusted_types": "public, by export",
    "inspection/_costs/scorers.py:latency_scorer": "public, by inspection",
    "inspection/_costs/scorers.py:parameters_scorer": "public, by inspection",
    "inspection/_costs/scorers.py:size_scorer": "public, by inspection",
    "inspection/_costs/size.py:pickled_size": "public, by inspection",
    "losses/_loss.py:prepare": "of public losses, whose docs show it",
    "metrics/_agreement.py:agreement_score": "public, by metrics",
    "metrics/_scorers.py:agreement_scorer": "public, by metrics",
    "metrics/_scorers.py:fidelity_r2_scorer": "public, by metrics",
    "metrics/_scorers.py:kl_divergence_scorer": "public, by metrics",
    "metrics/_scorers.py:prediction_difference_scorer": "public, by metrics",
    "metrics/_scorers.py:retention_scorer": "public, by metrics",
    "students/encoder/_knots.py:build_knots": "has the formula of knots and scores",
}


def _long_docstrings_of_short_private_functions():
    package = ROOT / "sklearn_kd"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        private = "/_" in f"/{name.removesuffix('__init__.py')}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or len(node.body) < 2:
                continue
            if not (private or node.name.startswith("_")):
                continue
            text = ast.get_docstring(node, clean=False) or ""
            n_lines = node.body[-1].end_lineno - node.body[0].end_lineno
            if n_lines <= 4 and text.count("\n") > 5:
                yield f"{name}:{node.name}"


def test_short_private_functions_have_short_docstrings():
    assert set(_long_docstrings_of_short_private_functions()) == set(LONG_ON_PURPOSE)
