"""inspection.coverage of whatever has a student inside, and of large rows."""

import numpy as np
import pandas as pd
import pytest
from saved import fitted
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PowerTransformer
from skorch import NeuralNetClassifier, NeuralNetRegressor

from sklearn_kd import (
    CascadeClassifier,
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    SkorchStudent,
    SkorchStudentRegressor,
    TabularEncoder,
)
from sklearn_kd.inspection import coverage
from sklearn_kd.students.encoder import _encoding
from sklearn_kd.students.mlp import _encoder_fit
from sklearn_kd.torch import TabularMLP

X, y = load_wine(return_X_y=True, as_frame=True)
TWO = y > 0
NUMBERS, TARGET = load_diabetes(return_X_y=True, as_frame=True)
FOREST = RandomForestClassifier(5, random_state=0)
REGRESSOR = RandomForestRegressor(5, random_state=0)


def network(kind=MLPStudent, **params):
    return kind((4,), max_iter=1, early_stopping=False, random_state=0, **params)


def distilled(**params):
    settings = {"objective": "fidelity", "transfer": None, "random_state": 0} | params
    return DistilledClassifier(FOREST, network(), **settings)


def in_a_pipeline(model):
    return make_pipeline(FunctionTransformer(np.sqrt), model)


MODELS = {
    "distilled": lambda: distilled().fit(X, y),
    "cascade": lambda: CascadeClassifier(
        distilled().fit(X, y), max_disagreement=0.3
    ).fit(X),
    "distilled with a threshold": lambda: distilled(decision_threshold=0.3).fit(X, TWO),
    "without teacher": lambda: distilled().fit(X, y).without_teacher(),
    "synthetic rows": lambda: distilled(transfer=MungeSampler(500)).fit(X, y),
    "pipeline": lambda: in_a_pipeline(network()).fit(X, y),
    "pipeline of distilled": lambda: in_a_pipeline(distilled()).fit(X, y),
    "student is a pipeline": lambda: (
        distilled(transfer=None).set_params(student=in_a_pipeline(network())).fit(X, y)
    ),
    "search": lambda: GridSearchCV(distilled(), {"alpha": [1.0]}, cv=2).fit(X, y),
    "frozen": lambda: FrozenEstimator(network().fit(X, y)),
    "threshold": lambda: FixedThresholdClassifier(network()).fit(X, TWO),
    "tuned": lambda: TunedThresholdClassifierCV(network(), cv=2).fit(X, TWO),
    "pipeline of an encoder": lambda: in_a_pipeline(TabularEncoder()).fit(X),
    "net": lambda: SkorchStudent(
        NeuralNetClassifier(TabularMLP, max_epochs=1, train_split=None)
    ).fit(X, y),
    "net with an encoder": lambda: SkorchStudent(
        NeuralNetClassifier(TabularMLP, max_epochs=1, train_split=None),
        encoder=TabularEncoder(),
    ).fit(X, y),
    "net with an encoder of some rows": lambda: SkorchStudent(
        NeuralNetClassifier(TabularMLP, max_epochs=1, train_split=None),
        encoder=FrozenEstimator(TabularEncoder().fit(X.iloc[:50])),
    ).fit(X, y),
}


@pytest.mark.parametrize("kind", MODELS)
def test_the_student_inside_is_found_and_rows_are_transformed(kind):
    model = MODELS[kind]()
    assert coverage(model, X).rows_outside == 0
    drifted = X.assign(alcohol=X["alcohol"] * 2)
    found = coverage(model, drifted)
    first = found.columns[0]
    assert first["column"] == "alcohol"
    above = (drifted["alcohol"] > X["alcohol"].max()).mean()
    assert found.rows_outside == first["above"] == above > 0.9
    rooted = "pipeline" in kind
    greatest = np.sqrt(14.83) if rooted else 14.83
    assert first["greatest"] == pytest.approx(greatest)


REGRESSORS = {
    "distilled": lambda: DistilledRegressor(
        REGRESSOR, network(MLPStudentRegressor), objective="fidelity", random_state=0
    ),
    "network": lambda: network(MLPStudentRegressor),
    "transformed targets": lambda: TransformedTargetRegressor(
        network(MLPStudentRegressor), transformer=PowerTransformer()
    ),
    "net": lambda: SkorchStudentRegressor(
        NeuralNetRegressor(TabularMLP, max_epochs=1, train_split=None)
    ),
}


@pytest.mark.parametrize("kind", REGRESSORS)
def test_regressors(kind):
    model = REGRESSORS[kind]().fit(NUMBERS, TARGET)
    assert coverage(model, NUMBERS).rows_outside == 0
    found = coverage(model, NUMBERS.assign(bmi=NUMBERS["bmi"] - 1))
    assert found["bmi"]["below"] == found.rows_outside == 1


def test_what_a_pipeline_drops_has_no_range():
    kept = ColumnTransformer([("kept", "passthrough", ["ash"])]).set_output(
        transform="pandas"
    )
    model = make_pipeline(kept, network()).fit(X, y)
    found = coverage(model, X.assign(alcohol=99.0))
    assert [column["column"] for column in found.columns] == ["kept__ash"]
    assert found.rows_outside == 0


def test_a_module_that_reads_rows_as_they_are_has_no_ranges():
    with pytest.raises(TypeError, match="has the encoder PlainNumbers"):
        coverage(fitted("net of a fixed width"), X)


def test_synthetic_rows_lie_within_the_ranges_of_the_training_rows():
    few = distilled(transfer=MungeSampler(20)).fit(X, y)
    assert coverage(few, X).rows_outside > 0.1  # it learned from 20 rows
    rows = few.student_._ranges or few.student_.encoder_._ranges
    ends = pd.DataFrame([rows.least, rows.greatest], columns=X.columns)
    assert coverage(distilled().fit(X, y), ends).rows_outside == 0


# ---- rows that the encoder is not fitted on


@pytest.fixture
def large(tmp_path, monkeypatch):
    """Rows in a file, of which the encoder sees few, and which are read in blocks."""
    monkeypatch.setattr(_encoder_fit, "ENCODER_ROWS", 60)
    monkeypatch.setattr(_encoding, "RANGE_ROWS", 50)
    np.save(tmp_path / "X.npy", X.to_numpy())
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def test_rows_in_a_file_are_covered_though_the_encoder_has_seen_a_sample(large):
    model = network().fit(large, y)
    assert coverage(model.encoder_, large).rows_outside > 0
    assert coverage(model, large).rows_outside == 0


def test_rows_that_there_was_no_time_for_are_not_covered(large, monkeypatch):
    monkeypatch.setattr(_encoder_fit, "TIMED_ROWS", 70)
    monkeypatch.setattr(_encoder_fit, "ENCODING_SHARE", 0)
    model = network(time_limit=60)
    with pytest.warns(UserWarning, match="time to encode 70 of 178 rows"):
        model.fit(large, y)
    assert 0 < coverage(model, large).rows_outside < 0.6
