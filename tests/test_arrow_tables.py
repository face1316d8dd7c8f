"""Tables of Arrow are read as the frames that their ``to_pandas`` makes."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from given_rows import on_given_rows
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from processes import printed_by
from recorder import RecordingTeacher
from refusals import refused
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.utils.fixes import parse_version
from untouched import Unfitted

from sklearn_kd import (
    MLPStudent,
    MungeSampler,
    SoftTargets,
    TabularEncoder,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd.inspection import compare

pytestmark = pytest.mark.usefixtures("small_teachers")

RNG = np.random.default_rng(0)
N = 120
NUMBERS = RNG.normal(size=N)
y = (NUMBERS > 0).astype(int)
JOBS = np.array(["cook", "nurse", "clerk"])[RNG.integers(3, size=N)]
GAPS = np.arange(N) % 7 == 0


def with_gaps(values, kind):
    return pa.array(values.tolist(), type=kind, mask=GAPS)


TABLE = pa.table(
    {
        "number": NUMBERS,
        "job": pa.array(JOBS).dictionary_encode(),
        "word": with_gaps(JOBS, pa.string()),
        "count": with_gaps(np.arange(N) % 9, pa.int64()),
        "flag": with_gaps(NUMBERS > 1, pa.bool_()),
        "small": NUMBERS.astype(np.float16),
        "price": pa.array([Decimal(number) / 8 for number in range(N)]),
        "nothing": pa.nulls(N),
    }
)
#: The columns without gaps.
WHOLE = TABLE.select(["number", "job"])
BATCH = TABLE.to_batches()[0]
FRAME = TABLE.to_pandas()
STUDENT = MLPStudent((4,), max_iter=2, random_state=0)


def distil(teacher=None, student=STUDENT, **params):
    return on_given_rows(teacher, student, **{"random_state": 0} | params)


@pytest.mark.parametrize("rows", [TABLE, BATCH], ids=["table", "batch"])
def test_teacher_and_student_get_the_frame(rows):
    model = distil(RecordingTeacher(), transfer=MungeSampler(200)).fit(rows, y)
    assert_frame_equal(model.teacher_.X_, FRAME)
    assert model.feature_names_in_.tolist() == TABLE.column_names
    assert isinstance(FRAME["job"].dtype, pd.CategoricalDtype)
    expected = distil(RecordingTeacher(), transfer=MungeSampler(200)).fit(FRAME, y)
    for one in (rows, FRAME):
        assert_array_equal(model.predict_proba(one), expected.predict_proba(one))
        assert_array_equal(
            model.predict(one[:1].slice(0, 1) if one is rows else one[:1]),
            expected.predict(FRAME[:1]),
        )


@pytest.mark.parametrize("rows", [TABLE, BATCH], ids=["table", "batch"])
def test_every_other_door_reads_them_alike(rows):
    student = MLPStudent((4,), max_iter=2, random_state=0)
    alone = student.fit(rows, y, X_val=rows, y_val=y).predict_proba(rows)
    expected = student.fit(FRAME, y, X_val=FRAME, y_val=y).predict_proba(FRAME)
    assert_array_equal(alone, expected)
    encoder = TabularEncoder().fit(rows)
    assert_array_equal(encoder.transform(rows), encoder.transform(FRAME))
    made = [
        MungeSampler(50, random_state=0).fit(one).sample()[0] for one in (rows, FRAME)
    ]
    assert_frame_equal(*made)
    assert_array_equal(
        compute_soft_targets(student, rows), compute_soft_targets(student, FRAME)
    )
    results = compare({"teacher": student}, rows, pa.array(y), n_calls=3)
    assert results["teacher"]["accuracy"] == student.score(FRAME, y)


def test_unlabelled_rows_may_be_in_one_and_labelled_rows_in_the_other():
    for labelled, unlabelled in ((TABLE, FRAME), (FRAME, BATCH), (TABLE, TABLE)):
        model = distil(RecordingTeacher()).fit(
            labelled, y, X_unlabeled=UnlabeledRows(unlabelled)
        )
        assert model.n_transfer_rows_ == N


def test_a_teacher_and_a_student_that_choose_columns_by_name_find_them():
    def pipeline():
        columns = make_column_transformer(
            ("passthrough", ["number"]), (OneHotEncoder(), ["job"])
        )
        return make_pipeline(columns, LogisticRegression())

    fitted = pipeline().fit(WHOLE.to_pandas(), y)
    for teacher in (pipeline(), fitted):
        model = distil(teacher, pipeline()).fit(WHOLE, y)
        assert model.score(WHOLE, y) > 0.9
    assert cross_val_score(distil(pipeline()), WHOLE, y, cv=2).min() > 0.3


def test_dates_of_arrow_reach_a_pipeline_that_reads_them():
    days = pa.array([datetime.date(2020, 1, 1 + day % 28) for day in range(N)])
    rows = WHOLE.append_column("day", days)
    with refused(TypeError, "'day'"):
        distil(Unfitted()).fit(rows, y)
    numbers = FunctionTransformer(
        lambda X: pd.to_datetime(X["day"]).dt.day.to_numpy()[:, None]
    )
    model = distil(
        make_pipeline(numbers, LogisticRegression()),
        student=make_pipeline(numbers, LogisticRegression()),
    ).fit(rows, y)
    assert model.predict(rows).shape == (N,)


@pytest.mark.parametrize("kind", [pa.table, pa.RecordBatch.from_pydict])
def test_probabilities_by_the_names_of_their_columns(kind):
    proba = np.column_stack([1 - y * 0.8 - 0.1, y * 0.8 + 0.1])
    swapped = kind({"1": proba[:, 1], "0": proba[:, 0]})
    model = distil(None).fit(TABLE, y, teacher_proba=swapped)
    expected = distil(None).fit(TABLE, y, teacher_proba=proba)
    assert_array_equal(model.predict_proba(TABLE), expected.predict_proba(TABLE))
    assert_array_equal(SoftTargets(swapped, [0, 1]).proba, proba)


def test_structs_are_tables_as_the_folds_of_a_batch_are():
    frame = pd.DataFrame({"a": NUMBERS, "b": NUMBERS[::-1]})
    batch = pa.RecordBatch.from_pandas(frame)
    structs = batch.to_struct_array()
    model = MLPStudent((4,), max_iter=2, random_state=0)
    expected = clone(model).fit(frame, y).predict_proba(frame)
    for one in (
        structs,
        pa.chunked_array([structs]),
        pl.from_pandas(frame).to_struct("rows"),
        pd.Series(structs.to_pylist(), dtype=pd.ArrowDtype(structs.type)),
    ):
        fitted = clone(model).fit(one, y)
        assert fitted.feature_names_in_.tolist() == ["a", "b"]
        assert_array_equal(fitted.predict_proba(one), expected)
    with refused(TypeError, r"array of dicts.*pandas.DataFrame\(list\(X\)\)"):
        fitted.predict(np.array(structs.to_pylist()))
    if parse_version(sklearn.__version__) >= parse_version(
        "1.9"
    ):  # else it makes dicts
        found = cross_val_predict(model, batch, y, cv=2)
        assert_array_equal(found, cross_val_predict(model, frame, y, cv=2))


def test_a_column_that_was_the_index_of_a_frame_is_a_column():
    frame = pd.DataFrame({"zip": np.arange(N), "a": NUMBERS}).set_index("zip")
    student = MLPStudent((4,), max_iter=2).fit(pa.Table.from_pandas(frame), y)
    assert sorted(student.feature_names_in_) == ["a", "zip"]


def test_labels_weights_and_groups_of_arrow():
    labels = pa.chunked_array([pa.array(JOBS[:50]), pa.array(JOBS[50:])])
    encoded = pa.array(JOBS).dictionary_encode()
    weight = RNG.uniform(0.5, 2, N)
    expected = distil(None).fit(
        TABLE,
        JOBS,
        weight,
        groups=np.arange(N) // 2,
        teacher_proba=np.full((N, 3), 1 / 3),
    )
    for one in (labels, encoded):
        model = distil(None).fit(
            TABLE,
            one,
            pa.array(weight),
            groups=pa.array(np.arange(N) // 2),
            teacher_proba=np.full((N, 3), 1 / 3),
        )
        assert model.classes_.tolist() == ["clerk", "cook", "nurse"]
        assert_array_equal(model.predict_proba(TABLE), expected.predict_proba(TABLE))
    with refused(ValueError, "1 of 120 labels are missing"):
        distil(None).fit(TABLE, pa.array([None, *JOBS[1:]]))


def test_without_pandas_they_become_frames_of_polars():
    code = """
import sys

class NoPandas:
    def find_spec(name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NoPandas)
import polars as pl, pyarrow as pa
from sklearn_kd._tables.containers import as_rows
table = pa.table({"a": [1.0, 2.0], "b": pa.array(["x", "y"]).dictionary_encode()})
frame = as_rows(table)
assert isinstance(frame, pl.DataFrame) and frame["b"].dtype == pl.Categorical
"""
    printed_by("-c", code)
