"""Imports run one way through the rooms of the package, as CONTRIBUTING lists them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sklearn_kd"
ROOMS = re.findall(
    r"^\| `(\w+)(?:\.py|/)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
)


def room_of(path):
    """Name the folder at the top, or the file, in which a module is."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path):
    """List the rooms that a module imports from, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = node.module.split(".")
            if names[0] == "sklearn_kd":
                yield from names[1:2] or [alias.name for alias in node.names]
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from (name[1] for name in names if name[0] == "sklearn_kd")


def test_every_room_is_in_the_table():
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert rooms == set(ROOMS)
    assert len(ROOMS) == len(rooms)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_rooms_above_it(room):
    above = ROOMS[: ROOMS.index(room) + 1]
    public = {"DistilledClassifier", "DistilledRegressor", "__version__"}
    for path in PACKAGE.rglob("*.py"):
        if room_of(path) == room:
            below = set(imported_rooms(path)) - set(above) - public
            assert not below, f"{path.name} imports from {sorted(below)}"


def test_the_torch_room_needs_no_skorch():
    for path in (PACKAGE / "torch").rglob("*.py"):
        imported = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.M)
        assert "skorch" not in imported, path.name
