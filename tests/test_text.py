"""Texts as rows: one string each, through teacher, transfer set and student."""

import pickle
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.decomposition import TruncatedSVD
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler
from sklearn.utils import get_tags

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, UnlabeledRows
from sklearn_kd.inspection import agreement_score, compare
from sklearn_kd.transfer import stack_rows

TOPICS = {
    "cooking": "oven salt butter stew recipe garlic simmer spoon dough pepper",
    "sailing": "mast harbour tide rope anchor hull breeze captain reef deck",
    "physics": "quark photon field spin lattice tensor energy orbit vacuum mass",
}
COMMON = "the a of with and very some this that near under then again"


def corpus(n_texts, seed):
    """Sentences of common words and a few of one topic, or sometimes of another."""
    rng = np.random.default_rng(seed)
    names = list(TOPICS)
    texts, labels = [], []
    for topic in rng.choice(names, n_texts):
        words = rng.choice(COMMON.split(), 6).tolist()
        for _ in range(3):
            other = rng.choice(names) if rng.random() < 0.3 else topic
            words.append(rng.choice(TOPICS[other].split()))
        texts.append(" ".join(rng.permutation(words)))
        labels.append(str(topic))
    return texts, np.array(labels)


TEXTS, y = corpus(240, seed=0)
TEXTS_TEST, y_test = corpus(200, seed=1)
CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "objects": lambda texts: np.array(texts, dtype=object),
    "strings": np.array,
    "pandas": lambda texts: pd.Series(texts, index=np.arange(len(texts))[::-1]),
    "pandas objects": lambda texts: pd.Series(texts, dtype=object),
    "pandas categories": lambda texts: pd.Series(texts, dtype="category"),
    "polars": pl.Series,
    "polars categories": lambda texts: pl.Series(texts, dtype=pl.Categorical),
}
MLP = make_pipeline(
    TfidfVectorizer(),
    MLPStudent((8,), max_iter=60, batch_size=32, learning_rate_init=0.02),
)
LINEAR = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
VOTE = VotingClassifier(
    [
        ("linear", make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))),
        ("bayes", make_pipeline(CountVectorizer(), MultinomialNB())),
    ],
    voting="soft",
)
STUDENTS = {"mlp": MLP, "linear": LINEAR}


@cache
def fitted_vote():
    return clone(VOTE).fit(TEXTS, y)


def distil(teacher=None, student=MLP, **params):
    return DistilledClassifier(teacher, student, **{"random_state": 0} | params)


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
    # and a model asks for texts, not for the container that it was fitted on
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
    # hard targets move with the weights; the teacher's answers would stay what they are
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
    assert agreement_score(model, model.teacher_, texts) > 0.9


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


def test_the_tag_says_who_takes_texts():
    def takes(teacher, student):
        return get_tags(distil(teacher, student)).input_tags.string

    table = make_pipeline(SimpleImputer(), LogisticRegression())
    assert takes(VOTE, MLP)
    assert takes([fitted_vote(), FrozenEstimator(fitted_vote())], LINEAR)
    assert takes(GridSearchCV(LINEAR, {}), MLP)
    assert takes(DummyClassifier(), MLP)
    assert takes(None, MLP)  # for teacher_proba
    assert takes(distil(VOTE, MLP), LINEAR)
    by_column = make_column_transformer((TfidfVectorizer(), "text"))
    assert takes(make_pipeline(by_column, LogisticRegression()), MLP)
    assert not takes(VOTE, None)
    assert not takes(VOTE, table)
    assert not takes([VOTE, LogisticRegression()], MLP)
    assert not takes(None, None)


class Embedder(TransformerMixin, BaseEstimator):
    """A transformer of texts that is not of scikit-learn."""

    def fit(self, X, y=None):
        self.words_ = sorted({word for text in X for word in text.split()})
        return self

    def transform(self, X):
        return np.array([[text.count(word) for word in self.words_] for text in X])


class TaggedEmbedder(Embedder):
    """The same, which says so."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def test_an_embedder_of_ones_own_has_to_say_that_it_takes_texts():
    teacher = make_pipeline(Embedder(), LogisticRegression())
    with pytest.raises(ValueError, match=r"by its tags: input_tags.string=True"):
        distil(teacher, LINEAR).fit(TEXTS, y)
    teacher = make_pipeline(TaggedEmbedder(), ComplementNB())
    student = make_pipeline(TaggedEmbedder(), LogisticRegression())
    model = distil(teacher, student).fit(TEXTS, y)
    assert model.score(TEXTS_TEST, y_test) > 0.8


WRONG = {
    "None": ([*TEXTS[:2], None], "value 2 of X is missing .None."),
    "nan": ([*TEXTS[:2], np.nan], "value 2 of X is missing .nan."),
    "nan in objects": (np.array(["a", np.nan], dtype=object), "value 1 .* missing"),
    "nan in a Series": (pd.Series(["a", None]), "value 1 of X is missing"),
    "NA in a Series": (pd.Series(["a", pd.NA], dtype="string"), "value 1 .* missing"),
    "null in polars": (pl.Series(["a", None]), "value 1 of X is missing"),
    "number": (["salt", 3, "mast"], "value 1 of X is 3, of type int"),
    "bytes": (["salt", b"mast"], "value 1 .* of type bytes. Decode it"),
    "numbers": ([1.5, 2.5], "value 0 of X is 1.5, of type float"),
    "empty": ([], r"Found array with 0 sample\(s\)"),
    "empty Series": (pd.Series([], dtype=object), r"Found array with 0 sample\(s\)"),
    "array of numbers": (np.array([1.0, 2.0]), "Expected 2D array, got 1D array"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_text_is_refused(case):
    X, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        distil(VOTE).fit(X, np.resize(y, len(X)))
    model = distil(fitted_vote(), LINEAR).fit(TEXTS, y)
    if case == "array of numbers":
        message = r"was fitted on texts in one dimension, and got X of shape \(2,\)"
    with pytest.raises(ValueError, match=message):
        model.predict(X)


def test_texts_and_columns_do_not_mix():
    model = distil(fitted_vote(), LINEAR).fit(TEXTS, y)
    with pytest.raises(ValueError, match=r"fitted on texts .* a column: X\[.text.\]"):
        model.predict(pd.DataFrame({"text": TEXTS}))
    with pytest.raises(ValueError, match=r"got X of shape \(2, 2\)"):
        model.predict(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"got str. Pass \[text\]"):
        model.predict("some salt")
    with pytest.raises(ValueError, match="fitted on texts in one dimension, and got l"):
        model.predict([["some salt"]])
    X, labels = load_iris(return_X_y=True)
    table = distil(LogisticRegression(max_iter=500), MLPStudent((4,), max_iter=5))
    table.set_params(transfer=None)
    message = r"takes rows with columns.*make_pipeline\(TfidfVectorizer\(\), MLPStud"
    for texts in (TEXTS, pd.Series(TEXTS), np.array(TEXTS)):
        with pytest.raises(ValueError, match=message):
            table.fit(texts, y)
        with pytest.raises(ValueError, match=message):
            MLPStudent().fit(texts, y)
    table.fit(X, labels)
    with pytest.raises(ValueError, match=message):
        table.predict(TEXTS)
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array instead"):
        table.predict([1.0, 2.0])


def test_columns_go_through_a_text_pipeline_as_before():
    by_column = make_column_transformer((TfidfVectorizer(), "text"))
    teacher = make_pipeline(by_column, LogisticRegression())
    frame = pd.DataFrame({"text": TEXTS, "length": list(map(len, TEXTS))})
    model = distil(
        teacher, make_pipeline(by_column, LogisticRegression(C=10)), transfer=None
    ).fit(frame, y)
    assert model.n_features_in_ == 2
    assert model.score(pd.DataFrame({"text": TEXTS_TEST, "length": 0}), y_test) > 0.8


def test_there_is_no_default_teacher_for_texts():
    with pytest.raises(ValueError, match="There is no default teacher for texts"):
        distil().fit(TEXTS, y)
    assert distil(alpha=0).fit(TEXTS, y).score(TEXTS_TEST, y_test) > 0.8


def test_a_teacher_that_cannot_read_texts_says_so_itself():
    class Broken(CountVectorizer):
        def transform(self, raw_documents):
            raise RuntimeError("no reader")

    broken = make_pipeline(Broken(), MultinomialNB()).fit(TEXTS, y)
    with pytest.raises(RuntimeError, match="no reader"):
        distil(broken).fit(TEXTS, y)
