"""The task: what makes this classification, in one object."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from own_losses import OfAnotherTask
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from sklearn_kd import MLPStudent
from sklearn_kd._task import Classification
from sklearn_kd._task.link import teacher_logits
from sklearn_kd.losses import LOSSES
from sklearn_kd.losses._registry import LossNames

LABELS = np.array(["b", "c", "a", "b"])


@pytest.fixture
def task():
    return Classification(np.array(["a", "b", "c"]))


def test_codes_and_outputs_are_labels_again(task):
    codes = task.encode(LABELS)
    assert_array_equal(task.labels(codes), LABELS)
    assert_array_equal(task.decide(task.hot(codes, float)), LABELS)


def test_a_label_of_another_class_is_refused_unless_its_row_is_absent(task):
    labels = np.array(["a", "z"])
    with pytest.raises(ValueError, match="not among the classes"):
        task.encode(labels)
    assert task.encode(labels, np.array([True, False]))[0] == 0


def test_classes_are_those_of_rows_with_a_weight():
    X, y, weight = np.zeros((3, 1)), ["a", "b", "z"], [1.0, 2.0, 0.0]
    task, codes, read = Classification.read(MLPStudent(), X, y, weight)
    assert task.classes.tolist() == ["a", "b"]
    assert codes[:2].tolist() == [0, 1]
    assert read.tolist() == weight


def test_the_link_undoes_the_logits(task):
    outputs = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    for rows in (outputs, outputs[:1]):
        assert_allclose(task.link(teacher_logits(rows), None), rows)
        assert_allclose(np.exp(task.log_link(teacher_logits(rows), None)), rows)
    assert_allclose(task.link(task.start(outputs[0])[None], None), outputs[:1])


@pytest.mark.parametrize("n_rows", [1, 2])
def test_the_link_refuses_nan(task, n_rows):
    with pytest.raises(ValueError, match=r"This MLPStudent predicts NaN or infinity"):
        task.link(np.full((n_rows, 3), np.nan), MLPStudent())


def test_a_teacher_of_other_classes_is_read_into_ours():
    X, y = load_wine(return_X_y=True)
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    task = Classification(np.array([1, 2, 7]))
    outputs, columns = task.predict_by(forest, X)
    answers = task.align(outputs, columns)
    assert answers.outputs.dtype == np.float32
    assert answers.known.tolist() == [True, True, False]
    assert_allclose(answers.outside, forest.predict_proba(X)[:, 0], atol=1e-6)


def test_a_loss_of_another_task_does_not_fit(task, monkeypatch):
    names = LossNames(task.name)
    assert set(names) == {"kl", "mse_logit", "dkd", "kl_standardized"}
    monkeypatch.setitem(LOSSES, "other", OfAnotherTask)
    assert "other" not in names
