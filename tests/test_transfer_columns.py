"""``X_unlabeled=``: their columns, and the teacher's predictions for them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from unlabeled import U, distil
from wine import STUDENT, X, y

from sklearn_kd import DistilledClassifier
from sklearn_kd._tables.building import stack_rows

# ---- their columns


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (U[:, :5], "X_unlabeled: X has 5 features, but .* expecting 13"),
        (U[:0], r"X_unlabeled: Found array with 0 sample"),
        (U[0], "X_unlabeled: .*got one row"),
        (np.where(U > 0, np.inf, U), "X_unlabeled: Input X contains infinity"),
    ],
    ids=["width", "empty", "one row", "infinity"],
)
def test_rows_that_do_not_fit(rows, message):
    with pytest.raises(ValueError, match=message):
        distil().fit(X, y, X_unlabeled=rows)


def test_missing_values_only_where_teacher_and_student_take_them():
    holes = np.where(U > 1, np.nan, U)
    with pytest.raises(ValueError, match="X_unlabeled: Input X contains NaN"):
        distil(teacher=LogisticRegression()).fit(X, y, X_unlabeled=holes)
    assert distil().fit(X, y, X_unlabeled=holes).score(X, y) > 0.9


PARTS = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "numpy": lambda columns: np.column_stack(list(columns.values())),
}


@pytest.mark.parametrize("first", PARTS)
@pytest.mark.parametrize("second", PARTS)
def test_both_are_of_one_kind(first, second):
    """Before any teacher predicts: a frame's names cannot be matched to an array."""

    class Unasked:
        classes_ = (0, 1)

        def predict_proba(self, X):
            raise AssertionError("the teacher predicted")

    above = PARTS[first]({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    below = PARTS[second]({"a": [1.0, 2.0], "b": [0.0, 1.0]})
    if first != second:
        pattern = rf"of the type of X, {first}\..*, got {second}\."
        with pytest.raises(TypeError, match=pattern):
            distil(teacher=Unasked()).fit(above, [0, 1, 0], X_unlabeled=below)
    else:
        assert len(stack_rows(above, below)) == 5


def mixed(n_samples, levels, seed):
    rng = np.random.default_rng(seed)
    return {
        "number": rng.normal(size=n_samples),
        "count": rng.integers(0, 9, n_samples),
        "level": rng.choice(levels, n_samples),
    }


def categories(columns):
    return pd.DataFrame(columns).astype({"level": "category"})


class BySign:
    classes_ = (0, 1)

    def predict_proba(self, X):
        one = 0.1 + 0.8 * (np.asarray(X["number"], dtype=float) > 0.5)
        return np.column_stack([1 - one, one])


def enums(columns):
    dtype = pl.Enum(sorted(set(columns["level"].tolist())))
    return pl.DataFrame(columns).with_columns(pl.col("level").cast(dtype))


def categoricals(columns):
    return pl.DataFrame(columns).with_columns(pl.col("level").cast(pl.Categorical))


PANDAS = [pd.DataFrame, categories, lambda c: pd.DataFrame(c).convert_dtypes()]
POLARS = [pl.DataFrame, enums, categoricals]


@pytest.mark.parametrize(
    ("above", "below"),
    [(one, two) for kind in (PANDAS, POLARS) for one in kind for two in kind],
)
def test_frames_whose_categories_differ(above, below):
    """A level that only the unlabelled rows have is kept, whatever the column types."""
    labelled = mixed(90, ["a", "b"], seed=0)
    other = mixed(40, ["b", "new"], seed=1)
    labels = (labelled["number"] + (labelled["level"] == "a") > 0.5).astype(int)
    distilled = distil(Recorder(), BySign())
    distilled.fit(above(labelled), labels, X_unlabeled=below(other))
    rows = distilled.student_.X_
    assert len(rows) == 130
    for name in labelled:
        values = list(labelled[name]) + list(other[name])
        assert [str(value) for value in rows[name]] == list(map(str, values))

    distilled.set_params(student=STUDENT)
    distilled.fit(above(labelled), labels, X_unlabeled=below(other))
    names = list(distilled.student_.encoder_.get_feature_names_out())
    assert [n for n in names if n.startswith("level")] == [
        f"level_{what}" for what in ("a", "b", "new", "score_0")
    ]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_fractions_are_not_cut_to_the_integers_of_the_labelled_rows(frame):
    whole, parts = frame({"a": [1, 2, 3]}), frame({"a": [0.5, 1.5]})
    assert list(stack_rows(whole, parts)["a"]) == [1, 2, 3, 0.5, 1.5]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_columns_are_those_of_X_in_their_order(frame):
    labelled, other = mixed(30, ["a", "b"], 0), mixed(20, ["a", "b"], 1)
    labels = np.arange(30) % 2
    for names, message in [
        (["count", "number", "level"], "same order"),
        (["number", "count"], "missing"),
        (["number", "count", "level", "number2"], "unseen"),
    ]:
        columns = other | {"number2": other["number"]}
        rows = frame({name: columns[name] for name in names})
        with pytest.raises(ValueError, match=rf"(?s)X_unlabeled: .*{message}"):
            DistilledClassifier().fit(frame(labelled), labels, X_unlabeled=rows)


@pytest.mark.parametrize("above", [np.asarray, csr_array, csr_matrix])
@pytest.mark.parametrize("below", [np.asarray, csr_array, csr_matrix])
def test_dense_and_sparse_rows(above, below):
    """All rows come in the container of the labelled ones: the encoder goes by it."""
    distilled = distil(Recorder()).fit(above(X), y, X_unlabeled=below(U))
    rows = distilled.student_.X_
    assert issparse(rows) == issparse(above(X))
    dense = rows.toarray() if issparse(rows) else rows
    assert_array_equal(dense, np.vstack([X, U]))


def test_lists_and_other_number_types():
    expected = distil().fit(X, y, X_unlabeled=U).predict_proba(X)
    assert_array_equal(
        distil().fit(X.tolist(), y, X_unlabeled=U.tolist()).predict_proba(X), expected
    )
    student = distil(Recorder()).fit(X, y, X_unlabeled=U.astype(np.float32)).student_
    assert student.X_.dtype == np.float64


# ---- the teacher's predictions for them


def test_rows_of_classes_that_are_not_in_y_are_left_out():
    """The teacher has three classes, y has two, and some rows are of the third."""
    known = y < 2
    sure = RandomForestClassifier(10, random_state=0, bootstrap=False).fit(X, y)
    third = X[y == 2][:7]
    outside = sure.predict_proba(third)[:, 2] == 1
    assert outside.sum() > 3
    distilled = distil(Recorder(), sure)
    message = f"in y for {outside.sum()} of 7 rows of X_unlabeled: they are left out"
    with pytest.warns(UserWarning, match=message):
        distilled.fit(X[known], y[known], X_unlabeled=third)
    soft = distilled.student_.soft_
    assert len(soft) == known.sum() + 7 - outside.sum()
    assert_allclose(soft.proba.sum(axis=1), 1, atol=1e-6)


def test_the_teacher_sees_them_as_they_come():
    """A pipeline that needs a frame gets one, with the names."""
    frame = pd.DataFrame(X).add_prefix("c")
    picks = FunctionTransformer(lambda frame: frame[["c0", "c6", "c12"]])
    teacher = make_pipeline(picks, LogisticRegression()).fit(frame, y)
    others = pd.DataFrame(U).add_prefix("c")
    soft = distil(Recorder(), teacher).fit(frame, y, X_unlabeled=others).student_.soft_
    assert_allclose(soft.proba[len(y) :], teacher.predict_proba(others), atol=1e-6)
