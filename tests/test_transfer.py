"""``X_unlabeled=``: further rows that the teacher labels."""

import copy
import functools
import pickle

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from unlabeled import U, distil
from wine import FOREST as TEACHER
from wine import X, y

from sklearn_kd import MLPStudent, SoftTargets, UnlabeledRows
from sklearn_kd._tables.weights import weight_of_row

SAME_LENGTH = np.random.default_rng(1).normal(size=X.shape)


def learnt(student):
    """Rows, soft targets, weights and alphas that a recording student was given."""
    weight = np.ones(len(student.soft_)) if student.weight_ is None else student.weight_
    return student.X_, student.soft_.proba, weight, student.soft_.row_alpha


# ---- what the student learns from


@pytest.mark.parametrize("alpha", [0.4, 1.0])
def test_the_rows_have_the_soft_term_only(alpha):
    distilled = distil(Recorder(), alpha=alpha)
    distilled.fit(X, y, X_unlabeled=U)
    rows, proba, weight, row_alpha = learnt(distilled.student_)
    assert_array_equal(rows, np.vstack([X, U]))
    assert_allclose(proba, TEACHER.predict_proba(rows), atol=1e-6)
    assert_allclose(weight, np.r_[np.ones(178), np.full(60, alpha)])
    assert_allclose(row_alpha, np.r_[np.full(178, alpha), np.ones(60)])


def test_it_is_the_fit_of_a_student_on_both_kinds_of_rows():
    """With its weights beside those of the labelled rows, bit for bit."""
    student = MLPStudent(
        (8,), max_iter=10, batch_size=32, early_stopping=False, random_state=3
    )
    given = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))
    distilled = distil(student, alpha=0.6, temperature=2.0)
    distilled.fit(X, y, sample_weight=given, X_unlabeled=U)
    rows = np.vstack([X, U])
    soft = SoftTargets(
        TEACHER.predict_proba(rows).astype(np.float32),
        classes=[0, 1, 2],
        row_alpha=np.r_[np.full(178, 0.6), np.ones(60)],
        temperature=2.0,
    )
    # any label will do for the others: it is not read
    labels = np.r_[y, np.zeros(60, dtype=int)]
    weight = np.r_[given, np.full(60, 0.6 * weight_of_row(given))]
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
    """Twenty labels, and the teacher's predictions for the other rows."""
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
