"""What a report holds a student against, and reports on numbers."""

import numpy as np
import pytest
from reports import cancer_model, cancer_rows, report_on
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, DistilledRegressor, MLPStudent


@pytest.fixture(scope="module")
def cancer():
    return cancer_rows()


@pytest.fixture(scope="module")
def distilled():
    return cancer_model()


@pytest.fixture(scope="module")
def numbers():
    X, y = load_diabetes(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    forest = RandomForestRegressor(20, min_samples_leaf=5, random_state=0).fit(X, y)
    model = DistilledRegressor(
        forest, objective="fidelity", transfer=None, random_state=0
    )
    return model.fit(X, y), X, y, X_test, y_test


# ---- baselines


def test_baselines_are_the_student_alone_and_a_small_booster(cancer, distilled):
    X, X_test, y, y_test = cancer
    report = report_on(distilled, X_test, y_test, baseline=(X, y))
    names = [row["model"] for row in report.models.rows]
    assert names == ["teacher", "student", "without teacher", "small booster"]
    alone = distilled.student_on_labels_
    assert report["without teacher"]["accuracy"] == alone.score(X_test, y_test)
    assert report["small booster"]["accuracy"] > 0.9
    assert len(report["small booster"]["retention_interval"]) == 2


def test_the_student_alone_is_fitted_where_the_pool_has_none(cancer):
    X, X_test, y, y_test = cancer
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    model = DistilledClassifier(
        tree,
        MLPStudent((8,), max_iter=5),
        objective="fidelity",
        transfer=None,
        random_state=0,
    ).fit(X, y)
    assert model.student_on_labels_ is None
    report = report_on(model, X_test, y_test, baseline=(X, y, np.ones(len(y))))
    assert report["without teacher"]["n_parameters"] > 0
    assert model.teacher_ is tree


def test_models_of_the_users_own_are_baselines(cancer, distilled):
    X, X_test, y, y_test = cancer
    mine = DecisionTreeClassifier(max_depth=1).fit(X, y)
    report = report_on(distilled, X_test, y_test, baseline={"stump": mine})
    assert report["stump"]["accuracy"] == mine.score(X_test, y_test)


def test_without_a_small_booster_there_is_a_warning():
    X, y = load_wine(return_X_y=True)
    many = np.arange(len(y)) % 11  # boosting takes ten classes
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, many)
    student = MLPStudent((8,), max_iter=2)
    model = DistilledClassifier(tree, student, transfer=None, random_state=0)
    model.fit(X, many)
    with pytest.warns(UserWarning, match="no small booster in the report"):
        report = report_on(model, X, many, baseline=(X, many))
    assert [row["model"] for row in report.models.rows][2:] == ["without teacher"]


# ---- numbers


def test_regressors_have_r2_and_groups_by_rmse(numbers):
    model, X, y, X_test, y_test = numbers
    report = report_on(model, X_test, y_test, baseline=(X, y), by=2)
    row = report["student"]
    change = row["r2"] - report["teacher"]["r2"]
    assert row["score_change"] == pytest.approx(change)
    low, high = row["score_change_interval"]
    assert low < change < high
    assert report.by_class is None
    errors = [group["score"] ** 2 * group["n_samples"] for group in report.by]
    assert sum(errors) / len(y_test) == pytest.approx(row["rmse"] ** 2)
    assert "RMSE of teacher" in str(report)
    assert report["small booster"]["r2"] > 0
    with pytest.raises(ValueError, match="no part 'by_class'"):
        report.to_frame("by_class")


def test_units_and_offsets_of_numbers_change_no_interval(numbers):
    model, _, _, X, y = numbers

    class Scaled:
        def __init__(self, model):
            self.model = model

        def predict(self, X):
            return 1e6 + 1e-9 * self.model.predict(X)

    plain = report_on({"teacher": model.teacher_, "student": model.student_}, X, y)
    scaled = {
        "teacher": Scaled(model.teacher_),
        "student": Scaled(model.student_),
    }
    offset = report_on(scaled, X, 1e6 + 1e-9 * y)
    np.testing.assert_allclose(
        offset["student"]["score_change_interval"],
        plain["student"]["score_change_interval"],
        atol=1e-2,
    )


def test_few_numbers_have_no_interval(numbers):
    model, _, _, X, y = numbers
    few = report_on(model, X[:19], y[:19])["student"]
    assert np.isfinite(few["score_change"])
    assert np.isnan(few["score_change_interval"]).all()
    enough = report_on(model, X[:20], y[:20])["student"]
    assert np.isfinite(enough["score_change_interval"]).all()
    assert "undefined" in str(report_on(model, X[:19], y[:19]))


def test_training_rows_beside_a_dict_of_models_are_refused(cancer, distilled):
    X, X_test, y, y_test = cancer
    models = {"teacher": distilled.teacher_, "student": distilled.student_}
    with pytest.raises(TypeError, match="and got a dict of models"):
        report_on(models, X_test, y_test, baseline=(X, y))
