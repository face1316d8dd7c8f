"""Common mistakes with a model or a row: the message names the right call."""

import functools
import re

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import xgboost
from refusals import STUDENT, refused
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from skorch import NeuralNetClassifier
from texts import TEXTS
from texts import y as labels

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    SkorchStudent,
    compute_soft_targets,
)
from sklearn_kd.export import to_onnx
from sklearn_kd.export._program import program_of
from sklearn_kd.inspection import prediction_latency, throughput
from sklearn_kd.metrics import agreement_scorer

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 2))
y = (X[:, 0] > 0).astype(int)
FRAME = pd.DataFrame(X, columns=["a", "b"])
FOREST = RandomForestClassifier(3, random_state=0).fit(X, y)
SMALL = MLPStudent((4,), max_iter=2, random_state=0)


class Predicting:
    """As keras has it: labels or probabilities by ``predict``."""

    def predict(self, X):
        return X


def xgb():
    return xgboost.XGBClassifier(n_estimators=2).fit(X, y).get_booster()


def lgbm():
    return lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, y).booster_


WANTED = r"Pass an object with classes_ and predict_proba.*teacher_proba="
MODELS = {
    "xgboost": (xgb, f"{WANTED}"),
    "lightgbm": (lgbm, "such as the LGBMClassifier.*teacher_proba="),
    "a function": (lambda: np.mean, f"function mean. {WANTED}"),
    "a lambda": (lambda: lambda X: X, f"function <lambda>. {WANTED}"),
    "a partial": (lambda: functools.partial(max, 3), f"partial of .*{WANTED}"),
    "a method": (
        lambda: FOREST.predict_proba,
        "method predict_proba of a Rand.*classes_ and predict_proba: the RandomForest"
        ".*teacher_proba",
    ),
    "a module": (lambda: torch.nn.Linear(2, 2), "skorch.NeuralNetClassifier of it"),
    "a file": (lambda: "m.pkl", "'m.pkl', of type str.*load the model first"),
    "only predict": (Predicting, f"Predicting has no predict_proba.*{WANTED}"),
    "a transformer": (StandardScaler, WANTED),
    "probabilities": (lambda: np.full((N, 2), 0.5), "probabilities of the rows of X"),
    "probabilities by name": (
        lambda: FRAME,
        r"probabilities of the rows.*teacher_proba=",
    ),
    "a class": (lambda: RandomForestClassifier, r"RandomForestClassifier\(\), or pass"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_teacher_that_is_nearly_one(name):
    make, match = MODELS[name]
    teacher = make()
    for ask in (
        DistilledClassifier(teacher, SMALL).fit,
        DistilledClassifier([FOREST, teacher], SMALL).fit,
        lambda X, y: compute_soft_targets(teacher, X),
    ):
        with refused(TypeError, match) as caught:
            ask(X, y)
        assert "Calibrated" not in str(caught.value)


def test_calibration_is_for_classifiers_of_scikit_learn():
    for teacher in (LinearSVC(), make_pipeline(StandardScaler(), LinearSVC())):
        with refused(TypeError, "no predict_proba.*CalibratedClassifierCV"):
            DistilledClassifier(teacher, SMALL).fit(X, y)


def searches():
    grid = {"C": [1.0]}
    for search in (
        GridSearchCV(LogisticRegression(), grid, refit=False),
        GridSearchCV(LogisticRegression(), grid, refit=False, cv=2).fit(X, y),
        RandomizedSearchCV(LogisticRegression(), grid, n_iter=1, refit=False),
    ):
        yield search
        yield make_pipeline(StandardScaler(), search)
    yield FrozenEstimator(search)
    yield CalibratedClassifierCV(search)


@pytest.mark.parametrize("search", list(searches()))
def test_a_search_that_keeps_no_model(search):
    match = "refit=False.*refit=True, or its best estimator.*set_params"
    for ask in (
        DistilledClassifier(search, SMALL).fit,
        DistilledClassifier([FOREST, search], SMALL).fit,
        lambda X, y: compute_soft_targets(search, X),
    ):
        with refused(TypeError, f"teacher .*{match}"):
            ask(X, y)
    if not isinstance(search, FrozenEstimator):
        with refused(TypeError, f"student .*{match}"):
            DistilledClassifier(FOREST, search).fit(X, y)


def test_a_threshold_that_is_not_refitted_keeps_its_model():
    tuned = TunedThresholdClassifierCV(LogisticRegression(), cv=0.5, refit=False)
    model = DistilledClassifier(FOREST, tuned, transfer=None, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.5


ROWS = {
    "a series": (FRAME.iloc[0], r"X\.iloc\[\[0\]\]"),
    "a series of objects": (FRAME.iloc[0].astype(object), r"X\.iloc\[\[0\]\]"),
    "polars": (pl.DataFrame(FRAME)["a"][:2], r"X\[:1\]"),
    "a tuple": (pl.DataFrame(FRAME).row(0), r"\[list\(X\)\]"),
    "strings": (["x", "y"], r"\[list\(X\)\]"),
    "an array": (X[0], r"X\.reshape\(1, -1\)"),
    "itertuples": (next(FRAME.itertuples()), r"list\(X\[1:\]\)"),
    "itertuples, no index": (next(FRAME.itertuples(index=False)), r"\[list\(X\)\]"),
    "a record": (np.zeros(1, [("a", float), ("b", float)])[0], r"\[list\(X\)\]"),
}


@pytest.fixture(scope="module")
def models():
    net = NeuralNetClassifier(torch.nn.Linear, module__out_features=2, verbose=0)
    return [
        DistilledClassifier(FOREST, SMALL, transfer=None).fit(X, y),
        MLPStudent((4,), max_iter=2).fit(FRAME, y),
        MLPStudent((4,), max_iter=2).fit(FRAME.assign(b=np.where(y, "u", "v")), y),
        SkorchStudent(net.set_params(max_epochs=1)).fit(X, y),
    ]


@pytest.mark.parametrize("name", ROWS)
def test_one_row_without_the_dimension_of_rows(models, name):
    row, fix = ROWS[name]
    begins = "expected rows with 2 columns, got one row: pass"
    for model in models:
        match = f"{begins} .*{fix}"
        if hasattr(model, "feature_names_in_") and "series" not in name:
            named = r"pandas.DataFrame\(\[.*\], columns=model.feature_names_in_\), or X"
            match = f"{begins} {'' if name == 'polars' else named}"
        for ask in (model.predict, model.predict_proba):
            with refused(ValueError, match):
                ask(row)
        with refused(ValueError, match):
            model.score(row, y[:1])
    match = f"{begins} .*{fix}"
    for measure in (prediction_latency, throughput, compute_soft_targets):
        with refused(ValueError, match):
            measure(models[0], row)
    with refused(ValueError, match):
        agreement_scorer(FOREST)(models[0], row)
    with refused(ValueError, match):
        MLPStudent((4,)).partial_fit(X, y, classes=[0, 1]).partial_fit(row, y[:1])


def test_advice_for_one_row_works_where_columns_are_chosen_by_name():
    frame = FRAME.assign(c=np.where(y, "u", "v"))
    by_name = make_column_transformer(
        (OneHotEncoder(), ["c"]), (StandardScaler(), ["a", "b"])
    )
    student = make_pipeline(by_name, LogisticRegression())
    model = DistilledClassifier(student, student, transfer=None).fit(frame, y)
    for row in (
        list(frame.iloc[0]),
        tuple(frame.iloc[0]),
        frame.iloc[0].to_numpy(),
        next(frame.itertuples()),
    ):
        with refused(ValueError, r"pass (pandas.*_in_\)), or X\.iloc") as caught:
            model.predict(row)
        advice = re.search(r"pandas.*_in_\)", str(caught.value))[0]
        rows = eval(advice, {"pandas": pd, "model": model, "X": row})
        assert model.predict(rows) == model.predict(frame.iloc[[0]])


def test_texts_are_no_row():
    student = make_pipeline(TfidfVectorizer(), STUDENT)
    teacher = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model = DistilledClassifier(teacher, student, random_state=0).fit(TEXTS, labels)
    assert model.predict(list(TEXTS[:2])).shape == (2,)
    with refused(ValueError, "3 texts in one dimension"):
        SMALL.fit(X, y).predict(["a", "b", "c"])


def test_a_whole_model_is_exported_by_its_student():
    pipeline = make_pipeline(StandardScaler(), SMALL).fit(X, y)
    search = GridSearchCV(SMALL, {"tol": [1e-4]}, cv=2)
    distilled = {
        student: DistilledClassifier(FOREST, student, transfer=None).fit(X, y)
        for student in (make_pipeline(StandardScaler(), SMALL), search)
    }
    in_pipeline, in_search = distilled.values()
    pipelines = {
        "estimator": pipeline,
        "estimator.student_": in_pipeline,
        "estimator.estimator_": FixedThresholdClassifier(pipeline, threshold=0.4),
    }
    for path, model in pipelines.items():
        steps = re.escape(f"{path}[-1]), and apply the steps before it, {path}[:-1]")
        with refused(TypeError, rf"last step, to_c\({steps}.* by to_onnx\."):
            program_of(model.fit(X, y), "to_c")
        assert to_onnx(model).graph.output[0].name == "label"
    for model, says in [
        (in_search, r"to_c\(estimator\.student_\.best_estimator_\)"),
        (search.fit(X, y), r"to_c\(estimator\.best_estimator_\)"),
        (FrozenEstimator(SMALL.fit(X, y)), r"to_c\(estimator\.estimator\)"),
        (
            FixedThresholdClassifier(search, threshold=0.4).fit(X, y),
            r"to_c\(estimator\.estimator_\.best_.*, 0\.4, is not in that model",
        ),
    ]:
        with refused(TypeError, says) as caught:
            program_of(model, "to_c")
        path = re.search(r"to_c\((estimator[^)]+)\)", str(caught.value))[1]
        assert type(eval(path, {"estimator": model})) is MLPStudent
        assert to_onnx(model).graph.output[0].name == "label"
    for model, says in [
        (CalibratedClassifierCV(SMALL, cv=2).fit(X, y), "calibration of a .*Distil"),
        (BaggingClassifier(SMALL, 2).fit(X, y), "No single student inside.*Distil the"),
        (OneVsRestClassifier(SMALL).fit(X, y), "No single student inside.*Distil the"),
        (
            GridSearchCV(SMALL, {"tol": [1e-4]}, cv=2, refit=False).fit(X, y),
            "keeps no model: fit it with refit=True",
        ),
        (FOREST, "skl2onnx.*not its teacher"),
        (MLPStudent, "must be a fitted MLPStudent"),
        ("model.onnx", "must be a fitted MLPStudent"),
    ]:
        with refused(TypeError, says):
            to_onnx(model)
