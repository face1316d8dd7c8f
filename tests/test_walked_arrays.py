"""The compiled walk: random trees, and arrays that are those of no forest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from walked import needs_core

from sklearn_kd._native import core
from sklearn_kd.teachers.trees import _flat
from sklearn_kd.teachers.trees._flat import CATEGORICAL, MISSING_LEFT, flatten

pytestmark = needs_core

N_COLUMNS, N_OUTPUTS = 3, 2

#: What columns of numbers hold, some of it equal to thresholds; the last column holds
#: categories.
VALUES = [-np.inf, -1.0, -0.0, 0.0, 5e-324, 0.3, 1.0, 1e300, np.inf, np.nan]
CATEGORIES = [-1.0, -0.5, 0.0, 1.0, 31.0, 32.0, 40.0, 64.0, 70000.0, np.nan]


@st.composite
def trees(draw, depth=4):
    """Draw a tree: a leaf's numbers, or a column, a threshold or set, and children."""
    if depth == 0 or draw(st.booleans()):
        return draw(
            st.lists(st.integers(-9, 9), min_size=N_OUTPUTS, max_size=N_OUTPUTS)
        )
    column = draw(st.integers(0, N_COLUMNS - 1))
    if column == N_COLUMNS - 1:
        split = draw(st.sets(st.sampled_from([0, 1, 31, 32, 40])))
    else:
        split = draw(st.sampled_from(VALUES[:-1]))
    children = draw(trees(depth - 1)), draw(trees(depth - 1))
    return column, split, draw(st.booleans()), *children


def walked_plainly(tree, row):
    """Go down a tree, and give what its leaf holds."""
    while isinstance(tree, tuple):
        column, split, missing_left, left, right = tree
        value = row[column]
        if isinstance(split, set):
            missing = not value > -1
            goes_left = missing_left if missing else int(value) in split
        else:
            goes_left = missing_left if np.isnan(value) else value <= split
        tree = left if goes_left else right
    return np.array(tree, dtype=float)


def as_arrays(forest):
    """Write trees as :func:`flatten` takes them, the nodes of each in no order."""
    names = "column", "threshold", "left", "right", "flags"
    sizes, nodes, entries, sets = [], {name: [] for name in names}, [], []

    def add(tree, place, rows):
        rows += [None] * (place + 1 - len(rows))
        if not isinstance(tree, tuple):
            rows[place] = 0, 0.0, -1, -1, 0
            held = [
                (place, output, value) for output, value in enumerate(tree) if value
            ]
            return held
        column, split, missing_left, left, right = tree
        flags, threshold = MISSING_LEFT * missing_left, split
        if isinstance(split, set):
            flags, threshold = flags + CATEGORICAL, len(sets)
            words = np.zeros(2, dtype=np.int64)
            for code in split:
                words[code // 32] |= 1 << (code % 32)
            sets.extend([2 * len(words) + missing_left, *words])
        first = len(rows)
        rows += [None, None]
        rows[place] = column, threshold, first + 1, first, flags
        return add(left, first + 1, rows) + add(right, first, rows)

    for tree in forest:
        rows, before = [], sum(sizes)
        held = add(tree, 0, rows)
        sizes.append(len(rows))
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            nodes[name] += values
        entries += [(before + node, output, value) for node, output, value in held]
    entries = np.array(sorted(entries), dtype=float).reshape(-1, 3).T
    arrays = {name: np.array(values) for name, values in nodes.items()}
    holders, outputs = entries[:2].astype(int)
    sets = np.array(sets, dtype=np.uint32) if sets else None
    return sizes, arrays, (holders, outputs, entries[2]), sets


@settings(max_examples=200, deadline=None)
@given(st.lists(trees(), min_size=1, max_size=4), st.integers(1, 40), st.data())
def test_a_walk_is_that_of_one_row_down_one_tree(forest, n_rows, data):
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    X = rng.choice(VALUES, (n_rows, N_COLUMNS))
    X[:, -1] = rng.choice(CATEGORIES, n_rows)
    skipped = rng.random((n_rows, len(forest))) < 0.4
    flat = flatten(N_COLUMNS, N_OUTPUTS, *as_arrays(forest))
    each = np.array([[walked_plainly(tree, row) for tree in forest] for row in X])
    assert_array_equal(flat.predict(X), each.sum(axis=1))
    kept = each * ~skipped[:, :, None]
    assert_array_equal(flat.predict(X, skipped), kept.sum(axis=1))
    with np.errstate(over="ignore"):
        single = X.astype(np.float32)
    assert_array_equal(flat.predict(single), flat.predict(single.astype(np.float64)))


@settings(max_examples=50, deadline=None)
@given(st.lists(trees(), min_size=2, max_size=6), st.integers(1, 3))
def test_parts_with_codes_of_their_own_add_up_to_the_same(forest, most):
    X = np.random.default_rng(0).choice(VALUES, (30, N_COLUMNS))
    X[:, -1] = np.random.default_rng(1).choice(CATEGORIES, 30)
    arrays = as_arrays(forest)
    whole = flatten(N_COLUMNS, N_OUTPUTS, *arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_flat, "_MOST_EDGES", most)
        parts = flatten(N_COLUMNS, N_OUTPUTS, *arrays)
    if parts is not None:
        assert_array_equal(parts.predict(X), whole.predict(X))
        skipped = np.random.default_rng(2).random((30, len(forest))) < 0.5
        assert_array_equal(parts.predict(X, skipped), whole.predict(X, skipped))


def test_no_rows():
    flat = flatten(N_COLUMNS, N_OUTPUTS, *as_arrays([[1, 2]]))
    assert flat.predict(np.empty((0, N_COLUMNS))).shape == (0, N_OUTPUTS)


# wrong arrays

NUMBER = (0, 0.5, False, [1, 2], (1, 0.0, True, [3, 4], [5, 6]))
LEVELS = (2, {1, 40}, True, [1, 0], NUMBER)


def arguments():
    """Give sound arguments of the walk, by name, that a test may change."""
    flat = flatten(N_COLUMNS, N_OUTPUTS, *as_arrays([NUMBER, LEVELS]))
    ((_, columns, nodes, leaves, categories),) = flat.parts
    names = "sources", "kinds", "edges", "edge_first", "nodes", "roots", "first"
    values = [*columns, *nodes, *leaves, *categories]
    named = dict(zip([*names, "entries", "set_of", "sets"], values, strict=True))
    named = {name: value.copy() for name, value in named.items()}
    return named | {
        "rows": np.zeros((5, N_COLUMNS)),
        "skipped": np.zeros((5, 1), dtype=np.uint8),
        "totals": np.zeros((5, N_OUTPUTS)),
    }


def walk(a):
    return core().walk_trees(
        a["rows"],
        (a["sources"], a["kinds"], a["edges"], a["edge_first"]),
        (a["nodes"], a["roots"]),
        (a["first"], a["entries"]),
        (a["set_of"], a["sets"]),
        a["skipped"],
        a["totals"],
    )


def test_sound_arrays_are_walked():
    assert walk(arguments()) is None


def changed(name, place, value, field=None):
    def change(arrays):
        array = arrays[name] if field is None else arrays[name][field]
        array[place] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed("nodes", 0, 0, "left"),
        changed("nodes", 0, -1, "left"),
        changed("nodes", 0, 10**6, "left"),
        changed("nodes", 0, 4, "left"),
        changed("nodes", 2, 1, "left"),
        changed("nodes", 0, 60000, "column"),
        changed("nodes", 1, 60000, "column"),
        changed("nodes", 1, 3, "rank"),
        changed("sources", 0, -1),
        changed("sources", 0, N_COLUMNS),
        changed("edge_first", 0, 1),
        changed("edge_first", 1, -1),
        changed("edge_first", -1, 99),
        changed("roots", 0, 1),
        changed("roots", 1, 0),
        changed("roots", 1, -5),
        changed("roots", -1, 99),
        changed("first", 0, 1),
        changed("first", 1, -7),
        changed("first", 1, 1000),
        changed("first", -1, 1000),
        changed("entries", 0, -1, "output"),
        changed("entries", 0, N_OUTPUTS, "output"),
        changed("set_of", 5, 1000),
        changed("set_of", 1, 0),
        changed("sets", 0, 2**32 - 1),
        changed("sets", 0, 6),
    ],
)
def test_arrays_that_are_no_forest_are_refused(change):
    arrays = arguments()
    change(arrays)
    with pytest.raises(ValueError, match="not those of one forest"):
        walk(arrays)


@pytest.mark.parametrize("name", list(arguments()) if core() is not None else [])
def test_shorter_arrays_and_other_dtypes_are_refused(name):
    for wrong in (
        lambda a: a[:-1].copy(),
        lambda a: np.zeros(
            a.shape, dtype=np.complex64 if a.dtype.names is None else "i4"
        ),
        lambda a: np.stack([a, a]),
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: None,
    ):
        arrays = arguments()
        arrays[name] = wrong(arrays[name])
        if name in ("set_of", "sets", "skipped") and arrays[name] is None:
            continue
        with pytest.raises((ValueError, TypeError, BufferError)):
            walk(arrays)


def test_totals_that_cannot_be_written_are_refused():
    arrays = arguments()
    arrays["totals"].setflags(write=False)
    with pytest.raises((ValueError, BufferError)):
        walk(arrays)


@pytest.mark.parametrize(
    ("roots", "left", "right"),
    [
        ([0, 3], [1, -1, -1], [1, -1, -1]),  # one child twice
        ([0, 3], [1, -1, -1], [3, -1, -1]),  # outside
        ([0, 3], [0, -1, -1], [2, -1, -1]),  # its own child
        ([0, 3], [1, 2, -1], [2, 1, -1]),  # in a circle
        ([0, 4], [1, -1, -1, -1], [2, -1, -1, -1]),  # without a parent
        ([0, 0, 3], [1, -1, -1], [2, -1, -1]),  # a tree of no nodes
        ([0, 9, 3], [1, -1, -1], [2, -1, -1]),
        ([1, 3], [1, -1, -1], [2, -1, -1]),
        ([], [1, -1, -1], [2, -1, -1]),
        ([0, 3], [1, -1, -1], [2, -1]),
    ],
)
def test_children_that_make_no_tree_are_refused(roots, left, right):
    roots, left, right = (np.array(a, dtype=np.int32) for a in (roots, left, right))
    place, children = (np.empty(len(left), dtype=np.int32) for _ in range(2))
    with pytest.raises(ValueError):
        core().order_nodes(roots, left, right, place, children)


@pytest.mark.parametrize(
    ("columns", "edge_first"),
    [([0, 2], [0, 2, 3]), ([0, -1], [0, 2, 3]), ([0, 1], [0, 4, 3]), ([0, 1], [1, 3])],
)
def test_values_of_no_column_are_refused(columns, edge_first):
    columns, edge_first = (np.array(a, np.int32) for a in (columns, edge_first))
    edges, ranks = np.arange(3.0), np.empty(2, dtype=np.uint16)
    with pytest.raises(ValueError, match="forest"):
        core().rank_values(np.ones(2), columns, edges, edge_first, ranks)
