"""What stands inside a teacher or student, and is no estimator, is named."""

import lightgbm
import numpy as np
import pytest
from refusals import refused
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, IsolationForest, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from sklearn_kd import DistilledClassifier, MLPStudent, compute_soft_targets

X = np.random.default_rng(0).normal(size=(60, 2))
y = (X[:, 0] > 0).astype(int)
SMALL = MLPStudent((4,), max_iter=2, random_state=0)
BOOSTER = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, y).booster_
WRAPPERS = {
    "vote": lambda part: VotingClassifier([("a", part)], voting="soft"),
    "frozen": FrozenEstimator,
    "pipeline": lambda part: Pipeline([("s", StandardScaler()), ("b", part)]),
    "frozen in a pipeline": lambda part: make_pipeline(FrozenEstimator(part)),
    "calibrated": CalibratedClassifierCV,
    "bagging": BaggingClassifier,
    "one against rest": OneVsRestClassifier,
    "search": lambda part: GridSearchCV(part, {}),
}


class Duck:
    """Fitted elsewhere: it predicts, and is no estimator of scikit-learn."""

    classes_ = (0, 1)

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_booster_inside_is_named(name):
    model = WRAPPERS[name](BOOSTER)
    match = "The {} .* holds Booster, which is no estimator. "
    for ask in (
        DistilledClassifier(model, SMALL).fit,
        DistilledClassifier([LogisticRegression(), model], SMALL).fit,
        lambda X, y: compute_soft_targets(model, X),
    ):
        with refused(TypeError, match.format("teacher") + ".*LGBMClassifier") as caught:
            ask(X, y)
        assert "Calibrated" not in str(caught.value).replace("CalibratedClassif", "", 1)
    with refused(TypeError, match.format("student") + ".*the default network"):
        DistilledClassifier(LogisticRegression(), model).fit(X, y)


def test_a_pipeline_without_steps():
    empty = Pipeline([])
    with refused(TypeError, "The teacher is a Pipeline without steps"):
        DistilledClassifier(empty, SMALL).fit(X, y)
    with refused(TypeError, "The student is a Pipeline without steps"):
        DistilledClassifier(LogisticRegression(), empty).fit(X, y)
    with refused(TypeError, "VotingClassifier holds a Pipeline without steps"):
        DistilledClassifier(VotingClassifier([("a", empty)], voting="soft")).fit(X, y)
    assert get_tags(DistilledClassifier(empty)).estimator_type == "classifier"


def test_a_class_and_a_model_without_tags_inside():
    with refused(TypeError, "holds the class LogisticRegression: pass an instance"):
        DistilledClassifier(BaggingClassifier(LogisticRegression), SMALL).fit(X, y)
    with refused(TypeError, "holds Duck, which has no __sklearn_tags__.*by itself"):
        DistilledClassifier(FrozenEstimator(Duck()), SMALL).fit(X, y)


def test_only_classifiers_are_advised_to_be_calibrated():
    class Own(BaseEstimator):
        def predict(self, X):
            return X

    for teacher in (IsolationForest(), make_pipeline(IsolationForest()), Own()):
        with refused(TypeError, "no predict_proba.* Pass an object with") as caught:
            DistilledClassifier(teacher, SMALL).fit(X, y)
        assert "Calibrated" not in str(caught.value)
