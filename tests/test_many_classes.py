"""Many classes: what costs a tree or an input a class is bounded."""

import numpy as np
import pytest
from clocks import stopped
from labelled import classes, labelled
from numpy.testing import assert_array_equal
from sklearn.datasets import make_blobs
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, TabularEncoder
from sklearn_kd._rows import rows_without_label
from sklearn_kd._run.budget import most_synthetic
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._task import Classification
from sklearn_kd._task.link import teacher_logits
from sklearn_kd._task.scores import MOST_TARGETS
from sklearn_kd.pool._booster import booster_of, fit_booster
from sklearn_kd.pool._members import label_in_time
from sklearn_kd.students.encoder._targets import target_scores
from sklearn_kd.targets import SoftTargets
from sklearn_kd.teachers import Context
from sklearn_kd.teachers.default import _ensemble as _default
from sklearn_kd.teachers.default._ensemble import default_teachers, small_booster

COLUMNS = np.zeros((900, 4))


def blobs(n_classes, each=8):
    n_rows = n_classes * each
    return make_blobs(n_rows, 6, centers=n_classes, cluster_std=3, random_state=0)


# ---- which boosting


def test_up_to_ten_classes_there_is_a_small_booster():
    for n_classes in (2, 10):
        booster = small_booster(COLUMNS, classes(n_classes))
        assert type(booster) is HistGradientBoostingClassifier
        assert booster.max_iter == 60
        assert booster.max_leaf_nodes == 15
        assert booster.learning_rate == 0.1
    assert small_booster(COLUMNS, classes(11)) is None


def test_leaves_with_a_number_a_class_do_not_fill_the_memory():
    (trees,) = default_teachers(np.zeros((8000, 4)), classes(2000))
    assert trees.n_estimators == 10


def test_the_default_ensemble_boosts_up_to_thirty_classes():
    assert len(default_teachers(COLUMNS, classes(30))) == 3
    (trees,) = default_teachers(COLUMNS, classes(31))
    assert type(trees) is ExtraTreesClassifier
    assert trees.n_estimators == 100


# ---- under a time limit


def in_time(seconds=None):
    X, y = blobs(3)
    context = Context(deadline=Deadline(seconds), seed=0)
    rows, _ = labelled(X, y, np.arange(3))
    rows = rows.with_soft(SoftTargets(rows.task.nearly_hot(y), rows.task.classes))
    return X, fit_booster(booster_of(rows, 0), rows, 0, context)


@pytest.fixture
def small_booster_of_20(monkeypatch):
    monkeypatch.setattr(_default, "_SMALL", (20, 15))


@pytest.mark.usefixtures("small_booster_of_20")
def test_with_time_enough_slices_are_the_whole(monkeypatch):
    stopped(monkeypatch)
    X, whole = in_time()
    _, sliced = in_time(100)
    assert_array_equal(sliced.teacher.predict_proba(X), whole.teacher.predict_proba(X))
    assert not sliced.teacher.warm_start


@pytest.mark.usefixtures("small_booster_of_20")
@pytest.mark.parametrize(("seconds", "done"), [(30, 11), (18, None)])
def test_rounds_end_at_half_the_limit(monkeypatch, seconds, done):
    clock = stopped(monkeypatch)
    kind = type(below_hooks(HistGradientBoostingClassifier()))
    fit, before = kind.fit, []

    def slow(self, *args, **params):
        clock.now += self.max_iter - (before[-1] if before else 0)
        before.append(self.max_iter)
        return fit(self, *args, **params)

    monkeypatch.setattr(kind, "fit", slow)
    _, booster = in_time(seconds)
    assert clock.now <= seconds / 2
    assert (booster and before[-1]) == done


def test_a_member_that_would_predict_too_long_is_left_out(monkeypatch):
    clock = stopped(monkeypatch)
    X, booster = in_time()
    context = Context(deadline=Deadline(10))

    class Slow:
        def label_synthetic(self, rows, *args, **names):
            clock.now += len(rows) / 500
            return booster.label(rows.X, rows.task, context)

    rows = np.repeat(X, 100, axis=0)
    origin = np.zeros(len(rows), int)
    made = rows_without_label(rows, Classification(np.arange(3)), 1.0, origin)
    answers = label_in_time(Slow(), made.first(1000), X, "booster", context)
    assert len(answers) == 1000
    assert label_in_time(Slow(), made, X, "booster", context) is None


# ---- the encoder, and the rows


def test_an_encoder_learns_from_a_bounded_number_of_targets():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(100), size=200)
    mixed = target_scores(SoftTargets(proba, np.arange(100)))
    assert mixed.shape == (200, MOST_TARGETS)
    logits = teacher_logits(proba)
    near, far = (
        [np.linalg.norm(x[i] - x[j]) for x in (mixed, logits)]
        for i, j in ((0, 1), (2, 3))
    )
    for ours, theirs in (near, far):
        assert ours == pytest.approx(theirs, rel=0.4)
    few = target_scores(
        SoftTargets(proba[:, :32] / proba[:, :32].sum(1)[:, None], np.arange(32))
    )
    assert few.shape == (200, 32)


def test_a_nominal_column_has_as_many_targets_at_most():
    X, y = blobs(50)
    X = np.char.mod("%d", X[:, :2].round()).astype(object)
    encoder = TabularEncoder().fit(X, y)
    widths = [scores.shape[1] for _, scores in encoder.level_scores_.values()]
    assert widths == [MOST_TARGETS] * 2


def test_synthetic_rows_have_so_many_probabilities():
    assert most_synthetic(8000, 20, 10) > 300_000
    assert most_synthetic(8000, 20, 2000) == 16_000
    assert most_synthetic(500, 20, 2000) == 15_000


def test_a_student_of_a_hundred_classes():
    X, y = blobs(100, 6)
    teacher = GaussianNB().fit(X, y)
    student = MLPStudent((32,), max_iter=10, random_state=0)
    model = DistilledClassifier(
        teacher, student, transfer=MungeSampler(4000), random_state=0
    )
    assert (model.fit(X, y).predict(X) == teacher.predict(X)).mean() > 0.5
