"""Models that take texts as rows, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from texts import LINEAR, MLP, TEXTS, TEXTS_TEST, VOTE, distil, fitted_vote, y, y_test

from sklearn_kd import MLPStudent


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
    """The same, with the tag."""

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
