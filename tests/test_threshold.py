"""A threshold instead of the most probable class: given, or the teacher's own."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd.inspection import compare, count_parameters, pickled_size

X, y = make_classification(
    1200, 6, n_informative=4, weights=[0.8], flip_y=0.1, random_state=0
)
X, X_test, y, y_test = X[:600], X[600:], y[:600], y[600:]
FOREST = RandomForestClassifier(30, min_samples_leaf=5, random_state=0).fit(X, y)
STUDENT = MLPStudent((16,), max_iter=15, batch_size=16)
WORDS = np.array(["no", "yes"])


def fixed(threshold=0.2, **params):
    frozen = FrozenEstimator(FOREST)
    return FixedThresholdClassifier(frozen, threshold=threshold, **params).fit(X, y)


def distil(teacher, student=STUDENT, **params):
    return on_given_rows(teacher, student, **{"random_state": 0} | params)


def agreement(one, other):
    return (one.predict(X_test) == other.predict(X_test)).mean()


# ---- a number


@pytest.mark.parametrize("threshold", [0, 0.2, 0.5, 1])
def test_a_number_is_held_against_the_second_class(threshold):
    plain = distil(FOREST).fit(X, y)
    model = distil(FOREST, decision_threshold=threshold).fit(X, y)
    proba = model.predict_proba(X_test)
    assert_array_equal(proba, plain.predict_proba(X_test))
    assert_array_equal(model.predict_log_proba(X_test), plain.predict_log_proba(X_test))
    assert_array_equal(model.predict(X_test), (proba[:, 1] >= threshold).astype(int))
    assert_array_equal(model.predict(X_test), model.student_.predict(X_test))
    assert_array_equal(proba, model.student_.predict_proba(X_test))
    assert isinstance(model.student_, FixedThresholdClassifier)
    assert model.n_iter_ == plain.n_iter_
    assert model.student_.n_features_in_ == 6


def test_the_pickled_student_keeps_it_without_the_teacher():
    model = distil(FOREST, decision_threshold=0.1).fit(X, y)
    student = pickle.loads(pickle.dumps(model.student_))
    assert_array_equal(student.predict(X_test), model.predict(X_test))
    plain = distil(FOREST).fit(X, y).student_
    assert pickled_size(model.student_) < pickled_size(plain) + 1000
    assert count_parameters(model.student_) == count_parameters(plain)


def test_it_is_a_parameter_like_any_other():
    search = GridSearchCV(
        distil(FOREST), {"decision_threshold": [0.99, 0.2]}, scoring="recall", cv=2
    ).fit(X, y)
    assert search.best_params_ == {"decision_threshold": 0.2}
    model = clone(search.best_estimator_)
    assert model.decision_threshold == 0.2
    assert cross_val_score(model, X, y, cv=2).min() > 0.7


def test_without_a_teacher_a_number_holds_too():
    low, high = (
        distil(None, alpha=0, decision_threshold=value).fit(X, y).predict(X_test).mean()
        for value in (0.1, 0.9)
    )
    assert low > high + 0.1


def test_given_probabilities_go_with_a_number():
    model = distil(None, decision_threshold=0.2)
    model.fit(X, y, teacher_proba=FOREST.predict_proba(X))
    labels = model.predict_proba(X_test)[:, 1] >= 0.2
    assert_array_equal(model.predict(X_test), labels.astype(int))


# ---- the teacher's


@pytest.mark.parametrize(
    "teacher",
    [
        fixed(),
        FrozenEstimator(fixed()),
        [fixed()],
        make_pipeline(StandardScaler(), fixed()).fit(X, y),
        make_pipeline(StandardScaler(), FrozenEstimator(fixed())).fit(X, y),
        FixedThresholdClassifier(clone(FOREST), threshold=0.2),
        make_pipeline(
            StandardScaler(), FixedThresholdClassifier(clone(FOREST), threshold=0.2)
        ),
        GridSearchCV(
            FixedThresholdClassifier(clone(FOREST)), {"threshold": [0.2]}, cv=2
        ),
    ],
    ids=["fixed", "frozen", "list", "pipe", "frozen-end", "unfitted", "late", "search"],
)
def test_the_teachers_threshold_is_found_wherever_it_is(teacher):
    model = distil(teacher, decision_threshold="teacher").fit(X, y)
    assert 0.1 < model.student_.threshold < 0.3
    assert_array_equal(model.student_.predict(X_test), model.predict(X_test))
    # 0.2 of the teacher is about 0.2 of the student: they agree on more rows
    argmax = distil(teacher, decision_threshold=0.5).fit(X, y)
    assert agreement(model, model.teacher_) > agreement(argmax, argmax.teacher_) + 0.02


@pytest.mark.parametrize("fitted", [True, False])
def test_a_tuned_threshold_is_that_of_the_fitted_teacher(fitted):
    teacher = TunedThresholdClassifierCV(LogisticRegression(), cv=3)
    if fitted:
        teacher.fit(X, y)
    model = distil(teacher, decision_threshold="teacher").fit(X, y)
    threshold = model.teacher_.best_threshold_
    assert threshold < 0.4
    assert abs(model.student_.threshold - threshold) < 0.05
    assert agreement(model, model.teacher_) > 0.9


def test_auto_is_one_half():
    model = distil(fixed("auto"), decision_threshold="teacher").fit(X, y)
    assert model.student_.threshold == 0.5


def test_the_class_that_a_threshold_is_for_goes_with_it():
    words = WORDS[y]
    first = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.9, pos_label="no"
    ).fit(X, words)
    tuned = TunedThresholdClassifierCV(
        LogisticRegression(),
        cv=3,
        scoring=make_scorer(f1_score, pos_label="no"),
    ).fit(X, words)
    for teacher in (first, tuned):
        model = distil(teacher, decision_threshold="teacher").fit(X, words)
        assert model.student_.pos_label == "no"
        bound = model.student_.threshold
        expected = np.where(model.predict_proba(X_test)[:, 0] >= bound, "no", "yes")
        assert_array_equal(model.predict(X_test), expected)
        assert_array_equal(model.student_.predict(X_test), expected)
        assert agreement(model, teacher) > 0.9


@pytest.mark.parametrize(("names", "label"), [(["no", "yes"], None), ("ba", "a")])
def test_the_class_of_a_teacher_with_other_labels(names, label):
    """Column 1 of the teacher is our second class, or our first."""
    teacher = fixed(0.2)
    model = distil(teacher, decision_threshold="teacher", teacher_classes=list(names))
    model.fit(X, np.array(list(names))[y])
    assert model.student_.pos_label == label
    theirs = np.array(list(names))[teacher.predict(X_test)]
    assert (model.predict(X_test) == theirs).mean() > 0.85


def test_an_assistants_threshold_is_a_teachers_threshold():
    assistant = distil(fixed(), decision_threshold="teacher")
    chain = distil(assistant, decision_threshold="teacher").fit(X, y)
    assert agreement(chain, chain.teacher_) > 0.92
    bound = rf"threshold of {chain.teacher_.student_.threshold:.4g},"
    with pytest.warns(UserWarning, match=bound):
        distil(assistant).fit(X, y)


# ---- kinds of rows and students


@pytest.mark.parametrize("student", [LogisticRegression(), STUDENT])
@pytest.mark.parametrize("piped", [False, True])
def test_students_containers_and_labels(student, piped):
    if piped:
        student = make_pipeline(StandardScaler(with_mean=False), student)
    words = WORDS[y]
    frame = pd.DataFrame(X, columns=list("abcdef"))
    rows = {"array": X, "sparse": csr_matrix(X), "frame": frame}
    for kind, given in rows.items():
        teacher = FixedThresholdClassifier(LogisticRegression(), threshold=0.1)
        teacher.fit(given, words)
        model = distil(teacher, student, decision_threshold="teacher")
        model.fit(given, words)
        bound = model.student_.threshold
        assert 0.05 < bound < 0.2
        expected = np.where(model.predict_proba(given)[:, 1] >= bound, "yes", "no")
        assert_array_equal(model.predict(given), expected, err_msg=kind)
        assert_array_equal(model.student_.predict(given), expected, err_msg=kind)
        assert hasattr(model, "n_iter_")
    assert list(model.student_.feature_names_in_) == list("abcdef")


def test_a_mixed_frame_and_the_inspection_functions():
    frame = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 0, "up", "down")})
    frame["b"] = frame["b"].astype("category")
    teacher = FixedThresholdClassifier(
        make_pipeline(_Numbers(), RandomForestClassifier(20, random_state=0)),
        threshold=0.2,
    )
    model = DistilledClassifier(
        teacher,
        STUDENT,
        transfer=MungeSampler(1000),
        objective="fidelity",
        decision_threshold="teacher",
        random_state=0,
    ).fit(frame, y)
    table = compare(
        {"teacher": model.teacher_, "student": model.student_}, frame, y, n_calls=10
    )
    assert table["student"]["n_parameters"] > 100
    assert table["student"]["latency_median"] > 0
    assert table["student"]["agreement"] == np.mean(
        model.predict(frame) == model.teacher_.predict(frame)
    )


class _Numbers(StandardScaler):
    """A scaler that numbers the categories of a frame first."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(self._numbers(X), y)

    def transform(self, X, copy=None):
        return super().transform(self._numbers(X))

    @staticmethod
    def _numbers(X):
        return np.column_stack([X["a"], X["b"].cat.codes])


def test_a_class_that_the_teacher_gives_nothing_leaves_the_other():
    """A student by weights then has one class, and there is nothing to separate."""
    proba = np.column_stack([np.ones(len(y)), np.zeros(len(y))])
    student = RandomForestClassifier(3)
    model = distil(None, student, decision_threshold=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of such probabilities
        model.fit(X, y, teacher_proba=proba)
    assert_array_equal(np.unique(model.predict(X_test)), [0])
    assert model.predict_proba(X_test).shape == (len(X_test), 2)


# ---- never lost in silence


@pytest.mark.parametrize(
    "teacher",
    [fixed(), FixedThresholdClassifier(clone(FOREST), threshold=0.7), [fixed()]],
)
def test_a_lost_threshold_is_announced(teacher):
    with pytest.warns(UserWarning, match="predicts by a threshold") as caught:
        distil(teacher).fit(X, y)
    message = str(caught[0].message)
    assert 'decision_threshold="teacher"' in message
    assert "decision_threshold=0.5" in message
    assert caught[0].filename == __file__


def test_where_it_cannot_be_handed_on_a_number_can():
    teachers = [fixed(), FOREST]
    with pytest.warns(UserWarning, match="decision_threshold=<number>"):
        distil(teachers).fit(X, y)


@pytest.mark.parametrize(
    "params",
    [
        {"teacher": FOREST},
        {"teacher": fixed("auto")},
        {"teacher": fixed(0.5)},
        {"teacher": fixed(), "decision_threshold": 0.5},
        {"teacher": fixed(), "decision_threshold": "teacher"},
        {"teacher": fixed(), "alpha": 0},
        {
            "teacher": fixed(),
            "student": FixedThresholdClassifier(LogisticRegression(), threshold=0.3),
        },
    ],
)
def test_nothing_to_announce(params):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distil(**params).fit(X, y)


# ---- errors


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"teacher": FOREST}, "RandomForestClassifier predicts the most probable"),
        ({"teacher": clone(FOREST)}, "pass a FixedThresholdClassifier or a Tuned"),
        ({"teacher": None}, "the default teacher has no threshold"),
        ({"teacher": [fixed(), fixed(0.3)]}, "several teachers have no threshold in"),
        ({"teacher": fixed(), "alpha": 0}, "alpha=0 uses no teacher"),
        (
            {"teacher": GridSearchCV(FOREST, {"max_depth": [2]}, cv=2)},
            "RandomForestClassifier predicts the most probable",
        ),
    ],
)
def test_a_teacher_without_a_threshold_to_hand_on(params, message):
    with pytest.raises(ValueError, match=message) as caught:
        distil(**params, decision_threshold="teacher").fit(X, y)
    assert "number" in str(caught.value)


def test_given_probabilities_have_no_threshold():
    with pytest.raises(ValueError, match="teacher_proba comes without a threshold"):
        distil(None, decision_threshold="teacher").fit(
            X, y, teacher_proba=FOREST.predict_proba(X)
        )


@pytest.mark.parametrize("wanted", [0.3, "teacher"])
def test_two_classes_only(wanted):
    rows, labels = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="needs two classes, and y has 3"):
        distil(clone(FOREST), decision_threshold=wanted).fit(rows, labels)


def test_it_takes_probabilities():
    with pytest.raises(ValueError, match="Perceptron has no predict_proba"):
        distil(FOREST, Perceptron(), decision_threshold=0.3).fit(X, y)


@pytest.mark.parametrize("wanted", [-0.1, 1.1, "auto", [0.5]])
def test_no_threshold_at_all(wanted):
    with pytest.raises(ValueError, match="'decision_threshold' parameter"):
        distil(FOREST, decision_threshold=wanted).fit(X, y)
