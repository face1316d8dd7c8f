"""Texts as rows: one string each, through teacher, transfer set and student."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler
from texts import (
    CONTAINERS,
    LINEAR,
    MLP,
    TEXTS,
    TEXTS_TEST,
    TOPICS,
    VOTE,
    distil,
    fitted_vote,
    y,
    y_test,
)

from sklearn_kd import MLPStudent, MungeSampler, UnlabeledRows
from sklearn_kd._tables.building import stack_rows
from sklearn_kd.inspection import compare
from sklearn_kd.metrics import agreement_scorer

pytestmark = pytest.mark.usefixtures("small_teachers", "few_synthetic_rows")

STUDENTS = {"mlp": MLP, "linear": LINEAR}


@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("teacher", ["fitted", "unfitted", "cv", "list", "proba"])
def test_every_kind_of_teacher_with_every_kind_of_student(teacher, student):
    params, fit_params = {}, {}
    if teacher == "proba":
        fit_params["teacher_proba"] = fitted_vote().predict_proba(TEXTS)
    else:
        params["teacher"] = {
            "fitted": fitted_vote(),
            "unfitted": VOTE,
            "cv": VOTE,
            "list": [FrozenEstimator(fitted_vote()), LINEAR],
        }[teacher]
    if teacher == "cv":
        params["cv"] = 3
    model = distil(student=STUDENTS[student], **params)
    model.fit(TEXTS, y, **fit_params)
    assert model.score(TEXTS_TEST, y_test) > 0.95 * fitted_vote().score(
        TEXTS_TEST, y_test
    )
    proba = model.predict_proba(TEXTS_TEST)
    assert_array_equal(model.classes_, sorted(TOPICS))
    assert_array_equal(model.student_.predict_proba(TEXTS_TEST), proba)
    agreement = model.predict(TEXTS_TEST) == fitted_vote().predict(TEXTS_TEST)
    assert agreement.mean() > 0.9
    for name in ("n_features_in_", "feature_names_in_"):
        assert not hasattr(model, name)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_any_container_gives_the_same_model(kind):
    wrap = CONTAINERS[kind]
    expected = distil(VOTE, cv=3).fit(TEXTS, y)
    model = distil(VOTE, cv=3).fit(wrap(TEXTS), y)
    proba = model.predict_proba(wrap(TEXTS_TEST))
    assert_array_equal(proba, expected.predict_proba(TEXTS_TEST))
    # and a model takes texts, not only the container that it was fitted on
    assert_array_equal(model.predict_proba(TEXTS_TEST), proba)
    assert_allclose(model.predict_proba(TEXTS_TEST[:1]), proba[:1])
    assert model.predict([TEXTS_TEST[0]]).shape == (1,)


@pytest.mark.parametrize("kind", ["list", "pandas", "polars"])
def test_a_transformer_gets_a_series_where_one_was_passed(kind):
    seen = []

    def look(texts):
        seen.append(type(texts))
        return texts

    first = FunctionTransformer(look)
    model = distil(
        make_pipeline(first, TfidfVectorizer(), LogisticRegression()),
        make_pipeline(first, TfidfVectorizer(), LogisticRegression()),
    ).fit(CONTAINERS[kind](TEXTS), y)
    model.predict(CONTAINERS[kind](TEXTS_TEST))
    wanted = {"list": np.ndarray, "pandas": pd.Series, "polars": pl.Series}[kind]
    assert set(seen) == {wanted}


def test_rows_stay_sparse_up_to_the_network():
    kinds = []

    class Watched(MaxAbsScaler):
        def fit(self, X, y=None):
            kinds.append(("fit", issparse(X), X.shape[0]))
            return super().fit(X)

        def transform(self, X):
            X = super().transform(X)
            kinds.append(("transform", issparse(X), X.shape[0]))
            return X

    student = make_pipeline(TfidfVectorizer(), MLPStudent((4,), encoder=Watched()))
    distil(LINEAR, student.set_params(mlpstudent__max_iter=2)).fit(TEXTS, y)
    assert {("fit", True), ("transform", True)} == {kind[:2] for kind in kinds}
    model = distil(LINEAR).fit(TEXTS, y)
    assert isinstance(model.student_[-1].encoder_, MaxAbsScaler)


def test_transformers_between_vectorizer_and_network():
    vectors = make_union(TfidfVectorizer(), CountVectorizer(binary=True))
    student = make_pipeline(
        vectors,
        TruncatedSVD(40, random_state=0),
        MLPStudent((8,), max_iter=60, batch_size=32),
    )
    model = distil(fitted_vote(), student).fit(TEXTS, y)
    assert model.score(TEXTS_TEST, y_test) > 0.8


def test_unlabeled_texts_reach_the_student_and_help():
    few, y_few = TEXTS[:24], y[:24]
    plain = distil(fitted_vote()).fit(few, y_few)
    model = distil(fitted_vote()).fit(few, y_few, X_unlabeled=TEXTS[24:])
    assert model.n_transfer_rows_ == len(TEXTS) - 24
    assert len(model.student_[0].vocabulary_) > len(plain.student_[0].vocabulary_)
    assert model.score(TEXTS_TEST, y_test) > plain.score(TEXTS_TEST, y_test) + 0.1
    held = distil(fitted_vote()).fit(
        few, y_few, X_unlabeled=UnlabeledRows(pd.Series(TEXTS[24:]))
    )
    assert_array_equal(held.predict_proba(TEXTS_TEST), model.predict_proba(TEXTS_TEST))
    with pytest.raises(ValueError, match="exactly as many as X"):
        distil(fitted_vote()).fit(few, y_few, X_unlabeled=TEXTS[24:48])
    with pytest.raises(ValueError, match=r"X_unlabeled: .* value 1 of X is missing"):
        distil(fitted_vote()).fit(few, y_few, X_unlabeled=["salt", None])
    with pytest.raises(TypeError, match="X_unlabeled must be of the type of X"):
        distil(fitted_vote()).fit(few, y_few, X_unlabeled=pd.DataFrame({"t": TEXTS}))


@pytest.mark.parametrize("above", ["objects", "pandas", "pandas categories", "polars"])
@pytest.mark.parametrize("below", ["objects", "pandas objects", "polars categories"])
def test_texts_of_two_containers_are_stacked_in_the_first(above, below):
    top, bottom = CONTAINERS[above](["a", "b"]), CONTAINERS[below](["c", "a", "d"])
    stacked = stack_rows(top, bottom)
    assert type(stacked) is type(top)
    assert list(stacked) == ["a", "b", "c", "a", "d"]
    if above.startswith("pandas"):
        assert list(stacked.index) == [0, 1, 2, 3, 4]


def test_a_time_limit_and_a_cache(tmp_path):
    model = distil(VOTE, LINEAR, cv=3, memory=tmp_path)
    expected = model.fit(TEXTS, y).predict_proba(TEXTS_TEST)
    n_files = len(list(tmp_path.rglob("output.pkl")))
    assert n_files > 0
    again = clone(model).set_params(student=MLP).fit(TEXTS, y)
    assert len(list(tmp_path.rglob("output.pkl"))) == n_files
    assert again.score(TEXTS_TEST, y_test) > 0.8
    limited = distil(VOTE, LINEAR, cv=3, time_limit=60.0)
    limited.fit(TEXTS, y, X_unlabeled=TEXTS_TEST)
    assert limited.n_transfer_rows_ == len(TEXTS_TEST)
    plain = clone(model).set_params(memory=None).fit(TEXTS, y)
    assert_array_equal(plain.predict_proba(TEXTS_TEST), expected)


@pytest.mark.parametrize("student", STUDENTS)
def test_rows_of_weight_zero_count_as_absent(student):
    weight = np.ones(len(TEXTS))
    weight[::3] = 0
    kept = np.flatnonzero(weight)
    exact = STUDENTS[student]
    # where the teacher is fitted, all that the weights can reach is the student
    model = distil(fitted_vote(), exact).fit(TEXTS, y, sample_weight=weight)
    texts = [TEXTS[i] for i in kept]
    fewer = distil(fitted_vote(), exact).fit(texts, y[kept])
    assert_allclose(
        model.predict_proba(TEXTS_TEST), fewer.predict_proba(TEXTS_TEST), rtol=1e-6
    )
    # hard targets move with the weights; the teacher's predictions would not
    shares = []
    for heavy in (1.0, 50.0):
        weight = np.where(y == "cooking", heavy, 1.0)
        model = distil(student=exact, alpha=0).fit(TEXTS, y, sample_weight=weight)
        shares.append(model.predict_proba(TEXTS_TEST)[:, 0].mean())
    assert shares[1] > shares[0] + 0.1


def test_pickle_clone_and_refit_on_a_table():
    model = distil(VOTE, LINEAR).fit(pd.Series(TEXTS), y)
    proba = model.predict_proba(TEXTS_TEST)
    twin = pickle.loads(pickle.dumps(model))
    assert_array_equal(twin.predict_proba(TEXTS_TEST), proba)
    assert_array_equal(clone(model).fit(TEXTS, y).predict_proba(TEXTS_TEST), proba)
    X, labels = load_iris(return_X_y=True, as_frame=True)
    student = MLPStudent((4,), max_iter=5)
    model.set_params(teacher=LogisticRegression(max_iter=500), student=student)
    model.set_params(transfer=MungeSampler(50)).fit(X, labels)
    assert model.n_features_in_ == 4
    model.set_params(teacher=VOTE, student=LINEAR, transfer="auto").fit(TEXTS, y)
    assert not hasattr(model, "n_features_in_")
    assert not hasattr(model, "feature_names_in_")
    assert_array_equal(model.predict_proba(TEXTS_TEST), proba)


@pytest.mark.parametrize("kind", ["list", "pandas", "polars"])
def test_search_and_cross_validation(kind):
    texts = CONTAINERS[kind](TEXTS)
    model = distil(VOTE, make_pipeline(TfidfVectorizer(), LogisticRegression()))
    search = GridSearchCV(
        model, {"student__tfidfvectorizer__max_features": [2, None]}, cv=3
    ).fit(texts, y)
    assert search.best_params_ == {"student__tfidfvectorizer__max_features": None}
    assert search.score(TEXTS_TEST, y_test) > 0.8
    result = cross_validate(
        model,
        texts,
        y,
        params={
            "X_unlabeled": UnlabeledRows(TEXTS_TEST),
            "sample_weight": np.ones(len(y)),
        },
        cv=3,
        return_estimator=True,
    )
    assert result["test_score"].mean() > 0.8
    assert {one.n_transfer_rows_ for one in result["estimator"]} == {len(TEXTS_TEST)}


@pytest.mark.parametrize("kind", ["list", "pandas", "polars"])
def test_teacher_and_student_are_compared_on_texts(kind):
    texts = CONTAINERS[kind](TEXTS_TEST)
    model = distil(fitted_vote(), LINEAR).fit(TEXTS, y)
    comparison = compare(
        {"teacher": model.teacher_, "student": model.student_},
        texts,
        y_test,
        n_calls=3,
    )
    assert "agreement with teacher" in str(comparison)
    assert agreement_scorer()(model, texts) > 0.9


class Repeat(BaseEstimator):
    """A sampler of texts: each again, without its last word."""

    def fit(self, X):
        self.texts_ = [" ".join(text.split()[:-1]) for text in X]
        return self

    def sample(self):
        return self.texts_, np.arange(len(self.texts_))


def test_synthetic_texts():
    assert distil(fitted_vote(), LINEAR).fit(TEXTS, y).n_transfer_rows_ == 0
    with pytest.raises(TypeError, match=r"transfer='munge' cannot make rows like text"):
        distil(fitted_vote(), transfer="munge").fit(TEXTS, y)
    with pytest.raises(ValueError, match="MungeSampler got X as 240 texts"):
        distil(fitted_vote(), LINEAR, transfer=MungeSampler()).fit(TEXTS, y)
    for wrap in (list, pd.Series):
        model = distil(fitted_vote(), LINEAR, transfer=Repeat()).fit(wrap(TEXTS), y)
        assert model.n_transfer_rows_ == len(TEXTS)
        assert model.score(TEXTS_TEST, y_test) > 0.8
