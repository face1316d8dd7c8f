"""sklearn_kd.inspection: speed, and the table of all numbers."""

import gc

import numpy as np
import pandas as pd
import pytest
from clocks import Clock, slowed
from given_rows import on_given_rows
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_info

from sklearn_kd import MLPStudent
from sklearn_kd.inspection import (
    Comparison,
    _speed,
    compare,
    count_parameters,
    pickled_size,
    prediction_latency,
    throughput,
)
from sklearn_kd.metrics import agreement_scorer, kl_divergence

QUICK = {"n_calls": 10, "time_limit": 0.0}


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture(scope="module")
def forest(wine):
    X, _, y, _ = wine
    return RandomForestClassifier(20, random_state=0, n_jobs=2).fit(X, y)


class Says:
    """A model that always gives the same predictions, and records its rows."""

    def __init__(self, labels, proba=None, classes=None):
        self.labels = labels
        self.proba = proba
        self.rows = []
        self.n_jobs = 7
        self.seen_jobs = set()
        if classes is not None:
            self.classes_ = classes

    def predict(self, X):
        return self.labels

    def predict_proba(self, X):
        self.rows.append(X)
        self.seen_jobs.add(self.n_jobs)
        return self.proba


class TestSpeed:
    def test_latency_is_in_seconds(self, wine, monkeypatch):
        model, clock = Says([]), Clock()
        monkeypatch.setattr(_speed, "perf_counter", clock)
        slowed(monkeypatch, clock, model, "predict_proba", 0.5)
        assert prediction_latency(model, wine[0], n_calls=20) == (0.5, 0.5)

    def test_each_call_has_another_row_of_the_same_container(self, wine):
        frame = pd.DataFrame(wine[0])
        model = Says([])
        prediction_latency(model, frame, n_calls=50, time_limit=60)
        rows = model.rows[5:]  # the first are for warming up
        assert len(rows) == 50
        assert all(type(row) is pd.DataFrame and len(row) == 1 for row in rows)
        assert len({row.index[0] for row in rows}) == 50
        assert rows[-1].index[0] > len(frame) - 10

    def test_few_rows_are_used_again(self):
        model = Says([])
        prediction_latency(model, np.arange(6.0).reshape(3, 2), n_calls=30)
        assert len(model.rows) == 35

    def test_time_limit_leaves_ten_calls(self, wine):
        model = Says([])
        prediction_latency(model, wine[0], n_calls=100, time_limit=0)
        assert len(model.rows) == 15

    def test_throughput_is_rows_per_second(self, wine, monkeypatch):
        model, clock = Says([]), Clock()
        monkeypatch.setattr(_speed, "perf_counter", clock)
        slowed(monkeypatch, clock, model, "predict_proba", 0.5)
        assert throughput(model, wine[0]) == 2 * len(wine[0])

    @pytest.mark.parametrize("measure", [prediction_latency, throughput])
    def test_one_job_while_the_clock_runs(self, measure, wine):
        model = Says([])
        outer = Says([])
        outer.steps_ = {"a": [("last", (None, model))]}
        outer.predict_proba = model.predict_proba
        measure(outer, wine[0])
        assert model.seen_jobs == {1}
        assert (outer.n_jobs, model.n_jobs) == (7, 7)

    @pytest.mark.parametrize("measure", [prediction_latency, throughput])
    def test_n_jobs_none_changes_nothing(self, measure, wine):
        model = Says([])
        measure(model, wine[0], n_jobs=None)
        assert model.seen_jobs == {7}

    @pytest.mark.parametrize("measure", [prediction_latency, throughput])
    def test_jobs_threads_and_collector_come_back_after_an_error(self, measure, wine):
        class Fails(Says):
            def predict_proba(self, X):
                assert not gc.isenabled()
                raise RuntimeError

        before = [pool["num_threads"] for pool in threadpool_info()]
        model = Fails([])
        with pytest.raises(RuntimeError):
            measure(model, wine[0])
        assert model.n_jobs == 7
        assert gc.isenabled()
        assert [pool["num_threads"] for pool in threadpool_info()] == before

    @pytest.mark.parametrize("wrap", [VotingClassifier, StackingClassifier])
    def test_fitted_parts_that_get_params_does_not_reach(self, wrap, wine):
        X, _, y, _ = wine
        forest = RandomForestClassifier(3, n_jobs=2, random_state=0)
        model = wrap([("forest", forest)]).fit(X, y)
        seen = set()

        class Watch:
            inside = model.estimators_[0]

            def __init__(self):
                self.model = model

            def predict_proba(self, rows):
                seen.add(self.inside.n_jobs)

        assert Watch.inside is not forest
        prediction_latency(Watch(), X, **QUICK)
        assert seen == {1}
        assert forest.n_jobs == Watch.inside.n_jobs == 2

    def test_trees_in_an_array_of_objects(self, wine):
        X, _, y, _ = wine
        model = GradientBoostingClassifier(n_estimators=2).fit(X, y)
        model.estimators_[1, 2].n_jobs = 5
        seen = set()
        answer = type(model).predict_proba

        class Watched(GradientBoostingClassifier):
            def predict_proba(self, rows):
                seen.add(self.estimators_[1, 2].n_jobs)
                return answer(self, rows)

        model.__class__ = Watched
        throughput(model, X)
        assert seen == {1}
        assert model.estimators_[1, 2].n_jobs == 5

    def test_a_model_that_contains_itself(self, wine):
        model = Says([])
        model.me = [{"again": model}]
        assert throughput(model, wine[0]) > 0

    @pytest.mark.parametrize(
        ("measure", "arguments", "message"),
        [
            (prediction_latency, {"n_calls": 0}, "n_calls must be at least 1, got 0"),
            (prediction_latency, {"n_jobs": -1}, "n_jobs must be at least 1"),
            (throughput, {"n_repeats": 0}, "n_repeats must be at least 1, got 0"),
        ],
    )
    def test_refusals(self, measure, arguments, message, forest, wine):
        with pytest.raises(ValueError, match=message):
            measure(forest, wine[0], **arguments)

    @pytest.mark.parametrize("measure", [prediction_latency, throughput])
    def test_no_rows(self, measure, forest):
        with pytest.raises(ValueError, match="X has no rows"):
            measure(forest, np.empty((0, 13)))


class TestCompare:
    def test_two_classes(self, cancer):
        X, X_test, y, y_test = cancer
        names = np.array(["malignant", "benign"])
        forest = RandomForestClassifier(20, random_state=0).fit(X, names[y])
        student = on_given_rows(forest, MLPStudent(max_iter=5), random_state=0)
        models = {"teacher": forest, "student": student.fit(X, names[y]).student_}
        result = compare(models, X_test, names[y_test], **QUICK)
        assert [row["model"] for row in result.rows] == ["teacher", "student"]
        for name, model in models.items():
            proba = model.predict_proba(X_test)
            row = result[name]
            assert row["accuracy"] == accuracy_score(
                names[y_test], model.predict(X_test)
            )
            area = roc_auc_score(names[y_test], proba[:, 1])
            assert row["roc_auc"] == pytest.approx(area)
            assert row["log_loss"] == pytest.approx(log_loss(names[y_test], proba))
            assert row["n_parameters"] == count_parameters(model)
            assert row["pickled_size"] == pickled_size(model)
            assert 0 < row["latency_median"] <= row["latency_p99"]
            assert row["rows_per_second"] > 0
        teacher, student = result.rows
        assert (teacher["agreement"], teacher["retention"]) == (1, 1)
        assert teacher["kl_divergence"] == pytest.approx(0)
        agreement = agreement_scorer(forest)(models["student"], X_test)
        assert student["agreement"] == agreement
        assert student["retention"] == student["accuracy"] / teacher["accuracy"]
        assert student["kl_divergence"] == pytest.approx(
            kl_divergence(*(model.predict_proba(X_test) for model in models.values()))
        )

    def test_many_classes(self, wine, forest):
        _, X_test, _, y_test = wine
        row = compare({"teacher": forest}, X_test, y_test, **QUICK)["teacher"]
        proba = forest.predict_proba(X_test)
        area = roc_auc_score(y_test, proba, multi_class="ovr", average="weighted")
        assert row["roc_auc"] == pytest.approx(area)
        assert row["log_loss"] == pytest.approx(log_loss(y_test, proba))

    def test_class_order_and_classes_that_a_model_lacks(self, wine):
        X = wine[0][:3]
        y = ["c", "a", "b"]
        teacher = Says(y, np.eye(3)[[2, 0, 1]], ["a", "b", "c"])
        swapped = pd.DataFrame([[1.0, 0], [0, 1], [0.5, 0.5]], columns=["c", "a"])
        student = Says(["c", "a", "a"], swapped)
        result = compare({"teacher": teacher, "student": student}, X, y, **QUICK)
        assert result["teacher"]["log_loss"] == pytest.approx(0)
        row = result["student"]
        assert row["agreement"] == row["accuracy"] == row["retention"] == 2 / 3
        assert row["kl_divergence"] == row["log_loss"]  # both with the same floor
        assert row["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps) / 3)

    def test_labels_of_one_class_have_no_area(self, wine, forest):
        X = wine[0][:5]
        row = compare({"f": forest}, X, [0] * 5, reference="f", **QUICK)["f"]
        assert np.isnan(row["roc_auc"])

    def test_a_reference_that_is_always_wrong_has_no_retention(self, wine):
        X, y = wine[0][:4], [0, 1, 0, 1]
        wrong = Says([1, 0, 1, 0], np.full((4, 2), 0.5), [0, 1])
        row = compare({"teacher": wrong}, X, y, **QUICK)["teacher"]
        assert row["accuracy"] == 0
        assert np.isnan(row["retention"])

    def test_a_model_that_cannot_be_pickled(self, wine):
        X, X_test, y, y_test = wine
        model = make_pipeline(FunctionTransformer(lambda X: X), DummyClassifier())
        result = compare({"teacher": model.fit(X, y)}, X_test, y_test, **QUICK)
        assert result["teacher"]["pickled_size"] is None
        assert result["teacher"]["n_parameters"] is None
        assert "pickled size" not in str(result)

    def test_refusals(self, wine, forest):
        _, X_test, _, y_test = wine
        with pytest.raises(ValueError, match="'teacher' is not among the models"):
            compare({"forest": forest}, X_test, y_test)
        with pytest.raises(ValueError, match=r"y has shape \(3,\)"):
            compare({"teacher": forest}, X_test, y_test[:3])
        nameless = Says([0], [[0.5, 0.5]])
        with pytest.raises(ValueError, match="The label of each column"):
            compare({"teacher": nameless}, X_test[:1], [0])
        with pytest.raises(ValueError, match="do not compare, such as 'a'"):
            compare({"teacher": forest}, X_test[:2], ["a", "b"])

    def test_the_table(self):
        rows = [
            {"model": "teacher", "accuracy": 0.9, "n_parameters": None},
            {"model": "a student", "accuracy": 0.875, "n_parameters": 12345},
        ]
        assert str(Comparison(rows, "teacher")).splitlines() == [
            "             teacher   a student",
            "accuracy      0.9000      0.8750",
            "parameters         -      12,345",
        ]
        with pytest.raises(KeyError):
            Comparison(rows, "teacher")["nobody"]
