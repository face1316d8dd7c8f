"""The members of a bagged teacher that did not see a row's source label it."""

import time

import numpy as np
import pandas as pd
import pytest
from labelled import labelled
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler

from sklearn_kd._task import Classification
from sklearn_kd.teachers.cache._context import Context
from sklearn_kd.teachers.out_of_sample import _out_of_bag
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members
from sklearn_kd.teachers.out_of_sample._moran import (
    has_memorised_noise,
    morans_i,
)

X, y = make_classification(
    n_samples=400,
    n_features=8,
    n_informative=5,
    n_classes=3,
    flip_y=0.1,
    random_state=0,
)
CLASSES = np.unique(y)
ALONE = Context()
SOURCE = np.random.default_rng(0).integers(len(X), size=600)
# synthetic rows close to their sources: memory shows
NEAR = X[SOURCE] + np.random.default_rng(1).normal(0, 0.05, (600, 8))


def small_forest(**settings):
    return RandomForestClassifier(**{"n_estimators": 20, "random_state": 0} | settings)


def members_of(teacher, X=X, codes=y, classes=CLASSES, given=None):
    return bagged_members(teacher, *labelled(X, codes, classes), given)


def by_hand(ensemble, X_new, source, columns=slice(None)):
    """Average row by row over the members that left the source out."""
    proba = np.zeros((len(X_new), len(ensemble.classes_)))
    count = np.zeros(len(X_new))
    for member, sample in zip(
        ensemble.estimators_, ensemble.estimators_samples_, strict=True
    ):
        rows = ~np.isin(source, sample)
        places = np.asarray(member.classes_, dtype=int)
        proba[np.ix_(rows, places)] += member.predict_proba(X_new)[rows]
        count += rows
    return proba / count[:, None], count


@pytest.mark.parametrize(
    "forest",
    [
        small_forest(n_estimators=30),
        small_forest(n_estimators=30, max_samples=0.5, class_weight="balanced"),
        small_forest(n_estimators=30, class_weight="balanced_subsample"),
        ExtraTreesClassifier(30, bootstrap=True, random_state=0),
        BaggingClassifier(n_estimators=30, random_state=0),
        BaggingClassifier(n_estimators=30, max_samples=0.5, bootstrap=False),
    ],
    ids=["forest", "max_samples", "subsample", "extra trees", "bagging", "pasting"],
)
def test_each_row_is_labelled_by_members_that_did_not_see_its_source(forest):
    forest.fit(X, y)
    bag = members_of(forest)
    expected, count = by_hand(forest, NEAR, SOURCE)
    assert count.min() > 0
    answer = bag.label(NEAR, SOURCE, ALONE)
    assert answer.dtype == np.float32
    assert_allclose(answer, expected, atol=1e-6)
    assert_array_equal(bag.left_out[SOURCE], count)
    # and it is not the mean of all members
    assert np.abs(answer - forest.predict_proba(NEAR)).max() > 0.1


def test_training_rows_get_their_out_of_bag_probabilities():
    forest = small_forest(n_estimators=60, oob_score=True).fit(X, y)
    answer = members_of(forest).label(X, np.arange(len(X)), ALONE)
    assert_allclose(answer, forest.oob_decision_function_, atol=1e-6)


def test_weights_shape_the_samples_and_are_respected():
    weight = np.random.default_rng(0).uniform(0.2, 3, len(X))
    forest = small_forest(n_estimators=60, oob_score=True).fit(X, y, weight)
    answer = members_of(forest).label(X, np.arange(len(X)), ALONE)
    assert_allclose(answer, forest.oob_decision_function_, atol=1e-6)


def test_rows_of_a_source_in_every_sample_are_predicted_by_all():
    forest = small_forest(n_estimators=4).fit(X, y)
    bag = members_of(forest)
    known = bag.left_out[SOURCE] == 0
    assert 0 < known.sum() < len(SOURCE)
    answer = bag.label(NEAR, SOURCE, ALONE)
    assert_allclose(answer[known], forest.predict_proba(NEAR[known]), atol=1e-6)
    assert_allclose(answer.sum(axis=1), 1, atol=1e-6)


def test_strings_and_missing_values_in_a_frozen_pipeline():
    names = np.array(["zebra", "ape", "mole"])[y]
    frame = pd.DataFrame(X.copy(), columns=[f"x{j}" for j in range(8)])
    frame["animal"] = np.where(X[:, 0] > 0, "big", "small")
    frame.loc[::7, "x1"] = np.nan
    encoder = make_column_transformer(
        (OrdinalEncoder(), ["animal"]), remainder="passthrough"
    )
    inner = make_pipeline(FunctionTransformer(np.asarray), small_forest())
    teacher = FrozenEstimator(make_pipeline(encoder, "passthrough", inner))
    teacher.estimator.fit(frame, names)
    classes, codes = np.unique(names, return_inverse=True)
    bag = members_of(teacher, frame, codes, classes)
    new = frame.iloc[SOURCE].reset_index(drop=True)
    forest = inner.steps[-1][1]
    rows = encoder.transform(new)
    expected, _ = by_hand(forest, rows, SOURCE)
    assert_allclose(bag.label(new, SOURCE, ALONE), expected, atol=1e-6)


def test_columns_come_in_our_class_order():
    # the teacher has codes; the user gives the labels they stand for
    forest = small_forest().fit(X, 2 - y)
    names = np.array(["a", "b", "c"])
    bag = members_of(forest, classes=names, given=["c", "b", "a"])
    straight = members_of(small_forest().fit(X, 2 - y), codes=2 - y)
    assert_array_equal(
        bag.label(NEAR, SOURCE, ALONE), straight.label(NEAR, SOURCE, ALONE)[:, ::-1]
    )


def test_a_class_that_is_not_ours_is_left_out_of_the_rows():
    # a wrapper has merged a rare class with another after the teacher was fitted
    taught = np.where(np.arange(len(y)) % 30 == 0, 3, y)
    forest = small_forest(n_estimators=50).fit(X, taught)
    answer = members_of(forest).label(NEAR, SOURCE, ALONE)
    whole = members_of(forest, codes=taught, classes=np.arange(4)).label(
        NEAR, SOURCE, ALONE
    )
    expected = whole[:, :3] / whole[:, :3].sum(axis=1, keepdims=True)
    assert whole[:, 3].max() > 0.1
    assert_allclose(answer, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "bagging",
    [
        BaggingClassifier(
            KNeighborsClassifier(3), 15, max_samples=8, max_features=0.5, random_state=0
        ),
        BaggingClassifier(
            make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
            15,
            max_samples=0.7,
            bootstrap_features=True,
            random_state=0,
        ),
    ],
    ids=["rare classes", "repeated features"],
)
def test_bagged_members_have_their_own_columns_and_classes(bagging):
    codes = y.copy()
    codes[codes == 2] = np.where(np.arange((codes == 2).sum()) < 15, 2, 1)
    bagging.fit(X, codes)
    samples, columns = bagging.estimators_samples_, bagging.estimators_features_
    lacking = [len(member.classes_) < 3 for member in bagging.estimators_]
    assert any(lacking) == (bagging.max_samples == 8)
    seen, left_out = _out_of_bag.pack(samples, len(X))
    task = Classification(CLASSES)
    bag = _out_of_bag.OutOfBag(bagging, bagging, seen, left_out, list(CLASSES), task)
    expected, count = np.zeros((len(NEAR), 3)), np.zeros(len(NEAR))
    for member, sample, chosen in zip(
        bagging.estimators_, samples, columns, strict=True
    ):
        rows = ~np.isin(SOURCE, sample)
        answer = member.predict_proba(NEAR[:, chosen])[rows]
        expected[np.ix_(rows, member.classes_)] += answer
        count += rows
    assert count.min() > 0
    assert_allclose(
        bag.label(NEAR, SOURCE, ALONE), expected / count[:, None], rtol=1e-5, atol=1e-6
    )


def test_sparse_rows():
    rows = csr_array(np.where(np.abs(X) > 1, X, 0))
    near = rows[SOURCE]
    for teacher in (small_forest(), BaggingClassifier(random_state=0)):
        teacher.fit(rows, y)
        bag = members_of(teacher, rows)
        dense = np.asarray(near.todense())
        assert_array_equal(
            bag.label(near, SOURCE, ALONE), bag.label(dense, SOURCE, ALONE)
        )


def test_chunks_and_threads_change_nothing(monkeypatch):
    bag = members_of(small_forest().fit(X, y))
    whole = bag.label(NEAR, SOURCE, ALONE)
    monkeypatch.setattr(_out_of_bag, "CHUNK", 70)
    assert_array_equal(bag.label(NEAR, SOURCE, ALONE), whole)
    assert_array_equal(bag.label(NEAR, SOURCE, Context(n_jobs=2)), whole)
    assert bag.label(NEAR[:0], SOURCE[:0], ALONE).shape == (0, 3)


def test_the_teacher_is_not_changed_and_no_global_draw_is_made():
    forest = small_forest().fit(X, y)
    before = {name: repr(value) for name, value in vars(forest).items()}
    state = np.random.get_state()[1].copy()
    members_of(forest).label(NEAR, SOURCE, ALONE)
    assert {name: repr(value) for name, value in vars(forest).items()} == before
    assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize(
    "teacher",
    [
        small_forest(bootstrap=False),
        ExtraTreesClassifier(10, random_state=0),
        BaggingClassifier(Perceptron(), 5),
        BaggingClassifier(n_estimators=5, bootstrap=False),
        VotingClassifier([("a", small_forest())], voting="soft"),
        StackingClassifier([("a", small_forest())], cv=2),
        CalibratedClassifierCV(small_forest(n_estimators=3), cv=2),
        HistGradientBoostingClassifier(max_iter=3),
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda teacher: type(teacher).__name__,
)
def test_teachers_whose_members_cannot_be_asked(teacher):
    assert members_of(teacher.fit(X, y)) is None


def test_a_teacher_of_several_outputs_is_no_bagged_one():
    several = small_forest(n_estimators=3).fit(X, np.column_stack([y, y]))
    assert members_of(several) is None


def test_rows_that_the_teacher_was_not_fitted_on_are_noticed():
    forest = small_forest(n_estimators=50).fit(X, y)
    assert members_of(forest) is not None
    order = np.random.default_rng(0).permutation(len(X))
    assert members_of(forest, X[order], y[order]) is None
    assert members_of(forest, X[:-1], y[:-1]) is None
    other = small_forest(n_estimators=50).fit(X[::2], y[::2])
    assert members_of(other, X[1::2], y[1::2]) is None


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize(("leaf", "remembers"), [(1, True), (10, True), (200, False)])
def test_a_teacher_that_has_memorised_nothing_has_nothing_to_leave_out(
    noise, leaf, remembers
):
    rows, labels = make_classification(1500, flip_y=noise, random_state=0)
    forest = small_forest(n_estimators=30, min_samples_leaf=leaf).fit(rows, labels)
    found = members_of(forest, rows, labels, np.unique(labels))
    assert (found is not None) == remembers


def test_asking_the_members_costs_less_than_three_plain_calls():
    forest = small_forest(n_jobs=1).fit(X, y)
    bag = members_of(forest)
    source = np.random.default_rng(0).integers(len(X), size=12_000)
    near = X[source] + 0.01

    def seconds(ask, *args):
        start = time.process_time()  # others' work on the machine is not in it
        ask(*args)
        return time.process_time() - start

    calls = (bag.label, near, source, ALONE), (forest.predict_proba, near)
    measured = [[seconds(*call) for call in calls] for _ in range(5)]
    asked, plain = np.min(measured, axis=0)
    assert asked < 3 * plain


def neighbors_of(rows, n_neighbors=10):
    return NearestNeighbors(n_neighbors=n_neighbors).fit(rows).kneighbors()[1]


def moran_by_hand(residuals, neighbors, weight):
    scaled = residuals * np.sqrt(weight)[:, None]
    total = np.mean(
        [
            sum(scaled[i] @ scaled[j] for j in near) / len(near)
            for i, near in enumerate(neighbors)
        ]
    )
    return total / np.mean(np.sum(scaled**2, axis=1))


def test_moran_is_what_its_definition_says():
    rng = np.random.default_rng(0)
    residuals = rng.normal(size=(200, 3))
    neighbors = neighbors_of(rng.normal(size=(200, 2)), 4)
    weight = rng.uniform(0, 2, 200)
    value, _ = morans_i(residuals, neighbors)
    assert value == pytest.approx(moran_by_hand(residuals, neighbors, np.ones(200)))
    value, _ = morans_i(residuals, neighbors, weight)
    assert value == pytest.approx(moran_by_hand(residuals, neighbors, weight))


def test_the_score_is_standard_normal_for_unrelated_residuals(monkeypatch):
    monkeypatch.setattr(
        "sklearn_kd.teachers.out_of_sample._moran._BLOCK", 1000
    )  # several blocks
    rng = np.random.default_rng(0)
    neighbors = neighbors_of(rng.normal(size=(300, 2)))
    scores = [
        # of unequal size, as residuals of sure and unsure rows are
        morans_i(rng.normal(size=(300, 1)) * rng.exponential(size=(300, 1)), neighbors)[
            1
        ]
        for _ in range(300)
    ]
    assert abs(np.mean(scores)) < 0.2
    assert 0.85 < np.std(scores) < 1.15


def test_no_residuals_have_no_correlation():
    neighbors = np.array([[1], [0], [3], [2]])
    assert morans_i(np.zeros((4, 2)), neighbors) == (0, 0)


def test_drawn_labels_are_memorised_noise_and_given_ones_are_signal():
    rng = np.random.default_rng(0)
    rows = rng.uniform(size=(1500, 2))
    neighbors = neighbors_of(rows)
    board = ((5 * rows).astype(int).sum(axis=1) % 2).astype(int)
    drawn = (rng.uniform(size=1500) < 0.3 + 0.4 * rows[:, 0]).astype(int)
    verdicts = []
    for codes in (board, drawn):
        forest = small_forest(n_estimators=50).fit(rows, codes)
        bag = members_of(forest, rows, codes, np.arange(2))
        proba = bag.label(rows, np.arange(1500), ALONE)
        found = morans_i(np.eye(2)[codes] - proba, neighbors)
        verdicts.append(has_memorised_noise(*found))
    assert verdicts == [False, True]


@pytest.mark.parametrize(
    ("correlation", "score", "is_noise"),
    [(-0.05, -5, True), (-0.02, -9, False), (-0.05, -0.5, False), (0.2, 20, False)],
    ids=["clear", "small", "by chance", "signal"],
)
def test_label_noise_is_memorised_where_neighbors_disagree(
    correlation, score, is_noise
):
    assert has_memorised_noise(correlation, score) == is_noise
