"""``X_unlabeled=``: further rows that the teacher is asked about."""

import copy
import functools
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_kd import DistilledClassifier, MLPStudent, SoftTargets, UnlabeledRows
from sklearn_kd.transfer import stack_rows

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
U = np.random.default_rng(0).normal(size=(60, 13))
SAME_LENGTH = np.random.default_rng(1).normal(size=X.shape)
TEACHER = RandomForestClassifier(10, random_state=0).fit(X, y)
STUDENT = MLPStudent((8,), max_iter=20, batch_size=16)


def distil(student=STUDENT, teacher=TEACHER, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


def learnt(student):
    """Rows, soft targets, weights and alphas that a recording student was given."""
    weight = np.ones(len(student.soft_)) if student.weight_ is None else student.weight_
    return student.X_, student.soft_.proba, weight, student.soft_.row_alpha


# ---- what the student learns from


@pytest.mark.parametrize("alpha", [0.4, 1.0])
@pytest.mark.parametrize("transfer_weight", [0.5, 1.0, 3.0])
def test_the_rows_have_the_soft_term_only(alpha, transfer_weight):
    distilled = distil(Recorder(), alpha=alpha, transfer_weight=transfer_weight)
    distilled.fit(X, y, X_unlabeled=U)
    rows, proba, weight, row_alpha = learnt(distilled.student_)
    assert_array_equal(rows, np.vstack([X, U]))
    assert_allclose(proba, TEACHER.predict_proba(rows), atol=1e-6)
    assert_allclose(weight, np.r_[np.ones(178), np.full(60, alpha * transfer_weight)])
    assert_allclose(row_alpha, np.r_[np.full(178, alpha), np.ones(60)])


def test_it_is_the_fit_of_a_student_on_both_kinds_of_rows():
    """With its weights beside those of the labelled rows, bit for bit."""
    student = MLPStudent(
        (8,), max_iter=10, batch_size=32, early_stopping=False, random_state=3
    )
    given = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))
    distilled = distil(student, alpha=0.6, transfer_weight=0.5, temperature=2.0)
    distilled.fit(X, y, sample_weight=given, X_unlabeled=U)
    rows = np.vstack([X, U])
    soft = SoftTargets(
        TEACHER.predict_proba(rows).astype(np.float32),
        classes=[0, 1, 2],
        row_alpha=np.r_[np.full(178, 0.6), np.ones(60)],
        temperature=2.0,
    )
    # any label will do for the others: nobody reads it
    labels = np.r_[y, np.zeros(60, dtype=int)]
    weight = np.r_[given, np.full(60, 0.6 * 0.5)]
    plain = clone(student).fit(rows, labels, sample_weight=weight, soft_targets=soft)
    assert_array_equal(distilled.predict_proba(X), plain.predict_proba(X))


def test_no_unlabelled_row_decides_when_training_stops():
    """Validation rows are split off the labelled ones, and are the same without."""

    class Watched(MLPStudent):
        @functools.wraps(MLPStudent.fit)
        def fit(self, X, y, **params):
            self.n_rows_, self.X_val_ = len(X), params["X_val"]
            return super().fit(X, y, **params)

    student = Watched((8,), max_iter=3, batch_size=32)
    with_rows = distil(student).fit(X, y, X_unlabeled=U).student_
    without = distil(student).fit(X, y).student_
    assert_array_equal(with_rows.X_val_, without.X_val_)
    assert with_rows.n_rows_ == without.n_rows_ + len(U)
    assert without.n_rows_ + len(without.X_val_) == len(X)


def test_alpha_0_ignores_them():
    with_rows = distil(alpha=0.0).fit(X, y, X_unlabeled=SAME_LENGTH)
    assert_array_equal(
        with_rows.predict_proba(X), distil(alpha=0.0).fit(X, y).predict_proba(X)
    )


def test_they_help():
    """Twenty labels, and what the teacher says about the other rows."""
    few = np.random.default_rng(0).permutation(len(y))[:20]
    rest = np.setdiff1d(np.arange(len(y)), few)
    alone = distil(alpha=1.0).fit(X[few], y[few]).score(X[rest], y[rest])
    helped = distil(alpha=1.0).fit(X[few], y[few], X_unlabeled=X[rest])
    assert helped.score(X[rest], y[rest]) > max(alone, 0.95)


def test_transformers_of_a_student_see_a_label_that_means_something():
    """A transfer row has no label; its stand-in is the teacher's, not the first class.

    Labels of the first class would hide the column that tells the classes apart.
    """
    rng = np.random.default_rng(0)
    rows, others = rng.normal(size=(60, 3)), rng.normal(size=(2000, 3))
    labels = (rows[:, 1] > 0).astype(int)
    teacher = LogisticRegression().fit(rows, labels)
    student = make_pipeline(SelectKBest(k=1), LogisticRegression())
    distilled = distil(student, teacher).fit(rows, labels, X_unlabeled=others)
    scores = distilled.student_[0].scores_
    assert scores.argmax() == 1
    assert scores[1] > 50 * np.delete(scores, 1).max()


# ---- whole or refused


@pytest.mark.parametrize(
    "rows",
    [SAME_LENGTH, SAME_LENGTH.tolist(), csr_array(SAME_LENGTH)],
    ids=["array", "lists", "sparse"],
)
def test_a_bare_array_as_long_as_X_is_refused(rows):
    with pytest.raises(ValueError, match=r"178 rows.*UnlabeledRows\(X_unlabeled\)"):
        distil().fit(X, y, X_unlabeled=rows)
    held = distil(Recorder()).fit(X, y, X_unlabeled=UnlabeledRows(rows))
    assert len(held.student_.soft_) == 2 * len(X)


def test_a_search_that_would_slice_them_fails_loudly():
    search = GridSearchCV(distil(), {"alpha": [1.0]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="slices any array as long as X"):
        search.fit(X, y, X_unlabeled=SAME_LENGTH)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_the_holder_goes_whole_through_a_search(n_jobs):
    search = GridSearchCV(
        distil(), {"alpha": [0.5, 1.0]}, cv=2, n_jobs=n_jobs, error_score="raise"
    ).fit(X, y, X_unlabeled=UnlabeledRows(SAME_LENGTH))
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("routing", [False, True])
def test_every_fold_gets_all_of_them(routing):
    distilled = distil(Recorder())
    with sklearn.config_context(enable_metadata_routing=routing):
        if routing:
            distilled.set_fit_request(X_unlabeled=True)
        folds = cross_validate(
            distilled,
            X,
            y,
            cv=3,
            params={"X_unlabeled": UnlabeledRows(SAME_LENGTH)},
            return_estimator=True,
        )
    for fold in folds["estimator"]:
        rows = fold.student_.X_
        assert_array_equal(rows[-len(SAME_LENGTH) :], SAME_LENGTH)
        assert len(rows) < 2 * len(SAME_LENGTH)


def test_the_holder_is_no_array():
    held = UnlabeledRows(U)
    assert held.X is U
    assert repr(held) == "UnlabeledRows(ndarray of 60 rows)"
    for name in ("__len__", "shape", "__array__", "__getitem__", "iloc"):
        assert not hasattr(held, name)
    for twin in (copy.deepcopy(held), pickle.loads(pickle.dumps(held))):
        assert_array_equal(twin.X, U)
    with pytest.raises(TypeError, match="UnlabeledRows cannot be transformed"):
        np.asarray(held)


# ---- in a pipeline


class Shift(TransformerMixin, BaseEstimator):
    """A transformer that takes any array, and checks nothing else."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.asarray(X) + 100

    def __sklearn_is_fitted__(self):
        return True


def pipeline(*steps, **params):
    distilled = distil(Recorder(), RandomForestClassifier(5), **params)
    distilled.set_fit_request(X_unlabeled=True)
    names = [f"step{index}" for index in range(len(steps))]
    return Pipeline(
        [*zip(names, steps, strict=True), ("kd", distilled)],
        transform_input=["X_unlabeled"],
    )


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_in_a_pipeline_they_arrive_as_they_are():
    distilled = distil(Recorder(), RandomForestClassifier(5))
    piped = Pipeline([("shift", Shift()), ("kd", distilled)])
    for rows in (U, UnlabeledRows(U)):
        student = piped.fit(X, y, kd__X_unlabeled=rows)[-1].student_
        assert_array_equal(student.X_, np.vstack([X + 100, U]))


@pytest.mark.usefixtures("routing")
def test_a_pipeline_transforms_them_when_it_is_told_to():
    piped = pipeline(Shift(), StandardScaler()).fit(X, y, X_unlabeled=U)
    scaler = StandardScaler().fit(X + 100)
    expected = scaler.transform(np.vstack([X, U]) + 100)
    assert_allclose(piped[-1].student_.X_, expected)

    search = GridSearchCV(
        pipeline(StandardScaler()), {"kd__alpha": [1.0]}, cv=2, error_score="raise"
    )
    student = search.fit(X, y, X_unlabeled=U).best_estimator_[-1].student_
    assert len(student.X_) == len(X) + len(U)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("step", [StandardScaler(), Shift(), SelectKBest(k=3)])
def test_the_holder_cannot_be_transformed_and_says_what_to_do(step):
    with pytest.raises(TypeError, match=r"pass the bare rows.*without transform_input"):
        pipeline(step).fit(X, y, X_unlabeled=UnlabeledRows(U))


@pytest.mark.usefixtures("routing")
def test_transformed_rows_as_long_as_X_are_refused_too():
    with pytest.raises(ValueError, match="178 rows, exactly as many as X"):
        pipeline(StandardScaler()).fit(X, y, X_unlabeled=SAME_LENGTH)


# ---- their columns


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (U[:, :5], "X_unlabeled: X has 5 features, but .* expecting 13"),
        (U[:0], r"X_unlabeled: Found array with 0 sample"),
        (U[0], "X_unlabeled: Expected 2D array"),
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
    """Before any teacher is asked: a frame's names cannot be matched to an array."""

    class Unasked:
        classes_ = (0, 1)

        def predict_proba(self, X):
            raise AssertionError("asked")

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


# ---- what the teacher knows about them


def test_rows_of_classes_that_are_not_in_y_are_left_out():
    """The teacher knows three classes, y has two, and some rows are of the third."""
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
