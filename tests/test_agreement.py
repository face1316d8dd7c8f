"""agreement_score compares labels, and refuses answers that are none."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.datasets import load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression

from sklearn_kd.inspection import agreement_score

X, y = load_wine(return_X_y=True)


class Says:
    """A model that always predicts the same."""

    def __init__(self, labels, classes=None):
        self.labels = labels
        if classes is not None:
            self.classes_ = classes

    def predict(self, X):
        return self.labels


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (np.array(["1", "2"]), "teacher text, such as '1'"),
        (np.array([b"1", b"2"], object), "teacher bytes, such as b'1'"),
    ],
)
def test_numbers_are_not_compared_with_the_text_they_look_like(labels, says):
    with pytest.raises(ValueError, match=f"predicts numbers, such as 1, and {says}"):
        agreement_score(Says([1, 2]), Says(labels), None)


def test_labels_of_a_model_without_classes_are_compared():
    assert agreement_score(Says([1, 2]), Says([True, 3.0]), None) == 0.5
    assert agreement_score(Says(["a"]), Says(np.array(["a"], object)), None) == 1
    assert agreement_score(Says([0.5]), Says([0.5], [0.5, 1.5]), None) == 1


def test_probabilities_and_numbers_of_a_regressor_are_no_labels():
    two = y > 0
    student = LogisticRegression(max_iter=5).set_params(tol=1).fit(X[two], y[two])
    boosters = [
        LGBMClassifier(n_estimators=2, verbose=-1).fit(X[rows], y[rows]).booster_
        for rows in (two, y >= 0)
    ]
    for other, match in [
        (boosters[0], r"Booster gives the number 0\.\d+, which is none of the classes"),
        (boosters[1], r"answers of shape \(178, 3\). Pass a classifier"),
        (LinearRegression().fit(X, y), "the regressor LinearRegression"),
    ]:
        for pair in [(student, other), (other, student)]:
            with pytest.raises(TypeError, match=match):
                agreement_score(*pair, X)


def test_labels_in_a_column_are_labels():
    column = Says(np.array([[1], [2], [1]]))  # as CatBoost has it
    assert agreement_score(Says([1, 1, 1]), column, None) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="3 labels, and that of teacher 2"):
        agreement_score(Says([1, 2, 1]), Says([1, 2]), None)
