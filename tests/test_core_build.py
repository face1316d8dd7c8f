"""The package is built with and without a C compiler, and works both ways."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from processes import printed_by, run
from sklearn.datasets import load_wine

from sklearn_kd import MLPStudent, _native

ROOT = Path(__file__).parents[1]
BUILT_FROM = ["pyproject.toml", "setup.cfg", "README.md", "LICENSE"]

#: Fits a student, and says what has trained it.
FIT = """
from sklearn.datasets import load_wine
from sklearn_kd import MLPStudent, _native
X, y = load_wine(return_X_y=True)
student = MLPStudent((16,), max_iter=5, random_state=0).fit(X, y)
print(_native.core() is None, student.training_kernel_, len(student.predict(X)))
"""


def build(folder, compiler):
    """Build the package in a folder, and give where it is then."""
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "sklearn_kd",
        folder / "sklearn_kd",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"),
    )
    command = [sys.executable, "-c", "import setuptools; setuptools.setup()", "build"]
    done = run(command, cwd=folder, env=os.environ | {"CC": compiler})
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "build").glob("lib*")
    return built


def test_without_a_compiler_the_package_is_complete(tmp_path):
    built = build(tmp_path, compiler="false")
    assert not list(built.rglob("_core*"))
    names = {path.relative_to(built) for path in built.rglob("*.py")}
    assert names == {p.relative_to(ROOT) for p in (ROOT / "sklearn_kd").rglob("*.py")}
    printed = printed_by("-P", "-c", FIT, PYTHONPATH=str(built))
    assert printed.split() == ["True", "numpy", "178"]


@pytest.mark.skipif(_native._core is None, reason="there is no C compiler here")
def test_the_core_that_is_built_is_the_one_that_runs(tmp_path):
    built = build(tmp_path, compiler=os.environ.get("CC", "cc"))
    assert [path.parent.name for path in built.rglob("_core.abi3.*")] == ["_native"]


def test_a_core_of_another_interface_counts_for_none(tmp_path):
    (tmp_path / "old.py").write_text(
        "import sys, types\n"
        "sys.modules['sklearn_kd._native._core'] = types.ModuleType('_core')\n"
        "from sklearn_kd import _native\n"
        "print(_native.core())\n"
    )
    assert printed_by(str(tmp_path / "old.py")).strip() == "None"


@pytest.mark.parametrize("value", ["0", "false", "No", "off"])
def test_the_core_is_switched_off(value, monkeypatch):
    monkeypatch.setenv(_native.SWITCH, value)
    assert _native.core() is None
    X, y = load_wine(return_X_y=True)
    student = MLPStudent((16,), max_iter=2, random_state=0).fit(X, y)
    assert student.training_kernel_ == _native.NUMPY


@pytest.mark.parametrize("value", ["", "1", "yes"])
def test_other_values_leave_the_core_on(value, monkeypatch):
    monkeypatch.setenv(_native.SWITCH, value)
    assert _native.core() is _native._core


def test_both_ways_give_the_same_but_for_rounding(monkeypatch):
    X, y = load_wine(return_X_y=True)
    proba = []
    for value in ("0", "1"):
        monkeypatch.setenv(_native.SWITCH, value)
        student = MLPStudent((16,), max_iter=20, random_state=0)
        proba.append(student.fit(X, y).predict_proba(X))
    np.testing.assert_allclose(*proba, atol=2e-3)
