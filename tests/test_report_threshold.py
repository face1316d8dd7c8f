"""The rivals of a report predict by the threshold of the student."""

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import recall_score
from sklearn.model_selection import train_test_split

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.inspection import _report, distillation_report

X, Y = load_breast_cancer(return_X_y=True)
X, X_TEST, Y, Y_TEST = train_test_split(X, Y, random_state=0)


@pytest.mark.parametrize("threshold", [None, 0.995])
@pytest.mark.parametrize("objective", ["generalization", "fidelity"])
def test_rivals_have_the_threshold_of_the_student(threshold, objective, monkeypatch):
    forest = RandomForestClassifier(10, max_depth=3, random_state=0).fit(X, Y)
    model = DistilledClassifier(
        forest,
        MLPStudent((8,), max_iter=10),
        decision_threshold=threshold,
        objective=objective,
        transfer=None,
        random_state=0,
    ).fit(X, Y)
    rivals, fit = {}, _report.fit_baselines
    monkeypatch.setattr(
        _report, "fit_baselines", lambda *args: rivals.update(fit(*args)) or rivals
    )
    report = distillation_report(
        model, X_TEST, Y_TEST, baseline=(X, Y), n_calls=1, time_limit=0
    )
    assert len(rivals) == 2
    for name, rival in rivals.items():
        proba = rival.predict_proba(X_TEST)[:, 1]
        positive = proba >= (threshold or 0.5)
        assert (rival.predict(X_TEST) == positive).all()
        positives = report.by_class[1]["n_samples"]
        assert positives == Y_TEST.sum()
        assert recall_score(Y_TEST, positive) > 0.2, name
        assert report[name]["accuracy"] == pytest.approx((positive == Y_TEST).mean())
