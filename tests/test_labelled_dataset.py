"""``LabelledDataset``: rows and their soft targets, for the fit of a student."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from tables_on_disk import FRAME, N_ROWS, READ, TEACHER, write_rows

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    LabelledDataset,
    MLPStudent,
    MLPStudentRegressor,
    SoftTargets,
    compute_soft_targets,
    label_dataset,
)

SOFT = compute_soft_targets(TEACHER, FRAME[READ])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with rows and, beside them, their labels in six parts."""
    place = tmp_path_factory.mktemp("labelled")
    label_dataset(TEACHER, write_rows(place / "rows"), place / "soft", chunk_size=40)
    return place


@pytest.fixture
def labelled(place):
    return LabelledDataset(place / "soft")


def test_it_says_what_it_is(labelled, place):
    assert (labelled.n_rows, labelled.n_outputs) == (N_ROWS, 2)
    assert str(N_ROWS) in repr(labelled)
    assert str(place / "soft") in repr(labelled)


def test_soft_targets_in_memory_and_in_a_file(labelled, tmp_path):
    assert_array_equal(labelled.soft_targets(), SOFT)
    mapped = labelled.soft_targets(tmp_path / "soft.npy")
    assert isinstance(mapped, np.memmap)
    assert_array_equal(np.load(tmp_path / "soft.npy"), SOFT)


def test_batches_are_the_rows_in_their_order(labelled):
    batches = list(labelled.batches(target="kind"))
    assert [len(y) for _, y, _ in batches] == [40] * 5 + [30]
    X, y, soft = (list(parts) for parts in zip(*batches, strict=True))
    pd.testing.assert_frame_equal(
        pd.concat(X, ignore_index=True), FRAME[READ], check_dtype=False
    )
    assert_array_equal(np.concatenate(y), FRAME["kind"])
    assert_array_equal(np.concatenate(soft), SOFT)
    X, y, _ = next(labelled.batches())
    assert y is None
    assert X["colour"].cat.categories.tolist() == ["red", "green", "blue"]


def test_a_sample_is_of_rows_with_their_targets(labelled):
    X, y, soft = labelled.sample(60, target="id", random_state=0)
    rows = y - 1000
    assert len(set(rows)) == 60
    assert (np.diff(rows) > 0).all()
    pd.testing.assert_frame_equal(
        X, FRAME[READ].iloc[rows].reset_index(drop=True), check_dtype=False
    )
    assert_array_equal(soft, SOFT[rows])
    again, other = (
        labelled.sample(60, target="id", random_state=seed)[1] for seed in (0, 1)
    )
    assert_array_equal(again, y)
    assert (other != y).any()
    X, y, soft = labelled.sample(10**6)
    assert (len(X), y, len(soft)) == (N_ROWS, None, N_ROWS)


def test_arrays_are_memory_maps_of_all_rows(tmp_path):
    rows = np.random.default_rng(0).normal(size=(90, 3))
    rows[:, 2] = rows[:, 0] > 0
    np.save(tmp_path / "rows.npy", rows)
    model = LogisticRegression().fit(rows[:, :2], rows[:, 2])
    labelled = label_dataset(
        model, tmp_path / "rows.npy", tmp_path / "soft", columns=[0, 1], chunk_size=40
    )
    X, y, soft = labelled.arrays(tmp_path / "mapped", target=2)
    assert all(isinstance(each, np.memmap) for each in (X, y, soft))
    assert_array_equal(X, rows[:, :2])
    assert_array_equal(y, rows[:, 2])
    assert_array_equal(soft, compute_soft_targets(model, rows[:, :2]))
    assert labelled.arrays(tmp_path / "mapped")[1] is None


def test_arrays_of_strings_are_refused(labelled, tmp_path):
    with pytest.raises(TypeError, match=r"for columns of numbers.*batches"):
        labelled.arrays(tmp_path)


def test_a_student_learns_from_a_sample(labelled):
    X, y, soft = labelled.sample(200, target="kind", random_state=0)
    student = MLPStudent((8,), max_iter=150, batch_size=32)
    model = DistilledClassifier(student=student, objective="fidelity", random_state=0)
    model.fit(X, y, teacher_proba=soft)
    proba = model.predict_proba(FRAME[READ])
    # .023; their mean would be .199 away
    assert np.abs(proba - SOFT).mean() < 0.06


def test_a_student_learns_from_a_stream_without_labels(labelled):
    student = MLPStudent((8,), random_state=0)
    for X, _, soft in labelled.batches():
        labels = labelled.classes[soft.argmax(axis=1)]
        targets = SoftTargets(soft, labelled.classes)
        student.partial_fit(X, labels, classes=labelled.classes, soft_targets=targets)
    assert student.predict_proba(FRAME[READ]).shape == (N_ROWS, 2)


def test_a_student_learns_numbers_as_from_the_teacher_itself(tmp_path):
    X, y = load_diabetes(return_X_y=True)
    forest = RandomForestRegressor(10, random_state=0).fit(X, y)
    labelled = label_dataset(forest, X, tmp_path / "soft", chunk_size=100)
    student = MLPStudentRegressor((8,), max_iter=5)
    params = {"transfer": None, "objective": "fidelity", "random_state": 0}
    pred = labelled.soft_targets()
    given = DistilledRegressor(student=student, **params).fit(X, y, teacher_pred=pred)
    asked = DistilledRegressor(forest, student, **params).fit(X, y)
    assert_array_equal(given.predict(X), asked.predict(X))


def test_rows_that_have_moved(place, tmp_path):
    rows = write_rows(tmp_path / "rows")
    labelled = label_dataset(TEACHER, rows, tmp_path / "soft", chunk_size=100)
    rows.rename(tmp_path / "moved")
    labelled = LabelledDataset(tmp_path / "soft")
    assert_array_equal(labelled.soft_targets(), SOFT)
    with pytest.raises(ValueError, match=r"The rows are not in .*rows.*pass them"):
        next(labelled.batches())
    labelled = LabelledDataset(tmp_path / "soft", tmp_path / "moved")
    assert_array_equal(next(labelled.batches())[2], SOFT[:100])
    # of other rows it has no targets
    FRAME.assign(count=0).to_parquet(tmp_path / "other.parquet")
    labelled = LabelledDataset(tmp_path / "soft", tmp_path / "other.parquet")
    with pytest.raises(ValueError, match="of other data"):
        labelled.sample(5)


def test_rows_that_were_in_memory(tmp_path):
    rows = FRAME[["count"]].to_numpy(dtype=float)
    model = LogisticRegression().fit(rows, FRAME["kind"])
    label_dataset(model, rows, tmp_path / "soft")
    with pytest.raises(ValueError, match=r"The rows were no file: pass them"):
        LabelledDataset(tmp_path / "soft").sample(5)
    labelled = LabelledDataset(tmp_path / "soft", rows)
    assert_array_equal(labelled.sample(5, random_state=0)[2].shape, (5, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda one, path: LabelledDataset(3), TypeError, "name of a folder, got 3"),
        (lambda one, path: LabelledDataset(path / "no"), ValueError, "has no labels"),
        (lambda one, path: LabelledDataset(path), ValueError, "has no labels"),
        (lambda one, path: one.sample(0), ValueError, "n_rows must be at least 1"),
        (lambda one, path: one.sample("all"), TypeError, "n_rows must be"),
        (
            lambda one, path: one.sample(5, target="sort"),
            ValueError,
            "target='sort' is no column .*'kind'",
        ),
        (
            lambda one, path: one.sample(5, target="size"),
            ValueError,
            "target='size' is a column that the teacher reads, .*'town'",
        ),
        (lambda one, path: one.sample(5, random_state="x"), ValueError, "'x'"),
        (lambda one, path: next(one.batches(2)), ValueError, "target=2 is no column"),
    ],
)
def test_wrong_arguments(labelled, tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(labelled, tmp_path)
