"""Which of our classes, at which path, the pickle of a fitted object names.

A file of today has to load tomorrow, so these paths are public: when one of them is
moved, files of users break. ``docs/guide/ship.rst`` has the list for skops.
"""

import io
import pickle
import re
from importlib import import_module
from pathlib import Path

import pytest
from saved import FITS, fitted

from sklearn_kd.export import trusted_types

#: Everything of the package that such a file names.
SAVED = trusted_types()

#: The rooms with public classes.
ROOMS = [
    f"sklearn_kd{room}"
    for room in (
        "",
        ".inspection",
        ".losses",
        ".metrics",
        ".model_selection",
        ".torch",
        ".transfer",
    )
]


class Reader(pickle.Unpickler):
    """Notes what a file names, as it is loaded."""

    def __init__(self, fitted):
        super().__init__(io.BytesIO(pickle.dumps(fitted)))
        self.names = set()
        self.load()

    def find_class(self, module, name):
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


@pytest.fixture(scope="module")
def named():
    """Names by kind of object, those of this package alone."""
    return {
        kind: {n for n in Reader(fitted(kind)).names if n.startswith("sklearn_kd.")}
        for kind in FITS
    }


def test_files_name_these_classes_and_no_others(named):
    assert sorted(set().union(*named.values())) == SAVED


def test_no_path_in_a_file_is_private():
    private = [name for name in SAVED if re.search(r"\._", name)]
    assert not private


def test_every_public_class_is_at_a_public_path():
    """Whatever of it is kept in a file: an object of it, or the class itself."""
    rooms = [import_module(name) for name in ROOMS]
    classes = {
        value
        for room in rooms
        for value in (getattr(room, name) for name in room.__all__)
        if isinstance(value, type)
    }
    assert len(classes) > 15
    private = [kind for kind in classes if "._" in kind.__module__]
    assert not private


def test_the_guide_lists_what_is_in_a_file_by_kind_of_student(named):
    guide = Path(__file__).parents[1] / "docs" / "guide" / "ship.rst"
    blocks = re.findall(r"((?:^   sklearn_kd\.[\w.]+\n)+)", guide.read_text(), re.M)
    students = [fitted("mixed columns").student_, fitted("numbers")]
    files = set().union(*(Reader(student).names for student in students))
    student = {name for name in files if name.startswith("sklearn_kd.")}
    kinds = [kind for kind in FITS if kind.startswith("net ")]
    nets = set().union(*(named[kind] for kind in kinds)) - student
    listed = [sorted(student), sorted(nets), sorted(set(SAVED) - student - nets)]
    assert [block.split() for block in blocks] == listed
