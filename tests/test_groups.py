"""``groups``: rows that belong together are on one side of the validation split."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from given_rows import on_given_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from recorder import Recorder, Validated
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier

from sklearn_kd import MLPStudent, SkorchStudent
from sklearn_kd._task.strata import group_mask
from sklearn_kd.students.mlp import _base as home
from sklearn_kd.torch import TabularMLP

TEACHER = LogisticRegression()


def panel(seed, n_groups=60, n_each=10):
    """Rows of a group are nearly one, and have one label."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(n_groups, 10))
    labels = (base[:, 0] + rng.normal(size=n_groups) > 0).astype(int)
    groups = np.repeat(np.arange(n_groups), n_each)
    X = base[groups] + 0.05 * rng.normal(size=(len(groups), 10))
    return X, labels[groups], groups


X, Y, GROUPS = panel(0)
SMALL = MLPStudent((16,), max_iter=3, random_state=0)


def assert_parted(X_train, X_val, share=0.1):
    """No group on both sides, and about the share that was requested."""
    place = {tuple(row): group for row, group in zip(X.tolist(), GROUPS, strict=True)}
    sides = [{place[tuple(row)] for row in X.tolist()} for X in (X_train, X_val)]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 60
    assert len(X_val) == pytest.approx(share * len(X), abs=10)


# ---- which groups are chosen


@given(data=st.data(), fraction=st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=150, deadline=None)
def test_no_group_is_on_both_sides_and_no_class_vanishes(data, fraction):
    n_rows = data.draw(st.integers(1, 40))
    numbers = st.lists(st.integers(0, 12), min_size=n_rows, max_size=n_rows)
    groups = np.unique(data.draw(numbers), return_inverse=True)[1]
    codes = np.unique(np.array(data.draw(numbers)) // 5, return_inverse=True)[1]
    mask = group_mask(codes, groups, fraction, 0)
    assert not set(groups[mask]) & set(groups[~mask])
    assert_array_equal(np.unique(codes[~mask]), np.unique(codes))
    # a group is taken while rows are missing, so the last one may be too many
    assert mask.sum() <= max(
        0.5 * n_rows, fraction * n_rows + np.bincount(groups).max()
    )


@pytest.mark.parametrize("n_groups", [20, 200, 2000])
def test_classes_keep_their_shares(n_groups):
    rng = np.random.default_rng(0)
    groups = rng.integers(n_groups, size=4000)
    groups = np.unique(groups, return_inverse=True)[1]
    codes = (rng.random(4000) < 0.2 + 0.1 * (groups % 5)).astype(int)
    mask = group_mask(codes, groups, 0.2, 0)
    for code in (0, 1):
        assert mask[codes == code].mean() == pytest.approx(0.2, abs=1 / n_groups + 0.01)
    assert (mask != group_mask(codes, groups, 0.2, 1)).any()


@pytest.mark.parametrize(
    ("groups", "n_validation"),
    [
        ([0] * 40, 0),  # one group cannot be parted
        ([0] * 20 + [1] * 20, 20),
        ([0] * 25 + [1] * 15, 15),  # the smaller one, and half of the rows at most
        ([0] * 39 + [1], 1),
        ([0] * 19 + [1] * 10 + [2] * 11, 10),
    ],
)
def test_few_groups(groups, n_validation):
    codes = np.arange(40) % 2
    assert group_mask(codes, np.array(groups), 0.1, 0).sum() == n_validation


def test_a_class_of_one_group_stays_in_training():
    groups, codes = np.arange(40) // 4, np.arange(40) // 20
    codes[:4] = 2
    for seed in range(20):
        mask = group_mask(codes, groups, 0.3, seed)
        assert mask.any()
        assert not mask[:4].any()


# ---- which models get them


@pytest.mark.parametrize("soft", [False, True])
def test_the_student_keeps_groups_together(soft, monkeypatch):
    seen, own = [], home.fit_network

    def watched(model, train, validation, *rest):
        seen.append((train.X, validation.X))
        return own(model, train, validation, *rest)

    monkeypatch.setattr(home, "fit_network", watched)
    if soft:
        on_given_rows(TEACHER, SMALL, random_state=0).fit(X, Y, groups=GROUPS)
    else:
        clone(SMALL).fit(X, Y, groups=GROUPS)
    assert_parted(*seen[0])


@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("cv", [None, GroupKFold(3)])
def test_a_distilled_student_gets_whole_groups(alpha, cv):
    model = on_given_rows(TEACHER, Validated(random_state=0), alpha=alpha, cv=cv)
    student = model.fit(X, Y, groups=GROUPS).student_
    assert_parted(student.X_, student.X_val_, share=0.2)


def test_a_net_gets_whole_groups():
    seen = []

    class Watched(NeuralNetClassifier):
        def fit_loop(self, X, y=None, **params):
            parts = self.get_split_datasets(X, y)
            seen.append([np.asarray(part.X) for part in parts])
            return super().fit_loop(X, y, **params)

    net = Watched(TabularMLP, max_epochs=1, verbose=0)
    frozen = StandardScaler(with_mean=False, with_std=False)
    SkorchStudent(net, encoder=frozen, random_state=0).fit(X, Y, groups=GROUPS)
    full = {tuple(row.astype("f4")): tuple(row) for row in X}
    assert_parted(*[np.array([full[tuple(row)] for row in part]) for part in seen[0]])


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("wrap", [lambda student: student, make_pipeline])
def test_histogram_boosting_gets_whole_groups(alpha, wrap):
    seen = []

    class Watched(HistGradientBoostingClassifier):
        def fit(
            self, X, y, sample_weight=None, *, X_val=None, y_val=None,
            sample_weight_val=None,
        ):  # fmt: skip
            seen.append((X, X_val))
            return super().fit(
                X,
                y,
                sample_weight,
                X_val=X_val,
                y_val=y_val,
                sample_weight_val=sample_weight_val,
            )

    student = wrap(Watched(max_iter=3, early_stopping=True))
    model = on_given_rows(TEACHER, student, alpha=alpha, random_state=0)
    model.fit(X, Y, groups=GROUPS)
    assert_parted(*[np.unique(part, axis=0) for part in seen[0]])


def test_rows_of_weight_0_have_no_say():
    weight = np.arange(len(Y)) % 5 > 0
    model = on_given_rows(TEACHER, SMALL, random_state=0)
    one = clone(model).fit(X, Y, sample_weight=weight, groups=GROUPS)
    other = clone(model).fit(X[weight], Y[weight], groups=GROUPS[weight])
    assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize(
    "groups",
    [
        GROUPS.astype(str),
        list(GROUPS),
        pd.Series(GROUPS),
        pd.Series(GROUPS).astype("category"),
        pd.to_datetime(GROUPS, unit="D"),
        GROUPS.astype(np.float32) - 0.5,
        np.array([f"g{g}" if g % 2 else int(g) for g in GROUPS], dtype=object),
    ],
    ids=["strings", "list", "series", "category", "dates", "floats", "mixed"],
)
def test_groups_of_any_type(groups):
    expected = clone(SMALL).fit(X, Y, groups=GROUPS).predict_proba(X)
    assert_array_equal(clone(SMALL).fit(X, Y, groups=groups).predict_proba(X), expected)
    model = on_given_rows(TEACHER, SMALL, random_state=0)
    one, other = (clone(model).fit(X, Y, groups=g) for g in (groups, GROUPS))
    assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        (GROUPS[:-1], ValueError, r"groups has shape \(599,\), expected .* 600 rows"),
        (np.c_[GROUPS, GROUPS], ValueError, r"groups has shape \(600, 2\)"),
        (3, ValueError, r"groups has shape \(\)"),
        (np.where(GROUPS == 1, np.nan, GROUPS), ValueError, "groups contains NaN: 10"),
        ([None, *GROUPS[1:]], ValueError, "groups contains NaN: 1 of 600"),
        (
            np.where(GROUPS == 1, "NaT", "2020-01-01").astype("M8[ns]"),
            ValueError,
            "groups contains NaN: 10",
        ),
        (
            pd.Series([[g] for g in GROUPS]),
            TypeError,
            "groups holds values that cannot be compared",
        ),
    ],
    ids=["short", "two columns", "scalar", "NaN", "None", "NaT", "lists"],
)
@pytest.mark.parametrize(
    "model", [SMALL, on_given_rows(TEACHER, SMALL)], ids=["student", "distilled"]
)
def test_groups_that_are_none_are_refused(model, groups, error, message):
    with pytest.raises(error, match=message):
        clone(model).fit(X, Y, groups=groups)


# ---- wrappers


def test_cross_validation_slices_groups():
    folds = cross_validate(
        SMALL,
        X,
        Y,
        groups=GROUPS,
        cv=GroupShuffleSplit(2, random_state=0),
        params={"groups": GROUPS},
        return_estimator=True,
        return_indices=True,
    )
    for model, rows in zip(folds["estimator"], folds["indices"]["train"], strict=True):
        alone = clone(SMALL).fit(X[rows], Y[rows], groups=GROUPS[rows])
        assert_array_equal(model.predict_proba(X), alone.predict_proba(X))


@pytest.mark.parametrize(
    "model",
    [SMALL, on_given_rows(TEACHER, SMALL, random_state=0)],
    ids=["student", "distilled"],
)
def test_metadata_routing_hands_groups_on(model):
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(model).set_fit_request(groups=True)
        pipeline = make_pipeline(StandardScaler(), asking)
        scores = cross_val_score(
            pipeline, X, Y, cv=GroupKFold(2), params={"groups": GROUPS}
        )
        assert np.isfinite(scores).all()
        routed = pipeline.fit(X, Y, groups=GROUPS).predict_proba(X)
    scaled = StandardScaler().fit_transform(X)
    alone = clone(model).fit(scaled, Y, groups=GROUPS).predict_proba(scaled)
    assert_array_equal(routed, alone)


def test_students_without_validation_rows_are_left_alone():
    for student in (Recorder(), LogisticRegression()):
        on_given_rows(TEACHER, student).fit(X, Y, groups=GROUPS)
    plain = clone(SMALL).set_params(early_stopping=False)
    one, other = (clone(plain).fit(X, Y, groups=g) for g in (None, GROUPS))
    assert_array_equal(one.predict_proba(X), other.predict_proba(X))


# ---- what it is for


def test_a_student_of_a_panel_is_stopped_in_time():
    """Validation rows of groups that are in training as well stop it too late."""
    X, y, groups = panel(3)
    X_test, y_test, _ = panel(13, 200, 2)
    student = MLPStudent((32,), max_iter=40, n_iter_no_change=10, random_state=0)
    losses = []
    for known in (None, groups):
        model = clone(student).fit(X, y, groups=known)
        losses.append(log_loss(y_test, model.predict_proba(X_test)))
    assert losses[1] < 0.8
    assert losses[0] > 1.3 * losses[1]
