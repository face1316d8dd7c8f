"""A read-out of the encoder is one class: all that reads encoded rows follows it."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run

from sklearn_kd import MLPStudent, TabularEncoder
from sklearn_kd.export import to_onnx
from sklearn_kd.export._program import interpreter
from sklearn_kd.export._program.program import program_of
from sklearn_kd.students.encoder import _layout
from sklearn_kd.students.encoder._forms import Curves, Functions, Ramps
from sklearn_kd.students.encoder._nominal import NominalReadout
from sklearn_kd.students.encoder._numeric import Flags, NumericReadout
from sklearn_kd.students.mlp import _blocks

N = 400


class Logarithms(NumericReadout):
    """log(1 + x) of the columns without negative values, exact at 30 values."""

    name = "logarithms"

    @classmethod
    def fit(cls, train):
        chosen = np.flatnonzero(np.nanmin(train.numbers, axis=0) >= 0)
        numbers = train.numbers[:, chosen].T
        values = [np.linspace(0, np.log1p(np.nanmax(x)), 30) for x in numbers]
        knots = list(map(np.expm1, values))
        curves = Curves(knots, values, missing=-0.5)
        return cls([train.columns[j] for j in chosen], curves)

    def names(self, features):
        return [f"log1p_{features[column]}" for column in self.columns]


class Lengths(NominalReadout):
    """How many letters a level has; 0 if it is unknown or missing."""

    name = "lengths"

    def __init__(self, column, levels):
        self.column, self.levels = column, levels

    @classmethod
    def fit(cls, train):
        return cls(train.column, list(train.found))

    def __len__(self):
        return 1

    def names(self, features):
        return [f"length_{features[self.column]}"]

    def read(self, codes, found, out):
        known = [len(level) if level in self.levels else 0 for level in found]
        out[:, 0] = np.array([*known, 0])[codes]

    def fold(self, place, coef):
        lengths = np.zeros((len(place) + 1, 1))
        for level in self.levels:
            lengths[place[level]] = len(level)
        return lengths @ coef


class Quartiles(NumericReadout):
    """Ramps between the quartiles of a column."""

    name = "quartiles"
    form = Ramps

    @classmethod
    def fit(cls, train):
        edges = [np.nanquantile(x, [0.25, 0.5, 0.75]) for x in train.numbers.T]
        return cls(train.columns, Ramps(edges))

    def names(self, features):
        return [f"{features[column]}_quartile" for column in self.inputs]


class Tents(Functions):
    """Two functions a column that rise and fall: at a value, and at twice this."""

    missing = 0.25

    def __init__(self, peaks):
        self.peaks = peaks
        self.column = np.repeat(np.arange(len(peaks)), 2)
        self._peak = np.column_stack([peaks, 2 * peaks]).ravel()

    def knots_of(self, column):
        peak = self.peaks[column]
        return np.array(
            [peak - 1, peak, peak + 1, 2 * peak - 1, 2 * peak, 2 * peak + 1]
        )

    def read(self, X, out):
        height = np.maximum(1 - np.abs(X[:, self.column] - self._peak), 0)
        out[:] = np.where(np.isnan(height), self.missing, height)

    def state(self):
        return {"peaks": self.peaks}

    @classmethod
    def from_state(cls, state):
        return cls(state["peaks"])


class Peaks(NumericReadout):
    """Tents at the standard deviations of columns, but for the first."""

    name = "peaks"
    form = Tents

    @classmethod
    def fit(cls, train):
        return cls(train.columns[1:], Tents(3 + np.nanstd(train.numbers, axis=0)[1:]))

    def names(self, features):
        return [f"{features[column]}_peak" for column in self.inputs]


@pytest.fixture
def two_more(monkeypatch):
    monkeypatch.setattr(_layout, "NUMERIC", (*_layout.NUMERIC, Logarithms))
    monkeypatch.setattr(_layout, "NOMINAL", (*_layout.NOMINAL, Lengths))


def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "income": rng.lognormal(size=N).astype(np.float32).astype(float),
            "balance": rng.normal(size=N).astype(np.float32).astype(float),
            "job": rng.choice(["nurse", "cook", "clerk"], N),
        }
    )
    y = (np.log(X["income"]) + X["balance"] + (X["job"] == "cook") > 0).astype(int)
    X.loc[::7, "income"] = X.loc[::5, "balance"] = np.nan
    X.loc[::11, "job"] = None
    return X, y


def test_a_new_read_out_is_in_the_output_and_its_names(two_more):
    X, y = table()
    encoder = TabularEncoder(dtype="float64").fit(X, y)
    names = encoder.get_feature_names_out().tolist()
    encoded = pd.DataFrame(encoder.transform(X), columns=names)
    assert len(names) == encoder.n_features_out_
    # numbers first: it stands behind the flags, and the other behind the means
    assert names[names.index("log1p_income") - 1] == "balance_missing"
    assert names[-1] == "length_job"
    present = X["income"].notna()
    exact = np.log1p(X["income"])
    assert_allclose(encoded["log1p_income"][present], exact[present], atol=0.01)
    assert (encoded["log1p_income"][~present] == -0.5).all()
    assert_array_equal(encoded["length_job"], X["job"].str.len().fillna(0))
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(X), encoded)
    assert again.layout_.inputs == encoder.layout_.inputs


def test_predictions_and_the_export_follow_a_new_read_out(two_more, monkeypatch):
    X, y = table()
    student = MLPStudent((16,), dtype="float64", max_iter=5, random_state=0).fit(X, y)
    proba = student.predict_proba(X)
    other = X.assign(job=X["job"].replace("cook", "baker"))
    unknown = student.predict_proba(other)
    # one row: a look-up
    for rows, expected in ((X, proba), (other, unknown)):
        for row in range(0, N, 13):
            found = student.predict_proba(rows.iloc[[row]])[0]
            assert_allclose(found, expected[row], atol=1e-12)
    # ONNX
    model = to_onnx(student)
    for rows, expected in ((X, proba), (other, unknown)):
        assert_allclose(run(model, frame_feeds(model, rows))[1], expected, atol=1e-5)
    # many rows: blocks
    large = pd.concat([X] * 3, ignore_index=True)
    assert len(large) > _blocks.MANY_ROWS
    assert_allclose(student.predict_proba(large)[:N], proba, atol=1e-12)


@pytest.mark.parametrize(
    "kinds",
    [
        (Quartiles, Flags),
        (*_layout.NUMERIC, Quartiles),
        (Peaks,),
        (*_layout.NUMERIC, Peaks, Quartiles),
    ],
    ids=lambda kinds: "-".join(kind.name for kind in kinds),
)
def test_few_rows_many_rows_and_exports_agree_on_functions_of_any_form(
    kinds, monkeypatch
):
    monkeypatch.setattr(_layout, "NUMERIC", kinds)
    X = np.random.default_rng(0).normal(3, 3, size=(N, 3)).astype(np.float32)
    X = X.astype(float)
    y = (X[:, 0] + X[:, 1] > 6).astype(int)
    X[::7, 0] = X[::5, 1] = np.nan
    encoder = TabularEncoder(n_knots=4)  # others need knots between those of scores
    student = MLPStudent(
        (16,), dtype="float64", max_iter=5, random_state=0, encoder=encoder
    ).fit(X, y)
    proba = student.predict_proba(X)
    student = pickle.loads(pickle.dumps(student))
    assert_array_equal(student.predict_proba(X), proba)
    one = np.vstack([student.predict_proba(X[[row]]) for row in range(N)])
    assert_allclose(one, proba, atol=1e-12)
    large = np.vstack([X] * 3)
    assert len(large) > _blocks.MANY_ROWS
    assert_allclose(student.predict_proba(large)[:N], proba, atol=1e-12)
    steps = program_of(student, "f").steps
    assert_allclose(interpreter.run(steps, None, X), proba, atol=1e-12)
    onnx = run(to_onnx(student), {"X": X.astype(np.float32)})[1]
    assert_allclose(onnx, proba, atol=1e-5)


def test_the_layout_says_which_column_each_output_is_read_off():
    X, y = table()
    encoder = TabularEncoder().fit(X, y)
    layout, names = encoder.layout_, encoder.get_feature_names_out()
    assert len(layout.inputs) == len(names) == encoder.n_features_out_
    for name, column in zip(names, layout.inputs, strict=True):
        assert name.startswith(X.columns[column])
    kinds = {block.name: names[block.slice] for block in layout.blocks}
    assert list(kinds) == ["scores", "components", "flags", "levels", "means"]
    assert kinds["scores"].tolist() == ["income", "balance"]
    assert kinds["flags"].tolist() == ["income_missing", "balance_missing"]
    assert all(name.startswith("job_") for name in kinds["levels"])
    columns = {block.name: block.columns for block in layout.blocks}
    assert columns["flags"] == encoder.flag_columns_ == [0, 1]
    assert columns["levels"] == columns["means"] == [2]


def test_a_pickle_of_an_encoder_names_no_other_class_of_the_package():
    content = pickle.dumps(TabularEncoder().fit(*table()), protocol=0)
    modules = set(re.findall(rb"sklearn_kd[\w.]*", content))
    assert modules <= {b"sklearn_kd.students.encoder.encoder", b"sklearn_kd_version"}
