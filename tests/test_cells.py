"""Rows as cells of an encoder stand for the encoded rows, whatever a table holds."""

import numpy as np
import pandas as pd
import pytest
from compiled import dense
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_kd import SoftTargets, TabularEncoder
from sklearn_kd.students.encoder import _layout
from sklearn_kd.students.encoder._forms import Ramps
from sklearn_kd.students.mlp.steps import _cells
from sklearn_kd.students.mlp.steps._cells import CellPlan

N = 300


def mixed(n_rows=N):
    """Rows of all kinds: missing values, rare levels, levels that are missing."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({f"x{j}": rng.normal(size=n_rows) for j in range(4)})
    table.loc[::7, "x2"] = np.nan
    table["constant"] = 3.0
    table["gaps"] = np.where(rng.random(n_rows) < 0.3, np.nan, 1.0)
    table["steps"] = rng.integers(0, 3, n_rows)
    table["level"] = rng.choice(list("abcdefg"), n_rows)
    table["rare"] = np.where(rng.random(n_rows) < 0.02, "z", rng.choice(["u", "v"]))
    table.loc[::9, "level"] = None
    table["one"] = "same"
    return table


def targets(table, n_classes=3):
    rng = np.random.default_rng(1)
    logits = np.c_[table["x0"] ** 2, table["x1"], table["x2"].fillna(0)]
    logits = np.hstack([logits, rng.normal(size=(len(table), n_classes))])
    proba = np.exp(logits[:, :n_classes])
    proba /= proba.sum(axis=1, keepdims=True)
    return SoftTargets(proba, np.arange(n_classes))


def assert_equal_rows(encoder, X):
    plan = CellPlan(encoder.layout_)
    assert plan.possible
    rows = plan.encode(X)
    expected = encoder.transform(X)
    assert rows.shape == expected.shape
    assert_allclose(dense(rows), expected, atol=1e-6)
    squares = (expected.astype(float) ** 2).sum(axis=1)
    assert_allclose(rows.square_norms(), squares, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_cells_stand_for_the_encoded_rows(n_classes):
    table = mixed()
    encoder = TabularEncoder(min_frequency=0.05)
    encoder.fit(table, soft_targets=targets(table, n_classes))
    assert encoder.components_ is not None
    assert encoder.grouped_columns_
    assert_equal_rows(encoder, table)


@pytest.mark.filterwarnings("ignore:.*no such value")
def test_cells_of_rows_unlike_those_of_fit():
    table = mixed()
    encoder = TabularEncoder().fit(table, soft_targets=targets(table))
    new = table[:40].copy()
    new["x0"] = np.linspace(-1e300, 1e300, 40)
    new["x1"] = np.nan
    new["level"] = ["a", None, "new", "g"] * 10
    new["rare"] = None
    assert_equal_rows(encoder, new)


@pytest.mark.parametrize(
    "columns", [["x0"], ["gaps", "constant"], ["level"], ["level", "rare"]]
)
def test_cells_of_few_columns(columns):
    table = mixed()
    encoder = TabularEncoder().fit(table[columns], soft_targets=targets(table))
    assert_equal_rows(encoder, table[columns])


def test_cells_without_components():
    table = mixed()
    encoder = TabularEncoder().fit(table)
    assert encoder.components_ is None
    assert_equal_rows(encoder, table)


def test_a_column_of_ramps_alone_among_others_without():
    table = mixed()[["steps", "x0", "x2"]]
    encoder = TabularEncoder(n_bins=2).fit(table, soft_targets=targets(mixed()))
    assert_equal_rows(encoder, table)


@settings(max_examples=60, deadline=None)
@given(
    edges=st.lists(
        st.lists(
            st.floats(-1e308, 1e308) | st.sampled_from([0.0, 5e-324, 1.0, 1 + 2e-16]),
            max_size=6,
        ),
        min_size=1,
        max_size=3,
    ),
    values=st.lists(st.floats(allow_infinity=False), min_size=1, max_size=5),
)
def test_the_place_and_share_of_any_value_give_its_ramps(edges, values):
    ramps = Ramps([np.unique(each) for each in edges])
    points = np.concatenate([values, *map(np.asarray, edges), [np.nan]])
    X = np.repeat(points[:, None], len(edges), axis=1)
    expected = np.empty((len(X), len(ramps)))
    ramps.read(X, expected)
    place, share = ramps.locate(X)
    columns, counts = ramps.counts()
    got = [
        np.where(
            np.isnan(points)[:, None],
            0,
            np.where(
                np.arange(count) == place[:, [j]],
                share[:, [j]],
                np.arange(count) < place[:, [j]],
            ),
        )
        for j, count in enumerate(counts)
    ]
    got = np.hstack([np.empty((len(X), 0)), *got])
    assert_allclose(got, expected, atol=1e-12)
    assert_array_equal(columns, np.unique(ramps.column))


def test_too_many_cells_are_not_counted(monkeypatch):
    table = mixed()
    encoder = TabularEncoder().fit(table, soft_targets=targets(table))
    n_cells = CellPlan(encoder.layout_).first[-1]
    for most, possible in ((n_cells, True), (n_cells - 1, False)):
        monkeypatch.setattr(_cells, "MOST_CELLS", most)
        assert CellPlan(encoder.layout_).possible == possible


def test_dense_inputs_behind_others_are_not_for_cells(monkeypatch):
    monkeypatch.setattr(_layout, "NUMERIC", _layout.NUMERIC[::-1])
    table = mixed()
    encoder = TabularEncoder().fit(table, soft_targets=targets(table))
    assert not CellPlan(encoder.layout_).possible


def test_rows_are_taken_by_slices_and_places():
    table = mixed()
    encoder = TabularEncoder().fit(table, soft_targets=targets(table))
    rows = CellPlan(encoder.layout_).encode(table)
    encoded = encoder.transform(table)
    assert rows.nbytes < encoded.nbytes / 4
    for index in (slice(5, 50), np.array([7, 3, 3, 200])):
        assert_allclose(dense(rows[index]), encoded[index], atol=1e-6)
