"""Every kind of rows and labels, through fit and predict of the whole."""

import functools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags
from xgboost import XGBClassifier

from sklearn_kd import MLPStudent

pytestmark = pytest.mark.usefixtures("small_teachers", "few_synthetic_rows")

WINE, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(WINE)
STUDENT = MLPStudent((8,), max_iter=40, batch_size=16, learning_rate_init=0.01)
TREES = HistGradientBoostingClassifier(max_iter=5), RandomForestClassifier(5)


def distil(teacher=None, student=STUDENT, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


def mixed(n_samples=150, seed=0, missing=False):
    """Columns of each kind, and labels that need more than one of them."""
    rng = np.random.default_rng(seed)
    columns = {
        "number": rng.normal(size=n_samples).tolist(),
        "count": rng.poisson(3, n_samples).tolist(),
        "text": rng.choice(["a", "b", "c"], n_samples).tolist(),
        "flag": (rng.random(n_samples) < 0.5).tolist(),
    }
    signal = np.array(columns["number"]) + 2 * (np.array(columns["text"]) == "a")
    labels = np.where(signal > 0.5, "yes", "no")
    if missing:
        for name in ("number", "text"):
            columns[name] = [
                None if rng.random() < 0.1 else value for value in columns[name]
            ]
    return columns, labels


TABLES = {
    "pandas": pd.DataFrame,
    "nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "arrow": lambda columns: pd.DataFrame(columns).convert_dtypes(
        dtype_backend="pyarrow"
    ),
    "category": lambda columns: pd.DataFrame(columns).astype(
        {"text": "category", "flag": "category"}
    ),
    "string": lambda columns: pd.DataFrame(columns).astype({"text": "string"}),
    "object": lambda columns: pd.DataFrame(columns, dtype=object),
    "polars": pl.DataFrame,
    "polars categorical": lambda columns: pl.DataFrame(columns).with_columns(
        pl.col("text").cast(pl.Categorical)
    ),
    "polars enum": lambda columns: pl.DataFrame(columns).with_columns(
        pl.col("text").cast(pl.Enum(["a", "b", "c"]))
    ),
    "array of objects": lambda columns: pd.DataFrame(columns, dtype=object).to_numpy(),
    "lists": lambda columns: [list(row) for row in zip(*columns.values(), strict=True)],
}
tables = pytest.mark.parametrize("table", list(TABLES.values()), ids=TABLES)


@tables
@pytest.mark.parametrize("missing", [False, True])
def test_mixed_tables_end_to_end(table, missing):
    """With the default teacher, which encodes for itself; the labels are strings."""
    columns, labels = mixed(missing=missing)
    distilled = distil().fit(table(columns), labels)
    proba = distilled.predict_proba(table(columns))
    assert proba.shape == (150, 2)
    assert_allclose(proba.sum(axis=1), 1)
    assert distilled.score(table(columns), labels) > 0.85
    teacher = distilled.teacher_.predict_proba(table(columns))
    assert np.mean(distilled.classes_[teacher.argmax(axis=1)] == labels) > 0.85
    fresh, fresh_labels = mixed(seed=1, missing=missing)
    assert distilled.score(table(fresh), fresh_labels) > 0.8
    one = {name: values[:1] for name, values in fresh.items()}
    alone = distilled.predict_proba(table(one))
    assert_allclose(alone, distilled.predict_proba(table(fresh))[:1], atol=1e-12)


@functools.cache
def from_pandas():
    columns, labels = mixed(missing=True)
    return distil().fit(pd.DataFrame(columns), labels)


@tables
def test_the_container_changes_no_prediction(table):
    """Beyond the kind of the columns: numbers beside strings in a list stay numbers."""
    columns, labels = mixed(missing=True)
    distilled = distil().fit(table(columns), labels)
    expected = from_pandas()
    assert distilled.student_.encoder_.kinds_ == [
        *["numeric", "numeric", "nominal", "nominal"]
    ]
    assert_allclose(
        distilled.predict_proba(table(columns)),
        expected.predict_proba(pd.DataFrame(columns)),
        atol=1e-6,
    )


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_levels_never_seen_are_no_error(frame):
    columns, labels = mixed()
    distilled = distil().fit(frame(columns), labels)
    strange = frame(columns | {"text": ["new"] * 150})
    for model in (distilled, distilled.teacher_):
        assert_allclose(model.predict_proba(strange).sum(axis=1), 1)


def columns_pipeline():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = make_column_transformer(
        (numbers, ["number", "count"]),
        (OneHotEncoder(handle_unknown="ignore"), ["text", "flag"]),
    )
    return make_pipeline(encoder, LogisticRegression())


@pytest.mark.parametrize("table", ["pandas", "nullable", "category", "object"])
@pytest.mark.parametrize("fitted", [False, True])
def test_a_teacher_that_needs_a_frame_gets_it(table, fitted):
    columns, labels = mixed()
    rows = TABLES[table](columns)
    teacher = columns_pipeline()
    if fitted:
        teacher.fit(rows, labels)
    distilled = distil(teacher).fit(rows, labels)
    assert distilled.score(rows, labels) > 0.85
    assert_array_equal(distilled.feature_names_in_, list(columns))


# ---- arrays


LAYOUTS = {
    "fortran": lambda X, _: np.asfortranarray(X),
    "strided": lambda X, _: np.repeat(X, 2, axis=1)[:, ::2],
    "read-only": lambda X, _: np.frombuffer(X.tobytes()).reshape(X.shape),
    "memory-mapped": lambda X, path: np.load(path, mmap_mode="r"),
    "lists": lambda X, _: X.tolist(),
    "objects": lambda X, _: X.astype(object),
    "big-endian": lambda X, _: X.astype(">f8"),
    "frame": lambda X, _: pd.DataFrame(X),
    "polars": lambda X, _: pl.DataFrame(X),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_of_numbers_does_not_matter(layout, tmp_path):
    np.save(tmp_path / "X.npy", X)
    rows = LAYOUTS[layout](X, tmp_path / "X.npy")
    teacher = [make_pipeline(StandardScaler(), LogisticRegression()), TREES[1]]
    if layout == "big-endian":  # scikit-learn's trees need another byte order
        teacher = teacher[0]
    expected = distil(teacher).fit(X, y).predict_proba(X)
    assert_allclose(
        distil(teacher).fit(rows, y).predict_proba(rows), expected, atol=1e-9
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.int8, np.uint8])
def test_number_types(dtype):
    rows = (10 * (X - X.min())).astype(dtype)
    distilled = distil(TREES[1]).fit(rows, y)
    assert distilled.score(rows, y) > 0.9
    assert distilled.predict_proba(rows).dtype == np.float64


def test_the_teacher_gets_the_rows_in_their_own_type():
    """A net needs float32; scikit-learn makes float64 of it where it needs that."""

    forest = RandomForestClassifier(5, random_state=0).fit(X, y)

    class Picky:
        classes_ = (0, 1, 2)

        def predict_proba(self, X):
            assert X.dtype == np.float32
            return forest.predict_proba(X)

    distil(Picky()).fit(X.astype(np.float32), y)


@pytest.mark.parametrize("order", ["C", "F"])
def test_nothing_is_written_into_the_arguments(order):
    rows, labels = np.array(X, order=order), y.copy()
    weight, proba = np.arange(178.0), 0.05 + 0.85 * np.eye(3)[y]
    frame = pd.DataFrame(X)
    for array in (rows, labels, weight, proba):
        array.flags.writeable = False
    distil(TREES[1], cv=2).fit(rows, labels, sample_weight=weight, X_unlabeled=rows[:9])
    distil().fit(rows, labels, sample_weight=weight, teacher_proba=proba)
    distil().fit(frame, labels)
    assert_array_equal(frame.to_numpy(), X)


SPARSE = [csr_array, csr_matrix, csc_array, coo_array]


@pytest.mark.parametrize("make", SPARSE)
@pytest.mark.parametrize("teacher", [None, RandomForestClassifier(5)])
def test_sparse_rows(make, teacher):
    rows = np.where(X > 0.3, X, 0)
    distilled = distil(teacher).fit(make(rows), y)
    assert distilled.score(make(rows), y) > 0.8
    dense = distil(teacher, LogisticRegression()).fit(rows, y)
    sparse = distil(teacher, LogisticRegression()).fit(make(rows), y)
    if teacher is not None:
        assert_allclose(
            sparse.predict_proba(make(rows)), dense.predict_proba(rows), atol=1e-3
        )
    reached = distil(teacher, cv=2).fit(make(rows), y, X_unlabeled=make(rows[:30]))
    assert reached.score(make(rows), y) > 0.8


def test_sparse_rows_are_refused_where_the_teacher_takes_none():
    with pytest.raises(TypeError, match="Sparse data was passed"):
        distil(TREES[0]).fit(csr_array(X), y)
    reduced = make_pipeline(TruncatedSVD(5), TREES[0])  # takes them, without the tag
    assert not get_tags(reduced).input_tags.sparse
    assert distil(reduced).fit(csr_array(X), y).score(csr_array(X), y) > 0.9


# ---- missing values


IMPUTING = make_pipeline(SimpleImputer(), LogisticRegression())
HOLES = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)

TAKE_MISSING = {
    "default": None,
    "boosting": TREES[0],
    "forest": TREES[1],
    "xgboost": XGBClassifier(n_estimators=5, n_jobs=1),
    "imputing pipeline": IMPUTING,
    "search over one": GridSearchCV(IMPUTING, {"logisticregression__C": [1.0]}, cv=2),
    "vote of some": VotingClassifier([("a", IMPUTING), ("b", TREES[1])], voting="soft"),
    "stack of some": StackingClassifier(
        [("a", IMPUTING)], final_estimator=LogisticRegression(), cv=2
    ),
    "several": [IMPUTING, TREES[1]],
}


@pytest.mark.parametrize("name", TAKE_MISSING)
@pytest.mark.parametrize("fitted", [False, True])
def test_missing_values(name, fitted):
    """Where teacher and student take them: by tag, or since they are made of others."""
    teacher = TAKE_MISSING[name]
    if fitted:
        teacher = distil(teacher).fit(HOLES, y).teacher_
    distilled = distil(teacher).fit(HOLES, y)
    assert distilled.score(HOLES, y) > 0.9
    frame = pd.DataFrame(HOLES)
    assert distil(None if fitted else teacher).fit(frame, y).score(frame, y) > 0.9


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_missing_values_are_refused_where_a_part_takes_none(make):
    for parts in ([LogisticRegression()], [None, LogisticRegression()]):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            distil(*parts).fit(make(HOLES), y)
    whole = distil(LogisticRegression()).fit(make(X), y)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        whole.predict(make(HOLES))
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    with pytest.raises(ValueError, match="LogisticRegression does not accept missing"):
        distil(scaled).fit(make(HOLES), y)


# ---- labels


LABELS = {
    "strings": np.array(["one", "two", "three"])[y],
    "objects": np.array(["one", "two", "three"], dtype=object)[y],
    "gaps": np.array([3, 7, 100])[y],
    "negative": y - 1,
    "floats": y.astype(float),
    "bytes of integers": y.astype(np.uint8),
    "bools": y == 1,
    "lists": y.tolist(),
    "lists of strings": np.array(["one", "two", "three"])[y].tolist(),
    "series": pd.Series(y, index=np.arange(178)[::-1]),
    "categorical": pd.Series(y).astype("category"),
    "categories of strings": pd.Categorical.from_codes(y, ["one", "two", "three"]),
    "nullable": pd.Series(y).astype("Int64"),
    "nullable bools": pd.Series(y == 1).astype("boolean"),
    "string series": pd.Series(np.array(["one", "two", "three"])[y], dtype="string"),
    "arrow strings": pd.Series(list("abc")).take(y).astype("string[pyarrow]"),
    "str": pd.Series(np.array(["one", "two", "three"])[y]),
    "polars": pl.Series(y),
    "polars strings": pl.Series(np.array(["one", "two", "three"])[y].tolist()),
}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("kind", ["unfitted", "fitted", "default"])
def test_labels_of_any_type_come_back(name, kind):
    labels = LABELS[name]
    teacher = {
        "unfitted": RandomForestClassifier(5),
        "fitted": RandomForestClassifier(5, random_state=0).fit(X, np.asarray(labels)),
        "default": None,
    }[kind]
    # a forest numbers nullable labels as scikit-learn does: 0.0, 1.0
    if kind == "default" and name not in ("strings", "bools", "gaps"):
        teacher = LogisticRegression()
    distilled = distil(teacher).fit(X, labels)
    plain = LogisticRegression().fit(X, labels)
    assert_array_equal(distilled.classes_, plain.classes_)
    assert distilled.classes_.dtype == plain.classes_.dtype
    predicted = distilled.predict(X)
    assert predicted.dtype == plain.classes_.dtype
    assert np.mean(predicted == np.asarray(labels)) > 0.9
    assert_array_equal(distilled.student_.classes_, distilled.classes_)
    assert_array_equal(distilled.student_.predict(X), predicted)


def test_hundreds_of_classes():
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=4, size=(300, 6))
    labels = np.repeat(np.arange(300), 4)
    rows = centres[labels] + 0.1 * rng.normal(size=(1200, 6))
    names = np.array([f"class {label}" for label in range(300)])
    student = MLPStudent((64,), max_iter=40, batch_size=64)
    distilled = distil(RandomForestClassifier(5), student).fit(rows, names[labels])
    assert distilled.predict_proba(rows).shape == (1200, 300)
    assert distilled.score(rows, names[labels]) > 0.9
    assert len(distilled.classes_) == 300
