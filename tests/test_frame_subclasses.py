"""Subclasses of frames are frames, and rows of the parent type go with them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_kd import MLPStudent, MungeSampler, UnlabeledRows
from sklearn_kd._tables.building import stack_rows


class Located(pd.DataFrame):
    """As geopandas does it: parts are of the type, and keep its metadata."""

    _metadata = ["projection"]

    @property
    def _constructor(self):
        return Located


class Made(pd.DataFrame):
    """A type whose constructor is a function, and which must not be made bare."""

    _metadata = ["projection"]

    @property
    def _constructor(self):
        def make(*args, **kwargs):
            frame = Made(*args, **kwargs)
            frame.projection = None
            return frame

        return make


class Fading(pd.DataFrame):
    """A subclass of which every part is a plain frame."""


class Column(pl.DataFrame):
    """Polars has no word for it: most methods of a subclass give plain frames."""


RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(120, 3))
DATA = {
    "a": NUMBERS[:, 0],
    "b": NUMBERS[:, 1],
    "c": np.where(NUMBERS[:, 2] > 0, "high", "low"),
}
y = (NUMBERS[:, 0] + (NUMBERS[:, 2] > 0) > 0.5).astype(int)
PANDAS = [Located, Made, Fading]
SUBCLASSES = [*PANDAS, Column]
STUDENT = MLPStudent((8,), max_iter=2)
QUICK = {"random_state": 0, "objective": "fidelity"}


def plain(X):
    return pd.DataFrame(X) if isinstance(X, pd.DataFrame) else pl.DataFrame(X)


def numbers(X):
    return np.column_stack([np.asarray(X["a"]), np.asarray(X["c"]) == "high"])


class Seen:
    """A fitted teacher that records the types of the rows that it gets."""

    def __init__(self):
        self.model = make_pipeline(FunctionTransformer(numbers), LogisticRegression())
        self.model.fit(pd.DataFrame(DATA), y)
        self.classes_ = self.model.classes_
        self.types = set()

    def predict_proba(self, X):
        self.types.add(type(X))
        assert getattr(X, "projection", "north") == "north"
        return self.model.predict_proba(X)


class Parent:
    """A sampler that gives rows of the parent type."""

    def fit(self, X):
        self.X = X
        return self

    def sample(self):
        return plain(self.X), np.arange(len(self.X))


def make(kind, rows=slice(None)):
    frame = kind({name: values[rows] for name, values in DATA.items()})
    if kind in (Located, Made):
        frame.projection = "north"
    return frame


@pytest.mark.parametrize("transfer", [MungeSampler(400), Parent()], ids=["own", "user"])
@pytest.mark.parametrize("kind", SUBCLASSES)
def test_a_subclass_is_distilled_like_its_parent(kind, transfer):
    teacher = Seen()
    model = on_given_rows(teacher, STUDENT, transfer=transfer, **QUICK)
    proba = model.fit(make(kind), y).predict_proba(make(kind))
    parent = plain(make(kind))
    expected = model.fit(parent, y).predict_proba(parent)
    assert_array_equal(proba, expected)
    assert_array_equal(model.predict_proba(make(kind)), expected)
    if kind in (Located, Made) and isinstance(transfer, MungeSampler):
        teacher.types.clear()
        model.fit(make(kind), y)
        assert teacher.types == {kind}


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("kind", SUBCLASSES)
def test_unlabelled_rows_may_be_of_the_parent_type(kind, held):
    few = slice(0, 40)
    pairs = [
        (make(kind), plain(make(kind, few))),
        (plain(make(kind)), make(kind, few)),
        (make(kind), make(kind, few)),
    ]
    answers = []
    for X, more in pairs:
        model = on_given_rows(Seen(), STUDENT, random_state=0)
        model.fit(X, y, X_unlabeled=UnlabeledRows(more) if held else more)
        assert model.n_transfer_rows_ == 40
        answers.append(model.predict_proba(X))
    assert_array_equal(answers[0], answers[1])
    assert_array_equal(answers[0], answers[2])


@pytest.mark.parametrize("kind", SUBCLASSES)
def test_another_library_is_still_refused(kind):
    other = pl.DataFrame(DATA) if kind in PANDAS else pd.DataFrame(DATA)
    for more in (other[:40], NUMBERS[:40]):
        with pytest.raises(TypeError, match="X_unlabeled must be of the type of X"):
            on_given_rows(Seen()).fit(make(kind), y, X_unlabeled=more)


@pytest.mark.parametrize("kind", PANDAS)
def test_stacked_rows_are_of_the_type_of_the_first(kind):
    first = make(kind, slice(0, 50))
    first.attrs["source"] = "survey"
    stacked = stack_rows(first, pd.DataFrame(DATA)[["c", "b", "a"]])
    assert list(stacked.columns) == ["a", "b", "c"]
    assert stacked.shape == (170, 3)
    assert_allclose(stacked["a"], np.r_[DATA["a"][:50], DATA["a"]])
    assert type(stacked) is type(first.iloc[:2])
    assert stacked.attrs == {"source": "survey"}
    if kind is not Fading:
        assert stacked.projection == "north"


@pytest.mark.parametrize("kind", PANDAS)
def test_synthetic_rows_are_of_the_type_of_their_sources(kind):
    X = make(kind)
    X["c"] = X["c"].astype("category")
    made, source = MungeSampler(200, random_state=0).fit(X).sample()
    assert type(made) is type(X.iloc[:2])
    assert_array_equal(made.dtypes, X.dtypes)
    assert len(made) == len(source) == 200
    if kind is not Fading:
        assert made.projection == "north"


@pytest.mark.parametrize("kind", [Located, Column])
def test_the_default_teacher_and_a_forest_take_subclasses(kind):
    X = make(kind)
    forest = make_pipeline(
        FunctionTransformer(numbers), RandomForestClassifier(10, random_state=0)
    )
    model = on_given_rows(forest, STUDENT, cv=3, transfer=MungeSampler(200)).fit(X, y)
    assert model.predict(plain(X)).shape == (120,)
