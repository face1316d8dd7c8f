"""distillation_report: what changes when the student replaces its teacher."""

import json

import numpy as np
import pandas as pd
import pytest
from reports import cancer_model, cancer_rows, report_on
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.inspection import DistillationReport
from sklearn_kd.metrics._bounds import clopper_pearson_lower


@pytest.fixture(scope="module")
def cancer():
    return cancer_rows()


@pytest.fixture(scope="module")
def distilled():
    return cancer_model()


@pytest.fixture(scope="module")
def report(cancer, distilled):
    _, X, _, y = cancer
    return report_on(distilled, X, y, by="mean radius")


def labelled(predicted):
    """A stub whose probabilities are nearly certain of given labels."""

    class Stub:
        classes_ = np.array([0, 1])

        def predict(self, X):
            return np.asarray(predicted)

        def predict_proba(self, X):
            return np.eye(2)[np.asarray(predicted)] * 0.8 + 0.1

    return Stub()


# ---- the numbers


def test_quality_is_that_of_scikit_learn(report, cancer, distilled):
    _, X, _, y = cancer
    assert report.n_samples == len(y)
    for name in ("teacher", "student"):
        model = getattr(distilled, f"{name}_")
        proba, row = model.predict_proba(X), report[name]
        assert row["accuracy"] == pytest.approx(accuracy_score(y, model.predict(X)))
        assert row["log_loss"] == pytest.approx(log_loss(y, proba))
        assert row["brier_score"] == pytest.approx(brier_score_loss(y, proba[:, 1]))
        # scikit-learn cuts bins at quantiles: ties fall otherwise, by a row or two
        right, said = calibration_curve(
            model.predict(X) == y, proba.max(axis=1), n_bins=10, strategy="quantile"
        )
        assert row["calibration_error"] == pytest.approx(
            np.abs(right - said).mean(), abs=0.02
        )


def test_the_brier_score_of_many_classes_is_not_halved():
    X, y = load_wine(return_X_y=True)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    row = report_on({"teacher": tree, "student": tree}, X, y)["student"]
    expected = ((tree.predict_proba(X) - np.eye(3)[y]) ** 2).sum(axis=1).mean()
    assert row["brier_score"] == pytest.approx(expected)


def test_the_agreement_has_a_lower_bound(report, cancer, distilled):
    X = cancer[1]
    same = distilled.teacher_.predict(X) == distilled.student_.predict(X)
    bound = clopper_pearson_lower(same.sum(), len(same))
    assert report["student"]["agreement"] == pytest.approx(same.mean())
    assert report["student"]["agreement_bound"] == pytest.approx(bound)
    assert "agreement_bound" not in report["teacher"]


def test_intervals_hold_the_change_of_the_score(report):
    row, teacher = report["student"], report["teacher"]
    change = row["accuracy"] - teacher["accuracy"]
    assert row["score_change"] == pytest.approx(change)
    low, high = row["score_change_interval"]
    assert low <= change <= high
    assert low < high
    low, high = row["retention_interval"]
    assert low <= row["retention"] <= high
    assert not {"score_change", "retention_interval"} & set(teacher)


def test_intervals_hold_the_truth_as_often_as_promised():
    """Teacher right on 90 %, student on 88 %, of one population, 300 samples of it."""
    draw = np.random.default_rng(0)
    held = []
    for _ in range(300):
        y = np.zeros(150, dtype=int)
        luck = draw.random(150)
        teacher = (luck > 0.90).astype(int)
        student = ((luck > 0.95) | (luck < 0.07)).astype(int)
        row = _intervals_alone(teacher, student, y)
        held.append(row[0] <= -0.02 <= row[1])
    assert 0.90 <= np.mean(held) <= 0.99


def _intervals_alone(teacher, student, y):
    from sklearn_kd.inspection._measures.models import predict

    X = np.zeros((len(y), 1))
    models = {"teacher": labelled(teacher), "student": labelled(student)}
    found = predict("classification", models, X, y, len(y), "teacher")
    return found.measure_more("student")["score_change_interval"]


def test_models_that_are_right_on_the_same_rows_are_not_known_to_be_equal():
    y = np.zeros(100, dtype=int)
    same = (np.arange(100) < 10).astype(int)
    low, high = _intervals_alone(same, same, y)
    assert -0.04 < low < -0.01
    assert 0.01 < high < 0.04


def test_two_reports_of_the_same_predictions_are_equal(report, cancer, distilled):
    _, X, _, y = cancer
    again = report_on(distilled, X, y)["student"]
    for name in ("retention_interval", "score_change_interval"):
        assert again[name] == report["student"][name]
    state = np.random.get_state()[1].tolist()
    report_on(distilled, X, y)
    assert np.random.get_state()[1].tolist() == state


def test_intervals_of_many_rows_are_narrow():
    """Above 10 000 rows, groups of rows are drawn; the width is that of theory."""
    draw = np.random.default_rng(0)
    y = draw.normal(size=40_000)
    from sklearn_kd.inspection._measures.models import predict

    class Says:
        def __init__(self, values):
            self.values = values

        def predict(self, X):
            return self.values

    teacher, student = y + draw.normal(size=40_000), y + draw.normal(size=40_000)
    models = {"teacher": Says(teacher), "student": Says(student)}
    found = predict("regression", models, y[:, None], y, len(y), "teacher")
    low, high = found.measure_more("student")["score_change_interval"]
    expected = np.std((teacher - y) ** 2 - (student - y) ** 2) / 200
    assert (high - low) == pytest.approx(2 * 1.96 * expected, rel=0.1)


# ---- weights


def test_a_row_of_weight_two_is_two_rows(cancer, distilled):
    _, X, _, y = cancer
    weight = np.arange(len(y)) % 3
    by = np.where(X["mean radius"] > 14, "large", "small")
    weighted = report_on(distilled, X, y, sample_weight=weight, by=by).to_dict()
    rows = np.repeat(np.arange(len(y)), weight)
    repeated = report_on(distilled, X.iloc[rows], y.iloc[rows], by=by[rows]).to_dict()
    assert weighted["n_samples"] == (weight > 0).sum()
    for name in ("accuracy", "roc_auc", "log_loss", "brier_score", "agreement"):
        for model in ("teacher", "student"):
            assert weighted["models"][model][name] == pytest.approx(
                repeated["models"][model][name]
            )
    for group in ("large", "small"):
        for name in ("reference_score", "score", "agreement"):
            assert weighted["by"][group][name] == pytest.approx(
                repeated["by"][group][name]
            )
    # but they say less than as many different rows
    assert (
        weighted["models"]["student"]["agreement_bound"]
        < repeated["models"]["student"]["agreement_bound"]
    )


# ---- groups of rows


def test_groups_are_measured_on_their_own(report, cancer, distilled):
    _, X, _, y = cancer
    same = distilled.teacher_.predict(X) == distilled.student_.predict(X)
    groups = report.to_dict()["by_class"]
    assert list(groups) == ["0", "1"]
    for label, group in groups.items():
        rows = (y == int(label)).to_numpy()
        assert group["n_samples"] == rows.sum()
        assert group["agreement"] == pytest.approx(same[rows].mean())
        assert group["agreement_bound"] < group["agreement"]
        assert group["score"] == pytest.approx(
            distilled.student_.score(X[rows], y[rows])
        )
    quarters = report.by
    assert [group["group"][:2] for group in quarters[::3]] == ["to", "ab"]
    assert sum(group["n_samples"] for group in quarters) == len(y)
    assert max(group["n_samples"] for group in quarters) <= len(y) / 4 + 2


@pytest.mark.parametrize("kind", ["strings", "booleans", "series", "column", "place"])
def test_rows_are_parted_by_levels(kind, cancer, distilled):
    _, X, _, y = cancer
    large = (X["mean radius"] > 14).to_numpy()
    X = X.assign(size=large) if kind in ("column", "place") else X
    by = {
        "strings": np.where(large, "large", "small"),
        "booleans": large,
        "series": pd.Series(large, name="size"),
        "column": "size",
        "place": -1,
    }[kind]
    models = {"teacher": distilled.teacher_, "student": distilled.student_}
    if kind in ("column", "place"):
        models = {name: OnFirst(model, 30) for name, model in models.items()}
    report = report_on(models, X, y, by=by)
    expected = {"large", "small"} if kind == "strings" else {"False", "True"}
    assert {group["group"] for group in report.by} == expected
    assert {group["n_samples"] for group in report.by} == {
        large.sum(),
        len(y) - large.sum(),
    }
    if kind in ("series", "column"):
        assert "By size" in str(report)


class OnFirst:
    """A model that leaves further columns out."""

    def __init__(self, model, n_columns):
        self.model, self.n_columns = model, n_columns
        self.classes_ = model.classes_

    def predict(self, X):
        return self.model.predict(X.iloc[:, : self.n_columns])

    def predict_proba(self, X):
        return self.model.predict_proba(X.iloc[:, : self.n_columns])


def test_slices_may_overlap_and_missing_values_are_a_group(cancer, distilled):
    _, X, _, y = cancer
    radius = X["mean radius"].to_numpy()
    slices = {"all": radius > 0, "large": radius > 14}
    report = report_on(distilled, X, y, by=slices)
    sizes = [group["n_samples"] for group in report.by]
    assert sizes == [len(y), (radius > 14).sum()]
    assert report.by[0]["agreement"] == pytest.approx(report["student"]["agreement"])
    some = np.where(radius > 14, np.nan, 1.0)
    groups = report_on(distilled, X, y, by=some).to_dict()["by"]
    assert list(groups) == ["1", "missing"]


def test_many_groups_are_not_all_written(cancer, distilled):
    _, X, _, y = cancer
    by = np.array([f"shop {row % 100}" for row in range(len(y))])
    report = report_on(distilled, X, y, by=by)
    assert len(report.by) == 100
    assert "and 70 smaller groups" in str(report)
    assert len(str(report).splitlines()) < 80


# ---- forms


def test_it_is_a_table_a_dict_and_frames(report):
    assert isinstance(report, DistillationReport)
    text = str(report)
    for words in ("calibration error", "at least, with confidence", "By class"):
        assert words in text
    found = json.loads(json.dumps(report.to_dict()))
    assert found["models"]["student"]["accuracy"] == report["student"]["accuracy"]
    frame = report.to_frame()
    assert frame.loc["student", "accuracy"] == report["student"]["accuracy"]
    assert report.to_frame("by_class").index.tolist() == ["0", "1"]
    assert report.to_frame("by")["n_samples"].sum() == report.n_samples
    with pytest.raises(ValueError, match="part must be one of"):
        report.to_frame("classes")
    with pytest.raises(KeyError):
        report["nobody"]


def test_html_holds_the_same_and_no_markup_of_names(report, cancer, distilled):
    _, X, _, y = cancer
    html = report._repr_html_()
    assert f"{report['student']['accuracy']:.4f}" in html
    assert html.count("<table") == html.count("</table>") == 3
    by = np.where(X["mean radius"] > 14, "<script>", "&b")
    html = report_on(distilled, X, y, by=by)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


# ---- wrong arguments


def test_wrong_arguments_say_what_to_do(cancer, distilled):
    _, X, _, y = cancer
    with pytest.raises(NotFittedError):
        report_on(DistilledClassifier(distilled.teacher_), X, y)
    with pytest.raises(TypeError, match="has no teacher_ and student_"):
        report_on(distilled.teacher_, X, y)
    with pytest.raises(ValueError, match="have no 'student'"):
        report_on({"teacher": distilled.teacher_}, X, y)
    with pytest.raises(ValueError, match="'radius' is no column of X, which has"):
        report_on(distilled, X, y, by="radius")
    with pytest.raises(ValueError, match="is no column of X, which has 30"):
        report_on(distilled, X, y, by=30)
    with pytest.raises(ValueError, match="expected a value for each of the 285 rows"):
        report_on(distilled, X, y, by=[1, 2, 3])
    with pytest.raises(ValueError, match="expected a mask of the 285 rows"):
        report_on(distilled, X, y, by={"a": np.arange(285)})
    with pytest.raises(ValueError, match="has no rows: leave this slice out"):
        report_on(distilled, X, y, by={"a": np.zeros(285, dtype=bool)})
    with pytest.raises(ValueError, match="by has no slices"):
        report_on(distilled, X, y, by={})
    with pytest.raises(TypeError, match="baseline: expected None, training rows"):
        report_on(distilled, X, y, baseline=True)
    with pytest.raises(ValueError, match="'student', which is compared already"):
        report_on(distilled, X, y, baseline={"student": distilled.student_})
    with pytest.raises(TypeError, match="must be all classifiers or all"):
        report_on(distilled, X, y, baseline={"a": RandomForestRegressor()})
    with pytest.raises(ValueError, match="sample_weight has shape"):
        report_on(distilled, X, y, sample_weight=[1, 2])


def test_what_has_no_teacher_is_refused_with_what_to_pass(cancer, distilled):
    _, X, _, y = cancer
    with pytest.raises(ValueError, match="made by without_teacher"):
        report_on(distilled.without_teacher(), X, y)
    proba = LogisticRegression(max_iter=5000).fit(X, y).predict_proba(X)
    given = DistilledClassifier(
        None, MLPStudent((8,), max_iter=2), transfer=None, random_state=0
    )
    given.fit(X, y, teacher_proba=proba)
    with pytest.raises(TypeError, match="fitted without a teacher"):
        report_on(given, X, y)
