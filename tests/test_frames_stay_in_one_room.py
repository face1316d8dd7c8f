"""Only the tables' room touches the frames of pandas and polars."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sklearn_kd"
WORDS = {"pandas", "polars", "iloc", "dtypes", "DataFrame", "__dataframe__"}
WORDS |= {"is_pandas", "is_polars"}

#: What may touch them outside, and why.
ALLOWED = {
    "_demo": "reads the files of the user, and writes tables",
    "datasets": "makes the frames that it returns",
    "inspection/_writing/frames.py": "makes the frames that it returns",
    "teachers/trees/_lightgbm.py": "reads frames by LightGBM's own function",
    "torch/_reading.py": "takes what skorch takes, which are frames of any library",
}


def names_in(tree):
    """List names, attributes, imports and strings that are one word, not comments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def touches_frames(path):
    return bool(WORDS & set(names_in(ast.parse(path.read_text()))))


def allowed_as(path):
    """Give the entry of ALLOWED that a module is under, if any."""
    name = path.relative_to(PACKAGE).as_posix()
    return next((one for one in ALLOWED if f"{name}/".startswith(f"{one}/")), None)


def test_no_module_outside_touches_a_frame():
    outside = [
        path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "_tables"
    ]
    wrong = [p for p in outside if touches_frames(p) and allowed_as(p) is None]
    assert not wrong


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_is_needed(name):
    place = PACKAGE / name
    paths = place.rglob("*.py") if place.is_dir() else [place]
    assert any(map(touches_frames, paths))
