"""Containers without rows that can be taken are refused in words that help."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal
from recorder import RecordingTeacher
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from skorch.helper import SliceDict
from strange_tables import (
    Dataset,
    Deferred,
    Interchange,
    Lines,
    Modin,
    Relation,
    Spark,
    Stream,
)
from untouched import N, Unfitted, X, y

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SoftTargets,
    TabularEncoder,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd.inspection import (
    compare,
    prediction_latency,
    throughput,
)
from sklearn_kd.metrics import agreement_scorer, kl_divergence

FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
COLUMNS = FRAME.to_dict("list")
STUDENT = MLPStudent((4,), max_iter=2, random_state=0)
FITTED = MLPStudent((4,), max_iter=2, random_state=0).fit(FRAME, y)

#: What is refused everywhere, and the fix in the message.
WITHOUT_ROWS = {
    "lazy": (pl.DataFrame(COLUMNS).lazy(), "X.collect()"),
    "dict of a row": (FRAME.iloc[0].to_dict(), "pandas.DataFrame([X])"),
    "dict of columns": (COLUMNS, "pandas.DataFrame(X)"),
    "dask": (Deferred(), "X.compute()"),
    "spark": (Spark(), "X.toPandas()"),
    "duckdb": (Relation(), "X.df()"),
    "reader": (pa.table(COLUMNS).to_reader(), "X.read_all()"),
    "datasets": (Dataset(), "X.to_pandas()"),
    "interchange": (Interchange(), "pandas.DataFrame"),
    "stream": (Stream(), "pyarrow.table(X).to_pandas()"),
    "generator": ((row for row in X), "list(X)"),
    "zip": (zip(X[:, 0], X[:, 1], strict=True), "list(X)"),
    "set": (set(map(tuple, X)), "sorted(X)"),
    "name of a file": ("train.csv", "pandas.read_csv"),
    "path": (Path("train.csv"), "pandas.read_csv"),
}
#: What an estimator refuses; a teacher of its own kind may take it.
REFUSED = WITHOUT_ROWS | {
    "list of dicts": (FRAME.to_dict("records"), "pandas.DataFrame(X)"),
    "skorch": (SliceDict(X=X), "numpy.column_stack(list(X.values()))"),
    "modin": (Modin(), "X._to_pandas()"),
    "records": (FRAME.to_records(), "pandas.DataFrame(X)"),
    "masked": (np.ma.masked_less(X, 0), "filled(numpy.nan)"),
    "nothing": (None, "a DataFrame"),
    "anything": (object(), "a DataFrame"),
}


def calls_of_estimators(rows):
    """List every public call that reads rows, of a model that is not fitted on them."""
    model = DistilledClassifier(Unfitted(), STUDENT)
    known = DistilledClassifier(None, STUDENT, transfer=None)
    known.fit(FRAME, y, teacher_proba=np.full((N, 2), 0.5))
    return [
        lambda: model.fit(rows, y),
        lambda: STUDENT.fit(rows, y),
        lambda: MLPStudent((4,)).partial_fit(rows, y, classes=[0, 1]),
        lambda: TabularEncoder().fit(rows),
        lambda: MungeSampler(10).fit(rows),
        *[
            lambda one=one, method=method: getattr(one, method)(rows)
            for one in (known, FITTED)
            for method in ("predict", "predict_proba", "predict_log_proba")
        ],
        lambda: known.score(rows, y),
    ]


@pytest.mark.parametrize("name", REFUSED)
def test_estimators_say_what_to_pass(name):
    rows, fix = REFUSED[name]
    for call in calls_of_estimators(rows):
        with pytest.raises((TypeError, ValueError), match=re.escape(fix)):
            call()


@pytest.mark.parametrize("name", sorted(set(REFUSED) - {"nothing"}))
def test_unlabelled_rows_say_what_to_pass(name):
    rows, fix = REFUSED[name]
    fix = re.sub(r"\bX\b", "X_unlabeled", fix)
    with pytest.raises((TypeError, ValueError), match=re.escape(fix)):
        DistilledClassifier(Unfitted(), STUDENT).fit(
            FRAME, y, X_unlabeled=UnlabeledRows(rows)
        )


@pytest.mark.parametrize("name", WITHOUT_ROWS)
def test_functions_that_hand_rows_to_any_model_say_what_to_pass(name):
    rows, fix = WITHOUT_ROWS[name]
    for call in (
        lambda: compute_soft_targets(FITTED, rows),
        lambda: agreement_scorer(FITTED)(FITTED, rows),
        lambda: prediction_latency(FITTED, rows),
        lambda: throughput(FITTED, rows),
        lambda: compare({"teacher": FITTED}, rows, y),
    ):
        with pytest.raises(TypeError, match=re.escape(fix)):
            call()


def test_a_teacher_that_reads_dicts_is_asked_about_a_list_of_them():
    rows = FRAME.to_dict("records")
    teacher = make_pipeline(DictVectorizer(), LogisticRegression()).fit(rows, y)
    soft = compute_soft_targets(teacher, rows, batch_size=25)
    assert_array_equal(soft, teacher.predict_proba(rows).astype(np.float32))


VALUES = {
    "lazy": (pl.DataFrame({"y": y}).lazy(), ".collect()"),
    "dict": (dict(enumerate(y.tolist())), ".values())"),
    "generator": ((label for label in y), "list("),
    "set": (set(y.tolist()), "sorted("),
    "name of a column": ("y", "a column of a DataFrame"),
    "masked": (np.ma.masked_less(y, 1), "masked entries"),
    "dask": (Deferred(), ".compute()"),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("parameter", ["y", "sample_weight", "groups"])
def test_values_of_rows_say_what_to_pass(parameter, name):
    values, fix = VALUES[name]
    for model in (DistilledClassifier(Unfitted(), STUDENT), STUDENT):
        with pytest.raises((TypeError, ValueError), match=re.escape(fix)) as error:
            model.fit(X, **{"y": y, parameter: values})
        assert parameter in str(error.value)


def test_validation_rows_are_named():
    lazy = VALUES["lazy"][0]
    with pytest.raises(TypeError, match=re.escape("X.collect()")):
        STUDENT.fit(FRAME, y, X_val=lazy, y_val=y)
    with pytest.raises(TypeError, match=re.escape("y_val.collect()")):
        STUDENT.fit(X, y, X_val=X, y_val=lazy)
    with pytest.raises(TypeError, match=re.escape("sample_weight_val.collect()")):
        STUDENT.fit(X, y, X_val=X, y_val=y, sample_weight_val=lazy)


@pytest.mark.parametrize("name", ["lazy", "dict of columns", "generator", "datasets"])
def test_probabilities_say_what_to_pass(name):
    proba, fix = WITHOUT_ROWS[name]
    model = DistilledClassifier(None, STUDENT)
    for what, call in (
        ("teacher_proba", lambda: model.fit(X, y, teacher_proba=proba)),
        ("proba", lambda: SoftTargets(proba, [0, 1])),
        ("p_teacher", lambda: kl_divergence(proba, proba)),
    ):
        wanted = re.escape(re.sub(r"\bX\b", what, fix))
        with pytest.raises(TypeError, match=wanted):
            call()


def test_what_numpy_reads_is_read():
    recorder = DistilledClassifier(RecordingTeacher(), STUDENT, transfer=None)
    for rows in (memoryview(X), Lines(X), np.ma.array(X), tuple(map(tuple, X))):
        model = recorder.fit(rows, y)
        assert type(model.teacher_.X_) in (np.ndarray, np.ma.MaskedArray)
        assert_array_equal(model.teacher_.X_, X)
        assert_array_equal(model.predict(rows), model.predict(X))
    for labels in (memoryview(y), pd.Index(y), pd.Categorical(y), Lines(y)):
        assert_array_equal(recorder.fit(X, labels).teacher_.y_, y)


@pytest.mark.parametrize("kind", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"])
def test_every_sparse_format_is_read(kind):
    rows = getattr(sparse, f"{kind}_array")(X)
    linear = make_pipeline(MaxAbsScaler(), LogisticRegression())
    model = DistilledClassifier(linear, linear).fit(rows, y)
    proba = model.predict_proba(rows)
    assert_array_equal(proba, model.predict_proba(sparse.csr_array(X)))
