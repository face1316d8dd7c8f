"""Which class a column of a teacher stands for, and classes that only one side has."""

import warnings

import numpy as np
import pandas as pd
import pytest
from fitted_teachers import FittedModel, X, forest, y
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from wine import distil
from xgboost import XGBClassifier

# ---- which class a column stands for


def test_teacher_classes_count_more_than_codes():
    """XGBoost takes 0, 1, 2 for labels, and has them as ``classes_``."""
    names = np.array(["high", "low", "mid"])
    teacher = XGBClassifier(n_estimators=5, n_jobs=1).fit(X, y)
    with pytest.raises(ValueError, match="lacks 3 of the 3 classes"):
        distil(teacher).fit(X, names[y])
    distilled = distil(teacher, teacher_classes=names)
    soft = soft_targets(distilled, X, names[y])
    assert_allclose(soft, teacher.predict_proba(X), atol=1e-7)


def test_a_frame_may_name_its_columns_by_strings():
    """Some frames have no other names (polars), some files neither."""

    def strings(proba):
        return pd.DataFrame(proba, columns=["2", "0", "1"])

    teacher = FittedModel(forest(), form=strings)
    expected = forest().predict_proba(X)
    assert_allclose(soft_targets(distil(teacher), X, y), expected, atol=1e-7)
    pair = distil([teacher, forest()])
    assert_allclose(soft_targets(pair, X, y), expected, atol=1e-7)
    assert_allclose(pair.teacher_.predict_proba(X), expected, atol=1e-12)


# ---- classes that only one side has


def answers(proba, classes):
    """A fitted teacher that gives these probabilities, for any rows."""

    class Table:
        def predict_proba(self, X):
            return proba[X[:, 0].astype(int)]

    teacher = Table()
    teacher.classes_ = classes
    return teacher


ROWS = np.c_[np.arange(40.0), np.arange(40.0) % 7]
LABELS = np.arange(40) % 4
SURE = 0.9 * np.eye(4)[LABELS] + 0.025


def test_a_class_that_the_teacher_lacks_has_probability_0():
    three = SURE[:, :3] / SURE[:, :3].sum(axis=1, keepdims=True)
    soft = soft_targets(distil(answers(three, [0, 1, 2])), ROWS, LABELS)
    assert_allclose(soft[:, :3], three, atol=1e-7)
    assert_array_equal(soft[:, 3], 0)
    with pytest.raises(ValueError, match="lacks 3 of the 4 classes in y"):
        distil(answers(np.ones((40, 1)), [0])).fit(ROWS, LABELS)


@pytest.mark.parametrize("outside", [0.04, 0.06])
def test_a_class_that_only_the_teacher_knows(outside):
    """Its mass is removed and the rest renormalised, up to 5 % in the mean."""
    wide = np.c_[np.full(40, outside), SURE * (1 - outside)]
    distilled = distil(answers(wide, [9, 0, 1, 2, 3]))
    if outside > 0.05:
        with pytest.raises(ValueError, match=r"puts 6.0% of its mass on classes"):
            distilled.fit(ROWS, LABELS)
    else:
        assert_allclose(soft_targets(distilled, ROWS, LABELS), SURE, atol=1e-7)


def test_a_row_with_all_mass_outside_learns_its_label():
    wide = np.c_[np.zeros(40), SURE]
    wide[5] = [1, 0, 0, 0, 0]
    distilled = distil(answers(wide, [9, 0, 1, 2, 3]))
    with pytest.warns(UserWarning, match="all mass on classes .* for 1 of 40 rows"):
        soft = soft_targets(distilled, ROWS, LABELS)
    assert_array_equal(soft[5], np.eye(4)[LABELS[5]])
    assert_allclose(np.delete(soft, 5, axis=0), np.delete(SURE, 5, axis=0), atol=1e-7)


def test_rows_without_a_prediction_do_not_count_among_several():
    wide = np.c_[np.zeros(40), SURE]
    wide[5] = [1, 0, 0, 0, 0]
    pair = [answers(wide, [9, 0, 1, 2, 3]), answers(SURE[:, ::-1], [3, 2, 1, 0])]
    distilled = distil(pair, Recorder()).fit(ROWS, LABELS, X_unlabeled=ROWS[3:8])
    soft = distilled.student_.soft_.proba
    assert_allclose(soft, np.vstack([SURE, SURE[3:8]]), atol=1e-7)
    assert_allclose(distilled.teacher_.predict_proba(ROWS), SURE, atol=1e-12)


def test_rows_of_weight_0_say_nothing_about_the_match():
    """Their labels are no classes, so the teacher's mass for them lies outside."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distilled = distil(forest()).fit(X, y, sample_weight=(y < 2).astype(float))
    assert_array_equal(distilled.classes_, [0, 1])


def test_a_teacher_may_spell_integers_otherwise():
    """1, 1.0, np.int8(1) and True are one label: they are equal."""
    labels = LABELS % 2
    two = np.c_[0.1 + 0.8 * (labels == 0), 0.1 + 0.8 * (labels == 1)]
    for classes in ([0.0, 1.0], np.array([0, 1], dtype=np.int8), [False, True]):
        soft = soft_targets(distil(answers(two, classes)), ROWS, labels)
        assert_allclose(soft, two, atol=1e-7)


def test_teacher_classes_count_before_the_codes_of_an_encoded_teacher():
    teacher = XGBClassifier(n_estimators=5).fit(X, y)
    labels = ["setosa", "versicolor", "virginica"]
    names = np.array(labels)[y]
    model = distil(teacher, teacher_classes=labels).fit(X, names)
    assert model.score(X, names) > 0.9
    with pytest.raises(ValueError, match=r"expected \(n_samples, 2\)"):
        distil(teacher, teacher_classes=labels[:2]).fit(X, names)


def test_teacher_classes_do_not_rename_a_teacher_that_is_fitted_here():
    X, y = make_classification(300, 6, n_informative=4, random_state=0)
    labels = np.where(y, "yes", "no")
    teacher = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.2, pos_label="no"
    )
    models = [
        distil(
            teacher,
            LogisticRegression(),
            decision_threshold="teacher",
            teacher_classes=names,
        ).fit(X, labels)
        for names in (None, ["yes", "no"])
    ]
    assert_array_equal(models[0].predict(X), models[1].predict(X))
    assert (models[1].predict(X) == "no").mean() > 0.7
