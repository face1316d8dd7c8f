"""``out_of_sample=`` of ``Pool``: which teacher labels synthetic rows."""

from contextlib import nullcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, Validated
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
)
from sklearn.tree import DecisionTreeClassifier
from teacher_alone import alone, distil

from sklearn_kd import MLPStudent
from sklearn_kd.transfer import MungeSampler


def make_table(n_samples, flipped, seed):
    """Rows that begin with their number, and two classes, some flipped."""
    rng = np.random.default_rng(seed)
    X = np.c_[np.arange(n_samples), rng.normal(size=(n_samples, 3))]
    y = (X[:, 1] + 0.5 * X[:, 2] > 0.2).astype(int)
    return X, np.where(rng.random(n_samples) < flipped, 1 - y, y)


X, y = make_table(300, 0.3, seed=0)
FOREST = RandomForestClassifier(30, random_state=0).fit(X, y)
BAGGING = BaggingClassifier(DecisionTreeClassifier(), 20, random_state=0).fit(X, y)
BOOSTER = HistGradientBoostingClassifier(max_iter=10).fit(X, y)


class Shifted:
    """Each row twice, a little to the side: its number gives its source."""

    def fit(self, X):
        self.X = X
        return self

    def sample(self):
        source = np.tile(np.arange(len(self.X)), 2)
        X_new = self.X[source]
        X_new[:, 1] += 0.01
        return X_new, source


SOURCE = np.tile(np.arange(len(X)), 2)
ROWS = X[SOURCE] + [0, 0.01, 0, 0]


def labels_of(teacher, out_of_sample, **params):
    """Soft targets of the synthetic rows."""
    params = {
        "transfer": Shifted(),
        "random_state": 0,
        "objective": alone(out_of_sample=out_of_sample),
    } | params
    distilled = distil(teacher, Recorder(), **params).fit(X, y)
    soft = distilled.student_.soft_
    assert_array_equal(distilled.student_.X_[-len(ROWS) :], ROWS)
    return soft.proba[-len(ROWS) :]


def out_of_bag(ensemble):
    """Average over the members that did not see the source, one row after the other."""
    total, count = np.zeros((len(ROWS), 2)), np.zeros(len(ROWS))
    for member, seen in zip(
        ensemble.estimators_, ensemble.estimators_samples_, strict=True
    ):
        chosen = ~np.isin(SOURCE, seen)
        total[chosen] += member.predict_proba(ROWS[chosen])
        count += chosen
    assert count.all()
    return total / count[:, None]


def names_of(teachers):
    return [type(teacher).__name__ for teacher in teachers]


# ---- fitted forests and bagging


@pytest.mark.parametrize("teacher", [FOREST, BAGGING], ids=names_of([FOREST, BAGGING]))
def test_members_that_did_not_see_the_source_label_it(teacher):
    expected = out_of_bag(teacher)
    assert_allclose(labels_of(teacher, True), expected, atol=1e-6)
    assert_allclose(labels_of(FrozenEstimator(teacher), True), expected, atol=1e-6)
    whole = teacher.predict_proba(ROWS)
    assert_allclose(labels_of(teacher, False), whole, atol=1e-6)
    own = y[SOURCE]
    at = np.arange(len(ROWS)), own
    assert whole[at].mean() > expected[at].mean() + 0.15  # what was memorised


def test_an_unfitted_forest_needs_no_folds():
    fitted = RandomForestClassifier(30, random_state=7).fit(X, y)
    unfitted = RandomForestClassifier(30, random_state=7)
    assert_allclose(labels_of(unfitted, True), out_of_bag(fitted), atol=1e-6)


def test_sources_are_found_although_rows_are_split_off():
    """The sampler counts the rows that it gets, the forest those it was fitted on."""
    distilled = distil(
        FOREST,
        Validated(),
        transfer=Shifted(),
        objective=alone(out_of_sample=True),
        random_state=0,
    )
    student = distilled.fit(X, y).student_
    synthetic = student.X_[-distilled.n_transfer_rows_ :]
    source = synthetic[:, 0].astype(int)
    assert 0 < len(source) < len(SOURCE)
    expected = out_of_bag(FOREST)[source]
    assert_allclose(student.soft_.proba[-len(source) :], expected, atol=1e-6)


# ---- folds


class Memoriser(ClassifierMixin, BaseEstimator):
    """It predicts 1 for rows that it was fitted on, whatever their label."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.seen_ = X[:, 0]
        return self

    def predict_proba(self, X):
        seen = np.isin(X[:, 0], self.seen_)
        return np.c_[np.where(seen, 0.1, 0.9), np.where(seen, 0.9, 0.1)]


@pytest.mark.parametrize(
    "cv",
    [3, KFold(4, shuffle=True), RepeatedStratifiedKFold(n_splits=3, n_repeats=2)],
    ids=["3", "shuffled", "repeated"],
)
def test_the_teacher_of_its_fold_labels_a_synthetic_row(cv):
    assert_allclose(labels_of(Memoriser(), True, cv=cv)[:, 1], 0.1, atol=1e-6)
    assert_allclose(labels_of(Memoriser(), False, cv=cv)[:, 1], 0.9, atol=1e-6)


def test_groups_stay_together_in_synthetic_rows_too():
    groups = np.arange(len(X)) // 10

    class Group(Memoriser):
        def predict_proba(self, X):
            seen = np.isin(X[:, 0] // 10, self.seen_ // 10)
            return np.c_[1 - seen, seen]

    distilled = distil(
        Group(),
        Recorder(),
        cv=GroupKFold(3),
        transfer=Shifted(),
        objective=alone(out_of_sample=True),
    )
    student = distilled.fit(X, y, groups=groups).student_
    assert_array_equal(student.soft_.proba[:, 1], 0)


def test_a_forest_with_folds_predicts_by_folds():
    """Out-of-fold comes before out-of-bag, as for the training rows."""
    forest, folds = RandomForestClassifier(10, random_state=0), StratifiedKFold(3)
    expected = np.empty((len(ROWS), 2))
    for train, test in folds.split(X, y):
        chosen = np.isin(SOURCE, test)
        fitted = clone(forest).fit(X[train], y[train])
        expected[chosen] = fitted.predict_proba(ROWS[chosen])
    assert_allclose(labels_of(forest, True, cv=folds), expected, atol=1e-6)


# ---- several teachers


def test_each_of_several_teachers_predicts_in_its_own_way():
    weights = [3, 1]
    both = labels_of([FOREST, BAGGING], True, teacher_weights=weights)
    expected = 0.75 * out_of_bag(FOREST) + 0.25 * out_of_bag(BAGGING)
    assert_allclose(both, expected, atol=1e-6)


def test_auto_uses_those_with_out_of_sample_predictions():
    noisy, y_noisy = make_table(600, 0.3, seed=0)
    forest = RandomForestClassifier(100, random_state=0).fit(noisy[:, 1:], y_noisy)
    booster = HistGradientBoostingClassifier(max_iter=10).fit(noisy[:, 1:], y_noisy)

    def proba(teacher, out_of_sample):
        distilled = distil(
            teacher,
            Recorder(),
            transfer=MungeSampler(1000),
            objective=alone(out_of_sample=out_of_sample),
            random_state=0,
        )
        return distilled.fit(noisy[:, 1:], y_noisy).student_.soft_.proba[-1000:]

    mixed = proba([forest, booster], "auto")
    each = proba(forest, True), proba(booster, "auto")
    assert_allclose(mixed, (each[0] + each[1]) / 2, atol=1e-6)


# ---- those that cannot


@pytest.mark.parametrize(
    "teacher",
    [
        BOOSTER,
        [FOREST, BOOSTER],
        clone(BOOSTER),
        RandomForestClassifier(5, bootstrap=False),
        ExtraTreesClassifier(5),
        RandomForestClassifier(20, random_state=1).fit(X[::-1], y[::-1]),
        RandomForestClassifier(20, random_state=1).fit(X[:-1], y[:-1]),
    ],
    ids=[
        *["booster", "one of two", "unfitted", "no bootstrap", "extra trees"],
        *["another order", "other rows"],
    ],
)
def test_true_is_an_error_without_out_of_sample_predictions(teacher):
    message = "out_of_sample=True, but no part of the teacher (HistG|Rand|ExtraT).* cv="
    with pytest.raises(ValueError, match=message):
        labels_of(teacher, True)
    has_a_choice = isinstance(teacher, list)
    chooses = pytest.warns(UserWarning, match="no neighbors_")
    with chooses if has_a_choice else nullcontext():
        assert len(labels_of(teacher, "auto")) == len(ROWS)


@pytest.mark.parametrize("out_of_sample", ["yes", 0.5, None])
def test_other_values_are_refused(out_of_sample):
    with pytest.raises(ValueError, match="'out_of_sample' parameter of Pool"):
        labels_of(FOREST, out_of_sample)


# ---- auto


@pytest.mark.parametrize("cv", [None, 3])
@pytest.mark.parametrize(
    ("flipped", "choice"),
    [(0.3, "out of sample"), (0.0, "by the whole teacher")],
    ids=["noisy", "clean"],
)
def test_auto_looks_whether_has_memorised_noise(flipped, choice, cv, capsys):
    X, y = make_table(600, flipped, seed=1)
    X = X[:, 1:]
    teacher = RandomForestClassifier(50, random_state=0)
    teacher = teacher.fit(X, y) if cv is None else teacher
    rows = {}
    for out_of_sample in ("auto", True, False):
        distilled = distil(
            teacher,
            Recorder(),
            transfer=MungeSampler(1000),
            objective=alone(out_of_sample=out_of_sample),
            cv=cv,
            verbose=out_of_sample == "auto",
            random_state=0,
        )
        rows[out_of_sample] = distilled.fit(X, y).student_.soft_.proba[-1000:]
    assert_array_equal(rows["auto"], rows[flipped > 0])
    assert np.abs(rows[True] - rows[False]).max() > 0.05
    out = capsys.readouterr().out
    assert "residuals of RandomForestClassifier have Moran's I" in out
    assert f"synthetic rows are labelled {choice}\n" in out


def test_auto_needs_neighbours_to_look_at(capsys):
    """Without them the whole teacher labels, and a message names what to do."""
    advice = "no neighbors_.*Pool.out_of_sample=True. .*or Pool.out_of_sample=False"
    with pytest.warns(UserWarning, match=advice) as caught:
        whole = labels_of(FOREST, "auto", verbose=1)
    assert [warning.filename for warning in caught] == [__file__]
    assert_allclose(whole, FOREST.predict_proba(ROWS), atol=1e-6)
    out = capsys.readouterr().out
    assert "Moran" not in out
    assert "the sampler has no neighbors_: synthetic rows are labelled by the" in out


def test_nothing_is_said_of_neighbours_where_all_teachers_are_whole():
    """A booster has no out-of-sample predictions: there is nothing to choose."""
    labels_of(BOOSTER, "auto")


def test_a_student_of_out_of_sample_labels_is_better_where_labels_are_noise():
    losses = {True: [], False: []}
    for seed in range(3):
        X, y = make_table(500, 0.3, seed)
        X_test, y_test = make_table(3000, 0.3, seed + 100)
        forest = RandomForestClassifier(50, random_state=seed).fit(X[:, 1:], y)
        for out_of_sample, found in losses.items():
            distilled = distil(
                forest,
                MLPStudent((32,), max_iter=20),
                transfer=MungeSampler(4000),
                objective=alone(out_of_sample=out_of_sample),
                random_state=seed,
            )
            proba = distilled.fit(X[:, 1:], y).predict_proba(X_test[:, 1:])
            found.append(log_loss(y_test, proba))
    sound, plain = np.array(losses[True]), np.array(losses[False])
    assert (sound < plain).all()
    assert sound.mean() < plain.mean() - 0.01


def test_booleans_of_numpy():
    assert_array_equal(labels_of(FOREST, np.True_), labels_of(FOREST, True))
    for off in (False, np.False_):
        distilled = distil(
            FOREST, Recorder(), transfer=Shifted(), objective=alone(out_of_sample=off)
        )
        assert len(distilled.fit(X, y).student_.X_) == len(ROWS)
    with pytest.raises(ValueError, match="out_of_sample=True"):
        labels_of(BOOSTER, np.True_)
